"""Tables of homes: one row a household with its state in a round and all that a list or a map says of it.

A district has tens of thousands of homes. So what everybody is asked for (state) is one statement, and what only the
rows of a list need (facts, tags, history) is read for those rows alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from sqlalchemy import func, or_, select

from geo.access import require_area, require_right
from geo.coverage import fared, homes_under, household_status, is_live, last_seen, roll_up
from geo.gaps import missed_in_a_row
from geo.issues import rings
from geo.mask import mask_people
from geo.schema import (
    assignment,
    household,
    household_tag,
    person,
    place,
    place_path,
    round_roster,
    team,
)
from geo.store.cells import read_cells
from geo.store.database import read_today
from geo.store.frames import read_frame
from geo.store.picking import pick
from geo.store.remember import Remembered, stamp_round
from geo.store.rounds import rounds_of, visible_round

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from sqlalchemy import Connection, Select

    from geo.coverage import Homes
    from geo.model import Round, Scope
    from geo.store.database import Database

#: What rows of homes are sorted by.
IN_REGISTER_ORDER: Final = ["village_code", "group_code", "code"]
_COUNTS: Final = ("ring", "open_issues", "overdue_issues", "undated_issues", "by_group")


def read_homes(
    db: Database, scope: Scope, *, round_id: str, place_id: str, as_of: date | None = None, with_left: bool = False
) -> pd.DataFrame:
    """Return one row per household of the round's D under a place (with `with_left` also those that have left).

    Columns: those of `coverage.household_status`; code, head_name (masked), household_class, size,
    dwelling; township, village, group, village_code, group_code (of the roster place); tags (codes joined by a
    comma); priority_home; ring, open_issues, overdue_issues, undated_issues; last_on, last_outcome_ever,
    last_effective_on; missed_rounds; assignee, assignee_id, assignment_id, by_group (that of the whole group, 0/1). In
    register order.
    """
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        round_ = visible_round(connection, scope, round_id)
        reading = Reading.begin(db, connection, round_, as_of=as_of)
        homes = homes_under(round_, place_id)
        status = household_status(round_, reading.day, homes=homes).subquery("status")
        wanted = select(*status.c)
        frame = read_frame(connection, wanted if with_left else wanted.where(status.c.roster == 1))
        return mask_people(reading.complete(frame, homes), scope)


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at one round as of one day, inside one transaction; nothing in it is masked."""

    path: str
    connection: Connection
    round: Round
    day: date
    today: date
    issues: pd.DataFrame

    @classmethod
    def begin(
        cls, db: Database, connection: Connection, round_: Round, *, as_of: date | None, homes: Homes | None = None
    ) -> Reading:
        """Begin to look; with `homes` no issue of another household is read."""
        today = read_today(connection)
        day = as_of or today
        issues = read_frame(connection, rings(day, homes=homes))
        return cls(str(db.path), connection, round_, day, today, issues)

    def open_homes(self, homes: Homes) -> pd.DataFrame:
        """Return the state of those of some homes that are on one of the two lists of 缺口."""
        status = household_status(self.round, self.day, homes=homes).subquery("status")
        late = self.issues[(self.issues["overdue_issues"] > 0) | (self.issues["undated_issues"] > 0)]
        has_late = status.c.household.in_(pick(self.connection, late["household"].tolist(), to="picked_late"))
        is_open = or_(status.c.effective == 0, status.c.located == 0, status.c.assigned == 0, has_late)
        return read_frame(self.connection, select(*status.c).where(status.c.roster == 1, is_open))

    def places(self, leaves: Iterable[str]) -> pd.DataFrame:
        """Return roster, effective and complete of some leaf places that hold a household of D, with their names."""
        if self.day == self.today:
            found = read_cells(self.connection, self.round.id, leaves, span="own")
            rows = [(one, counts.roster, counts.effective, counts.complete) for one, counts in found.items()]
        else:
            homes = select(round_roster.c.household).where(
                round_roster.c.round == self.round.id, round_roster.c.place.in_(list(leaves))
            )
            counted = roll_up(self.round, self.day, homes=homes).subquery("counted")
            wanted = select(counted.c.place, counted.c.roster, counted.c.effective, counted.c.complete)
            rows = [tuple(row) for row in self.connection.execute(wanted)]
        frame = pd.DataFrame(rows, columns=["place", "roster", "effective", "complete"])
        frame = frame[frame["roster"] > 0]
        frame = frame.merge(name_leaves(self.connection, frame["place"].tolist()), on="place", how="left")
        named = select(assignment.c.place, _ASSIGNEE_NAME.label("assignee"), assignment.c.due_on)
        whole: Select[Any] = _live(named, self.round).where(assignment.c.place.is_not(None))
        return frame.merge(read_frame(self.connection, whole), on="place", how="left").sort_values("place")

    def complete_picked(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows with all columns of `read_homes`, reading no other household."""
        return self.complete(frame, pick(self.connection, frame["household"].tolist()))

    def complete(self, frame: pd.DataFrame, homes: Homes) -> pd.DataFrame:
        """Return the rows with all columns of `read_homes`; `homes` selects them, and may select more."""
        frame = frame.rename(columns={"priority": "priority_home"})
        for part in self._parts(homes, frame):
            frame = frame.merge(part, on="household", how="left")
        frame = frame.merge(name_leaves(self.connection, frame["place"].unique().tolist()), on="place", how="left")
        frame["missed_rounds"] = self._count_missed(frame["household"].tolist())
        frame[list(_COUNTS)] = frame[list(_COUNTS)].fillna(0).astype(int)
        frame["tags"] = frame["tags"].fillna("")
        return frame.sort_values(IN_REGISTER_ORDER).reset_index(drop=True)

    def _parts(self, homes: Homes, frame: pd.DataFrame) -> list[pd.DataFrame]:
        """Tables of one row a household, to be joined to the state of the homes: facts, tags, issues, history, who."""
        facts = select(
            household.c.id.label("household"), household.c.code, household.c.head_name,
            household.c.household_class, household.c.size, household.c.dwelling,
        ).where(household.c.id.in_(homes))  # fmt: skip
        seen = read_frame(self.connection, last_seen(self.round.programme, self.day, homes=homes))
        return [
            read_frame(self.connection, facts),
            _tags(self.connection, self.day, homes),
            self.issues,
            seen.rename(columns={"last_outcome": "last_outcome_ever"}),
            _assignees(self.connection, self.round, frame, homes),
        ]

    def _count_missed(self, ids: list[str]) -> list[int]:
        """Return 连漏 of each home over the rounds that ended before the day."""
        held = [one for one in rounds_of(self.connection, self.round.programme) if one.status != "draft"]
        ended = [one for one in held if one.ends_on < self.day]
        newest_first = sorted(ended, key=lambda one: one.ends_on, reverse=True)
        return missed_in_a_row(ids, (partial(self._ask_round, one) for one in newest_first))

    def _ask_round(self, ended: Round, ids: Sequence[str]) -> dict[str, int]:
        """Return how homes fared in a round that has ended; of many it is remembered while that round stands."""
        if len(ids) <= _MANY:
            return self._read_fate(ended, ids)
        key = (self.path, ended, stamp_round(self.path, self.connection, ended.id))
        known = _fates.get(key) or _NOTHING
        if not known.asked.issuperset(ids):
            known = _Fate(known.asked | frozenset(ids), known.complete | self._read_fate(ended, ids))
            _fates.put(key, known)
        return known.complete

    def _read_fate(self, ended: Round, ids: Sequence[str]) -> dict[str, int]:
        found = read_frame(self.connection, fared(ended, homes=pick(self.connection, ids)))
        return dict(zip(found["household"].tolist(), found["complete"].tolist(), strict=True))


#: From so many homes on, how they fared in an ended round is worth remembering.
_MANY: Final = 3000


@dataclass(frozen=True, slots=True)
class _Fate:
    """What was asked about one ended round, and the answer: household → complete (0/1), for those its D held."""

    asked: frozenset[str]
    complete: dict[str, int]


_NOTHING: Final = _Fate(frozenset(), {})
_fates: Final[Remembered[_Fate]] = Remembered()


def _tags(connection: Connection, day: date, homes: Homes) -> pd.DataFrame:
    rows = connection.execute(
        select(household_tag.c.household, household_tag.c.kind)
        .where(
            household_tag.c.household.in_(homes),
            household_tag.c.since <= day,
            or_(household_tag.c.until.is_(None), household_tag.c.until >= day),
        )
        .order_by(household_tag.c.household, household_tag.c.kind)
        .distinct()
    )
    held: dict[str, list[str]] = {}
    for home, kind in rows:
        held.setdefault(home, []).append(kind)
    return pd.DataFrame({"household": list(held), "tags": [",".join(kinds) for kinds in held.values()]}, dtype="str")


_ASSIGNEE_NAME: Final = func.coalesce(person.c.name, team.c.name)


def _live(wanted: Select[Any], round_: Round) -> Select[Any]:
    """Join to a selection from assignments who they name, and keep those in force in the round."""
    return (
        wanted.select_from(assignment)
        .outerjoin(person, person.c.id == assignment.c.person)
        .outerjoin(team, team.c.id == assignment.c.team)
        .where(assignment.c.round == round_.id, is_live(assignment))
    )


def _assignees(connection: Connection, round_: Round, frame: pd.DataFrame, homes: Homes) -> pd.DataFrame:
    """Who answers for each household: its own live assignment's assignee, else its group's."""
    wanted = select(
        assignment.c.id.label("assignment_id"), assignment.c.household, assignment.c.place.label("group_place"),
        func.coalesce(assignment.c.person, assignment.c.team).label("assignee_id"), _ASSIGNEE_NAME.label("assignee"),
    )  # fmt: skip
    known = or_(assignment.c.place.is_not(None), assignment.c.household.in_(homes))
    live = read_frame(connection, _live(wanted, round_).where(known))
    own = live[live["household"].notna()].drop(columns="group_place").assign(by_group=0)
    groups = live[live["group_place"].notna()].drop(columns="household").assign(by_group=1)
    taken = set(own["household"].tolist())
    rest = frame.loc[[one not in taken for one in frame["household"].tolist()], ["household", "place"]]
    by_group = rest.merge(groups, left_on="place", right_on="group_place", how="inner")
    return pd.concat([own, by_group[own.columns]], ignore_index=True)


def name_leaves(connection: Connection, places: list[str]) -> pd.DataFrame:
    """Names of the township, village and group of each leaf place; a village without groups has an empty group."""
    rows = connection.execute(
        select(place_path.c.place, place.c.level, place.c.name, place.c.code, place.c.id)
        .join(place, place.c.id == place_path.c.ancestor)
        .where(place_path.c.place.in_(places))
    )
    found: dict[str, dict[str, tuple[str, str, str]]] = {one: {} for one in places}
    for leaf, level, *unit in rows:
        found[leaf][level] = (unit[0], unit[1], unit[2])
    blank = ("", "", "")
    named = []
    for leaf, levels in found.items():
        township, village, group = (levels.get(level, blank) for level in ("township", "village", "group"))
        named.append((leaf, township[0], village[0], group[0], village[1], group[1], village[2]))
    columns = ["place", "township", "village", "group", "village_code", "group_code", "village_id"]
    return pd.DataFrame(named, columns=columns)
