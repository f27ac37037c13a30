"""Two rounds compared: what became of each household, on the map and in figures, against a plain reading of both."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import numpy as np
import pytest

from geo.codes import COMPARED_STATES
from geo.errors import Invalid, NotAllowed
from geo.model import Scope, VisitEntry
from geo.store.comparing import list_earlier, read_reached_by_phone, read_then
from geo.store.database import Database
from geo.store.homes import read_homes
from geo.store.matching import Criteria, list_matching, read_missed
from geo.store.rounds import RoundPlan, create_round, get_round
from geo.store.visits import record_visit
from geo.tiles import TileIndex, Wanted, count_by_place, numbers_in_state, places_within
from geo.tiles.compared import ComparedIndex
from geo.tiles.index import STATE_BITS
from geo.tiles.live import keep_index
from tests.world import PLANNER, TODAY


def compare(db: Database, scope: Scope = PLANNER, day: date = TODAY) -> ComparedIndex:
    """Return round 2 as compared with round 1, as the map's page makes it."""
    return ComparedIndex(
        keep_index(db, scope, round_id="2", as_of=day),
        lambda: read_then(db, scope, round_id="2", earlier_id="1"),
        lambda: read_reached_by_phone(db, scope, round_id="2", as_of=day),
    )


def plainly(db: Database, day: date = TODAY) -> dict[int, str]:
    """Return tile id → what became of a household, from the two tables of homes, row by row."""
    now = read_homes(db, PLANNER, round_id="2", place_id="d", as_of=day, with_left=True)
    then = read_homes(db, PLANNER, round_id="1", place_id="d", as_of=date(2019, 5, 31))
    before = dict(zip(then["household"], then["complete"], strict=True))
    found = {}
    for row in now.to_dict("records"):
        fate = before.get(row["household"])
        if not row["roster"]:
            state = "excluded"
        elif row["complete"]:
            state = "recovered" if fate == 0 else "kept"
        else:
            state = {None: "joined", 1: "newly_missed", 0: "missed_again"}[fate]
        found[row["tile_id"]] = state
    return found


def said(index: TileIndex) -> dict[int, str]:
    """Return tile id → state of an index, located or not."""
    pairs = [*zip(index.tile_id, index.code, strict=True), *zip(index.aside.tile_id, index.aside.code, strict=True)]
    return {int(number): COMPARED_STATES[int(code) & STATE_BITS] for number, code in pairs}


def test_each_household_against_a_plain_reading(world: Database) -> None:
    """Every household has the state that the two rounds' tables give, on three days; every state but one occurs."""
    for day in (date(2019, 11, 5), TODAY, date(2019, 11, 26)):
        found = said(compare(world, day=day).now())
        assert found == plainly(world, day)
    assert set(found.values()) == set(COMPARED_STATES) - {"missed_long"}


def test_figures_by_state_and_place(world: Database) -> None:
    """The tally of states, the numbers in a state and the counts by place are those of the households."""
    index, states = compare(world).now(), Counter(plainly(world).values())
    assert dict(zip(COMPARED_STATES, index.tally(Wanted()).states, strict=True)) == {
        state: states[state] for state in COMPARED_STATES
    }
    lost = COMPARED_STATES.index("newly_missed")
    assert (
        len(numbers_in_state(index, Wanted(), lost))
        == states["newly_missed"]
        == sum(count_by_place(index, Wanted(), lost).values())
    )
    assert count_by_place(index, Wanted(), lost)["g03"] == 5


def test_a_save_changes_the_state_and_says_where(world: Database) -> None:
    """A visit makes a lost household kept; the map is told of a cell, not of everything; the next version knows."""
    compared = compare(world, day=date(2019, 11, 19))
    before = compared.now()
    record_visit(world, PLANNER, entry=VisitEntry("n1", "h11", date(2019, 11, 19), "effective"))
    after = compared.now()
    numbers = dict(zip(read_homes(world, PLANNER, round_id="2", place_id="d")["household"],
                       read_homes(world, PLANNER, round_id="2", place_id="d")["tile_id"], strict=True))  # fmt: skip
    assert said(before)[numbers["h11"]] == "newly_missed"
    assert said(after)[numbers["h11"]] == "kept"
    assert {n for n, state in said(after).items() if said(before)[n] != state} == {numbers["h11"]}
    assert after.changed_since(after.version) == ()


def test_a_late_entry_of_the_earlier_round_counts(world: Database) -> None:
    """A visit of the earlier round that is typed in late turns a household missed again into one lost or kept."""
    compared = compare(world)
    before = said(compared.now())
    record_visit(world, PLANNER, entry=VisitEntry("n2", "h43", date(2019, 5, 20), "effective"))
    after = said(compared.now())
    assert after == plainly(world)
    assert sorted((before[n], after[n]) for n in after if before[n] != after[n]) == [("recovered", "kept")]


def test_rounds_missed_in_a_row(world: Database) -> None:
    """连漏 k 轮 by k is what the filter of the map leaves; missed for long are two rounds in a row before this one."""
    runs = read_missed(world, PLANNER, round_id="2", as_of=TODAY)
    assert list(runs) == [1]
    for k in (1, 2):
        left = list_matching(world, PLANNER, round_id="2", as_of=TODAY, criteria=Criteria(missed=k))
        assert runs.get(k, left[:0]).tolist() == left.tolist()
    plan = RoundPlan("第3轮", date(2019, 12, 11), date(2019, 12, 31), "d")
    third = create_round(world, PLANNER, plan=plan)
    day = date(2019, 12, 15)
    then = read_then(world, PLANNER, round_id=third.id, earlier_id="2")
    assert set(np.unique(then.missed)) == {0, 1, 2}
    index = ComparedIndex(
        keep_index(world, PLANNER, round_id=third.id, as_of=day), lambda: then, lambda: np.zeros(0, dtype=np.uint32)
    ).now()
    counts = Counter(said(index).values())
    assert counts["missed_long"] == int(((then.missed == 2) & (then.fate == 1)).sum()) > 0


def test_only_an_earlier_round_of_the_programme(world: Database) -> None:
    """A round is compared with those that ended before it began; a running, a later one and itself are refused."""
    second = get_round(world, PLANNER, round_id="2")
    assert [one.number for one in list_earlier(world, PLANNER, of=second)] == [1]
    assert list_earlier(world, PLANNER, of=get_round(world, PLANNER, round_id="1")) == []
    for earlier in ("2",):
        with pytest.raises(Invalid):
            read_then(world, PLANNER, round_id="2", earlier_id=earlier)
    with pytest.raises(Invalid):
        read_then(world, PLANNER, round_id="1", earlier_id="2")


def test_a_scope_compares_its_own_households(world: Database) -> None:
    """A recorder of one village is told of its households alone, and of nothing without the right to look."""
    recorder = Scope("recorder", "recorder", "v1")
    mine = set(read_homes(world, recorder, round_id="2", place_id="v1", with_left=True)["tile_id"])
    assert set(said(compare(world, recorder).now())) == mine
    assert set(read_then(world, recorder, round_id="2", earlier_id="1").tile_id.tolist()) <= mine
    with pytest.raises(NotAllowed):
        read_missed(world, Scope("x", "nobody", "d"), round_id="2", as_of=TODAY - timedelta(1))


def test_groups_within_an_area(world: Database) -> None:
    """A group is chosen by an area in which more than half of its located households stand."""
    homes = read_homes(world, PLANNER, round_id="2", place_id="d", with_left=True)
    mine = homes[(homes["place"] == "g01") & homes["lon"].notna()]
    west, east = float(mine["lon"].min()) - 1e-5, float(mine["lon"].max()) + 1e-5
    south, north = float(mine["lat"].min()) - 1e-5, float(mine["lat"].max()) + 1e-5
    ring = ((west, south), (east, south), (east, north), (west, north))
    index = keep_index(world, PLANNER, round_id="2", as_of=TODAY).now()
    inside = homes[homes["lon"].between(west, east) & homes["lat"].between(south, north)].groupby("place").size()
    located = homes[homes["lon"].notna()].groupby("place").size()
    expected = {place for place, number in inside.items() if number > located[place] / 2}
    assert "g01" in expected
    assert set(places_within(index, ring, Wanted())) == expected
