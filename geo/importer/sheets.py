"""A sheet as a reader hands it over: its cells, and what the sheet shows besides them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.validate import Cell

#: First row, first column, last row, last column; counted from 0, both ends inside.
Merge: TypeAlias = tuple[int, int, int, int]
#: First and last row (or column), counted from 0.
Span: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Layout:
    """What a sheet shows besides its cells; rows and columns count from 0.

    `faults` are cells that hold an error or a formula without a stored value: (row, column) → (finding code, as
    written). `epoch_days` is what a plain number must be raised by to be an Excel day of the 1900 system (1462 in a
    workbook of the 1904 system; date cells are days already).
    """

    merged: tuple[Merge, ...] = ()
    hidden_rows: tuple[Span, ...] = ()
    hidden_columns: tuple[Span, ...] = ()
    faults: Mapping[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    epoch_days: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """One of several sheets that are read as one: its first row there (from 0), and by how much its rows are shifted.

    Row n of the whole is row n − `shift` of the sheet; `header_row` is its own (from 1), `titles` stand above that.
    """

    name: str
    top: int
    shift: int
    header_row: int
    titles: tuple[list[str], ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of cells as it stands in the file; row n of the sheet is `rows[n - 1]`.

    `ragged` says that rows may differ in length (text files). `hidden` sheets are named and hold no rows unless they
    were asked for. `notes` are things of the whole file that were left alone: (finding code, what). `left_out` are the
    numbers of rows that a mapping file leaves out: they are empty here. `parts` are the sheets that were joined into
    this one (`together`).
    """

    name: str
    rows: list[list[Cell]]
    ragged: bool = False
    hidden: bool = False
    layout: Layout = field(default_factory=Layout)
    notes: tuple[tuple[str, str], ...] = ()
    left_out: tuple[int, ...] = ()
    parts: tuple[Part, ...] = ()

    def part_of(self, number: int) -> Part:
        """Return the sheet that row `number` (from 1) of joined ones stands in; a sheet by itself is its only part."""
        found = Part(self.name, 0, 0, 0)
        for part in self.parts:
            if part.top < number:
                found = part
        return found


def join_spans(numbers: list[int]) -> tuple[Span, ...]:
    """Return ascending numbers as spans of neighbours: 3, 4, 5, 9 → (3, 5), (9, 9)."""
    spans: list[Span] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))
    return tuple(spans)
