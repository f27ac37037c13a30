"""A list to be taken away: its columns and rows, made once and written by every format in the same order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np
import pandas as pd
import shapely

from geo.palette import AREA_FILLS, class_breaks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from geo.schema import OutColumn
    from geo.workbook import Value

#: How many rows of a list become words at a time.
PART: Final = 2_048
#: Told how many rows of how many are done.
Progress: TypeAlias = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Look:
    """How a map shows some of the rows: fill as sRGB hex ('' for none), a shape of `geo.palette` or a kind of area.

    It is for the rows whose column begins with `words`, or whose number is `least` or more.
    """

    words: str
    fill: str
    shape: str
    least: float | None = None


@dataclass(frozen=True, slots=True)
class Style:
    """How a map shows the rows: the first look that fits, by a column; `label` names the column that tells symbols.

    With `of`, the looks are for the column's share of that other column, in per cent.
    """

    column: str
    looks: tuple[Look, ...]
    label: str
    of: str = ""

    def find(self, value: object, whole: object = None) -> int | None:
        """Return the position of the look for a value of the column (and one of `of`); None where none fits."""
        if self.of:
            counted = isinstance(value, int) and isinstance(whole, int) and whole
            value = 100 * value / whole if counted else None  # type: ignore[operator]
        for nth, look in enumerate(self.looks):
            if look.least is None and str(value).startswith(look.words):
                return nth
            if look.least is not None and isinstance(value, int | float) and value >= look.least:
                return nth
        return None


@dataclass(frozen=True, slots=True)
class Table:
    """A list: some rows of a frame in order (`rows`: positions, numbered from 1), and what a column of them says.

    `values` gives a column of part of the frame, None for an empty cell. `shapes` gives one geometry (lon, lat in
    WGS84 degrees) or None a row, all of the kind `geometry`; it is None where the list has no place on a map. `sheets`
    names the column of the frame whose values divide a workbook into sheets, if any.
    """

    kind: str
    frame: pd.DataFrame
    columns: tuple[OutColumn, ...]
    values: Callable[[pd.DataFrame, str], Sequence[Value]]
    rows: NDArray[np.int64]
    shapes: Callable[[pd.DataFrame], NDArray[Any]] | None = None
    geometry: Literal["Point", "MultiPolygon"] = "Point"
    sheets: str = ""
    style: Style | None = None
    progress: Progress | None = None

    def __len__(self) -> int:
        """Return how many rows the list has."""
        return len(self.rows)

    def read_rows(self, start: int, stop: int) -> list[Sequence[Value]]:
        """Return the values of rows start … stop − 1, column by column; None is an empty cell."""
        rows = self.rows[start:stop]
        part = self.frame.iloc[rows]
        # The first and the last row alone are read to lay a sheet out: they say nothing of how far the list is.
        if self.progress is not None and stop - start > 1:
            self.progress(len(self) if stop >= len(self) - 1 else stop, len(self))
        return [
            (rows + 1).tolist() if column.key == "number" else self.values(part, column.key) for column in self.columns
        ]

    def read_parts(self) -> Iterator[list[Sequence[Value]]]:
        """Yield all rows in parts of at most `PART`, column by column; an empty list yields nothing."""
        for start in range(0, len(self), PART):
            yield self.read_rows(start, min(start + PART, len(self)))

    def read_all(self) -> list[list[Value]]:
        """Return all rows, column by column."""
        whole: list[list[Value]] = [[] for _ in self.columns]
        for part in self.read_parts():
            for column, values in zip(whole, part, strict=True):
                column.extend(values)
        return whole

    def as_frame(self) -> pd.DataFrame:
        """Return all rows under their Chinese headers; an empty cell is an empty text."""
        values = ([("" if one is None else one) for one in column] for column in self.read_all())
        heads = (column.header for column in self.columns)
        return pd.DataFrame(dict(zip(heads, values, strict=True)), dtype=object)

    def with_progress(self, progress: Progress | None) -> Table:
        """Return the same list, which tells how far it is read."""
        return replace(self, progress=progress)

    def split(self) -> list[tuple[str, Table]]:
        """Return the list by the value of its column `sheets`, in the order of the register; itself where it is one.

        The rows keep their numbers, so that the order of the whole can be had again.
        """
        if not self.sheets or not len(self):
            return [("", self)]
        numbers, names = pd.factorize(self.frame[self.sheets])
        if len(names) < 2:  # noqa: PLR2004 - one township is one sheet
            return [("", self)]
        order = np.arange(len(names))
        if "village_code" in self.frame:
            codes, _ = pd.factorize(self.frame["village_code"], sort=True)
            lowest = np.full(len(names), len(codes))
            np.minimum.at(lowest, numbers, codes)
            order = np.argsort(lowest, kind="stable")
        mine = numbers[self.rows]
        return [(str(names[number]), replace(self, rows=self.rows[mine == number])) for number in order.tolist()]

    def draw(self) -> NDArray[Any]:
        """Return one geometry a row, None for a row without; lon, lat in WGS84 degrees."""
        if self.shapes is None:
            return np.full(len(self), None, dtype=object)
        return self.shapes(self.frame.iloc[self.rows])


def tabulate(
    kind: str, frame: pd.DataFrame, columns: tuple[OutColumn, ...],
    values: Callable[[pd.DataFrame, str], Sequence[Value]], **more: Any,
) -> Table:  # fmt: skip
    """Return the list of all rows of a frame, in its order; `more` are further fields of `Table`."""
    return Table(kind, frame, columns, values, np.arange(len(frame)), **more)


def coverage_looks(target_bp: int) -> tuple[Look, ...]:
    """Return the classes of the map, by coverage in per cent: complete, at the target, near it, in between, low."""
    low, mid, target = class_breaks(target_bp)
    bounds = {"full": 100.0, "met": target / 100, "near": mid / 100, "mid": low / 100, "low": 0.0}
    return tuple(Look(f"≥ {least:g}%", AREA_FILLS[name], "area", least) for name, least in bounds.items())


def draw_points(frame: pd.DataFrame) -> NDArray[Any]:
    """Return one point a row from its columns lon, lat (WGS84 degrees); None for a row without."""
    lon, lat = frame["lon"].to_numpy(float), frame["lat"].to_numpy(float)
    there = np.isfinite(lon) & np.isfinite(lat)
    points = np.full(len(frame), None, dtype=object)
    points[there] = shapely.points(lon[there], lat[there])
    return points
