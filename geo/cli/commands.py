"""What the commands do; each returns the exit code of the process."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from geo import config
from geo.backup import restore_backup, write_backup
from geo.cli.accounts import run_accounts, run_serve
from geo.cli.audit import run_audit
from geo.cli.basemap import run_basemap
from geo.cli.coords import run_coords
from geo.cli.erasing import run_erase
from geo.cli.exporting import run_export
from geo.cli.field import run_template, run_xlsform
from geo.cli.importing import run_import
from geo.cli.issues import run_issues, run_ledger
from geo.cli.planning import run_plan, run_plan_metrics
from geo.cli.reports import run_coverage, run_gaps
from geo.cli.rounds import run_figures, run_rounds
from geo.cli.routing import run_network_distance, run_route_solve
from geo.cli.rules import run_rules
from geo.cli.session import open_session, print_json, tell
from geo.cli.units import run_units
from geo.cli.ways import run_ways
from geo.demo import build_demo
from geo.i18n import text
from geo.importer import undo_last
from geo.model import Scope
from geo.store.check import CHECKS, check_database
from geo.store.land import draw_ahead

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

DONE: Final = 0
FOUND: Final = 1


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


def run_check(options: argparse.Namespace) -> int:
    """Check the database; exit code 1 when anything is wrong."""
    with open_session(options) as session:
        found = check_database(session.db, session.scope)
    if options.json:
        print_json({"ok": not found, "checks": CHECKS, "findings": [asdict(one) for one in found]})
    else:
        for one in found:
            print(text(f"cli.check.{one.check}", detail=one.detail))
        print(text("cli.check.bad", n=len(found)) if found else text("cli.check.good"))
    return FOUND if found else DONE


def run_undo(options: argparse.Namespace) -> int:
    """Take back the last import."""
    with open_session(options) as session:
        undone = undo_last(session.db, session.scope)
        draw_ahead(session.db, session.scope)
    if options.json:
        print_json(asdict(undone))
    else:
        print(text("cli.undo.done", name=undone.name, removed=undone.removed, restored=undone.restored))
    return DONE


def run_backup(options: argparse.Namespace) -> int:
    """Write a backup and say that it was verified."""
    with open_session(options) as session:
        made = write_backup(session.db, session.scope, target=options.file)
    if options.json:
        print_json({"file": made.path, "bytes": made.size, "rows": made.rows})
    else:
        print(text("cli.backup.done", path=made.path, mb=f"{made.size / 1e6:.1f}", n=sum(made.rows.values())))
    tell(text("cli.backup.note"))
    return DONE


def run_restore(options: argparse.Namespace) -> int:
    """Put a backup in the place of the database and say that both agree."""
    target = options.db or config.database_path()
    done = restore_backup(Scope("cli", "planner", ""), options.file, target=target)
    if options.json:
        print_json({"db": done.path, "kept": done.kept, "rows": done.rows})
    else:
        print(text("cli.restore.done", path=done.path, n=sum(done.rows.values())))
    if done.kept is not None:
        tell(text("cli.restore.kept", path=done.kept))
    return DONE


_COMMANDS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "demo": run_demo,
    "import": run_import,
    "rounds": run_rounds,
    "figures": run_figures,
    "rules": run_rules,
    "coverage": run_coverage,
    "gaps": run_gaps,
    "issues": run_issues,
    "ledger": run_ledger,
    "export": run_export,
    "units": run_units,
    "undo": run_undo,
    "coords": run_coords,
    "template": run_template,
    "xlsform": run_xlsform,
    "plan": run_plan,
    "plan-metrics": run_plan_metrics,
    "route-solve": run_route_solve,
    "network-distance": run_network_distance,
    "check": run_check,
    "audit": run_audit,
    "erase": run_erase,
    "accounts": run_accounts,
    "serve": run_serve,
    "basemap": run_basemap,
    "ways": run_ways,
    "backup": run_backup,
    "restore": run_restore,
}
