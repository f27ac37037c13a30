"""What visits do to a roster besides being counted: exclusions they propose, and visits that a new round takes in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, exists, or_, select

from geo import codes
from geo.coverage import not_voided
from geo.model import new_id
from geo.schema import household, place_path, round_roster, visit, visit_check, visit_person, visit_topic
from geo.store.database import now

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from geo.model import Round, Scope

#: Values of one statement.
_PART: Final = 500


def propose_exclusion(connection: Connection, *, round_id: str, household_id: str, on: date, reason: str) -> None:
    """Mark a roster row as to be excluded, pending approval: the earliest visit that asks for it counts.

    What was approved stays, in whichever order the visits are entered.
    """
    connection.execute(
        round_roster.update()
        .where(
            round_roster.c.round == round_id,
            round_roster.c.household == household_id,
            or_(
                round_roster.c.excluded_on.is_(None),
                and_(round_roster.c.approved_on.is_(None), round_roster.c.excluded_on > on),
            ),
        )
        .values(excluded_on=on, excluded_reason=reason, rev=round_roster.c.rev + 1)
    )


def withdraw_exclusion(connection: Connection, *, round_id: str, household_id: str, on: date, reason: str) -> None:
    """Take back a proposal that a voided visit had made, unless it was approved; another such visit proposes anew."""
    withdrawn = connection.execute(
        round_roster.update()
        .where(
            round_roster.c.round == round_id,
            round_roster.c.household == household_id,
            round_roster.c.excluded_on == on,
            round_roster.c.excluded_reason == reason,
            round_roster.c.approved_on.is_(None),
        )
        .values(excluded_on=None, excluded_reason=None, rev=round_roster.c.rev + 1)
    )
    if not withdrawn.rowcount:
        return
    other = earliest_reason(connection, round_id=round_id, household_id=household_id)
    if other is not None:
        propose_exclusion(connection, round_id=round_id, household_id=household_id, on=other[0], reason=other[1])


def earliest_reason(connection: Connection, *, round_id: str, household_id: str) -> tuple[date, str] | None:
    """Return day and outcome of the earliest kept visit of the round that asks for an exclusion, if any."""
    found = connection.execute(
        select(visit.c.visited_on, visit.c.outcome)
        .where(
            visit.c.household == household_id,
            visit.c.round == round_id,
            visit.c.mode == "in_person",
            visit.c.outcome.in_(codes.EXCLUDING_OUTCOMES),
            not_voided(visit),
        )
        .order_by(visit.c.visited_on, visit.c.id)
    ).first()
    return None if found is None else (found.visited_on, found.outcome)


def adopt_visits(connection: Connection, scope: Scope, *, round_: Round) -> int:
    """Bring visits kept outside every round into a round just made whose days contain them; return how many.

    Taken are those of its roster and, like a visit recorded later, of every household that lives in its scope. Visits
    are append-only, so each is voided and entered again with the round; who came and what was told go along.
    """
    rostered = exists().where(round_roster.c.round == round_.id, round_roster.c.household == visit.c.household)
    living = select(household.c.id).join(
        place_path, and_(place_path.c.place == household.c.place, place_path.c.ancestor == round_.scope)
    )
    outside = select(visit).where(
        visit.c.round.is_(None),
        visit.c.visited_on.between(round_.starts_on, round_.ends_on),
        or_(rostered, visit.c.household.in_(living)),
        not_voided(visit),
    )
    rows = [dict(row) for row in connection.execute(outside).mappings()]
    if not rows:
        return 0
    stamp = {"recorded_at": now(), "recorded_by": scope.actor}
    fresh = [{**row, "id": new_id(), "round": round_.id} for row in rows]
    voids = [{**row, **stamp, "id": new_id(), "kind": "void", "void_of": row["id"]} for row in rows]
    connection.execute(visit.insert(), [*voids, *fresh])
    _copy_company(connection, {old["id"]: new["id"] for old, new in zip(rows, fresh, strict=True)})
    for old in rows:
        if old["outcome"] in codes.EXCLUDING_OUTCOMES and old["mode"] == "in_person":
            propose_exclusion(
                connection, round_id=round_.id, household_id=old["household"], on=old["visited_on"],
                reason=old["outcome"],
            )  # fmt: skip
    return len(rows)


def _copy_company(connection: Connection, fresh: dict[str, str]) -> None:
    """Let who came and what was told go from old visits to those that take their place (old id → new id)."""
    old = list(fresh)
    for table in (visit_person, visit_topic, visit_check):
        for start in range(0, len(old), _PART):
            wanted = select(table).where(table.c.visit.in_(old[start : start + _PART]))
            copies = [{**row, "visit": fresh[row["visit"]]} for row in connection.execute(wanted).mappings()]
            if copies:
                connection.execute(table.insert(), copies)
