"""The sections `places:`, `households:`, `visits:` and `issues:`: fields by name, and the settings of each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from geo.mapping.parse_values import parse_conditions, parse_value
from geo.mapping.spec import Match, Points, Target
from geo.schema.mapped import MAPPED_FIELDS

if TYPE_CHECKING:
    from collections.abc import Collection

    from geo.mapping.checker import Checker
    from geo.mapping.document import Node

#: Settings of a target besides its fields.
SETTINGS: Final[dict[str, tuple[str, ...]]] = {
    "places": ("when", "crs", "within"),
    "households": ("when", "crs", "within", "unique_in", "repeated"),
    "visits": ("when", "crs", "within", "match"),
    "issues": ("when", "duplicate"),
}
UNIQUE_IN: Final = ("village", "district")
REPEATED: Final = ("first", "refuse")
MATCH_KEYS: Final = ("within_m", "one_to_one")
_BOX: Final = 4


def parse_target(checker: Checker, node: Node, name: str) -> Target:
    """Return one target."""
    fields = MAPPED_FIELDS[name]
    needed = tuple(key for key, field in fields.items() if field.needed)
    entries = checker.table(node, (*fields, *SETTINGS[name]), needed)
    values = {key: parse_value(checker, entries[key], fields[key]) for key in fields if key in entries}
    if ("lon" in values) != ("lat" in values):
        checker.tell(node, "half_point")
    target = Target(
        name, node.line, values,
        when=parse_conditions(checker, entries["when"]) if "when" in entries else (),
        points=_parse_points(checker, entries),
        unique_in=checker.word(entries["unique_in"], UNIQUE_IN) if "unique_in" in entries else "village",
        repeated=checker.word(entries["repeated"], REPEATED) if "repeated" in entries else "",
        duplicate=parse_conditions(checker, entries["duplicate"]) if "duplicate" in entries else (),
    )  # fmt: skip
    return replace(target, match=_parse_match(checker, entries["match"], values)) if "match" in entries else target


def _parse_points(checker: Checker, entries: dict[str, Node]) -> Points:
    box = None
    if "within" in entries:
        numbers = []
        for one in checker.texts(entries["within"]):
            try:
                numbers.append(float(one))
            except ValueError:
                break
        if len(numbers) != _BOX or numbers[0] >= numbers[2] or numbers[1] >= numbers[3]:
            checker.tell(entries["within"], "bad_box")
        else:
            box = (numbers[0], numbers[1], numbers[2], numbers[3])
    return Points(checker.crs(entries["crs"]) if "crs" in entries else "wgs84", box)


def _parse_match(checker: Checker, node: Node, values: Collection[str]) -> Match:
    entries = checker.table(node, MATCH_KEYS, ("within_m",))
    if "one_to_one" in entries and not checker.flag(entries["one_to_one"]):
        checker.tell(entries["one_to_one"], "only_one_to_one")
    if "household" in values:
        checker.tell(node, "match_or_household")
    if "lon" not in values:
        checker.tell(node, "needed", name="lon, lat")
    return Match(node.line, checker.number(entries["within_m"]) if "within_m" in entries else 1.0)
