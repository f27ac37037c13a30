"""What was computed and still holds: kept in the process until what it rests on changes."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from sqlalchemy import func, select

from geo.schema import (
    assignment,
    household,
    household_tag,
    import_batch,
    issue,
    issue_event,
    measure,
    place,
    round_roster,
    visit,
)
from geo.store.database import read_setting

if TYPE_CHECKING:
    from collections.abc import Hashable

    from sqlalchemy import Connection, Select

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """The last few results by their keys; what was stored first goes first. Nobody may change what it gives."""

    def __init__(self, most: int = 8) -> None:
        """Keep at most so many results."""
        self._most = most
        self._kept: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Value | None:
        """Return what was stored under a key, if it is still kept."""
        with self._lock:
            return self._kept.get(key)

    def put(self, key: Hashable, value: Value) -> None:
        """Store a result; the oldest one goes when there are too many."""
        with self._lock:
            self._kept[key] = value
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


def read_revision(connection: Connection) -> int:
    """Return the counter that every write raises, as the transaction sees it."""
    return int(read_setting(connection, "revision", "0"))


_stamps: Final[Remembered[tuple[object, ...]]] = Remembered(64)


def stamp_round(path: str, connection: Connection, round_id: str) -> tuple[object, ...]:
    """Return what changes with anything that a round's figures of a fixed day rest on.

    Its visits (append-only), roster and assignments, tags, the points of households; and imports, which alone can take
    rows away again. A save in another round leaves it as it is.
    """
    key = (path, read_revision(connection), round_id)
    known = _stamps.get(key)
    if known is None:
        known = _ask(
            connection,
            select(func.count()).select_from(visit).where(visit.c.round == round_id),
            select(func.sum(round_roster.c.rev)).where(round_roster.c.round == round_id),
            select(func.count()).select_from(assignment).where(assignment.c.round == round_id),
            select(func.sum(assignment.c.rev)).where(assignment.c.round == round_id),
            select(func.count()).select_from(household_tag),
            select(func.max(household_tag.c.created_at)),
            select(func.max(household_tag.c.updated_at)),
            select(func.sum(household.c.rev)),
            select(func.count()).select_from(import_batch),
            select(func.count(import_batch.c.undone_at)),
        )
        _stamps.put(key, known)
    return known


def stamp_issues(path: str, connection: Connection) -> tuple[object, ...]:
    """Return what changes with anything that figures of issues on a fixed day rest on; a visit leaves it as it is.

    Issues with their events (append-only) and measures, the units they are filed under; and imports, which alone can
    take rows away again.
    """
    key = (path, read_revision(connection), "issues")
    known = _stamps.get(key)
    if known is None:
        known = _ask(
            connection,
            select(func.count()).select_from(issue),
            select(func.sum(issue.c.rev)),
            select(func.count()).select_from(issue_event),
            select(func.sum(measure.c.rev)),
            select(func.count()).select_from(place),
            select(func.sum(place.c.rev)),
            select(func.count()).select_from(import_batch),
            select(func.count(import_batch.c.undone_at)),
        )
        _stamps.put(key, known)
    return known


def _ask(connection: Connection, *counts: Select[Any]) -> tuple[object, ...]:
    return tuple(connection.execute(select(*(one.scalar_subquery() for one in counts))).one())
