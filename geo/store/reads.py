"""What pages, exports and the command line read: figures of places here, tables of homes in `homes`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement, and_, exists, or_, select

from geo import codes
from geo.access import may, require_area, require_areas, require_right
from geo.coverage import Counts, Share, by_tag, homes_under, is_cleared, same_day_of
from geo.issues import issue_shares
from geo.mask import is_small
from geo.schema import CELL_COUNTS, place, place_path, round_roster
from geo.store.cells import ensure_cells, read_cells
from geo.store.counted import count_leaves
from geo.store.database import read_today
from geo.store.homes import read_homes
from geo.store.issue_status import count_issues_once
from geo.store.issues import NO_ISSUES
from geo.store.places import find_place, places_by_id
from geo.store.published import frozen_counts, frozen_tags
from geo.store.remember import Remembered
from geo.store.rounds import held_at, previous_round, visible_round
from geo.store.rules import read_rules

if TYPE_CHECKING:
    from datetime import date

    from geo.model import Place, Round, Scope
    from geo.store.counted import Leaves
    from geo.store.database import Database

__all__ = [
    "Figures",
    "read_by_tag",
    "read_children",
    "read_figures",
    "read_homes",
    "read_many",
    "read_same_day",
]


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
    """Return the figures of the units directly below a place, or of all units of a level under it, by code.

    Units that a later edition closed are among them where the round lies in them.
    """
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        of_round = _is_of_round(visible_round(connection, scope, round_id).id)
        wanted = select(place.c.id).where(of_round).order_by(place.c.code)
        if level is None:
            wanted = wanted.where(place.c.parent == place_id)
        else:
            under = and_(place_path.c.place == place.c.id, place_path.c.ancestor == place_id)
            wanted = wanted.join(place_path, under).where(place.c.level == level)
        ids = list(connection.execute(wanted).scalars())
    return read_many(db, scope, round_id=round_id, place_ids=ids, as_of=as_of)


def _is_of_round(round_id: str) -> ColumnElement[bool]:
    """Whether a place is there today, or holds somebody of the round's roster."""
    below = place_path.alias("below_closed")
    holds = (
        exists()
        .select_from(below.join(round_roster, round_roster.c.place == below.c.place))
        .where(below.c.ancestor == place.c.id, round_roster.c.round == round_id)
    )
    return or_(place.c.valid_to.is_(None), holds)


def read_many(
    db: Database, scope: Scope, *, round_id: str, place_ids: list[str], as_of: date | None = None
) -> list[Figures]:
    """Return the figures of several places, in the order asked for.

    Of a locked round they are those it published, from the day of its lock on.
    """
    require_right(scope, "view")
    with db.read() as connection:
        round_ = visible_round(connection, scope, round_id)
        today = read_today(connection)
    day = as_of or today
    if day == today:
        ensure_cells(db, round_.id)
    with db.read() as connection:
        require_areas(connection, scope, place_ids)
        places = places_by_id(connection, place_ids)
        frozen = frozen_counts(connection, round_, day, place_ids)
        if frozen is not None:
            return _published(round_, frozen, [places[one] for one in place_ids if one in places])
        counts = read_cells(connection, round_.id, place_ids) if day == today else _past_counts(db, round_, day)
        issues = count_issues_once(db, day)
    return [
        Figures(places[one], round_, day, counts.get(one, Counts.empty()), issues.get(one, NO_ISSUES))
        for one in place_ids
        if one in places
    ]


def _published(
    round_: Round, frozen: tuple[date, dict[str, tuple[Counts, dict[str, int]]]], places: list[Place]
) -> list[Figures]:
    """Return what a locked round published of places; of one without a roster row, nothing."""
    day, found = frozen
    nothing = (Counts.empty(), NO_ISSUES)
    return [Figures(one, round_, day, *found.get(one.id, nothing)) for one in places]


def read_by_tag(
    db: Database, scope: Scope, *, round_id: str, place_id: str, as_of: date | None = None
) -> dict[str, Share]:
    """Return 重点户覆盖率 over each care tag that households of D under a place hold, in the order of the tags.

    A tag that too few households hold is left out of a place wider than a village, and for a leader of any place
    (`small_count` of 口径): it were about one of them. Whoever sees names is told all.
    """
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        round_ = visible_round(connection, scope, round_id)
        day = as_of or read_today(connection)
        level = find_place(connection, place_id).level if may(scope, "see_details") else "district"
        least = read_rules(connection, round_)["small_count"]
        frozen = frozen_tags(connection, round_, day, place_id)
        if frozen is not None:
            found = {kind: Share("kpi.priority", one[1], one[0]) for kind, one in frozen.items()}
        else:
            rows = connection.execute(by_tag(round_, day, homes=homes_under(round_, place_id)))
            found = {row.kind: Share("kpi.priority", int(row.effective), int(row.roster)) for row in rows}
    told = {
        kind: one
        for kind, one in found.items()
        if scope.sees_names or not is_small(one.denominator, level, least=least)
    }
    return {kind: told[kind] for kind in codes.CARE_TAGS if kind in told}


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


_past: Final[Remembered[tuple[Leaves, dict[str, Counts]]]] = Remembered()


def _past_counts(db: Database, round_: Round, day: date) -> dict[str, Counts]:
    """Return the counts of every place of a round as of a day: the sums of its leaves."""
    _, leaves = count_leaves(db, round_, day)
    key = (str(db.path), round_.id, day)
    known = _past.get(key)
    # What is counted anew is another table; the same one has the same sums.
    if known is None or known[0] is not leaves:
        known = (leaves, _sum_up(db, leaves))
        _past.put(key, known)
    return known[1]


def _sum_up(db: Database, leaves: Leaves) -> dict[str, Counts]:
    with db.read() as connection:
        paths = connection.execute(select(place_path.c.place, place_path.c.ancestor)).all()
    below: dict[str, list[tuple[int, ...]]] = {}
    for leaf, above in paths:
        if leaf in leaves:
            below.setdefault(above, []).append(leaves[leaf])
    return {
        one: Counts(dict(zip(CELL_COUNTS, map(sum, zip(*rows, strict=True)), strict=True)))
        for one, rows in below.items()
    }
