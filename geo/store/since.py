"""What has happened since something was computed: acts about single households amend it, anything else makes it anew.

Every act leaves a line in the log, in the transaction of the act. So the log tells which households were touched, in
this process or another; what nobody can tell from it counts as everything.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from sqlalchemy import select

from geo.audit import kind_of, read_head
from geo.schema import audit_log, issue_household, visit
from geo.store.remember import Remembered, read_revision

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from sqlalchemy import Connection

    from geo.store.database import Database

Value = TypeVar("Value")

#: Kinds of lines that tell of nothing written but themselves.
_ASIDE: Final = ("login", "refusal", "view", "reveal", "export")
#: Acts → what their object is.
_ABOUT: Final = {
    **dict.fromkeys(("visit.record", "visit.void"), "visit"),
    **dict.fromkeys(("issue.raise", "issue.act"), "issue"),
    **dict.fromkeys(
        ("household.point", "household.edit", "household.tags", "roster.join", "roster.propose", "roster.exclude"),
        "household",
    ),
    **dict.fromkeys(
        ("measure.add", "measure.done", "review.open", "review.minutes", "matter.add", "matter.edit", "matter.remove",
         "photo.add", "photo.remove"), "",
    ),
}  # fmt: skip
#: From so many acts on, computing anew is no dearer.
_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a file was: its revision, and seq and hash of the last line of its log."""

    revision: int
    seq: int
    line: str


def read_mark(connection: Connection) -> Mark:
    """Return how far the file is, as the transaction sees it."""
    return Mark(read_revision(connection), *read_head(connection))


def homes_since(connection: Connection, mark: Mark) -> frozenset[str] | None:
    """Return the households that everything written since a mark was about; None where the log cannot tell.

    It cannot where a line since then is of another act, where a write left none, and in a file that has gone back.
    """
    now = read_mark(connection)
    lines = connection.execute(
        select(audit_log.c.seq, audit_log.c.hash, audit_log.c.action, audit_log.c.object)
        .where(audit_log.c.seq >= max(mark.seq, 1))
        .order_by(audit_log.c.seq)
        .limit(_MOST)
    ).all()
    if mark.seq:
        if not lines or (lines[0].seq, lines[0].hash) != (mark.seq, mark.line):
            return None
        lines = lines[1:]
    acts = [(one.action, one.object) for one in lines if kind_of(one.action) not in _ASIDE]
    # An act may write several lines, but none writes nothing: so many writes need as many lines at least.
    if mark.seq + len(lines) != now.seq or not 0 <= now.revision - mark.revision <= len(acts):
        return None
    if any(action not in _ABOUT for action, _ in acts):
        return None
    return _homes_of(connection, acts)


def _homes_of(connection: Connection, acts: Iterable[tuple[str, str]]) -> frozenset[str]:
    objects: dict[str, set[str]] = {"visit": set(), "issue": set(), "household": set(), "": set()}
    for action, about in acts:
        objects[_ABOUT[action]].add(about)
    visited = select(visit.c.household).where(visit.c.id.in_(objects["visit"]))
    concerned = select(issue_household.c.household).where(issue_household.c.issue.in_(objects["issue"]))
    found = {one for wanted in (visited, concerned) for one in connection.execute(wanted).scalars()}
    return frozenset(found | objects["household"])


@dataclass(frozen=True, slots=True)
class _Kept(Generic[Value]):
    mark: Mark
    value: Value


class Followed(Generic[Value]):
    """The last few results by their keys, each kept up with the log. Nobody may change what it gives."""

    def __init__(self, most: int = 8) -> None:
        """Keep at most so many results."""
        self._kept: Remembered[_Kept[Value]] = Remembered(most)
        # Who comes second waits for the first instead of computing the same.
        self._turns: defaultdict[Hashable, Lock] = defaultdict(Lock)

    def read(
        self,
        db: Database,
        key: Hashable,
        *,
        compute: Callable[[Connection], Value],
        amend: Callable[[Connection, Value, frozenset[str]], Value],
    ) -> Value:
        """Return the result as of now: as it was, amended for the households touched since, or computed anew."""
        key = (str(db.path), key)
        with self._turns[key], db.read() as connection:
            mark, kept = read_mark(connection), self._kept.get(key)
            if kept is not None and kept.mark == mark:
                return kept.value
            touched = None if kept is None else homes_since(connection, kept.mark)
            if kept is None or touched is None:
                value = compute(connection)
            else:
                value = amend(connection, kept.value, touched) if touched else kept.value
            self._kept.put(key, _Kept(mark, value))
            return value
