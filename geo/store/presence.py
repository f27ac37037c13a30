"""下 · 讲 · 查: homes that a leader came to, policy that was told, what was looked into, of one place in a round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import and_, literal, or_, select, true

from geo.access import require_area, require_right
from geo.coverage import Share, homes_under, not_voided, standing
from geo.errors import Invalid
from geo.mask import mask_people
from geo.schema import household, round_roster, team_member, visit, visit_check, visit_person, visit_topic
from geo.store.database import read_today
from geo.store.frames import read_frame
from geo.store.homes import IN_REGISTER_ORDER, name_leaves
from geo.store.picking import pick, pick_under
from geo.store.rounds import visible_round
from geo.store.since import Course, Followed, kept_day, shape_of, turn_of
from geo.store.touched import homes_of_persons

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from sqlalchemy import Connection, Select

    from geo.coverage import Homes
    from geo.model import Round, Scope
    from geo.store.database import Database
    from geo.store.touched import Touched

_LEADS: Final = ("county_lead", "township_lead")
#: What a number is of; its key is the kind and a word.
_KINDS: Final = ("lead", "topic", "check", "problem")


@dataclass(frozen=True, slots=True)
class Presence:
    """Counts of distinct households of D, by kept visits of the round up to a day.

    `leads`: homes that somebody in a role came to, effective and in person (`county_lead`, `township_lead`), and `any`
    of both. `topics`: homes that were told of each. `checks`: of each item homes asked, and those with a problem.
    """

    roster: int
    leads: dict[str, int]
    topics: dict[str, int]
    checks: dict[str, tuple[int, int]]

    def check_share(self, item: str) -> Share:
        """排查率 of an item: households asked / |D|."""
        return Share("kpi.checked", self.checks.get(item, (0, 0))[0], self.roster)


#: One row a household of D (its id), one column a number's key (`lead:any`, `topic:…`, `check:…`, `problem:…`).
_followed: Final[Followed[pd.DataFrame]] = Followed()


def read_presence(db: Database, scope: Scope, *, round_id: str, place_id: str, as_of: date | None = None) -> Presence:
    """Return who came, what was told and what was looked into under a place. Raises `NotFound`, `NotAllowed`."""
    table = _follow(db, scope, round_id, place_id, as_of)
    counts = {str(name): int(count) for name, count in table.sum().items() if count}
    words = {kind: [one.partition(":")[2] for one in counts if one.startswith(f"{kind}:")] for kind in _KINDS}
    return Presence(
        roster=len(table),
        leads={role: counts.get(f"lead:{role}", 0) for role in (*_LEADS, "any")},
        topics={word: counts[f"topic:{word}"] for word in words["topic"]},
        checks={word: (counts[f"check:{word}"], counts.get(f"problem:{word}", 0)) for word in words["check"]},
    )


def list_present(
    db: Database, scope: Scope, *, round_id: str, place_id: str, what: str, as_of: date | None = None
) -> pd.DataFrame:
    """Return the households behind one number of `read_presence`, in register order.

    `what`: a kind and its word, `lead:county_lead` (or `lead:any`), `topic:…`, `check:…` (asked), `problem:…`.
    Columns: household, code, head_name (masked), place and its unit columns. Raises as `read_presence`, and
    `Invalid` for another kind.
    """
    if what.partition(":")[0] not in _KINDS:
        raise Invalid("err.unknown_code", value=what)
    table = _follow(db, scope, round_id, place_id, as_of)
    ids = table.index[table[what]].tolist() if what in table else []
    with db.read() as connection:
        chosen = pick(connection, ids)
        facts = (
            select(household.c.id.label("household"), household.c.code, household.c.head_name, round_roster.c.place)
            .join(round_roster, round_roster.c.household == household.c.id)
            .where(round_roster.c.round == visible_round(connection, scope, round_id).id, household.c.id.in_(chosen))
        )
        homes = read_frame(connection, facts)
        homes = homes.merge(name_leaves(connection, homes["place"].unique().tolist()), on="place", how="left")
    return mask_people(homes.sort_values(IN_REGISTER_ORDER).reset_index(drop=True), scope)


def _follow(db: Database, scope: Scope, round_id: str, place_id: str, as_of: date | None) -> pd.DataFrame:
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        round_ = visible_round(connection, scope, round_id)
        today = read_today(connection)
    day = as_of or today
    homes = homes_under(round_, place_id)

    def compute(connection: Connection) -> pd.DataFrame:
        return _read(connection, round_, homes, day)

    def amend(connection: Connection, kept: pd.DataFrame, touched: Touched) -> pd.DataFrame:
        gone = touched.homes | homes_of_persons(connection, touched.persons, round_.id)
        if not gone:
            return kept
        fresh = _read(connection, round_, pick_under(connection, round_, gone, place_id), day)
        return pd.concat([kept[~kept.index.isin(gone)], fresh]).fillna(value=False).astype(bool)

    course = Course(compute, amend, turn_of(round_))
    return _followed.read(db, (shape_of(round_), place_id, kept_day(day, today)), day, course=course)


def _read(connection: Connection, round_: Round, homes: Homes, day: date) -> pd.DataFrame:
    """Return what kept visits of the round up to a day were about, of those of some homes that are in D."""
    now = standing(round_, day, homes=homes).subquery("now")
    due = read_frame(connection, select(now.c.household).where(now.c.roster == 1))["household"]
    rows = [read_frame(connection, one).dropna() for one in _told(round_, homes, day)]
    pairs = pd.concat([one.set_axis(["household", "what"], axis=1) for one in rows])
    at = pd.Index(due).get_indexer(pairs["household"])
    told, names = pd.factorize(pairs["what"], sort=True)
    marks = np.zeros((len(due), len(names)), dtype=bool)
    marks[at[at >= 0], told[at >= 0]] = True
    return pd.DataFrame(marks, index=pd.Index(due), columns=pd.Index(names, dtype="str"))


def _told(round_: Round, homes: Homes, day: date) -> Iterator[Select[Any]]:
    """Selections of a household and a number's key: who came with a lead's role, what was told, asked, found wrong."""
    kept = and_(
        visit.c.round == round_.id,
        visit.c.visited_on.between(round_.starts_on, min(day, round_.ends_on)),
        visit.c.household.in_(homes),
        not_voided(visit),
    )
    came, member = visit_person.c, team_member.c
    met = and_(kept, visit.c.mode == "in_person", visit.c.outcome == "effective")
    held = and_(member.since <= visit.c.visited_on, or_(member.until.is_(None), visit.c.visited_on <= member.until))
    for key in ("lead:" + member.role, literal("lead:any")):
        yield (
            select(visit.c.household, key)
            .join(visit_person, came.visit == visit.c.id)
            .join(team_member, and_(member.person == came.person, member.role.in_(_LEADS), held))
            .where(met)
        )
    asked = visit_check.c
    for table, key, more in (
        (visit_topic, "topic:" + visit_topic.c.topic, true()),
        (visit_check, "check:" + asked.item, true()),
        (visit_check, "problem:" + asked.item, asked.result == "problem"),
    ):
        yield select(visit.c.household, key).join(table, table.c.visit == visit.c.id).where(kept, more)
