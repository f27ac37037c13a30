"""The parameters of the demo world, and its random streams."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geo import config

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEMO_DIR: Final = config.DATA_DIR / "demo"
PRESETS: Final = ("heping", "bijiang_rural", "bijiang_all", "stress")
#: The days a demo can stand at: in the midst of round 4, or at the end of the year.
TODAYS: Final = (date(2019, 11, 20), date(2019, 12, 31))
#: Who made every row of the demo.
ACTOR: Final = "demo"
#: The number of the round that runs on the first of `TODAYS`.
RUNNING: Final = 4


@dataclass(frozen=True)
class World:
    """One demo world: its preset, the day it stands at, its seed, and the parameters of the file."""

    preset: str
    today: date
    seed: int
    params: dict[str, Any]

    @property
    def decided(self) -> dict[str, Any]:
        """What this product decided where the parameters leave it open."""
        found: dict[str, Any] = self.params["decided"]
        return found

    @property
    def edition(self) -> str:
        """The edition of the hierarchy the demo stands on."""
        return str(self.params["hierarchy"]["demo_vintage"]).split()[0]

    @property
    def as_of(self) -> int:
        """The day, as an ordinal, on which the invariants of the running round hold."""
        return ordinal(self.params["visits"]["as_of"])

    @cached_property
    def rounds(self) -> list[tuple[int, int]]:
        """First and last day of each round, as ordinals."""
        return [(ordinal(first), ordinal(last)) for first, last in self.params["visits"]["calendar_assumed"]]

    def stream(self, code: str, purpose: str, *more: int) -> np.random.Generator:
        """Return the random stream of one unit and purpose; the purposes' numbers stand in the parameters."""
        number = self.decided["seed_streams"]["purposes"][purpose]
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence([self.seed, int(code), number, *more])))

    def window(self, words: list[str]) -> tuple[int, int]:
        """Return a pair of ISO days as ordinals."""
        return ordinal(words[0]), ordinal(words[1])


def load_world(*, preset: str, today: date, seed: int | None = None) -> World:
    """Read the parameter file; without a seed its own is taken."""
    params = json.loads((DEMO_DIR / "generator_params.json").read_text(encoding="utf-8"))
    return World(preset, today, params["default_seed"] if seed is None else seed, params)


def ordinal(day: str) -> int:
    """Return an ISO day as the number of its day."""
    return date.fromisoformat(day).toordinal()


def iso_days(days: NDArray[np.int64]) -> list[str]:
    """Return ordinals as ISO text."""
    unique, places = np.unique(days, return_inverse=True)
    words = np.array([date.fromordinal(int(day)).isoformat() for day in unique], dtype=object)
    found: list[str] = words[places].tolist() if len(days) else []
    return found


@cache
def iso_day(day: int | None, *, until: int | None = None) -> str | None:
    """Return an ordinal as ISO text; none for no day, or for one after `until`."""
    if day is None or (until is not None and day > until):
        return None
    return date.fromordinal(day).isoformat()


@cache
def stamp(day: int, minutes: int = 60) -> str:
    """Return a moment of a day as UTC ISO text; `minutes` after midnight UTC (08:00 in Asia/Shanghai)."""
    return f"{date.fromordinal(day).isoformat()}T{minutes // 60:02d}:{minutes % 60:02d}:00.000Z"


def draw_days(rng: np.random.Generator, span: list[int], count: int) -> NDArray[np.int64]:
    """Return a number of days, uniform between two bounds (inclusive)."""
    return rng.integers(span[0], span[1], size=count, endpoint=True)
