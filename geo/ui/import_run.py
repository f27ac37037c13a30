"""An import at work in a thread of its own: the page tells how far it is, and stops it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from geo.errors import GeoError
from geo.i18n import text
from geo.importer.progress import PHASES, Progress
from geo.ui.background import LOOK_SECONDS, Background

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.importer.report import ImportReport


class Run(Background):
    """One run over the files of a journey; `reports` holds those that are done, also when it was stopped or failed.

    When it is stopped the file under way stores nothing.
    """

    def __init__(self, work: Callable[[Run], None], *, dry_run: bool) -> None:
        """Begin at once; `work` fills `reports` and hands `progress` on."""
        self.dry_run = dry_run
        self.reports: list[ImportReport] = []
        self.name = ""
        self._at = (PHASES[0], 0, 1)
        self.progress = Progress(self._hear, lambda: self.stopping)
        super().__init__(partial(work, self), name="import")

    def _hear(self, phase: str, done: int, total: int) -> None:
        self._at = (phase, done, total)

    @property
    def trouble(self) -> GeoError | None:
        """Return what a person is told of why it ended early."""
        return self.error if isinstance(self.error, GeoError) else None

    @property
    def share(self) -> float:
        """Return how much is done of the file under way, 0 to 1: each phase counts alike."""
        phase, done, total = self._at
        return (PHASES.index(phase) + min(1.0, done / total if total else 1.0)) / len(PHASES)

    def say(self) -> str:
        """Return the file, the phase and, where rows are counted, how many of them are done."""
        phase, done, total = self._at
        told = text(f"import_page.phase.{phase}")
        if total > 1:
            told = text("import_page.phase.rows", phase=told, n=f"{done:,}", total=f"{total:,}")
        return text("import_page.phase", name=self.name, phase=told, nth=PHASES.index(phase) + 1, of=len(PHASES))


@st.fragment(run_every=LOOK_SECONDS)
def watch(run: Run) -> None:
    """Draw how far a run is, with a way to stop it; when it has ended the page is drawn anew."""
    if run.wait(0):
        st.rerun(scope="app")
    with st.container(key="sec_progress"):
        st.text(run.say())
        st.progress(run.share)
        with st.container(horizontal=True, vertical_alignment="center"):
            pressed = st.button(text("import_page.halt"), key="import_halt", disabled=run.stopping, on_click=run.stop)
            st.caption(text("import_page.halting" if pressed or run.stopping else "import_page.halt_how"))
