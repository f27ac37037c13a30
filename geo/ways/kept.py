"""Keeping the user's ways: files are read once, in a process of their own, and kept in our form (`packed`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from geo import config
from geo.access import require_right
from geo.errors import GeoError, Invalid, NoRoom
from geo.store.ways import keep_way_files
from geo.ways.apart import NETWORK, fetch_ways
from geo.ways.packed import pack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geo.model import Scope
    from geo.store.database import Database

_MB: Final = 1024 * 1024
#: What is read at once, and the kinds of files (`geo.store.ways.WAY_KINDS`) that it takes.
_WORK: Final[Mapping[str, tuple[str, ...]]] = {
    "elevation": ("elevation",), "roads": ("roads",), NETWORK: ("nodes", "edges"),
}  # fmt: skip


def keep_ways(db: Database, scope: Scope, *, files: Mapping[str, tuple[str, bytes]]) -> None:
    """Keep files (name, content) of the user's ways by kind (`geo.store.ways.WAY_KINDS`); nodes and edges together.

    Raises `Invalid` for one that is too large or cannot be read as what it is said to be, `NotAllowed`, `NoRoom`.
    """
    require_right(scope, "assign")
    if ("nodes" in files) != ("edges" in files):
        raise Invalid("plan.half_network")
    for name, content in files.values():
        if len(content) > config.WAYS_MB * _MB:
            raise Invalid("ways.too_large", file=name, mb=config.WAYS_MB)
    packed: dict[str, tuple[str, bytes]] = {}
    for work, kinds in _WORK.items():
        if kinds[0] in files:
            arrays = _fetch(work, {kind: files[kind] for kind in kinds})
            packed |= {kind: (files[kind][0], pack(arrays, kind)) for kind in kinds}
    # Kinds that are none are refused there.
    keep_way_files(db, scope, files={**files, **packed})


def _fetch(work: str, files: Mapping[str, tuple[str, bytes]]) -> dict[str, NDArray[Any]]:
    """Return what is read from files, laid down for the process that reads: a folder a kind, for names may be alike."""
    try:
        with TemporaryDirectory(prefix="geo-ways-") as folder:
            for kind, (name, content) in files.items():
                path = Path(folder) / kind / (Path(name.replace("\\", "/")).name or kind)
                path.parent.mkdir()
                path.write_bytes(content)
            return fetch_ways(Path(folder), kind=work)
    except OSError as error:
        if isinstance(error, GeoError):
            raise
        raise NoRoom("err.no_room") from error
