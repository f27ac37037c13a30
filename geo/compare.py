"""Two rounds compared household by household: what becomes of a round's D, told by what an earlier one left.

Pure: tables in, tables out. The kinds are exclusive and sum to |D| of the later round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from geo import config
from geo.codes import COMPARED_KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Kind by (fate then + 1, in C now): fate 1 in C, 0 missed, -1 not in D.
_BY_FATE: Final = (("new_missed", "new_reached"), ("missed_again", "recovered"), ("newly_missed", "kept"))


def name_kinds(homes: pd.DataFrame, then: Mapping[str, int]) -> pd.Series:
    """Return the kind (`COMPARED_KINDS`) of each household of a later round's D, with column complete (in C, 0/1).

    `then`: each household of the earlier round's D with whether it was in C.
    """
    pairs = zip(homes["household"].tolist(), homes["complete"].tolist(), strict=True)
    kinds = [_BY_FATE[then.get(one, -1) + 1][now] for one, now in pairs]
    return pd.Series(kinds, index=homes.index, dtype="str")


def sum_kinds(
    homes: pd.DataFrame, units: Mapping[str, str], order: Sequence[str], *, mark: int = config.MISSED_ROUNDS_MARK
) -> pd.DataFrame:
    """Return one row per unit in an order: unit, roster, each of `COMPARED_KINDS`, in_a_row (连漏 `mark` 轮以上).

    `homes`: place, kind, missed_rounds; `units`: roster place → the unit that it counts for.
    """
    unit = homes["place"].map(units)
    counts = pd.crosstab(unit, homes["kind"]).reindex(index=list(order), columns=list(COMPARED_KINDS), fill_value=0)
    missed = homes["missed_rounds"].to_numpy() >= mark
    rows = counts.assign(roster=counts.sum(axis=1))
    rows["in_a_row"] = unit[missed].value_counts().reindex(rows.index, fill_value=0).astype(np.int64)
    return rows.rename_axis("unit").reset_index()
