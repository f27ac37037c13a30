"""Words of imported workbooks and what they mean: `data/import/words.toml`, read once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache

from geo import config


@dataclass(frozen=True, slots=True)
class Words:
    """The word lists of `words.toml`, each with the meaning its name says."""

    blank: frozenset[str]
    total: tuple[str, ...]
    footer: tuple[str, ...]
    page: str
    in_all: str
    counted: tuple[str, ...]
    yes: frozenset[str]
    no: frozenset[str]
    met_headers: frozenset[str]
    visited_headers: frozenset[str]
    numerals: dict[str, int]
    year: str
    month: str
    day: tuple[str, ...]
    half_days: tuple[str, ...]
    weekdays: tuple[str, ...]
    person: tuple[str, ...]
    east: tuple[str, ...]
    west: tuple[str, ...]
    north: tuple[str, ...]
    south: tuple[str, ...]
    degree: tuple[str, ...]
    minute: tuple[str, ...]
    second: tuple[str, ...]
    systems: dict[str, tuple[str, ...]]
    village: str
    community: str
    before_village: tuple[str, ...]
    village_tails: tuple[str, ...]
    community_tails: tuple[str, ...]
    township_kinds: tuple[str, ...]
    township_kind_of: dict[str, str]
    township_tails: tuple[str, ...]
    peoples: tuple[str, ...]
    group_tails: tuple[str, ...]
    group_ordinal: str
    group_suffix: str
    group_joins: tuple[str, ...]
    group_ranges: tuple[str, ...]
    ungrouped: frozenset[str]
    no_group: frozenset[str]
    outcome: dict[str, str]
    outcome_hints: dict[str, str]
    issue: dict[str, str]
    issue_hints: dict[str, str]
    household_class: dict[str, str]
    class_hints: dict[str, str]
    tags: dict[str, str]
    header_tails: tuple[str, ...]
    tick_heads: tuple[str, ...]
    tick_tails: tuple[str, ...]
    monitored: tuple[str, ...]
    traditional: dict[int, int]


@cache
def load_words() -> Words:
    """Return the shipped word lists. Longer tails come first, so that the longest one is cut off."""
    with (config.DATA_DIR / "import" / "words.toml").open("rb") as file:
        raw = tomllib.load(file)
    units, villages, townships, groups = raw["units"], raw["villages"], raw["townships"], raw["groups"]
    return Words(
        blank=frozenset(raw["blank"]), total=tuple(raw["total"]), footer=tuple(raw["footer"]),
        page=raw["page"], in_all=raw["in_all"], counted=tuple(raw["counted"]),
        yes=frozenset(raw["yes"]), no=frozenset(raw["no"]),
        met_headers=frozenset(raw["met_headers"]), visited_headers=frozenset(raw["visited_headers"]),
        numerals=raw["numerals"], year=units["year"], month=units["month"], day=tuple(units["day"]),
        half_days=tuple(units["half_days"]), weekdays=tuple(units["weekdays"]),
        person=_longest_first(units["person"]),
        east=_longest_first(units["east"]), west=_longest_first(units["west"]),
        north=_longest_first(units["north"]), south=_longest_first(units["south"]),
        degree=tuple(units["degree"]), minute=tuple(units["minute"]), second=_longest_first(units["second"]),
        systems={name: _longest_first(marks) for name, marks in raw["systems"].items()},
        village=villages["village"], community=villages["community"], before_village=tuple(villages["before"]),
        village_tails=_longest_first(villages["village_tails"]),
        community_tails=_longest_first(villages["community_tails"]),
        township_kinds=_longest_first(townships["kinds"]), township_kind_of=townships["kind_of"],
        township_tails=_longest_first(townships["tails"]), peoples=_longest_first(townships["peoples"]),
        group_tails=_longest_first(groups["tails"]), group_ordinal=groups["ordinal"], group_suffix=groups["suffix"],
        group_joins=tuple(groups["joins"]), group_ranges=tuple(groups["ranges"]),
        ungrouped=frozenset(groups["ungrouped"]), no_group=frozenset(groups["no_group"]),
        outcome=raw["outcome"], outcome_hints=raw["outcome_hints"],
        issue=raw["issue"], issue_hints=raw["issue_hints"], household_class=raw["household_class"],
        class_hints=raw["class_hints"], tags=raw["tags"],
        header_tails=_longest_first(raw["headers"]["tails"]),
        tick_heads=_longest_first(raw["ticks"]["heads"]), tick_tails=_longest_first(raw["ticks"]["tails"]),
        monitored=tuple(raw["ticks"]["monitored"]),
        traditional={
            ord(pair[0]): ord(pair[1]) for line in raw["characters"]["traditional"] for pair in line.split()
        },
    )  # fmt: skip


def _longest_first(words: list[str]) -> tuple[str, ...]:
    return tuple(sorted(words, key=len, reverse=True))
