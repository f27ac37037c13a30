"""What can be typed after `audit`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from geo import config
from geo.audit import KINDS
from geo.i18n import text
from geo.store.auditlog import SHOWN

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from datetime import date


def add_audit(
    commands: Any, add_command: Callable[..., Any], add_shared: Callable[..., None], read_day: Callable[[str], date]
) -> None:
    """Add `audit verify`, `audit list` and `audit export`."""
    actions = add_command(commands, "audit").add_subparsers(
        dest="audit_command", required=True, metavar="ACTION", parser_class=type(commands.choices["audit"])
    )
    for name in ("verify", "list", "export"):
        about = text(f"cli.audit.{name}")
        parser = actions.add_parser(name, help=about, description=about, allow_abbrev=False)
        add_shared(parser, below=True)
        if name == "verify":
            parser.add_argument("--anchor", default="", metavar="SEQ:HASH", help=text("cli.audit.anchor"))
        else:
            _add_choice(parser, read_day)
        if name == "list":
            parser.add_argument("--limit", type=int, default=SHOWN, metavar="N", help=text("cli.audit.limit"))
        if name == "export":
            parser.add_argument("--out", type=Path, required=True, metavar="FILE.csv", help=text("cli.audit.out"))


def _add_choice(parser: argparse.ArgumentParser, read_day: Callable[[str], date]) -> None:
    parser.add_argument("--kind", choices=KINDS, help=text("cli.audit.kind"))
    parser.add_argument("--actor", default="", metavar="NAME", help=text("cli.audit.actor"))
    parser.add_argument("--about", default="", metavar="ID", help=text("cli.audit.about"))
    parser.add_argument("--since", type=read_day, metavar="DAY", help=text("cli.audit.since"))
    parser.add_argument("--until", type=read_day, metavar="DAY", help=text("cli.audit.until"))


def add_erase(commands: Any, add_command: Callable[..., Any], add_shared: Callable[..., None]) -> None:
    """Add `erase household`, `erase programme` and `erase list`."""
    actions = add_command(commands, "erase").add_subparsers(
        dest="erase_command", required=True, metavar="ACTION", parser_class=type(commands.choices["erase"])
    )
    for name, what in (("household", "code"), ("programme", "name"), ("list", "")):
        about = text(f"cli.erase.{name}")
        parser = actions.add_parser(name, help=about, description=about, allow_abbrev=False)
        add_shared(parser, below=True)
        if name == "list":
            months = {"type": int, "default": config.RETENTION_MONTHS, "metavar": "N"}
            parser.add_argument("--months", help=text("cli.erase.months"), **months)
        else:
            parser.add_argument(what, metavar=what.upper(), help=text(f"cli.erase.{what}"))
            parser.add_argument("--reason", required=True, metavar="TEXT", help=text("cli.erase.reason"))
            parser.add_argument(
                "--look", type=Path, action="append", default=[], metavar="DIR", help=text("cli.erase.look")
            )
