"""The place of every row: units that the file brings along are made, registered ones are found by name and code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geo import codes
from geo.groupcells import list_group_parts, read_group
from geo.mapping.desk import Leaf
from geo.schema.columns import MAPPED_UNITS
from geo.schema.mapped import MAPPED_FIELDS
from geo.store.units import read_earlier, read_units
from geo.units import UnitIndex, parse_group

if TYPE_CHECKING:
    from geo.mapping.desk import Desk, PlaceBook
    from geo.mapping.reading import Reading, Said
    from geo.units import GroupName, Unit

_NAMED_FROM = 900


def plan_units(desk: Desk, book: PlaceBook, reading: Reading) -> list[Leaf | None]:
    """Return the place of every row, None where it says none; new units are planned, unknown registered ones asked."""
    if desk.spec.units is None:
        return [None] * len(desk.ledger.table)
    if desk.spec.units.registered:
        return _Registered(desk, book).find(reading)
    return _plan_tree(desk, book, reading)


def _plan_tree(desk: Desk, book: PlaceBook, reading: Reading) -> list[Leaf | None]:
    said = reading.units
    levels: list[str] = [level for level in codes.LEVELS if level in said]
    found: dict[tuple[Said, ...], Leaf | None] = {}
    leaves: list[Leaf | None] = []
    told: set[tuple[str, str]] = set()
    for nth, row in enumerate(zip(*(said[level] for level in levels), strict=True)):
        if not reading.counts[nth] or nth in desk.ledger.refusals:
            leaves.append(None)
            continue
        if row not in found:
            found[row] = _plan_branch(desk, book, levels, row)
            _list_names(desk, book, nth, dict(zip(levels, row, strict=True)), told)
        leaves.append(found[row])
    return leaves


def _plan_branch(desk: Desk, book: PlaceBook, levels: list[str], row: tuple[Said, ...]) -> Leaf | None:
    """Return the lowest unit a row names; a level that says nothing is left out, without a village there is none."""
    here, village = desk.root, ""
    for level, (code, name, lon, lat) in zip(levels, row, strict=True):
        if level == "district":
            continue
        if not code and not name:
            if level == "village":
                return None
            continue
        above = book.by_id[here]["code"]
        place = book.ensure(level, code or f"{above}-{name}", name, here)
        if place["lon"] is None and lon is not None and lat is not None and place["created_at"] == desk.stamp:
            place |= {"lon": lon, "lat": lat}
        here = place["id"]
        village = here if level == "village" else village
    return Leaf(here, village, book.by_id[here]["code"]) if village else None


def _list_names(desk: Desk, book: PlaceBook, nth: int, row: dict[str, Said], told: set[tuple[str, str]]) -> None:
    """List each further name of a unit that a code names: the first one stays."""
    for level, (code, name, _, _) in row.items():
        known = book.by_code.get(code)
        if level != "district" and name and known is not None and known["name"] != name and (code, name) not in told:
            told.add((code, name))
            desk.ledger.warn("W_ATTR_DIFFERS", nth, MAPPED_UNITS[level], name)


class _Registered:
    """Looks units up as the importer does; unknown names are asked about once each."""

    def __init__(self, desk: Desk, book: PlaceBook) -> None:
        self._desk = desk
        self._book = book
        self._index = UnitIndex(read_units(desk.connection), read_earlier(desk.connection))
        self._asked: set[tuple[str, ...]] = set()

    def find(self, reading: Reading) -> list[Leaf | None]:
        texts: dict[str, list[str]] = reading.units
        blank = [""] * len(self._desk.ledger.table)
        keys = ("district", "township", "village", "village_code", "group")
        rows = list(zip(*(texts.get(key, blank) for key in keys), strict=True))
        found: dict[tuple[str, ...], Leaf | None] = {}
        leaves: list[Leaf | None] = [None] * len(rows)
        for nth, row in enumerate(rows):
            if not reading.counts[nth] or nth in self._desk.ledger.refusals:
                continue
            if row not in found or row in self._asked:
                found[row] = self._match(nth, row)
            leaves[nth] = found[row]
        return leaves

    def _match(self, nth: int, row: tuple[str, ...]) -> Leaf | None:
        """Return the place of one row; what is asked about is asked for each of its rows, which counts them."""
        district, township, village, code, group = row
        match = self._index.match_village(village, township=township, district=district, code=code)
        if match.unit is None:
            if match.reason != "blank":
                self._asked.add(row)
                names = tuple(one.name for one in match.candidates)
                said = "/".join(one for one in (township, village, code) if one)
                self._desk.ledger.ask_unit(MAPPED_UNITS["village"], nth, said, names)
            return None
        named = read_group(group, match.unit)
        if named is None:
            return Leaf(match.unit.id, match.unit.id, match.unit.code)
        if named.several:
            self._asked.add(row)
            names = tuple(list_group_parts(group))
            self._desk.ledger.ask_unit(MAPPED_UNITS["group"], nth, f"{match.unit.name}/{group}", names)
            return None
        place = self._group(match.unit, named, match.earlier)
        return Leaf(place, match.unit.id, self._book.by_id[place]["code"])

    def _group(self, village: Unit, named: GroupName, earlier: Unit | None) -> str:
        known = self._index.group(village, named, earlier=earlier)
        if known is not None:
            return known.id
        for row in self._book.by_id.values():
            if row["parent"] == village.id and row["level"] == "group":
                other = parse_group(row["name"])
                if other is not None and other.key == named.key:
                    return str(row["id"])
        number = int(named.key[1:]) if named.key.startswith("#") else _NAMED_FROM + 1
        while f"{village.code}{number:03d}" in self._book.by_code:
            number = max(number, _NAMED_FROM) + 1
        return str(self._book.ensure("group", f"{village.code}{number:03d}", named.name, village.id)["id"])


def plan_places(desk: Desk, book: PlaceBook, reading: Reading) -> None:
    """Plan the units of `places:`: one a row, under the unit whose code it names, else under the district.

    A unit that is there already stays; a further name for it is listed (W_ATTR_DIFFERS). A parent that is nowhere
    refuses the row.
    """
    rows = reading.targets.get("places")
    if rows is None:
        return
    fields, order = MAPPED_FIELDS["places"], {level: nth for nth, level in enumerate(codes.LEVELS)}
    counted = [nth for nth in range(len(desk.ledger.table)) if rows.mask[nth] and nth not in desk.ledger.refusals]
    for nth in sorted(counted, key=lambda one: order.get(rows.get("level", one, "district"), 0)):
        code, level = rows.get("key", nth), rows.get("level", nth)
        if code is None or level is None:
            lacking = "key" if code is None else "level"
            value = desk.spec.targets["places"].fields[lacking]
            desk.ledger.refuse("R_REQUIRED", nth, fields[lacking].header, "", value=value)
            continue
        parent = _find_parent(desk, book, rows.get("parent", nth), level)
        if parent is None:
            desk.ledger.refuse("R_REQUIRED", nth, fields["parent"].header, rows.get("parent", nth, ""))
            continue
        _plan_place(desk, book, nth, {"rows": rows, "code": code, "level": level, "parent": parent})


def _find_parent(desk: Desk, book: PlaceBook, code: str | None, level: str) -> str | None:
    if level == "district":
        return ""
    if code is None:
        return desk.root
    found = book.by_code.get(code)
    return found["id"] if found is not None else None


def _plan_place(desk: Desk, book: PlaceBook, nth: int, said: dict[str, Any]) -> None:
    rows, code, level = said["rows"], said["code"], said["level"]
    name = rows.get("name", nth, code)
    if level == "district" and code not in book.by_code:
        desk.ledger.refuse("R_UNKNOWN_VALUE", nth, MAPPED_FIELDS["places"]["key"].header, code)
        return
    known = book.by_code.get(code)
    place = known or book.ensure(level, code, name, said["parent"])
    if known is None:
        place |= {
            "full_name": rows.get("full_name", nth, name), "valid_from": rows.get("valid_from", nth),
            "valid_to": rows.get("valid_to", nth), "lon": rows.lon[nth], "lat": rows.lat[nth],
        }  # fmt: skip
        return
    desk.plan.counts["places_same"] += 1
    if place["name"] != name or place["level"] != level:
        desk.ledger.warn("W_ATTR_DIFFERS", nth, MAPPED_FIELDS["places"]["name"].header, name)
