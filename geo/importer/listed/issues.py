"""A ledger of issues (问题台账) comes in: by its number, else by what it says, each issue once, with its history."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from geo.access import require_right
from geo.i18n import text
from geo.importer.blocks import Block
from geo.importer.listed.batch import Ground, Planned, store_list
from geo.importer.listed.histories import Course, tell_events
from geo.importer.listed.table import ListTable, read_list
from geo.importer.listed.units import find_unit
from geo.importer.listed.words import code_of, find_code, read_code, require_code
from geo.importer.options import ImportOptions
from geo.issues import replay
from geo.model import new_id
from geo.schema import household, issue
from geo.schema.columns_work import LEDGER_FIELDS
from geo.signs import clean_name
from geo.store.database import now, read_today
from geo.store.issue_acts import columns_of
from geo.store.issues import next_number
from geo.validate import parse_day, parse_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from geo.importer.report import ImportReport
    from geo.issues import Event
    from geo.model import Scope
    from geo.store.database import Database
    from geo.units import Unit

_NEEDED: Final = ("category", "description")
_LONGEST: Final = {one.key: one.longest for one in LEDGER_FIELDS}
_TITLE: Final = 60
#: A day to be kept may lie ahead.
_NEVER: Final = date(2199, 12, 31)
_SEVERAL: Final = re.compile(r"[,;/\u3001\uff0c\uff1b\s]+")
_ENDED: Final = ("resolved", "closed")
_ISSUE: Final = (
    "id", "number", "place", "scope", "category", "title", "detail", "raised_on", "route", "level_now", "max_level",
    "due_on", "original_due_on", "responsible", "state", "close_kind", "resolved_on", "closed_on", "verified_by",
    "satisfaction", "duplicate_of", "reopen_count", "unit",
)  # fmt: skip
_EVENT: Final = (
    "issue", "seq", "on", "kind", "from_level", "to_level", "from_state", "to_state", "note", "due_on", "unit",
    "responsible", "close_kind",
)  # fmt: skip


def import_issues(
    db: Database, scope: Scope, path: Path | str, *, name: str = "", options: ImportOptions | None = None
) -> ImportReport:
    """Import a ledger of issues and return its report; a trial, or a file with refused rows, stores nothing.

    A row is refused where its unit, household, category, text or day cannot be told, or where it stands in the file
    twice; any other bad cell is left empty and listed. A number that is stored already adds nothing: what the file
    says otherwise is listed, for an issue goes on by acts. Raises `NotAllowed`, `Busy`, `Invalid`.
    """
    require_right(scope, "import")
    path = Path(path)
    return store_list(
        db, scope, path, name=name or path.name, kind="issues", options=options or ImportOptions(),
        read=lambda: read_list(path, name=name or path.name, fields=LEDGER_FIELDS, needed=_NEEDED), plan=_plan,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Row:
    """One row as understood: where it is filed, whom it names, what it says."""

    place: Unit
    homes: tuple[dict[str, Any], ...]
    category: str
    said: str
    course: Course

    @property
    def scope(self) -> str:
        """One household is its own issue; several are one issue of their group or village."""
        return "household" if len(self.homes) == 1 else "group" if self.place.level == "group" else "village"

    @property
    def place_id(self) -> str:
        """Return where the issue is filed: where its one household lives, else the unit."""
        return str(self.homes[0]["place"]) if len(self.homes) == 1 else self.place.id


@dataclass(slots=True)
class _Book:
    """What is stored, and what of this file was planned already."""

    known: dict[str, dict[str, Any]]
    ids: set[str]
    homes: dict[str, list[dict[str, Any]]]
    made: set[str] = field(default_factory=set)
    last: dict[str, int] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()


def _plan(ground: Ground, table: ListTable) -> Planned:
    today = read_today(ground.connection)
    units = [find_unit(table, nth, ground.index, usual=ground.usual) for nth in range(len(table.cells))]
    book = _read_book(ground, table, (one for one in units if one is not None))
    planned = Planned(list(book.blocks), changes={"issues_new": 0, "issues_same": 0})
    for nth, unit in enumerate(units):
        known = book.known.get(table.text(nth, "number"))
        if known is not None and _is_first(table, nth, book, str(known["number"])):
            _compare(table, nth, known)
            planned.changes["issues_same"] += 1
        elif known is None and unit is not None:
            row = _read(table, nth, unit, today, book)
            if row is not None:
                _take(ground, table, nth, row, book, planned)
    for block in book.blocks:
        block.rows.sort()
    return planned


def _read_book(ground: Ground, table: ListTable, units: Iterable[Unit]) -> _Book:
    run = ground.connection.execute
    numbers = {table.text(nth, "number") for nth in range(len(table.cells))} - {""}
    known = {row["number"]: dict(row) for row in run(select(issue).where(issue.c.number.in_(numbers))).mappings()}
    villages = {one.parent if one.level == "group" else one.id for one in units}
    homes: dict[str, list[dict[str, Any]]] = {}
    facts = select(household.c.id, household.c.code, household.c.head_name, household.c.place, household.c.village)
    for row in run(facts.where(household.c.village.in_(villages), household.c.exited_on.is_(None))).mappings():
        homes.setdefault(row["village"], []).append(dict(row))
    stamp = now()
    edited = {"created_at": stamp, "created_by": ground.scope.actor, "rev": 1}
    blocks = (
        Block("issue", _ISSUE, edited),
        Block("issue_household", ("issue", "household"), {}),
        Block("issue_event", _EVENT, {"at": stamp, "actor": ground.scope.actor}),
    )
    return _Book(known, set(run(select(issue.c.id)).scalars()), homes, blocks=blocks)


def _read(table: ListTable, nth: int, unit: Unit, today: date, book: _Book) -> _Row | None:
    """Return a row as understood; None where it is refused."""
    if unit.level not in ("village", "group"):
        table.refuse("R_REQUIRED", nth, "village")
    category, said = require_code(table, nth, "category"), _read_text(table, nth, "description")
    if not said:
        table.refuse("R_REQUIRED", nth, "description")
    raised_on, code = parse_day(table.cells[nth].get("raised_on"), today)
    if raised_on is None:
        table.refuse("R_UNKNOWN_VALUE" if code else "R_REQUIRED", nth, "raised_on", table.text(nth, "raised_on"))
    homes = _find_homes(table, nth, unit, book)
    if nth in table.refusals or raised_on is None:
        return None
    return _Row(unit, homes, category, said, _read_course(table, nth, raised_on, today))


def _find_homes(table: ListTable, nth: int, unit: Unit, book: _Book) -> tuple[dict[str, Any], ...]:
    """Return the households that a row names, by code, else by head; one that cannot be told refuses the row."""
    village = unit.parent if unit.level == "group" else unit.id
    living = book.homes.get(village or "", [])
    key = "code" if table.text(nth, "code") else "head_name"
    names = [one for one in _SEVERAL.split(table.text(nth, key)) if one]
    found = []
    for name in names:
        fits = [one for one in living if clean_name(str(one[key])) == clean_name(name)]
        here = [one for one in fits if one["place"] == unit.id]
        chosen = here if key == "head_name" and here else fits
        if len(chosen) != 1:
            table.refuse("R_UNKNOWN_VALUE", nth, key, table.text(nth, key))
            return ()
        found.append(chosen[0])
    if found and unit.level == "group" and found[0]["place"] != unit.id:
        table.warn("W_ATTR_DIFFERS", nth, "group", table.text(nth, "group"))
    return tuple(found)


def _read_course(table: ListTable, nth: int, raised_on: date, today: date) -> Course:
    route = read_code(table, nth, "route")
    level = read_code(table, nth, "level_now") or "village"
    due_on = _read_day(table, nth, "due_on", _NEVER, raised_on)
    resolved_on = _read_day(table, nth, "resolved_on", today, raised_on)
    state = read_code(table, nth, "state") or ("resolved" if resolved_on else "open")
    if state in _ENDED and resolved_on is None:
        table.warn("W_DATE_MISSING", nth, "resolved_on", table.text(nth, "state"))
        state = "open"
    elif state not in _ENDED and resolved_on is not None:
        table.warn("W_ATTR_DIFFERS", nth, "resolved_on", resolved_on.isoformat())
        resolved_on = None
    kind, note = _read_note(table, nth)
    texts = {key: _read_text(table, nth, key) for key in ("unit", "responsible")}
    return Course(
        raised_on, state, level, route or ("escalated" if level != "village" else "time_limited"), due_on, resolved_on,
        kind if state in _ENDED else "", note=note, **texts,
    )  # fmt: skip


def _read_note(table: ListTable, nth: int) -> tuple[str, str]:
    """Return the closing kind that a note begins with, as our own ledgers do, and the rest of it."""
    note = _read_text(table, nth, "note")
    first, _, rest = note.partition(text("list.semicolon"))
    kind = find_code("close_kind", first)
    return (kind, rest) if kind else ("", note)


def _read_day(table: ListTable, nth: int, key: str, latest: date, earliest: date) -> date | None:
    found, code = parse_day(table.cells[nth].get(key), latest)
    if found is not None and found < earliest:
        found, code = None, "W_DATE_IMPOSSIBLE"
    if code:
        table.warn(code, nth, key, table.text(nth, key))
    return found


def _read_text(table: ListTable, nth: int, key: str) -> str:
    value, code = parse_text(table.cells[nth].get(key), longest=_LONGEST[key])
    if code:
        table.warn(code, nth, key, table.text(nth, key)[:200])
    return value


def _take(ground: Ground, table: ListTable, nth: int, row: _Row, book: _Book, planned: Planned) -> None:
    """Plan a new issue, whom it names and its history; one without a number that is stored already adds nothing."""
    number = table.text(nth, "number")
    made = _make_id(row, number)
    if not _is_first(table, nth, book, number or made):
        return
    planned.places.add(row.place_id)
    if made in book.ids:
        planned.changes["issues_same"] += 1
        return
    number = number or _next_number(ground.connection, row, book)
    events = tell_events(row.course, actor=ground.scope.actor)
    title, detail = (row.said, "") if len(row.said) <= _TITLE else (row.said[:_TITLE], row.said)
    facts = {
        **columns_of(replay(events)), "id": made, "number": number, "place": row.place_id, "scope": row.scope,
        "category": row.category, "title": title, "detail": detail, "raised_on": row.course.raised_on,
        "route": row.course.route,
    }  # fmt: skip
    issues, homes, history = book.blocks
    issues.rows.append(tuple(_stored(facts[name]) for name in _ISSUE))
    homes.rows += [(made, one["id"]) for one in row.homes]
    history.rows += [_event_row(made, seq, event) for seq, event in enumerate(events, start=1)]
    planned.changes["issues_new"] += 1


def _event_row(made: str, seq: int, event: Event) -> tuple[Any, ...]:
    named = {"issue": made, "seq": seq}
    return tuple(_stored(named[name] if name in named else getattr(event, name)) for name in _EVENT)


def _stored(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _make_id(row: _Row, number: str) -> str:
    if number:
        return new_id()
    said = (row.place_id, *(str(one["id"]) for one in row.homes), row.category, row.said, str(row.course.raised_on))
    return "i" + hashlib.sha256("\x1f".join(said).encode()).hexdigest()[:31]


def _is_first(table: ListTable, nth: int, book: _Book, key: str) -> bool:
    """Refuse a row whose number, or without one whose whole content, stood in the file before."""
    if key in book.made:
        table.refuse("R_DUP_ROW", nth, "number" if table.text(nth, "number") else "description", key[:60])
        return False
    book.made.add(key)
    return True


def _next_number(connection: Connection, row: _Row, book: _Book) -> str:
    start, _, digits = next_number(connection, row.place_id, row.course.raised_on).rpartition("-")
    last = max(int(digits), book.last.get(start, 0) + 1)
    book.last[start] = last
    return f"{start}-{last:04d}"


def _compare(table: ListTable, nth: int, known: dict[str, Any]) -> None:
    """List what the file says otherwise of an issue that is stored; nothing is changed."""
    said = {key: code_of(table, nth, key) for key in ("category", "route", "level_now", "state")}
    for key in ("raised_on", "due_on", "resolved_on"):
        said[key] = str(parse_day(table.cells[nth].get(key), _NEVER)[0] or "")
    said |= {key: table.text(nth, key) for key in ("responsible", "unit")}
    for key, value in said.items():
        if value and value != str(known[key] or ""):
            table.warn("W_ATTR_DIFFERS", nth, key, table.text(nth, key))
    text_said = table.text(nth, "description")
    if text_said and not any(one and one in text_said for one in (known["title"], known["detail"])):
        table.warn("W_ATTR_DIFFERS", nth, "description", text_said[:60])
