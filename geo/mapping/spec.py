"""A mapping file as understood: frozen values that say where each field comes from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from geo import config

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Mapping
    from datetime import date


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of a row: `test` is is, not, starts, ends, contains, matches, empty or between."""

    line: int
    path: str
    column: str
    test: str
    words: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    low: str = ""
    high: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    """A column that the file must have, under one of its names, unless it is optional; who asks for it, where."""

    names: tuple[str, ...]
    line: int
    path: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """Square cells of a projected system: which one a point (columns lon, lat in `crs`) lies in; size in metres."""

    lon: str
    lat: str
    crs: str
    grid_crs: str
    size_m: float


@dataclass(frozen=True, slots=True)
class Value:
    """Where one field comes from: `source` is column, value, text, first_of or cell; then the steps, in this order.

    `pattern` takes a part out, `case` and `pad` shape it, `words` and `otherwise` translate, `default` stands in for
    nothing, `formats` and `add_days` are for days. The columns of a source `column` are headers one of which the file
    has; `optional` says that it may have none.
    """

    line: int
    path: str
    source: str
    text: str = ""
    columns: tuple[str, ...] = ()
    grid: Grid | None = None
    pattern: re.Pattern[str] | None = None
    case: str = ""
    pad: int = 0
    words: Mapping[str, str] | None = None
    otherwise: str | None = None
    default: str = ""
    when: tuple[Condition, ...] = ()
    formats: tuple[str, ...] = ()
    add_days: int = 0
    optional: bool = False

    def needs(self) -> Iterator[Need]:
        """Yield the columns that are read: each the headers it may have."""
        alternatives = (self.columns,) if self.source == "column" else tuple((name,) for name in self.columns)
        for names in alternatives:
            if names:
                yield Need(names, self.line, self.path, self.optional)
        for one in self.when:
            yield Need((one.column,), one.line, one.path)

    @property
    def is_plain(self) -> bool:
        """Say whether it is a column as it stands."""
        return self.source == "column" and self == Value(
            self.line, self.path, "column", columns=self.columns, optional=self.optional
        )


@dataclass(frozen=True, slots=True)
class UnitLevel:
    """One level of the tree of units: code and name of each row's unit, and its middle where the file says it."""

    level: str
    code: Value | None
    name: Value | None
    lon: Value | None = None
    lat: Value | None = None


@dataclass(frozen=True, slots=True)
class UnitTree:
    """The units of a file, highest level first; `registered` ones are looked up, not made."""

    levels: tuple[UnitLevel, ...]
    registered: bool = False
    village_code: Value | None = None


@dataclass(frozen=True, slots=True)
class RoundPlanned:
    """A round that the mapping makes; its roster: file (the households of the file), registered (all), none."""

    name: str
    starts_on: date
    ends_on: date
    number: int | None = None
    target_bp: int = config.TARGET_BP
    roster: str = "file"


@dataclass(frozen=True, slots=True)
class Points:
    """How lon and lat of a target are read: their system, and the box (west, south, east, north) they must lie in."""

    crs: str = "wgs84"
    within: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """Visits find their household by place: at most `within_m` metres, each household once."""

    line: int
    within_m: float


@dataclass(frozen=True, slots=True)
class Target:
    """One target of a mapping: its fields by key, which rows count, and its own settings."""

    name: str
    line: int
    fields: Mapping[str, Value]
    when: tuple[Condition, ...] = ()
    points: Points = field(default_factory=Points)
    unique_in: str = "village"
    repeated: str = ""
    match: Match | None = None
    duplicate: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """How the file is read: sheet (name or number), header row (from 1; 0: found), words that mean nothing."""

    sheet: str = ""
    header_row: int = 0
    nothing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MappingSpec:
    """A whole mapping file. `name` is what visits and their file are known by; `text` is the file itself."""

    name: str
    about: str
    source: Source
    where: tuple[Condition, ...]
    units: UnitTree | None
    rounds: tuple[RoundPlanned, ...]
    targets: Mapping[str, Target]
    register: Mapping[str, Value] | None
    text: str

    @property
    def district(self) -> tuple[str, str] | None:
        """Return code and name of the district the mapping brings along; None where it uses the database's."""
        if self.units is None or not self.brings_units:
            return None
        top = self.units.levels[0]
        if top.level != "district" or top.code is None or top.name is None:
            return None
        return top.code.text, top.name.text

    @property
    def brings_units(self) -> bool:
        """Say whether its units are its own, not those that are registered."""
        return self.units is not None and not self.units.registered

    def with_crs(self, crs: str) -> MappingSpec:
        """Return the mapping with all its points in another declared system."""
        points = {
            name: replace(target, points=replace(target.points, crs=crs)) for name, target in self.targets.items()
        }
        return replace(self, targets=points)

    def values(self) -> Iterator[Value]:
        """Yield every value that is read from the file."""
        for target in self.targets.values():
            yield from target.fields.values()
        yield from (self.register or {}).values()
        if self.units is not None:
            found = [(one.code, one.name, one.lon, one.lat) for one in self.units.levels]
            for value in (*(one for level in found for one in level), self.units.village_code):
                if value is not None:
                    yield value

    def needs(self) -> Iterator[Need]:
        """Yield every column that is read from the file."""
        for value in self.values():
            yield from value.needs()
        for one in self.conditions():
            yield Need((one.column,), one.line, one.path)

    def conditions(self) -> Iterator[Condition]:
        """Yield every condition that stands outside a value."""
        yield from self.where
        for target in self.targets.values():
            yield from target.when
            yield from target.duplicate
