"""How far a long import is: lines on stderr, so that stdout stays the answer alone."""

from __future__ import annotations

from typing import Final

from geo.cli.session import tell
from geo.i18n import text
from geo.importer.progress import Progress

#: Files of more rows than this say how far they are.
_LONG_FROM: Final = 20_000
_SHARES: Final = 5


def tell_progress() -> Progress:
    """Return who says, phase by phase and fifth by fifth, how far a long file is."""
    said: set[tuple[str, int]] = set()
    long = False

    def hear(phase: str, done: int, total: int) -> None:
        nonlocal long
        if phase == "read":
            long = False
            said.clear()
        long = long or total > _LONG_FROM
        share = done * _SHARES // total if total else _SHARES
        if long and (phase, share) not in said:
            said.add((phase, share))
            # Where nothing is counted there is one step, and its end says nothing new.
            if total > 1:
                tell(text("cli.progress", phase=text(f"cli.progress.{phase}"), n=done, total=total))
            elif not done:
                tell(text(f"cli.progress.{phase}"))

    return Progress(hear)
