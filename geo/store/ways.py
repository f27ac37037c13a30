"""The user's own ways (路网、高程), kept in our form as files beside the database; which there are is a setting."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from geo.access import require_right, require_whole
from geo.audit import log_change
from geo.errors import Invalid
from geo.store.database import read_setting, write_setting
from geo.store.files import keep_file, path_of

if TYPE_CHECKING:
    from geo.model import Scope
    from geo.store.database import Database

WAYS_SETTING: Final = "ways"
#: What a file may be: an OpenStreetMap extract; tables of nodes and edges; heights above the sea.
WAY_KINDS: Final = ("roads", "nodes", "edges", "elevation")
#: A network is either an extract or two tables.
_INSTEAD: Final[Mapping[str, frozenset[str]]] = {
    "roads": frozenset({"nodes", "edges"}), "nodes": frozenset({"roads"}), "edges": frozenset({"roads"}),
}  # fmt: skip
#: How files of our form end.
PACKED: Final = ".npz"


@dataclass(frozen=True, slots=True)
class WayFiles:
    """Where the files of the user's ways are on this machine, None for those that there are not."""

    roads: Path | None = None
    nodes: Path | None = None
    edges: Path | None = None
    elevation: Path | None = None

    @property
    def has_roads(self) -> bool:
        """Say whether there is a road network."""
        return self.roads is not None or (self.nodes is not None and self.edges is not None)


def read_way_files(db: Database) -> WayFiles:
    """Return the files that are kept."""
    return WayFiles(**{kind: path_of(db.path, one["file"]) for kind, one in _read(db.setting(WAYS_SETTING)).items()})


def list_ways(db: Database) -> dict[str, str]:
    """Return the names of the files that are kept, as they came in, by kind (`WAY_KINDS`)."""
    kept = _read(db.setting(WAYS_SETTING))
    return {kind: str(kept[kind]["name"]) for kind in WAY_KINDS if kind in kept}


def keep_way_files(db: Database, scope: Scope, *, files: Mapping[str, tuple[str, bytes]]) -> None:
    """Keep files by kind, in the place of those of their kind; an extract instead of tables, too.

    Each is the name it came in with and its content in our form (`geo.ways.packed`). Raises `Invalid` for a kind that
    is none, `NotAllowed` without the right for the whole district, because its plans follow these ways.
    """
    require_right(scope, "assign")
    for kind in files:
        if kind not in WAY_KINDS:
            raise Invalid("ways.kind", kind=kind, known=" ".join(WAY_KINDS))
    with db.read() as connection:
        require_whole(connection, scope, "assign")
    # The files first: the setting never names one that is not there.
    kept = {
        kind: {"name": name, "file": keep_file(db.path, content, ending=PACKED)}
        for kind, (name, content) in files.items()
    }
    gone = {other for kind in files for other in _INSTEAD.get(kind, ())}
    _change(db, scope, gone=gone, kept=kept)


def drop_ways(db: Database, scope: Scope, *, kinds: tuple[str, ...]) -> None:
    """Plan without the files of some kinds from now on. Raises `NotAllowed`."""
    require_right(scope, "assign")
    _change(db, scope, gone=set(kinds), kept={})


def _change(db: Database, scope: Scope, *, gone: set[str], kept: Mapping[str, Any]) -> None:
    with db.write() as connection:
        require_whole(connection, scope, "assign")
        known = _read(read_setting(connection, WAYS_SETTING))
        now = {kind: one for kind, one in known.items() if kind not in gone} | dict(kept)
        write_setting(connection, WAYS_SETTING, json.dumps(now, ensure_ascii=False))
        said = {kind: one["name"] for kind, one in now.items()}
        log_change(connection, scope, action="ways.set", object_id=",".join(sorted({*gone, *kept})), diff=said)


def _read(said: str) -> dict[str, Any]:
    return dict(json.loads(said)) if said else {}
