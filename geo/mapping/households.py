"""Households of a file: rows of one key are one household; new ones are planned, known ones compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from geo.crs.systems import parse_system
from geo.importer.journal import columns_of
from geo.importer.proposals import Proposal
from geo.importer.register import hash_id
from geo.mapping.desk import Home
from geo.schema.columns import MAPPED_UNITS
from geo.schema.mapped import MAPPED_FIELDS

if TYPE_CHECKING:
    from geo.importer.register import Row
    from geo.mapping.desk import Desk, PlaceBook
    from geo.mapping.reading import Reading, Rows

_FIELDS = MAPPED_FIELDS["households"]
#: Facts that are columns of the household as they are.
_FACTS: Final = ("head_name", "phone", "size", "household_class", "residence", "dwelling", "entered_on", "note")
_EMPTY: Final[Row] = {
    **dict.fromkeys(columns_of("household")), "head_name": "", "phone": "", "household_class": "general",
    "residence": "at_home", "coord_source": "none", "coord_system": "", "coord_raw": "", "note": "",
}  # fmt: skip
#: What stands or falls together with a point.
_POINT: Final = ("lon", "lat", "coord_source", "coord_system", "coord_raw")
#: Points that are better than a file's.
_MEASURED: Final = ("gps", "map_click")


def plan_households(desk: Desk, book: PlaceBook, reading: Reading) -> None:
    """Plan the households of the file; `desk.homes` gets the household of every row that stays."""
    desk.homes = [None] * len(desk.ledger.table)
    rows = reading.targets.get("households")
    if rows is None:
        return
    groups = _group_rows(desk, rows)
    codes = [key[1] for key in groups]
    known, held = _read_known(desk, book, codes), _read_tags(desk, rows, codes)
    if desk.spec.units is not None and desk.spec.units.registered:
        groups = _require_groups(desk, book, groups, known)
    tile = int(desk.connection.exec_driver_sql("SELECT coalesce(max(tile_id), 0) FROM household").scalar_one())
    for key, members in groups.items():
        facts, kept = _fold(desk, rows, members)
        home = known.get(key)
        if home is None:
            tile += 1
            home = _plan_new(desk, key[1], members[0], facts, tile)
            known[key] = home
        else:
            home = _compare(desk, members[0], home, facts)
        _plan_tags(desk, home, [rows.get("tags", nth, ()) for nth in kept], held)
        for nth in kept:
            desk.homes[nth] = Home(home["id"], home["village"], home["place"], home["code"])
        desk.plan.leaves.add(home["place"])


def _group_rows(desk: Desk, rows: Rows) -> dict[tuple[str, str], list[int]]:
    """Return the rows of each household, by (village id, key); the village is '' where a key is the district's."""
    wide = desk.spec.targets["households"].unique_in == "district"
    groups: dict[tuple[str, str], list[int]] = {}
    for nth, counts in enumerate(rows.mask.tolist()):
        if not counts or nth in desk.ledger.refusals or nth in desk.ledger.waiting:
            continue
        code, leaf = rows.get("key", nth), desk.leaves[nth]
        if code is None:
            value = desk.spec.targets["households"].fields["key"]
            desk.ledger.refuse("R_REQUIRED", nth, _FIELDS["key"].header, "", value=value)
        elif leaf is None and not (wide and ("", code) in groups):
            desk.ledger.refuse("R_REQUIRED", nth, MAPPED_UNITS["village"], code)
        else:
            groups.setdefault(("" if wide or leaf is None else leaf.village, code), []).append(nth)
    return groups


def _require_groups(
    desk: Desk, book: PlaceBook, groups: dict[tuple[str, str], list[int]], known: dict[tuple[str, str], Row]
) -> dict[tuple[str, str], list[int]]:
    """Return the rows that stay: in a village with groups a household that is new names its own, else R_REQUIRED."""
    grouped = {leaf.village for leaf in desk.leaves if leaf is not None and leaf.id != leaf.village}
    grouped |= {row["parent"] for row in book.by_id.values() if row["level"] == "group"}
    kept: dict[tuple[str, str], list[int]] = {}
    for key, members in groups.items():
        for nth in members:
            leaf = desk.leaves[nth]
            if key not in known and leaf is not None and leaf.id == leaf.village and leaf.id in grouped:
                desk.ledger.refuse("R_REQUIRED", nth, MAPPED_UNITS["group"], "")
            else:
                kept.setdefault(key, []).append(nth)
    return kept


def _read_known(desk: Desk, book: PlaceBook, codes: list[str]) -> dict[tuple[str, str], Row]:
    """Return the registered households with these keys."""
    wide = desk.spec.targets["households"].unique_in == "district"
    found: dict[tuple[str, str], Row] = {}
    for row in desk.fetch("SELECT * FROM household WHERE code IN ({marks}) ORDER BY tile_id", codes):
        if not wide:
            found[row["village"], row["code"]] = row
        elif row["village"] in book.by_id:
            found.setdefault(("", row["code"]), row)
    return found


def _fold(desk: Desk, rows: Rows, members: list[int]) -> tuple[Row, list[int]]:
    """Return the facts of one household, the first that a row says of each, and the rows that stay.

    With `repeated: first` rows that differ are listed (W_ATTR_DIFFERS) and stay; with `refuse` they are out.
    """
    said = _facts_of(desk, rows, members[0])
    kept = [members[0]]
    for nth in members[1:]:
        mine = _facts_of(desk, rows, nth)
        differing = [name for name, value in mine.items() if name in said and said[name] != value]
        if not _may_repeat(desk):
            code = "R_DUP_KEY_CONFLICT" if differing else "R_DUP_ROW"
            desk.ledger.refuse(code, nth, _FIELDS["key"].header, rows.get("key", nth))
            continue
        for name in differing:
            header, shown = _shown(name, mine[name])
            desk.ledger.warn("W_ATTR_DIFFERS", nth, header, shown)
        said = mine | said
        kept.append(nth)
    if "lon" in desk.spec.targets["households"].fields and "point" not in said:
        desk.ledger.warn("W_COORD_MISSING", members[0], _FIELDS["lon"].header, "")
    return said, kept


def _may_repeat(desk: Desk) -> bool:
    """A file of visits or issues names a household again and again; a roster does not."""
    chosen = desk.spec.targets["households"].repeated
    return chosen == "first" if chosen else bool({"visits", "issues"} & set(desk.spec.targets))


def _facts_of(desk: Desk, rows: Rows, nth: int) -> Row:
    facts: Row = {name: said for name in _FACTS if (said := rows.get(name, nth)) is not None}
    number = rows.get("id_number", nth)
    if number is not None:
        facts["id_number"] = number
    lon, lat = rows.lon[nth], rows.lat[nth]
    if lon is not None and lat is not None:
        facts["point"] = (lon, lat, rows.written[nth])
    leaf = desk.leaves[nth]
    return facts if leaf is None else facts | {"leaf": leaf}


def _shown(name: str, said: Any) -> tuple[str, str]:
    """Return a fact's Chinese name and how a report shows it; an ID number is masked to its last four."""
    if name == "leaf":
        return MAPPED_UNITS["village"], said.code
    if name == "point":
        return _FIELDS["lon"].header, f"{said[0]}, {said[1]}"
    return _FIELDS[name].header, f"…{said[-4:]}" if name == "id_number" else str(said)


def _columns(desk: Desk, facts: Row) -> Row:
    """Return facts as columns of the table."""
    values = {name: said for name, said in facts.items() if name in _FACTS}
    if "id_number" in facts:
        values |= {"id_hash": hash_id(desk.id_key, facts["id_number"]), "id_last4": facts["id_number"][-4:]}
    if "point" in facts:
        lon, lat, written = facts["point"]
        system = parse_system(desk.spec.targets["households"].points.crs).name
        values |= {"lon": lon, "lat": lat, "coord_source": "import", "coord_system": system, "coord_raw": written}
    if "leaf" in facts:
        values |= {"place": facts["leaf"].id, "village": facts["leaf"].village}
    return values


def _plan_new(desk: Desk, code: str, first: int, facts: Row, tile: int) -> Row:
    leaf = desk.leaves[first]
    if leaf is None:
        raise AssertionError(code)
    facts = facts | {"leaf": leaf}
    home = _EMPTY | {"id": desk.new_id(), "tile_id": tile, "code": code, **_columns(desk, facts), **desk.created()}
    desk.insert("household", home)
    desk.plan.counts["households_new"] += 1
    return home


def _compare(desk: Desk, first: int, known: Row, facts: Row) -> Row:
    """Return a registered household as it will be.

    A file of visits or issues fills what is empty and lists what differs; a roster changes what it says otherwise,
    unless the very same file came before: then what was changed since is newer. A point that was measured or set on
    the map stays, and so does the village.
    """
    said = _columns(desk, facts)
    said.pop("village", None)
    if "leaf" in facts and facts["leaf"].id == known["village"]:
        # The file names no group: that is not said otherwise.
        said.pop("place", None)
    same_point = (known["lon"], known["lat"]) == (said.get("lon"), said.get("lat"))
    if known["coord_source"] in _MEASURED or same_point:
        said = {name: value for name, value in said.items() if name not in _POINT}
    changed = {name: value for name, value in said.items() if known[name] != value}
    if desk.again or _may_repeat(desk):
        kept = {name for name in changed if known[name] not in (None, "", _EMPTY[name])}
        _list_kept(desk, first, facts, kept)
        changed = {name: value for name, value in changed.items() if name not in kept}
    elif "place" in changed and facts["leaf"].village != known["village"]:
        moved = changed.pop("place")
        desk.plan.proposals.append(Proposal("move", first + 1, known["code"], "", known["place"], moved, taken=False))
    if not changed:
        desk.plan.counts["households_same"] += 1
        return known
    changes = changed | desk.changed(known)
    desk.plan.updates.append(("household", known, changes))
    desk.plan.counts["households_changed"] += 1
    return known | changes


def _list_kept(desk: Desk, first: int, facts: Row, kept: set[str]) -> None:
    """List what a file of visits or issues says otherwise of a household that is registered."""
    names = {"id_hash": "id_number", "lon": "point", "place": "leaf"}
    for column in sorted(kept - {"id_last4", *_POINT[1:]}):
        header, shown = _shown(names.get(column, column), facts[names.get(column, column)])
        desk.ledger.warn("W_ATTR_DIFFERS", first, header, shown)


def _plan_tags(desk: Desk, home: Row, said: list[tuple[str, ...]], held: set[tuple[str, str]]) -> None:
    """Plan the care tags that a household does not hold yet; a load never ends one."""
    for kind in dict.fromkeys(kind for one in said for kind in one):
        if (home["id"], kind) in held:
            continue
        desk.insert(
            "household_tag",
            {"id": desk.new_id(), "household": home["id"], "kind": kind, "status": "active",
             "since": desk.today.isoformat(), "until": None, **desk.created()},
        )  # fmt: skip
        desk.plan.counts["tags_new"] += 1


def _read_tags(desk: Desk, rows: Rows, codes: list[str]) -> set[tuple[str, str]]:
    """Return (household id, tag) of the tags that the households with these keys hold.

    Where the very same file came before, also those that ended since: it does not bring them back.
    """
    if "tags" not in rows.values:
        return set()
    held = desk.fetch(
        "SELECT t.household, t.kind, t.until FROM household_tag t JOIN household h ON h.id = t.household"
        " WHERE h.code IN ({marks})",
        codes,
    )
    return {(row["household"], row["kind"]) for row in held if desk.again or row["until"] is None}
