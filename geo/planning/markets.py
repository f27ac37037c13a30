"""Market days (赶集): by the last digit of the solar or the lunar day, by animals, or every so many days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

#: The twelve branches of the sexagenary count as animals (生肖), 子 = rat first.
ANIMALS: Final = (
    "rat", "ox", "tiger", "rabbit", "dragon", "snake", "horse", "goat", "monkey", "rooster", "dog", "pig",
)  # fmt: skip
#: Rata die (days from 1 January of the year 1, `date.toordinal`) of a day 甲子, with which the count begins: Reingold
#: and Dershowitz, Calendrical Calculations, chapter on the Chinese calendar (its epoch of day names is the day before).
_JIAZI: Final = 46


@dataclass(frozen=True, slots=True)
class Markets:
    """When there is a market: on every day that one of these says.

    `solar` and `lunar`: last digits of the day of the month (逢三、八: the 3rd, 8th, 13th, …), `lunar` of the Chinese
    calendar. `animals`: those of the days (逢虎、猴: every six days). `every`: a market day, and after how many days
    the next is.
    """

    solar: frozenset[int] = frozenset()
    lunar: frozenset[int] = frozenset()
    animals: frozenset[str] = frozenset()
    every: tuple[date, int] | None = None

    def are_on(self, day: date) -> bool:
        """Say whether there is a market on a day."""
        return (
            day.day % 10 in self.solar
            or animal_of(day) in self.animals
            or (self.every is not None and (day - self.every[0]).days % self.every[1] == 0)
            or (bool(self.lunar) and lunar_day(day) % 10 in self.lunar)
        )


def animal_of(day: date) -> str:
    """Return the animal of a day (`ANIMALS`)."""
    return ANIMALS[(day.toordinal() - _JIAZI) % len(ANIMALS)]


def lunar_day(day: date) -> int:
    """Return the day of the month in the Chinese calendar, of the years 1900 to 2100."""
    # Not loaded where nobody asks: it brings words and tables along.
    from borax.calendars.lunardate import LunarDate  # noqa: PLC0415

    return int(LunarDate.from_solar(day).day)
