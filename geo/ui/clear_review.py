"""研判 on the screen: what comes before it, decided one by one, with who took part and the minutes; printable."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from geo import codes
from geo.access import may
from geo.errors import GeoError
from geo.exports import ExportHead, tabulate_review
from geo.i18n import text
from geo.issues import list_acts
from geo.model import new_id
from geo.schema import REVIEW_COLUMNS
from geo.store.issue_acts import read_history
from geo.store.reviews import (
    DECIDED_BY,
    Decision,
    ReviewEntry,
    decide,
    list_candidates,
    list_reviews,
    open_review,
    read_decided,
    write_minutes,
)
from geo.ui.clear_ledger import follow_issue, note_issue
from geo.ui.done import note_done
from geo.ui.export_menu import draw_menu, offer_people
from geo.ui.navigation import find_page
from geo.ui.overview_head import draw_head
from geo.ui.plain import escape, say, show_error
from geo.ui.session import show, view_params

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.ui.session import Session

_FORMS: Final = ("pdf", "xlsx")
#: Issues shown at once to be decided; the next come when these are.
_SHOWN: Final = 8
_ROW: Final = 28
_ROWS: Final = 12
_USUAL: Final = {"district": "district", "township": "township"}


def draw_review(session: Session) -> None:
    """Draw the sheet of the review that the address names, else what comes before the next one and earlier ones."""
    held = list_reviews(session.db, session.scope, place_id=session.place.id)
    chosen = next((one for one in held if one["id"] == st.query_params.get("review")), None)
    level = str(chosen["level"]) if chosen else _read_level(session)
    waiting = list_candidates(session.db, session.scope, place_id=session.place.id, level=level, as_of=session.as_of)
    if chosen is None:
        _draw_next(session, level, waiting)
        _draw_held(session, held)
        return
    decided = read_decided(session.db, session.scope, review_id=str(chosen["id"]))
    waiting = waiting[~waiting["issue"].isin(decided["issue"])].reset_index(drop=True)
    _draw_sheet(session, chosen, waiting, decided)


def _read_level(session: Session) -> str:
    asked = str(st.query_params.get("level", ""))
    return asked if asked in codes.ISSUE_LEVELS else _USUAL.get(session.place.level, "village")


def _draw_next(session: Session, level: str, waiting: pd.DataFrame) -> None:
    with st.container(key="head_review", horizontal=True, vertical_alignment="center"):
        note = text("review.candidates", level=text(f"issue_level.{level}"), n=len(waiting))
        draw_head(text("clear.tab.review"), text("list.comma").join([note, *_say_reasons(waiting)]))
        st.session_state["review_level"] = level
        st.segmented_control(
            text("act.level"), codes.ISSUE_LEVELS, key="review_level", required=True, label_visibility="collapsed",
            format_func=lambda one: text(f"issue_level.{one}"),
            on_change=lambda: show(level=st.session_state["review_level"]),
        )  # fmt: skip
        _draw_exports(session, waiting, level, {})
        if may(session.scope, "approve_issue") and not session.is_past and not waiting.empty:
            st.date_input(
                text("review.held_on"), session.today, max_value=session.today, key="review_day", format="YYYY-MM-DD",
                label_visibility="collapsed", width=140,
            )  # fmt: skip
            st.button(text("review.open"), key="review_open", type="primary", on_click=_open, args=(session, level))
    if waiting.empty:
        st.markdown(escape(text("review.none", level=text(f"issue_level.{level}"))))
    else:
        _draw_table(session, waiting, key="review_waiting")


def _say_reasons(waiting: pd.DataFrame) -> list[str]:
    said = [one for reasons in waiting["reasons"] for one in reasons.split(",")]
    return [
        text("review.reason", word=text(f"review_reason.{name}"), n=said.count(name))
        for name in codes.REVIEW_REASONS
        if name in said
    ]


def _open(session: Session, level: str) -> None:
    day = st.session_state.get("review_day") or session.today
    entry = ReviewEntry(new_id(), session.place.id, level, day)
    try:
        show(review=open_review(session.db, session.scope, entry=entry))
    except GeoError as error:
        note_done(say(error))


def _draw_held(session: Session, held: list[dict[str, Any]]) -> None:
    if not held:
        return
    with st.container(key="sec_held"):
        draw_head(text("review.held", n=len(held)))
        for one in held[:_ROWS]:
            words = text(
                "review.line", d=one["held_on"], level=text(f"issue_level.{one['level']}"), n=one["decided"],
                who=one["participants"] or "—",
            )  # fmt: skip
            params = view_params(session, tab="review", review=str(one["id"]))
            st.page_link(find_page("clear"), label=escape(words), query_params=params)


def _draw_sheet(session: Session, review: Mapping[str, Any], waiting: pd.DataFrame, decided: pd.DataFrame) -> None:
    level = str(review["level"])
    with st.container(key="head_review", horizontal=True, vertical_alignment="center"):
        said = text("review.sheet", d=review["held_on"], level=text(f"issue_level.{level}"))
        draw_head(said, text("review.progress", n=len(decided), m=len(waiting)))
        whole = pd.concat([decided, waiting.assign(decision="", note="")]) if len(decided) else waiting
        _draw_exports(session, whole.reset_index(drop=True), level, review)
        st.button(text("review.back"), key="review_back", on_click=show, kwargs={"review": ""})
    can_decide = may(session.scope, "approve_issue") and not session.is_past
    if can_decide:
        _draw_minutes(session, review)
    for nth, row in enumerate(waiting.head(_SHOWN).to_dict("records")):
        _draw_candidate(session, review, row, keys=can_decide and nth == 0, can_decide=can_decide)
    if len(waiting) > _SHOWN:
        st.caption(text("review.more", n=len(waiting) - _SHOWN))
    if len(decided):
        with st.container(key="sec_decided"):
            draw_head(text("review.decided", n=len(decided)))
            _draw_table(session, decided, key="review_done")


def _draw_minutes(session: Session, review: Mapping[str, Any]) -> None:
    key = f"review:{review['id']}:{review['rev']}"
    with st.container(key="review_minutes", horizontal=True, gap="medium"):
        who = st.text_input(text("review.participants"), review["participants"], key=f"{key}:who", max_chars=300)
        minutes = st.text_area(text("review.minutes"), review["minutes"], key=f"{key}:minutes", height=70)
        saved = st.button(text("review.save"), key="review_save")
    if saved:
        try:
            write_minutes(
                session.db, session.scope, review_id=str(review["id"]), rev=int(review["rev"]), participants=str(who),
                minutes=str(minutes),
            )  # fmt: skip
        except GeoError as error:
            show_error(error)
            return
        note_done(text("review.saved"))
        st.rerun()


def _draw_candidate(
    session: Session, review: Mapping[str, Any], row: dict[Any, Any], *, keys: bool, can_decide: bool
) -> None:
    """One issue with why it is here and the five decisions; the keys 1 … 5 are those of the first one."""
    with st.container(key=f"issue_review_{row['issue']}", border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(escape(str(row["category_name"])), color="gray")
            for reason in str(row["reasons"]).split(","):
                st.badge(text(f"review_reason.{reason}"), color="orange")
            params = view_params(session, i=str(row["issue"]))
            st.page_link(find_page("issue"), label=escape(f"{row['issue_number']} {row['title']}"), query_params=params)
        steps = " → ".join(text(f"event.{kind}") for kind in str(row["history"]).split(","))
        st.caption(escape(" · ".join([str(row["village"]), str(row["group"] or ""), steps])))
        if can_decide:
            standing, _ = read_history(session.db, session.scope, issue_id=str(row["issue"]))
            possible = list_acts(standing, review["held_on"])
            with st.container(horizontal=True, gap="small"):
                for nth, kind in enumerate(codes.REVIEW_DECISIONS, start=1):
                    if DECIDED_BY[kind][0] not in possible:
                        continue
                    label, key = text(f"review_decision.{kind}"), f"decide_{kind}_{row['issue']}"
                    if st.button(label, key=key, shortcut=str(nth) if keys else None):
                        _decide_form(session, review, row, kind)


@st.dialog(text("review.decide"))
def _decide_form(session: Session, review: Mapping[str, Any], row: dict[Any, Any], kind: str) -> None:
    key = f"decide:{review['id']}:{row['issue']}:{kind}"
    st.markdown(f"**{text(f'review_decision.{kind}')}**")
    st.text(f"{row['issue_number']} {row['title']}")
    standing, _ = read_history(session.db, session.scope, issue_id=str(row["issue"]))
    unit, who, due_on = None, None, None
    if kind in ("solve_here", "assign", "escalate"):
        with st.container(horizontal=True, gap="medium"):
            unit = st.text_input(text("act.unit"), standing.unit, key=f"{key}:unit", max_chars=60)
            who = st.text_input(text("act.responsible"), standing.responsible, key=f"{key}:who", max_chars=60)
        if standing.due_on is None or kind == "escalate":
            due_on = st.date_input(text("act.due_new"), None, key=f"{key}:due", format="YYYY-MM-DD")
    if kind == "defer":
        st.caption(text("act.about.deferred"))
    note = st.text_area(text("act.note"), key=f"{key}:note", height=70, max_chars=1000)
    if not st.button(text(f"review_decision.{kind}"), type="primary", key=f"{key}:do"):
        return
    decision = Decision(kind, note, unit, who, due_on if isinstance(due_on, date) else None)
    try:
        decide(
            session.db, session.scope, review_id=str(review["id"]), issue_id=str(row["issue"]), rev=int(row["rev"]),
            decision=decision, reasons=str(row["reasons"]),
        )  # fmt: skip
    except GeoError as error:
        show_error(error)
        return
    note_done(text("review.done", number=str(row["issue_number"]), decision=text(f"review_decision.{kind}")))
    st.rerun()


def _draw_table(session: Session, rows: pd.DataFrame, *, key: str) -> None:
    headers = {column.header: column.key for column in REVIEW_COLUMNS}
    frame = tabulate_review(rows).as_frame().rename(columns=headers).drop(columns=["number", "signature"])
    if "decision" not in rows:
        frame = frame.drop(columns=["decision", "note"])
    columns: dict[str, Any] = {
        column.key: st.column_config.TextColumn(column.header) for column in REVIEW_COLUMNS if column.key in frame
    }
    columns["issue_number"] = st.column_config.ButtonColumn(
        next(one.header for one in REVIEW_COLUMNS if one.key == "issue_number"), width=184, type="tertiary",
        alignment="left", key=f"{key}_issue", on_click=note_issue, args=(f"{key}_issue", rows["issue"].tolist()),
    )  # fmt: skip
    st.dataframe(
        frame, hide_index=True, row_height=_ROW, height=_ROW * min(len(frame), _ROWS) + 36, key=key,
        column_config=columns,
    )  # fmt: skip
    follow_issue(session)


def _draw_exports(session: Session, rows: pd.DataFrame, level: str, review: Mapping[str, Any]) -> None:
    """The sheet to print: before the review what comes before it, then with its day, who took part and the minutes."""
    said = [text("review.of", level=text(f"issue_level.{level}"))]
    said += [text("review.on", d=review["held_on"])] if review else []
    told = (("review.present", "participants"), ("review.told", "minutes"))
    kept = [(key, review[name]) for key, name in told if review.get(name)]
    said += [text(key, said=one) for key, one in kept if may(session.scope, "see_details")]
    head = ExportHead(
        title=text("exports.title.review"), place=session.place.name, round="", as_of=session.as_of,
        filters=text("list.comma").join(said), user=session.scope.actor,
    )  # fmt: skip
    exports = offer_people(
        session, "review", head, frame=rows, stamp=(session.place.id, level, tuple(rows["issue"]), *said),
        tabulate=tabulate_review, forms=_FORMS,
    )  # fmt: skip
    draw_menu(session, text("review.print"), exports)
