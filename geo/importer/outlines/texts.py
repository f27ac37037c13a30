"""Which of a feature's texts speaks of which level: headers as tables know them, and those of GIS data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from geo.importer.headernames import plain_header
from geo.schema import AREA_FIELDS, IMPORT_FIELDS, LEVEL_WORDS
from geo.schema.columns import COMPUTED_WORDS
from geo.signs import clean_name
from geo.succession import trim_code
from geo.validate import parse_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geo.importer.outlines.features import Feature, Layer

#: Fields of a table that speak of units.
_UNIT_FIELDS: Final = ("district", "township", "village", "village_code", "group")
#: Bytes that a field name of a .dbf may have, and from how many on one may be cut off.
_DBF_BYTES: Final = 10
_DBF_LEAST: Final = 9
_LONGEST: Final = 60
#: The field whose word for nothing means something.
_BOUNDARY: Final = "boundary"


@dataclass(frozen=True, slots=True)
class UnitTexts:
    """What one feature says of its unit; what it does not say is ''. `level` is a level of `codes.LEVELS` or ''.

    `no_group`: there is a place for the group's name, with nothing in it.
    """

    level: str = ""
    code: str = ""
    name: str = ""
    parent: str = ""
    district: str = ""
    township: str = ""
    village: str = ""
    village_code: str = ""
    group: str = ""
    boundary: str = ""
    folder: str = ""
    no_group: bool = False

    @property
    def is_computed(self) -> bool:
        """Say whether the file itself says that its shape is no given outline: computed from households, or none."""
        return self.boundary in COMPUTED_WORDS

    @property
    def label(self) -> str:
        """Return what the feature calls itself, for people and as the key of an answer."""
        own = self.name if self.name not in (self.group, self.village, self.township, self.district) else ""
        parts = (self.district, self.township, self.village, self.group, own, self.code or self.village_code)
        return "/".join(part for part in parts if part)


@cache
def _known() -> dict[str, str]:
    """Return plain header → field, for every name a property may have."""
    fields = [one for one in IMPORT_FIELDS if one.key in _UNIT_FIELDS]
    known = {plain_header(one.key): one.key for one in fields}
    for one in (*fields, *AREA_FIELDS):
        known |= {plain_header(name): one.key for name in (one.header, *one.aliases)}
    return known


def choose_fields(layer: Layer) -> tuple[dict[str, str], list[str]]:
    """Return property → field for the properties that speak of units, and those among them that were cut off.

    Several may mean the same: of a feature the first that says anything counts. A name that was cut off at ten bytes
    counts only where no whole one means the same.
    """
    names = list(dict.fromkeys(name for feature in layer.features for name in feature.texts))
    chosen: dict[str, str] = {}
    guessed: list[str] = []
    for name in names:
        field = _known().get(plain_header(name))
        if field is not None:
            chosen[name] = field
    for name in names if layer.cut_names else ():
        field = _uncut(name)
        if name not in chosen and field is not None and field not in chosen.values():
            chosen[name] = field
            guessed.append(name)
    return chosen, guessed


def _uncut(name: str) -> str | None:
    """Return the field whose name a cut-off one is the beginning of; None where two could be meant.

    A bracket that was cut off says nothing: 乡镇(街道 is 乡镇.
    """
    opened, bracket, _ = plain_header(name).partition("(")
    if bracket and opened in _known():
        return _known()[opened]
    fields = {
        field
        for encoding in ("gb18030", "utf-8")
        if _DBF_LEAST - 1 <= len(name.encode(encoding)) <= _DBF_BYTES
        for known, field in _known().items()
        if known.startswith(plain_header(name)) and len(known.encode(encoding)) > _DBF_BYTES
    }
    return fields.pop() if len(fields) == 1 else None


def read_texts(feature: Feature, fields: dict[str, str]) -> tuple[UnitTexts, list[tuple[str, str, str]]]:
    """Return what a feature says of its unit, and (code, field, value) of texts that are too long or hold odd signs."""
    said: dict[str, str] = {}
    listed: list[tuple[str, str, str]] = []
    for name, text in feature.texts.items():
        if fields.get(name) == _BOUNDARY:
            said.setdefault(_BOUNDARY, text.strip())
        elif name in fields:
            kept, code = parse_text(text, longest=_LONGEST)
            if code:
                listed.append((code, fields[name], text[:_LONGEST]))
            if kept:
                said.setdefault(fields[name], " ".join(kept.split()))
    # A group whose name cannot be kept is still no village.
    lost = any(field == "group" for _, field, _ in listed) and "group" not in said
    said["level"] = "group" if lost else _read_level(said.get("level", ""))
    for key in ("code", "village_code"):
        if key in said:
            said[key] = trim_code(clean_name(said[key]))
    no_group = "group" not in said and any(fields.get(name) == "group" for name in feature.texts)
    return UnitTexts(**said, folder=feature.folder, no_group=no_group), listed


def _read_level(text: str) -> str:
    plain = clean_name(text).lower()
    return next((level for level, words in LEVEL_WORDS.items() if plain == level or plain in words), "")


def list_values(
    row: int, texts: UnitTexts, headers: Iterable[str], *, understood: Mapping[str, str]
) -> list[dict[str, object]]:
    """Return {row, field, value} of what a feature says, by the Chinese header of each field.

    `understood` are names of units as the register has them; they stand in the place of what was written.
    """
    said = {key: getattr(texts, key) for key in headers} | dict(understood)
    return [{"row": row, "field": header_of(key), "value": value} for key, value in said.items() if value]


@cache
def _headers() -> dict[str, str]:
    # The code of a map file is a unit's, not a household's.
    return {one.key: one.header for one in (*IMPORT_FIELDS, *AREA_FIELDS)}


def header_of(key: str) -> str:
    """Return the header of a field as people know it."""
    return _headers()[key]
