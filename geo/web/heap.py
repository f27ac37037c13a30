"""Keeping the search for garbage short, while nothing else of the process may run.

Streamlit looks through every object after each run of a page: 110 ms with our libraries, in which no other thread may
run, so that the messages of that very run wait for it. What has survived such a search is therefore set aside when it
is much, and later searches pass over it; from time to time all of it is looked through again.
"""

from __future__ import annotations

import gc
import time
from typing import Any, Final

#: More survivors than this are set aside; so many are searched in some 20 ms.
MANY: Final = 100_000
_ALL_AGAIN_S: Final = 600.0
_OLDEST: Final = 2


class Heap:
    """What is called before and after each search."""

    def __init__(self, *, all_again_s: float = _ALL_AGAIN_S) -> None:
        """Begin with nothing set aside; look through all of it again after so many seconds."""
        self._all_again_s = all_again_s
        self._looked_through = time.monotonic()

    def __call__(self, phase: str, told: dict[str, Any]) -> None:
        """Set aside what survived a search of everything, or have the next one look at all of it."""
        if told["generation"] != _OLDEST:
            return
        if phase == "start":
            if time.monotonic() - self._looked_through >= self._all_again_s:
                gc.unfreeze()
                self._looked_through = time.monotonic()
        elif len(gc.get_objects(generation=_OLDEST)) > MANY:
            gc.freeze()
