"""A sheet of teams (队伍) comes in: the five of each village, cadres of groups, helpers of households."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import select

from geo import codes
from geo.access import require_right
from geo.i18n import text
from geo.importer.blocks import Block
from geo.importer.listed.batch import Ground, Planned, store_list
from geo.importer.listed.table import ListTable, read_list
from geo.importer.listed.units import find_unit
from geo.importer.options import ImportOptions
from geo.model import new_id
from geo.schema import household, person, team, team_member
from geo.schema.columns_work import ROLE_WORDS, TEAM_FIELDS
from geo.schema.words import load_words
from geo.signs import clean_name
from geo.store.database import now, read_today
from geo.store.teams import CADRE, FIVE, HELPER, village_of
from geo.validate import parse_code, parse_day, parse_name, parse_phone

if TYPE_CHECKING:
    from geo.importer.report import ImportReport
    from geo.model import Scope
    from geo.store.database import Database

_NEEDED: Final = ("role", "person_name")
_LEAD: Final = "county_lead"


class _Task(NamedTuple):
    """What somebody can have: the role in a village, of a group (`place`), of a household."""

    village: str
    role: str
    place: str | None
    household: str | None


@dataclass(frozen=True, slots=True)
class _Row:
    nth: int
    task: _Task
    name: str
    phone: str
    leads: bool
    since: date
    until: date | None


def import_teams(
    db: Database, scope: Scope, path: Path | str, *, name: str = "", options: ImportOptions | None = None
) -> ImportReport:
    """Import a sheet of teams and return its report; a trial, or a file with refused rows, stores nothing.

    Without a first day a task begins today; whoever had it ends the day before. The same file again changes nothing.
    Raises `NotAllowed`, `Busy`, `Invalid`.
    """
    require_right(scope, "import")
    path = Path(path)
    name = name or path.name
    return store_list(
        db, scope, path, name=name, kind="teams", options=options or ImportOptions(),
        read=lambda: read_list(path, name=name, fields=TEAM_FIELDS, needed=_NEEDED), plan=_plan,
    )  # fmt: skip


@dataclass(slots=True)
class _Book:
    """Who is known, what they have, and what this file adds."""

    persons: dict[str, list[dict[str, Any]]]
    teams: dict[str, str]
    members: dict[_Task, list[dict[str, Any]]]
    villages: dict[str, str]
    new: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"person": [], "team": [], "team_member": []})
    changed: dict[str, tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=dict)
    same: int = 0


def _plan(ground: Ground, table: ListTable) -> Planned:
    today = read_today(ground.connection)
    rows = [row for nth in range(len(table.cells)) if (row := _read(ground, table, nth, today)) is not None]
    rows.sort(key=lambda one: one.since)
    book = _read_book(ground, {one.task.village for one in rows})
    for row in _settle_leads(table, rows):
        _take(table, book, row)
    stamp = {"created_at": now(), "created_by": ground.scope.actor, "updated_at": None, "updated_by": None, "rev": 1}
    blocks = [_block(name, made, stamp) for name, made in book.new.items() if made]
    updates = [("team_member", _stored(before), _stored(changes)) for before, changes in book.changed.values()]
    new = {f"{word}_new": len(book.new[name]) for word, name in
           (("members", "team_member"), ("persons", "person"), ("teams", "team"))}  # fmt: skip
    changes = {**new, "members_changed": len(updates), "members_same": book.same}
    return Planned(blocks, updates, changes, {one.task.village for one in rows})


def _block(table: str, rows: list[dict[str, Any]], stamp: dict[str, Any]) -> Block:
    names = tuple(rows[0])
    return Block(table, names, stamp, sorted(tuple(_stored(row).values()) for row in rows))


def _stored(row: dict[str, Any]) -> dict[str, Any]:
    """Return values as SQLite stores them: days as ISO text, yes and no as 1 and 0."""
    return {
        name: value.isoformat() if isinstance(value, date) else int(value) if isinstance(value, bool) else value
        for name, value in row.items()
    }


def _read_book(ground: Ground, villages: set[str]) -> _Book:
    run = ground.connection.execute
    persons: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in run(select(person.c.id, person.c.name, person.c.phone, person.c.place)).mappings():
        persons[row["name"]].append(dict(row))
    teams = {row.village: row.id for row in run(select(team.c.village, team.c.id).order_by(team.c.id.desc()))}
    members: dict[_Task, list[dict[str, Any]]] = defaultdict(list)
    known = select(team_member, team.c.village).join(team, team.c.id == team_member.c.team)
    for row in run(known.where(team.c.village.in_(villages))).mappings():
        task = _Task(row["village"], row["role"], row["place"] if row["role"] == CADRE else None, row["household"])
        members[task].append({name: value for name, value in row.items() if name != "village"})
    parents = {one.id: one.parent or "" for one in ground.index.by_id.values() if one.level == "village"}
    return _Book(persons, teams, members, parents)


def _read(ground: Ground, table: ListTable, nth: int, today: date) -> _Row | None:
    unit = find_unit(table, nth, ground.index, usual=ground.usual)
    said = table.text(nth, "role")
    role = _roles().get(_plain(said), "")
    if not role:
        table.refuse("R_UNKNOWN_VALUE" if said else "R_REQUIRED", nth, "role", said)
    name, code = parse_name(table.cells[nth].get("person_name"), longest=60)
    if not name:
        table.refuse("R_REQUIRED", nth, "person_name", table.text(nth, "person_name"))
    if unit is None or nth in table.refusals:
        return None
    task = _find_task(ground, table, nth, unit.id, role)
    since, until = (_read_day(table, nth, key, today) for key in ("since", "until"))
    since = since or today
    if until is not None and until < since:
        table.refuse("W_DATE_IMPOSSIBLE", nth, "until", until.isoformat())
    if task is None or nth in table.refusals:
        return None
    phone, code = parse_phone(table.cells[nth].get("phone"))
    if code:
        table.warn(code, nth, "phone", table.text(nth, "phone"))
    return _Row(nth, task, name, phone, _read_leads(table, nth, role), since, until)


def _find_task(ground: Ground, table: ListTable, nth: int, place_id: str, role: str) -> _Task | None:
    village = village_of(ground.connection, place_id)
    if village is None:
        table.refuse("R_REQUIRED", nth, "village", table.text(nth, "township"))
        return None
    if role in FIVE:
        return _Task(village, role, None, None)
    if role == CADRE:
        has_groups = bool(ground.index.groups.get(village))
        if place_id == village and has_groups:
            table.refuse("R_REQUIRED", nth, "group")
        return _Task(village, role, place_id, None)
    code, _ = parse_code(table.cells[nth].get("code"), longest=60)
    wanted = select(household.c.id).where(household.c.village == village, household.c.code == code)
    home = ground.connection.execute(wanted).scalar() if code else None
    if home is None:
        table.refuse("R_UNKNOWN_VALUE" if code else "R_REQUIRED", nth, "code", code)
    return _Task(village, HELPER, None, home)


def _read_leads(table: ListTable, nth: int, role: str) -> bool:
    said, words = clean_name(table.text(nth, "leads")), load_words()
    if said in words.yes:
        return True
    if said and said not in words.no:
        table.warn("R_UNKNOWN_VALUE", nth, "leads", said)
    return role == _LEAD and said not in words.no


def _read_day(table: ListTable, nth: int, key: str, today: date) -> date | None:
    found, code = parse_day(table.cells[nth].get(key), today + timedelta(days=3660))
    if code:
        table.warn(code, nth, key, table.text(nth, key))
    return found


def _settle_leads(table: ListTable, rows: list[_Row]) -> list[_Row]:
    """Return the rows with at most one who leads a village at a time: a county lead, else the first; listed."""
    kept: list[_Row] = []
    leaders: list[_Row] = []
    for row in sorted(rows, key=lambda one: one.task.role != _LEAD):
        one = row
        if row.leads and any(
            other.task.village == row.task.village
            and other.since <= (row.until or date.max)
            and row.since <= (other.until or date.max)
            for other in leaders
        ):
            table.warn("W_ATTR_DIFFERS", row.nth, "leads", table.text(row.nth, "leads"))
            one = replace(row, leads=False)
        elif row.leads:
            leaders.append(row)
        kept.append(one)
    return sorted(kept, key=lambda one: (one.since, one.nth))


def _end_leads(book: _Book, row: _Row) -> None:
    """Whoever led the village at that time leads no more."""
    for task, held in book.members.items():
        if task.village == row.task.village:
            for one in held:
                crosses = one["since"] <= (row.until or date.max) and row.since <= (one["until"] or date.max)
                if one["leads"] and crosses and not any(one is new for new in book.new["team_member"]):
                    _set(book, one, {"leads": False})


def _take(table: ListTable, book: _Book, row: _Row) -> None:
    """Put one row beside what is known: the same again, whoever follows, or one whose time crosses another's."""
    person_id = _find_person(book, row)
    held = book.members[row.task]
    for one in held:
        if one["person"] == person_id and (one["since"] == row.since or not table.text(row.nth, "since")):
            _compare(book, one, row)
            return
    for one in held:
        ends = one["until"] or date.max
        if ends < row.since or (row.until is not None and row.until < one["since"]):
            continue
        if one["since"] >= row.since or one["until"] is not None:
            table.refuse("R_DUP_KEY_CONFLICT", row.nth, "role", table.text(row.nth, "role"))
            return
        _set(book, one, {"until": row.since - timedelta(days=1)})
    if person_id not in {one["id"] for some in book.persons.values() for one in some}:
        made = {"id": person_id, "name": row.name, "phone": row.phone, "place": row.task.village}
        book.persons[row.name].append(made)
        book.new["person"].append(made)
    if row.leads:
        _end_leads(book, row)
    if row.task.village not in book.teams:
        book.teams[row.task.village] = new_id()
        book.new["team"].append({"id": book.teams[row.task.village], "name": "", "village": row.task.village})
    task: dict[str, Any] = {
        "id": new_id(), "team": book.teams[row.task.village], "person": person_id, "role": row.task.role,
        "leads": row.leads, "place": row.task.place, "household": row.task.household, "since": row.since,
        "until": row.until,
    }  # fmt: skip
    held.append(task)
    book.new["team_member"].append(task)


def _compare(book: _Book, known: dict[str, Any], row: _Row) -> None:
    changes: dict[str, Any] = {}
    if row.until is not None and known["until"] != row.until:
        changes["until"] = row.until
    if bool(known["leads"]) != row.leads and row.leads:
        changes["leads"] = True
    if changes:
        if "leads" in changes:
            _end_leads(book, row)
        _set(book, known, changes)
    else:
        book.same += 1


def _set(book: _Book, known: dict[str, Any], changes: dict[str, Any]) -> None:
    """Change a task: in place where this file made it, else as a change of a stored row."""
    if any(known is one for one in book.new["team_member"]):
        known |= changes
        return
    before, so_far = book.changed.get(known["id"], (dict(known), {}))
    book.changed[known["id"]] = (before, {**so_far, **changes})
    known |= changes


def _find_person(book: _Book, row: _Row) -> str:
    """Return who is meant: by name and phone; without a phone by name in the same township; else somebody new."""
    township = book.villages.get(row.task.village, "")
    for one in book.persons.get(row.name, []):
        near = book.villages.get(str(one["place"]), "") == township
        if (row.phone and one["phone"] == row.phone) or (near and (not row.phone or not one["phone"])):
            return str(one["id"])
    return new_id()


def _plain(word: str) -> str:
    return "".join(sign for sign in clean_name(word) if sign not in "“”\"'·()（）")


@cache
def _roles() -> dict[str, str]:
    words = {_plain(word): role for word, role in ROLE_WORDS.items()}
    words |= {_plain(text(f"team_role.{role}")): role for role in codes.TEAM_ROLES}
    return words | {_plain(role): role for role in codes.TEAM_ROLES}
