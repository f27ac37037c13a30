"""Exclusions (剔除): who is to leave a round's denominator, on what evidence, and who decided it.

A visit that finds a home vacant, gone or written twice proposes one; until it is approved the household stays in D.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from sqlalchemy import Select, and_, func, select

from geo.access import may, require_area, require_right
from geo.audit import log_change
from geo.coverage import homes_under, not_voided, standing
from geo.errors import Conflict, Invalid, NotFound
from geo.mask import mask_people
from geo.schema import household, round_roster, visit
from geo.store.cells import refresh_cells
from geo.store.database import read_today
from geo.store.frames import read_frame
from geo.store.homes import name_leaves
from geo.store.rounds import visible_round

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import pandas as pd
    from sqlalchemy import Connection, Row

    from geo.model import Round, Scope
    from geo.store.database import Database

#: approve: it leaves; dismiss: it stays, the proposal is gone; reopen: an approval is taken back, to be decided anew.
Decision: TypeAlias = Literal["approve", "dismiss", "reopen"]
_STATES: Final = ("pending", "left", "kept")


def read_exclusions(
    db: Database, scope: Scope, *, round_id: str, place_id: str, as_of: date | None = None
) -> pd.DataFrame:
    """Return one row per roster row under a place whose exclusion is proposed or approved by a day, pending ones first.

    Columns: household, place, code, head_name (masked); township, village, group, village_code, group_code,
    village_id; reason (an outcome), proposed_on, approved_on, approved_by, rev; state: pending, left, or kept
    (approved, but an effective visit by then keeps it in D); keeps (approving would change nothing), effective (0/1);
    the visit it rests on, if one is kept: visit_on, visit_by, visit_reason, visit_note; evidence: what was written
    where it was proposed by hand (notes and evidence are free text: not for a leader).
    """
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        round_ = visible_round(connection, scope, round_id)
        day = as_of or read_today(connection)
        frame = read_frame(connection, _proposed(round_, place_id, day))
        frame = frame.merge(name_leaves(connection, frame["place"].unique().tolist()), on="place", how="left")
    late = frame["approved_on"].map(lambda on: on is not None and on > day)
    frame.loc[late, ["approved_on", "approved_by"]] = None
    frame["state"] = [
        _STATES[0] if row.pending else _STATES[1] if row.left else _STATES[2] for row in frame.itertuples()
    ]
    frame = mask_people(frame, scope)
    if not may(scope, "see_details"):
        frame["visit_note"] = frame["evidence"] = ""
    frame["order"] = frame["state"].map(_STATES.index)
    by = ["order", "village_code", "group_code", "code"]
    return frame.sort_values(by).drop(columns=["order", "pending", "left", "roster"]).reset_index(drop=True)


def _proposed(round_: Round, place_id: str, day: date) -> Select[Any]:
    asked = select(round_roster.c.household).where(
        round_roster.c.round == round_.id,
        round_roster.c.excluded_on <= day,
        round_roster.c.household.in_(homes_under(round_, place_id)),
    )
    status = standing(round_, day, homes=asked).subquery("status")
    row, seen = round_roster, _evidence(round_).subquery("seen")
    return (
        select(
            status.c.household, row.c.place, household.c.code, household.c.head_name,
            row.c.excluded_reason.label("reason"), row.c.excluded_on.label("proposed_on"), row.c.approved_on,
            row.c.approved_by, row.c.rev, status.c.roster, status.c.left, status.c.pending, status.c.keeps,
            status.c.effective, seen.c.visit_on, seen.c.visit_by, seen.c.visit_reason, seen.c.visit_note,
            row.c.excluded_note.label("evidence"),
        )
        .join(row, and_(row.c.household == status.c.household, row.c.round == round_.id))
        .join(household, household.c.id == status.c.household)
        .outerjoin(
            seen,
            and_(
                seen.c.household == row.c.household,
                seen.c.visit_on == row.c.excluded_on,
                seen.c.outcome == row.c.excluded_reason,
                seen.c.nth == 1,
            ),
        )
    )  # fmt: skip


def _evidence(round_: Round) -> Select[Any]:
    """The kept visits of the round, one a household, day and outcome, to be joined to what they propose."""
    same = (visit.c.household, visit.c.visited_on, visit.c.outcome)
    return select(
        visit.c.household, visit.c.outcome, visit.c.visited_on.label("visit_on"), visit.c.recorded_by.label("visit_by"),
        visit.c.reason.label("visit_reason"), visit.c.note.label("visit_note"),
        func.row_number().over(partition_by=same, order_by=visit.c.id).label("nth"),
    ).where(
        visit.c.round == round_.id,
        visit.c.mode == "in_person",
        not_voided(visit),
        visit.c.household.in_(
            select(round_roster.c.household).where(
                round_roster.c.round == round_.id, round_roster.c.excluded_on.is_not(None)
            )
        ),
    )  # fmt: skip


def decide_exclusions(db: Database, scope: Scope, *, round_id: str, revs: Mapping[str, int], decision: Decision) -> int:
    """Decide about households (id → the `rev` that was looked at) as of today, all or none; return how many.

    Raises `NotFound` when nothing is proposed, `Conflict` when somebody decided first, `Invalid` in a locked round.
    """
    require_right(scope, "manage_round")
    with db.write() as connection:
        round_ = visible_round(connection, scope, round_id)
        if round_.status == "locked":
            raise Invalid("err.locked", round=round_.name)
        today = read_today(connection)
        leaves = set()
        for one, rev in revs.items():
            row = _find_row(connection, round_.id, one)
            require_area(connection, scope, row.place)
            if row.rev != rev or (row.approved_on is None) == (decision == "reopen"):
                raise Conflict("err.decided", code=row.code)
            _decide(connection, scope, round_.id, one, decision, today)
            leaves.add(row.place)
        refresh_cells(connection, round_.id, today, leaves)
    return len(revs)


def _find_row(connection: Connection, round_id: str, household_id: str) -> Row[Any, Any, Any, Any]:
    found = connection.execute(
        select(round_roster.c.place, round_roster.c.rev, round_roster.c.approved_on, household.c.code)
        .join(household, household.c.id == round_roster.c.household)
        .where(
            round_roster.c.round == round_id,
            round_roster.c.household == household_id,
            round_roster.c.excluded_on.is_not(None),
        )
    ).first()
    if found is None:
        raise NotFound("err.no_exclusion", household=household_id)
    return found


def _decide(
    connection: Connection, scope: Scope, round_id: str, household_id: str, decision: Decision, today: date
) -> None:
    outcomes: dict[Decision, dict[str, object]] = {
        "approve": {"approved_on": today, "approved_by": scope.actor},
        "dismiss": {"excluded_on": None, "excluded_reason": None},
        "reopen": {"approved_on": None, "approved_by": None},
    }
    values = outcomes[decision]
    here = and_(round_roster.c.round == round_id, round_roster.c.household == household_id)
    connection.execute(round_roster.update().where(here).values(**values, rev=round_roster.c.rev + 1))
    diff = {"round": round_id, "decision": decision}
    log_change(connection, scope, action="roster.exclude", object_id=household_id, diff=diff)
