"""The course of one issue: which act is possible when, the event it makes, and what all its events add up to.

open → assigned → in_progress → resolved (办结) → closed (销号, verified by a second person or the household). Aside:
returned (退回, the receiving level sends it back), deferred (挂账, approved), invalid. A failed check goes back to
in_progress (返工). Pure: no store, no clock; days are local dates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from geo import codes, config
from geo.errors import Invalid, Key
from geo.signs import clean_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

_LIVE: Final = ("open", "assigned", "in_progress", "returned")
_OPEN: Final = (*_LIVE, "deferred")

#: Kind of act → the states it is possible from, and the state it leads to ('' where it stays).
ACTS: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "assigned": (_OPEN, "assigned"),
    "progress": (_OPEN, "in_progress"),
    "escalated": (_OPEN, "assigned"),
    "returned": (("assigned", "in_progress"), "returned"),
    "resolved": (_LIVE, "resolved"),
    "closed": (("resolved",), "closed"),
    "reworked": (("resolved",), "in_progress"),
    "defer_asked": (_LIVE, ""),
    "deferred": (_LIVE, "deferred"),
    "extended": (_LIVE, ""),
    "reopened": (("closed",), "in_progress"),
    "invalidated": (_OPEN, "invalid"),
    "duplicated": (_OPEN, ""),
    "amended": ((*_OPEN, "resolved"), ""),
}
#: Acts that say nothing without a reason.
_REASONED: Final = ("returned", "reworked", "defer_asked", "deferred", "reopened", "invalidated")
#: Acts that somebody else must have approved.
_APPROVED: Final = ("deferred", "extended")


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody wants to do about an issue on a day (kind: a key of `ACTS`); what a kind does not use stays empty.

    `level`: where an escalation or return goes (empty: one up, one down). `verified_by`: a name, or `codes.HOUSEHOLD`
    with its `satisfaction` (1 satisfied, 0 not). `duplicate_of`: the id of the issue that this one repeats.
    """

    kind: str
    on: date
    actor: str = ""
    note: str = ""
    level: str = ""
    due_on: date | None = None
    unit: str | None = None
    responsible: str | None = None
    close_kind: str | None = None
    approved_by: str | None = None
    verified_by: str | None = None
    satisfaction: int | None = None
    duplicate_of: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the history: an act that happened, with level and state before and after."""

    kind: str
    on: date
    actor: str
    from_level: str | None
    to_level: str
    from_state: str | None
    to_state: str
    note: str = ""
    due_on: date | None = None
    unit: str | None = None
    responsible: str | None = None
    close_kind: str | None = None
    approved_by: str | None = None
    verified_by: str | None = None
    satisfaction: int | None = None
    duplicate_of: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How an issue stands after some events; `last_on` is the day of the last, `resolved_by` who resolved it."""

    state: str
    level: str
    max_level: str
    last_on: date
    due_on: date | None = None
    original_due_on: date | None = None
    unit: str = ""
    responsible: str = ""
    close_kind: str | None = None
    resolved_on: date | None = None
    resolved_by: str | None = None
    closed_on: date | None = None
    verified_by: str | None = None
    satisfaction: int | None = None
    duplicate_of: str | None = None
    reopen_count: int = 0
    raised_on: date | None = None
    deferral_asked: bool = False


def replay(events: Iterable[Event]) -> Standing:
    """Return how an issue stands after its whole history. Raises `ValueError` for a history without events."""
    standing: Standing | None = None
    for event in events:
        standing = fold(standing, event)
    if standing is None:
        raise ValueError(events)
    return standing


def fold(standing: Standing | None, event: Event) -> Standing:
    """Return the standing after one more event; before the first there is none."""
    if standing is None:
        standing = Standing(event.to_state, event.to_level, event.to_level, event.on, raised_on=event.on)
    before = standing.state
    standing = replace(
        standing,
        state=event.to_state,
        level=event.to_level,
        max_level=max(standing.max_level, event.to_level, key=codes.ISSUE_LEVELS.index),
        last_on=event.on,
        due_on=event.due_on or standing.due_on,
        original_due_on=standing.original_due_on or event.due_on,
        unit=standing.unit if event.unit is None else event.unit,
        responsible=standing.responsible if event.responsible is None else event.responsible,
        duplicate_of=event.duplicate_of or standing.duplicate_of,
        reopen_count=standing.reopen_count + (event.kind in ("reworked", "reopened")),
        deferral_asked=event.kind == "defer_asked" or (standing.deferral_asked and event.to_state == before),
    )
    return _fold_ending(standing, event)


def _fold_ending(standing: Standing, event: Event) -> Standing:
    """Return the standing with what a resolution and a closing decide; whatever leaves them takes it away."""
    if event.to_state not in codes.DONE_STATES:
        cleared: dict[str, None] = dict.fromkeys(
            ("close_kind", "resolved_on", "resolved_by", "closed_on", "verified_by", "satisfaction")
        )
        return replace(standing, **cleared)  # type: ignore[arg-type]
    if event.kind == "resolved":
        kind = event.close_kind or "solved"
        return replace(standing, resolved_on=event.on, resolved_by=event.actor, close_kind=kind)
    if event.kind == "closed":
        return replace(
            standing,
            close_kind=event.close_kind or standing.close_kind or "solved",
            resolved_on=standing.resolved_on or event.on,
            closed_on=event.on,
            verified_by=event.verified_by,
            satisfaction=event.satisfaction,
        )
    return standing


def take_step(standing: Standing, act: Act, *, reopen_days: int = config.REOPEN_DAYS) -> Event:
    """Return the event that an act makes; `reopen_days` after its closing an issue stays closed.

    Raises `Invalid` with the reason why the act is impossible.
    """
    if act.kind not in ACTS:
        raise Invalid("err.unknown_code", value=act.kind)
    allowed, leads_to = ACTS[act.kind]
    if standing.duplicate_of is not None:
        raise Invalid("err.issue_is_duplicate")
    if standing.state not in allowed:
        raise Invalid("err.issue_state", state=Key(f"issue_state.{standing.state}"), act=Key(f"event.{act.kind}"))
    if act.on < standing.last_on:
        raise Invalid("err.issue_before", d=act.on, last=standing.last_on)
    if act.kind in _REASONED and not act.note.strip():
        raise Invalid("err.issue_reason", act=Key(f"event.{act.kind}"))
    if act.kind in _APPROVED and not (act.approved_by or "").strip():
        raise Invalid("err.issue_approval", act=Key(f"event.{act.kind}"))
    if act.kind == "reopened":
        _check_reopening(standing, act, reopen_days)
    check = _CHECKS.get(act.kind)
    if check is not None:
        check(standing, act)
    return Event(
        kind=act.kind, on=act.on, actor=act.actor, from_level=standing.level, to_level=_level_after(standing, act),
        from_state=standing.state, to_state=leads_to or standing.state, note=act.note.strip(), due_on=act.due_on,
        unit=act.unit, responsible=act.responsible, close_kind=_close_kind(standing, act),
        approved_by=act.approved_by, verified_by=act.verified_by, satisfaction=act.satisfaction,
        duplicate_of=act.duplicate_of,
    )  # fmt: skip


def act_of_route(route: str, on: date) -> Act | None:
    """Return what a route (`codes.ISSUE_ROUTES`) says was done on the day an issue was raised; nothing for a term."""
    if route == "escalated":
        return Act("escalated", on)
    kind = {"on_spot": "solved_on_spot", "explained": "explained"}.get(route)
    return None if kind is None else Act("resolved", on, close_kind=kind)


def list_acts(standing: Standing, on: date, *, reopen_days: int = config.REOPEN_DAYS) -> list[str]:
    """Return the kinds of act that are possible on a day, in the order of `ACTS`: the only buttons there are."""
    if standing.duplicate_of is not None:
        return []
    top, bottom = codes.ISSUE_LEVELS[-1], codes.ISSUE_LEVELS[0]
    impossible = {
        "escalated": standing.level == top,
        "returned": standing.level == bottom,
        "extended": standing.due_on is None or on >= standing.due_on,
        "reopened": on > _last_day_of_reopening(standing, reopen_days),
        "defer_asked": standing.deferral_asked,
    }
    return [kind for kind, (states, _) in ACTS.items() if standing.state in states and not impossible.get(kind)]


def _level_after(standing: Standing, act: Act) -> str:
    """Return the level after an act. Raises `Invalid` where there is none above or below, or it leads the other way."""
    step = {"escalated": 1, "returned": -1}.get(act.kind, 0)
    if not step:
        return standing.level
    now = codes.ISSUE_LEVELS.index(standing.level)
    if act.level and act.level not in codes.ISSUE_LEVELS:
        raise Invalid("err.unknown_code", value=act.level)
    to = codes.ISSUE_LEVELS.index(act.level) if act.level else now + step
    if not 0 <= to < len(codes.ISSUE_LEVELS) or (to - now) * step <= 0:
        raise Invalid("err.issue_level", level=Key(f"issue_level.{standing.level}"), act=Key(f"event.{act.kind}"))
    return codes.ISSUE_LEVELS[to]


def _close_kind(standing: Standing, act: Act) -> str | None:
    if act.kind == "closed":
        return standing.close_kind
    return (act.close_kind or "solved") if act.kind == "resolved" else None


def _check_term(standing: Standing, act: Act) -> None:
    """A level that has an issue sets its due day once; another one is an extension."""
    if act.due_on is None:
        return
    if standing.due_on not in (None, act.due_on):
        raise Invalid("err.issue_due_set", due=standing.due_on)
    _check_due(act)


def _check_due(act: Act) -> None:
    if act.due_on is not None and act.due_on < act.on:
        raise Invalid("err.issue_due_past", due=act.due_on)


def _check_escalation(_standing: Standing, act: Act) -> None:
    _check_due(act)


def _check_extension(standing: Standing, act: Act) -> None:
    if standing.due_on is None or act.due_on is None or act.due_on <= standing.due_on:
        raise Invalid("err.issue_extend_later", due=standing.due_on or "—")
    if act.on >= standing.due_on:
        raise Invalid("err.issue_extend_late", due=standing.due_on)


def _check_resolution(standing: Standing, act: Act) -> None:
    if act.close_kind not in (None, *codes.CLOSE_KINDS):
        raise Invalid("err.unknown_code", value=act.close_kind)
    if act.close_kind == "solved_on_spot" and act.on != standing.raised_on:
        raise Invalid("err.issue_on_spot", d=standing.raised_on)


def _check_closing(standing: Standing, act: Act) -> None:
    who = (act.verified_by or "").strip()
    if not who:
        raise Invalid("err.issue_verifier")
    if who == codes.HOUSEHOLD and act.satisfaction is None:
        raise Invalid("err.issue_satisfaction")
    if act.satisfaction not in (None, 0, 1):
        raise Invalid("err.unknown_code", value=act.satisfaction)
    if any(is_same_name(who, one) for one in (standing.resolved_by, standing.responsible)):
        raise Invalid("err.issue_same_person", who=who)


def is_same_name(one: str, other: str | None) -> bool:
    """Say whether two names are written alike but for width, spaces and letter case."""
    return clean_name(one).casefold() == clean_name(other or "").casefold()


def _check_reopening(standing: Standing, act: Act, days: int) -> None:
    if act.on > _last_day_of_reopening(standing, days):
        raise Invalid("err.issue_reopen_late", days=days, closed=standing.closed_on)


def _last_day_of_reopening(standing: Standing, days: int) -> date:
    return (standing.closed_on or standing.last_on) + timedelta(days=days)


def _check_duplicate(_standing: Standing, act: Act) -> None:
    if not act.duplicate_of:
        raise Invalid("err.issue_original")


_CHECKS: Final = {
    "assigned": _check_term,
    "progress": _check_term,
    "escalated": _check_escalation,
    "extended": _check_extension,
    "resolved": _check_resolution,
    "closed": _check_closing,
    "duplicated": _check_duplicate,
}
