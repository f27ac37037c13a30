"""The indexes that this process keeps: read once from the store, then brought up to date save by save."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Final

from geo.crs import WGS84
from geo.store.basemap import read_basemap
from geo.store.tile_reads import read_changed, read_tile_homes
from geo.tiles.index import TileIndex, build_index

if TYPE_CHECKING:
    from datetime import date

    from geo.crs import System
    from geo.model import Scope
    from geo.store.database import Database
    from geo.store.tile_reads import Stamp

#: Rounds, days and areas kept at once; the one asked for longest ago goes.
_KEPT: Final = 6


class LiveIndex:
    """The index of one round as of one day within one scope's area, never older than the store when it is asked for.

    What is read is limited to the scope's area, so nothing outside it can be in a tile.
    """

    def __init__(self, db: Database, scope: Scope, *, round_id: str, as_of: date, system: System = WGS84) -> None:
        """Read nothing yet: the first `now` does. `system` is that of the base map."""
        self._db, self._scope, self._round_id, self._as_of, self._system = db, scope, round_id, as_of, system
        self._lock = Lock()
        self._index: TileIndex | None = None
        self._stamp: Stamp | None = None
        #: How often everything was read: a save must not raise it.
        self.builds = 0

    def now(self) -> TileIndex:
        """Return the index of what is stored at this moment."""
        index = self._index
        if index is not None and index.version == self._db.revision():
            return index
        with self._lock:
            return self._catch_up()

    def _catch_up(self) -> TileIndex:
        if self._index is None or self._stamp is None:
            return self._build()
        if self._stamp.revision == self._db.revision():
            return self._index
        changed, stamp = read_changed(self._db, self._scope, round_id=self._round_id, since=self._stamp)
        if changed is None:
            return self._build()
        if not changed.homes:
            self._index, self._stamp = self._index.unchanged(stamp.revision), stamp
            return self._index
        # What is read may already hold a later save; that one is then read again, which changes nothing.
        fresh, _ = read_tile_homes(
            self._db, self._scope, round_id=self._round_id, as_of=self._as_of, places=changed.places
        )
        places, homes = set(changed.places), set(changed.homes)
        self._index = self._index.patched(fresh, stamp.revision, places=places, homes=homes)
        self._stamp = stamp
        return self._index

    def _build(self) -> TileIndex:
        rows, stamp = read_tile_homes(self._db, self._scope, round_id=self._round_id, as_of=self._as_of)
        self.builds += 1
        self._index, self._stamp = build_index(rows, stamp.revision, system=self._system), stamp
        return self._index


_kept: Final[OrderedDict[tuple[object, ...], LiveIndex]] = OrderedDict()
_lock: Final = Lock()


def keep_index(db: Database, scope: Scope, *, round_id: str, as_of: date) -> LiveIndex:
    """Return the index that this process keeps of a round, a day and the scope's area; the first call makes it.

    Its households stand where the file's base map shows their places: with one drawn in GCJ-02 it is a second index.
    """
    # The areas alone decide what may be seen: an index holds no name.
    system = read_basemap(db).crs
    key = (str(db.path), scope.areas, round_id, as_of, system)
    with _lock:
        found = _kept.get(key)
        if found is None or found._db is not db:  # noqa: SLF001 - a file opened anew is another store
            found = _kept[key] = LiveIndex(db, scope, round_id=round_id, as_of=as_of, system=system)
        _kept.move_to_end(key)
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
        return found
