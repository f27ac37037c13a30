"""Units of earlier lists that a file names: what it means today is what goes on in their place, and it is said."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from geo.i18n import text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geo.units import Unit


@dataclass(frozen=True, slots=True)
class Followed:
    """One closed unit that a file names, its successor of today, and how many rows name it."""

    code: str
    name: str
    successor_code: str
    successor_name: str
    rows: int

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self)


def say_followed(followed: Iterable[Followed]) -> Iterable[str]:
    """Yield one sentence for each unit that was followed."""
    return (text("import.followed", **one.as_dict()) for one in followed)


def list_followed(pairs: Iterable[tuple[Unit | None, Unit | None]]) -> tuple[Followed, ...]:
    """Return the closed units with their successors, by code, from one pair a row; half a pair says nothing."""
    counts = Counter((old, new) for old, new in pairs if old is not None and new is not None)
    found = [Followed(old.code, old.name, new.code, new.name, rows) for (old, new), rows in counts.items()]
    return tuple(sorted(found, key=lambda one: (one.code, one.successor_code)))
