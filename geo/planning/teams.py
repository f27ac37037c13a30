"""Who goes, when and how fast: the file of teams (teams.yaml), with one setting for all villages and others for some.

docs/teams-file.md lists the keys; an unknown key is refused, so that a slip does not silently mean the default.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from math import isfinite
from pathlib import Path
from typing import Any, Final

import yaml

from geo import codes
from geo.errors import Invalid
from geo.i18n import text
from geo.plan.travel import DETOUR, SPEEDS_KMH, WAYS, Pace, Ways
from geo.planning.markets import ANIMALS, Markets
from geo.store.ways import WayFiles

#: A five-person team splits into two pairs, and one stays to write up.
_TEAMS: Final = 2
_HOURS: Final = 7.0
_MOST_HOURS: Final = 24.0
_MOST_TEAMS: Final = 50
_LONGEST_STRETCH: Final = timedelta(days=366)
STARTS: Final = ("village", "township")
#: Minutes at the door: of every home, and more or fewer by what is known of it.
MINUTES: Final = {
    "default": 25, "monitored": 10, "open_issue": 8, "care_tag": 5, "not_home": 15, "refused": 15, "away_all": 10,
}  # fmt: skip
#: What else minutes may be said of: any last outcome (instead of the default) and any class of household (more).
_MINUTES_OF: Final = frozenset({*MINUTES, *codes.OUTCOMES, *codes.HOUSEHOLD_CLASSES} - {"effective"})


@dataclass(frozen=True, slots=True)
class TeamSetup:
    """A team of a village: how it is called, and the people in it, who answer for their own households."""

    name: str
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnitSetup:
    """What holds for a village: teams, days, hours, pace, minutes at the door.

    `start`: a word of `STARTS`, or lon, lat. `off`: days on which nobody goes, as on `off_weekdays` (1 = Monday) and on
    market days (赶集): `market`, `market_lunar`, `market_animals` and `market_every` are the fields of `Markets`.
    `away_window`: the days on which homes that have gone away as a whole are back; outside it they are not visited.
    `detour`: None = the township's setting. `ways`: what journeys are known from. `due_tagged`: the last day in time
    for homes with a care tag. `forced`: household code → team ('' = any) and day (None = any) it must have;
    `forbidden`: household code → teams that must not visit it.
    """

    teams: tuple[TeamSetup, ...] = ()
    hours: float = _HOURS
    days: int | None = None
    start_on: date | None = None
    off: frozenset[date] = frozenset()
    off_weekdays: frozenset[int] = frozenset()
    market: frozenset[int] = frozenset()
    market_lunar: frozenset[int] = frozenset()
    market_animals: frozenset[str] = frozenset()
    market_every: tuple[date, int] | None = None
    start: str | tuple[float, float] = STARTS[0]
    travel: str = "walk"
    ways: Ways = "straight"
    speed_kmh: float | None = None
    detour: float | None = None
    continuity_minutes: float = 20.0
    minutes: Mapping[str, int] = field(default_factory=lambda: dict(MINUTES))
    away_window: tuple[date, date] | None = None
    due_tagged: date | None = None
    forced: Mapping[str, tuple[str, date | None]] = field(default_factory=dict)
    forbidden: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def pace(self) -> Pace:
        """Return how people move."""
        return Pace(self.speed_kmh or SPEEDS_KMH[self.travel], self.detour or DETOUR)

    @property
    def day_s(self) -> int:
        """Return the length of a day in seconds."""
        return round(self.hours * 3600)

    def list_days(self, first: date, last: date) -> list[date]:
        """Return the days on which the teams go, from `start_on` or the first on, at most so many as are set."""
        begin = max(first, self.start_on or first)
        span = [begin + timedelta(days=nth) for nth in range(max(0, (last - begin).days + 1))]
        markets = Markets(self.market, self.market_lunar, self.market_animals, self.market_every)
        off = (day in self.off or day.isoweekday() in self.off_weekdays or markets.are_on(day) for day in span)
        return [day for day, is_off in zip(span, off, strict=True) if not is_off][: self.days]


@dataclass(frozen=True, slots=True)
class Setup:
    """The setting of every village, those of some by unit code, and whether a township's villages share teams.

    `files`: roads and heights; None = those that are kept with the database.
    """

    common: UnitSetup
    villages: Mapping[str, UnitSetup] = field(default_factory=dict)
    pool: bool = False
    files: WayFiles | None = None

    def of(self, code: str, above: str = "") -> UnitSetup:
        """Return what holds for a unit: what is said of it, else of the township above it, else of all."""
        return self.villages.get(code) or self.villages.get(above, self.common)

    def with_all(self, **changes: Any) -> Setup:
        """Return the same with some values (fields of `UnitSetup`) everywhere; None changes nothing."""
        said = {name: value for name, value in changes.items() if value is not None}
        villages = {code: replace(one, **said) for code, one in self.villages.items()}
        return replace(self, common=replace(self.common, **said), villages=villages)

    def with_teams(self, count: int) -> Setup:
        """Return the same with so many teams in every village that names none of its own."""
        return replace(self, common=replace(self.common, teams=number_teams(count)))


def default_setup() -> Setup:
    """Return what holds without a file: two pairs a village, seven hours a day, on foot."""
    return Setup(UnitSetup(teams=number_teams(_TEAMS)))


def read_setup(path: Path) -> Setup:
    """Return the setting of a teams.yaml. Raises `Invalid` with the key that is wrong."""
    if not path.is_file():
        raise Invalid("cli.no_file", path=path.name)
    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Invalid("teams.unreadable", file=path.name) from error
    if not isinstance(said, dict):
        raise Invalid("teams.unreadable", file=path.name)
    return make_setup(said)


def make_setup(said: Mapping[Any, Any]) -> Setup:
    """Return the setting that keys and values of a file of teams say. Raises `Invalid` with the wrong key."""
    rest = {name: value for name, value in said.items() if name not in ("villages", "pool")}
    common = _read_unit(rest, default_setup().common)
    villages = said.get("villages") or {}
    if not isinstance(villages, Mapping) or not all(isinstance(one, Mapping) for one in villages.values()):
        raise Invalid("teams.bad", name="villages")
    pool = said.get("pool", False)
    if not isinstance(pool, bool):
        raise Invalid("teams.bad", name="pool")
    return Setup(common, {str(code): _read_unit(one, common) for code, one in villages.items()}, pool)


def number_teams(count: int) -> tuple[TeamSetup, ...]:
    """Return so many teams, called one after the other, with nobody in them."""
    signs = text("plan.team_signs")
    return tuple(
        TeamSetup(text("plan.team_name", sign=signs[nth] if nth < len(signs) else str(nth + 1))) for nth in range(count)
    )


def _read_unit(said: Mapping[Any, Any], base: UnitSetup) -> UnitSetup:
    changes: dict[str, Any] = {}
    for written, value in said.items():
        # YAML 1.1 reads the bare word `off` as false.
        key = "off" if written is False else written
        reader = _READERS.get(key)
        if reader is None:
            raise Invalid("teams.unknown", name=key, known=" ".join([*_READERS, "pool", "villages"]))
        try:
            changes[key] = None if value is None and key in _MAY_BE_NONE else reader(value)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise Invalid("teams.bad", name=key) from error
    return replace(base, **changes)


def _read_teams(value: Any) -> tuple[TeamSetup, ...]:
    """Read a number of teams, or a list of names or of name and people."""
    if isinstance(value, int) and not isinstance(value, bool):
        return number_teams(_bounded(value, 1, _MOST_TEAMS))
    teams = tuple(
        TeamSetup(str(one["name"]), tuple(str(who) for who in one.get("people", ())))
        if isinstance(one, dict)
        else TeamSetup(str(one))
        for one in value
    )
    _bounded(len(teams), 1, _MOST_TEAMS)
    if len({one.name for one in teams}) < len(teams):
        raise ValueError(value)
    return teams


def _read_hours(value: Any) -> float:
    hours = float(value)
    if not 0 < hours <= _MOST_HOURS:
        raise ValueError(value)
    return hours


def _read_days(value: Any) -> int:
    return _bounded(int(value), 1, 366)


def _bounded(value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise ValueError(value)
    return value


def _read_day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _read_start(value: Any) -> str | tuple[float, float]:
    if value in STARTS:
        return str(value)
    lon, lat = (float(one) for one in value)
    if not (abs(lon) <= 180 and abs(lat) <= 90):  # noqa: PLR2004 - degrees
        raise ValueError(value)
    return lon, lat


def _read_travel(value: Any) -> str:
    if value not in SPEEDS_KMH:
        raise ValueError(value)
    return str(value)


def _read_ways(value: Any) -> Ways:
    if value not in WAYS:
        raise ValueError(value)
    return next(one for one in WAYS if one == value)


def _read_positive(value: Any) -> float:
    if not (isfinite(float(value)) and float(value) > 0):
        raise ValueError(value)
    return float(value)


def _read_detour(value: Any) -> float:
    if not (isfinite(float(value)) and float(value) >= 1):
        raise ValueError(value)
    return float(value)


def _read_minutes(value: Any) -> dict[str, int]:
    """Read minutes at the door; those that are not named stay as they ship."""
    if set(value) - _MINUTES_OF:
        raise KeyError(value)
    return {**MINUTES, **{name: _bounded(int(one), 0, 1440) for name, one in value.items()}}


def _read_off(value: Any) -> frozenset[date]:
    """Read days, and stretches of days as a first and a last one."""
    stretches = [_read_window(one) if isinstance(one, list) else (_read_day(one), _read_day(one)) for one in value]
    return frozenset(first + timedelta(days=nth) for first, last in stretches for nth in range((last - first).days + 1))


def _read_numbers(least: int, most: int) -> Callable[[Any], frozenset[int]]:
    return lambda value: frozenset(_bounded(int(one), least, most) for one in value)


def _read_animals(value: Any) -> frozenset[str]:
    """Read animals by their names in the code or in words."""
    known = {word: animal for animal in ANIMALS for word in (animal, text(f"plan.animal.{animal}"))}
    return frozenset(known[one] for one in value)


def _read_every(value: Any) -> tuple[date, int]:
    first, days = value
    return _read_day(first), _bounded(int(days), 2, 60)


def _read_forced(value: Any) -> dict[str, tuple[str, date | None]]:
    """Read household code → team, or a mapping of team and day."""
    said = {str(code): one if isinstance(one, dict) else {"team": one} for code, one in value.items()}
    if not all(one and set(one) <= {"team", "day"} for one in said.values()):
        raise KeyError(value)
    return {
        code: (str(one.get("team", "")), _read_day(one["day"]) if "day" in one else None) for code, one in said.items()
    }


def _read_forbidden(value: Any) -> dict[str, tuple[str, ...]]:
    """Read household code → a team or several."""
    return {str(code): tuple(map(str, one)) if isinstance(one, list) else (str(one),) for code, one in value.items()}


def _read_window(value: Any) -> tuple[date, date]:
    first, last = (_read_day(one) for one in value)
    if not timedelta() <= last - first <= _LONGEST_STRETCH:
        raise ValueError(value)
    return first, last


#: An empty value of these says that it is not set here, whatever holds elsewhere.
_MAY_BE_NONE: Final = frozenset(
    {"days", "start_on", "speed_kmh", "detour", "away_window", "due_tagged", "market_every"}
)
_READERS: Final[dict[str, Any]] = {
    "teams": _read_teams,
    "hours": _read_hours,
    "days": _read_days,
    "start_on": _read_day,
    "off": _read_off,
    "off_weekdays": _read_numbers(1, 7),
    "market": _read_numbers(0, 9),
    "market_lunar": _read_numbers(0, 9),
    "market_animals": _read_animals,
    "market_every": _read_every,
    "start": _read_start,
    "travel": _read_travel,
    "ways": _read_ways,
    "speed_kmh": _read_positive,
    "detour": _read_detour,
    "continuity_minutes": lambda value: float(_bounded(int(value), 0, 1440)),
    "minutes": _read_minutes,
    "away_window": _read_window,
    "due_tagged": _read_day,
    "forced": _read_forced,
    "forbidden": _read_forbidden,
}
