"""Rounds and their rosters: the roster is the denominator, its places are frozen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, exists, insert, literal, or_, select, true

from geo import codes, config
from geo.access import require_area, require_right
from geo.audit import log_change
from geo.errors import Invalid, NotFound
from geo.model import Round, new_id
from geo.prepared import Prepared
from geo.schema import household, place_path, round_, round_roster
from geo.store.database import now
from geo.store.proposals import adopt_visits

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import ColumnElement, Connection

    from geo.model import Scope
    from geo.store.database import Database

_COLUMNS = (
    round_.c.id, round_.c.programme, round_.c.name, round_.c.number, round_.c.scope, round_.c.starts_on,
    round_.c.ends_on, round_.c.target_bp, round_.c.status, round_.c.away_phone_counts,
)  # fmt: skip
#: A longer number is no round's, and more than the database can hold.
_DIGITS = 10
#: Built once: every save runs it.
_BY_ID = Prepared(select(*_COLUMNS).where(round_.c.id == bindparam("round_id")))


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """A round to be made: inclusive local days, target in basis points, scope place id."""

    name: str
    starts_on: date
    ends_on: date
    scope: str
    number: int | None = None
    target_bp: int = config.TARGET_BP
    away_phone_counts: bool = False
    programme: str = config.PROGRAMME
    status: str = "open"


def find_round(connection: Connection, round_id: str) -> Round:
    """Return a round by id, else by number (of the default programme first). Raises `NotFound`."""
    known = _BY_ID.first(connection, {"round_id": round_id})
    if known is not None:
        return Round(*known)
    if round_id.isdecimal() and len(round_id) < _DIGITS:
        numbered = select(*_COLUMNS).where(round_.c.number == int(round_id))
        row = connection.execute(numbered.order_by((round_.c.programme == config.PROGRAMME).desc())).mappings().first()
        if row is not None:
            return Round(**row)
    raise NotFound("err.no_round", round=round_id)


def visible_round(connection: Connection, scope: Scope, round_id: str) -> Round:
    """Return a round by id or number that is held in the scope's area or in something it lies in. Raises `NotFound`.

    Of several with the number it is the one that concerns the area.
    """
    by_number = round_id.isdecimal() and len(round_id) < _DIGITS
    wanted = or_(round_.c.id == round_id, round_.c.number == int(round_id)) if by_number else round_.c.id == round_id
    first = ((round_.c.id == round_id).desc(), (round_.c.programme == config.PROGRAMME).desc())
    found = select(*_COLUMNS).where(wanted, _is_related(scope.areas)).order_by(*first, round_.c.starts_on)
    row = connection.execute(found).mappings().first()
    if row is None:
        raise NotFound("err.no_round", round=round_id)
    return Round(**row)


def rounds_of(connection: Connection, programme: str | None = None) -> list[Round]:
    """Return all rounds, of a programme if one is named, by their first day."""
    wanted = select(*_COLUMNS).order_by(round_.c.starts_on, round_.c.number)
    if programme is not None:
        wanted = wanted.where(round_.c.programme == programme)
    return [Round(**row) for row in connection.execute(wanted).mappings()]


def list_rounds(db: Database, scope: Scope, *, programme: str | None = None) -> list[Round]:
    """Return the rounds that concern the scope's area, of a programme if one is named, by their first day."""
    require_right(scope, "view")
    wanted = select(*_COLUMNS).where(_is_related(scope.areas)).order_by(round_.c.starts_on, round_.c.number)
    if programme is not None:
        wanted = wanted.where(round_.c.programme == programme)
    with db.read() as connection:
        return [Round(**row) for row in connection.execute(wanted).mappings()]


def get_round(db: Database, scope: Scope, *, round_id: str) -> Round:
    """Return a round by id or number. Raises `NotFound`, for a round of other places too."""
    require_right(scope, "view")
    with db.read() as connection:
        return visible_round(connection, scope, round_id)


def current_round(db: Database, scope: Scope) -> Round | None:
    """Return the round running today, else the last that has begun, else the first to come; None without rounds.

    A draft is none of them while there is another.
    """
    listed = list_rounds(db, scope)
    rounds = [one for one in listed if one.status != "draft"] or listed
    today = db.today()
    begun = [one for one in rounds if one.starts_on <= today]
    running = [one for one in begun if one.ends_on >= today]
    return (running or begun)[-1] if begun else (rounds[0] if rounds else None)


def previous_round(db: Database, scope: Scope, *, of: Round, place_id: str = "") -> Round | None:
    """Return the last round of the programme that ended before this one began and was held in the whole place.

    Without a place it is the round's own scope. A round of a neighbour, of a part of the place, or a draft is none.
    """
    require_right(scope, "view")
    whole = exists().where(place_path.c.place == (place_id or of.scope), place_path.c.ancestor == round_.c.scope)
    wanted = (
        select(*_COLUMNS)
        .where(round_.c.programme == of.programme, round_.c.ends_on < of.starts_on, round_.c.status != "draft", whole)
        .order_by(round_.c.ends_on.desc())
    )
    with db.read() as connection:
        visible_round(connection, scope, of.id)
        if place_id:
            require_area(connection, scope, place_id)
        row = connection.execute(wanted).mappings().first()
    return Round(**row) if row else None


def held_at(db: Database, scope: Scope, *, of: Round, place_id: str) -> str:
    """Return the part of a place in which a round is held: the place itself, or the round's scope inside it."""
    require_right(scope, "view")
    inside = select(place_path.c.depth).where(place_path.c.place == of.scope, place_path.c.ancestor == place_id)
    with db.read() as connection:
        require_area(connection, scope, place_id)
        visible_round(connection, scope, of.id)
        return of.scope if connection.execute(inside).first() is not None else place_id


def create_round(db: Database, scope: Scope, *, plan: RoundPlan, baseline: list[str] | None = None) -> Round:
    """Make a round; its baseline are the given households, else all that live in its scope and have not left.

    Raises `Invalid` for an empty name, a taken number, a target outside 0–100 %, and for days that are reversed or
    overlap a round of the same programme whose scope is equal, above or below.
    """
    require_right(scope, "manage_round")
    with db.write() as connection:
        return insert_round(connection, scope, plan=plan, baseline=baseline)


def insert_round(
    connection: Connection, scope: Scope, *, plan: RoundPlan, baseline: list[str] | None = None, adopt: bool = True
) -> Round:
    """Make a round inside a write transaction; see `create_round`. With `adopt`, earlier visits of its days join it."""
    require_area(connection, scope, plan.scope)
    _check_plan(plan)
    _check_days(connection, plan)
    number = _choose_number(connection, plan)
    round_id = new_id()
    connection.execute(
        round_.insert().values(
            id=round_id, programme=plan.programme, name=plan.name, number=number, scope=plan.scope,
            starts_on=plan.starts_on, ends_on=plan.ends_on, target_bp=plan.target_bp, status=plan.status,
            away_phone_counts=plan.away_phone_counts, created_at=now(), created_by=scope.actor,
        )
    )  # fmt: skip
    add_baseline(connection, round_id, plan.scope, baseline)
    made = find_round(connection, round_id)
    if adopt and made.programme == config.PROGRAMME and made.status != "draft":
        adopt_visits(connection, scope, round_=made)
    log_change(connection, scope, action="round.create", object_id=round_id, diff={"name": plan.name})
    return made


def _check_plan(plan: RoundPlan) -> None:
    if not plan.name.strip():
        raise Invalid("err.name_empty")
    if plan.status not in codes.ROUND_STATUSES:
        raise Invalid("err.unknown_code", value=plan.status)
    if not 0 <= plan.target_bp <= config.WHOLE_BP:
        raise Invalid("err.target")


def _choose_number(connection: Connection, plan: RoundPlan) -> int:
    """Return the number asked for, else the next; a number names one round of its programme only."""
    used = set(connection.execute(select(round_.c.number).where(round_.c.programme == plan.programme)).scalars())
    if plan.number is None:
        return max(used, default=0) + 1
    if not 1 <= plan.number < 10**_DIGITS or plan.number in used:
        raise Invalid("err.round_number", number=plan.number)
    return plan.number


def add_baseline(connection: Connection, round_id: str, scope_place: str, households: list[str] | None) -> None:
    """Put households into the round's baseline at their present place; without a list, all living in the scope."""
    living = (
        select(literal(round_id), household.c.id, household.c.place, true())
        .join(place_path, and_(place_path.c.place == household.c.place, place_path.c.ancestor == scope_place))
        .where(household.c.exited_on.is_(None))
        .where(
            ~exists().where(round_roster.c.round == round_id, round_roster.c.household == household.c.id),
        )
    )
    columns = ["round", "household", "place", "baseline"]
    if households is None:
        connection.execute(insert(round_roster).from_select(columns, living))
        return
    for start in range(0, len(households), 500):
        part = living.where(household.c.id.in_(households[start : start + 500]))
        connection.execute(insert(round_roster).from_select(columns, part))


def _is_related(place_ids: tuple[str, ...]) -> ColumnElement[bool]:
    """Whether a round's scope is one of the places, above one or below one."""
    return or_(
        exists().where(place_path.c.place == round_.c.scope, place_path.c.ancestor.in_(place_ids)),
        exists().where(place_path.c.place.in_(place_ids), place_path.c.ancestor == round_.c.scope),
    )


def _check_days(connection: Connection, plan: RoundPlan) -> None:
    if plan.ends_on < plan.starts_on:
        raise Invalid("err.round_days", starts=plan.starts_on, ends=plan.ends_on)
    other = connection.execute(
        select(round_.c.name).where(
            round_.c.programme == plan.programme,
            round_.c.starts_on <= plan.ends_on,
            round_.c.ends_on >= plan.starts_on,
            _is_related((plan.scope,)),
        )
    ).scalar()
    if other is not None:
        raise Invalid("err.round_overlap", other=other)


def round_of_day(connection: Connection, *, programme: str, day: date, place_id: str) -> Round | None:
    """Return the round of the programme whose days contain the day and whose scope contains the place, if any."""
    row = (
        connection.execute(
            select(*_COLUMNS)
            .join(place_path, and_(place_path.c.ancestor == round_.c.scope, place_path.c.place == place_id))
            .where(
                round_.c.programme == programme,
                round_.c.starts_on <= day,
                round_.c.ends_on >= day,
                round_.c.status != "draft",
            )
        )
        .mappings()
        .first()
    )
    return Round(**row) if row else None


def open_rounds(connection: Connection, *, programme: str, place_id: str, from_day: date) -> list[Round]:
    """Return the open rounds of the programme whose scope contains the place and that last till the day or longer."""
    rows = connection.execute(
        select(*_COLUMNS)
        .join(place_path, and_(place_path.c.ancestor == round_.c.scope, place_path.c.place == place_id))
        .where(round_.c.programme == programme, round_.c.ends_on >= from_day, round_.c.status == "open")
        .order_by(round_.c.starts_on)
    )
    return [Round(**row) for row in rows.mappings()]
