"""`check`, `undo`, `backup`, `restore`: a database is sound, goes a step back, and comes back."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from geo import config
from geo.backup import restore_backup, write_backup
from geo.cli.exits import DONE, FAILED
from geo.cli.session import open_session, print_json, tell
from geo.i18n import text
from geo.importer import undo_last
from geo.model import Scope
from geo.store.check import CHECKS, check_database
from geo.store.land import draw_ahead

if TYPE_CHECKING:
    import argparse


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
    return FAILED if found else DONE


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
