"""A draft of one unit's plan, changed by hand: homes moved, held and barred, team-days locked, the rest anew."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geo.errors import Invalid
from geo.plan.assemble import assemble
from geo.plan.engine import Ask
from geo.plan.metrics import compare, measure
from geo.plan.replan import Keep, move_stop, replan
from geo.plan.stops import Bounds, Mode, Plan, Slot, Terms, list_late, make_team_day
from geo.planning.document import StopRow, TeamDayRow, VillagePlan, call_route
from geo.planning.stops import UnitTask

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A bound for slow machines on the seconds of one village: iterations end it before, so that plans can be repeated.
_MOST_SECONDS: Final = 120.0
#: So many signs of 32 tell the plans of a unit in a round apart.
_MARK: Final = 6


@dataclass(frozen=True, slots=True)
class Order:
    """How plans are made: the mode, the seed, how often all is searched, and in how many processes.

    None = by the number of villages, and of homes. The plan is the same with any number of processes.
    """

    mode: Mode = "balanced"
    seed: int = 0
    effort: float | None = None
    workers: int | None = None


def make_terms(task: UnitTask, order: Order) -> Terms:
    """Return what the plan of a unit may use."""
    setup = task.setup
    return Terms(
        setup.day_s, len(setup.teams), len(task.days), order.mode, seed=order.seed, effort=order.effort or 1.0,
        seconds=_MOST_SECONDS, continuity_s=round(setup.continuity_minutes * 60),
    )  # fmt: skip


def draft_unit(task: UnitTask, order: Order, *, ask: Ask | None = None) -> Draft:
    """Return the plan of one unit as a draft that people may change."""
    terms = make_terms(task, order)
    plan = assemble(task.stops, task.measure(), terms, bounds=task.bounds, ask=ask)
    return Draft(task, plan, terms, task.bounds, _mark(task, plan))


def _mark(task: UnitTask, plan: Plan) -> str:
    """Return a few signs that tell a plan from others of its unit: who is visited when, by whom, in which order."""
    routes = [[one.day, one.team, [task.stops.ids[stop] for stop in one.stops]] for one in plan.team_days]
    said = json.dumps([[one.isoformat() for one in task.days], routes])
    return base64.b32encode(hashlib.sha256(said.encode()).digest())[:_MARK].decode()


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan of one unit while people change it.

    What was moved or held stays where it is (`bounds.fixed`), what is barred does not meet, locked days stay whole.
    `mark` tells the plan from others of its unit, whatever is changed by hand.
    """

    task: UnitTask
    plan: Plan
    terms: Terms
    bounds: Bounds
    mark: str
    locked: frozenset[Slot] = frozenset()

    @property
    def matrix(self) -> NDArray[np.int64]:
        """Return the seconds between all points; not kept, because a district's would fill the memory."""
        return self.task.measure()

    def slot_of(self, household: str) -> Slot | None:
        """Return the day and team of a household, None where it is on no team-day."""
        stop = self.task.stops.ids.index(household)
        return next(((one.day, one.team) for one in self.plan.team_days if stop in one.stops), None)

    def village(self) -> VillagePlan:
        """Return the rows of the plan."""
        return to_village(self)

    def held(self, household: str, *, stays: bool) -> Draft:
        """Return the draft with a household that stays on its team-day when the rest is planned again, or need not."""
        stop, slot = self.task.stops.ids.index(household), self.slot_of(household)
        fixed = {one: where for one, where in self.bounds.fixed.items() if one != stop}
        if stays and slot is not None:
            fixed[stop] = slot
        return replace(self, bounds=replace(self.bounds, fixed=fixed))

    def barred_from(self, household: str, teams: Iterable[int]) -> Draft:
        """Return the draft with a household that these teams must not visit, from the next planning on."""
        stop = self.task.stops.ids.index(household)
        others = frozenset(pair for pair in self.bounds.barred if pair[0] != stop)
        return replace(self, bounds=replace(self.bounds, barred=others | {(stop, team) for team in teams}))

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
        # Who is barred from where a household was put by hand wanted it elsewhere.
        fixed = {
            stop: slot for stop, slot in self.bounds.fixed.items()
            if stop not in held and (stop, slot[1]) not in self.bounds.barred
        }  # fmt: skip
        bounds = replace(self.bounds, fixed=fixed, locked=locked)
        plan = replan(
            self.plan, keep, stops=self.task.stops, matrix=self.matrix, terms=self.terms, bounds=bounds, ask=ask
        )
        return replace(self, plan=plan)


def to_village(draft: Draft) -> VillagePlan:
    """Return a plan of stops as the rows of a village, with its figures beside those of simpler orders."""
    task, plan, terms, matrix = draft.task, draft.plan, draft.terms, draft.matrix
    late = set(plan.late)
    team_days = tuple(
        TeamDayRow(
            task.days[one.day - 1], task.setup.teams[one.team - 1].name,
            tuple(
                replace(task.rows[stop - 1], seq=nth, arrive_s=arrive, late=stop in late)
                for nth, (stop, arrive) in enumerate(_arrivals(task, one.stops, matrix), start=1)
            ),
            one.travel_s, one.service_s, one.over_s, (one.day, one.team) in draft.locked,
            call_route(task.code, draft.mark, task.days[one.day - 1], one.team),
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


def to_content(draft: Draft) -> dict[str, Any]:
    """Return a draft as plain JSON values: households by id, days by date, teams by name; its figures besides."""
    task, ids = draft.task, draft.task.stops.ids
    teams = [one.name for one in task.setup.teams]

    def name(slot: Slot) -> list[str | None]:
        return [task.days[slot[0] - 1].isoformat() if slot[0] else None, teams[slot[1] - 1] if slot[1] else None]

    return {
        "place": task.place, "code": task.code, "name": task.name, "seed": draft.terms.seed, "mode": draft.terms.mode,
        "mark": draft.mark,
        "teams": [[one.name, list(one.people)] for one in task.setup.teams], **draft.village().figures(),
        "routes": [
            [*name((one.day, one.team)), [ids[stop] for stop in one.stops], (one.day, one.team) in draft.locked]
            for one in draft.plan.team_days
        ],
        "unserved": [[ids[stop], reason] for stop, reason in draft.plan.unserved],
        "fixed": [[ids[stop], *name(slot)] for stop, slot in draft.bounds.fixed.items()],
        "barred": [[ids[stop], teams[team - 1]] for stop, team in sorted(draft.bounds.barred)],
    }  # fmt: skip


def from_content(task: UnitTask, order: Order, content: dict[str, Any]) -> Draft:
    """Return a draft that was kept, on the task as it is now.

    Homes that were visited since are gone from it; those that are new, or whose day is over, wait as `unplanned`.
    """
    stops, terms = task.stops, make_terms(task, order)
    place = {one: nth for nth, one in enumerate(stops.ids) if nth}
    day_of = {day.isoformat(): nth for nth, day in enumerate(task.days, start=1)}
    team_of = {one.name: nth for nth, one in enumerate(task.setup.teams, start=1)}
    matrix = task.measure()
    team_days, locked = [], set()
    for day, team, households, lock in content["routes"]:
        route = tuple(place[one] for one in households if one in place)
        if day in day_of and team in team_of and route:
            slot = (day_of[day], team_of[team])
            team_days.append(make_team_day(matrix, stops, route, slot=slot, day_s=terms.day_s))
            locked |= {slot} if lock else set()
    served = {stop for one in team_days for stop in one.stops}
    said = {place[one]: reason for one, reason in content["unserved"] if one in place}
    left = [(stop, said.get(stop, "unplanned")) for stop in place.values() if stop not in served]
    fixed = {
        place[one]: (day_of.get(day, 0), team_of.get(team, 0)) for one, day, team in content["fixed"] if one in place
    }
    barred = frozenset(
        (place[one], team_of[team]) for one, team in content["barred"] if one in place and team in team_of
    )
    bounds = replace(task.bounds, fixed={**task.bounds.fixed, **fixed}, barred=task.bounds.barred | barred)
    team_days.sort(key=lambda one: (one.day, one.team))
    plan = Plan(tuple(team_days), tuple(left), list_late(stops, team_days))
    return Draft(task, plan, terms, bounds, content["mark"], frozenset(locked))
