"""What the commands do; each returns the exit code of the process."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Final

from geo import config
from geo.backup import write_backup
from geo.cli.importing import run_import
from geo.cli.reports import run_coverage, run_gaps
from geo.cli.session import choose_place, open_session, print_json, print_table, tell
from geo.demo import build_demo
from geo.errors import Invalid
from geo.i18n import text
from geo.store.check import CHECKS, check_database
from geo.store.rounds import RoundPlan, create_round, list_rounds

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

DONE: Final = 0
FOUND: Final = 1
_ROUND_PARTS: Final = 3


def run_command(options: argparse.Namespace) -> int:
    """Run the command that was typed. Raises `GeoError`."""
    return _COMMANDS[options.command](options)


def run_demo(options: argparse.Namespace) -> int:
    """Build the demo world into a new file."""
    path = options.db or config.database_path()
    build_demo(path, preset=options.preset, today=options.today)
    if options.json:
        print_json({"db": path, "preset": options.preset, "today": options.today})
    else:
        print(text("cli.demo.done", path=path, today=options.today))
    return DONE


def run_rounds(options: argparse.Namespace) -> int:
    """Make a round, or list them all."""
    session = open_session(options)
    if options.rounds_command == "add":
        plan = read_round(options.round)
        if plan is None:
            raise Invalid("cli.no_round_plan", value=options.round)
        name, starts_on, ends_on = plan
        made = create_round(
            session.db,
            session.scope,
            plan=RoundPlan(
                name, starts_on, ends_on, choose_place(session, options.scope).id, number=options.number,
                target_bp=options.target, away_phone_counts=options.away_phone_counts,
            ),
        )  # fmt: skip
        rounds = [made]
    else:
        rounds = list_rounds(session.db, session.scope)
    if options.json:
        shown = [asdict(one) for one in rounds]
        print_json(shown[0] if options.rounds_command == "add" else shown)
        return DONE
    heads = [text(f"cli.head.{key}") for key in ("number", "name", "starts_on", "ends_on", "target", "status")]
    rows = [
        (one.number, one.name, str(one.starts_on), str(one.ends_on), f"{one.target_bp / 100:g}%",
         text(f"round_status.{one.status}"))
        for one in rounds
    ]  # fmt: skip
    print_table(heads, rows)
    return DONE


def read_round(typed: str) -> tuple[str, date, date] | None:
    """Return the name, first and last day of `NAME:START:END`; None for anything else."""
    parts = typed.rsplit(":", 2)
    if len(parts) != _ROUND_PARTS or not parts[0]:
        return None
    try:
        return parts[0], date.fromisoformat(parts[1]), date.fromisoformat(parts[2])
    except ValueError:
        return None


def run_check(options: argparse.Namespace) -> int:
    """Check the database; exit code 1 when anything is wrong."""
    session = open_session(options)
    found = check_database(session.db, session.scope)
    if options.json:
        print_json({"ok": not found, "checks": CHECKS, "findings": [asdict(one) for one in found]})
    else:
        for one in found:
            print(text(f"cli.check.{one.check}", detail=one.detail))
        print(text("cli.check.bad", n=len(found)) if found else text("cli.check.good"))
    return FOUND if found else DONE


def run_backup(options: argparse.Namespace) -> int:
    """Write a backup and say that it was verified."""
    session = open_session(options)
    made = write_backup(session.db, session.scope, target=options.file)
    if options.json:
        print_json({"file": made.path, "bytes": made.size, "rows": made.rows})
    else:
        print(text("cli.backup.done", path=made.path, mb=f"{made.size / 1e6:.1f}", n=sum(made.rows.values())))
    tell(text("cli.backup.note"))
    return DONE


_COMMANDS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "demo": run_demo,
    "import": run_import,
    "rounds": run_rounds,
    "coverage": run_coverage,
    "gaps": run_gaps,
    "check": run_check,
    "backup": run_backup,
}
