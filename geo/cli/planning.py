"""`plan` and `plan-metrics` of a bare list of stops, for which no database is needed."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geo.cli.exits import DONE, FAILED
from geo.cli.roundplan import run_plan_round
from geo.cli.session import print_json, print_table, tell
from geo.cli.stoplist import read_task
from geo.errors import Invalid
from geo.i18n import text
from geo.plan.assemble import assemble
from geo.plan.metrics import Metrics, as_plan, compare, measure
from geo.plan.orders import Route
from geo.plan.stops import UNREACHABLE, Plan, Stops, TeamDay, Terms, list_late, make_team_day

if TYPE_CHECKING:
    import argparse

    from numpy.typing import NDArray


def run_plan(options: argparse.Namespace) -> int:
    """Plan a list of stops, or the gap list of a round; what is not served, or late, is named with the reason."""
    return run_plan_stops(options) if options.stops is not None else run_plan_round(options)


def run_plan_stops(options: argparse.Namespace) -> int:
    """Plan a list of stops."""
    stops, matrix, terms = read_task(options)
    plan = assemble(stops, matrix, terms)
    figures = measure(plan, stops)
    among = sorted(stop for one in plan.team_days for stop in one.stops)
    answer = _describe(plan, stops, figures) | {"mode": terms.mode, "seed": terms.seed}
    answer |= {"ended": "time" if plan.cut else "iterations"}
    answer |= {name: _figures(one) for name, one in compare(stops, matrix, terms, among=among).items()}
    if options.json:
        print_json(answer)
    else:
        _print_plan(plan, stops, figures)
    for stop, reason in plan.unserved:
        tell(text(f"plan.reason.{reason}", id=stops.ids[stop]))
    for stop in plan.late:
        tell(text("plan.late", id=stops.ids[stop]))
    if plan.cut:
        tell(text("plan.cut"))
    return DONE


def run_plan_metrics(options: argparse.Namespace) -> int:
    """Cost given routes of a list of stops, beside two simpler orders; exit code 1 when they break a rule."""
    stops, matrix, terms = read_task(options)
    answer: dict[str, object] = {}
    broken: dict[str, list[str]] = {}
    if options.routes is not None:
        given = _read_routes(options.routes)
        plan, broken = _as_given(given, stops, matrix, terms)
        answer = _figures(measure(plan, stops)) | {"broken": broken}
    among = [nth for nth in range(1, len(stops) + 1) if matrix[0, nth] >= 0 and matrix[nth, 0] >= 0]
    compared = compare(stops, matrix, terms, among=among)
    answer |= {name: _figures(one) for name, one in compared.items()}
    if options.json:
        print_json(answer)
    else:
        named = [] if options.routes is None else [("plan.given", measure(plan, stops))]
        _print_figures([*named, *((f"plan.{name}", one) for name, one in compared.items())])
    for rule, ids in broken.items():
        if ids:
            tell(text(f"plan.broken.{rule}", ids=", ".join(ids[:10]), n=len(ids)))
    return FAILED if any(broken.values()) else DONE


def _describe(plan: Plan, stops: Stops, figures: Metrics) -> dict[str, object]:
    """Return a plan by the ids of its stops: `routes` in the order of `days`."""
    days = [
        {"day": one.day, "team": one.team, "stops": _name(one.stops, stops), "travel_s": one.travel_s,
         "service_s": one.service_s, "load_s": one.load_s, "over_s": one.over_s}
        for one in plan.team_days
    ]  # fmt: skip
    return {
        **_figures(figures),
        "routes": [_name(one.stops, stops) for one in plan.team_days],
        "days": days,
        "unserved": [{"id": stops.ids[stop], "reason": reason} for stop, reason in plan.unserved],
        "late": _name(plan.late, stops),
    }


def _figures(figures: Metrics) -> dict[str, object]:
    """Return figures as they are printed; `days` are counted as `days_used`, because `days` lists the team-days."""
    said = asdict(figures)
    return {("days_used" if name == "days" else name): value for name, value in said.items()}


def _name(route: Route, stops: Stops) -> list[str]:
    return [stops.ids[stop] for stop in route]


def _read_routes(path: Path) -> dict[str, object]:
    """Return what `plan --json` wrote, or a bare list of routes as such. Raises `Invalid`."""
    if not path.is_file():
        raise Invalid("cli.no_file", path=path.name)
    try:
        said = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise Invalid("plan.routes_unreadable", file=path.name) from error
    given = said if isinstance(said, dict) else {"routes": said}
    routes = given.get("routes")
    if not isinstance(routes, list) or not all(isinstance(route, list) for route in routes):
        raise Invalid("plan.routes_unreadable", file=path.name)
    return given


def _as_given(
    given: dict[str, object], stops: Stops, matrix: NDArray[np.int64], terms: Terms
) -> tuple[Plan, dict[str, list[str]]]:
    """Return given routes as a plan, and which ids break which rule: unknown, twice, missing, no way, too long."""
    place = {one: nth for nth, one in enumerate(stops.ids) if nth}
    listed = [[str(one) for one in route] for route in given["routes"]]  # type: ignore[attr-defined]
    names = [one for route in listed for one in route]
    unknown = sorted({one for one in names if one not in place})
    routes = [tuple(place[one] for one in route if one in place) for route in listed]
    plan = as_plan(stops, matrix, routes, terms)
    plan = _at_days(plan, given, stops, matrix, terms)
    broken = {
        "unknown": unknown,
        "twice": sorted({one for one in names if names.count(one) > 1}),
        "missing": [one for one in place if one not in names],
        "no_way": [str(nth) for nth, route in enumerate(routes, start=1) if _has_gap(matrix, route)],
        "too_long": [str(nth) for nth, one in enumerate(plan.team_days, start=1) if one.over_s],
        "late": _name(plan.late, stops),
    }
    return plan, broken


def _has_gap(matrix: NDArray[np.int64], route: Route) -> bool:
    path = np.array([0, *route, 0])
    return bool((matrix[path[:-1], path[1:]] == UNREACHABLE).any())


def _at_days(plan: Plan, given: dict[str, object], stops: Stops, matrix: NDArray[np.int64], terms: Terms) -> Plan:
    """Return the plan on the days and teams that are given with the routes, where they are."""
    days = given.get("days")
    if not isinstance(days, list) or len(days) != len(plan.team_days):
        return plan
    slots = [(int(one["day"]), int(one["team"])) for one in days]
    team_days: tuple[TeamDay, ...] = tuple(
        make_team_day(matrix, stops, one.stops, slot=slot, day_s=terms.day_s)
        for one, slot in zip(plan.team_days, slots, strict=True)
    )
    return Plan(team_days, plan.unserved, list_late(stops, team_days))


def _print_plan(plan: Plan, stops: Stops, figures: Metrics) -> None:
    heads = [text(f"plan.column.{name}") for name in ("day", "team", "stops", "travel", "load", "order")]
    print_table(heads, [
        [one.day, one.team, len(one.stops), _clock(one.travel_s), _clock(one.load_s), " ".join(_name(one.stops, stops))]
        for one in plan.team_days
    ])  # fmt: skip
    _print_figures([("plan.this", figures)])


def _print_figures(named: list[tuple[str, Metrics]]) -> None:
    for key, one in named:
        balance = "—" if one.balance is None else f"{one.balance:.2f}"
        shown = {"travel": _clock(one.travel_s), "longest": _clock(one.makespan_s), "balance": balance}
        print(text("plan.figures", name=text(key), days=one.team_days, n=one.served, left=one.left_out, **shown))


def _clock(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds % 3600 // 60:02d}"
