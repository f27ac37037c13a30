"""`basemap`: what lies under the households on the map; shown, and chosen with `--use`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from geo.basemaps import open_source
from geo.cli.exits import DONE
from geo.cli.session import open_session, print_json
from geo.i18n import text
from geo.store.basemap import BaseMap, read_basemap, read_basemap_key, set_basemap, system_of

if TYPE_CHECKING:
    import argparse

    from geo.cli.session import Session


def run_basemap(options: argparse.Namespace) -> int:
    """Choose a base map, or say which one there is. The key is never printed."""
    with open_session(options) as session:
        if options.use is not None:
            _choose(session, options)
        base, has_key = read_basemap(session.db), bool(read_basemap_key(session.db))
    if options.json:
        print_json({**asdict(base), "key": has_key})
    else:
        where = base.file or base.url or text(f"basemap.kind.{base.kind}")
        print(text("cli.basemap.done", kind=base.kind, where=where, system=base.system))
    return DONE


def _choose(session: Session, options: argparse.Namespace) -> None:
    file = "" if options.file is None else str(options.file.absolute())
    system = options.system or system_of(options.use)
    base = BaseMap(options.use, system, url=options.url, file=file)
    if base.kind == "file" and file:
        open_source(base)
    set_basemap(session.db, session.scope, base=base, key=options.key)
