"""Every accepted row of a file loaded by a mapping, as it was understood (`importer.asread`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from geo.importer.asread import JOIN, AsRead, list_repairs

if TYPE_CHECKING:
    from geo.importer.findings import Finding
    from geo.mapping.desk import Desk, Home, Leaf, PlaceBook
    from geo.mapping.reading import Reading, Rows

_LAST: Final = 4


def list_as_read(desk: Desk, book: PlaceBook, reading: Reading, *, file: str, findings: list[Finding]) -> list[AsRead]:
    """Return the accepted rows in the order of the file; a visit that was matched by its point has its household."""
    table = desk.ledger.table
    repaired = list_repairs(findings, table.sheet_rows)
    homes, issues = reading.targets.get("households"), reading.targets.get("issues")
    found = []
    for nth in range(len(table)):
        if nth in desk.ledger.refusals or not reading.counts[nth]:
            continue
        home, visit = desk.visits.get(nth, (desk.homes[nth] if desk.homes else None, None))
        leaf = desk.leaves[nth] if desk.leaves else None
        units = _name_units(book, home, leaf)
        lon, lat = _point(reading, nth)
        day, mode, outcome = visit or ("", "", "")
        issue = issues.get("category", nth, "") if issues is not None and nth in desk.issues else ""
        found.append(
            AsRead(
                file, home.code if home else "", *units, _say(homes, "head_name", nth),
                homes.get("size", nth) if homes is not None else None, lon, lat, day, outcome, mode, issue,
                _say(homes, "household_class", nth), _say(homes, "tags", nth), _say(homes, "phone", nth),
                _say(homes, "id_number", nth)[-_LAST:], table.sheet, nth + 1, table.sheet_rows[nth],
                JOIN.join(repaired.get(nth, ())),
            )
        )  # fmt: skip
    return found


def _name_units(book: PlaceBook, home: Home | None, leaf: Leaf | None) -> tuple[str, str, str, str]:
    """Return the codes of township, village and group, and the group's name, of a row's household or place."""
    place: Any = book.by_id.get(home.place if home else leaf.id if leaf else "")
    codes: dict[str, str] = {}
    group = ""
    while place is not None:
        codes[place["level"]] = place["code"]
        group = place["name"] if place["level"] == "group" else group
        place = book.by_id.get(place["parent"] or "")
    return codes.get("township", ""), codes.get("village", ""), codes.get("group", ""), group


def _point(reading: Reading, nth: int) -> tuple[float | None, float | None]:
    """Return the point of a row: its household's, else its visit's."""
    for target in ("households", "visits", "issues"):
        rows = reading.targets.get(target)
        if rows is not None and rows.lon and rows.lon[nth] is not None:
            lon, lat = rows.lon[nth], rows.lat[nth]
            return (None, None) if lon is None or lat is None else (round(lon, 7), round(lat, 7))
    return None, None


def _say(rows: Rows | None, key: str, nth: int) -> str:
    said = rows.get(key, nth, "") if rows is not None else ""
    return JOIN.join(said) if isinstance(said, tuple | list) else str(said)
