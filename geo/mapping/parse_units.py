"""The `units:` section: the tree of places that a file brings along, or how it names those that are registered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geo import codes
from geo.mapping.parse_values import parse_value
from geo.mapping.spec import UnitLevel, UnitTree
from geo.schema.mapped import MAPPED_FIELDS

if TYPE_CHECKING:
    from geo.mapping.checker import Checker
    from geo.mapping.document import Node

UNIT_KEYS: Final = ("registered", *codes.LEVELS, "village_code")
LEVEL_KEYS: Final = ("code", "name", "lon", "lat")


def parse_units(checker: Checker, node: Node) -> UnitTree | None:
    """Return the tree; levels that are not named are left out of it."""
    entries = checker.table(node, UNIT_KEYS)
    if "registered" in entries and checker.flag(entries["registered"]):
        return _parse_registered(checker, node, entries)
    if "village_code" in entries:
        checker.tell(entries["village_code"], "only_registered", name="village_code")
    levels = [_parse_level(checker, entries[level], level) for level in codes.LEVELS if level in entries]
    if not levels:
        if node.kind == "table":
            checker.tell(node, "no_levels")
        return None
    if levels[0].level == "district":
        _check_district(checker, entries["district"], levels[0])
    if levels[-1].level == "group" and not any(one.level == "village" for one in levels):
        checker.tell(node, "group_alone")
    return UnitTree(tuple(levels))


def _parse_registered(checker: Checker, node: Node, entries: dict[str, Node]) -> UnitTree:
    """Units that are there already: a plain value a level, matched by name and code."""
    levels = tuple(
        UnitLevel(level, None, parse_value(checker, entries[level], None)) for level in codes.LEVELS if level in entries
    )
    code = parse_value(checker, entries["village_code"], None) if "village_code" in entries else None
    if code is None and "village" not in entries:
        checker.tell(node, "needed", name="village")
    if code is not None and "village" not in entries:
        levels = (*levels, UnitLevel("village", None, None))
    return UnitTree(levels, registered=True, village_code=code)


def _parse_level(checker: Checker, node: Node, level: str) -> UnitLevel:
    fields = MAPPED_FIELDS["places"]
    entries = checker.table(node, LEVEL_KEYS)
    if node.kind == "table" and not {"code", "name"} & set(entries):
        checker.tell(node, "needed", name="code")
    if ("lon" in entries) != ("lat" in entries):
        checker.tell(node, "half_point")
    read = {
        name: parse_value(checker, value, fields["key" if name == "code" else name]) for name, value in entries.items()
    }
    return UnitLevel(level, read.get("code"), read.get("name"), read.get("lon"), read.get("lat"))


def _check_district(checker: Checker, node: Node, top: UnitLevel) -> None:
    """A database has one district, so a file cannot name several: code and name are constants."""
    for name in ("code", "name"):
        value = getattr(top, name)
        if value is None and node.kind == "table":
            checker.tell(node, "needed", name=name)
        elif value is not None and value.source != "value":
            checker.tell(node, "district_constant")
            return
