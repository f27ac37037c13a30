"""Visits: append-only. A correction is a void row plus a replacement; a row is voided at most once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, exists, select

from geo import codes, config
from geo.access import may, require_area, require_home, require_right
from geo.audit import log_change
from geo.coverage import Counts
from geo.errors import Conflict, Invalid, NotFound
from geo.model import Saved
from geo.prepared import Prepared
from geo.schema import (
    household,
    person,
    place_path,
    round_,
    round_roster,
    visit,
    visit_check,
    visit_person,
    visit_topic,
)
from geo.store.cells import read_cell, refresh_cells
from geo.store.database import now, read_today
from geo.store.proposals import propose_exclusion, withdraw_exclusion
from geo.store.rounds import find_round, round_of_day

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection, RowMapping

    from geo.model import Round, Scope, VisitEntry
    from geo.store.database import Database


#: Built once: every save runs them.
_HOME = Prepared(select(household.c.place).where(household.c.id == bindparam("household")))
_KNOWN = Prepared(
    select(visit.c.round, visit.c.kind, visit.c.household, visit.c.visited_on, visit.c.mode, visit.c.outcome).where(
        visit.c.id == bindparam("visit")
    )
)
_LEAF = Prepared(
    select(round_roster.c.place).where(
        round_roster.c.round == bindparam("round"), round_roster.c.household == bindparam("household")
    )
)
_INSERT = Prepared(
    visit.insert(),
    columns=(
        "id", "kind", "round", "household", "visited_on", "recorded_at", "recorded_by", "mode", "outcome", "reason",
        "respondent", "revisit_on", "note", "entry_kind", "approved_by",
    ),
)  # fmt: skip
_PERSON = Prepared(select(person.c.id).where(person.c.id == bindparam("person")))
_CAME = Prepared(visit_person.insert(), columns=visit_person.c.keys())
_TOLD = Prepared(visit_topic.insert(), columns=visit_topic.c.keys())
_ASKED = Prepared(visit_check.insert(), columns=visit_check.c.keys())
_HELD = Prepared(
    select(round_.c.id)
    .join(round_roster, round_roster.c.round == round_.c.id)
    .where(
        round_.c.programme == bindparam("programme"),
        round_.c.starts_on <= bindparam("day"),
        round_.c.ends_on >= bindparam("day"),
        round_.c.status != "draft",
        round_roster.c.household == bindparam("household"),
    )
    .order_by(
        # A household that has moved may stand on two rosters: the round where it lives now comes first.
        exists().where(place_path.c.place == bindparam("place"), place_path.c.ancestor == round_.c.scope).desc(),
        round_.c.starts_on,
    )
)


def record_visit(db: Database, scope: Scope, *, entry: VisitEntry) -> Saved:
    """Store one visit and the coverage it makes, in one transaction; the same id again changes nothing.

    Raises `Invalid` (future date, no reason, unknown code, locked round), `NotFound`, `NotAllowed`, `Conflict` when
    the id belongs to another visit.
    """
    require_right(scope, "record_visit")
    with db.write() as connection:
        return insert_visit(connection, scope, entry=entry)


def insert_visit(connection: Connection, scope: Scope, *, entry: VisitEntry) -> Saved:
    """Store one visit inside a write transaction; see `record_visit`."""
    today = read_today(connection)
    check_entry(entry, today)
    home = _HOME.value(connection, {"household": entry.household})
    if home is None:
        raise NotFound("err.no_household", household=entry.household)
    require_area(connection, scope, home)
    known = _KNOWN.first(connection, {"visit": entry.id})
    if known is not None:
        if known[1:] != ("visit", entry.household, entry.visited_on, entry.mode, entry.outcome):
            raise Conflict("err.id_taken", id=entry.id)
        return _saved(connection, entry, known[0], home, created=False)
    round_ = _round_for(connection, scope, entry, home)
    round_id = round_.id if round_ else None
    kind = entry.entry_kind or ("live" if entry.visited_on == today else "late")
    _INSERT.write(
        connection,
        {
            "id": entry.id, "kind": "visit", "round": round_id, "household": entry.household,
            "visited_on": entry.visited_on, "recorded_at": now(), "recorded_by": scope.actor, "mode": entry.mode,
            "outcome": entry.outcome, "reason": entry.reason, "respondent": entry.respondent,
            "revisit_on": entry.revisit_on, "note": entry.note, "entry_kind": kind,
            "approved_by": entry.approved_by,
        },
    )  # fmt: skip
    _store_company(connection, entry)
    if round_id and entry.outcome in codes.EXCLUDING_OUTCOMES and entry.mode == "in_person":
        propose_exclusion(
            connection, round_id=round_id, household_id=entry.household, on=entry.visited_on, reason=entry.outcome
        )
    log_change(connection, scope, action="visit.record", object_id=entry.id, diff={"outcome": entry.outcome})
    leaf = _refresh(connection, round_, entry.household, today)
    counts = read_cell(connection, round_id, leaf) if round_id and leaf else Counts.empty()
    return Saved(entry.id, created=True, place=leaf or home, effective=counts.effective, roster=counts.roster)


def _store_company(connection: Connection, entry: VisitEntry) -> None:
    """Store who came, what was told and what was looked into. Raises `NotFound` for a person nobody knows."""
    for one in sorted(set(entry.persons)):
        if _PERSON.first(connection, {"person": one}) is None:
            raise NotFound("err.no_assignee", id=one)
        _CAME.write(connection, {"visit": entry.id, "person": one})
    for topic in sorted(set(entry.topics)):
        _TOLD.write(connection, {"visit": entry.id, "topic": topic})
    for item, result in dict(entry.checks).items():
        _ASKED.write(connection, {"visit": entry.id, "item": item, "result": result})


def void_visit(
    db: Database, scope: Scope, *, visit_id: str, void_id: str, replacement: VisitEntry | None = None
) -> Saved:
    """Void a visit, and put another in its place where one is given; both stay on record.

    The same `void_id` again changes nothing. Raises `NotFound`, `Conflict` when it was voided already, `Invalid`.
    """
    require_right(scope, "record_visit")
    with db.write() as connection:
        return insert_void(connection, scope, visit_id=visit_id, void_id=void_id, replacement=replacement)


def insert_void(
    connection: Connection, scope: Scope, *, visit_id: str, void_id: str, replacement: VisitEntry | None = None
) -> Saved:
    """Void a visit inside a write transaction; see `void_visit`."""
    old = connection.execute(select(visit).where(visit.c.id == visit_id, visit.c.kind == "visit")).mappings().first()
    if old is None:
        raise NotFound("err.no_visit", visit=visit_id)
    home_place = connection.execute(select(household.c.place).where(household.c.id == old["household"])).scalar_one()
    require_area(connection, scope, home_place)
    if replacement is not None and replacement.household != old["household"]:
        raise Invalid("err.other_household")
    void = connection.execute(select(visit.c.id).where(visit.c.void_of == visit_id)).scalar()
    if void not in (None, void_id):
        raise Conflict("err.already_void", date=old["visited_on"])
    if void is None:
        _store_void(connection, scope, old, void_id)
    if replacement is not None:
        return insert_visit(connection, scope, entry=replacement)
    return _saved(connection, None, old["round"], home_place, created=void is None, row_id=void_id)


def list_visits(db: Database, scope: Scope, *, household_id: str) -> list[dict[str, Any]]:
    """Return the visits of a household, newest first, as mappings of `visit` columns plus void (voided?), round_name.

    Void rows themselves are left out; a voided visit stays, marked. Notes are free text: a leader does not get them.
    """
    require_right(scope, "view")
    void = visit.alias("void")
    with db.read() as connection:
        require_home(connection, scope, household_id)
        rows = connection.execute(
            select(visit, void.c.id.is_not(None).label("void"), round_.c.name.label("round_name"))
            .outerjoin(void, void.c.void_of == visit.c.id)
            .outerjoin(round_, round_.c.id == visit.c.round)
            .where(visit.c.household == household_id, visit.c.kind == "visit")
            .order_by(visit.c.visited_on.desc(), visit.c.recorded_at.desc())
        )
        return [dict(row) if may(scope, "see_details") else {**row, "note": ""} for row in rows.mappings()]


def list_persons(db: Database, scope: Scope, *, visit_id: str) -> list[str]:
    """Return the ids of the persons who came to a visit; none for a visit that is not there."""
    require_right(scope, "view")
    with db.read() as connection:
        home = connection.execute(select(visit.c.household).where(visit.c.id == visit_id)).scalar()
        if home is None:
            return []
        require_home(connection, scope, home)
        wanted = select(visit_person.c.person).where(visit_person.c.visit == visit_id).order_by(visit_person.c.person)
        return list(connection.execute(wanted).scalars())


def list_told(
    db: Database, scope: Scope, *, visit_id: str
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:  # fmt: skip
    """Return the topics told at a visit, and the items asked with what was found; none without a visit."""
    require_right(scope, "view")
    with db.read() as connection:
        home = connection.execute(select(visit.c.household).where(visit.c.id == visit_id)).scalar()
        if home is None:
            return (), ()
        require_home(connection, scope, home)
        topics = select(visit_topic.c.topic).where(visit_topic.c.visit == visit_id).order_by(visit_topic.c.topic)
        checks = select(visit_check.c.item, visit_check.c.result).where(visit_check.c.visit == visit_id)
        asked = connection.execute(checks.order_by(visit_check.c.item))
        return tuple(connection.execute(topics).scalars()), tuple((row.item, row.result) for row in asked)


def check_entry(entry: VisitEntry, today: date) -> None:
    """Check what can be checked without the store; in bulk only not_home is taken. Raises `Invalid`."""
    if entry.visited_on > today:
        raise Invalid("err.future", d=entry.visited_on)
    for value, allowed in (
        (entry.outcome, codes.OUTCOMES), (entry.mode, codes.MODES), (entry.respondent, (None, *codes.RESPONDENTS)),
        (entry.entry_kind, (None, *codes.ENTRY_KINDS)),
        *((result, codes.CHECK_RESULTS) for _, result in entry.checks),
    ):  # fmt: skip
        if value not in allowed:
            raise Invalid("err.unknown_code", value=value)
    if entry.entry_kind == "bulk" and entry.outcome != "not_home":
        raise Invalid("err.bulk")
    if entry.outcome != "effective" and not entry.reason:
        raise Invalid("err.reason")


def _round_for(connection: Connection, scope: Scope, entry: VisitEntry, place_id: str) -> Round | None:
    """Return the round of that day: first one whose roster holds the household, else one by its scope."""
    asked = {
        "programme": entry.programme, "day": entry.visited_on, "household": entry.household, "place": place_id,
    }  # fmt: skip
    held = _HELD.value(connection, asked)
    found = find_round(connection, held) if held else round_of_day(
        connection, programme=entry.programme, day=entry.visited_on, place_id=place_id
    )  # fmt: skip
    if found is not None and found.status == "locked":
        if not entry.approved_by:
            raise Invalid("err.locked", round=found.name)
        require_right(scope, "manage_round")
    if found is None and entry.programme != config.PROGRAMME:
        raise Invalid("err.no_round_day", d=entry.visited_on)
    return found


def _store_void(connection: Connection, scope: Scope, old: RowMapping, void_id: str) -> None:
    today = read_today(connection)
    round_ = find_round(connection, old["round"]) if old["round"] else None
    if round_ and round_.status == "locked":
        raise Invalid("err.locked", round=round_.name)
    if _KNOWN.first(connection, {"visit": void_id}) is not None:
        raise Conflict("err.id_taken", id=void_id)
    connection.execute(
        visit.insert().values(
            id=void_id, kind="void", round=old["round"], household=old["household"], visited_on=old["visited_on"],
            recorded_at=now(), recorded_by=scope.actor, mode=old["mode"], outcome=old["outcome"], void_of=old["id"],
        )
    )  # fmt: skip
    if old["round"] and old["outcome"] in codes.EXCLUDING_OUTCOMES:
        withdraw_exclusion(
            connection,
            round_id=old["round"],
            household_id=old["household"],
            on=old["visited_on"],
            reason=old["outcome"],
        )
    log_change(connection, scope, action="visit.void", object_id=old["id"], diff={"void": void_id})
    _refresh(connection, round_, old["household"], today)


def _leaf(connection: Connection, round_id: str, household_id: str) -> str | None:
    leaf: str | None = _LEAF.value(connection, {"round": round_id, "household": household_id})
    return leaf


def _refresh(connection: Connection, round_: Round | None, household_id: str, today: date) -> str | None:
    """Recompute the cells over a household; return its leaf place in the round, if it is on its roster."""
    leaf = _leaf(connection, round_.id, household_id) if round_ else None
    if round_ and leaf:
        refresh_cells(connection, round_, today, [leaf])
    return leaf


def _saved(
    connection: Connection,
    entry: VisitEntry | None,
    round_id: str | None,
    place_id: str,
    *,
    created: bool,
    row_id: str = "",
) -> Saved:
    leaf = (_leaf(connection, round_id, entry.household) if round_id and entry else None) or place_id
    counts = read_cell(connection, round_id, leaf) if round_id else Counts.empty()
    return Saved(entry.id if entry else row_id, created, leaf, counts.effective, counts.roster)
