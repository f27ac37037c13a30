"""Work in a thread of its own, so that the page that waits can tell how far it is, and stop it."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds after which a page looks again how far the work is.
LOOK_SECONDS: Final = 0.5


class Background:
    """A piece of work that has begun; `error` is what ended it early."""

    def __init__(self, work: Callable[[], None], *, name: str) -> None:
        """Begin at once: whatever the work needs must be there already."""
        self.error: BaseException | None = None
        self._stop = threading.Event()
        self._work = work
        self._thread = threading.Thread(target=self._go, name=name, daemon=True)
        self._thread.start()

    def _go(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 (raised again, or told, by the page that waits for it)
            self.error = error

    def wait(self, seconds: float | None) -> bool:
        """Wait so long, None for to the end, and say whether it has ended."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def stop(self) -> None:
        """Have it end at its next step."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._stop.is_set()


class Telling(Background, ABC):
    """Work that tells how far it is: `share` is the part that is done, 0 to 1."""

    share: float

    @abstractmethod
    def say(self) -> str:
        """Return how far it is, in words."""
