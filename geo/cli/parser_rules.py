"""What can be typed for 口径 (`rules` and what it does) and to compare rounds (`rounds compare`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from geo import codes
from geo.cli.typed import read_day
from geo.codes import COMPARED_KINDS
from geo.i18n import text
from geo.rules import CHOICES

if TYPE_CHECKING:
    from collections.abc import Callable


def add_rules(
    commands: Any, add_command: Callable[[Any, str], Any], parser_class: type, share: Callable[..., None]
) -> None:
    """Add the command and what it does; `share` gives an action what every command has."""
    parser = add_command(commands, "rules")
    actions = parser.add_subparsers(dest="rules_command", metavar="ACTION", parser_class=parser_class)

    def add(name: str) -> Any:
        action = actions.add_parser(name, help=text(f"cli.rules.{name}"), description=text(f"cli.rules.{name}"))
        share(action, below=True)
        return action

    add("list")
    setting = add("set")
    setting.add_argument("key", choices=[one.key for one in CHOICES], metavar="KEY", help=text("cli.rules.key"))
    setting.add_argument("value", metavar="VALUE", help=text("cli.rules.value"))
    _add_source(setting)
    add("categories")
    category = add("category")
    category.add_argument("code", metavar="CODE", help=text("cli.rules.code"))
    category.add_argument("--name", default="", metavar="TEXT", help=text("cli.rules.name"))
    category.add_argument("--criteria", required=True, metavar="TEXT", help=text("cli.rules.criteria"))
    category.add_argument("--off", action="store_true", help=text("cli.rules.off"))
    _add_source(category)
    add("log")


def add_compare(actions: Any, share: Callable[..., None]) -> None:
    """Add `rounds compare`; `share` gives it what every command has."""
    about = text("cli.compare")
    parser = actions.add_parser("compare", help=about, description=about)
    share(parser, below=True)
    parser.add_argument("which", nargs="?", metavar="ROUND", help=text("cli.compare.which"))
    parser.add_argument("--with", dest="earlier", metavar="ROUND", help=text("cli.compare.with"))
    parser.add_argument("--place", metavar="CODE", help=text("cli.compare.place"))
    parser.add_argument("--as-of", type=read_day, metavar="DAY", help=text("cli.compare.as_of"))
    parser.add_argument("--level", choices=codes.LEVELS[1:], default="village", help=text("cli.compare.level"))
    parser.add_argument("--list", choices=(*COMPARED_KINDS, "in_a_row"), help=text("cli.compare.list"))
    parser.add_argument("--out", type=Path, metavar="FILE", help=text("cli.compare.out"))


def _add_source(parser: Any) -> None:
    parser.add_argument("--source", required=True, metavar="TEXT", help=text("cli.rules.source"))
    parser.add_argument("--year", required=True, type=int, metavar="YEAR", help=text("cli.rules.year"))
