"""Lists of units: coverage of every unit of a level, and areas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geo import codes, config
from geo.coverage import Counts, remaining_to_target
from geo.exports import said
from geo.exports.outlines import tell_boundary
from geo.exports.table import Look, Style, Table, coverage_looks, tabulate
from geo.i18n import text
from geo.schema import AREA_COLUMNS, CELL_COUNTS, COVERAGE_COLUMNS
from geo.store.places import list_inside
from geo.store.reads import Figures, read_children

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from geo.exports.outlines import Outlines
    from geo.model import Place, Scope
    from geo.store.database import Database
    from geo.workbook import Value

#: Columns that are percentages as printed → the metric.
_SHARES: Final = {
    "coverage": "kpi.coverage", "attempt": "kpi.attempt", "contact": "kpi.contact", "phone_share": "kpi.phone",
    "clear": "kpi.clear",
}  # fmt: skip
_ISSUES: Final = {"open_issues": "open", "overdue_issues": "overdue"}
_COUNTED: Final = tuple(
    column.key for column in COVERAGE_COLUMNS if column.holds == "whole" and column.key in CELL_COUNTS
)


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """One line of coverage: a unit's code and name, the names of the unit and the township above it, its figures."""

    code: str
    name: str
    parent: str
    township: str
    figures: Figures


def list_units(db: Database, scope: Scope, *, total: Figures, level: str) -> list[UnitFigures]:
    """Return each unit of a level under a place that has a roster row, by code; of groups also what lies in none.

    `total`: the figures of the place. Households that lie in a village itself are a line of that village, so that the
    lines always sum to the total.
    """
    found = _children(db, scope, total, level)
    names = _Names(db, scope)
    units = [names.unit(one) for one in found]
    if level == "group":
        units += [names.ungrouped(one) for one in _list_ungrouped(db, scope, total, found)]
    return sorted((one for one in units if one.figures.counts.rows), key=lambda one: (one.code, one.name))


def name_units(db: Database, scope: Scope, figures: Iterable[Figures]) -> list[UnitFigures]:
    """Return units with the names above them, in the order given."""
    names = _Names(db, scope)
    return [names.unit(one) for one in figures]


class _Names:
    """The names of the units above: every township and village of the scope, read once."""

    def __init__(self, db: Database, scope: Scope) -> None:
        self._above: dict[str, Place] = {}
        for level in codes.LEVELS[:-1]:
            self._above |= {one.id: one for one in list_inside(db, scope, level=level, with_closed=True)}

    def unit(self, one: Figures) -> UnitFigures:
        parent = self._above.get(one.place.parent or "")
        return UnitFigures(one.place.code, one.place.name, parent.name if parent else "", self.township(one.place), one)

    def ungrouped(self, one: Figures) -> UnitFigures:
        return UnitFigures(one.place.code, text("exports.ungrouped"), one.place.name, self.township(one.place), one)

    def township(self, place: Place) -> str:
        found: Place | None = place
        while found is not None and found.level != "township":
            found = self._above.get(found.parent or "")
        return "" if found is None else found.name


def _children(db: Database, scope: Scope, total: Figures, level: str) -> list[Figures]:
    return read_children(db, scope, round_id=total.round.id, place_id=total.place.id, level=level, as_of=total.as_of)


def _list_ungrouped(db: Database, scope: Scope, total: Figures, groups: list[Figures]) -> list[Figures]:
    """Return the households that lie in a village itself: the village less its groups."""
    below: dict[str | None, dict[str, int]] = {}
    for one in groups:
        sums = below.setdefault(one.place.parent, dict.fromkeys(CELL_COUNTS, 0))
        for name in CELL_COUNTS:
            sums[name] += one.counts.values[name]
    rest = []
    for village in _children(db, scope, total, "village"):
        sums = below.get(village.place.id, dict.fromkeys(CELL_COUNTS, 0))
        counts = Counts({name: village.counts.values[name] - sums[name] for name in CELL_COUNTS})
        rest.append(Figures(village.place, village.round, village.as_of, counts, village.issues))
    return rest


def tabulate_coverage(units: Sequence[UnitFigures], shapes: Outlines | None = None) -> Table:
    """Return the list of coverage, one row a unit, in the order given; `shapes` draws the area of each row's place."""
    frame = pd.DataFrame([_coverage_row(one) for one in units], columns=[*_ROW, *_COUNTED, *_SHARES, *_ISSUES])
    columns, say = tell_boundary(COVERAGE_COLUMNS, _say, shapes)
    levels = {one.figures.place.level for one in units}
    return tabulate(
        "coverage", frame, columns, say, shapes=shapes, geometry="MultiPolygon",
        sheets="township" if levels & {"village", "group"} else "",
        style=_coverage_style(units),
    )  # fmt: skip


def _coverage_style(units: Sequence[UnitFigures]) -> Style:
    """Return the classes of the map."""
    looks = coverage_looks(units[0].figures.round.target_bp if units else config.TARGET_BP)
    return Style("coverage", looks, label="name")


_ROW: Final = ("place", "township", "level", "code", "name", "parent", "remaining")


def _coverage_row(one: UnitFigures) -> dict[str, object]:
    figures = one.figures
    row: dict[str, object] = {
        "place": figures.place.id, "township": one.township, "level": figures.place.level, "code": one.code,
        "name": one.name, "parent": one.parent,
        "remaining": remaining_to_target(figures.counts, figures.round.target_bp),
    }  # fmt: skip
    row |= {key: figures.counts.values[key] for key in _COUNTED}
    row |= {key: figures.issues[name] for key, name in _ISSUES.items()}
    for key, formula in _SHARES.items():
        tenths = figures.share(formula).tenths
        row[key] = None if tenths is None else tenths / 10
    return row


def tabulate_areas(frame: pd.DataFrame, shapes: Callable[[pd.DataFrame], NDArray[Any]]) -> Table:
    """Return the list of areas (`exports.outlines.list_areas`), one row a unit."""
    looks = tuple(Look(text(f"boundary_kind.{kind}"), "", kind) for kind in ("known", "computed"))
    return tabulate(
        "areas", frame, AREA_COLUMNS, _say, shapes=shapes, geometry="MultiPolygon", sheets="township",
        style=Style("boundary", looks, label="name"),
    )  # fmt: skip


_HOLDS: Final = {column.key: column.holds for column in (*COVERAGE_COLUMNS, *AREA_COLUMNS)}


def _say(frame: pd.DataFrame, key: str) -> Sequence[Value]:
    if key in ("level", "boundary"):
        return said.translate(frame[key], said.coded("level" if key == "level" else "boundary_kind"))
    holds = _HOLDS[key]
    if holds == "whole":
        return said.wholes(frame[key])
    return said.texts(frame[key]) if holds == "text" else said.decimals(frame[key])
