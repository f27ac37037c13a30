"""The coordinates of a file as numbers: two columns or one, degrees or metres, in the order their writing tells."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from geo.crs import read_angle, read_pair, read_plain_pair
from geo.validate import is_blank, parse_degrees, to_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geo.crs.shifted import Floats
    from geo.store.area import Area
    from geo.validate import Cell

_PLAIN: Final = re.compile(r"-?\d{1,8}(?:\.\d{1,20})?", re.ASCII)
_CHINA_LON: Final = (73.0, 136.0)
_CHINA_LAT: Final = (3.0, 54.0)
_HALF: Final = 180.0
_QUARTER: Final = 90.0


@dataclass(frozen=True, slots=True)
class PointCells:
    """The cells that speak of points, one list a field: 经度, 纬度, and one for both."""

    lon: Sequence[Cell]
    lat: Sequence[Cell]
    point: Sequence[Cell]


@dataclass(slots=True)
class Written:
    """What the cells say, one entry a row.

    `x` (east, longitude) and `y` (north, latitude) are as written, not a number where nothing usable is. `problems`
    says why, with the field whose cell it is. `told` are rows whose own writing tells which number is which; of
    these, `turned` had the latitude first.
    """

    x: Floats
    y: Floats
    problems: dict[int, tuple[str, str]] = field(default_factory=dict)
    told: set[int] = field(default_factory=set)
    turned: set[int] = field(default_factory=set)
    says: bool = True

    def usable(self) -> NDArray[np.bool_]:
        """Return which rows hold two numbers that may mean a point: not empty, not unreadable, not zero."""
        good: NDArray[np.bool_] = np.isfinite(self.x) & np.isfinite(self.y) & (self.x != 0) & (self.y != 0)
        return good


@dataclass(frozen=True, slots=True)
class Writing:
    """What each row writes of its point, put together only where it is asked for.

    `source_of` is the declared source of each row, `labels` what the sources are called.
    """

    cells: PointCells
    labels: Sequence[str]
    source_of: Sequence[int]
    _said: dict[int, str] = field(default_factory=dict)

    def of(self, nth: int) -> str:
        """Return what a row writes, with its declared source behind it."""
        if nth not in self._said:
            lon, lat, label = self.cells.lon[nth], self.cells.lat[nth], self.labels[self.source_of[nth]]
            if lat is None or lat == "":
                said = to_text(self.cells.point[nth] if lon in (None, "") else lon)
            else:
                said = f"{to_text(lon)}, {to_text(lat)}"
            self._said[nth] = f"{said} ({label})" if label else said
        return self._said[nth]

    def is_plain(self, nth: int) -> bool:
        """Say whether a row writes nothing but two numbers."""
        return isinstance(self.cells.lon[nth], float) or bool(_PLAIN.fullmatch(str(self.cells.lon[nth])))


@dataclass(slots=True)
class _Column:
    values: list[float] = field(default_factory=list)
    axes: dict[int, str] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)


def read_cells(cells: PointCells, area: Area | None) -> Written:
    """Return what the cells of a file say; where no row says anything of a point, nothing is missing either."""
    lon, lat = _read_column(cells.lon), _read_column(cells.lat)
    written = Written(np.array(lon.values, dtype=np.float64), np.array(lat.values, dtype=np.float64))
    pairs = _read_pairs(cells, lon, lat)
    found = np.isfinite(written.x) | np.isfinite(written.y)
    unreadable = any(code != "W_COORD_MISSING" for column in (lon, lat) for code in column.problems.values())
    if not (found.any() or unreadable or pairs.rows or pairs.unreadable):
        written.says = False
        return written
    for column, key in ((lat, "lat"), (lon, "lon")):
        written.problems.update({nth: (code, key) for nth, code in column.problems.items()})
    _follow_axes(written, lon.axes, lat.axes)
    _settle_pairs(written, pairs, area)
    return written


def _read_column(cells: Sequence[Cell]) -> _Column:
    column = _Column()
    plain = _PLAIN.fullmatch
    for nth, cell in enumerate(cells):
        if type(cell) is float and cell == cell:  # noqa: PLR0124 - NaN is the one number that differs from itself
            column.values.append(cell)
        elif type(cell) is str and plain(cell):
            column.values.append(float(cell))
        else:
            column.values.append(_read_odd(column, nth, cell))
    return column


def _read_odd(column: _Column, nth: int, cell: Cell) -> float:
    """Return the number of a cell that is not a plain one; keep the axis it names, or why there is none."""
    if cell is None or cell == "":
        column.problems[nth] = "W_COORD_MISSING"
        return math.nan
    angle = read_angle(cell.strip()) if isinstance(cell, str) else None
    if angle is not None:
        if angle.axis:
            column.axes[nth] = angle.axis
        return angle.value
    value, code = parse_degrees(cell)
    if code:
        column.problems[nth] = code
    return math.nan if value is None else value


def _follow_axes(written: Written, lon: dict[int, str], lat: dict[int, str]) -> None:
    """Take numbers whose writing names the axis (北纬 under 经度) for what they say; a contradiction is unreadable."""
    for nth in lon.keys() | lat.keys():
        if nth in written.problems:
            continue
        named = (lon.get(nth, ""), lat.get(nth, ""))
        if named in (("lat", "lon"), ("lat", ""), ("", "lon")):
            written.x[nth], written.y[nth] = written.y[nth], written.x[nth]
            written.told.add(nth)
            written.turned.add(nth)
        elif named[0] == named[1]:
            _lose(written, nth, "lon")
        else:
            written.told.add(nth)


def _lose(written: Written, nth: int, key: str) -> None:
    written.x[nth] = written.y[nth] = math.nan
    written.problems[nth] = ("W_COORD_UNPARSEABLE", key)


def _says(cell: Cell) -> bool:
    return cell is not None and not is_blank(to_text(cell))


@dataclass(slots=True)
class _Pairs:
    """Rows that say both numbers in one cell: the numbers as written, the axis of the first, and the cell's field."""

    rows: list[int] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    second: list[float] = field(default_factory=list)
    axes: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    unreadable: dict[int, str] = field(default_factory=dict)

    def add(self, nth: int, cell: Cell, key: str) -> None:
        """Read one cell."""
        text = cell if isinstance(cell, str) else to_text(cell)
        plain, axis = read_plain_pair(text), ""
        if plain is None:
            found = read_pair(text)
            if found is None:
                self.unreadable[nth] = key
                return
            plain, axis = (found.first, found.second), found.axis
        self.rows.append(nth)
        self.first.append(plain[0])
        self.second.append(plain[1])
        self.axes.append(axis)
        self.keys.append(key)


def _read_pairs(cells: PointCells, lon: _Column, lat: _Column) -> _Pairs:
    """Return what rows say in one cell: the combined column's where the others are empty, or 经度 that holds both."""
    pairs = _Pairs()
    for nth, code in lat.problems.items():
        problem = lon.problems.get(nth)
        if code != "W_COORD_MISSING" or problem is None:
            continue
        if problem != "W_COORD_MISSING":
            pairs.add(nth, cells.lon[nth], "lon")
        elif _says(cells.point[nth]):
            pairs.add(nth, cells.point[nth], "point")
    return pairs


def _settle_pairs(written: Written, pairs: _Pairs, area: Area | None) -> None:
    """Put each pair in order: only one of two numbers can be a latitude, row by row."""
    for nth, key in pairs.unreadable.items():
        written.problems[nth] = ("W_COORD_UNPARSEABLE", key)
    if not pairs.rows:
        return
    rows, first, second = np.array(pairs.rows), np.array(pairs.first), np.array(pairs.second)
    turned, known = _order(first, second, np.array(pairs.axes), area)
    written.x[rows], written.y[rows] = np.where(turned, second, first), np.where(turned, first, second)
    for nth in pairs.rows:
        del written.problems[nth]
    written.told.update(pairs.rows)
    written.turned.update(rows[turned].tolist())
    for index in np.flatnonzero(~known).tolist():
        _lose(written, pairs.rows[index], pairs.keys[index])


def _order(
    first: Floats, second: Floats, axes: NDArray[np.str_], area: Area | None
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which pairs have the latitude first, and for which that is known; metres and zeros stay as they are."""
    straight = (np.abs(first) <= _HALF) & (np.abs(second) <= _QUARTER) & (axes != "lat")
    turned = (np.abs(second) <= _HALF) & (np.abs(first) <= _QUARTER) & (axes != "lon")
    other = ~(straight | turned) | (first == 0) | (second == 0)
    both = straight & turned & ~other
    if both.any():
        here, there = _in_china(first, second), _in_china(second, first)
        if area is not None:
            near = here == there
            here, there = (
                np.where(near, area.holds(first, second), here),
                np.where(near, area.holds(second, first), there),
            )
        straight, turned = np.where(both, here & ~there, straight), np.where(both, there & ~here, turned)
    return turned & ~straight, straight ^ turned | other


def _in_china(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (
        (lon >= _CHINA_LON[0]) & (lon <= _CHINA_LON[1]) & (lat >= _CHINA_LAT[0]) & (lat <= _CHINA_LAT[1])
    )
    return inside
