"""The homes that the lists of 缺口 are made of, kept in memory and amended household by household as visits come in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

import pandas as pd
from sqlalchemy import select

from geo.access import require_area, require_right
from geo.coverage import homes_under
from geo.mask import mask_people
from geo.schema import place_path, round_roster
from geo.store.cells import ensure_cells
from geo.store.database import read_today
from geo.store.homes import IN_REGISTER_ORDER, Reading
from geo.store.picking import pick_under
from geo.store.rounds import visible_round
from geo.store.rules import read_rules
from geo.store.since import Course, Followed, kept_day, shape_of, turn_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy import Connection

    from geo.coverage import Homes
    from geo.model import Round, Scope
    from geo.rules import Rules
    from geo.store.database import Database
    from geo.store.touched import Touched


@dataclass(frozen=True, slots=True)
class GapHomes:
    """What the lists of 缺口 are made of.

    `places`: one row per leaf place with a household of D: place, roster, effective, complete, the unit columns of
    `homes.read_homes`, and assignee and due_on of the live assignment of the place as a whole. `waiting`: the homes of
    D without an effective visit, with the columns of `homes.read_homes`. `todos`: how many visited homes have something
    left to do (`gaps.list_todos`). `rules`: 口径 in this round.
    """

    places: pd.DataFrame
    waiting: pd.DataFrame
    todos: int
    rules: Rules


@dataclass(frozen=True, slots=True)
class _Open:
    """What is kept of a place in a round as of a day, unmasked: its places, who waits, the visited homes with todos."""

    places: pd.DataFrame
    waiting: pd.DataFrame
    todos: pd.DataFrame


_followed: Final[Followed[_Open]] = Followed()


def read_gap_homes(db: Database, scope: Scope, *, round_id: str, place_id: str, as_of: date | None = None) -> GapHomes:
    """Return the homes under a place that have not been effectively visited, and what their lists are counted by.

    Nobody may change the tables.
    """
    round_, found = _follow(db, scope, round_id, place_id, as_of)
    with db.read() as connection:
        rules = read_rules(connection, round_)
    return GapHomes(found.places, mask_people(found.waiting, scope), len(found.todos), rules)


def read_todo_homes(
    db: Database, scope: Scope, *, round_id: str, place_id: str, as_of: date | None = None
) -> pd.DataFrame:
    """Return the visited homes under a place with something left to do (`gaps.list_todos`): as `homes.read_homes`.

    Nobody may change the table.
    """
    return mask_people(_follow(db, scope, round_id, place_id, as_of)[1].todos, scope)


def _follow(db: Database, scope: Scope, round_id: str, place_id: str, as_of: date | None) -> tuple[Round, _Open]:
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        round_ = visible_round(connection, scope, round_id)
        today = read_today(connection)
    ensure_cells(db, round_.id)
    day = as_of or today
    about = (db, round_, place_id, day)
    course = Course(partial(_compute, *about), partial(_amend, *about), turn_of(round_))
    return round_, _followed.read(db, (shape_of(round_), place_id, kept_day(day, today)), day, course=course)


def _compute(db: Database, round_: Round, place_id: str, day: date, connection: Connection) -> _Open:
    reading = Reading.begin(db, connection, round_, as_of=day)
    leaves = connection.execute(select(place_path.c.place).where(place_path.c.ancestor == place_id)).scalars()
    return _read(reading, homes_under(round_, place_id), leaves)


def _amend(
    db: Database, round_: Round, place_id: str, day: date, connection: Connection, kept: _Open, touched: Touched
) -> _Open:
    """Return what is kept with the touched households, and the places they stand in, read anew."""
    gone = touched.homes
    if not gone:
        return kept
    homes = pick_under(connection, round_, gone, place_id)
    leaves = select(round_roster.c.place).where(round_roster.c.round == round_.id, round_roster.c.household.in_(homes))
    stood = frozenset(connection.execute(leaves.distinct()).scalars())
    fresh = _read(Reading.begin(db, connection, round_, as_of=day, homes=homes), homes, stood)
    return _Open(
        _replace(kept.places, "place", stood, fresh.places, ["place"]),
        _replace(kept.waiting, "household", gone, fresh.waiting, IN_REGISTER_ORDER),
        _replace(kept.todos, "household", gone, fresh.todos, IN_REGISTER_ORDER),
    )


def _read(reading: Reading, homes: Homes, leaves: Iterable[str]) -> _Open:
    frame = reading.open_homes(homes)
    waiting, visited = (frame[frame["effective"] == one].reset_index(drop=True) for one in (0, 1))
    return _Open(reading.places(leaves), reading.complete_picked(waiting), reading.complete_picked(visited))


def _replace(rows: pd.DataFrame, key: str, gone: frozenset[str], fresh: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    """Return the rows without some, and with fresh ones, in an order."""
    parts = [one for one in (rows[~rows[key].isin(gone)], fresh) if not one.empty]
    return pd.concat(parts or [fresh]).sort_values(order).reset_index(drop=True)
