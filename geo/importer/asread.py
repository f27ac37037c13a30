"""Every accepted row as it was understood: what `--understood` writes, one row a row of the file."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from geo.mask import mask_name, mask_phone
from geo.units import parse_group

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geo.importer.findings import Finding
    from geo.importer.plan import Plan
    from geo.importer.understand import Understood
    from geo.units import UnitIndex

_RANGE: Final = re.compile(r"[A-Z]+(\d+):[A-Z]+(\d+)")
_LAST: Final = 4
#: Between several words of one cell.
JOIN: Final = ";"


class AsRead(NamedTuple):
    """One row: where it stands, its units, its household and what it says; '' or None for nothing said.

    lon and lat are WGS84 degrees; visited_on is an ISO day; `row` is the data row as reports count it, `source_row` the
    row of the sheet. issue, tags and repaired hold several words joined by `;`, repaired the codes of what was found.
    """

    source_file: str
    household_key: str
    township_code: str
    village_code: str
    group_code: str
    group_name: str
    head: str
    persons: int | None
    lon: float | None
    lat: float | None
    visited_on: str
    outcome: str
    mode: str
    issue: str
    household_class: str
    tags: str
    phone: str
    id_last4: str
    source_sheet: str
    row: int
    source_row: int
    repaired: str


def mask_row(one: AsRead) -> AsRead:
    """Return a row with the head's name and the phone masked."""
    return one._replace(head=mask_name(one.head), phone=mask_phone(one.phone))


def list_as_read(
    understood: Understood, plan: Plan, index: UnitIndex, *, file: str, findings: Sequence[Finding]
) -> list[AsRead]:
    """Return the accepted rows in the order of the file."""
    columns = understood.columns
    groups = _new_groups(plan)
    repaired = list_repairs(findings, understood.sheet_rows)
    found = []
    for nth in sorted(understood.firsts):
        village, group = columns["village"][nth], columns["group"][nth]
        known = index.group(village, group) if group else None
        group_code, group_name = (
            (known.code, known.name) if known
            else groups.get((village.id, group.key), ("", group.name)) if group else ("", "")
        )  # fmt: skip
        above = index.by_id.get(village.parent or "")
        day, visit = columns["visited_on"][nth], columns["visit"][nth]
        number = columns["id_number"][nth]
        lon, lat = columns["lon"][nth], columns["lat"][nth]
        part = understood.sheet.part_of(understood.sheet_rows[nth])
        found.append(
            AsRead(
                file, columns["code"][nth], above.code if above else "", village.code,
                group_code, group_name, columns["head_name"][nth] or "",
                columns["size"][nth], None if lon is None else round(lon, 7), None if lat is None else round(lat, 7),
                day.isoformat() if day else "", visit[1] if visit and day else "",
                visit[0] if visit and day else "", JOIN.join(category for category, _ in columns["issues"][nth]),
                columns["household_class"][nth] or "", JOIN.join(columns["tags"][nth]), columns["phone"][nth] or "",
                number[-_LAST:] if number else "", part.name, nth + 1, understood.sheet_rows[nth] - part.shift,
                JOIN.join(repaired.get(nth, ())),
            )
        )  # fmt: skip
    return found


def _new_groups(plan: Plan) -> dict[tuple[str, str], tuple[str, str]]:
    """Return code and name of the groups that are new with the file, by village and group key."""
    rows = zip(*(plan.new("place", name) for name in ("parent", "name", "code")), strict=True)
    keyed = ((parent, parse_group(name), code, name) for parent, name, code in rows)
    return {(parent, group.key): (code, name) for parent, group, code, name in keyed if group is not None}


def list_repairs(findings: Iterable[Finding], sheet_rows: Sequence[int]) -> Mapping[int, list[str]]:
    """Return the codes of what was found in each data row (from 0), merged ranges in every row they fill."""
    at: dict[int, int] = {number: nth for nth, number in enumerate(sheet_rows)}
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    for one in findings:
        if one.row:
            found[one.row - 1][one.code] = None
        elif one.code == "W_MERGED_FILLED" and (ends := _RANGE.fullmatch(one.cell)):
            for number in range(int(ends[1]) + 1, int(ends[2]) + 1):
                if number in at:
                    found[at[number]][one.code] = None
    return {nth: sorted(codes) for nth, codes in found.items()}
