"""What can be typed: commands, options, and how a wrong line is answered in one Chinese sentence."""

from __future__ import annotations

import argparse
import re
from datetime import date
from pathlib import Path
from typing import Any, Final, NoReturn

from geo import codes
from geo.cli.parser_accounts import add_accounts, add_serve
from geo.cli.parser_audit import add_audit, add_erase
from geo.cli.parser_plan import add_planning
from geo.cli.parser_rules import add_compare, add_rules
from geo.cli.typed import read_answer, read_choice, read_column, read_day
from geo.codes import GAP_MARKS, GAP_STATES
from geo.crs import AUTO, System, parse_system
from geo.errors import Invalid
from geo.i18n import text
from geo.store.basemap import KINDS

PRESETS: Final = ("heping", "bijiang_rural", "bijiang_all", "stress")
DEMO_PRESET: Final = "bijiang_rural"
DEMO_TODAY: Final = date(2019, 11, 20)
GAP_KINDS: Final = ("homes", "groups", "todos", "sheets")
EXPORTED: Final = ("gaps", "roster", "coverage", "ledger", "areas", "matters", "teams")
#: Ledgers: of issues (台账), of practical matters (实事).
LEDGERS: Final = ("issues", "matters")
#: Lists of work that `import` reads beside registers.
IMPORTED: Final = ("issues", "matters", "teams")
FORMATS: Final = ("xlsx", "csv", "pdf", "geojson", "gpkg", "kml", "gpx", "shp")

_PROBLEMS: Final = (
    (re.compile(r"argument (?P<name>[^:]+): invalid choice: '?(?P<value>.*?)'? \(choose from (?P<choices>.*)\)"),
     "cli.bad_choice"),
    (re.compile(r"argument (?P<name>[^:]+): expected .*argument"), "cli.needs_value"),
    (re.compile(r"argument (?P<name>[^:]+): (?P<why>.*)"), "cli.bad_value"),
    (re.compile(r"the following arguments are required: (?P<name>.*)"), "cli.missing"),
    (re.compile(r"unrecognized arguments: (?P<name>.*)"), "cli.unknown"),
)  # fmt: skip


class _Formatter(argparse.HelpFormatter):
    """Help whose own words are of the catalogue."""

    def add_usage(self, usage: str | None, actions: Any, groups: Any, prefix: str | None = None) -> None:
        """Begin the usage with our word for it."""
        super().add_usage(usage, actions, groups, text("cli.help.usage") if prefix is None else prefix)


class Parser(argparse.ArgumentParser):
    """A parser that speaks Chinese: its help, and its answer to a wrong line, one sentence with exit code 2."""

    def __init__(self, **said: Any) -> None:
        """Make a parser whose headings and help option are of the catalogue."""
        super().__init__(**{"formatter_class": _Formatter, **said}, add_help=False)
        self._positionals.title = text("cli.help.arguments")
        self._optionals.title = text("cli.help.options")
        self.add_argument("-h", "--help", action="help", help=text("cli.help.help"))

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the line and where to read how it is right."""
        for pattern, key in _PROBLEMS:
            if found := pattern.match(message):
                told = {name: said.rstrip(text("list.stop")) for name, said in found.groupdict().items()}
                sentence = text(key, command=self.prog, **told)
                break
        else:
            sentence = text("cli.wrong", command=self.prog)
        self.exit(2, f"{sentence}\n")


def build_parser() -> Parser:
    """Return the parser of `python -m geo`; the chosen command is in `command` (and `rounds_command`)."""
    parser = _parser("python -m geo", "cli.about")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)
    _add_demo(commands)
    _add_import(commands)
    _add_rounds(commands)
    _add_figures(commands)
    add_rules(commands, _add_command, Parser, _add_shared)
    _add_coverage(commands)
    _add_gaps(commands)
    _add_issues(commands)
    _add_export(commands)
    _add_units(commands)
    _add_command(commands, "undo")
    _add_command(commands, "check")
    add_audit(commands, _add_command, _add_shared, read_day)
    add_erase(commands, _add_command, _add_shared)
    add_accounts(commands, _add_command, _add_shared)
    add_serve(commands, _add_command)
    _add_coords(commands)
    _add_field(commands)
    add_planning(commands, _add_command)
    _add_basemap(commands)
    backup = _add_command(commands, "backup")
    _add(backup, "backup", "file", metavar="FILE", type=Path)
    restore = _add_command(commands, "restore")
    _add(restore, "restore", "file", metavar="FILE", type=Path)
    return parser


def read_target(value: str) -> int:
    """Return a target typed in percent (95, 97.5) as basis points."""
    try:
        target_bp = round(float(value.removesuffix("%")) * 100)
    except (ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(text("cli.no_target", value=value)) from error
    if not 0 <= target_bp <= 10_000:  # noqa: PLR2004 - basis points
        raise argparse.ArgumentTypeError(text("cli.no_target", value=value))
    return target_bp


def read_system(value: str) -> System:
    """Return a coordinate system typed as wgs84, cgcs2000, gcj02, bd09 or EPSG:n."""
    try:
        return parse_system(value)
    except Invalid as error:
        raise argparse.ArgumentTypeError(text("cli.no_system", value=value)) from error


def read_crs(value: str) -> str:
    """Return the name of the coordinate system of a file to import, auto, or '' where nothing was typed."""
    return value.strip().lower() if value.strip().lower() in ("", AUTO) else read_system(value).name


def _parser(prog: str, key: str) -> Parser:
    return Parser(prog=prog, description=text(key), allow_abbrev=False)


def _add_command(commands: Any, name: str) -> Parser:
    """Add a command with the options that every command has."""
    about = text(f"cli.{name}")
    parser: Parser = commands.add_parser(name, help=about, description=about, allow_abbrev=False)
    _add_shared(parser)
    return parser


def _add_shared(parser: Parser, *, below: bool = False) -> None:
    """Add what every command has; `below` a command that has it too, what was typed there holds."""
    absent: Any = argparse.SUPPRESS
    parser.add_argument(
        "--db", type=Path, default=absent if below else None, metavar="PATH", help=text("cli.option.db")
    )
    parser.add_argument("--json", action="store_true", default=absent if below else False, help=text("cli.option.json"))


def _add(parser: Parser, command: str, *names: str, **options: Any) -> None:
    word = names[-1].lstrip("-").replace("-", "_")
    parser.add_argument(*names, help=text(f"cli.{command}.{word}"), **options)


def _add_demo(commands: Any) -> None:
    parser = _add_command(commands, "demo")
    _add(parser, "demo", "--preset", choices=PRESETS, default=DEMO_PRESET)
    _add(parser, "demo", "--today", type=read_day, default=DEMO_TODAY, metavar="DAY")


def _add_import(commands: Any) -> None:
    parser = _add_command(commands, "import")
    _add(parser, "import", "files", nargs="+", type=Path, metavar="FILE")
    _add(parser, "import", "--kind", choices=IMPORTED)
    _add(parser, "import", "--mapping", metavar="MAPPING")
    _add(parser, "import", "--round", metavar="ROUND")
    _add(parser, "import", "--edition", metavar="EDITION")
    _add(parser, "import", "--sheet", metavar="NAME|N|all", default="")
    _add(parser, "import", "--make-codes", action="store_true")
    _add(parser, "import", "--column", metavar="LETTER=FIELD", action="append", type=read_column, default=[])
    _add(parser, "import", "--source", metavar="NAME")
    _add(parser, "import", "--unit", metavar="CODE|NAME", default="")
    _add(parser, "import", "--answer", metavar="ID=VALUE", action="append", type=read_answer, default=[])
    _add(parser, "import", "--visit-date", type=read_day, metavar="DAY")
    _add(parser, "import", "--dry-run", action="store_true")
    _add(parser, "import", "--good-rows", action="store_true")
    _add(parser, "import", "--show-personal", action="store_true")
    _add(parser, "import", "--layer", default="", metavar="LAYER")
    _add(parser, "import", "--crs", type=read_crs, default="", metavar="SYSTEM")
    _add(parser, "import", "--replace-outlines", action="store_true")
    _add(parser, "import", "--findings", type=Path, metavar="FILE.xlsx")
    _add(parser, "import", "--apply", metavar="KIND[:CODE]", action="append", type=read_choice, default=[])
    _add(parser, "import", "--understood", type=Path, metavar="FILE")
    _add(parser, "import", "--report", type=Path, metavar="FILE")


def _add_rounds(commands: Any) -> None:
    parser = _add_command(commands, "rounds")
    actions = parser.add_subparsers(dest="rounds_command", metavar="ACTION", parser_class=Parser)
    adding = actions.add_parser("add", help=text("cli.rounds.add"), description=text("cli.rounds.add"))
    _add_shared(adding, below=True)
    _add(adding, "rounds", "round", metavar="NAME:START:END")
    _add(adding, "rounds", "--number", type=int, metavar="N")
    _add(adding, "rounds", "--target", type=read_target, metavar="PERCENT")
    _add(adding, "rounds", "--scope", metavar="CODE")
    _add(adding, "rounds", "--away-phone-counts", action="store_true")
    listing = actions.add_parser("list", help=text("cli.rounds.list"), description=text("cli.rounds.list"))
    _add_shared(listing, below=True)
    add_compare(actions, _add_shared)
    for name in ("close", "reopen", "lock"):
        about = text(f"cli.rounds.{name}")
        parser = actions.add_parser(name, help=about, description=about)
        _add_shared(parser, below=True)
        _add(parser, "rounds", "which", metavar="ROUND")


def _add_figures(commands: Any) -> None:
    parser = _add_command(commands, "figures")
    _add(parser, "figures", "id", metavar="ID")
    _add(parser, "figures", "--level", choices=codes.LEVELS)


def _add_coverage(commands: Any) -> None:
    parser = _add_command(commands, "coverage")
    _add(parser, "coverage", "--round", metavar="ROUND")
    _add(parser, "coverage", "--level", choices=codes.LEVELS)
    _add(parser, "coverage", "--as-of", type=read_day, metavar="DAY")
    _add(parser, "coverage", "--place", metavar="CODE")


def _add_coords(commands: Any) -> None:
    parser = _add_command(commands, "coords")
    for option, name in (("--from", "source"), ("--to", "target")):
        parser.add_argument(
            option, dest=name, required=True, type=read_system, metavar="SYSTEM", help=text(f"cli.coords.{name}")
        )
    _add(parser, "coords", "file", metavar="FILE", type=Path)
    _add(parser, "coords", "--out", type=Path, metavar="FILE")


def _add_basemap(commands: Any) -> None:
    parser = _add_command(commands, "basemap")
    _add(parser, "basemap", "--use", choices=KINDS)
    _add(parser, "basemap", "--file", type=Path, metavar="FILE")
    _add(parser, "basemap", "--url", metavar="URL", default="")
    _add(parser, "basemap", "--key", metavar="KEY")
    _add(parser, "basemap", "--system", choices=("wgs84", "gcj02"))


def _add_gaps(commands: Any) -> None:
    parser = _add_command(commands, "gaps")
    _add(parser, "gaps", "--round", metavar="ROUND")
    _add(parser, "gaps", "--as-of", type=read_day, metavar="DAY")
    _add(parser, "gaps", "--place", metavar="CODE")
    _add(parser, "gaps", "--kind", choices=GAP_KINDS, default="homes")
    _add(parser, "gaps", "--out", type=Path, metavar="FILE")


def _add_issues(commands: Any) -> None:
    parser = _add_command(commands, "issues")
    _add(parser, "issues", "--funnel", action="store_true")
    _add(parser, "issues", "--as-of", type=read_day, metavar="DAY")
    _add(parser, "issues", "--place", metavar="CODE")
    parser = _add_command(commands, "ledger")
    _add(parser, "ledger", "--as-of", type=read_day, metavar="DAY")
    _add(parser, "ledger", "--place", metavar="CODE")
    _add(parser, "ledger", "--state", choices=codes.ISSUE_STATES)
    _add(parser, "ledger", "--kind", choices=LEDGERS, default=LEDGERS[0])
    _add(parser, "ledger", "--since", type=read_day, metavar="DAY")


def _add_units(commands: Any) -> None:
    parser = _add_command(commands, "units")
    _add(parser, "units", "--edition", metavar="EDITION")
    _add(parser, "units", "--to", metavar="EDITION")
    _add(parser, "units", "--codes", type=Path, metavar="FILE")
    _add(parser, "units", "--load", metavar="EDITION")
    _add(parser, "units", "--dry-run", action="store_true")
    _add(parser, "units", "--list", type=Path, action="append", default=[], metavar="FILE")
    _add(parser, "units", "--successors", type=Path, metavar="FILE")
    _add(parser, "units", "--out", type=Path, metavar="FILE")


def _add_export(commands: Any) -> None:
    parser = _add_command(commands, "export")
    _add(parser, "export", "list", choices=EXPORTED, metavar="LIST")
    _add(parser, "export", "--format", choices=FORMATS, type=str.lower)
    _add(parser, "export", "--out", type=Path, metavar="FILE", required=True)
    _add(parser, "export", "--round", metavar="ROUND")
    _add(parser, "export", "--as-of", type=read_day, metavar="DAY")
    _add(parser, "export", "--place", metavar="CODE")
    _add(parser, "export", "--kind", choices=GAP_KINDS[:-1], default="homes")
    _add(parser, "export", "--state", choices=GAP_STATES)
    _add(parser, "export", "--mark", choices=GAP_MARKS)
    _add(parser, "export", "--level", choices=codes.LEVELS)


def _add_field(commands: Any) -> None:
    for command in ("template", "xlsform"):
        parser = _add_command(commands, command)
        _add(parser, command, "--round", metavar="ROUND")
        _add(parser, command, "--place", metavar="CODE", required=True)
        _add(parser, command, "--out", type=Path, metavar="FILE", required=True)
