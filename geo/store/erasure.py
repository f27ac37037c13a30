"""Erasing personal data for good: of one household, or of a closed programme. Counts stay, who they were about goes.

What is append-only (visits, events of issues) loses its free text and points, nothing else; the guard is lifted inside
the transaction that does it. `store.traces` then rewrites the file and searches it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from geo import config
from geo.access import require_home, require_right, require_whole
from geo.audit import log_change
from geo.errors import Conflict, Invalid, NotFound
from geo.idnumbers import hide_id_numbers
from geo.mask import FIELD_CLASSES
from geo.schema import household, land_sheet, round_, round_roster
from geo.store.cells import refresh_cells
from geo.store.database import now, read_today
from geo.store.files import path_of
from geo.store.roster import roster_places

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from geo.model import Scope
    from geo.store.database import Database

#: Letters of a name from which it is taken out of everybody's free text: a shorter one is often a word.
_TELLING: Final = 3
_REASON: Final = 2
_DIGITS: Final = re.compile(r"\d{5,}")
_PART: Final = 500

#: What is done to the rows of some households (`{homes}`); `own` are issues about nobody else.
_VISITS: Final = "SELECT id FROM visit WHERE household IN ({homes})"
_OWN: Final = (
    "SELECT issue FROM issue_household WHERE household IN ({homes}) AND issue NOT IN "
    "(SELECT issue FROM issue_household WHERE household NOT IN ({homes}))"
)
_MEASURES: Final = f"SELECT id FROM measure WHERE issue IN ({_OWN})"
_STEPS: Final = (
    (
        "UPDATE visit SET note = '', lon = NULL, lat = NULL WHERE household IN ({homes}) "
        "AND (note <> '' OR lon IS NOT NULL)"
    ),
    f"UPDATE issue SET title = '…', detail = '' WHERE id IN ({_OWN})",
    f"UPDATE issue_event SET note = '' WHERE issue IN ({_OWN})",
    f"UPDATE measure SET text = '…' WHERE issue IN ({_OWN})",
    "UPDATE round_roster SET excluded_note = '' WHERE household IN ({homes})",
    "DELETE FROM household_tag WHERE household IN ({homes}) AND kind <> 'away_all'",
    "DELETE FROM draft WHERE object IN (SELECT 'visit:' || id FROM household WHERE id IN ({homes}))",
    "DELETE FROM made_code WHERE (village, code) IN (SELECT village, code FROM household WHERE id IN ({homes}))",
    (
        f"DELETE FROM import_row WHERE (table_name = 'household' AND row_id IN ({{homes}})) "
        f"OR (table_name = 'visit' AND row_id IN ({_VISITS}))"
    ),
    (
        "UPDATE household SET head_name = '', phone = '', id_hash = NULL, id_last4 = NULL, note = '', lon = NULL, "
        "lat = NULL, coord_source = 'none', coord_system = '', coord_raw = '', dwelling = NULL, rev = rev + 1, "
        "updated_at = '{at}', updated_by = 'erased' WHERE id IN ({homes})"
    ),
)
_PHOTOS: Final = (
    f"SELECT id, sha256 FROM attachment WHERE visit IN ({_VISITS}) OR issue IN ({_OWN}) OR measure IN ({_MEASURES})"
)


@dataclass(frozen=True, slots=True)
class Erased:
    """How many households were erased, how many rows changed or went, photos, and what must be found nowhere now."""

    households: int
    rows: int
    photos: int
    values: tuple[str, ...]


def erase_household(db: Database, scope: Scope, *, household_id: str, reason: str) -> Erased:
    """Erase who lives in a household: names, phone, ID, point, tags, free text, photos. Code, visits and counts stay.

    Raises `NotAllowed`, `NotFound`, and `Invalid` without a reason.
    """
    require_right(scope, "erase")
    said = _read_reason(reason)
    with db.write() as connection:
        require_home(connection, scope, household_id, "erase")
        erased, photos = _erase(connection, [household_id])
        log_change(
            connection, scope, action="erase", object_id=household_id, diff={"reason": said, "rows": erased.rows}
        )
    _remove_files(db.path, photos)
    return erased


def erase_programme(db: Database, scope: Scope, *, programme: str, reason: str) -> Erased:
    """Erase what a closed programme knows of people: of households in no other programme everything.

    Of the others the free text, points and notes of its visits. Raises `NotAllowed`, `NotFound`, `Invalid`, and
    `Conflict` while a round of it is open.
    """
    require_right(scope, "erase")
    said = _read_reason(reason)
    with db.write() as connection:
        require_whole(connection, scope, "erase")
        rounds = connection.execute(select(round_.c.id, round_.c.status).where(round_.c.programme == programme)).all()
        if not rounds:
            raise NotFound("erase.no_programme", name=programme)
        if any(one.status not in {"closed", "locked"} for one in rounds):
            raise Conflict("erase.open", name=programme)
        shared = _clear_visits(connection, programme)
        erased, photos = _erase(connection, _only_in(connection, programme))
        diff = {"reason": said, "rows": erased.rows + shared, "households": erased.households}
        log_change(connection, scope, action="erase.programme", object_id=programme, diff=diff)
    _remove_files(db.path, photos)
    return Erased(erased.households, erased.rows + shared, erased.photos, erased.values)


def list_closed(db: Database, scope: Scope, *, months: int = config.RETENTION_MONTHS) -> list[tuple[str, str, bool]]:
    """Return the programmes whose rounds are all closed, the oldest first: name, last day, whether to be erased by now.

    That is due when so many months have passed since the last day.
    """
    require_right(scope, "erase")
    with db.read() as connection:
        require_whole(connection, scope, "erase")
        rows = connection.exec_driver_sql(
            "SELECT programme, max(ends_on) FROM round GROUP BY programme "
            "HAVING sum(status NOT IN ('closed', 'locked')) = 0 ORDER BY 2"
        )
        today = read_today(connection)
        past = today.year * 12 + today.month - months
        return [(str(row[0]), str(row[1]), _month_of(row[1]) < past) for row in rows]


def _month_of(day: str) -> int:
    year, month, _day = map(int, day.split("-"))
    return year * 12 + month


def _read_reason(reason: str) -> str:
    said = _DIGITS.sub("…", hide_id_numbers(" ".join(reason.split())))
    if len(said) < _REASON:
        raise Invalid("erase.reason")
    return said


def _only_in(connection: Connection, programme: str) -> list[str]:
    mine = select(round_roster.c.household).join(round_, round_.c.id == round_roster.c.round)
    others = mine.where(round_.c.programme != programme)
    found = mine.where(round_.c.programme == programme, round_roster.c.household.not_in(others)).distinct()
    return list(connection.execute(found).scalars())


def _clear_visits(connection: Connection, programme: str) -> int:
    """Take free text and points out of the visits and roster rows of a programme; return how many rows."""
    rounds = "SELECT id FROM round WHERE programme = ?"
    with _lifted(connection):
        visits = connection.exec_driver_sql(
            f"UPDATE visit SET note = '', lon = NULL, lat = NULL WHERE round IN ({rounds}) "
            "AND (note <> '' OR lon IS NOT NULL)", (programme,),
        )  # fmt: skip
        notes = connection.exec_driver_sql(
            f"UPDATE round_roster SET excluded_note = '' WHERE round IN ({rounds}) AND excluded_note <> ''",
            (programme,),
        )
        return int(visits.rowcount + notes.rowcount)


def _erase(connection: Connection, homes: Sequence[str]) -> tuple[Erased, list[str]]:
    rows, values, photos = 0, set[str](), list[str]()
    with _lifted(connection):
        for start in range(0, len(homes), _PART):
            part = homes[start : start + _PART]
            known = connection.execute(
                select(household.c.head_name, household.c.phone, household.c.id_hash).where(household.c.id.in_(part))
            ).all()
            values |= {value for row in known for value in row if value}
            _stage(connection, part)
            photos += _take_photos(connection)
            rows += _run(connection)
        rows += _scrub(connection, values)
    _refresh(connection, homes)
    return Erased(len(homes), rows, len(photos), tuple(sorted(values))), photos


def _refresh(connection: Connection, homes: Sequence[str]) -> None:
    """Recompute the cells of every place that counted one of the homes: one located less; drawn land is drawn anew."""
    connection.execute(land_sheet.delete())
    today, leaves = read_today(connection), defaultdict[str, set[str]](set)
    for home in homes:
        for round_id, leaf in roster_places(connection, home):
            leaves[round_id].add(leaf)
    for round_id, places in leaves.items():
        refresh_cells(connection, round_id, today, sorted(places))


def _stage(connection: Connection, homes: Sequence[str]) -> None:
    connection.exec_driver_sql("CREATE TEMP TABLE IF NOT EXISTS erasing (id TEXT PRIMARY KEY)")
    connection.exec_driver_sql("DELETE FROM temp.erasing")
    connection.exec_driver_sql("INSERT INTO temp.erasing VALUES (?)", [(one,) for one in homes])


def _run(connection: Connection) -> int:
    chosen = "SELECT id FROM temp.erasing"
    return sum(int(connection.exec_driver_sql(step.format(homes=chosen, at=now())).rowcount) for step in _STEPS)


def _take_photos(connection: Connection) -> list[str]:
    """Let go of the photos of the staged households; return the hashes of those that nothing else shows."""
    found = connection.exec_driver_sql(_PHOTOS.format(homes="SELECT id FROM temp.erasing")).all()
    for photo, _digest in found:
        connection.exec_driver_sql("DELETE FROM attachment WHERE id = ?", (photo,))
    kept = set(connection.exec_driver_sql("SELECT sha256 FROM attachment").scalars())
    return sorted({digest for _photo, digest in found} - kept)


def _remove_files(database: Path, digests: Sequence[str]) -> None:
    for digest in digests:
        path_of(database, digest).unlink(missing_ok=True)


def _scrub(connection: Connection, values: set[str]) -> int:
    """Take phones and telling names out of every free text of the file; return how many rows it was in."""
    rows = 0
    telling = [value for value in values if len(value) >= _TELLING]
    for column in [name for name, kind in FIELD_CLASSES.items() if kind in {"text", "photo"}]:
        table, name = column.split(".")
        if name == "kind":
            continue
        for value in telling:
            rows += connection.exec_driver_sql(
                f"UPDATE {table} SET {name} = replace({name}, ?, '…') WHERE instr({name}, ?) > 0", (value, value)
            ).rowcount
    return int(rows)


@contextmanager
def _lifted(connection: Connection) -> Iterator[None]:
    """Take the guards off visits and events for a moment; they are back when the transaction ends, or it never was."""
    guards: list[Any] = list(
        connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('visit', 'issue_event')"
        ).all()
    )
    for name, _made in guards:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    yield
    for _name, made in guards:
        connection.exec_driver_sql(made)
