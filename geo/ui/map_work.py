"""What can be done with households or groups chosen on the map: give them to somebody, take their list away."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from geo.access import for_files, may
from geo.exports import ExportHead, draw_outlines, tabulate_gaps, tabulate_groups
from geo.gaps import rank_gaps
from geo.i18n import text
from geo.store.gap_homes import read_gap_homes
from geo.ui.assigning import Work, offer_work
from geo.ui.export_menu import draw_export, offer_people, offer_table
from geo.ui.gaps_data import read_lists
from geo.ui.plan_start import offer_planning
from geo.ui.shell import say_round

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from geo.exports import Table
    from geo.model import Round
    from geo.ui.session import Session

#: Levels at which the gap list is at hand fast enough to be read whenever the map is drawn.
_NEAR: Final = ("township", "village", "group")


def read_chosen_gaps(session: Session, round_: Round, numbers: NDArray[np.uint32]) -> pd.DataFrame:
    """Return the rows of the place's gap list whose household is among some numbers (tile ids), in its order."""
    gaps = read_lists(session, round_)[1].of("home")
    return gaps[gaps["tile_id"].isin(numbers)].reset_index(drop=True)


def read_chosen_groups(session: Session, round_: Round, places: Collection[str]) -> pd.DataFrame:
    """Return the rows of the place's list of groups with a gap that are among some leaf places, in its order."""
    groups = read_lists(session, round_)[1].of("group")
    return groups[groups["place"].isin(list(places))].reset_index(drop=True)


def offer_homes(session: Session, round_: Round, gaps: pd.DataFrame, *, filters: str) -> None:
    """Draw the buttons for some gap rows: assign, export; `filters` says in the file which rows they are."""
    if not session.is_past:
        villages = set(gaps["village_id"])
        held = gaps["assignment_id"].notna() & (gaps["by_group"] == 0)
        offer_work(Work(
            session.db, session.scope, round_, session.today, "home", tuple(gaps["household"].astype(str)),
            session.place.id, villages.pop() if len(villages) == 1 else "", int(held.sum()),
        ))  # fmt: skip
        if may(session.scope, "assign"):
            offer_planning(session, tuple(gaps["household"].astype(str)), key="plan_drawn")
    (export,) = offer_people(
        session, "drawn", _head(session, round_, "gaps", filters), frame=gaps, stamp=tuple(gaps["household"]),
        tabulate=partial(tabulate_gaps, rules=read_lists(session, round_)[1].rules), forms=["xlsx"],
    )  # fmt: skip
    draw_export(session, text("map.picked.export", n=len(gaps)), export)


def offer_groups(session: Session, round_: Round, groups: pd.DataFrame, *, filters: str) -> None:
    """Draw the buttons for some rows of the list of groups: assign whole groups, export."""
    if not session.is_past:
        villages = set(groups["village_id"])
        offer_work(Work(
            session.db, session.scope, round_, session.today, "group", tuple(groups["place"].astype(str)),
            session.place.id, villages.pop() if len(villages) == 1 else "", int(groups["assignee"].notna().sum()),
        ))  # fmt: skip
    draw = draw_outlines(session.db, session.scope, place_id=session.place.id, level="group", round_id=round_.id)
    (export,) = offer_table(
        "drawn_groups", _head(session, round_, "groups", filters), rows=len(groups), stamp=tuple(groups["place"]),
        tabulate=partial(tabulate_groups, groups, draw, target_bp=round_.target_bp), forms=["xlsx"],
    )  # fmt: skip
    draw_export(session, text("map.picked.export_groups", n=len(groups)), export)


def offer_list(session: Session, round_: Round, numbers: NDArray[np.uint32], *, filters: str, label: str) -> None:
    """Draw what can be done with the gap rows of some numbers: near a village all, in a district the list alone."""
    if session.place.level in _NEAR and not session.is_past:
        gaps = read_chosen_gaps(session, round_, numbers)
        if not gaps.empty:
            offer_homes(session, round_, gaps, filters=filters)
        return

    def tabulate() -> Table:
        found = read_gap_homes(
            session.db, for_files(session.scope), round_id=round_.id, place_id=session.place.id, as_of=session.as_of
        )
        gaps = rank_gaps(found.waiting, session.as_of, found.rules)
        return tabulate_gaps(gaps[gaps["tile_id"].isin(numbers)].reset_index(drop=True), rules=found.rules)

    (export,) = offer_table(
        "drawn", _head(session, round_, "gaps", filters), rows=len(numbers), stamp=numbers.tobytes(),
        tabulate=tabulate, forms=["xlsx"],
    )  # fmt: skip
    draw_export(session, label, export)


def _head(session: Session, round_: Round, title: str, filters: str) -> ExportHead:
    return ExportHead(
        title=text(f"exports.title.{title}"), place=session.place.name, round=say_round(round_, session.today),
        as_of=session.as_of, filters=filters, user=session.scope.actor,
    )  # fmt: skip
