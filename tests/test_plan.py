"""Plans: what must hold for any stops, matrix, days and bounds; every figure is costed again here by other code."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import Invalid
from geo.plan.assemble import assemble
from geo.plan.leveling import level
from geo.plan.metrics import as_plan, compare, measure
from geo.plan.orders import Frame, merge_shortest, nearest_neighbour, register_order
from geo.plan.stops import UNREACHABLE, Bounds, Plan, Stops, TeamDay, Terms, band_priorities

#: Enough for a dozen stops, and quick: properties must hold after any search.
EFFORT = 0.02


def make_stops(service, priority=None, deadline=None, owner=None, xy=None) -> Stops:
    """Stops from lists that leave out the start point."""
    count = len(service)
    return Stops(
        tuple(f"h{nth}" for nth in range(count + 1)),
        np.array([0, *service], dtype=np.int64),
        np.array([0, *(priority or [0] * count)], dtype=float),
        np.array([0, *(deadline or [0] * count)], dtype=np.int64),
        ("", *(owner or [""] * count)),
        None if xy is None else xy[:, 0],
        None if xy is None else xy[:, 1],
    )


def cost(matrix, stops, route) -> tuple[int, int]:
    """Travel and service of one route, leg by leg."""
    travel, here = 0, 0
    for stop in (*route, 0):
        assert matrix[here][stop] >= 0
        travel += int(matrix[here][stop])
        here = stop
    return travel, sum(int(stops.service_s[stop]) for stop in route)


def check(plan: Plan, stops: Stops, matrix, terms: Terms, bounds: Bounds | None = None) -> None:
    """Every stop once or named; every day within its length; times as costed here; slots within the terms."""
    bounds = bounds or Bounds()
    served = [stop for one in plan.team_days for stop in one.stops]
    left = [stop for stop, _ in plan.unserved]
    assert sorted([*served, *left]) == list(range(1, len(stops) + 1))
    slots = [(one.day, one.team) for one in plan.team_days]
    assert len(set(slots)) == len(slots)
    assert slots == sorted(slots)
    for one in plan.team_days:
        assert (one.travel_s, one.service_s) == cost(matrix, stops, one.stops)
        assert 1 <= one.team <= terms.teams
        assert one.stops
        if one not in bounds.locked:
            assert one.over_s == 0
            assert one.travel_s + one.service_s <= terms.day_s
            assert (one.day, one.team) not in terms.shut
            assert terms.days is None or one.day <= terms.days
            assert all(bounds.allow(stop, (one.day, one.team)) for stop in one.stops)
    day_of = {stop: one.day for one in plan.team_days for stop in one.stops}
    assert list(plan.late) == [stop for stop in sorted(day_of) if 0 < stops.deadline_day[stop] < day_of[stop]]


@st.composite
def worlds(draw, most=9):
    """Up to nine stops on a plane or with any matrix, some of them out of reach."""
    count = draw(st.integers(1, most))
    seed = draw(st.integers(0, 10_000))
    random = np.random.default_rng(seed)
    if draw(st.booleans()):
        xy = random.integers(0, 3_000, (count + 1, 2)).astype(float)
        matrix = np.rint(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))).astype(np.int64)
    else:
        xy = None
        matrix = random.integers(0, 4_000, (count + 1, count + 1))
        matrix[random.random(matrix.shape) < 0.08] = UNREACHABLE
        np.fill_diagonal(matrix, 0)
    service = [int(one) for one in random.integers(0, 3_000, count)]
    stops = make_stops(service, priority=[int(one) for one in random.choice([0, 10, 30], count)],
                       deadline=[int(one) for one in random.choice([0, 0, 1, 2, 9], count)],
                       owner=[str(one) for one in random.choice(["", "a", "b"], count)], xy=xy)  # fmt: skip
    return stops, matrix


TERMS = st.builds(
    Terms, day_s=st.sampled_from([4_000, 8_000]), teams=st.integers(1, 2), days=st.sampled_from([None, None, 1, 3]),
    mode=st.sampled_from(["compact", "balanced"]), effort=st.just(EFFORT),
    shut=st.sampled_from([frozenset(), frozenset({(1, 1)})]),
)  # fmt: skip


@given(worlds(), TERMS)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_every_stop_once_or_named(world, terms):
    """Whatever the stops, each is on one team-day or named with a reason, and no team-day is longer than a day."""
    stops, matrix = world
    plan = assemble(stops, matrix, terms)
    check(plan, stops, matrix, terms)
    for stop, reason in plan.unserved:
        gone = matrix[0, stop] < 0 or matrix[stop, 0] < 0
        alone = not gone and matrix[0, stop] + stops.service_s[stop] + matrix[stop, 0] > terms.day_s
        assert reason == ("unreachable" if gone else "too_long" if alone else reason)
        assert terms.days is not None or reason in ("unreachable", "too_long")


@given(worlds(), st.integers(0, 5))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_same_seed_same_plan(world, seed):
    """The same stops, terms and seed give the same plan."""
    stops, matrix = world
    terms = Terms(8_000, seed=seed, effort=EFFORT, mode="balanced")
    assert assemble(stops, matrix, terms) == assemble(stops, matrix, terms)


@given(worlds(), st.data())
@settings(max_examples=40, deadline=None, derandomize=True)
def test_bounds_are_kept(world, data):
    """Stops are only on days and with teams that they may be on, and locked team-days stay as they are."""
    stops, matrix = world
    count = len(stops)
    terms = Terms(8_000, teams=2, days=data.draw(st.sampled_from([None, 3])), effort=EFFORT)
    some = st.integers(1, count)
    slot = st.tuples(st.integers(0, 3), st.integers(0, 2))
    fixed = data.draw(st.dictionaries(some, slot, max_size=3))
    barred = data.draw(st.frozensets(st.tuples(some, st.integers(1, 2)), max_size=4))
    away = data.draw(st.frozensets(st.tuples(some, st.integers(1, 3)), max_size=4))
    owner = data.draw(st.dictionaries(some, st.integers(1, 2), max_size=3))
    first = assemble(stops, matrix, terms)
    locked = tuple(one for one in first.team_days if data.draw(st.booleans()))
    bounds = Bounds(fixed, barred, away, owner, locked)
    plan = assemble(stops, matrix, terms, bounds=bounds)
    check(plan, stops, matrix, terms, bounds)
    assert all(one in plan.team_days for one in locked)


@given(worlds())
@settings(max_examples=15, deadline=None, derandomize=True)
def test_everything_locked_changes_nothing(world):
    """A plan whose team-days are all locked is planned again as it is."""
    stops, matrix = world
    terms = Terms(8_000, teams=2, effort=EFFORT)
    first = assemble(stops, matrix, terms)
    assert assemble(stops, matrix, terms, bounds=Bounds(locked=first.team_days)) == first


def make_line(count: int, step: int = 100) -> np.ndarray:
    """Seconds between points on a line, the start point at its end."""
    at = np.arange(count + 1) * step
    return np.abs(at[:, None] - at[None, :])


def test_deadlines_are_met_or_named():
    """Three stops due on day 1 where two fit: two are in time, one is named as late, and all are served."""
    stops = make_stops([1_000] * 6, deadline=[0, 0, 0, 1, 1, 1])
    terms = Terms(3_100, effort=0.1)
    plan = assemble(stops, make_line(6), terms)
    check(plan, stops, make_line(6), terms)
    assert len(plan.late) == 1
    assert plan.late[0] in {4, 5, 6}
    assert plan.unserved == ()


def test_a_deadline_that_can_be_met_is_met():
    """The farthest stops are due first: day 1 goes there although the nearest are more urgent."""
    stops = make_stops([1_000] * 6, deadline=[0, 0, 0, 0, 1, 1], priority=[30, 30, 0, 0, 0, 0])
    plan = assemble(stops, make_line(6), Terms(3_500, effort=0.1))
    assert plan.late == ()
    assert {5, 6} <= set(plan.team_days[0].stops)


def test_deadlines_of_many_are_kept_from_the_beginning():
    """Of 90 homes every fourth is due on day 2 to 6, which hold them: nobody is late, however short the search."""
    random = np.random.default_rng(5)
    xy = np.vstack([[0, 0], random.normal(0, 900, (90, 2))])
    matrix = np.rint(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))).astype(np.int64)
    deadline = [int(random.integers(2, 7)) if nth % 4 == 0 else 0 for nth in range(90)]
    stops = make_stops([1_200] * 90, deadline=deadline, xy=xy)
    for mode in ("compact", "balanced"):
        terms = Terms(14_400, mode=mode, effort=0.01)
        plan = assemble(stops, matrix, terms)
        check(plan, stops, matrix, terms)
        assert (plan.late, plan.unserved) == ((), ())


@pytest.mark.parametrize(("days", "due", "most"), [(None, [2] * 32 + [4] * 16, 18), (6, [2] * 16 + [4] * 16, 1)])
def test_few_are_late_where_the_days_hold_too_few(days, due, most):
    """A day holds about eight: who cannot be in time pushes nobody else out, and too few days leave others out instead."""
    random = np.random.default_rng(7)
    xy = np.vstack([[0, 0], random.normal(0, 900, (80, 2))])
    matrix = np.rint(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))).astype(np.int64)
    stops = make_stops([1_200] * 80, deadline=[*due, *([0] * (80 - len(due)))], xy=xy)
    terms = Terms(14_400, days=days, effort=0.05)
    plan = assemble(stops, matrix, terms)
    check(plan, stops, matrix, terms)
    assert len(plan.late) <= most
    assert bool(plan.unserved) == (days is not None)


@pytest.mark.parametrize("seed", range(3))
def test_half_of_the_time_serves_all_of_the_most_urgent(seed):
    """With half of the team-days that all would need, every stop of the highest priority is served."""
    random = np.random.default_rng(seed)
    xy = random.normal(0, 1_500, (41, 2))
    matrix = np.rint(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))).astype(np.int64)
    stops = make_stops([1_200] * 40, priority=[int(one) for one in random.choice([0, 10, 20, 60], 40)])
    whole = assemble(stops, matrix, Terms(14_400, effort=0.05))
    terms = Terms(14_400, days=len(whole.team_days) // 2, effort=0.05)
    plan = assemble(stops, matrix, terms)
    check(plan, stops, matrix, terms)
    top = {stop for stop in range(1, 41) if stops.priority[stop] == 60}
    assert top
    assert not top & {stop for stop, _ in plan.unserved}
    assert plan.unserved


@given(worlds(), st.integers(1, 2), st.sampled_from(["compact", "balanced"]))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_the_most_urgent_are_served_where_time_allows(world, days, mode):
    """Whatever the stops: if the days hold those of the highest priority in the simplest order, each of them is served."""
    stops, matrix = world
    stops = replace(stops, deadline_day=np.zeros_like(stops.deadline_day))
    terms = Terms(8_000, days=days, effort=EFFORT, mode=mode)
    plan = assemble(stops, matrix, terms)
    check(plan, stops, matrix, terms)
    refused = {stop for stop, reason in plan.unserved if reason in ("unreachable", "too_long")}
    fits = [stop for stop in range(1, len(stops) + 1) if stop not in refused]
    top = [stop for stop in fits if stops.priority[stop] == max(stops.priority[fits])]
    legs = np.where(matrix == UNREACHABLE, 8_001, matrix)
    if len(nearest_neighbour(legs, stops, day_s=8_000, among=top)) <= days:
        assert not set(top) & {stop for stop, _ in plan.unserved}


def test_the_fewest_team_days_come_first():
    """Six stops of half a day each at the start point take three team-days, though the order given would take more."""
    stops = make_stops([1_000, 700, 700, 300, 300, 1_000])
    matrix = np.zeros((7, 7), dtype=np.int64)
    terms = Terms(1_000, effort=0.1)
    assert len(register_order(matrix, stops, day_s=1_000, among=[4, 2, 3, 1, 5, 6])) == 5
    assert len(assemble(stops, matrix, terms).team_days) == 4


def test_balance_evens_the_loads():
    """Balanced team-days are as many as compact ones and nearly alike."""
    random = np.random.default_rng(3)
    xy = random.normal(0, 800, (31, 2))
    matrix = np.rint(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))).astype(np.int64)
    stops = make_stops([int(one) for one in random.choice([600, 900, 1_500], 30)], xy=xy)
    terms = Terms(12_000, effort=0.05, mode="balanced")
    even, tight = assemble(stops, matrix, terms), assemble(stops, matrix, replace(terms, mode="compact"))
    check(even, stops, matrix, terms)
    assert len(even.team_days) == len(tight.team_days)
    assert measure(even, stops).balance <= 1.25


@given(worlds())
@settings(max_examples=30, deadline=None, derandomize=True)
def test_levelling_keeps_the_stops(world):
    """Levelling keeps every stop and every limit, and never makes the spread of the loads larger."""
    stops, matrix = world
    matrix = np.maximum(matrix, 0)
    routes = [(stop,) for stop in range(1, len(stops) + 1)]
    if len(routes) > 2:
        routes = [routes[0] + routes[1], *routes[2:]]
    after = level(routes, Frame(matrix, stops, 20_000))
    assert sorted(stop for route in after for stop in route) == list(range(1, len(stops) + 1))
    assert len(after) == len(routes)
    loads = [[sum(cost(matrix, stops, route)) for route in some] for some in (routes, after)]
    assert max(loads[1]) <= max(20_000, *loads[0])


def test_owners_get_their_own_team():
    """Where it costs little, a stop goes to its owner's team: two rows of homes that lie side by side."""
    xy = np.array([[0, 0], *([x, 40 * (x // 100 % 2)] for x in range(100, 900, 100))], dtype=float)
    matrix = np.rint(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))).astype(np.int64)
    stops = make_stops([1_500] * 8, owner=["a", "b"] * 4)
    owner_team = {stop: 1 if stops.owner[stop] == "a" else 2 for stop in range(1, 9)}
    terms = Terms(9_000, teams=2, effort=0.1)
    plan = assemble(stops, matrix, terms, bounds=Bounds(owner_team=owner_team))
    check(plan, stops, matrix, terms)
    assert measure(plan, stops).continuity == 1.0


def test_asking_stops_the_search():
    """Whoever waits may stop the search: what is found by then is a plan, and the search asks with growing shares."""
    stops = make_stops([1_000] * 9)
    shares = []

    def ask(share: float) -> bool:
        shares.append(share)
        return len(shares) > 5

    plan = assemble(stops, make_line(9), Terms(4_000, effort=10.0), ask=ask)
    check(plan, stops, make_line(9), Terms(4_000))
    assert len(shares) == 6
    assert shares == sorted(shares)


def test_an_overlong_locked_day_is_shown():
    """A team-day that people made too long stays, and says by how much."""
    stops = make_stops([1_000] * 4)
    matrix = make_line(4)
    locked = TeamDay(1, 1, (1, 2, 3), 600, 3_000, 600)
    plan = assemble(stops, matrix, Terms(3_000, effort=EFFORT), bounds=Bounds(locked=(locked,)))
    assert plan.team_days[0] == locked
    assert measure(plan, stops).over == 1
    assert plan.team_days[1].stops == (4,)


@given(worlds())
@settings(max_examples=20, deadline=None, derandomize=True)
def test_simple_orders_hold_every_stop(world):
    """The two orders that plans are compared with hold every stop that a day can hold, once."""
    stops, matrix = world
    matrix = np.maximum(matrix, 0)
    fits = [one for one in range(1, len(stops) + 1) if matrix[0, one] + stops.service_s[one] + matrix[one, 0] <= 9_000]
    for order in (register_order, nearest_neighbour):
        routes = order(matrix, stops, day_s=9_000, among=fits)
        assert sorted(stop for route in routes for stop in route) == fits
        assert all(sum(cost(matrix, stops, route)) <= 9_000 for route in routes)
        if len(routes) > 1:
            merged = merge_shortest(routes, Frame(matrix, stops, 9_000))
            assert [len(route) for route in merged].count(0) == 1
            assert sorted(stop for route in merged for stop in route) == fits


def test_figures_by_hand():
    """Two team-days whose every figure a person can check."""
    xy = np.array([[0, 0], [100, 0], [200, 0], [0, 100], [0, 300]], dtype=float)
    matrix = np.rint(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))).astype(np.int64)
    stops = make_stops([1_000] * 4, priority=[0, 5, 5, 0], deadline=[0, 0, 1, 0], owner=["a", "a", "b", ""], xy=xy)
    figures = measure(as_plan(stops, matrix, [(1, 2), (3, 4)], Terms(3_000)), stops)
    assert (figures.travel_s, figures.service_s, figures.team_days, figures.days) == (1_000, 4_000, 2, 2)
    assert (figures.makespan_s, figures.balance) == (2_600, round(2_600 / 2_400, 4))
    assert (figures.top, figures.top_by_day, figures.after_deadline) == (2, (1, 2), 1)
    assert (figures.served, figures.left_out, figures.overlap, figures.continuity) == (4, 0, 0.0, 1.0)
    assert compare(stops, matrix, Terms(3_000), among=[1, 2, 3, 4])["register_order"].travel_s == 1_000


def test_bands_follow_the_priorities():
    """Few priorities are a band each; many are put into five equal steps."""
    assert list(band_priorities(np.array([0.0, 30.0, 10.0]))) == [0, 2, 1]
    assert list(band_priorities(np.arange(11.0))) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 4]


@pytest.mark.parametrize("wrong", [{"day_s": 0}, {"day_s": 10, "teams": 0}, {"day_s": 10, "days": 0}])
def test_impossible_terms_are_refused(wrong):
    """No day, no team or no time is refused."""
    with pytest.raises(Invalid):
        Terms(**wrong)
