"""Changing a plan by hand and planning the rest again: what is kept, what is locked, what becomes too long."""

from __future__ import annotations

import numpy as np
import pytest

from geo.plan.assemble import assemble
from geo.plan.replan import KEEPS, move_stop, replan
from geo.plan.stops import Bounds, Stops, Terms


@pytest.fixture(scope="module")
def village():
    random = np.random.default_rng(5)
    xy = random.normal(0, 900, (25, 2))
    matrix = np.rint(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))).astype(np.int64)
    service = np.array([0, *random.choice([600, 900, 1_200], 24)], dtype=np.int64)
    ids = tuple(map(str, range(25)))
    stops = Stops(ids, service, np.zeros(25), np.zeros(25, dtype=np.int64), ("",) * 25, xy[:, 0], xy[:, 1])
    terms = Terms(10_000, teams=2, days=3, effort=0.05, mode="balanced")
    return {"stops": stops, "matrix": matrix, "terms": terms}


@pytest.fixture(scope="module")
def plan(village):
    return assemble(village["stops"], village["matrix"], village["terms"])


def slots(plan):
    return {stop: (one.day, one.team) for one in plan.team_days for stop in one.stops}


def test_a_moved_stop_moves_alone(village, plan):
    """A stop that is moved is on the other team-day, and all others are where they were, in their order."""
    target = (plan.team_days[1].day, plan.team_days[1].team)
    stop = plan.team_days[0].stops[2]
    moved = move_stop(plan, stop, target, **village)
    assert slots(moved) == slots(plan) | {stop: target}
    assert [one for one in moved.team_days[1].stops if one != stop] == list(plan.team_days[1].stops)
    assert moved.team_days[1].service_s == plan.team_days[1].service_s + village["stops"].service_s[stop]


def test_too_much_on_a_day_is_shown(village, plan):
    """A team-day that gets more and more stops becomes too long, says by how much, and keeps them."""
    target = (plan.team_days[0].day, plan.team_days[0].team)
    moved = plan
    for stop in plan.team_days[1].stops:
        moved = move_stop(moved, stop, target, **village)
    first = moved.team_days[0]
    assert first.over_s == first.load_s - 10_000 > 0
    assert len(moved.team_days) == len(plan.team_days) - 1
    again = replan(moved, "routes", bounds=Bounds(), **village)
    assert slots(again) == slots(moved)
    assert 0 < again.team_days[0].over_s <= first.over_s


@pytest.mark.parametrize("keep", KEEPS)
def test_what_is_kept(village, plan, keep):
    """Planned again, stops keep their team-day, their team or nothing, as is asked; a locked day stays as it is."""
    locked = plan.team_days[0]
    stop = plan.team_days[-1].stops[0]
    target = next(
        (one.day, one.team) for one in plan.team_days if one.team != plan.team_days[-1].team and one != locked
    )
    moved = move_stop(plan, stop, target, **village)
    bounds = Bounds(fixed={stop: target}, locked=(locked,))
    again = replan(moved, keep, bounds=bounds, **village)
    assert locked in again.team_days
    assert sorted(slots(again)) + [one for one, _ in again.unserved] == list(range(1, 25))
    assert slots(again)[stop] == target
    if keep == "routes":
        assert slots(again) == slots(moved)
        assert again.travel_s <= moved.travel_s
    if keep == "teams":
        assert {one: slot[1] for one, slot in slots(again).items()} == {
            one: slot[1] for one, slot in slots(moved).items()
        }


@pytest.mark.parametrize("keep", KEEPS)
def test_everything_locked_changes_nothing(village, plan, keep):
    """With every team-day locked, planning again gives the same plan."""
    assert replan(plan, keep, bounds=Bounds(locked=plan.team_days), **village) == plan


def test_a_left_stop_goes_where_there_is_room(village):
    """A stop that nobody visits is put where the day still holds it, when the routes are kept."""
    terms = village["terms"]
    stops, matrix = village["stops"], village["matrix"]
    plan = assemble(stops, matrix, Terms(10_000, teams=2, days=3, effort=0.05, mode="balanced"))
    short = plan.team_days[0]
    less = move_stop(plan, short.stops[0], (9, 9), **village)
    without = type(plan)(tuple(one for one in less.team_days if one.day != 9), ((short.stops[0], "no_time"),))
    again = replan(without, "routes", stops=stops, matrix=matrix, terms=terms, bounds=Bounds())
    assert again.unserved == ()
    assert all(one.over_s == 0 for one in again.team_days)


@pytest.mark.parametrize("keep", KEEPS)
def test_who_must_not_come_does_not(village, plan, keep):
    """A stop barred from the team that it has goes to another one, whatever is kept; all others are served too."""
    first = plan.team_days[0]
    again = replan(plan, keep, bounds=Bounds(barred=frozenset({(first.stops[0], first.team)})), **village)
    teams = {stop: one.team for one in again.team_days for stop in one.stops}
    named = {stop for stop, _ in again.unserved}
    assert teams.get(first.stops[0]) != first.team
    assert set(teams) | named == set(range(1, 25))
    assert not set(teams) & named
