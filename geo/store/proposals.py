"""What visits do to a roster besides being counted: exclusions they propose, and visits that a new round takes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, literal, select

from geo import codes
from geo.coverage import not_voided
from geo.model import new_id
from geo.schema import round_roster, visit, visit_person, visit_topic
from geo.store.database import now

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from geo.model import Scope


def propose_exclusion(connection: Connection, *, round_id: str, household_id: str, on: date, reason: str) -> None:
    """Mark a roster row as to be excluded, pending approval; an earlier proposal or exclusion stays."""
    connection.execute(
        round_roster.update()
        .where(
            round_roster.c.round == round_id,
            round_roster.c.household == household_id,
            round_roster.c.excluded_on.is_(None),
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
    other = connection.execute(
        select(visit.c.visited_on, visit.c.outcome)
        .where(
            visit.c.household == household_id,
            visit.c.round == round_id,
            visit.c.mode == "in_person",
            visit.c.outcome.in_(codes.EXCLUDING_OUTCOMES),
            not_voided(visit),
        )
        .order_by(visit.c.visited_on)
    ).first()
    if other is not None:
        propose_exclusion(
            connection, round_id=round_id, household_id=household_id, on=other.visited_on, reason=other.outcome
        )


def adopt_visits(connection: Connection, scope: Scope, *, round_id: str, starts_on: date, ends_on: date) -> int:
    """Bring visits kept outside every round into a round just made whose days contain them; return how many.

    Visits are append-only, so each is voided and entered again with the round; who came and what was told go along.
    """
    rostered = select(round_roster.c.household).where(round_roster.c.round == round_id)
    outside = connection.execute(
        select(visit).where(
            visit.c.round.is_(None),
            visit.c.visited_on.between(starts_on, ends_on),
            visit.c.household.in_(rostered),
            not_voided(visit),
        )
    ).mappings()
    rows = [dict(row) for row in outside]
    stamp = {"recorded_at": now(), "recorded_by": scope.actor}
    for row in rows:
        fresh = {**row, "id": new_id(), "round": round_id}
        connection.execute(
            visit.insert().values({**row, **stamp, "id": new_id(), "kind": "void", "void_of": row["id"]})
        )
        connection.execute(visit.insert().values(fresh))
        for table, column in ((visit_person, "person"), (visit_topic, "topic")):
            kept = select(literal(fresh["id"]), table.c[column]).where(table.c.visit == row["id"])
            connection.execute(insert(table).from_select(["visit", column], kept))
        if row["outcome"] in codes.EXCLUDING_OUTCOMES and row["mode"] == "in_person":
            propose_exclusion(
                connection,
                round_id=round_id,
                household_id=row["household"],
                on=row["visited_on"],
                reason=row["outcome"],
            )
    return len(rows)
