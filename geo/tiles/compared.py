"""An index that shows what became of each household since an earlier round (`codes.COMPARED_STATES`).

Positions, rings and numbers are those of the later round's index; only the state in each household's byte is another.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Final

import numpy as np

from geo.codes import COMPARED_STATES, VISIT_STATES
from geo.store.comparing import MISSED, NOT_THERE, REACHED, Then
from geo.tiles.index import STATE_BITS, Change, TileIndex

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from geo.tiles.answers import HasIndex

_NUMBER: Final = {state: nth for nth, state in enumerate(COMPARED_STATES)}
_EFFECTIVE: Final = VISIT_STATES.index("effective")
_EXCLUDED: Final = VISIT_STATES.index("excluded")
#: Rounds missed in a row before this one, from which on a household is missed for long.
_LONG: Final = 2


@dataclass(slots=True)
class ComparedIndex:
    """The index of a round as compared with an earlier one, never older than the store.

    `read_then` gives what the earlier round left, the same object while that is the same; `read_phone` the numbers
    of households that are in C by phone alone.
    """

    live: HasIndex
    read_then: Callable[[], Then]
    read_phone: Callable[[], NDArray[np.uint32]]
    _made: TileIndex | None = None
    _then: Then | None = None
    _since: int = 0
    _lock: Lock = field(default_factory=Lock)

    def now(self) -> TileIndex:
        """Return the index of what is stored at this moment."""
        index = self.live.now()
        with self._lock:
            if self._made is None or self._made.version != index.version:
                self._made = self._compare(index)
            return self._made

    def _compare(self, index: TileIndex) -> TileIndex:
        then, phone = self.read_then(), self.read_phone()
        # Somebody reached by phone may keep the symbol, so that the index does not name the place.
        if then is not self._then or len(phone):
            self._then, self._since = then, index.version
        code = recode(index.code, index.tile_id, then, phone)
        aside = replace(index.aside, code=recode(index.aside.code, index.aside.tile_id, then, phone))
        later = tuple(one for one in index.changes if one.version > self._since)
        # What an index counted for itself is of its own states.
        return replace(index, code=code, aside=aside, changes=(Change(self._since, None), *later), _cells={})


def recode(
    code: NDArray[np.uint8], tile_id: NDArray[np.uint32], then: Then, phone: NDArray[np.uint32]
) -> NDArray[np.uint8]:
    """Return the bytes of households with the state of the comparison in the place of that of the visit.

    Reached now is in C: effective, or by phone where the round counts it. Households that have left D stay excluded.
    """
    state = code & STATE_BITS
    reached = (state == _EFFECTIVE) | np.isin(tile_id, phone)
    fate, missed = _look_up(then, tile_id)
    compared = np.select(
        [
            state == _EXCLUDED,
            reached & (fate == MISSED),
            reached,
            fate == NOT_THERE,
            fate == REACHED,
            missed >= _LONG,
        ],
        [_NUMBER[one] for one in ("excluded", "recovered", "kept", "joined", "newly_missed", "missed_long")],
        _NUMBER["missed_again"],
    )
    return ((code & ~np.uint8(STATE_BITS)) | compared.astype(np.uint8)).astype(np.uint8)


def _look_up(then: Then, tile_id: NDArray[np.uint32]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return fate and rounds missed of households; one that the roster did not have when it was read was not there."""
    if not len(then.tile_id):
        return (np.zeros(len(tile_id), dtype=np.uint8),) * 2
    at = np.minimum(np.searchsorted(then.tile_id, tile_id), len(then.tile_id) - 1)
    known = then.tile_id[at] == tile_id
    return np.where(known, then.fate[at], np.uint8(NOT_THERE)), np.where(known, then.missed[at], np.uint8(0))
