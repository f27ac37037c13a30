"""Changes of a round's roster by hand: a household that joins, and one that is proposed to leave, with the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, select

from geo import codes
from geo.access import require_home, require_right
from geo.audit import log_change
from geo.errors import Conflict, Invalid, NotFound
from geo.schema import household, place_path, round_roster
from geo.store.cells import refresh_cells
from geo.store.database import read_today
from geo.store.roster import add_to_roster
from geo.store.rounds import visible_round

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geo.model import Round, Scope
    from geo.store.database import Database


def join_round(db: Database, scope: Scope, *, round_id: str, household_id: str) -> None:
    """Enter a household into a round's roster as 新增户 from today, where it lives now.

    Raises `Conflict` when it is in it already, `Invalid` for a locked round or a household outside its scope,
    `NotFound`, `NotAllowed`.
    """
    require_right(scope, "manage_round")
    with db.write() as connection:
        found = _open_round(connection, scope, round_id)
        require_home(connection, scope, household_id)
        leaf = connection.execute(select(household.c.place).where(household.c.id == household_id)).scalar_one()
        inside = select(place_path.c.depth).where(place_path.c.place == leaf, place_path.c.ancestor == found.scope)
        if connection.execute(inside).first() is None:
            raise Invalid("err.outside_round", round=found.name)
        today = read_today(connection)
        add_to_roster(connection, round_id=found.id, household_id=household_id, place_id=leaf, on=today)
        log_change(connection, scope, action="roster.join", object_id=household_id, diff={"round": found.id})
        refresh_cells(connection, found.id, today, [leaf])


def propose_leaving(
    db: Database, scope: Scope, *, round_id: str, household_id: str, reason: str, evidence: str
) -> None:
    """Propose that a household leaves a round (剔除) from today, with what the reason rests on; it waits for approval.

    Raises `Invalid` for another reason, without evidence, or in a locked round; `Conflict` when it is proposed
    already; `NotFound`, `NotAllowed`.
    """
    require_right(scope, "record_visit")
    if reason not in codes.EXCLUDING_OUTCOMES:
        raise Invalid("err.unknown_code", value=reason)
    if not evidence.strip():
        raise Invalid("err.evidence")
    with db.write() as connection:
        found = _open_round(connection, scope, round_id)
        require_home(connection, scope, household_id)
        here = and_(round_roster.c.round == found.id, round_roster.c.household == household_id)
        row = connection.execute(select(round_roster.c.place, round_roster.c.excluded_on).where(here)).first()
        if row is None:
            raise NotFound("err.not_in_roster", code=household_id)
        if row.excluded_on is not None:
            raise Conflict("err.proposed_already")
        today = read_today(connection)
        connection.execute(
            round_roster.update()
            .where(here)
            .values(
                excluded_on=today, excluded_reason=reason, excluded_note=evidence.strip(),
                rev=round_roster.c.rev + 1,
            )
        )  # fmt: skip
        log_change(
            connection, scope, action="roster.propose", object_id=household_id, diff={"round": found.id, "why": reason}
        )
        refresh_cells(connection, found.id, today, [row.place])


def _open_round(connection: Connection, scope: Scope, round_id: str) -> Round:
    found = visible_round(connection, scope, round_id)
    if found.status == "locked":
        raise Invalid("err.locked", round=found.name)
    return found
