"""`erase`: personal data of a household or a closed programme erased for good, and proved by searching the files."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from geo.cli.exits import DONE, FAILED
from geo.cli.session import Session, open_session, print_json, print_table
from geo.i18n import text
from geo.model import Scope
from geo.store.erasure import Erased, erase_household, erase_programme, list_closed
from geo.store.households import find_code
from geo.store.traces import files_of, rewrite_file, search_files

if TYPE_CHECKING:
    import argparse


def run_erase(options: argparse.Namespace) -> int:
    """Erase and search, as business administrator; exit code 1 where traces are left."""
    with open_session(options) as opened:
        session = Session(opened.db, Scope("cli", "admin", opened.scope.area))
        if options.erase_command == "list":
            return _list(session, options)
        return _prove(session, options, _erase(session, options))


def _erase(session: Session, options: argparse.Namespace) -> Erased:
    if options.erase_command == "programme":
        return erase_programme(session.db, session.scope, programme=options.name, reason=options.reason)
    found = find_code(session.db, session.scope, code=options.code)
    return erase_household(session.db, session.scope, household_id=found, reason=options.reason)


def _prove(session: Session, options: argparse.Namespace, erased: Erased) -> int:
    rewrite_file(session.db)
    traces = search_files([*files_of(session.db), *options.look], erased.values)
    if options.json:
        answer: dict[str, Any] = {**asdict(erased), **asdict(traces)}
        del answer["values"]
        print_json(answer)
    else:
        print(text("erase.done", n=erased.households, rows=erased.rows, photos=erased.photos, files=traces.searched))
        for key, paths in (("found", traces.found), ("unread", traces.unread)):
            for path in paths:
                print(text(f"erase.{key}", path=path))
    return FAILED if traces.found else DONE


def _list(session: Session, options: argparse.Namespace) -> int:
    rows = list_closed(session.db, session.scope, months=options.months)
    if options.json:
        print_json({"programmes": [{"programme": name, "ended": day, "due": due} for name, day, due in rows]})
    else:
        said = [(name, day, text("erase.due" if due else "erase.not_due")) for name, day, due in rows]
        print_table([text("erase.programme"), text("erase.ended"), text("erase.when")], said)
    return DONE
