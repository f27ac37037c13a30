"""Planning at work in a thread of its own: the page tells how far it is, and stops it with what is found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo.errors import Stopped
from geo.i18n import text
from geo.planning import Order, draft_tasks, draft_unit, to_content
from geo.ui.background import LOOK_SECONDS, Background, Telling
from geo.ui.plan_data import EFFORT, Wanted, forget_shown, keep_content

if TYPE_CHECKING:
    from geo.model import Round
    from geo.planning.stops import UnitTask
    from geo.ui.session import Session

_RUN: Final = "_plan_run"
#: So few homes are waited for without a bar.
_FEW_HOMES: Final = 60
_PATIENCE_SECONDS: Final = 1.0


class PlanRun(Telling):
    """One planning of units; `keep` gets the content of each as soon as it is done. Stopped, it keeps what is found."""

    def __init__(self, tasks: Sequence[UnitTask], wanted: Wanted, keep: Callable[[dict[str, Any]], None]) -> None:
        """Begin at once."""
        self.total, self.done, self.share = len(tasks), 0, 0.0
        super().__init__(partial(self._plan, tasks, wanted, keep), name="plan")

    def _plan(self, tasks: Sequence[UnitTask], wanted: Wanted, keep: Callable[[dict[str, Any]], None]) -> None:
        with suppress(Stopped):
            if len(tasks) == 1:
                keep(to_content(draft_unit(tasks[0], Order(wanted.mode, effort=EFFORT), ask=self._ask)))
            else:
                draft_tasks(tasks, Order(wanted.mode), tell=self._tell, keep=keep)

    def _ask(self, share: float) -> bool:
        self.share = share
        return self.stopping

    def _tell(self, done: int, total: int) -> bool:
        self.done, self.share = done, done / total
        return self.stopping and done < total

    def say(self) -> str:
        """Return how far it is, in words."""
        return text("plan.running") if self.total == 1 else text("plan.progress", n=self.done, total=self.total)


def start_run(session: Session, round_: Round, wanted: Wanted, tasks: Sequence[UnitTask]) -> None:
    """Plan some units; few homes are waited for, others are told of by `draw_run`."""
    run = PlanRun(tasks, wanted, partial(keep_content, session, round_, wanted))
    st.session_state[_RUN] = run
    forget_shown()
    be_patient(run, sum(len(one.rows) for one in tasks))


def be_patient(run: Background, homes: int) -> None:
    """Wait for the planning of few homes to its end, of more for a moment: a bar that flashes tells nothing."""
    run.wait(None if homes <= _FEW_HOMES else _PATIENCE_SECONDS)


def draw_run() -> bool:
    """Draw the run at work, and say whether there is one. Raises what ended it, where that is no `Stopped`."""
    run: PlanRun | None = st.session_state.get(_RUN)
    if run is None:
        return False
    if run.wait(0):
        del st.session_state[_RUN]
        if run.error is not None:
            raise run.error
        return False
    watch(run, key="plan")
    return True


@st.fragment(run_every=LOOK_SECONDS)
def watch(run: Telling, *, key: str) -> None:
    """Draw how far some planning is, with a button that stops it; the page runs again at its end."""
    if run.wait(0):
        st.rerun(scope="app")
    with st.container(key=f"{key}_progress"):
        st.progress(run.share, run.say())
        st.button(text("plan.stop"), key=f"{key}_stop", disabled=run.stopping, on_click=run.stop)
