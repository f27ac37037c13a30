"""下 · 讲 · 查: homes that a leader came to, policy that was told, what was looked into, of one place in a round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from sqlalchemy import Select, and_, select

from geo.access import require_area, require_right
from geo.coverage import Share, homes_under, not_voided, standing
from geo.errors import Invalid
from geo.mask import mask_name
from geo.schema import household, round_roster, team_member, visit, visit_check, visit_person, visit_topic
from geo.store.database import read_today
from geo.store.frames import read_frame
from geo.store.homes import name_leaves
from geo.store.remember import Remembered, read_revision
from geo.store.rounds import visible_round

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    import pandas as pd
    from sqlalchemy import Connection, Table

    from geo.model import Round, Scope
    from geo.store.database import Database

_LEADS: Final = ("county_lead", "township_lead")


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


_kept_counts: Final[Remembered[Presence]] = Remembered(32)


def read_presence(db: Database, scope: Scope, *, round_id: str, place_id: str, as_of: date | None = None) -> Presence:
    """Return who came, what was told and what was looked into under a place, computed once a write.

    Raises `NotFound`, `NotAllowed`.
    """
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        round_ = visible_round(connection, scope, round_id)
        day = as_of or read_today(connection)
        key = (str(db.path), read_revision(connection), round_, place_id, day)
        known = _kept_counts.get(key)
        if known is None:
            known = _count(connection, round_, place_id, day)
            _kept_counts.put(key, known)
        return known


def list_present(
    db: Database, scope: Scope, *, round_id: str, place_id: str, what: str, as_of: date | None = None
) -> pd.DataFrame:
    """Return the households behind one number of `read_presence`, in register order.

    `what`: a kind and its word, `lead:county_lead` (or `lead:any`), `topic:…`, `check:…` (asked), `problem:…`.
    Columns: household, code, head_name (masked by right), place and its unit columns. Raises as `read_presence`, and
    `Invalid` for another kind.
    """
    require_right(scope, "view")
    kind, _, word = what.partition(":")
    if kind not in _LISTED:
        raise Invalid("err.unknown_code", value=what)
    with db.read() as connection:
        require_area(connection, scope, place_id)
        round_ = visible_round(connection, scope, round_id)
        found = _LISTED[kind](_read(connection, round_, place_id, as_of or read_today(connection)), word)
        roster = select(round_roster.c.household, round_roster.c.place).where(round_roster.c.round == round_.id)
        homes = read_frame(connection, roster).merge(found[["household"]].drop_duplicates(), on="household")
        facts = select(household.c.id.label("household"), household.c.code, household.c.head_name)
        homes = homes.merge(read_frame(connection, facts), on="household")
        homes = homes.merge(name_leaves(connection, homes["place"].unique().tolist()), on="place", how="left")
    if not scope.sees_names:
        homes["head_name"] = homes["head_name"].map(mask_name)
    return homes.sort_values(["village_code", "group_code", "code"]).reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of kept visits of D: who came with a lead's role, what was told, what was asked; and how many are due."""

    roster: int
    came: pd.DataFrame
    told: pd.DataFrame
    asked: pd.DataFrame


_LISTED: Final[dict[str, Callable[[_Rows, str], pd.DataFrame]]] = {
    "lead": lambda rows, word: rows.came if word == "any" else rows.came[rows.came["role"] == word],
    "topic": lambda rows, word: rows.told[rows.told["topic"] == word],
    "check": lambda rows, word: rows.asked[rows.asked["item"] == word],
    "problem": lambda rows, word: rows.asked[(rows.asked["item"] == word) & (rows.asked["result"] == "problem")],
}


def _read(connection: Connection, round_: Round, place_id: str, day: date) -> _Rows:
    """Read the rows of one round once each, in the order they lie, and keep those of D."""
    now = standing(round_, day, homes=homes_under(round_, place_id)).subquery("now")
    due = read_frame(connection, select(now.c.household).where(now.c.roster == 1))
    seen = read_frame(connection, _kept_visits(round_, day)).merge(due, on="household")
    met = seen[(seen["mode"] == "in_person") & (seen["outcome"] == "effective")]
    came = read_frame(connection, _leads(round_)).merge(met, on="visit")
    days = zip(came["since"], came["until"], came["visited_on"], strict=True)
    came = came.loc[np.fromiter((_holds(*one) for one in days), bool, len(came))]
    told = read_frame(connection, _of_round(visit_topic, round_)).merge(seen, on="visit")
    asked = read_frame(connection, _of_round(visit_check, round_)).merge(seen, on="visit")
    return _Rows(len(due), came, told, asked)


def _count(connection: Connection, round_: Round, place_id: str, day: date) -> Presence:
    """Count distinct households in memory."""
    rows = _read(connection, round_, place_id, day)
    leads = {role: int(rows.came.loc[rows.came["role"] == role, "household"].nunique()) for role in _LEADS}
    problems = rows.asked[rows.asked["result"] == "problem"].groupby("item")["household"].nunique()
    homes = rows.asked.groupby("item")["household"].nunique()
    return Presence(
        roster=rows.roster,
        leads={**leads, "any": int(rows.came["household"].nunique())},
        topics={str(name): int(count) for name, count in rows.told.groupby("topic")["household"].nunique().items()},
        checks={str(name): (int(count), int(problems.get(name, 0))) for name, count in homes.items()},
    )


def _kept_visits(round_: Round, day: date) -> Select[Any]:
    """The kept visits of the round up to a day."""
    return select(
        visit.c.id.label("visit"), visit.c.household, visit.c.visited_on, visit.c.mode, visit.c.outcome
    ).where(
        visit.c.round == round_.id,
        visit.c.visited_on.between(round_.starts_on, min(day, round_.ends_on)),
        not_voided(visit),
    )


def _leads(round_: Round) -> Select[Any]:
    """Whoever has, or had, a lead's role and came to a visit of the round, with the days of the role."""
    member = team_member.c
    leads = (
        select(member.person, member.role, member.since, member.until).where(member.role.in_(_LEADS)).subquery("leads")
    )
    return (
        select(visit_person.c.visit, leads.c.role, leads.c.since, leads.c.until)
        .join(leads, leads.c.person == visit_person.c.person)
        .join(visit, and_(visit.c.id == visit_person.c.visit, visit.c.round == round_.id))
    )


def _of_round(table: Table, round_: Round) -> Select[Any]:
    return select(table).join(visit, and_(visit.c.id == table.c.visit, visit.c.round == round_.id))


def _holds(since: date, until: date | None, on: date) -> bool:
    return since <= on and (until is None or on <= until)
