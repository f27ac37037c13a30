"""Practical matters (实事): what was done for people, of which category, for how much money, on which days."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from geo.access import require_area, require_right
from geo.audit import log_change
from geo.errors import Conflict, Invalid, NotFound
from geo.idnumbers import hide_id_numbers
from geo.schema import attachment, matter, place, place_path
from geo.store.categories import check_category
from geo.store.database import now, read_today
from geo.store.issue_acts import find_issue

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy import Connection, RowMapping

    from geo.model import Scope
    from geo.store.database import Database

#: What a number (编号) of a matter has between its village's code and its year, so that it is none of an issue.
MARK: Final = "S"
#: Beyond any budget of a district: a slip of the unit.
MOST_FEN: Final = 100_000_000_000 * 100
MOST_HOMES: Final = 10_000_000
_TEXTS: Final = ("title", "unit", "responsible", "source", "note")


@dataclass(frozen=True, slots=True)
class MatterEntry:
    """One matter as it is entered; `id` is made by the form, so sending it twice is one row. Days are local dates.

    `funds_fen` in 0.01 yuan, None where nobody knows. `homes`: households it serves. `issue`: the one it settles.
    `done_on` empty: still under way. `number` empty: the next one of the village.
    """

    id: str
    place: str
    category: str
    title: str
    unit: str = ""
    responsible: str = ""
    funds_fen: int | None = None
    source: str = ""
    homes: int | None = None
    started_on: date | None = None
    done_on: date | None = None
    note: str = ""
    issue: str | None = None
    number: str = ""


def add_matter(db: Database, scope: Scope, *, entry: MatterEntry) -> str:
    """Store one matter; the same id again changes nothing. Returns its number (编号).

    Raises `Invalid` (unknown category, empty title, a day to come, an end before the start, funds or households that
    are negative or beyond belief), `NotFound`, `NotAllowed`, `Conflict` for a number that is another's.
    """
    require_right(scope, "act_on_issue")
    with db.write() as connection:
        require_area(connection, scope, entry.place)
        known = connection.execute(select(matter.c.number, matter.c.place).where(matter.c.id == entry.id)).first()
        if known is not None:
            require_area(connection, scope, known.place)
            return str(known.number)
        check_matter(entry, read_today(connection))
        check_category(connection, entry.category, new=True)
        if entry.issue is not None:
            find_issue(connection, scope, entry.issue)
        taken = select(matter.c.id).where(matter.c.number == entry.number)
        if entry.number and connection.execute(taken).first() is not None:
            raise Conflict("err.id_taken", id=entry.number)
        row = row_of(entry) | {"number": entry.number or next_matter_number(connection, entry)}
        connection.execute(matter.insert().values(**row, created_at=now(), created_by=scope.actor))
        log_change(connection, scope, action="matter.add", object_id=entry.id, diff={"category": entry.category})
        return str(row["number"])


def edit_matter(db: Database, scope: Scope, *, matter_id: str, rev: int, changes: Mapping[str, Any]) -> int:
    """Change facts of a matter (fields of `MatterEntry` but id and number); return the new `rev`.

    Raises `Conflict` when it changed since `rev`, `Invalid` as `add_matter`, `NotFound`, `NotAllowed`.
    """
    require_right(scope, "act_on_issue")
    with db.write() as connection:
        row = find_matter(connection, scope, matter_id)
        if row["rev"] != rev:
            raise Conflict("err.changed", who=row["updated_by"] or row["created_by"], time=row["updated_at"] or "")
        kept = {name: row[name] for name in MatterEntry.__dataclass_fields__}
        entry = MatterEntry(**{**kept, **changes, "id": matter_id, "number": row["number"]})
        require_area(connection, scope, entry.place)
        check_matter(entry, read_today(connection))
        check_category(connection, entry.category, new=entry.category != row["category"])
        if entry.issue is not None:
            find_issue(connection, scope, entry.issue)
        after = row_of(entry)
        stamp = {"rev": rev + 1, "updated_at": now(), "updated_by": scope.actor}
        connection.execute(matter.update().where(matter.c.id == matter_id).values(**after, **stamp))
        changed = sorted(name for name in after if after[name] != row[name])
        log_change(connection, scope, action="matter.edit", object_id=matter_id, diff={"changed": changed})
        return rev + 1


def remove_matter(db: Database, scope: Scope, *, matter_id: str, rev: int, reason: str) -> None:
    """Take out a matter that was entered by mistake; the log keeps what it said and why it went.

    Raises `Conflict` when it changed since `rev`, `Invalid` without a reason or while photos show it, `NotFound`.
    """
    require_right(scope, "act_on_issue")
    with db.write() as connection:
        row = find_matter(connection, scope, matter_id)
        if row["rev"] != rev:
            raise Conflict("err.changed", who=row["updated_by"] or row["created_by"], time=row["updated_at"] or "")
        if not reason.strip():
            raise Invalid("err.reason_empty")
        if connection.execute(select(attachment.c.id).where(attachment.c.matter == matter_id)).first() is not None:
            raise Invalid("matter.has_photos")
        connection.execute(matter.delete().where(matter.c.id == matter_id))
        said = {name: row[name] for name in ("number", "category", "title", "funds_fen", "done_on", "place")}
        log_change(connection, scope, action="matter.remove", object_id=matter_id, diff={**said, "reason": reason})


def get_matter(db: Database, scope: Scope, *, matter_id: str) -> RowMapping:
    """Return the row of a matter. Raises `NotFound`, `NotAllowed`."""
    require_right(scope, "view")
    with db.read() as connection:
        return find_matter(connection, scope, matter_id)


def find_matter(connection: Connection, scope: Scope, matter_id: str) -> RowMapping:
    """Return the row of a matter in the scope's area. Raises `NotFound`, `NotAllowed`."""
    row = connection.execute(select(matter).where(matter.c.id == matter_id)).mappings().first()
    if row is None:
        raise NotFound("err.no_matter", id=matter_id)
    require_area(connection, scope, row["place"])
    return row


def row_of(entry: MatterEntry) -> dict[str, Any]:
    """Return the columns of `matter` that an entry says, its texts tidied; all but the stamps."""
    row = asdict(entry)
    return row | {name: hide_id_numbers(row[name].strip()) for name in _TEXTS}


def check_matter(entry: MatterEntry, today: date) -> None:
    """Refuse what cannot be. Raises `Invalid`."""
    if not entry.title.strip():
        raise Invalid("err.title_empty")
    for day in (entry.started_on, entry.done_on):
        if day is not None and day > today:
            raise Invalid("err.future", d=day)
    if entry.started_on is not None and entry.done_on is not None and entry.done_on < entry.started_on:
        raise Invalid("matter.ends_early", done=entry.done_on, started=entry.started_on)
    for value, most in ((entry.funds_fen, MOST_FEN), (entry.homes, MOST_HOMES)):
        if value is not None and not 0 <= value <= most:
            raise Invalid("matter.beyond", value=value)


def next_matter_number(connection: Connection, entry: MatterEntry) -> str:
    """Return the next 编号 of the village (or higher unit) of a matter: its code, S, the year, a running number."""
    unit = connection.execute(
        select(place.c.code)
        .join(place_path, place_path.c.ancestor == place.c.id)
        .where(place_path.c.place == entry.place, place.c.level.in_(("village", "township", "district")))
        .order_by(place_path.c.depth)
    ).scalar()
    year = (entry.done_on or entry.started_on or read_today(connection)).year
    start = f"{unit}-{MARK}{year}-"
    numbers = select(func.max(func.length(matter.c.number)), func.max(matter.c.number))
    mine = matter.c.number.startswith(start, autoescape=True)
    longest = connection.execute(numbers.where(mine)).one()[0]
    last = connection.execute(numbers.where(mine, func.length(matter.c.number) == longest)).one()[1]
    return f"{start}{1 + (_running(last, start) if last else 0):04d}"


def _running(number: str, start: str) -> int:
    digits = number.removeprefix(start)
    return int(digits) if digits.isdecimal() else 0
