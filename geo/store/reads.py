"""What pages, exports and the command line read: figures of places, and tables of homes. All within the scope."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from sqlalchemy import and_, func, or_, select

from geo.access import require_area, require_areas, require_right
from geo.coverage import (
    Counts,
    Share,
    fared,
    homes_under,
    household_status,
    is_cleared,
    is_live,
    last_seen,
    roll_up,
    same_day_of,
)
from geo.gaps import missed_in_a_row
from geo.issues import issue_shares, rings
from geo.mask import mask_name
from geo.schema import (
    CELL_COUNTS,
    assignment,
    household,
    household_tag,
    import_batch,
    person,
    place,
    place_path,
    round_roster,
    team,
    visit,
)
from geo.store.cells import ensure_cells, read_cells
from geo.store.database import read_today
from geo.store.issues import count_issues
from geo.store.places import places_by_id
from geo.store.rounds import find_round, held_at, list_rounds, previous_round

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from geo.coverage.status import Homes
    from geo.model import Place, Round, Scope
    from geo.store.database import Database


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of one place in one round as of a day; `issues` are `geo.issues.ISSUE_COUNTS`."""

    place: Place
    round: Round
    as_of: date
    counts: Counts
    issues: dict[str, int]

    def share(self, formula: str) -> Share:
        """Return a metric of coverage or of issues by its catalogue key."""
        if formula in (shares := issue_shares(self.issues)):
            return shares[formula]
        return self.counts.share(formula)

    @property
    def cleared(self) -> bool:
        """Whether every valid issue is closed and every household of D complete."""
        return is_cleared(self.counts, valid_open=self.issues["open"])


def read_figures(db: Database, scope: Scope, *, round_id: str, place_id: str, as_of: date | None = None) -> Figures:
    """Return the figures of one place; today's come from the cells, another day's from the full expression."""
    return read_many(db, scope, round_id=round_id, place_ids=[place_id], as_of=as_of)[0]


def read_children(
    db: Database, scope: Scope, *, round_id: str, place_id: str, level: str | None = None, as_of: date | None = None
) -> list[Figures]:
    """Return the figures of the units directly below a place, or of all units of a level under it, by code."""
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        wanted = select(place.c.id).order_by(place.c.code)
        if level is None:
            wanted = wanted.where(place.c.parent == place_id)
        else:
            under = and_(place_path.c.place == place.c.id, place_path.c.ancestor == place_id)
            wanted = wanted.join(place_path, under).where(place.c.level == level)
        ids = list(connection.execute(wanted).scalars())
    return read_many(db, scope, round_id=round_id, place_ids=ids, as_of=as_of)


def read_many(
    db: Database, scope: Scope, *, round_id: str, place_ids: list[str], as_of: date | None = None
) -> list[Figures]:
    """Return the figures of several places, in the order asked for."""
    require_right(scope, "view")
    with db.read() as connection:
        round_ = find_round(connection, round_id)
        today = read_today(connection)
    day = as_of or today
    if day == today:
        ensure_cells(db, round_.id)
    with db.read() as connection:
        require_areas(connection, scope, place_ids)
        places = places_by_id(connection, place_ids)
        if day == today:
            counts = read_cells(connection, round_.id, place_ids)
        else:
            counts = _past_counts(db, connection, round_, day)
        issues = count_issues(connection, day, place_ids)
    return [
        Figures(places[one], round_, day, counts.get(one, Counts.empty()), issues[one])
        for one in place_ids
        if one in places
    ]


def read_same_day(db: Database, scope: Scope, *, figures: Figures) -> Figures | None:
    """Return the previous round's figures of the same place on the same day of that round (同期), if there is one.

    A place that is wider than the round is compared where the round is held.
    """
    where = held_at(db, scope, of=figures.round, place_id=figures.place.id)
    before = previous_round(db, scope, of=figures.round, place_id=where)
    if before is None:
        return None
    day = same_day_of(before, figures.round, figures.as_of)
    return read_figures(db, scope, round_id=before.id, place_id=where, as_of=day)


class _Remembered:
    """Counts of past days, kept while the database does not change: (file, revision, round, day) → place → counts."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int, str, date], dict[str, Counts]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: tuple[str, int, str, date]) -> dict[str, Counts] | None:
        with self._lock:
            return self._kept.get(key)

    def put(self, key: tuple[str, int, str, date], counts: dict[str, Counts]) -> None:
        with self._lock:
            self._kept[key] = counts
            while len(self._kept) > 8:  # noqa: PLR2004 - a handful of rounds and days is all that is looked at
                self._kept.popitem(last=False)


_past = _Remembered()


def _past_counts(db: Database, connection: Connection, round_: Round, day: date) -> dict[str, Counts]:
    key = (str(db.path), db.revision(), round_.id, day)
    known = _past.get(key)
    if known is not None:
        return known
    leaves = roll_up(round_, day).subquery("leaves")
    sums = (func.sum(leaves.c[name]).label(name) for name in CELL_COUNTS)
    rows = connection.execute(
        select(place_path.c.ancestor, *sums)
        .join(leaves, leaves.c.place == place_path.c.place)
        .group_by(place_path.c.ancestor)
    ).mappings()
    counts = {row["ancestor"]: Counts({name: int(row[name]) for name in CELL_COUNTS}) for row in rows}
    _past.put(key, counts)
    return counts


def read_homes(
    db: Database, scope: Scope, *, round_id: str, place_id: str, as_of: date | None = None, with_left: bool = False
) -> pd.DataFrame:
    """Return one row per household of the round's D under a place (with `with_left` also those that have left).

    Columns: those of `coverage.household_status`; code, head_name (masked by right), household_class, size,
    dwelling; township, village, group, village_code, group_code (of the roster place); tags (codes joined by a
    comma); priority_home; ring, open_issues, overdue_issues, undated_issues; last_on, last_outcome_ever,
    last_effective_on; missed_rounds; assignee, assignee_id, assignment_id. In register order.
    """
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        round_ = find_round(connection, round_id)
        day = as_of or read_today(connection)
        homes = homes_under(round_, place_id)
        frame = _frame(connection, household_status(round_, day, homes=homes))
        frame = frame.rename(columns={"priority": "priority_home"})
        for part in _parts(connection, round_, day, homes, frame):
            frame = frame.merge(part, on="household", how="left")
        frame = frame.merge(_units(connection, frame["place"].unique().tolist()), on="place", how="left")
        held = [one for one in list_rounds(db, scope, programme=round_.programme) if one.status != "draft"]
        earlier = sorted((one for one in held if one.ends_on < day), key=lambda one: one.ends_on, reverse=True)
        fates = [_fate(db, connection, one, homes, wide=len(frame) > _MANY) for one in earlier]
    frame["missed_rounds"] = missed_in_a_row(frame["household"], fates)
    for name in ("ring", "open_issues", "overdue_issues", "undated_issues"):
        frame[name] = frame[name].fillna(0).astype(int)
    frame["tags"] = frame["tags"].fillna("")
    if not scope.sees_names:
        frame["head_name"] = frame["head_name"].map(mask_name)
    if not with_left:
        frame = frame[frame["roster"] == 1]
    return frame.sort_values(["village_code", "group_code", "code"]).reset_index(drop=True)


#: From so many homes on, an ended round is worth computing whole and remembering.
_MANY: Final = 3000
_fates: OrderedDict[tuple[object, ...], pd.Series] = OrderedDict()


def _fate(db: Database, connection: Connection, ended: Round, homes: Any, *, wide: bool) -> pd.Series:
    """Return household → complete (0/1) of a round that has ended, remembered while nothing of that round changes."""
    stamp = connection.execute(
        select(
            select(func.count()).select_from(visit).where(visit.c.round == ended.id).scalar_subquery(),
            select(func.sum(round_roster.c.rev)).where(round_roster.c.round == ended.id).scalar_subquery(),
            select(func.count()).select_from(household_tag).scalar_subquery(),
            select(func.max(household_tag.c.updated_at)).scalar_subquery(),
            select(func.count(import_batch.c.undone_at)).scalar_subquery(),
        )
    ).one()
    key = (str(db.path), ended, *stamp)
    known = _fates.get(key)
    if known is not None:
        return known
    whole = None if wide else homes
    fate: pd.Series = _frame(connection, fared(ended, homes=whole)).set_index("household")["complete"]
    if wide:
        _fates[key] = fate
        while len(_fates) > 8:  # noqa: PLR2004 - a handful of rounds is all that is looked at
            _fates.popitem(last=False)
    return fate


def _parts(connection: Connection, round_: Round, day: date, homes: Any, frame: pd.DataFrame) -> list[pd.DataFrame]:
    """Tables of one row a household, to be joined to the state of the homes: facts, tags, issues, history, assignee."""
    facts = select(
        household.c.id.label("household"), household.c.code, household.c.head_name,
        household.c.household_class, household.c.size, household.c.dwelling,
    ).where(household.c.id.in_(homes))  # fmt: skip
    seen = _frame(connection, last_seen(round_.programme, day, homes=homes))
    return [
        _frame(connection, facts),
        _tags(connection, day, homes),
        _frame(connection, rings(day)),
        seen.rename(columns={"last_outcome": "last_outcome_ever"}),
        _assignees(connection, round_, frame, homes),
    ]


def _frame(connection: Connection, statement: Any) -> pd.DataFrame:
    result = connection.execute(statement)
    return pd.DataFrame(result.all(), columns=list(result.keys()))


def _tags(connection: Connection, day: date, homes: Any) -> pd.DataFrame:
    held = _frame(
        connection,
        select(household_tag.c.household, household_tag.c.kind)
        .where(
            household_tag.c.household.in_(homes),
            household_tag.c.since <= day,
            or_(household_tag.c.until.is_(None), household_tag.c.until >= day),
        )
        .order_by(household_tag.c.household, household_tag.c.kind)
        .distinct(),
    )
    return held.groupby("household")["kind"].agg(",".join).rename("tags").reset_index()


def _assignees(connection: Connection, round_: Round, frame: pd.DataFrame, homes: Homes) -> pd.DataFrame:
    """Who answers for each household: its own live assignment's assignee, else its group's."""
    live = _frame(
        connection,
        select(
            assignment.c.id.label("assignment_id"), assignment.c.household, assignment.c.place.label("group_place"),
            func.coalesce(assignment.c.person, assignment.c.team).label("assignee_id"),
            func.coalesce(person.c.name, team.c.name).label("assignee"),
        )
        .outerjoin(person, person.c.id == assignment.c.person)
        .outerjoin(team, team.c.id == assignment.c.team)
        .where(assignment.c.round == round_.id, is_live(assignment))
        .where(or_(assignment.c.place.is_not(None), assignment.c.household.in_(homes))),
    )  # fmt: skip
    own = live[live["household"].notna()].drop(columns="group_place")
    groups = live[live["group_place"].notna()].drop(columns="household")
    rest = frame.loc[~frame["household"].isin(own["household"]), ["household", "place"]]
    by_group = rest.merge(groups, left_on="place", right_on="group_place", how="inner")
    return pd.concat([own, by_group[own.columns]], ignore_index=True)


def _units(connection: Connection, places: list[str]) -> pd.DataFrame:
    """Names of the township, village and group of each leaf place; a village without groups has an empty group."""
    columns = ["place", "township", "village", "group", "village_code", "group_code", "village_id"]
    rows = []
    for one in places:
        found = {"group": ("", "")}
        above = connection.execute(
            select(place.c.level, place.c.name, place.c.code, place.c.id)
            .join(place_path, place_path.c.ancestor == place.c.id)
            .where(place_path.c.place == one)
        )
        ids = {}
        for level, name, code, place_id in above:
            found[level] = (name, code)
            ids[level] = place_id
        blank = ("", "")
        rows.append(
            (one, found.get("township", blank)[0], found.get("village", blank)[0], found["group"][0],
             found.get("village", blank)[1], found["group"][1], ids.get("village", ""))
        )  # fmt: skip
    return pd.DataFrame(rows, columns=columns)
