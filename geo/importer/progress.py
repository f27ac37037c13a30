"""How far an import is, for whoever waits, and a way to stop it: what was stopped has stored nothing.

The steps of an import lie many calls below it, so they find who listens in a context variable.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geo.errors import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: The phases of an import in their order: reading the file, understanding its rows, comparing them with the register,
#: writing them, and the figures of every level.
PHASES: Final = ("read", "understand", "plan", "store", "figures")


def _say_nothing(_phase: str, _done: int, _total: int) -> None:
    pass


def _go_on() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Progress:
    """Who listens: `tell` hears phase (`PHASES`), done and total (rows; 1 of 1 where none are counted).

    `stopped` is asked at every step; when it says yes the import ends with `Stopped`, and nothing is stored. What
    `tell` raises ends it in the same way.
    """

    tell: Callable[[str, int, int], None] = _say_nothing
    stopped: Callable[[], bool] = _go_on


_listening: ContextVar[Progress | None] = ContextVar("import_progress", default=None)


@contextmanager
def listening(progress: Progress | None) -> Iterator[None]:
    """Let somebody hear of the import inside; None leaves it to whoever listens already."""
    if progress is None:
        yield
        return
    token = _listening.set(progress)
    try:
        yield
    finally:
        _listening.reset(token)


def step(phase: str, done: int, total: int) -> None:
    """Tell how far a phase is. Raises `Stopped` when the import is to end."""
    progress = _listening.get()
    if progress is None:
        return
    progress.tell(phase, done, total)
    if progress.stopped():
        raise Stopped("import.stopped")
