"""`rounds`: rounds are made and listed; and how a round is typed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from geo.cli.parser import parse_day
from geo.cli.session import choose_place, open_session, print_json, print_table
from geo.errors import Invalid, NotFound
from geo.i18n import text
from geo.store.rounds import RoundPlan, create_round, list_rounds

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable
    from datetime import date

    from geo.model import Round

_PARTS: Final = 3
_HEADS: Final = ("number", "name", "starts_on", "ends_on", "target", "status")


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
    """Make a round and show it, or list them all."""
    plan = read_round(options.round) if options.rounds_command == "add" else None
    with open_session(options) as session:
        if plan is None:
            rounds = list_rounds(session.db, session.scope)
        else:
            wanted = RoundPlan(
                *plan, choose_place(session, options.scope).id, number=options.number, target_bp=options.target,
                away_phone_counts=options.away_phone_counts,
            )  # fmt: skip
            rounds = [create_round(session.db, session.scope, plan=wanted)]
    if options.json:
        shown = [asdict(one) for one in rounds]
        print_json(shown if plan is None else shown[0])
    else:
        print_table([text(f"cli.head.{key}") for key in _HEADS], [_row(one) for one in rounds])
    return 0


def _row(one: Round) -> tuple[object, ...]:
    target = f"{one.target_bp / 100:g}%"
    return one.number, one.name, str(one.starts_on), str(one.ends_on), target, text(f"round_status.{one.status}")
