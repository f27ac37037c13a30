"""What can be typed for planning: plan, plan-metrics, route-solve, network-distance."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import Any, Final

from geo.i18n import text
from geo.plan.instances import ROUNDINGS
from geo.plan.stops import MODES
from geo.plan.travel import SPEEDS_KMH
from geo.store.ways import WAY_KINDS

_SECONDS: Final = 10.0


def add_planning(commands: Any, add_command: Callable[[Any, str], Any]) -> None:
    """Add the commands of planning."""
    _add_plan(add_command(commands, "plan"), "plan")
    metrics = add_command(commands, "plan-metrics")
    _add_plan(metrics, "plan-metrics")
    _add(metrics, "--routes", type=Path, metavar="FILE")
    _add_route_solve(add_command(commands, "route-solve"))
    _add_ways(add_command(commands, "ways"))
    distance = add_command(commands, "network-distance")
    for name in ("--nodes", "--edges", "--pairs"):
        _add(distance, name, type=Path, metavar="FILE", required=True)


def read_count(value: str) -> int:
    """Return a whole number from 1. Raises what argparse turns into a sentence."""
    if not value.isascii() or not value.isdigit() or int(value) < 1:
        raise argparse.ArgumentTypeError(text("plan.no_count", value=value))
    return int(value)


def read_teams(value: str) -> int | Path:
    """Return a number of teams, or the path of a file of teams."""
    return read_count(value) if value.isdigit() else Path(value)


def read_positive(value: str) -> float:
    """Return a number above 0. Raises what argparse turns into a sentence."""
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not isfinite(number) or number <= 0:
        raise argparse.ArgumentTypeError(text("plan.no_positive", value=value))
    return number


def _add(parser: Any, *names: str, **options: Any) -> None:
    word = names[-1].lstrip("-").replace("-", "_")
    parser.add_argument(*names, help=text(f"cli.plan.{word}"), **options)


def _add_plan(parser: Any, command: str) -> None:
    _add(parser, "--stops", type=Path, metavar="FILE")
    _add(parser, "--matrix", type=Path, metavar="FILE.npy")
    _add(parser, "--day-seconds", type=read_count, metavar="N")
    _add(parser, "--teams", type=read_teams, default=None, metavar="N|FILE")
    _add(parser, "--days", type=read_count, metavar="N")
    _add(parser, "--travel", choices=tuple(SPEEDS_KMH))
    for name in ("--nodes", "--edges", "--roads", "--elevation"):
        _add(parser, name, type=Path, metavar="FILE")
    _add(parser, "--speed-kmh", type=read_positive, metavar="X")
    _add(parser, "--detour", type=read_positive, metavar="X")
    chosen = command == "plan"
    if chosen:
        _add(parser, "--mode", choices=MODES)
        _add(parser, "--seed", type=int, default=0, metavar="N")
        _add(parser, "--effort", type=read_positive, metavar="X")
        _add(parser, "--round", metavar="ROUND")
        _add(parser, "--place", metavar="CODE")
        _add(parser, "--what-if", action="store_true")
        _add(parser, "--out", type=Path, metavar="DIR")
    else:
        parser.set_defaults(mode="compact", seed=0, effort=1.0)


def _add_ways(parser: Any) -> None:
    for kind in WAY_KINDS:
        _add(parser, f"--{kind}", type=Path, metavar="FILE")
    _add(parser, "--drop", choices=WAY_KINDS, action="append", default=[])


def _add_route_solve(parser: Any) -> None:
    _add(parser, "file", type=Path, metavar="FILE")
    _add(parser, "--seconds", type=read_positive, default=_SECONDS, metavar="X")
    _add(parser, "--iterations", type=read_count, metavar="N")
    _add(parser, "--seed", type=int, default=0, metavar="N")
    _add(parser, "--rounding", choices=ROUNDINGS)
    _add(parser, "--best", type=read_positive, metavar="COST")
    _add(parser, "--out", type=Path, metavar="FILE")
