"""Reading and storing the files of a journey: short ones at once, long ones in a thread whose progress is shown."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from geo.crs import ASK
from geo.errors import GeoError, Stopped
from geo.i18n import text
from geo.importer.commit import follow, import_files
from geo.importer.options import ImportOptions
from geo.importer.together import ALL
from geo.store.land import draw_ahead
from geo.ui.import_journey import end_journey
from geo.ui.import_run import Run

if TYPE_CHECKING:
    from geo.importer.report import ImportReport
    from geo.model import Scope
    from geo.store.database import Database
    from geo.ui.import_journey import Journey

#: Files of together so many bytes are waited for without a bar: some thousand rows, a second or two.
_SHORT_BYTES: Final = 200_000
_PATIENCE_SECONDS: Final = 0.4


def preview(db: Database, scope: Scope, journey: Journey) -> list[ImportReport]:
    """Return what importing each file would do; found out again only when something was decided differently."""
    decided = (
        [(one.sheet, sorted(one.mapping.items()), sorted(one.readings.items())) for one in journey.uploads],
        sorted(journey.answers.items()), journey.visit_date,
        journey.applied, journey.take_additions, journey.round,
    )  # fmt: skip
    if journey.run is None and journey.previewed == decided:
        return journey.previews
    run = carry_out(db, scope, journey, dry_run=True)
    if run.trouble is not None:
        _turn_back(journey, run.trouble)
        st.rerun()
    journey.previews, journey.previewed = run.reports, decided
    return journey.previews


def _turn_back(journey: Journey, trouble: GeoError) -> None:
    """Give up what made a reading fail: all of it when it was stopped, else the round and the sheets chosen for it."""
    if isinstance(trouble, Stopped):
        end_journey()
        st.session_state["import_stopped"] = True
        return
    chosen = [one for one in journey.uploads if one.sheet]
    if journey.round is None and not chosen:
        raise trouble
    journey.refused, journey.round, journey.trouble = journey.round, None, trouble
    for one in chosen:
        one.choose_sheet("")


def carry_out(db: Database, scope: Scope, journey: Journey, *, dry_run: bool) -> Run:
    """Return a run that has ended; a long one is left at work, and the page drawn anew to tell how far it is.

    What is no `GeoError` is raised.
    """
    if journey.run is None:
        journey.run = Run(partial(_import_all, db, scope, journey, dry_run), dry_run=dry_run)
        with st.spinner(text("import_page.reading" if dry_run else "import_page.storing")):
            journey.run.wait(None if _are_short(journey) else _PATIENCE_SECONDS)
    run = journey.run
    if not run.wait(0):
        st.rerun()
    journey.run = None
    if not dry_run:
        journey.confirmed = False
    if run.error is not None and run.trouble is None:
        raise run.error
    return run


def _are_short(journey: Journey) -> bool:
    """Say whether the files are waited for."""
    return sum(one.path.stat().st_size for one in journey.uploads) <= _SHORT_BYTES


def _import_all(db: Database, scope: Scope, journey: Journey, dry_run: bool, run: Run) -> None:  # noqa: FBT001
    """Import every file with its own columns; a new round is made with the first and joined by the others."""
    for nth, upload in enumerate(journey.uploads):
        run.name = upload.name
        options = _options(journey, nth, dry_run=dry_run)
        for done in run.reports:
            options = follow(options, done)
        found, _ = import_files(
            db, scope, [upload.path], names=[upload.name], options=options, progress=run.progress
        )  # fmt: skip
        run.reports += found
    if not dry_run:
        draw_ahead(db, scope)


def _options(journey: Journey, nth: int, *, dry_run: bool) -> ImportOptions:
    upload = journey.uploads[nth]
    return ImportOptions(
        sheet=upload.sheet or ALL, mapping=upload.mapping, answers={**journey.answers, **upload.readings},
        round=journey.round, dry_run=dry_run,
        good_rows=True, visit_date=journey.visit_date, apply=journey.applied, take_additions=journey.take_additions,
        crs=ASK, source="",
    )  # fmt: skip
