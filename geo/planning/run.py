"""Planning many villages: each is one task, and several are searched at once in processes of their own."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import pandas as pd
from sqlalchemy import select

from geo.errors import Invalid, Stopped
from geo.gaps import rank_gaps
from geo.issues import issue_status
from geo.planning.document import PlanDocument, VillagePlan
from geo.planning.draft import Order, draft_unit, to_content
from geo.planning.stops import UnitTask, make_task
from geo.planning.teams import Setup, UnitSetup, make_setup
from geo.schema import issue, issue_household, place
from geo.store.gap_homes import read_gap_homes
from geo.store.places import root_place
from geo.store.plansettings import read_layered, read_plan_settings
from geo.store.rounds import get_round
from geo.store.teams import CADRE, HELPER, list_members
from geo.store.ways import read_way_files

if TYPE_CHECKING:
    from geo.model import Round, Scope
    from geo.store.database import Database

#: Told after each village how many of how many are done; answering True stops the work.
Tell: TypeAlias = Callable[[int, int], bool]
_Made = TypeVar("_Made")
#: From so many homes on villages are searched in processes of their own, whose start takes a second or two.
_MANY_HOMES: Final = 800
#: How often each is searched, by how many there are: a village has seconds, each of a district's has half of one.
_EFFORTS: Final = ((4, 1.0), (40, 0.1), (10**9, 0.04))


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
    plans = _plan_all(tasks, fit_order(order, len(tasks)), plan_unit, tell)
    return PlanDocument(round_.id, db.today(), order.mode, order.seed, tuple(plans))


def list_tasks(
    db: Database, scope: Scope, *, round_: Round, place_id: str, setup: Setup, only: Iterable[str] | None = None,
    days: Sequence[date] | None = None,
) -> list[UnitTask]:  # fmt: skip
    """Return the task of every village (or township) with somebody on the gap list, by unit code.

    `only`: the households that are wanted, where not all. `days`: those of the plan, where not what the setting says.
    Raises `NotFound`, `NotAllowed`, `Invalid` when no day is left.
    """
    today = db.today()
    found = read_gap_homes(db, scope, round_id=round_.id, place_id=place_id)
    gaps = rank_gaps(found.waiting, today, found.rules)
    if only is not None:
        gaps = gaps[gaps["household"].isin(set(only))]
    units = _read_units(db, gaps)
    gaps = _list_issues(db, _name_owners(db, scope, gaps, place_id), today)
    kept = read_plan_settings(db)
    files = setup.files or read_way_files(db)
    tasks = []
    key = gaps["village_id"].map(lambda one: units[one].township if setup.pool else one)
    for unit_id, rows in gaps.groupby(key):
        unit = units[str(unit_id)]
        above = units.get(unit.township, unit)
        own = _setup_of(setup, unit, [units[one] for one in sorted(rows["village_id"].unique())], above.code)
        own = replace(own, detour=own.detour or kept.get(above.id, {}).get("detour"))
        going = days or own.list_days(max(today + timedelta(days=1), round_.starts_on), round_.ends_on)
        if not going:
            raise Invalid("plan.no_days", ends=round_.ends_on)
        start = own.start if isinstance(own.start, tuple) else units.get(_start_unit(own.start, unit), unit).point
        tasks.append(make_task(rows, (unit.id, unit.code, unit.name), own, days=going, start=start, files=files))
    return sorted(tasks, key=lambda one: one.code)


def kept_setup(db: Database, *, pool: bool = False) -> Setup:
    """Return the setting that is kept in the store, by place (`store.plansettings`)."""
    layered = read_layered(db)
    return make_setup({**layered.get(root_place(db).code, {}), "villages": layered, "pool": pool})


def _name_owners(db: Database, scope: Scope, gaps: pd.DataFrame, place_id: str) -> pd.DataFrame:
    """Return the list with somebody who answers for each home: as assigned, else its helper, else its group's cadre."""
    members = list_members(db, scope, place_id=place_id)
    helpers, cadres = (members[members["role"] == role] for role in (HELPER, CADRE))
    by_home = dict(zip(helpers["household"], helpers["person_name"], strict=True))
    by_group = dict(zip(cadres["place"], cadres["person_name"], strict=True))
    rows = zip(gaps["assignee"], gaps["household"], gaps["place"], strict=True)
    named: list[Any] = [
        who if isinstance(who, str) else by_home.get(home) or by_group.get(group) for who, home, group in rows
    ]
    return gaps.assign(assignee=named)


def _list_issues(db: Database, gaps: pd.DataFrame, today: date) -> pd.DataFrame:
    """Return the list with the categories of each home's own open issues, overdue ones first."""
    status = issue_status(today).subquery("status")
    asked = (
        select(issue_household.c.household, issue.c.category)
        .join(status, status.c.issue == issue_household.c.issue)
        .join(issue, issue.c.id == issue_household.c.issue)
        .where(status.c.open == 1, status.c.scope == "household")
        .order_by(status.c.bucket != "overdue", issue.c.category)
    )
    found: dict[str, list[str]] = {}
    with db.read() as connection:
        for household, category in connection.execute(asked):
            found.setdefault(household, []).append(category)
    listed: list[Any] = [found.get(one, []) for one in gaps["household"]]
    return gaps.assign(issues=listed)


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


def _setup_of(setup: Setup, unit: _Unit, villages: Sequence[_Unit], above: str) -> UnitSetup:
    """Return what holds for a unit; a township that pools has the teams of its villages, named after them."""
    own = setup.of(unit.code, above)
    if not setup.pool:
        return own
    teams = tuple(
        replace(team, name=f"{village.name} {team.name}")
        for village in villages
        for team in setup.of(village.code, above).teams
    )
    return replace(own, teams=teams)


def fit_order(order: Order, count: int) -> Order:
    """Return the order with the effort that so many units get, where none is given."""
    return replace(order, effort=order.effort or next(effort for most, effort in _EFFORTS if count < most))


def draft_tasks(
    tasks: Sequence[UnitTask], order: Order, *, tell: Tell | None = None, keep: Callable[[dict[str, Any]], None]
) -> None:
    """Plan units as drafts; `keep` gets each (`draft.to_content`) as soon as it is done. Raises `Stopped`."""
    _plan_all(tasks, fit_order(order, len(tasks)), draft_content, tell, keep)


def _plan_all(
    tasks: Sequence[UnitTask], order: Order, work: Callable[[UnitTask, Order], _Made], tell: Tell | None,
    keep: Callable[[_Made], None] | None = None,
) -> list[_Made]:  # fmt: skip
    """Plan every task; the largest first, so that no process works alone at the end."""
    done: dict[int, _Made] = {}

    def take(nth: int, made: _Made) -> None:
        done[nth] = made
        if keep is not None:
            keep(made)
        _report(len(done), len(tasks), tell)

    homes = sum(len(task.rows) for task in tasks)
    workers = order.workers or ((os.cpu_count() or 1) if homes >= _MANY_HOMES else 1)
    if workers == 1 or len(tasks) == 1:
        for nth, task in enumerate(tasks):
            take(nth, work(task, order))
        return [done[nth] for nth in range(len(tasks))]
    # Threads of a running server must not be forked; a server process of forks starts each worker in milliseconds.
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    with ProcessPoolExecutor(workers, multiprocessing.get_context(method)) as pool:
        by_size = sorted(range(len(tasks)), key=lambda nth: -len(tasks[nth].rows))
        waiting: dict[Future[_Made], int] = {pool.submit(work, tasks[nth], order): nth for nth in by_size}
        try:
            for future in as_completed(waiting):
                take(waiting[future], future.result())
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


def draft_content(task: UnitTask, order: Order) -> dict[str, Any]:
    """Return the draft of one unit as it is kept."""
    return to_content(draft_unit(task, order))
