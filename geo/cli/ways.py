"""`ways`: the user's own roads and heights, by which plans know how long journeys take; kept, dropped, listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.cli.exits import DONE
from geo.cli.session import open_session, print_json, print_table
from geo.errors import Invalid
from geo.i18n import text
from geo.store.ways import WAY_KINDS, drop_ways, list_ways
from geo.ways.kept import keep_ways

if TYPE_CHECKING:
    import argparse


def run_ways(options: argparse.Namespace) -> int:
    """Keep files of ways with the database, plan without some from now on, and say which there are."""
    given = {kind: path for kind in WAY_KINDS if (path := getattr(options, kind)) is not None}
    for path in given.values():
        if not path.is_file():
            raise Invalid("cli.no_file", path=path.name)
    with open_session(options) as session:
        if options.drop:
            drop_ways(session.db, session.scope, kinds=tuple(options.drop))
        if given:
            files = {kind: (path.name, path.read_bytes()) for kind, path in given.items()}
            keep_ways(session.db, session.scope, files=files)
        kept = list_ways(session.db)
    if options.json:
        print_json(kept)
    elif kept:
        print_table([text("ways.column.kind"), text("ways.column.file")],
                    [[text(f"ways.kind.{kind}"), name] for kind, name in kept.items()])  # fmt: skip
    else:
        print(text("ways.nothing"))
    return DONE
