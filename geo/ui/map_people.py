"""责任人: who answers for the households that are left, worst first; a click shows theirs alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import streamlit as st

from geo.codes import VISIT_STATES
from geo.i18n import text
from geo.store.matching import list_answers, list_responsible
from geo.ui.plain import escape
from geo.ui.session import show

if TYPE_CHECKING:
    from geo.ui.mapdata import MapView
    from geo.ui.session import Session

_SHOWN: Final = 12


def draw_people(session: Session, found: MapView) -> None:
    """Draw the people with most households left in this place, and how many are nobody's."""
    left = sorted(count_left(session, found).items(), key=lambda one: (-one[1][0], one[0]))
    names = dict(
        list_responsible(session.db, session.scope, round_id=found.figures.round.id, place_id=session.place.id)
    )
    nobody = dict(left).get("", (0, 0))
    if nobody[0]:
        st.markdown(f"**{text('map.people.nobody', n=nobody[0])}**")
    people = [(one, counts) for one, counts in left if one and counts[0]]
    st.caption(text("map.people.hint") if people else text("map.people.none"))
    with st.container(key="map_people", gap=None):
        for assignee, (rest, total) in people[:_SHOWN]:
            st.button(
                escape(text("map.people.row", name=names.get(assignee, "—"), n=rest, total=total)),
                key=f"answers_{assignee}",
                type="tertiary",
                on_click=_show_theirs,
                args=(assignee,),
            )
    if len(people) > _SHOWN:
        st.caption(text("map.people.more", n=len(people) - _SHOWN))


def count_left(session: Session, found: MapView) -> dict[str, tuple[int, int]]:
    """Return who answers ("" for nobody) → (households of D without an effective visit, households of D) here."""
    index, wanted = found.tiles.now()
    answers = list_answers(session.db, session.scope, round_id=found.figures.round.id, as_of=session.as_of)
    effective, excluded = (VISIT_STATES.index(state) for state in ("effective", "excluded"))
    counted = {}
    for assignee, numbers in answers.items():
        states = index.tally(replace(wanted, among=numbers)).states
        due = sum(states) - states[excluded]
        counted[assignee] = (due - states[effective], due)
    return {assignee: counts for assignee, counts in counted.items() if counts[1]}


def _show_theirs(assignee: str) -> None:
    show(answers=assignee)
