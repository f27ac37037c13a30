"""Keeping the user's ways: files are read once before they are kept, so that no plan meets one that cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from geo.access import require_right
from geo.errors import Invalid
from geo.store.ways import keep_way_files
from geo.ways.heights import read_heights
from geo.ways.roads import read_network, read_osm

if TYPE_CHECKING:
    from geo.model import Scope
    from geo.store.database import Database


def keep_ways(db: Database, scope: Scope, *, files: Mapping[str, tuple[str, bytes]]) -> None:
    """Keep files (name, content) of the user's ways by kind (`geo.store.ways.WAY_KINDS`); nodes and edges together.

    Raises `Invalid` for one that cannot be read as what it is said to be, `NotAllowed`.
    """
    require_right(scope, "assign")
    if ("nodes" in files) != ("edges" in files):
        raise Invalid("plan.half_network")
    with TemporaryDirectory() as folder:
        paths = {}
        for kind, (name, content) in files.items():
            # A folder a kind: two files may have the same name.
            paths[kind] = Path(folder) / kind / (Path(name.replace("\\", "/")).name or kind)
            paths[kind].parent.mkdir()
            paths[kind].write_bytes(content)
        if "elevation" in paths:
            read_heights(paths["elevation"])
        if "roads" in paths:
            read_osm(paths["roads"])
        if "nodes" in paths:
            read_network(paths["nodes"], paths["edges"])
    keep_way_files(db, scope, files=files)
