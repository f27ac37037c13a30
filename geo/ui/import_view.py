"""The import journey: 选文件 → 对表头 → 看问题 → 确认, then what came of it and the way to take it back."""

from __future__ import annotations

from contextlib import suppress
from html import escape as escape_html
from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st

from geo.errors import GeoError, NotAllowed
from geo.i18n import text
from geo.importer.apart import get_ready
from geo.importer.followed import say_followed
from geo.importer.saying import say_changes
from geo.importer.sources import save_mapping
from geo.importer.undo import find_undoable, undo_last
from geo.store.land import draw_ahead
from geo.ui.done import say_done
from geo.ui.drop import drop_files
from geo.ui.import_areas import show_areas, show_aside
from geo.ui.import_confirm import show_confirm
from geo.ui.import_edition import offer_edition
from geo.ui.import_grid import show_grid, show_mapping
from geo.ui.import_journey import begin_journey, current_journey, end_journey, go_to
from geo.ui.import_marked import offer_marked
from geo.ui.import_points import show_points
from geo.ui.import_questions import show_counts, show_findings, show_questions
from geo.ui.import_run import watch
from geo.ui.import_work import carry_out, preview
from geo.ui.navigation import find_page, has_page
from geo.ui.own_data import offer_demo, offer_own_data
from geo.ui.plain import escape, show_error
from geo.ui.refused_list import show_refused

if TYPE_CHECKING:
    from geo.importer.report import ImportReport
    from geo.model import Scope
    from geo.store.database import Database
    from geo.ui.import_journey import Journey, Upload
    from geo.ui.session import Session

_STYLE: Final = Path(__file__).parent / "static" / "forms.css"
#: Villages that one line names.
_NAMED: Final = 8
_STEPS: Final = ("file", "header", "check", "confirm")


def show_page(session: Session) -> None:
    """Draw the journey where it stands; demo data is never imported into."""
    st.html(_STYLE)
    say_done()
    db, scope = session.db, session.scope
    if db.is_demo:
        offer_own_data()
        return
    journey = current_journey()
    if journey is None:
        _show_choose(db, scope)
    elif journey.step == "done":
        _show_results(session, journey)
    elif journey.run is not None and not journey.run.wait(0):
        _show_steps("check" if journey.run.dry_run else "confirm")
        watch(journey.run)
    elif journey.run is not None and not journey.run.dry_run:
        _store(db, scope, journey)
    else:
        _show_check_or_confirm(session, journey)


def _show_steps(step: str, aside: str = "") -> None:
    """The four steps with their marks; `aside` is a line about the file."""
    now = _STEPS.index(step)
    marks = []
    for nth, name in enumerate(_STEPS):
        state = "done" if nth < now else "now" if nth == now else "ahead"
        sign = "✓" if nth < now else str(nth + 1)
        marks.append(f'<span class="step {state}"><b>{sign}</b>{escape_html(text(f"import_page.step.{name}"))}</span>')
    with st.container(key="import_steps", horizontal=True, vertical_alignment="center"):
        st.html(f'<div class="steps">{"".join(marks)}</div>')
        if aside:
            st.text(aside)
            if st.button(text("import_page.other_file"), type="tertiary", key="import_other"):
                end_journey()
                st.rerun()


def _show_choose(db: Database, scope: Scope) -> None:
    _show_steps("file")
    get_ready()
    files = drop_files(
        text("import_page.choose"), text("import_page.drop"), accept_multiple_files=True,
        key=f"files:{st.session_state.get('import_round', 0)}",
    )  # fmt: skip
    if files and st.button(text("import_page.read", n=len(files)), type="primary", key="import_read"):
        begin_journey([(one.name, one.getvalue()) for one in files])
        st.session_state["import_round"] = st.session_state.get("import_round", 0) + 1
        st.rerun()
    if st.session_state.pop("import_stopped", False):
        st.info(text("import_page.stopped"))
    st.caption(text("import_page.what"))
    show_refused(db, scope)
    show_aside(db, scope)
    _offer_undo(db, scope)
    offer_edition(db, scope)
    offer_demo(db)


def _offer_undo(db: Database, scope: Scope) -> None:
    """The last import, and taking it back while nothing later touches its rows."""
    done = st.session_state.pop("import_undone", None)
    if done:
        st.success(escape(text("import_page.undone", name=done[0], removed=done[1], restored=done[2])))
    batch = find_undoable(db, scope)
    if batch is None:
        return
    with st.container(key="sec_last"):
        st.markdown(f"**{text('import_page.last')}**")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(
                text("import_page.last_is", name=batch["file_name"], n=batch["rows_ok"], day=batch["created_at"][:10])
            )
            pressed = st.button(text("import_page.undo"), key="import_undo")
    if pressed:
        _undo(db, scope)


def _undo(db: Database, scope: Scope) -> None:
    try:
        undone = undo_last(db, scope)
        draw_ahead(db, scope)
    except GeoError as error:
        show_error(error)
        return
    st.session_state["import_undone"] = (undone.name, undone.removed, undone.restored)
    end_journey()
    st.rerun()


def _show_check_or_confirm(session: Session, journey: Journey) -> None:
    reports = preview(session.db, session.scope, journey)
    if journey.trouble is not None:
        show_error(journey.trouble)
    usable, asks = count_usable(reports)
    if journey.step == "confirm" and usable and not asks:
        _show_steps("confirm", _aside(reports))
        if show_confirm(session.db, session.scope, journey, reports):
            _store(session.db, session.scope, journey)
        return
    head = st.container()
    nth = _choose_file(reports)
    report = reports[nth]
    problem = bool(report.columns) and report.outcome == "reject_file"
    with head:
        _show_steps("header" if problem else "check", _aside([report]))
    _choose_sheet(journey, journey.uploads[nth], report)
    if report.outcome == "reject_file" and not report.columns:
        st.error(escape(report.message))
    elif report.kind == "areas":
        show_areas(session, journey, report, nth=nth)
    else:
        _show_check(session, journey, report, nth=nth, problem=problem)
    _show_check_bar(reports)


def _choose_file(reports: list[ImportReport]) -> int:
    if len(reports) == 1:
        return 0
    labels = [text("import_page.file", nth=nth, name=one.name) for nth, one in enumerate(reports, start=1)]
    return int(
        st.selectbox(
            text("import_page.which"),
            range(len(reports)),
            format_func=labels.__getitem__,
            key="import_shown",
            width=520,
        )
    )


def _choose_sheet(journey: Journey, upload: Upload, report: ImportReport) -> None:
    """Draw the choice of sheet, where the file has several; those under one header are read together unless said."""
    sheets = [one for one in (*report.sheets, *report.other_sheets) if one]
    if len(sheets) < 2 or report.kind == "areas":  # noqa: PLR2004 (one is no choice)
        return
    if len(report.alike_sheets) > 1:
        sheets.insert(0, "")
    now = "" if len(report.sheets) > 1 else report.sheet
    chosen = st.selectbox(
        text("import_page.sheet"), sheets, index=sheets.index(now), width=520,
        key=f"sheet:{upload.path}:{report.sheet}",
        format_func=lambda one: one or text("import_page.sheet_all", n=len(report.alike_sheets)),
    )  # fmt: skip
    if chosen != now:
        upload.choose_sheet(chosen)
        journey.trouble = None
        st.rerun()


def _show_check(session: Session, journey: Journey, report: ImportReport, *, nth: int, problem: bool) -> None:
    """One file: counts that sum, the grid, columns to correct, questions, and on the right what was found."""
    if problem:
        st.error(escape(report.message))
    else:
        show_counts(report)
    moved = not problem and show_points(journey.uploads[nth], report)
    left, right = st.columns((842, 448), gap="medium")
    with left, st.container(key="sec_grid"):
        st.markdown(f"**{text('import_page.as_read')}**")
        for told in _say_sources(report):
            st.caption(escape(told))
        show_grid(report)
        changed = show_questions(journey, report)
        changed = show_mapping(journey.uploads[nth], report, expanded=problem) or changed
    if not problem:
        with right:
            offer_marked(session, journey, nth, report)
            show_findings(report)
    if changed or moved:
        st.rerun()


def _say_sources(report: ImportReport) -> list[str]:
    """Say whose columns were taken, and where the village comes from when no column tells it."""
    said = [text("import_page.mapped", source=report.mapping_from)] if report.mapping_from else []
    if report.units and report.unit_from not in ("", "column"):
        comma = text("list.comma")
        sources = comma.join(text(f"unit_from.{one}") for one in report.unit_from.split("+"))
        said.append(text("import_page.units", units=comma.join(report.units[:_NAMED]), sources=sources))
    return said + list(say_followed(report.followed[:_NAMED]))


def count_usable(reports: list[ImportReport]) -> tuple[int, bool]:
    """Return how many rows could enter, and whether a question still keeps them out."""
    usable = sum(one.rows_ok for one in reports if one.outcome != "reject_file")
    return usable, any(question.blocking for one in reports for question in one.questions)


def _show_check_bar(reports: list[ImportReport]) -> None:
    usable, asks = count_usable(reports)
    with st.bottom, st.container(horizontal=True, vertical_alignment="center", key="import_bar"):
        ready = usable > 0 and not asks
        st.button(
            text("import_page.next", n=usable), type="primary", key="import_next", disabled=not ready,
            on_click=go_to, args=("confirm",),
        )  # fmt: skip
        if st.button(text("import_page.stop"), key="import_stop"):
            end_journey()
            st.rerun()
        st.caption(text("import_page.answer_first" if asks else "import_page.at_once"))


def _aside(reports: list[ImportReport]) -> str:
    if len(reports) != 1:
        return text("import_page.files", n=len(reports))
    report = reports[0]
    if not report.sheet or report.kind == "areas":
        return " · ".join(part for part in (report.name, report.sheet) if part)
    return text("import_page.aside", name=report.name, sheet=report.sheet, row=report.header_row)


def _store(db: Database, scope: Scope, journey: Journey) -> None:
    """Store the files; those before one that failed or was stopped stay, and are said."""
    run = carry_out(db, scope, journey, dry_run=False)
    journey.trouble = run.trouble
    if journey.trouble is not None and not any(report.stored for report in run.reports):
        st.rerun()
    journey.results = run.reports
    _keep_mappings(db, scope, journey)
    journey.step = "done"
    st.rerun()


def _keep_mappings(db: Database, scope: Scope, journey: Journey) -> None:
    """Keep the columns that were corrected, so that the next file with the same header needs no correction."""
    for upload, report in zip(journey.uploads, journey.results, strict=False):
        corrected = {column.index: column.key for column in report.columns if column.how == "corrected"}
        if upload.mapping and corrected and report.stored:
            # Who may import for a part of the district only keeps the columns for this import.
            with suppress(NotAllowed):
                save_mapping(db, scope, source=Path(upload.name).stem, columns=report.columns, mapping=corrected)


def _show_results(session: Session, journey: Journey) -> None:
    _show_steps("confirm", _aside(journey.results))
    if journey.trouble is not None:
        show_error(journey.trouble)
    for nth, report in enumerate(journey.results):
        with st.container(key=f"sec_result_{nth}"):
            st.text(report.name)
            if report.stored:
                stored = text("import_page.stored", n=report.rows_ok, households=report.households)
                st.success(escape(report.message) if report.kind == "areas" else stored)
                st.caption(" · ".join(say_changes([report])))
            elif report.outcome == "reject_file":
                st.error(escape(report.message))
            else:
                st.info(escape(report.message))
            if report.rows_bad:
                st.caption(text("import_page.left_out", n=len(report.rows_bad)))
            offer_marked(session, journey, nth, report)
    with st.container(horizontal=True, vertical_alignment="center"):
        for name in ("overview", "map", "gaps"):
            if has_page(name):
                st.page_link(find_page(name), label=text(f"import_page.go.{name}"))
        if st.button(text("import_page.more"), key="import_more"):
            end_journey()
            st.rerun()
        undo = len(journey.results) == 1 and journey.results[0].stored
        if undo and st.button(text("import_page.undo"), key="import_undo_now"):
            _undo(session.db, session.scope)
