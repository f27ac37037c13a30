"""`audit`: the log of acts verified, listed and taken away."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from geo.cli.exits import DONE, FAILED
from geo.cli.session import Session, open_session, print_json, print_table
from geo.errors import Invalid
from geo.exports.acts import say_state, write_acts
from geo.i18n import text
from geo.model import Scope
from geo.store.auditlog import Wanted, list_acts, take_acts, verify_audit

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

_SHOWN: Final = ("seq", "at", "actor", "kind", "action", "object", "diff")


def run_audit(options: argparse.Namespace) -> int:
    """Verify, list or take away the log, in the name of the command line as auditor."""
    with open_session(options) as session:
        auditor = Session(session.db, Scope("cli", "auditor", session.scope.area))
        return _ACTIONS[options.audit_command](auditor, options)


def _verify(session: Session, options: argparse.Namespace) -> int:
    found = verify_audit(session.db, session.scope, anchor=options.anchor)
    if options.json:
        print_json({"ok": not found.fault, **asdict(found)})
    else:
        print(say_state(found))
    return FAILED if found.fault else DONE


def _list(session: Session, options: argparse.Namespace) -> int:
    rows = list_acts(session.db, session.scope, wanted=_wanted(options), limit=options.limit)
    if options.json:
        print_json({"rows": len(rows), "acts": rows})
    else:
        said = [[row[name] if name != "kind" else text(f"act_kind.{row[name]}") for name in _SHOWN] for row in rows]
        print_table([text(f"act.{name}") for name in _SHOWN], said)
    return DONE


def _export(session: Session, options: argparse.Namespace) -> int:
    if options.out.exists():
        raise Invalid("audit.exists", path=options.out.name)
    rows = take_acts(session.db, session.scope, wanted=_wanted(options))
    options.out.write_bytes(write_acts(rows))
    if options.json:
        print_json({"file": options.out, "rows": len(rows)})
    else:
        print(text("audit.written", path=options.out, n=len(rows)))
    return DONE


def _wanted(options: argparse.Namespace) -> Wanted:
    return Wanted(
        kind=options.kind or "", actor=options.actor, about=options.about,
        since=options.since.isoformat() if options.since else "",
        until=options.until.isoformat() if options.until else "",
    )  # fmt: skip


_ACTIONS: Final[dict[str, Callable[[Session, argparse.Namespace], int]]] = {
    "verify": _verify,
    "list": _list,
    "export": _export,
}
