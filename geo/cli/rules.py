"""`rules`: 口径, the figures and categories in force with source and year; changed, and what was changed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from geo.cli.exits import DONE
from geo.cli.session import open_session, print_json, print_table
from geo.errors import Invalid
from geo.i18n import text
from geo.rules import BY_KEY
from geo.store.categories import list_categories, write_category
from geo.store.rules import list_rule_changes, list_rules, write_rule

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from geo.cli.session import Session
    from geo.store.rules import RuleRow

_HUNDRED: Final = 100


def run_rules(options: argparse.Namespace) -> int:
    """Print what is in force, or change it and print that, or print what was changed."""
    command = options.rules_command or "list"
    with open_session(options) as session:
        rows = _COMMANDS[command](session, options)
    if options.json:
        print_json(rows[0] if command in ("set", "category") else rows)
    else:
        names = [name for name in rows[0] if not name.startswith("changed_")] if rows else []
        print_table([text(f"cli.head.{name}") for name in names], [[_say(row[name]) for name in names] for row in rows])
    return DONE


def _show_rule(one: RuleRow) -> dict[str, Any]:
    choice = BY_KEY[one.key]
    value = one.value / _HUNDRED if choice.unit == "bp" else one.value
    unit = "percent" if choice.unit == "bp" else choice.unit
    return {"key": one.key, "group": choice.group, "value": value, "unit": unit} | {
        name: said for name, said in asdict(one).items() if name not in ("key", "value")
    }


def _list(session: Session, _options: argparse.Namespace) -> list[dict[str, Any]]:
    return [_show_rule(one) for one in list_rules(session.db, session.scope)]


def _set(session: Session, options: argparse.Namespace) -> list[dict[str, Any]]:
    try:
        said = float(options.value.removesuffix("%"))
        value = round(said * _HUNDRED) if BY_KEY[options.key].unit == "bp" else int(options.value)
    except (ValueError, OverflowError) as error:
        raise Invalid("cli.rules.no_value", value=options.value) from error
    source = {"source": options.source, "year": options.year}
    return [_show_rule(write_rule(session.db, session.scope, key=options.key, value=value, **source))]


def _categories(session: Session, _options: argparse.Namespace) -> list[dict[str, Any]]:
    return [asdict(one) for one in list_categories(session.db, session.scope)]


def _category(session: Session, options: argparse.Namespace) -> list[dict[str, Any]]:
    told = write_category(
        session.db, session.scope, code=options.code, criteria=options.criteria, source=options.source,
        year=options.year, offered=not options.off, name=options.name,
    )  # fmt: skip
    return [asdict(told)]


def _log(session: Session, _options: argparse.Namespace) -> list[dict[str, Any]]:
    return list_rule_changes(session.db, session.scope)


def _say(value: object) -> str:
    if isinstance(value, dict):
        return text("list.comma").join(str(one) for one in value.values())
    if isinstance(value, list):
        return text("list.comma").join(map(str, value))
    return str(value)


_COMMANDS: Final[dict[str, Callable[[Session, argparse.Namespace], list[dict[str, Any]]]]] = {
    "list": _list, "set": _set, "categories": _categories, "category": _category, "log": _log,
}  # fmt: skip
