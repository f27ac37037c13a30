"""What has happened since something was computed: acts about some households or issues amend it, others make it anew.

Every act leaves a line in the log, in the transaction of the act. So the log tells what was touched, by this process
or another; what nobody can tell from it counts as everything. What a new day changes by itself is told besides.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from sqlalchemy import select

from geo.audit import kind_of, read_head
from geo.schema import audit_log
from geo.store.database import as_moment
from geo.store.remember import Remembered, read_revision
from geo.store.touched import (
    Touched,
    by_days,
    of_assignments,
    of_batch,
    of_issues,
    of_members,
    of_visits,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable
    from datetime import date

    from sqlalchemy import Connection

    from geo.model import Round
    from geo.store.database import Database

Value = TypeVar("Value")

#: Kinds of lines that tell of nothing written but themselves.
_ASIDE: Final = ("login", "refusal", "view", "reveal", "export")
#: Acts → what their object is; '' for acts that change nothing about a household, an issue or who is in a team.
_ABOUT: Final = {
    **dict.fromkeys(("visit.record", "visit.void"), "visit"),
    **dict.fromkeys(("issue.raise", "issue.act"), "issue"),
    **dict.fromkeys(
        ("household.add", "household.edit", "household.move", "household.point", "household.tags", "roster.join",
         "roster.propose", "roster.exclude"), "household",
    ),
    **dict.fromkeys(
        ("assign", "withdraw", "assignment.due", "assignment.change", "assignment.answer", "assignment.return",
         "plan.publish"), "assignment",
    ),
    **dict.fromkeys(("team.add", "team.end", "team.lead"), "member"),
    "import": "batch",
    **dict.fromkeys(
        ("measure.add", "measure.done", "review.open", "review.minutes", "matter.add", "matter.edit", "matter.remove",
         "photo.add", "photo.remove", "import.mapping", "import.dismiss", "person.add", "rule.write",
         "category.write", "list.write", "ways.set", "plan.settings", "zone.save", "zone.remove", "basemap.set",
         "backup", "round.open", "round.closed", "round.locked", "change_password", "enrol_codes", "create_account",
         "disable_account", "enable_account", "reset_account", "move_account", "grant_exports", "revoke_session"), "",
    ),
}  # fmt: skip
#: From so many acts on, computing anew is no dearer.
_MOST: Final = 5000
#: Clocks are set back now and then; what seems written shortly before counts as written since.
_SLACK: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a file was: its revision, and seq and hash of the last line of its log."""

    revision: int
    seq: int
    line: str


def read_mark(connection: Connection) -> Mark:
    """Return how far the file is, as the transaction sees it."""
    return Mark(read_revision(connection), *read_head(connection))


def touched_since(connection: Connection, mark: Mark) -> Touched | None:
    """Return what everything written since a mark was about; None where the log cannot tell.

    It cannot where a line since then is of another act, where a write left none, and in a file that has gone back.
    """
    now = read_mark(connection)
    lines = connection.execute(
        select(audit_log.c.seq, audit_log.c.hash, audit_log.c.action, audit_log.c.object, audit_log.c.at)
        .where(audit_log.c.seq >= max(mark.seq, 1))
        .order_by(audit_log.c.seq)
        .limit(_MOST)
    ).all()
    moment = ""
    if mark.seq:
        if not lines or (lines[0].seq, lines[0].hash) != (mark.seq, mark.line):
            return None
        moment = as_moment(datetime.fromisoformat(lines[0].at) - _SLACK)
        lines = lines[1:]
    acts = [(one.action, one.object) for one in lines if kind_of(one.action) not in _ASIDE]
    # An act may write several lines, but none writes nothing: so many writes need as many lines at least.
    if mark.seq + len(lines) != now.seq or not 0 <= now.revision - mark.revision <= len(acts):
        return None
    if any(action not in _ABOUT for action, _ in acts):
        return None
    return _touched_by(connection, acts, moment)


def _touched_by(connection: Connection, acts: Iterable[tuple[str, str]], moment: str) -> Touched | None:
    objects = defaultdict[str, set[str]](set)
    for action, about in acts:
        objects[_ABOUT[action]].add(about)
    found = Touched(frozenset(objects["household"])) | of_visits(connection, objects["visit"])
    found |= of_issues(connection, objects["issue"]) | of_members(connection, objects["member"])
    if objects["assignment"]:
        found |= of_assignments(connection, moment)
    for batch in objects["batch"]:
        told = of_batch(connection, batch)
        if told is None:
            return None
        found |= told
    return found


@dataclass(frozen=True, slots=True)
class Course(Generic[Value]):
    """How a result is made, and made anew in part: `turn` tells what days that go by (from, to) change in it."""

    compute: Callable[[Connection], Value]
    amend: Callable[[Connection, Value, Touched], Value]
    turn: Callable[[Connection, date, date], Touched | None]


@dataclass(frozen=True, slots=True)
class _Kept(Generic[Value]):
    mark: Mark
    day: date
    value: Value


def kept_day(day: date, today: date) -> date | None:
    """Return what stands for a day in a key: nothing for today, so that what is kept of today goes on to tomorrow."""
    return None if day == today else day


def shape_of(round_: Round) -> tuple[Hashable, ...]:
    """Return what figures of a round are made by: it stays the same when the round is renamed, closed or locked."""
    return (round_.id, round_.programme, round_.starts_on, round_.ends_on, round_.away_phone_counts)


def turn_of(round_: Round) -> Callable[[Connection, date, date], Touched | None]:
    """Return what tells what days that go by change in lists of a round's households."""
    return lambda connection, before, day: by_days(connection, round_, before, day)


class Followed(Generic[Value]):
    """The last few results by their keys, each kept up with the log and the day. Nobody may change what it gives."""

    def __init__(self, most: int = 8) -> None:
        """Keep at most so many results."""
        self._kept: Remembered[_Kept[Value]] = Remembered(most)
        # Who comes second waits for the first instead of computing the same.
        self._turns: defaultdict[Hashable, Lock] = defaultdict(Lock)
        #: How often a result was computed whole: an act about a few must not raise it.
        self.computed = 0

    def read(self, db: Database, key: Hashable, day: date, *, course: Course[Value]) -> Value:
        """Return the result as of now and a day: as it was, amended for what was touched since, or computed anew.

        Results of days that are looked at side by side need keys of their own; a key whose day moves on follows it.
        """
        return self.read_marked(db, key, day, course=course)[1]

    def read_marked(self, db: Database, key: Hashable, day: date, *, course: Course[Value]) -> tuple[Mark, Value]:
        """Return the result, and how far the file was when it was right."""
        key = (str(db.path), key)
        with self._turns[key], db.read() as connection:
            mark, kept = read_mark(connection), self._kept.get(key)
            if kept is not None and (kept.mark, kept.day) == (mark, day):
                return mark, kept.value
            touched = None if kept is None else _touched(connection, kept, day, course)
            if kept is None or touched is None or len(touched.homes) > _MOST_HOMES:
                value, self.computed = course.compute(connection), self.computed + 1
            else:
                value = course.amend(connection, kept.value, touched) if touched else kept.value
            self._kept.put(key, _Kept(mark, day, value))
            return mark, value


#: From so many households on, computing anew is no dearer.
_MOST_HOMES: Final = 20_000


def _touched(connection: Connection, kept: _Kept[Value], day: date, course: Course[Value]) -> Touched | None:
    told = touched_since(connection, kept.mark)
    if told is None or day == kept.day:
        return told
    turned = course.turn(connection, kept.day, day) if day > kept.day else None
    return None if turned is None else told | turned
