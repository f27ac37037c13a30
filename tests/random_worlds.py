"""Random small worlds for property tests, and every figure of them computed a second time in plain Python."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from hypothesis import strategies as st
from sqlalchemy import Connection

from geo import codes
from geo.model import Round
from geo.schema import CELL_COUNTS, household, household_tag, round_, round_roster, visit
from geo.store.database import Database
from geo.store.places import insert_place

DAY0 = date(2019, 3, 1)
STAMP = {"created_at": "2019-01-01T00:00:00.000Z", "created_by": "random"}
#: Leaf → village; `c` is a village without groups.
LEAVES = {"a1": "a", "a2": "a", "b1": "b", "b2": "b", "c": "c"}


def day(offset: int) -> date:
    return DAY0 + timedelta(days=offset)


#: Two rounds of one programme, and one of another that overlaps both: id, programme, number, first and last day.
ROUNDS = (("r1", "visits", 1, 0, 20), ("r2", "visits", 2, 30, 60), ("x1", "vaccination", 1, 10, 50))


@dataclass(frozen=True)
class Home:
    leaf: str
    located: bool
    care: bool
    away: tuple[int, int | None] | None


@dataclass(frozen=True)
class Row:
    home: int
    round: str
    added: int | None
    excluded: tuple[int, int | None, str] | None


@dataclass(frozen=True)
class Visit:
    home: int
    round: str | None
    on: int
    mode: str
    outcome: str
    void: bool = False


@dataclass(frozen=True)
class World:
    homes: list[Home]
    rows: list[Row]
    visits: list[Visit]
    phone_counts: dict[str, bool] = field(default_factory=dict)

    def round(self, round_id: str) -> Round:
        found = next(one for one in ROUNDS if one[0] == round_id)
        _id, programme, number, start, end = found
        return Round(
            round_id, programme, round_id, number, "d", day(start), day(end), 9500, "open", self.phone_counts[round_id]
        )


_days = st.integers(-5, 70)
_exclusion = st.tuples(_days, st.none() | _days, st.sampled_from(("vacant", "merged", "duplicate", "moved_out")))
_homes = st.builds(
    Home,
    leaf=st.sampled_from(sorted(LEAVES)),
    located=st.booleans(),
    care=st.booleans(),
    away=st.none() | st.tuples(_days, st.none() | _days),
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    homes = draw(st.lists(_homes, min_size=1, max_size=9))
    numbers = st.integers(0, len(homes) - 1)
    rows = draw(
        st.lists(
            st.builds(
                Row,
                home=numbers,
                round=st.sampled_from(("r1", "r2", "x1")),
                added=st.none() | _days,
                excluded=st.none() | _exclusion,
            ),
            max_size=18,
            unique_by=lambda row: (row.home, row.round),
        )
    )
    visits = draw(
        st.lists(
            st.builds(
                Visit,
                home=numbers,
                round=st.sampled_from(("r1", "r2", "r2", "x1", None)),
                on=_days,
                mode=st.sampled_from(("in_person", "in_person", "phone", "video")),
                outcome=st.sampled_from(("effective", "effective", *codes.OUTCOMES)),
                void=st.booleans(),
            ),
            max_size=25,
        )
    )
    return World(homes, rows, visits, {one[0]: draw(st.booleans()) for one in ROUNDS})


def make_places(db: Database) -> None:
    """Insert the units and the rounds' empty shells that every random world shares."""
    units = [("d", "district", None), ("t", "township", "d")]
    units += [(name, "village", "t") for name in ("a", "b", "c")]
    units += [(leaf, "group", village) for leaf, village in LEAVES.items() if leaf != village]
    with db.write() as connection:
        for place_id, level, parent in units:
            values = {"id": place_id, "code": place_id, "name": place_id, "level": level, "edition": "test", **STAMP}
            insert_place(connection, values, parent=parent)


@contextmanager
def passing(db: Database) -> Iterator[Connection]:
    """Give a write transaction that is rolled back at the end, so that worlds do not meet."""
    with db.engine.connect().execution_options(immediate=True) as connection:
        transaction = connection.begin()
        try:
            yield connection
        finally:
            transaction.rollback()


def insert_homes(connection: Connection, world: World) -> None:
    """Insert rounds, households and tags of a world."""
    for round_id, programme, number, start, end in ROUNDS:
        connection.execute(
            round_.insert().values(
                id=round_id, programme=programme, name=round_id, number=number, scope="d", starts_on=day(start),
                ends_on=day(end), target_bp=9500, away_phone_counts=world.phone_counts[round_id], **STAMP,
            )
        )  # fmt: skip
    for nth, home in enumerate(world.homes):
        point = {"lon": 109.0, "lat": 27.6} if home.located else {"lon": None, "lat": None}
        connection.execute(
            household.insert().values(
                id=f"h{nth}",
                tile_id=nth + 1,
                code=f"{nth}",
                village=LEAVES[home.leaf],
                place=home.leaf,
                **point,
                **STAMP,
            )
        )
        tags = [("elder_alone", day(-100), None)] if home.care else []
        if home.away:
            tags.append(("away_all", day(home.away[0]), None if home.away[1] is None else day(home.away[1])))
        for kind, since, until in tags:
            connection.execute(
                household_tag.insert().values(
                    id=f"{kind}{nth}", household=f"h{nth}", kind=kind, since=since, until=until, **STAMP
                )
            )


def insert_rows(connection: Connection, world: World) -> None:
    """Insert the roster rows of a world."""
    for row in world.rows:
        excluded = row.excluded or (None, None, None)
        connection.execute(
            round_roster.insert().values(
                round=row.round, household=f"h{row.home}", place=world.homes[row.home].leaf,
                baseline=row.added is None, added_on=None if row.added is None else day(row.added),
                excluded_on=None if excluded[0] is None else day(excluded[0]),
                approved_on=None if excluded[1] is None else day(excluded[1]), excluded_reason=excluded[2],
            )
        )  # fmt: skip


def insert_visits(connection: Connection, world: World) -> None:
    """Insert the visit rows of a world, with a void row for each voided one."""
    for nth, one in enumerate(world.visits):
        values = {
            "round": one.round, "household": f"h{one.home}", "visited_on": day(one.on), "mode": one.mode,
            "outcome": one.outcome, "recorded_by": "random",
        }  # fmt: skip
        moment = f"2019-01-01T00:00:{nth:02d}.000Z"
        connection.execute(visit.insert().values(id=f"v{nth:02d}", recorded_at=moment, **values))
        if one.void:
            connection.execute(
                visit.insert().values(
                    id=f"void{nth:02d}", kind="void", void_of=f"v{nth:02d}", recorded_at=moment, **values
                )
            )


def insert_world(connection: Connection, world: World) -> None:
    """Insert everything."""
    insert_homes(connection, world)
    insert_rows(connection, world)
    insert_visits(connection, world)


def expected(world: World, round_id: str, as_of: date) -> dict[str, dict[str, int]]:
    """Return leaf → counts of a round as of a day, read off the formulas one household at a time."""
    counts: dict[str, dict[str, int]] = {}
    for row in world.rows:
        if row.round != round_id:
            continue
        facts = _facts(world, row, world.round(round_id), as_of)
        if facts is None:
            continue
        cell = counts.setdefault(world.homes[row.home].leaf, dict.fromkeys(CELL_COUNTS, 0))
        for name in facts:
            cell[name] += 1
    for leaf, cell in counts.items():
        if LEAVES[leaf] != leaf and cell["roster"]:
            cell["groups"] = 1
            cell["groups_touched"] = int(cell["complete"] > 0)
            cell["groups_complete"] = int(cell["complete"] == cell["roster"])
    return counts


def _facts(world: World, row: Row, one: Round, as_of: date) -> set[str] | None:
    """Name the counts that a household adds one to; None while its roster row has not entered."""
    entered = as_of >= one.starts_on if row.added is None else day(row.added) <= as_of
    if not entered:
        return None
    home = world.homes[row.home]
    until = min(as_of, one.ends_on)
    kept = [
        (day(v.on), nth, v)
        for nth, v in enumerate(world.visits)
        if v.home == row.home and v.round == one.id and not v.void and one.starts_on <= day(v.on) <= until
    ]
    here = sorted((item for item in kept if item[2].mode == "in_person"), key=lambda item: item[:2])
    effective = [on for on, _n, v in here if v.outcome == "effective"]
    if _has_left(row, as_of, effective):
        return {"rows", "left"}
    facts = {"rows", "roster", "baseline" if row.added is None else "added"}
    if row.excluded and day(row.excluded[0]) <= as_of:
        excluded_on, approved, _reason = row.excluded
        if approved is None or day(approved) > as_of:
            facts.add("pending")
        del excluded_on
    complete_on = _complete_on(home, kept, here, effective, phone_counts=one.away_phone_counts)
    facts |= _reached(home, kept, here, effective, as_of)
    if complete_on is not None:
        facts.add("complete")
        if max(complete_on, day(row.added) if row.added is not None else one.starts_on) > as_of - timedelta(days=7):
            facts.add("entered_7d")
    facts |= {name for name, holds in (("located", home.located), ("priority", home.care)) if holds}
    if effective:
        facts |= {"priority_effective"} if home.care else set()
    else:
        facts |= {"unassigned", _state(here, late=complete_on is None and as_of > one.ends_on)}
    return facts


def _has_left(row: Row, as_of: date, effective: list[date]) -> bool:
    if row.excluded is None:
        return False
    excluded, approved, reason = row.excluded
    if day(excluded) > as_of or approved is None or day(approved) > as_of:
        return False
    return reason in {"merged", "duplicate"} or not any(on <= day(excluded) for on in effective)


def _holds(home: Home, on: date) -> bool:
    if home.away is None:
        return False
    since, until = home.away
    return day(since) <= on and (until is None or on <= day(until))


def _phoned_on(home: Home, kept: list, here: list) -> date | None:
    phones = [on for on, _n, v in kept if v.mode != "in_person" and v.outcome == "effective"]
    tagged = [on for on in phones if _holds(home, on)]
    found = [on for on, _n, v in here if v.outcome == "away_all"]
    ways = ([min(tagged)] if tagged else []) + ([max(min(found), min(phones))] if found and phones else [])
    return min(ways) if ways else None


def _complete_on(home: Home, kept: list, here: list, effective: list[date], *, phone_counts: bool) -> date | None:
    phoned = _phoned_on(home, kept, here) if phone_counts else None
    days = [one for one in (min(effective, default=None), phoned) if one is not None]
    return min(days, default=None)


def _reached(home: Home, kept: list, here: list, effective: list[date], as_of: date) -> set[str]:
    facts = set()
    if here:
        facts.add("attempted")
    if any(v.outcome in {"effective", "partial_proxy", "refused", "postponed"} for _on, _n, v in here):
        facts.add("contacted")
    if effective:
        facts.add("effective")
    elif _holds(home, as_of) or any(v.outcome == "away_all" for _on, _n, v in here):
        facts.add("away")
    if effective or _phoned_on(home, kept, here) is not None:
        facts.add("phone")
    return facts


def _state(here: list, *, late: bool) -> str:
    if late:
        return "overdue"
    if not here:
        return "unvisited"
    last = here[-1][2].outcome
    return {"refused": "refused", "partial_proxy": "partial", "postponed": "partial"}.get(last, "missed")


def without(world: World, nth: int) -> World:
    """Return the world in which the nth visit never happened."""
    return replace(world, visits=[one for number, one in enumerate(world.visits) if number != nth])
