"""The indexes that this process keeps: read once from the store, then brought up to date save by save."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
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
    from geo.store.since import Mark

#: Rounds, days and areas kept at once; the one asked for longest ago goes.
_KEPT: Final = 6


@dataclass(frozen=True, slots=True)
class _State:
    """An index, how far the store was when it was right, and the day it is of."""

    index: TileIndex
    mark: Mark
    day: date


class LiveIndex:
    """The index of one round as of one day within one scope's area, never older than the store when it is asked for.

    What is read is limited to the scope's area, so nothing outside it can be in a tile.
    """

    def __init__(
        self, db: Database, scope: Scope, *, round_id: str, as_of: date, system: System = WGS84,
        before: LiveIndex | None = None,
    ) -> None:  # fmt: skip
        """Read nothing yet: the first `now` does. `system` is that of the base map.

        `before` is the same of an earlier day: what it has read need not be read again.
        """
        self._db, self._scope, self._round_id, self.as_of, self._system = db, scope, round_id, as_of, system
        self._lock = Lock()
        self._state: _State | None = None if before is None else before._state  # noqa: SLF001 - of the same class
        #: How often everything was read: a save must not raise it.
        self.builds = 0

    def now(self) -> TileIndex:
        """Return the index of what is stored at this moment."""
        state = self._state
        if state is None or (state.mark.revision, state.day) != (self._db.revision(), self.as_of):
            with self._lock:
                state = self._state = self._catch_up(self._state)
        return state.index

    def _catch_up(self, state: _State | None) -> _State:
        if state is None:
            return self._build()
        if (state.mark.revision, state.day) == (self._db.revision(), self.as_of):
            return state
        days = (state.day, self.as_of)
        changed, mark = read_changed(self._db, self._scope, round_id=self._round_id, since=state.mark, days=days)
        if changed is None:
            return self._build()
        if not changed.homes:
            return _State(state.index.unchanged(mark.revision), mark, self.as_of)
        # What is read may already hold a later save; that one is then read again, which changes nothing.
        fresh, _ = read_tile_homes(self._db, self._scope, round_id=self._round_id, as_of=self.as_of, only=changed)
        places, homes = set(changed.places), set(changed.homes)
        return _State(state.index.patched(fresh, mark.revision, places=places, homes=homes), mark, self.as_of)

    def _build(self) -> _State:
        rows, mark = read_tile_homes(self._db, self._scope, round_id=self._round_id, as_of=self.as_of)
        self.builds += 1
        return _State(build_index(rows, mark.revision, system=self._system), mark, self.as_of)


_kept: Final[OrderedDict[tuple[object, ...], LiveIndex]] = OrderedDict()
_lock: Final = Lock()


def keep_index(db: Database, scope: Scope, *, round_id: str, as_of: date) -> LiveIndex:
    """Return the index that this process keeps of a round, a day and the scope's area; the first call makes it.

    Its households stand where the file's base map shows their places: with one drawn in GCJ-02 it is a second index.
    """
    # The areas alone decide what may be seen: an index holds no name.
    system = read_basemap(db).crs
    same = (str(db.path), scope.areas, round_id, system)
    key = (*same, as_of)
    with _lock:
        found = _kept.get(key)
        if found is None or found._db is not db:  # noqa: SLF001 - a file opened anew is another store
            before = _find_before(db, same, as_of)
            found = _kept[key] = LiveIndex(db, scope, round_id=round_id, as_of=as_of, system=system, before=before)
        _kept.move_to_end(key)
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
        return found


def _find_before(db: Database, same: tuple[object, ...], day: date) -> LiveIndex | None:
    """Return the index of the last day before a day that is kept of the same households."""
    earlier = [one for key, one in _kept.items() if key[:-1] == same and one._db is db and one.as_of < day]  # noqa: SLF001
    return max(earlier, key=lambda one: one.as_of, default=None)
