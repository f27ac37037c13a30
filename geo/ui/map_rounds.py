"""轮次对比 beside the map: what was lost, won back and missed again since an earlier round, and for how many rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import streamlit as st

from geo.codes import COMPARED_STATES
from geo.i18n import text
from geo.store.comparing import list_earlier
from geo.store.matching import read_missed
from geo.store.tile_reads import find_units
from geo.tiles import count_by_place, numbers_in_state
from geo.ui.choices import choose_one
from geo.ui.map_filters import MISSED
from geo.ui.map_work import offer_list
from geo.ui.plain import escape
from geo.ui.session import show

if TYPE_CHECKING:
    from geo.model import Round
    from geo.ui.mapdata import MapView
    from geo.ui.session import Session

_NUMBER: Final = {state: nth for nth, state in enumerate(COMPARED_STATES)}
#: States of households that this round has not reached.
_OPEN: Final = ("newly_missed", "missed_again", "missed_long", "joined")
_MOST_UNITS: Final = 5
#: 连漏 k 轮 is told for k up to this, and on for as long as anybody has missed more.
_FEWEST_RUNS: Final = 3


def pick_earlier(session: Session) -> Round | None:
    """Draw the choice of the round to compare with, and return it; None where there is no earlier one."""
    if session.round is None:
        return None
    rounds = {str(one.number): one for one in list_earlier(session.db, session.scope, of=session.round)}
    if not rounds:
        st.caption(text("map.compare.none"))
        return None
    chosen = choose_one(
        "with", list(rounds), lambda number: text("map.compare.round", r=int(number)), label=text("map.compare.with"),
        width=128,
    )  # fmt: skip
    return rounds.get(chosen) or next(iter(rounds.values()))


def draw_comparison(session: Session, found: MapView, earlier: Round) -> None:
    """Draw the sentence, how many rounds in a row were missed, where most was lost, and the list of those lost."""
    counts = {row["code"]: row["count"] for row in found.spec.data["legend"]["visits"]["rows"]}
    again = counts["missed_again"] + counts["missed_long"]
    lead = text(
        "map.compare.lead", r=earlier.number, lost=counts["newly_missed"], won=counts["recovered"], again=again
    )  # fmt: skip
    st.markdown(f"**{escape(lead)}**")
    key = "map.compare.sum.phone" if found.figures.round.away_phone_counts else "map.compare.sum"
    st.caption(text(key, n=sum(counts[one] for one in _OPEN), joined=counts["joined"]))
    _draw_runs(session, found)
    _draw_worst(session, found)
    index, wanted = found.tiles.now()
    lost = numbers_in_state(index, wanted, _NUMBER["newly_missed"])
    if len(lost):
        words = text("map.compare.lost", r=earlier.number)
        label = text("map.compare.export", n=len(lost))
        with st.container(key="drawn_actions", gap="small"):
            offer_list(session, found.figures.round, lost, filters=words, label=label)


def _draw_runs(session: Session, found: MapView) -> None:
    """Draw 连漏 k 轮: how many missed one round or more, two or more, and so on; a click shows them alone."""
    index, wanted = found.tiles.now()
    due = numbers_in_state(index, wanted, *(number for state, number in _NUMBER.items() if state != "excluded"))
    runs = read_missed(session.db, session.scope, round_id=found.figures.round.id, as_of=session.as_of)
    with st.container(key="map_runs", gap=None):
        st.caption(text("map.compare.runs"))
        for k in MISSED[: max(_FEWEST_RUNS, *runs, 0)]:
            number = len(np.intersect1d(due, runs.get(k, due[:0]), assume_unique=True))
            st.button(
                text("map.compare.run", k=k, n=number), key=f"run_{k}", type="tertiary", disabled=not number,
                on_click=_show_missed, args=(k,),
            )  # fmt: skip


def _show_missed(k: int) -> None:
    show(missed=str(k))


def _draw_worst(session: Session, found: MapView) -> None:
    """Draw the units that lost most, with how many they won back."""
    index, wanted = found.tiles.now()
    lost, won = (count_by_place(index, wanted, _NUMBER[one]) for one in ("newly_missed", "recovered"))
    names = dict(zip(found.spec.places, found.spec.names, strict=True))
    within = find_units(session.db, session.scope, places=list(names))
    sums = dict.fromkeys(names, (0, 0))
    for leaf, unit in within.items():
        sums[unit] = (sums[unit][0] + lost.get(leaf, 0), sums[unit][1] + won.get(leaf, 0))
    worst = sorted((one for one in sums.items() if one[1][0]), key=lambda one: (-one[1][0], names[one[0]]))
    if len(sums) > 1 and worst:
        st.caption(text("map.compare.worst"))
        for unit, (gone, back) in worst[:_MOST_UNITS]:
            st.text(text("map.compare.unit", name=names[unit], lost=gone, won=back))
