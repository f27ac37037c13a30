"""A ledger of practical matters (实事台账) comes in: by its number, else by what it says, each matter once."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from geo.access import require_right
from geo.errors import Invalid
from geo.importer.blocks import Block
from geo.importer.listed.batch import Ground, Planned, store_list
from geo.importer.listed.money import parse_money
from geo.importer.listed.table import ListTable, read_list
from geo.importer.listed.units import find_unit
from geo.importer.listed.words import require_code
from geo.importer.options import ImportOptions
from geo.numerals import parse_number
from geo.schema import issue, matter
from geo.schema.columns_work import MATTER_FIELDS
from geo.schema.words import load_words
from geo.signs import clean_name
from geo.store.database import now, read_today
from geo.store.matter_reads import find_numbers
from geo.store.matters import MOST_HOMES, MatterEntry, check_matter, next_matter_number, row_of
from geo.validate import is_blank, parse_day, parse_text, to_text

if TYPE_CHECKING:
    from geo.importer.report import ImportReport
    from geo.model import Scope
    from geo.store.database import Database

_NEEDED: Final = ("title", "category")
_LONGEST: Final = {one.key: one.longest for one in MATTER_FIELDS}
#: What must agree where a number is known already.
_COMPARED: Final = (
    "place", "category", "title", "unit", "responsible", "funds_fen", "source", "homes", "started_on", "done_on",
    "note",
)  # fmt: skip
_SAME_KEYS: Final = ("place", "category", "title", "unit", "funds_fen", "started_on", "done_on")


def import_matters(
    db: Database, scope: Scope, path: Path | str, *, name: str = "", options: ImportOptions | None = None
) -> ImportReport:
    """Import a ledger of matters and return its report; a trial, or a file with refused rows, stores nothing.

    A row is refused where its unit, category or title cannot be told, or where it stands in the file twice; any other
    bad cell is left empty and listed. The same file again changes nothing. Raises `NotAllowed`, `Busy`, `Invalid`.
    """
    require_right(scope, "import")
    path = Path(path)
    name = name or path.name
    return store_list(
        db, scope, path, name=name, kind="matters", options=options or ImportOptions(),
        read=lambda: read_list(path, name=name, fields=MATTER_FIELDS, needed=_NEEDED), plan=_plan,
    )  # fmt: skip


@dataclass(slots=True)
class _Seen:
    """What of a file was read already, and what is stored under its numbers and keys."""

    numbers: dict[str, dict[str, Any]]
    issues: dict[str, str]
    ids: set[str]
    made: set[str] = field(default_factory=set)
    last: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)


def _plan(ground: Ground, table: ListTable) -> Planned:
    today = read_today(ground.connection)
    said = {table.text(nth, key) for nth in range(len(table.cells)) for key in ("number", "issue")}
    issues = ground.connection.execute(select(issue.c.number, issue.c.id).where(issue.c.number.in_(said)))
    ids = set(ground.connection.execute(select(matter.c.id)).scalars())
    seen = _Seen(find_numbers(ground.connection, said), {row[0]: row[1] for row in issues}, ids)
    names = [*MatterEntry.__dataclass_fields__]
    block = Block("matter", (*names, "created_at", "created_by"), {"updated_at": None, "updated_by": None, "rev": 1})
    planned = Planned([block], changes={"matters_new": 0, "matters_same": 0})
    rows: list[tuple[Any, ...]] = []
    for nth in range(len(table.cells)):
        entry = _read(ground, table, nth, today, seen)
        if entry is None:
            continue
        planned.places.add(entry.place)
        if _is_known(table, nth, entry, seen):
            planned.changes["matters_same"] += 1
            continue
        if not entry.number:
            entry = MatterEntry(**asdict(entry) | {"number": _next_number(ground, entry, seen)})
        row = {key: value.isoformat() if isinstance(value, date) else value for key, value in row_of(entry).items()}
        rows.append((*(row[key] for key in names), now(), ground.scope.actor))
        planned.changes["matters_new"] += 1
    block.rows = sorted(rows)
    return planned


def _read(ground: Ground, table: ListTable, nth: int, today: date, seen: _Seen) -> MatterEntry | None:
    unit = find_unit(table, nth, ground.index, usual=ground.usual)
    category = require_code(table, nth, "category")
    title = _read_text(table, nth, "title")
    if nth not in table.refusals and not title:
        table.refuse("R_REQUIRED", nth, "title")
    if unit is None or not category or nth in table.refusals:
        return None
    started, done = (_read_day(table, nth, key, today) for key in ("started_on", "done_on"))
    if started is not None and done is not None and done < started:
        table.warn("W_DATE_IMPOSSIBLE", nth, "started_on", started.isoformat())
        started = None
    number, texts = table.text(nth, "number"), {}
    for key in ("unit", "responsible", "source", "note"):
        texts[key] = _read_text(table, nth, key)
    entry = MatterEntry(
        "", unit.id, category, title, **texts, funds_fen=_read_funds(table, nth), homes=_read_homes(table, nth),
        started_on=started, done_on=done, issue=_read_issue(table, nth, seen), number=number,
    )  # fmt: skip
    if _is_double(table, nth, entry, seen):
        return None
    entry = MatterEntry(**asdict(entry) | {"id": _make_id(entry)})
    try:
        check_matter(entry, today)
    except Invalid:
        table.refuse("R_UNKNOWN_VALUE", nth, "title", title)
        return None
    return entry


def _is_double(table: ListTable, nth: int, entry: MatterEntry, seen: _Seen) -> bool:
    """Refuse a row whose number, or without one whose whole content, stood in the file before."""
    key = _make_id(entry)
    if key in seen.made:
        table.refuse("R_DUP_ROW", nth, "number" if entry.number else "title", entry.number or entry.title)
        return True
    seen.made.add(key)
    return False


def _make_id(entry: MatterEntry) -> str:
    said = [entry.number] if entry.number else [str(getattr(entry, key)) for key in _SAME_KEYS]
    return "m" + hashlib.sha256("\x1f".join(said).encode()).hexdigest()[:31]


def _is_known(table: ListTable, nth: int, entry: MatterEntry, seen: _Seen) -> bool:
    """Say whether a matter is stored; where it says something else by now, that is listed and nothing changed."""
    found = seen.numbers.get(entry.number) if entry.number else None
    if found is None:
        return entry.id in seen.ids
    row = row_of(entry)
    for key in _COMPARED:
        if row[key] != found[key]:
            table.warn("W_ATTR_DIFFERS", nth, "funds" if key == "funds_fen" else key, str(row[key] or ""))
    return True


def _next_number(ground: Ground, entry: MatterEntry, seen: _Seen) -> str:
    day = entry.done_on or entry.started_on
    key = (entry.place, day.year if day else 0)
    start, last = seen.last.get(key, ("", 0))
    if not start:
        start, _, digits = next_matter_number(ground.connection, entry).rpartition("-")
        last = max([int(digits) - 1, *(one for known, one in seen.last.values() if known == start)])
    last += 1
    while f"{start}-{last:04d}" in seen.numbers:
        last += 1
    # Groups of one village count on together.
    seen.last |= {known: (start, last) for known, (other, _) in seen.last.items() if other == start}
    seen.last[key] = (start, last)
    return f"{start}-{last:04d}"


def _read_text(table: ListTable, nth: int, key: str) -> str:
    value, code = parse_text(table.cells[nth].get(key), longest=_LONGEST[key])
    if code:
        table.warn(code, nth, key, table.text(nth, key)[:200])
    return value


def _read_day(table: ListTable, nth: int, key: str, today: date) -> date | None:
    found, code = parse_day(table.cells[nth].get(key), today)
    if code:
        table.warn(code, nth, key, table.text(nth, key))
    return found


def _read_funds(table: ListTable, nth: int) -> int | None:
    found, code = parse_money(table.cells[nth].get("funds"), header=table.headers.get("funds", ""))
    if code:
        table.warn(code, nth, "funds", table.text(nth, "funds"))
    return found


def _read_homes(table: ListTable, nth: int) -> int | None:
    said = clean_name(to_text(table.cells[nth].get("homes")))
    if is_blank(said):
        return None
    for word in load_words().counted:
        said = said.removesuffix(word)
    number = parse_number(said.removesuffix(".0"))
    if number is None or not 0 <= number <= MOST_HOMES:
        table.warn("W_RANGE", nth, "homes", said)
        return None
    return number


def _read_issue(table: ListTable, nth: int, seen: _Seen) -> str | None:
    said = table.text(nth, "issue")
    if said and said not in seen.issues:
        table.warn("W_UNMATCHED", nth, "issue", said)
    return seen.issues.get(said)
