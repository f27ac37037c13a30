"""Planning many villages: each is one task, and several are searched at once in processes of their own."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
import pandas as pd
from sqlalchemy import select

from geo.errors import Invalid, Stopped
from geo.gaps import rank_gaps
from geo.plan.assemble import assemble
from geo.plan.engine import Ask
from geo.plan.metrics import compare, measure
from geo.plan.replan import Keep, move_stop, replan
from geo.plan.stops import Bounds, Mode, Plan, Slot, Terms
from geo.plan.travel import measure_sphere
from geo.planning.document import PlanDocument, StopRow, TeamDayRow, VillagePlan
from geo.planning.stops import UnitTask, make_task
from geo.planning.teams import Setup, UnitSetup
from geo.schema import place
from geo.store.homes import read_gap_homes
from geo.store.rounds import get_round

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.model import Round, Scope
    from geo.store.database import Database

#: Told after each village how many of how many are done; answering True stops the work.
Tell: TypeAlias = Callable[[int, int], bool]
#: From so many homes on villages are searched in processes of their own, whose start takes a second or two.
_MANY_HOMES: Final = 800
#: How often each is searched, by how many there are: a village has seconds, each of a district's has half of one.
_EFFORTS: Final = ((4, 1.0), (40, 0.1), (10**9, 0.03))
#: A bound for slow machines on the seconds of one village: iterations end it before, so that plans can be repeated.
_MOST_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class Order:
    """How plans are made: the mode, the seed, how often all is searched, and in how many processes.

    None = by the number of villages, and of homes. The plan is the same with any number of processes.
    """

    mode: Mode = "balanced"
    seed: int = 0
    effort: float | None = None
    workers: int | None = None


def plan_places(
    db: Database, scope: Scope, *, round_id: str, place_id: str, setup: Setup, order: Order | None = None,
    only: Iterable[str] | None = None, tell: Tell | None = None,
) -> PlanDocument:  # fmt: skip
    """Return the plan of the gap list under a place, village by village (or by township, where teams are pooled).

    `only`: the households that are wanted, where not all. Days are those after today up to the end of the round.
    Raises `NotFound`, `NotAllowed`, `Invalid` when no day is left, `Stopped` when `tell` says so.
    """
    order = order or Order()
    round_ = get_round(db, scope, round_id=round_id)
    tasks = list_tasks(db, scope, round_=round_, place_id=place_id, setup=setup, only=only)
    effort = order.effort or next(effort for most, effort in _EFFORTS if len(tasks) < most)
    plans = _plan_all(tasks, replace(order, effort=effort), tell)
    return PlanDocument(round_.id, db.today(), order.mode, order.seed, tuple(plans))


def list_tasks(
    db: Database, scope: Scope, *, round_: Round, place_id: str, setup: Setup, only: Iterable[str] | None = None
) -> list[UnitTask]:
    """Return the task of every village (or township) with somebody on the gap list, by unit code."""
    today = db.today()
    found = read_gap_homes(db, scope, round_id=round_.id, place_id=place_id)
    gaps = rank_gaps(found.waiting, today, found.weights)
    if only is not None:
        gaps = gaps[gaps["household"].isin(set(only))]
    units = _read_units(db, gaps)
    tasks = []
    key = gaps["village_id"].map(lambda one: units[one].township if setup.pool else one)
    for unit_id, rows in gaps.groupby(key):
        unit = units[str(unit_id)]
        own = _setup_of(setup, unit, [units[one] for one in sorted(rows["village_id"].unique())])
        days = own.list_days(max(today + timedelta(days=1), round_.starts_on), round_.ends_on)
        if not days:
            raise Invalid("plan.no_days", ends=round_.ends_on)
        start = own.start if isinstance(own.start, tuple) else units.get(_start_unit(own.start, unit), unit).point
        tasks.append(make_task(rows, (unit.id, unit.code, unit.name), own, days=days, start=start))
    return sorted(tasks, key=lambda one: one.code)


@dataclass(frozen=True, slots=True)
class _Unit:
    id: str
    code: str
    name: str
    township: str
    point: tuple[float, float] | None


def _start_unit(start: object, unit: _Unit) -> str:
    return unit.township if start == "township" else unit.id


def _read_units(db: Database, gaps: pd.DataFrame) -> dict[str, _Unit]:
    """Return the villages of the list, and their townships, by id."""
    wanted = gaps["village_id"].unique().tolist()
    columns = (place.c.id, place.c.code, place.c.name, place.c.parent, place.c.lon, place.c.lat)
    with db.read() as connection:
        villages = connection.execute(select(*columns).where(place.c.id.in_(wanted))).all()
        above = {row.parent for row in villages if row.parent}
        townships = connection.execute(select(*columns).where(place.c.id.in_(above))).all()
    return {
        row.id: _Unit(row.id, row.code, row.name, parent if parent in above else row.id,
                      None if row.lon is None or row.lat is None else (row.lon, row.lat))
        for rows, own in ((townships, False), (villages, True))
        for row in rows
        for parent in [row.parent if own else row.id]
    }  # fmt: skip


def _setup_of(setup: Setup, unit: _Unit, villages: Sequence[_Unit]) -> UnitSetup:
    """Return what holds for a unit; a township that pools has the teams of its villages, named after them."""
    if not setup.pool:
        return setup.of(unit.code)
    teams = tuple(
        replace(team, name=f"{village.name} {team.name}")
        for village in villages
        for team in setup.of(village.code).teams
    )
    return replace(setup.of(unit.code), teams=teams)


def _plan_all(tasks: Sequence[UnitTask], order: Order, tell: Tell | None) -> list[VillagePlan]:
    """Plan every task; the largest first, so that no process works alone at the end."""
    done: dict[int, VillagePlan] = {}
    homes = sum(len(task.rows) for task in tasks)
    workers = order.workers or ((os.cpu_count() or 1) if homes >= _MANY_HOMES else 1)
    if workers == 1 or len(tasks) == 1:
        for nth, task in enumerate(tasks):
            done[nth] = plan_unit(task, order)
            _report(len(done), len(tasks), tell)
        return [done[nth] for nth in range(len(tasks))]
    # Threads of a running server must not be forked; a server process of forks starts each worker in milliseconds.
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    with ProcessPoolExecutor(workers, multiprocessing.get_context(method)) as pool:
        by_size = sorted(range(len(tasks)), key=lambda nth: -len(tasks[nth].rows))
        waiting: dict[Future[VillagePlan], int] = {pool.submit(plan_unit, tasks[nth], order): nth for nth in by_size}
        try:
            for future in as_completed(waiting):
                done[waiting[future]] = future.result()
                _report(len(done), len(tasks), tell)
        except Stopped:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [done[nth] for nth in range(len(tasks))]


def _report(done: int, total: int, tell: Tell | None) -> None:
    if tell is not None and tell(done, total):
        raise Stopped("plan.stopped", n=done, total=total)


def plan_unit(task: UnitTask, order: Order) -> VillagePlan:
    """Return the plan of one unit."""
    return draft_unit(task, order).village()


def draft_unit(task: UnitTask, order: Order, *, ask: Ask | None = None) -> Draft:
    """Return the plan of one unit as a draft that people may change."""
    setup = task.setup
    terms = Terms(
        setup.day_s, len(setup.teams), len(task.days), order.mode, seed=order.seed, effort=order.effort or 1.0,
        seconds=_MOST_SECONDS, continuity_s=round(setup.continuity_minutes * 60),
    )  # fmt: skip
    matrix = setup.pace.seconds(measure_sphere(task.lon, task.lat))
    plan = assemble(task.stops, matrix, terms, bounds=task.bounds, ask=ask)
    return Draft(task, plan, matrix, terms, task.bounds)


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan of one unit while people change it: what was moved stays (`bounds.fixed`), locked team-days too."""

    task: UnitTask
    plan: Plan
    matrix: NDArray[np.int64]
    terms: Terms
    bounds: Bounds
    locked: frozenset[Slot] = frozenset()

    def village(self) -> VillagePlan:
        """Return the rows of the plan."""
        return to_village(self.task, self.plan, self.matrix, self.terms, locked=self.locked)

    def with_locks(self, locked: Iterable[Slot]) -> Draft:
        """Return the draft with these team-days locked and no others."""
        return replace(self, locked=frozenset(locked))

    def moved(self, household: str, slot: Slot) -> Draft:
        """Return the draft with a household on another team-day, where it stays. Raises `Invalid` for a locked one."""
        stop = self.task.stops.ids.index(household)
        now = next(((one.day, one.team) for one in self.plan.team_days if stop in one.stops), None)
        if slot in self.locked or now in self.locked:
            raise Invalid("plan.locked")
        plan = move_stop(self.plan, stop, slot, stops=self.task.stops, matrix=self.matrix, terms=self.terms)
        return replace(self, plan=plan, bounds=replace(self.bounds, fixed={**self.bounds.fixed, stop: slot}))

    def replanned(self, keep: Keep, *, ask: Ask | None = None) -> Draft:
        """Return the draft planned again but for what is locked, moved by hand, or to be kept."""
        locked = tuple(one for one in self.plan.team_days if (one.day, one.team) in self.locked)
        held = {stop for one in locked for stop in one.stops}
        fixed = {stop: slot for stop, slot in self.bounds.fixed.items() if stop not in held}
        bounds = replace(self.bounds, fixed=fixed, locked=locked)
        plan = replan(
            self.plan, keep, stops=self.task.stops, matrix=self.matrix, terms=self.terms, bounds=bounds, ask=ask
        )
        return replace(self, plan=plan)


def to_village(
    task: UnitTask, plan: Plan, matrix: NDArray[np.int64], terms: Terms, *, locked: frozenset[Slot] = frozenset()
) -> VillagePlan:
    """Return a plan of stops as the rows of a village, with its figures beside those of simpler orders."""
    late = set(plan.late)
    team_days = tuple(
        TeamDayRow(
            task.days[one.day - 1], task.setup.teams[one.team - 1].name,
            tuple(
                replace(task.rows[stop - 1], seq=nth, arrive_s=arrive, late=stop in late)
                for nth, (stop, arrive) in enumerate(_arrivals(task, one.stops, matrix), start=1)
            ),
            one.travel_s, one.service_s, one.over_s, (one.day, one.team) in locked,
        )
        for one in plan.team_days
    )  # fmt: skip
    unserved: list[StopRow] = [replace(task.rows[stop - 1], reason=reason) for stop, reason in plan.unserved]
    unserved += [replace(one, reason="unlocated") for one in task.unlocated]
    served = sorted(stop for one in plan.team_days for stop in one.stops)
    metrics = measure(plan, task.stops)
    metrics = replace(metrics, left_out=metrics.left_out + len(task.unlocated))
    return VillagePlan(
        task.place, task.code, task.name, task.days, tuple(one.name for one in task.setup.teams),
        terms.day_s, task.start, team_days, tuple(unserved), metrics,
        compare(task.stops, matrix, terms, among=served),
    )  # fmt: skip


def _arrivals(task: UnitTask, route: Sequence[int], matrix: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return each stop with the seconds after setting out at which the team arrives."""
    clock, here, answer = 0, 0, []
    for stop in route:
        clock += int(matrix[here, stop])
        answer.append((stop, clock))
        clock += int(task.stops.service_s[stop])
        here = stop
    return answer
