"""Households behind a number of 清零: a table whose codes open them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo.i18n import text
from geo.schema import GAP_COLUMNS
from geo.ui.clicks import follow_click, open_home
from geo.ui.overview_head import draw_head
from geo.ui.session import show

if TYPE_CHECKING:
    import pandas as pd

    from geo.ui.session import Session

_ROW: Final = 28
_ROWS: Final = 12
_SHOWN: Final = ("code", "head_name", "village", "group")


def draw_home_list(
    session: Session,
    homes: pd.DataFrame,
    *,
    key: str,
    title: str,
    leave: str,
    more: tuple[str, ...] = (),
    back: str = "",
) -> None:
    """Draw the households with what they are, and `more` columns (in words already); `leave` is what closes the list.

    `key` tells the lists of a page apart, `leave` is a parameter of the address, `back` what its button says.
    """
    with st.container(key=f"head_of_{key}", horizontal=True, vertical_alignment="center"):
        draw_head(title, text("compare.homes", n=len(homes)))
        st.button(back or text("present.close"), key=f"{key}_close", on_click=show, kwargs={leave: ""})
    heads = {one.key: one.header for one in GAP_COLUMNS if one.key in _SHOWN}
    heads |= {name: text(f"cli.head.{name}") for name in more}
    columns: dict[str, Any] = {name: st.column_config.TextColumn(head) for name, head in heads.items()}
    columns["code"] = st.column_config.ButtonColumn(
        heads["code"], width=180, type="tertiary", alignment="left", key=f"{key}_home", on_click=open_home,
        args=(f"{key}_home", [(one, session.place.id) for one in homes["household"]]),
    )  # fmt: skip
    st.dataframe(
        homes[[*_SHOWN, *more]], hide_index=True, row_height=_ROW, height=_ROW * min(len(homes), _ROWS) + 36,
        key=f"{key}_homes", column_config=columns,
    )  # fmt: skip
    follow_click(session)
