"""An import at work in a thread of its own: the page tells how far it is, and stops it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import streamlit as st

from geo.errors import GeoError
from geo.i18n import text
from geo.importer.progress import PHASES, Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.importer.report import ImportReport

_SECONDS: Final = 0.5


class Run:
    """One run over the files of a journey; `reports` holds those that are done, also when it was stopped or failed."""

    def __init__(self, work: Callable[[Run], None], *, dry_run: bool) -> None:
        """Begin at once; `work` fills `reports` and hands `progress` on."""
        self.dry_run = dry_run
        self.reports: list[ImportReport] = []
        self.error: BaseException | None = None
        self.name = ""
        self._at = (PHASES[0], 0, 1)
        self._stop = threading.Event()
        self.progress = Progress(self._hear, self._stop.is_set)
        self._thread = threading.Thread(target=self._go, args=(work,), name="import", daemon=True)
        self._thread.start()

    def _hear(self, phase: str, done: int, total: int) -> None:
        self._at = (phase, done, total)

    def _go(self, work: Callable[[Run], None]) -> None:
        try:
            work(self)
        except BaseException as error:  # noqa: BLE001 (raised again by the page that waits for it)
            self.error = error

    def wait(self, seconds: float | None) -> bool:
        """Wait so long, None for to the end, and say whether it has ended."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def stop(self) -> None:
        """Have it end at its next step; the file under way stores nothing."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._stop.is_set()

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


@st.fragment(run_every=_SECONDS)
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
