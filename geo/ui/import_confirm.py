"""The last step before an import: which round it is for, what it will change, and one confirmation."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import streamlit as st

from geo import config
from geo.i18n import text
from geo.importer.findings import FIELDS
from geo.importer.rounds import NewRound
from geo.store.places import list_below, root_place
from geo.store.rounds import list_rounds
from geo.ui.import_changes import show_changes, show_proposals
from geo.ui.import_journey import confirm, go_to
from geo.ui.plain import escape

if TYPE_CHECKING:
    from geo.importer.report import ImportReport
    from geo.importer.rounds import RoundChoice
    from geo.model import Scope
    from geo.store.database import Database
    from geo.ui.import_journey import Journey

_NEW: Final = "new"
_NONE: Final = "none"
#: Days of a round that no visit in the file speaks of.
_USUAL_DAYS: Final = 56


def show_confirm(db: Database, scope: Scope, journey: Journey, reports: list[ImportReport]) -> bool:
    """Draw the round, the changes and the buttons; say whether the import was confirmed."""
    refused = False
    left, right = st.columns((640, 640), gap="medium")
    if any(report.kind == "table" for report in reports):
        with left, st.container(key="sec_round"):
            st.markdown(f"**{text('import_page.round')}**")
            chosen = _choose_round(db, scope, reports)
        refused = chosen is not None and chosen == journey.refused
        if not refused and (chosen != journey.round or journey.refused is not None):
            journey.round, journey.refused, journey.trouble = chosen, None, None
            st.rerun()
    else:
        right = left
    with right, st.container(key="sec_changes"):
        show_changes(reports)
        show_proposals(journey, reports)
    usable = sum(one.rows_ok for one in reports if one.outcome != "reject_file")
    changed = any(one.changed for one in reports)
    with st.bottom, st.container(horizontal=True, vertical_alignment="center", key="import_bar"):
        ready = usable > 0 and not refused and (changed or any(one.rows_bad for one in reports))
        st.button(
            text("import_page.do", n=usable), type="primary", key="import_do", disabled=not ready, on_click=confirm
        )
        st.button(text("import_page.back"), key="import_back", on_click=go_to, args=("check",))
        outlines = all(report.kind == "areas" for report in reports)
        waiting = sum(one.waiting for one in reports)
        st.caption(
            text("import_page.only_waiting", n=waiting)
            if waiting and not changed
            else _ask_import(journey, usable, changed=changed, outlines=outlines)
        )
    go, journey.confirmed = journey.confirmed and ready, False
    return go


def _ask_import(journey: Journey, usable: int, *, changed: bool, outlines: bool) -> str:
    if not changed:
        return text("import_page.nothing_changes", n=usable)
    if outlines:
        return text("ask.import_areas", n=usable, days=config.UNDO_DAYS)
    key = "ask.import_none" if journey.round is None else "ask.import"
    name = journey.round.name if isinstance(journey.round, NewRound) else text("import_page.this_round")
    return text(key, n=usable, round=name, days=config.UNDO_DAYS)


def _choose_round(db: Database, scope: Scope, reports: list[ImportReport]) -> RoundChoice:
    """Return the round the file is for: a running one, a new one, or none (the register alone)."""
    rounds = [one for one in list_rounds(db, scope, programme=config.PROGRAMME) if one.status == "open"]
    labels = {
        one.id: text("import_page.round_is", name=one.name, starts=one.starts_on, ends=one.ends_on) for one in rounds
    }
    labels |= {_NEW: text("import_page.round_new"), _NONE: text("import_page.round_none")}
    options = list(labels)
    picked = st.radio(
        text("import_page.round"), options, format_func=lambda one: escape(labels[one]), index=0,
        key="import_round_pick", label_visibility="collapsed",
    )  # fmt: skip
    if picked == _NONE:
        return None
    if picked != _NEW:
        return str(picked)
    everything = list_rounds(db, scope, programme=config.PROGRAMME)
    return _plan_round(db, scope, reports, number=1 + max((one.number for one in everything), default=0))


def _plan_round(db: Database, scope: Scope, reports: list[ImportReport], *, number: int) -> NewRound:
    st.caption(text("import_page.round_how"))
    first, last = _visit_days(reports, db.today())
    name = st.text_input(text("import_page.round_name"), text("import_page.round_nth", n=number), key="round_name",
                         max_chars=40)  # fmt: skip
    with st.container(horizontal=True, gap="medium"):
        starts_on = st.date_input(
            text("import_page.round_starts"), first, key="round_starts", format="YYYY-MM-DD", width=150
        )
        ends_on = st.date_input(text("import_page.round_ends"), last, key="round_ends", format="YYYY-MM-DD", width=150)
        target = st.number_input(
            text("import_page.round_target"), 1.0, 100.0, config.TARGET_BP / 100, step=0.5, format="%.1f",
            key="round_target", width=120,
        )  # fmt: skip
    root = root_place(db)
    places = [root, *list_below(db, scope, place_id=root.id, level="township"),
              *list_below(db, scope, place_id=root.id, level="village")]  # fmt: skip
    names = {one.id: one.name for one in places}
    where = st.selectbox(
        text("import_page.round_scope"), list(names), format_func=names.__getitem__, key="round_scope", width=320
    )
    return NewRound(
        name.strip() or text("import_page.round_nth", n=number), starts_on or first, ends_on or last, str(where),
        round(target * 100),
    )  # fmt: skip


def _visit_days(reports: list[ImportReport], today: date) -> tuple[date, date]:
    """First and last day proposed for a new round: the visits of the files, else eight weeks from today."""
    header = FIELDS["visited_on"].header
    days = sorted(
        date.fromisoformat(one["value"])
        for report in reports
        for one in report.values
        if one["field"] == header and one["value"]
    )
    if not days:
        return today, today + timedelta(days=_USUAL_DAYS)
    return days[0], max(days[-1], days[0] + timedelta(days=_USUAL_DAYS))
