"""Expressions over all rounds: when a household was last seen, and how it fared in earlier rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, case, false, func, or_, select

from geo import config
from geo.coverage.status import Homes, not_voided, standing
from geo.schema import round_, visit

if TYPE_CHECKING:
    from datetime import date

    from geo.model import Round


def last_seen(programme: str, as_of: date, *, homes: Homes | None = None) -> Select[Any]:
    """One row per household with any kept in-person visit of the programme up to t, in or outside rounds.

    Outside rounds lie visits of `config.PROGRAMME` alone; those of another programme need a round.

    Columns: household, last_on (last attempt), last_outcome, last_effective_on (距上次走访 counts from it; empty:
    从未).
    """
    newest = (visit.c.visited_on.desc(), visit.c.recorded_at.desc(), visit.c.id.desc())
    kept = select(
        visit.c.household,
        visit.c.visited_on,
        visit.c.outcome,
        func.row_number().over(partition_by=visit.c.household, order_by=newest).label("nth"),
    ).where(*_kept_in_person(programme, as_of))
    if homes is not None:
        kept = kept.where(visit.c.household.in_(homes))
    rows = kept.subquery("kept")
    return select(
        rows.c.household,
        func.max(rows.c.visited_on).label("last_on"),
        func.max(case((rows.c.nth == 1, rows.c.outcome))).label("last_outcome"),
        func.max(case((rows.c.outcome == "effective", rows.c.visited_on))).label("last_effective_on"),
    ).group_by(rows.c.household)


def last_effective(programme: str, as_of: date, *, homes: Homes | None = None) -> Select[Any]:
    """One row per household with an effective visit: household, last_effective_on, as `last_seen` has it."""
    seen = select(visit.c.household, func.max(visit.c.visited_on).label("last_effective_on")).where(
        *_kept_in_person(programme, as_of), visit.c.outcome == "effective"
    )
    return (seen if homes is None else seen.where(visit.c.household.in_(homes))).group_by(visit.c.household)


def _kept_in_person(programme: str, as_of: date) -> tuple[ColumnElement[bool], ...]:
    rounds = select(round_.c.id).where(round_.c.programme == programme)
    return (
        visit.c.mode == "in_person",
        visit.c.visited_on <= as_of,
        or_(visit.c.round.in_(rounds), visit.c.round.is_(None) if programme == config.PROGRAMME else false()),
        not_voided(visit),
    )


def fared(earlier: Round, *, homes: Homes | None = None) -> Select[Any]:
    """One row per household that the round's D held on its last day: household, complete (in C then, 0/1).

    连漏 k 轮 counts, newest first over rounds with e < t whose D as of e holds h, until one with h ∈ C of that round.
    """
    then = standing(earlier, earlier.ends_on, homes=homes).subquery("then")
    return select(then.c.household, then.c.complete).where(then.c.roster == 1)
