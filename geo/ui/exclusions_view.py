"""剔除 on 缺口: who is proposed to leave the denominator, on what evidence, and the decision about it.

A pending one stays in 应访 until somebody with the right to it approves; what an approval would do is said before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from geo.access import may
from geo.coverage import Share, is_much_excluded
from geo.errors import GeoError
from geo.i18n import text
from geo.store.exclusions import decide_exclusions
from geo.store.reads import read_figures
from geo.store.rules import load_rules
from geo.ui.clicks import follow_click, open_home
from geo.ui.done import note_done
from geo.ui.plain import escape, say
from geo.ui.ticks import clear_ticks, draw_ticked
from geo.ui.widgets import fraction, note

if TYPE_CHECKING:
    from geo.coverage import Counts
    from geo.model import Round
    from geo.store.exclusions import Decision
    from geo.store.reads import Figures
    from geo.ui.gaps_data import GapLists
    from geo.ui.session import Session

_WIDTHS: Final = {
    "state": 96, "township": 100, "village": 84, "group": 60, "code": 132, "head_name": 58, "reason": 80,
    "proposed_on": 92, "evidence": 320, "note": 200, "decided": 150,
}  # fmt: skip
#: Level looked at → columns that would say the same in every row.
_SAME: Final = {
    "township": ("township",),
    "village": ("township", "village"),
    "group": ("township", "village", "group"),
}


def draw_exclusion_lead(session: Session, figures: Figures) -> None:
    """Draw the first sentence: how many wait and how many have left, with 剔除率 and a warning where it is high."""
    counts, share = figures.counts, figures.share("kpi.excluded")
    said = text("out.lead", place=figures.place.name, p=counts.pending)
    how = text("out.lead.share", formula=text("kpi.excluded"), fraction=fraction(share), percent=share.percent)
    with st.container(key="gap_lead"):
        st.markdown(f"**{escape(said)}** :gray[{escape(how)}]")
        rules = load_rules(session.db, session.scope, round_id=figures.round.id)
        if is_much_excluded(counts, warn_bp=rules["exclusion_warn"]):
            most = f"{rules['exclusion_warn'] / 100:g}%"
            st.markdown(f":red[{escape(text('out.much', most=most))}]")


def draw_exclusions(session: Session, round_: Round, figures: Figures, lists: GapLists, rows: pd.DataFrame) -> None:
    """Draw the rows and, for those who may decide, what can be done with the ticked ones."""
    frame = _make_table(rows, session.place.level)
    ids = rows["household"].tolist()
    ticked = draw_ticked(frame, _columns(frame, rows), of=(lists.view.place, lists.view.round, "out"), ids=ids)
    st.html(note(text("out.foot")))
    follow_click(session)
    if ticked:
        _draw_bar(session, round_, figures, rows.iloc[ticked])


def _make_table(rows: pd.DataFrame, level: str) -> pd.DataFrame:
    table = rows.assign(
        state=[_say_state(row) for row in rows.itertuples()],
        reason=[text(f"outcome.{one}") for one in rows["reason"]],
        proposed_on=rows["proposed_on"].astype(str),
        evidence=[_say_evidence(row) for row in rows.itertuples()],
        note=rows["visit_note"].fillna(""),
        decided=[_say_decision(row) for row in rows.itertuples()],
    )
    shown = [key for key in _WIDTHS if key not in _SAME.get(level, ())]
    return table[[key for key in shown if key in ("state", "code") or table[key].astype(bool).any()]]


def _say_state(row: Any) -> str:
    return text(f"out.state.{row.state}")


def _say_evidence(row: Any) -> str:
    """Say the visit a proposal rests on: its day, outcome and reason, who recorded it; and what keeps the home in D."""
    if pd.isna(row.visit_on):
        words = [text("out.by_hand", said=row.evidence) if row.evidence else text("out.no_visit")]
    else:
        why = "" if pd.isna(row.visit_reason) else text(f"reason.{row.visit_reason}")
        words = [f"{row.visit_on:%Y-%m-%d}", text(f"outcome.{row.reason}"), why, text("out.by", who=row.visit_by)]
    if row.keeps:
        words.append(text("out.keeps"))
    return " · ".join(word for word in words if word)


def _say_decision(row: Any) -> str:
    if pd.isna(row.approved_on):
        return ""
    return text("out.decided", day=f"{row.approved_on:%Y-%m-%d}", who=row.approved_by)


def _columns(frame: pd.DataFrame, rows: pd.DataFrame) -> dict[str, Any]:
    column, homes = st.column_config, list(zip(rows["household"], rows["place"], strict=True))
    columns: dict[str, Any] = {
        key: column.TextColumn(text(f"out.col.{key}"), width=_WIDTHS[key]) for key in frame.columns
    }
    columns["code"] = column.ButtonColumn(
        text("out.col.code"), width=_WIDTHS["code"], type="tertiary", alignment="left", key="out_code",
        on_click=open_home, args=("out_code", homes),
    )  # fmt: skip
    return columns


def _draw_bar(session: Session, round_: Round, figures: Figures, picked: pd.DataFrame) -> None:
    pending, decided = (picked[(picked["state"] == "pending") == waits] for waits in (True, False))
    can_decide = may(session.scope, "manage_round") and not session.is_past and round_.status != "locked"
    with st.bottom, st.container(key="actions", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{text('gap.picked.home', n=len(picked))}**")
        if not can_decide:
            st.caption(text("out.past" if session.is_past else "out.no_right"))
        elif len(pending):
            _offer(session, round_, pending, "approve", primary=True)
            _offer(session, round_, pending, "dismiss")
        if can_decide and len(decided):
            _offer(session, round_, decided, "reopen")
        st.button(text("gap.unpick"), key="unpick", type="tertiary", on_click=clear_ticks)
        if can_decide and len(pending):
            st.text(_foresee(figures.counts, pending))


def _offer(session: Session, round_: Round, rows: pd.DataFrame, decision: Decision, *, primary: bool = False) -> None:
    st.button(
        text(f"out.do.{decision}", n=len(rows)), key=f"out_{decision}", type="primary" if primary else "secondary",
        on_click=_decide, args=(session, round_, rows, decision),
    )  # fmt: skip


def _foresee(counts: Counts, pending: pd.DataFrame) -> str:
    """Say what approving would make of the denominator, the coverage and 剔除率."""
    leaving = pending[pending["keeps"] == 0]
    roster, effective = counts.roster - len(leaving), counts.effective - int(leaving["effective"].sum())
    covered = Share("kpi.coverage", effective, roster)
    out = Share("kpi.excluded", counts.left + len(leaving), counts.rows, good=False)
    return text(
        "out.after", N=counts.roster, N2=roster, covered=f"{effective:,} ÷ {roster:,} = {covered.percent}",
        out=f"{out.numerator:,} ÷ {out.denominator:,} = {out.percent}",
    )  # fmt: skip


def _decide(session: Session, round_: Round, rows: pd.DataFrame, decision: Decision) -> None:
    revs = dict(zip(rows["household"].tolist(), rows["rev"].tolist(), strict=True))
    try:
        done = decide_exclusions(session.db, session.scope, round_id=round_.id, revs=revs, decision=decision)
        after = read_figures(session.db, session.scope, round_id=round_.id, place_id=session.place.id).counts
    except GeoError as error:
        note_done(say(error))
        return
    note_done(text(f"out.done.{decision}", n=done, N=after.roster, e=after.effective))
    clear_ticks()
