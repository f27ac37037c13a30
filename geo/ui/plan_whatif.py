"""计划 with other means: 3 days, 5 days, one team more, planned in a thread of its own; the page tells and stops it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import streamlit as st

from geo.errors import GeoError, Stopped
from geo.i18n import text
from geo.plan.metrics import Metrics
from geo.planning import Order, PlanDocument, Setup, plan_places
from geo.planning.document import sum_metrics
from geo.planning.run import Tell
from geo.planning.whatif import list_changes, shorten
from geo.ui.background import Telling
from geo.ui.overview_head import draw_head
from geo.ui.plain import show_error
from geo.ui.plan_compare import draw_figures
from geo.ui.plan_data import Wanted
from geo.ui.plan_run import be_patient, watch

if TYPE_CHECKING:
    from geo.model import Round
    from geo.ui.session import Session

_RUN: Final = "_plan_what_if"
_FIGURES: Final = ("served", "left_out", "top_served", "team_days", "makespan_s", "travel_s", "after_deadline")
#: How much of a whole search each change gets: who fits into the days is known early.
_EFFORT: Final = 0.1
_PlanWith: TypeAlias = Callable[[Setup, Tell], PlanDocument]


class WhatIfRun(Telling):
    """Plans with other means, one after the other; `rows` are the figures of those that are done, `of` what it is for.

    Stopped, it keeps those.
    """

    def __init__(self, changes: Sequence[tuple[str, Setup]], plan: _PlanWith, *, of: object) -> None:
        """Begin at once."""
        self.rows: list[tuple[str, dict[str, Any]]] = []
        self.share, self.of, self.whole = 0.0, of, False
        self._changes, self._plan = changes, plan
        super().__init__(self._plan_all, name="what-if")

    def _plan_all(self) -> None:
        with suppress(Stopped):
            for name, setup in self._changes:
                self.rows.append((name, shorten(self._plan(setup, self._tell).total())))
                self.share = len(self.rows) / len(self._changes)
            self.whole = True

    def _tell(self, done: int, total: int) -> bool:
        self.share = (len(self.rows) + done / total) / len(self._changes)
        return self.stopping

    def say(self) -> str:
        """Return what is planned now, and how many of how many are done, in words."""
        name = self._changes[min(len(self.rows), len(self._changes) - 1)][0]
        return text("plan.what_if.running", name=name, n=len(self.rows), total=len(self._changes))


def draw_what_if(session: Session, round_: Round, wanted: Wanted, plans: Sequence[Mapping[str, Any]]) -> None:
    """Draw what 3 days, 5 days and one team more would do, planned when it is asked for.

    `plans`: figures of each unit's plan, as drafts keep them.
    """
    draw_head(text("plan.what_if.head"))
    of = (str(session.db.path), round_.id, session.place.id, repr(wanted))
    run: WhatIfRun | None = st.session_state.get(_RUN)
    if run is not None and run.of != of:
        run.stop()
        run = None
    if (run is None or (run.wait(0) and not run.whole)) and st.button(text("plan.what_if.do"), key="plan_what_if"):
        run = _start(session, round_, wanted, of)
        be_patient(run, sum(one["figures"]["served"] + one["figures"]["left_out"] for one in plans))
        st.rerun()
    if run is None:
        return
    if not run.wait(0):
        watch(run, key="plan_what_if")
    elif isinstance(run.error, GeoError):
        show_error(run.error)
    elif run.error is not None:
        raise run.error
    if run.rows and run.wait(0):
        now = shorten(sum_metrics([Metrics(**one["figures"]) for one in plans]))
        done, own = dict(run.rows), wanted.setup()
        # The same means make the same plan, which is there already.
        rows = [(name, done.get(name, now)) for name, setup in list_changes(own) if name in done or setup == own]
        draw_figures(_FIGURES, [(text("plan.this"), now), *rows], key="plan_changes", first="means")


def _start(session: Session, round_: Round, wanted: Wanted, of: object) -> WhatIfRun:
    db, scope, place, order = session.db, session.scope, session.place.id, Order(wanted.mode, effort=_EFFORT)

    def plan(setup: Setup, tell: Tell) -> PlanDocument:
        return plan_places(
            db, scope, round_id=round_.id, place_id=place, setup=setup, order=order, only=wanted.only, tell=tell
        )

    own = wanted.setup()
    others = [(name, setup) for name, setup in list_changes(own) if setup != own]
    run = st.session_state[_RUN] = WhatIfRun(others, plan, of=of)
    return run
