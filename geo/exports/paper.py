"""Lists as A4 sheets (PDF): columns as wide as what they hold, title, line and head on every page, page numbers."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from geo.errors import Invalid
from geo.i18n import text
from geo.printout import Printed, bind_pages, print_pdf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.exports.head import ExportHead
    from geo.exports.table import Table
    from geo.workbook import Value

#: More than a person will print, and than paper is good for.
MOST_ROWS: Final = 20_000
#: Rows that are set at a time: typst keeps what it has laid out, about 10 kB a cell.
_AT_ONCE: Final = 2_000
#: Millimetres of A4 between the margins, upright and flipped, and of a cell that are not text.
_UPRIGHT_MM: Final = 186.0
_FLIPPED_MM: Final = 273.0
_INSET_MM: Final = 1.7
#: Widths count columns of a fixed-width screen: a Han character is two. Millimetres of one per point of type.
_UNIT_MM: Final = 0.5 * 25.4 / 72
_SIZES: Final = (9.0, 8.0, 7.5, 7.0, 6.5, 6.0, 5.5, 5.0)
#: Plain letters and digits are a little wider than half of a Han character.
_LATIN: Final = 1.15
_NARROWEST: Final = 4.0
_WIDEST: Final = 60.0
#: Lines a row may take on average before the type gets smaller.
_UPRIGHT_LINES: Final = 1.3
_GOOD_LINES: Final = 1.7
#: Rows looked at to decide.
_SAMPLE: Final = 200
_RUN: Final = re.compile(r"[!-~]+")
_LONG_RUN: Final = 26
_LONG_TEXT: Final = 400


def write_pdf(table: Table, head: ExportHead) -> bytes:
    """Return the list as PDF. Raises `Invalid` for more rows than `MOST_ROWS`."""
    if len(table) > MOST_ROWS:
        raise Invalid("exports.pdf_too_many", n=len(table), most=MOST_ROWS)
    rows = [[_cell(value) for value in row] for part in table.read_parts() for row in zip(*part, strict=True)]
    words = text("exports.page", page="\0", pages="\0").split("\0")
    sheet = _lay_out(table, head, rows)
    if len(rows) <= _AT_ONCE:
        return print_pdf("list", {**sheet, "page_words": words, "rows": rows}).content
    parts: list[Printed] = []
    for start in range(0, len(rows), _AT_ONCE):
        parts.append(print_pdf("list", {**sheet, "page_words": None, "rows": rows[start : start + _AT_ONCE]}))
        if table.progress is not None:
            table.progress(min(start + _AT_ONCE, len(rows)), len(rows))
    return bind_pages(parts, flipped=sheet["flipped"], page_words=words).content


def _cell(value: Value) -> str:
    """Return a value as printed; a long run of plain letters may break, which it would not by itself."""
    said = "" if value is None else str(value)
    if len(said) <= _LONG_RUN:
        return said
    return _RUN.sub(lambda run: "\u200b".join(_slices(run.group())), said)


def _slices(run: str) -> list[str]:
    return [run[start : start + _LONG_RUN] for start in range(0, len(run), _LONG_RUN)]


def _lay_out(table: Table, head: ExportHead, rows: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Return the sheet without its rows: orientation, size of type and widths that let every column be read."""
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in table.columns]
    spans = [_span(column.header, cells) for column, cells in zip(table.columns, columns, strict=True)]
    shape = _choose_shape(spans, [[_width(cell) for cell in row] for row in rows[:: max(1, len(rows) // _SAMPLE)]])
    line = head.line(len(table))
    lines = math.ceil(_width(line) * _UNIT_MM * 8 / shape.across_mm)
    return {
        "title": head.title, "line": line, "foot": head.foot(), "flipped": shape.flipped, "top": 18 + 4 * lines,
        "size": shape.size, "breakable": any(len(cell) > _LONG_TEXT for cells in columns for cell in set(cells)),
        "columns": [
            {"head": column.header, "width": _INSET_MM + width * shape.unit_mm, "number": column.holds != "text"}
            for column, width in zip(table.columns, shape.fit(spans), strict=True)
        ],
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Shape:
    """A way to lay a sheet: upright or flipped, and the size of type in points."""

    flipped: bool
    size: float

    @property
    def across_mm(self) -> float:
        """Millimetres between the margins."""
        return _FLIPPED_MM if self.flipped else _UPRIGHT_MM

    @property
    def unit_mm(self) -> float:
        """Millimetres of one unit of width."""
        return _UNIT_MM * self.size

    def fit(self, spans: Sequence[tuple[float, float]]) -> list[float]:
        """Return widths in units that fill the room: each its least and a share of the rest by what it wants."""
        room = (self.across_mm - _INSET_MM * len(spans)) / self.unit_mm
        least, wanted = (sum(span[nth] for span in spans) for nth in (0, 1))
        if least >= room:
            return [span[0] * room / least for span in spans]
        if wanted <= room:
            return [span[1] * room / wanted for span in spans]
        share = (room - least) / (wanted - least)
        return [low + (want - low) * share for low, want in spans]

    def count_lines(self, spans: Sequence[tuple[float, float]], sample: Sequence[Sequence[float]]) -> float:
        """Return how many lines a row takes on average; without end where the least widths do not fit."""
        if sum(span[0] for span in spans) * self.unit_mm > self.across_mm - _INSET_MM * len(spans):
            return math.inf
        widths = self.fit(spans)
        lines = [max(math.ceil(cell / width) for cell, width in zip(row, widths, strict=True)) for row in sample]
        return sum(lines) / len(lines) if lines else 1.0


def _choose_shape(spans: Sequence[tuple[float, float]], sample: Sequence[Sequence[float]]) -> _Shape:
    """Return the largest type that keeps rows to about two lines, upright before flipped; else what is shortest."""
    ways = [_Shape(flipped=False, size=size) for size in _SIZES[:2]]
    ways += [_Shape(flipped=True, size=size) for size in _SIZES]
    lines = [way.count_lines(spans, sample) for way in ways]
    for way, count in zip(ways, lines, strict=True):
        if count <= (_GOOD_LINES if way.flipped else _UPRIGHT_LINES):
            return way
    return min(zip(lines, ways, strict=True), key=lambda pair: pair[0] * pair[1].size)[1]


def _span(header: str, cells: Sequence[str]) -> tuple[float, float]:
    """Return the least width of a column (its longest unbroken run, half of its head) and what it wants, in units."""
    distinct = set(cells)
    head = _width(header)
    least = max([head / 2, _NARROWEST, *(_longest_run(cell) for cell in distinct)])
    widths = sorted(_width(cell) for cell in distinct)
    usual = widths[len(widths) * 9 // 10] if widths else 0.0
    return least, max(least, min(max(usual, head), _WIDEST))


@lru_cache(maxsize=65_536)
def _width(said: str) -> float:
    return max(map(_line_width, said.split("\n")), default=0.0)


def _line_width(line: str) -> float:
    return sum(2 if unicodedata.east_asian_width(sign) in "WFA" else _LATIN for sign in line)


@lru_cache(maxsize=65_536)
def _longest_run(said: str) -> float:
    return max((len(run) * _LATIN for run in _RUN.findall(said)), default=0.0)
