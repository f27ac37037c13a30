"""Which function runs which command; it returns the exit code of the process.

Only the module of the command that was typed is loaded: all of them take two seconds of every line.
"""

from __future__ import annotations

from pkgutil import resolve_name
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

COMMANDS: Final = {
    "demo": "geo.cli.demo:run_demo",
    "import": "geo.cli.importing:run_import",
    "rounds": "geo.cli.rounds:run_rounds",
    "figures": "geo.cli.rounds:run_figures",
    "rules": "geo.cli.rules:run_rules",
    "coverage": "geo.cli.reports:run_coverage",
    "gaps": "geo.cli.reports:run_gaps",
    "issues": "geo.cli.issues:run_issues",
    "ledger": "geo.cli.issues:run_ledger",
    "export": "geo.cli.exporting:run_export",
    "units": "geo.cli.units:run_units",
    "undo": "geo.cli.keeping:run_undo",
    "coords": "geo.cli.coords:run_coords",
    "template": "geo.cli.field:run_template",
    "xlsform": "geo.cli.field:run_xlsform",
    "plan": "geo.cli.planning:run_plan",
    "plan-metrics": "geo.cli.planning:run_plan_metrics",
    "route-solve": "geo.cli.routing:run_route_solve",
    "network-distance": "geo.cli.routing:run_network_distance",
    "check": "geo.cli.keeping:run_check",
    "audit": "geo.cli.audit:run_audit",
    "erase": "geo.cli.erasing:run_erase",
    "accounts": "geo.cli.accounts:run_accounts",
    "serve": "geo.cli.accounts:run_serve",
    "basemap": "geo.cli.basemap:run_basemap",
    "ways": "geo.cli.ways:run_ways",
    "backup": "geo.cli.keeping:run_backup",
    "restore": "geo.cli.keeping:run_restore",
}


def run_command(options: argparse.Namespace) -> int:
    """Run the command that was typed. Raises `GeoError`."""
    run: Callable[[argparse.Namespace], int] = resolve_name(COMMANDS[options.command])
    return run(options)
