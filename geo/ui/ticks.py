"""A table with rows to tick. Ticks are positions in the browser; here they stay with what was ticked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    import pandas as pd

ROW: Final = 28
HEADER: Final = 34
ROWS: Final = 14
_TICKED: Final = "_ticked"
_NTH: Final = "_table"


def draw_ticked(
    frame: pd.DataFrame, columns: Mapping[str, Any], *, of: Hashable, ids: Sequence[str], rows: int = ROWS
) -> list[int]:
    """Draw a table and return the positions of the rows that are ticked.

    `of` names the list (its place, round, kind), `ids` what its rows are. Other rows make another table, in which the
    same ones are ticked again: a position never becomes somebody else.
    """
    answer = st.dataframe(
        frame,
        hide_index=True,
        row_height=ROW,
        height=HEADER + ROW * min(max(len(frame), 1), rows) + 2,
        column_config=columns,
        placeholder="–",
        lazy=False,
        key=f"table_{hash((of, *ids)):x}_{st.session_state.get(_NTH, 0)}",
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": _ticked_before(of, ids)}},
    )
    ticked = [row for row in answer.selection.rows if row < len(ids)]
    st.session_state[_TICKED] = (of, frozenset(ids[row] for row in ticked))
    return ticked


def _ticked_before(of: Hashable, ids: Sequence[str]) -> list[int]:
    """Return the positions of what was ticked on this list, as far as it is still on it."""
    kept, ticked = st.session_state.get(_TICKED, (None, frozenset()))
    return [row for row, one in enumerate(ids) if one in ticked] if kept == of else []


def clear_ticks() -> None:
    """Untick all rows: the next table is a new one."""
    st.session_state.pop(_TICKED, None)
    st.session_state[_NTH] = st.session_state.get(_NTH, 0) + 1
