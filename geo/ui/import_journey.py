"""What the import journey remembers between two runs of its page: the files, how they are read, what was answered."""

from __future__ import annotations

import shutil
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Final

import streamlit as st

if TYPE_CHECKING:
    from datetime import date

    from geo.errors import GeoError
    from geo.importer.report import ImportReport
    from geo.importer.rounds import RoundChoice
    from geo.ui.import_run import Run

_KEPT: Final = "import_journey"


@dataclass(slots=True)
class Upload:
    """One file: its own name (for people only), where it lies for now, and the columns the user corrected.

    `readings` says how its coordinates are to be read, by the id of the question; `sheet` names the one that was
    chosen, '' for the best known.
    """

    name: str
    path: Path
    mapping: dict[int, str | None] = field(default_factory=dict)
    readings: dict[str, str] = field(default_factory=dict)
    sheet: str = ""

    def choose_sheet(self, name: str) -> None:
        """Read another sheet; what was said about the columns of the last one is forgotten."""
        self.sheet = name
        self.mapping.clear()
        self.readings.clear()


@dataclass(slots=True, weakref_slot=True)
class Journey:
    """One import from the files to the result. The files lie in `folder`, which goes with the session at the latest.

    `step` is check, confirm or done; `confirmed` says that the last button was pressed.
    `previews` are the reports of a dry run under `previewed`, what they rest on. `run` is the one at work, `trouble`
    why the last one failed, `refused` the round that it failed for.
    """

    folder: Path
    uploads: list[Upload]
    answers: dict[str, str] = field(default_factory=dict)
    visit_date: date | None = None
    applied: frozenset[str] = frozenset()
    take_additions: bool = True
    round: RoundChoice = None
    refused: RoundChoice = None
    step: str = "check"
    confirmed: bool = False
    previews: list[ImportReport] = field(default_factory=list)
    previewed: object = None
    results: list[ImportReport] = field(default_factory=list)
    run: Run | None = None
    trouble: GeoError | None = None


def current_journey() -> Journey | None:
    """Return the journey of this session, if one is under way."""
    found: Journey | None = st.session_state.get(_KEPT)
    return found


def begin_journey(files: list[tuple[str, bytes]]) -> Journey:
    """Begin with some files (name, content); each is written down under a name of ours."""
    end_journey()
    folder = Path(mkdtemp(prefix="import-"))
    uploads = []
    for nth, (name, content) in enumerate(files):
        path = folder / f"{nth}.upload"
        path.write_bytes(content)
        uploads.append(Upload(name, path))
    journey = Journey(folder, uploads)
    weakref.finalize(journey, shutil.rmtree, folder, ignore_errors=True)
    st.session_state[_KEPT] = journey
    return journey


def go_to(step: str) -> None:
    """Go to a step (for buttons: what is pressed together with a last change is not lost)."""
    journey = current_journey()
    if journey is not None:
        journey.step, journey.trouble = step, None


def confirm() -> None:
    """Say that the import is to be carried out, as it will be drawn next."""
    journey = current_journey()
    if journey is not None:
        journey.confirmed, journey.trouble = True, None


def end_journey() -> None:
    """Forget the journey, stop what is at work, and delete its files."""
    journey = current_journey()
    if journey is not None:
        if journey.run is not None:
            journey.run.stop()
        shutil.rmtree(journey.folder, ignore_errors=True)
        del st.session_state[_KEPT]
