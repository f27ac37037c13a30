"""责任人: who answers for the households that are left, worst first; a click shows and lists theirs alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import streamlit as st

from geo.codes import VISIT_STATES
from geo.i18n import text
from geo.store.matching import NOBODY, list_answers, list_responsible
from geo.tiles import numbers_in_state
from geo.ui.map_work import offer_homes, read_chosen_gaps
from geo.ui.plain import escape
from geo.ui.session import show

if TYPE_CHECKING:
    from geo.ui.mapdata import MapView
    from geo.ui.session import Session

_SHOWN: Final = 12
_EFFECTIVE, _EXCLUDED = (VISIT_STATES.index(state) for state in ("effective", "excluded"))
#: States of households that are left.
_LEFT: Final = tuple(nth for nth in range(len(VISIT_STATES)) if nth not in (_EFFECTIVE, _EXCLUDED))


def draw_people(session: Session, found: MapView, assignee: str) -> None:
    """Draw the people with most households left in this place and how many are nobody's; of a chosen one the list."""
    names = dict(
        list_responsible(
            session.db, session.scope, round_id=found.figures.round.id, place_id=session.place.id, as_of=session.as_of
        )
    )
    if assignee:
        _draw_theirs(session, found, {NOBODY: text("map.filter.nobody"), **names}.get(assignee, "—"))
        return
    left = sorted(count_left(session, found).items(), key=lambda one: (-one[1][0], one[0]))
    nobody = dict(left).get("", (0, 0))
    if nobody[0]:
        _offer(NOBODY, text("map.people.nobody", n=nobody[0]))
    people = [(one, counts) for one, counts in left if one and counts[0]]
    st.caption(text("map.people.hint") if people else text("map.people.none"))
    with st.container(key="map_people", gap=None):
        for one, (rest, total) in people[:_SHOWN]:
            _offer(one, text("map.people.row", name=names.get(one, "—"), n=rest, total=total))
    if len(people) > _SHOWN:
        st.caption(text("map.people.more", n=len(people) - _SHOWN))


def _offer(assignee: str, words: str) -> None:
    kwargs = {"answers": assignee}
    st.button(escape(words), key=f"answers_{assignee}", type="tertiary", on_click=show, kwargs=kwargs)


def _draw_theirs(session: Session, found: MapView, name: str) -> None:
    """List the households left to one who was chosen; a click opens a household's card."""
    index, wanted = found.tiles.now()
    gaps = read_chosen_gaps(session, found.figures.round, numbers_in_state(index, wanted, *_LEFT))
    words = text("map.people.theirs", name=name, n=len(gaps)) if len(gaps) else text("map.people.done", name=name)
    st.markdown(f"**{escape(words)}**")
    st.button(text("map.people.all"), key="answers_all", type="tertiary", on_click=show, kwargs={"answers": ""})
    with st.container(key="map_theirs", gap=None):
        for row in gaps.head(_SHOWN).to_dict("records"):
            said = text("map.card.same", code=row["code"], state=text(f"state.{row['state']}"))
            st.button(
                escape(said), key=f"left_{row['tile_id']}", type="tertiary", on_click=show,
                kwargs={"h": str(row["household"])},
            )  # fmt: skip
    if len(gaps) > _SHOWN:
        st.caption(text("map.people.more_homes", n=len(gaps) - _SHOWN))
    if len(gaps):
        with st.container(key="drawn_actions", gap="small"):
            offer_homes(session, found.figures.round, gaps, filters=text("map.filter.said", name=name))


def count_left(session: Session, found: MapView) -> dict[str, tuple[int, int]]:
    """Return who answers ("" for nobody) → (households of D without an effective visit, households of D) here."""
    index, wanted = found.tiles.now()
    answers = list_answers(session.db, session.scope, round_id=found.figures.round.id, as_of=session.as_of)
    counted = {}
    for assignee, numbers in answers.items():
        states = index.tally(replace(wanted, among=numbers)).states
        due = sum(states) - states[_EXCLUDED]
        counted[assignee] = (due - states[_EFFECTIVE], due)
    return {assignee: counts for assignee, counts in counted.items() if counts[1]}
