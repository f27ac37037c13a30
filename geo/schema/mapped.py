"""What a mapping file can fill: the fields of places, households, visits and issues, read from their tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import Date, Float

from geo import codes
from geo.schema.columns import MAPPED_HEADERS
from geo.schema.record import issue, visit
from geo.schema.register import household, place

if TYPE_CHECKING:
    from sqlalchemy import Column, Table

#: Targets of a mapping file, in the order in which they are stored.
TARGETS: Final[tuple[str, ...]] = ("places", "households", "visits", "issues")
_TABLES: Final[dict[str, Table]] = {"places": place, "households": household, "visits": visit, "issues": issue}
_NEEDED: Final = {
    "places": ("key", "level"), "households": ("key",), "visits": ("visited_on", "outcome"),
    "issues": ("key", "category", "raised_on"),
}  # fmt: skip
#: Fields that are no column, or mean more than their column says: kind, allowed words.
_OWN: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "key": ("key", ()),
    "parent": ("key", ()),
    "household": ("key", ()),
    "duplicate_of": ("key", ()),
    "tags": ("words", codes.TAG_KINDS),
    "id_number": ("id_number", ()),
    "phone": ("phone", ()),
    "size": ("size", ()),
    "changed_on": ("day", ()),
    "satisfaction": ("flag", ("1", "0")),
    "reason": ("word", codes.VISIT_REASONS),
    "entry_kind": ("word", tuple(kind for kind in codes.ENTRY_KINDS if kind != "bulk")),
}
#: A word that makes nothing of a row: no visit, no issue.
NOTHING: Final = "none"
_LONG: Final = 2_000
_SHORT: Final = 200
#: Days that may lie ahead.
_AHEAD: Final = ("due_on", "revisit_on", "valid_to")


@dataclass(frozen=True, slots=True)
class MappedField:
    """One field of a target.

    `kind` is text, key, day, degrees, word (one of `allowed`), words (several of them), flag (0 or 1), size,
    phone or id_number. `header` is its Chinese name. `ahead` says whether a day may lie in the future.
    """

    target: str
    key: str
    header: str
    kind: str
    allowed: tuple[str, ...] = ()
    needed: bool = False
    ahead: bool = False
    longest: int = _SHORT


def _make_field(target: str, key: str, header: str) -> MappedField:
    kind, allowed = _OWN.get(key) or _kind_of(_TABLES[target].c[key])
    if key in ("outcome", "category"):
        allowed = (*allowed, NOTHING)
    longest = _LONG if key in ("note", "detail") else _SHORT
    return MappedField(target, key, header, kind, allowed, key in _NEEDED[target], key in _AHEAD, longest)


def _kind_of(column: Column[object]) -> tuple[str, tuple[str, ...]]:
    allowed = column.info.get("allowed", ())
    if allowed:
        return "word", allowed
    for kind, column_type in (("day", Date), ("degrees", Float)):
        if isinstance(column.type, column_type):
            return kind, ()
    return "text", ()


#: Target → field key → field, in the order of `MAPPED_HEADERS`.
MAPPED_FIELDS: Final = {
    target: {key: _make_field(target, key, header) for key, header in MAPPED_HEADERS[target]} for target in TARGETS
}
