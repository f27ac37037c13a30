"""What the household page shows, read in one go, and what follows from it; no widgets here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geo.errors import NotFound
from geo.store import households, issues, places, reads, rounds, visits
from geo.store.routes import read_stops

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import pandas as pd

    from geo.model import Place, Round, Scope
    from geo.store.database import Database

#: The shape of each visit state in text (theme: shape, colour and word tell a state).
SYMBOLS: Final = {
    "overdue": "◆", "unvisited": "■", "missed": "▲", "refused": "▼", "partial": "◐", "effective": "●", "excluded": "✕",
}  # fmt: skip
#: The reason that an outcome implies; other outcomes ask for one.
IMPLIED_REASONS: Final = {
    "partial_proxy": "only_others",
    "away_all": "migrant_work",
    "postponed": "asked_later",
    "refused": "unwilling",
    "no_access": "road_blocked",
    "not_found": "no_such_home",
    "destroyed": "house_gone",
    "moved_out": "left_village",
    "merged": "register_error",
    "duplicate": "register_error",
}


@dataclass(frozen=True, slots=True)
class Card:
    """One household with its surroundings as of today.

    `homes`: one row per household of the round under its leaf place (`store.reads.read_homes`, those that have left
    too), in register order; empty without a round. `status` is this household's row of it, None outside the roster.
    """

    row: Mapping[Any, Any]
    tags: list[str]
    visits: list[Mapping[Any, Any]]
    issues: list[Mapping[Any, Any]]
    crumbs: list[Place]
    today: date
    round: Round | None
    figures: reads.Figures | None
    homes: pd.DataFrame | None
    status: Mapping[Any, Any] | None

    @property
    def id(self) -> str:
        """The household's id."""
        return str(self.row["id"])

    @property
    def village(self) -> Place:
        """The village the household belongs to."""
        return next(one for one in reversed(self.crumbs) if one.level == "village")


def read_card(db: Database, scope: Scope, *, household_id: str, round_: Round | None) -> Card:
    """Return a household and its surroundings. Raises `NotFound`, `NotAllowed`."""
    row = households.get_household(db, scope, household_id=household_id)
    homes, status, figures = None, None, None
    if round_ is not None:
        homes, status = _read_neighbours(db, scope, row=row, round_=round_)
        leaf = status["place"] if status is not None else row["place"]
        figures = reads.read_figures(db, scope, round_id=round_.id, place_id=leaf)
    return Card(
        row=row,
        tags=households.list_tags(db, scope, household_id=household_id),
        visits=list(visits.list_visits(db, scope, household_id=household_id)),
        issues=list(issues.list_issues(db, scope, household_id=household_id)),
        crumbs=places.breadcrumb(db, scope, place_id=row["place"]),
        today=db.today(),
        round=round_,
        figures=figures,
        homes=homes,
        status=status,
    )


def _read_neighbours(
    db: Database, scope: Scope, *, row: Mapping[Any, Any], round_: Round
) -> tuple[pd.DataFrame, Mapping[Any, Any] | None]:
    """The homes of the household's roster place: its present one, or the one it moved away from during the round."""
    homes = reads.read_homes(db, scope, round_id=round_.id, place_id=row["place"], with_left=True)
    mine = homes[homes["household"] == row["id"]]
    if mine.empty and row["village"] != row["place"]:
        village = reads.read_homes(db, scope, round_id=round_.id, place_id=row["village"], with_left=True)
        mine = village[village["household"] == row["id"]]
        if not mine.empty:
            homes = village[village["place"] == mine.iloc[0]["place"]].reset_index(drop=True)
    return homes, None if mine.empty else mine.iloc[0].to_dict()


def list_waiting(homes: pd.DataFrame | None) -> tuple[list[str], set[str]]:
    """Return the households of a group in register order, and those of them that are still to be reached."""
    if homes is None:
        return [], set()
    return list(homes["household"]), set(homes.loc[(homes["roster"] == 1) & (homes["effective"] == 0), "household"])


def list_stops(db: Database, scope: Scope, *, card: Card) -> tuple[list[str], set[str]]:
    """Return the households to go through one after the other, and those of them that are still to be reached.

    In the order of the published route that holds the household; where none does, its group in register order.
    """
    stops = read_stops(db, scope, round_id=card.round.id, household_id=card.id) if card.round is not None else []
    if not stops:
        return list_waiting(card.homes)
    waiting = {str(one["household"]) for one in stops if one["roster"] and not one["effective"]}
    return [str(one["household"]) for one in stops], waiting


def find_next(ids: list[str], waiting: set[str], household_id: str, *, step: int = 1) -> str | None:
    """Return the next household that is still to be reached, in register order from this one on, then from the start.

    `step` −1 goes back. None when no other is left.
    """
    start = ids.index(household_id) if household_id in ids else -1
    order = (ids[(start + step * nth) % len(ids)] for nth in range(1, len(ids) + 1))
    return next((one for one in order if one in waiting and one != household_id), None)


def foresee_save(card: Card, *, outcome: str | None, mode: str, visited_on: date) -> tuple[int, int] | None:
    """Return (effective, roster) of the leaf after this visit would be saved; None where the round says nothing.

    A household that has left the round's denominator is not foreseen: its exclusion and the date decide together.
    """
    if card.figures is None or card.round is None or card.status is None or not card.status["roster"]:
        return None
    counts = card.figures.counts
    inside = card.round.starts_on <= visited_on <= card.round.ends_on
    gains = inside and outcome == "effective" and mode == "in_person" and not card.status["effective"]
    return counts.effective + int(gains), counts.roster


def foresee_void(db: Database, scope: Scope, *, card: Card, visit: Mapping[Any, Any]) -> tuple[int, int] | None:
    """Return (effective, roster) of the leaf in the visit's own round without this visit; None outside every round."""
    if visit["round"] is None:
        return None
    roster_place = _roster_place(db, scope, card=card, round_id=visit["round"])
    if roster_place is None:
        return None
    figures = reads.read_figures(db, scope, round_id=visit["round"], place_id=roster_place)
    others = [
        one
        for one in card.visits
        if one["id"] != visit["id"] and one["round"] == visit["round"] and not one["void"] and _reaches(one)
    ]
    return figures.counts.effective - int(_reaches(visit) and not others), figures.counts.roster


def _reaches(visit: Mapping[Any, Any]) -> bool:
    return bool(visit["mode"] == "in_person" and visit["outcome"] == "effective")


def _roster_place(db: Database, scope: Scope, *, card: Card, round_id: str) -> str | None:
    if card.round is not None and card.round.id == round_id:
        return str(card.status["place"]) if card.status is not None and card.status["roster"] else None
    homes = reads.read_homes(db, scope, round_id=round_id, place_id=card.row["village"])
    mine = homes[homes["household"] == card.id]
    return None if mine.empty else str(mine.iloc[0]["place"])


def round_of(db: Database, scope: Scope, *, day: date) -> Round | None:
    """Return the round whose days contain a day, if any."""
    return next(
        (one for one in rounds.list_rounds(db, scope) if one.starts_on <= day <= one.ends_on and one.status != "draft"),
        None,
    )


def find_visit(card: Card, visit_id: str) -> Mapping[Any, Any]:
    """Return one visit of the card. Raises `NotFound`."""
    for one in card.visits:
        if one["id"] == visit_id:
            return one
    raise NotFound("err.no_visit", visit=visit_id)
