"""Two rounds compared, one row a unit, as a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from geo.codes import COMPARED_KINDS
from geo.exports import said
from geo.exports.table import Table, tabulate
from geo.schema.columns_work import COMPARED_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.store.round_figures import Compared, UnitCompared
    from geo.workbook import Value


def tabulate_compared(found: Compared) -> Table:
    """Return the units of a comparison (`store.round_figures.compare_rounds`), the whole last."""
    rows = [tell_compared(one) for one in (*found.units, found.whole)]
    return tabulate("compared", pd.DataFrame(rows), COMPARED_COLUMNS, _say)


def tell_compared(one: UnitCompared) -> dict[str, Any]:
    """Return one row by the keys of `COMPARED_COLUMNS`, with code and level of the unit; shares in percent."""
    then, now = one.then.share("kpi.coverage"), one.now.share("kpi.coverage")
    return {
        "place": one.now.place.id, "code": one.now.place.code, "level": one.now.place.level, "name": one.now.place.name,
        "then_roster": then.denominator, "then_effective": then.numerator, "then_coverage": _percent(then.tenths),
        "now_roster": now.denominator, "now_effective": now.numerator, "now_coverage": _percent(now.tenths),
        "points": one.points, **{kind: one.kinds[kind] for kind in COMPARED_KINDS}, "in_a_row": one.in_a_row,
        "left": one.left,
    }  # fmt: skip


def _percent(tenths: int | None) -> float | None:
    return None if tenths is None else tenths / 10


def _say(frame: pd.DataFrame, key: str) -> Sequence[Value]:
    if key == "name":
        return said.texts(frame[key])
    if key in ("then_coverage", "now_coverage", "points"):
        return said.decimals(frame[key])
    return said.wholes(frame[key])
