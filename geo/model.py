"""Plain values that the layers hand to each other: frozen, with no I/O."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date


def new_id() -> str:
    """Return a new row id: a random UUID as 32 hex digits, made by whoever creates the row."""
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class Scope:
    """Who asks: the actor's name, the role (`codes.ROLES`) and the place ids the role is limited to.

    `area` is where pages open, `further` the others (a recorder of two villages, or of three groups). `owner` is the
    browser that owns what is made for it (exports, tiles); empty outside a browser. `granted` are the actions that
    somebody allowed besides the role (`geo.access.GRANTED`). `sees_names`: names and phones are given in full, for a
    minute after they were revealed, or in a file of who may take them away; else everybody gets them masked.
    """

    actor: str
    role: str
    area: str
    owner: str = ""
    further: tuple[str, ...] = ()
    granted: frozenset[str] = frozenset()
    sees_names: bool = False

    @property
    def areas(self) -> tuple[str, ...]:
        """All places the role is limited to, the one where pages open first."""
        return (self.area, *self.further)


@dataclass(frozen=True, slots=True)
class Place:
    """One unit of any level: a district, township, village or group (区·乡镇·村·村民组)."""

    id: str
    code: str
    name: str
    level: str
    parent: str | None
    edition: str


@dataclass(frozen=True, slots=True)
class Round:
    """One round of visits (轮次): its days are inclusive local dates, its target is in basis points."""

    id: str
    programme: str
    name: str
    number: int
    scope: str
    starts_on: date
    ends_on: date
    target_bp: int
    status: str
    away_phone_counts: bool


@dataclass(frozen=True, slots=True)
class VisitEntry:
    """One visit as a recorder enters it; `id` is made by the form, so sending it twice is one row.

    `visited_on` is a local date. `persons` are person ids, `topics` words of the list of topics,
    `checks` pairs of an item and `codes.CHECK_RESULTS`: what is not among them was not asked.
    It goes to the round of `programme` whose days contain the date; outside every round only visits of
    `config.PROGRAMME` are kept. `entry_kind` empty: live or late by date. `approved_by`: who lets it into a locked
    round, whose published figures it does not change.
    """

    id: str
    household: str
    visited_on: date
    outcome: str
    mode: str = "in_person"
    reason: str | None = None
    respondent: str | None = None
    revisit_on: date | None = None
    note: str = ""
    entry_kind: str | None = None
    programme: str = "visits"
    persons: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    checks: tuple[tuple[str, str], ...] = ()
    approved_by: str | None = None


@dataclass(frozen=True, slots=True)
class IssueEntry:
    """One issue as raised; `households` may be empty for group and village scope, else they are whom it affects.

    `unit` and `responsible`: the unit and the person who answer for it. `follows`: the id of the issue that it takes up
    again after the days of reopening.
    """

    id: str
    place: str
    scope: str
    category: str
    title: str
    raised_on: date
    households: tuple[str, ...] = ()
    detail: str = ""
    route: str = "time_limited"
    due_on: date | None = None
    responsible: str = ""
    raised_by_visit: str | None = None
    unit: str = ""
    follows: str | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save did: the row id, whether it was new, and the leaf's coverage afterwards (effective, roster)."""

    id: str
    created: bool
    place: str
    effective: int
    roster: int
