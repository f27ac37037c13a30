"""What the 清零 page shows, read in one go: a place's clearance, its units, and the ledger behind every number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import streamlit as st

from geo.issues.picks import HOME_PICKS, PICKS, pick_issues
from geo.store.clearance import Clearance, read_clearance
from geo.store.ledger import read_ledger
from geo.store.presence import Presence, read_presence
from geo.store.reads import Figures, read_children, read_figures
from geo.ui.overview_data import UNIT_LEVEL

if TYPE_CHECKING:
    import pandas as pd

    from geo.model import Round
    from geo.ui.session import Session

#: Parts of the page; the first is shown when the address names none.
TABS: Final = ("board", "ledger", "review", "measures", "matters", "rounds")


@dataclass(frozen=True, slots=True)
class Board:
    """A place's figures in a round, what is known of its issues, and its units, open ones first."""

    round: Round | None
    figures: Figures | None
    clearance: Clearance
    level: str
    units: list[Figures]
    presence: Presence | None = None

    @property
    def held(self) -> list[Figures]:
        """The units that have a household in the round or an issue."""
        return [one for one in self.units if one.counts.roster or one.issues["valid"]]


def read_board(session: Session) -> Board:
    """Return the board of the session's place, round and day."""
    db, scope, place, day = session.db, session.scope, session.place, session.as_of
    clearance = read_clearance(db, scope, place_id=place.id, as_of=day)
    round_ = session.round
    if round_ is None:
        return Board(None, None, clearance, "", [])
    level = UNIT_LEVEL.get(place.level, "")
    units = read_children(db, scope, round_id=round_.id, place_id=place.id, level=level, as_of=day) if level else []
    figures = read_figures(db, scope, round_id=round_.id, place_id=place.id, as_of=day)
    # Of a whole district it takes a second or two, so there it is asked for.
    wanted = place.level != "district" or st.query_params.get("who") == "1"
    presence = read_presence(db, scope, round_id=round_.id, place_id=place.id, as_of=day) if wanted else None
    return Board(round_, figures, clearance, level if units else "", sorted(units, key=_most_open_first), presence)


def _most_open_first(one: Figures) -> tuple[int, int, int, str]:
    missing = one.counts.roster - one.counts.complete
    return (-one.issues["overdue"], -one.issues["open"], -missing, one.place.code)


def read_tab() -> str:
    """Return the part of the page that the address names."""
    asked = str(st.query_params.get("tab", ""))
    return asked if asked in TABS else TABS[0]


def read_pick() -> str:
    """Return the figure whose rows the address asks for; every issue where it names none."""
    asked = str(st.query_params.get("pick", ""))
    return asked if asked in PICKS or asked in HOME_PICKS else "all"


def read_rows(session: Session, pick: str) -> pd.DataFrame:
    """Return the rows of the ledger behind a figure."""
    frame = read_ledger(session.db, session.scope, place_id=session.place.id, as_of=session.as_of)
    return pick_issues(frame, pick, session.as_of)
