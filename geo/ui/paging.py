"""Pages of a long table: words are made for one page, not for every row of a district."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import streamlit as st

from geo.i18n import text
from geo.ui.widgets import note

if TYPE_CHECKING:
    import pandas as pd

#: Rows of one page of a table: a district's list is a dozen pages, that of a township is one.
PAGE: Final = 5000


@dataclass(frozen=True, slots=True)
class Page:
    """The page of a list that is looked at, counted from 1; `key` names the list."""

    key: str
    number: int
    of: int

    def rows_of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of this page."""
        return rows.iloc[(self.number - 1) * PAGE : self.number * PAGE]

    def draw(self) -> None:
        """Draw the choice of another page, where there is one."""
        if self.of == 1:
            return
        with st.container(key=f"pages_{self.key}", horizontal=True, vertical_alignment="center", gap="small"):
            st.number_input(
                text("gap.page"), 1, self.of, self.number, key=self.key, width=110, label_visibility="collapsed"
            )
            st.html(note(text("gap.page.of", page=self.number, pages=self.of, k=PAGE)))


def find_page_of(key: str, rows: int) -> Page:
    """Return the page of a list of so many rows that was chosen last; the first of a list that was not seen yet."""
    pages = max(1, -(-rows // PAGE))
    return Page(key, min(int(st.session_state.get(key, 1)), pages), pages)
