"""What 总览 shows, read from the store in one go: no figure is computed here, only places counted and put in order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from geo.coverage import Pace, pace, remaining_to_target
from geo.store.reads import Figures, read_children, read_figures, read_many, read_same_day
from geo.store.rules import load_rules
from geo.store.unentered import count_unentered
from geo.units import shorten_township

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.model import Round
    from geo.ui.session import Session

#: Level of the place looked at → the level of the units it is judged by.
UNIT_LEVEL = {"district": "village", "township": "village", "village": "group"}


@dataclass(frozen=True, slots=True)
class Overview:
    """A place's figures, those of its units (`level`; empty for a place that has none), and the same days before.

    `days_lately`: over how many days the present pace is measured.
    """

    round: Round
    figures: Figures
    before: Figures | None
    pace: Pace
    days_lately: int
    unentered: int
    level: str
    units: list[Figures]
    units_before: dict[str, Figures]
    townships: dict[str, str]

    @property
    def remaining(self) -> int:
        """距达标还差 of the place, in households."""
        return self.remaining_of(self.figures)

    def remaining_of(self, figures: Figures) -> int:
        """距达标还差 of a unit, in households."""
        return remaining_to_target(figures.counts, self.round.target_bp)

    def with_any(self, count: Callable[[Figures], int]) -> list[tuple[Figures, int]]:
        """Return the units where a count is not 0, most first."""
        found = [(one, count(one)) for one in self.units if count(one)]
        return sorted(found, key=lambda pair: (-pair[1], pair[0].place.code))


def read_overview(session: Session, round_: Round) -> Overview:
    """Return what 总览 shows of the session's place; units worst first by 还差, those without a household last."""
    db, scope, place = session.db, session.scope, session.place
    figures = read_figures(db, scope, round_id=round_.id, place_id=place.id, as_of=session.as_of)
    before = read_same_day(db, scope, figures=figures)
    level = UNIT_LEVEL.get(place.level, "")
    units = (
        read_children(db, scope, round_id=round_.id, place_id=place.id, level=level, as_of=session.as_of)
        if level
        else []
    )
    earlier: dict[str, Figures] = {}
    if before is not None and units:
        ids = [one.place.id for one in units]
        found = read_many(db, scope, round_id=before.round.id, place_ids=ids, as_of=before.as_of)
        earlier = {one.place.id: one for one in found}
    days_lately = load_rules(db, scope, round_id=round_.id)["pace_days"]
    return Overview(
        round=round_,
        figures=figures,
        before=before,
        pace=pace(figures.counts, round_, session.as_of, days_lately=days_lately),
        days_lately=days_lately,
        unentered=count_unentered(db, replace(scope, area=place.id), round_id=round_.id),
        level=level if units else "",
        units=sorted(units, key=lambda one: _badness(one, round_.target_bp)),
        units_before=earlier,
        townships=_name_townships(session, units),
    )


def _badness(one: Figures, target_bp: int) -> tuple[bool, int, int, str]:
    counts = one.counts
    return (not counts.roster, -remaining_to_target(counts, target_bp), counts.complete - counts.roster, one.place.code)


def _name_townships(session: Session, units: list[Figures]) -> dict[str, str]:
    """Return the short name of the place above each unit."""
    if session.round is None or not units:
        return {}
    wanted = sorted({one.place.parent for one in units if one.place.parent})
    if session.place.id in wanted:
        return {session.place.id: shorten_township(session.place.name)}
    found = read_many(session.db, session.scope, round_id=session.round.id, place_ids=wanted, as_of=session.as_of)
    return {one.place.id: shorten_township(one.place.name) for one in found}
