"""计划: what is planned and with whom; the draft is kept with this browser's session until it is published."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import streamlit as st

from geo.plan.stops import MODES, Mode
from geo.plan.travel import DETOUR, SPEEDS_KMH
from geo.planning import Draft, Order, Setup, default_setup, draft_unit, list_tasks

if TYPE_CHECKING:
    from geo.model import Round
    from geo.ui.session import Session

_DRAFT: Final = "_plan_draft"
_EFFORT: Final = 0.3


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a plan: teams, days, hours, how people move, and the mode."""

    teams: int = 2
    days: int = 3
    hours: float = 7.0
    travel: str = "walk"
    detour: float = DETOUR
    mode: Mode = "balanced"

    def setup(self) -> Setup:
        """Return it as the setting of the village."""
        setup = default_setup().with_teams(self.teams)
        common = replace(setup.common, days=self.days, hours=self.hours, travel=self.travel, detour=self.detour)
        return replace(setup, common=common)


TRAVELS: Final = tuple(SPEEDS_KMH)
ALL_MODES: Final = MODES


def make_draft(session: Session, round_: Round, wanted: Wanted, show: Callable[[float], None]) -> Draft | None:
    """Plan the village in view and keep the draft; None where nobody is on its gap list. Raises `GeoError`."""
    tasks = list_tasks(session.db, session.scope, round_=round_, place_id=session.place.id, setup=wanted.setup())
    if not tasks:
        return None

    def ask(share: float) -> bool:
        show(share)
        return False

    draft = draft_unit(tasks[0], Order(wanted.mode, effort=_EFFORT), ask=ask)
    keep_draft(session, round_, draft)
    return draft


def keep_draft(session: Session, round_: Round, draft: Draft) -> None:
    """Keep a draft for the next runs of the page."""
    st.session_state[_DRAFT] = (_stamp(session, round_), draft)


def find_draft(session: Session, round_: Round) -> Draft | None:
    """Return the draft of the village and round in view."""
    kept = st.session_state.get(_DRAFT)
    return kept[1] if kept is not None and kept[0] == _stamp(session, round_) else None


def drop_draft() -> None:
    """Forget the draft."""
    st.session_state.pop(_DRAFT, None)


def _stamp(session: Session, round_: Round) -> tuple[str, str, str]:
    return str(session.db.path), round_.id, session.place.id
