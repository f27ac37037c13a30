"""`rounds`: made, closed, locked and listed; how one is typed. `figures`: what a locked one published."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from geo.cli.comparing import run_compare
from geo.cli.exits import DONE, FAILED
from geo.cli.session import choose_place, open_session, print_json, print_table
from geo.cli.typed import parse_day
from geo.errors import Invalid, NotFound
from geo.i18n import text
from geo.store.published import close_round, list_published, lock_round, read_published, reopen_round
from geo.store.rounds import RoundPlan, create_round, get_round, list_rounds
from geo.store.rules import load_rules

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable
    from datetime import date

    from geo.model import Round
    from geo.store.published import PlaceFigures

_PARTS: Final = 3
_HEADS: Final = ("number", "name", "starts_on", "ends_on", "target", "status", "figures")
#: The exit code where published figures are not what they were.


def read_round(typed: str) -> tuple[str, date, date]:
    """Return the name, first and last day of `NAME:START:END`. Raises `Invalid` for anything else."""
    parts = typed.rsplit(":", 2)
    if len(parts) == _PARTS and parts[0].strip():
        try:
            return parts[0].strip(), parse_day(parts[1]), parse_day(parts[2])
        except ValueError as error:
            raise Invalid("cli.no_round_plan", value=typed) from error
    raise Invalid("cli.no_round_plan", value=typed)


def require_round(rounds: Iterable[Round], typed: str) -> None:
    """Raise `NotFound`, naming the rounds there are and how a new one is typed, unless a number or id is a round's."""
    known = list(rounds)
    if typed not in {str(value) for one in known for value in (one.id, one.number)}:
        numbers = text("list.comma").join(f"{one.number} {one.name}" for one in known)
        raise NotFound("cli.no_such_round" if known else "cli.no_round_yet", value=typed, rounds=numbers)


def run_rounds(options: argparse.Namespace) -> int:
    """Make a round, close or lock one, and show it; or list them all."""
    command = options.rounds_command or "list"
    if command == "compare":
        return run_compare(options)
    plan = read_round(options.round) if command == "add" else None
    with open_session(options) as session:
        db, scope = session.db, session.scope
        if plan is not None:
            # A target of 0 % is one that was asked for.
            target = load_rules(db, scope)["target"] if options.target is None else options.target
            wanted = RoundPlan(
                *plan, choose_place(session, options.scope).id, number=options.number,
                target_bp=target, away_phone_counts=options.away_phone_counts,
            )  # fmt: skip
            rounds = [create_round(db, scope, plan=wanted)]
        elif command in _STEPS:
            of = get_round(db, scope, round_id=options.which).id
            _STEPS[command](db, scope, round_id=of)
            rounds = [get_round(db, scope, round_id=of)]
        else:
            rounds = list_rounds(db, scope)
        figures = list_published(db, scope)
    if options.json:
        shown = [asdict(one) | {"figures": figures.get(one.id)} for one in rounds]
        print_json(shown if command == "list" else shown[0])
    else:
        lines = [(*_row(one), figures.get(one.id, "")) for one in rounds]
        print_table([text(f"cli.head.{key}") for key in _HEADS], lines)
    return DONE


_STEPS: Final[dict[str, Callable[..., object]]] = {"close": close_round, "reopen": reopen_round, "lock": lock_round}


def run_figures(options: argparse.Namespace) -> int:
    """Print what a locked round published, by the id of its figures."""
    with open_session(options) as session:
        found = read_published(session.db, session.scope, figures_id=options.id)
    places = [one for one in found.places if options.level in (None, one.level)]
    if options.json:
        print_json(
            {
                "id": found.id,
                "round": {"id": found.round.id, "number": found.round.number, "name": found.round.name},
                "as_of": found.as_of,
                "locked_at": found.locked_at,
                "locked_by": found.locked_by,
                "intact": found.intact,
                "rules": found.rules,
                "places": [_place(one) for one in places],
            }
        )
    else:
        print(text("cli.figures.line", id=found.id, round=found.round.name, as_of=found.as_of))
        if not found.intact:
            print(text("cli.figures.broken"))
        heads = ("code", "name", "roster", "effective", "coverage")
        print_table([text(f"cli.head.{key}") for key in heads], [_figure_row(one) for one in places])
    return DONE if found.intact else FAILED


def _place(one: PlaceFigures) -> dict[str, object]:
    about = {"code": one.code, "name": one.name, "level": one.level}
    tags = {kind: {"roster": roster, "effective": effective} for kind, (roster, effective) in one.tags.items()}
    coverage = one.counts.share("kpi.coverage").percent
    return {**about, **one.counts.values, "coverage": coverage, "issues": one.issues, "tags": tags}


def _figure_row(one: PlaceFigures) -> tuple[object, ...]:
    counts = one.counts
    return one.code, one.name, counts.roster, counts.effective, counts.share("kpi.coverage").percent


def _row(one: Round) -> tuple[object, ...]:
    target = f"{one.target_bp / 100:g}%"
    return one.number, one.name, str(one.starts_on), str(one.ends_on), target, text(f"round_status.{one.status}")
