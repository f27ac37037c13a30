"""Rows of `issue`, `issue_household`, `issue_event` and `measure` as they stand on the demo's day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from geo import codes
from geo.demo.issues import TEXTS
from geo.demo.parameters import ACTOR, iso_day, stamp
from geo.i18n import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geo.demo.histories import Event
    from geo.demo.issues import Issue
    from geo.demo.people import Staff
    from geo.demo.village import Village

ISSUE_COLUMNS: Final = [
    "id", "number", "place", "raised_by_visit", "scope", "category", "title", "detail", "raised_on", "level_now",
    "max_level", "route", "due_on", "original_due_on", "responsible", "state", "close_kind", "resolved_on",
    "closed_on", "verified_by", "satisfaction", "reopen_count", "created_at", "created_by", "updated_at",
    "updated_by", "rev",
]  # fmt: skip
EVENT_COLUMNS: Final = [
    "issue", "seq", "on", "at", "actor", "kind", "from_level", "to_level", "from_state", "to_state", "due_on",
    "responsible", "close_kind", "verified_by", "satisfaction",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ledger:
    """The issues of a unit that were raised by the demo's day, with their ids and the steps they have taken."""

    village: Village
    staff: Staff
    issues: list[Issue]
    ids: list[str]
    steps: list[list[Event]]
    answers: list[int | None]


def open_ledger(village: Village, staff: Staff, issues: list[Issue]) -> Ledger:
    """Number the issues of a unit and cut them at the demo's day; numbers are those of the year's end."""
    until = village.world.today.toordinal()
    raised = [issue for issue in issues if issue.raised <= until]
    ids = [f"i{village.short}-{nth:04d}" for nth in range(1, len(raised) + 1)]
    steps = [issue.history.until(until) for issue in raised]
    return Ledger(village, staff, raised, ids, steps, _draw_answers(village, len(issues))[: len(raised)])


def _draw_answers(village: Village, count: int) -> list[int | None]:
    """Return what each household says when its closed issue is verified: satisfied, not, or not asked."""
    rng, given = village.stream("answers"), village.world.decided["issues"]
    asked, satisfied = rng.random(count) < given["answered"], rng.random(count) < given["satisfied"]
    return [int(good) if heard else None for heard, good in zip(asked.tolist(), satisfied.tolist(), strict=True)]


def issue_rows(ledger: Ledger) -> Iterator[tuple[object, ...]]:
    """Yield rows of `issue` in the order of `ISSUE_COLUMNS`."""
    for nth, (issue_id, issue, steps) in enumerate(zip(ledger.ids, ledger.issues, ledger.steps, strict=True), start=1):
        village, last = ledger.village, steps[-1]
        scope, place = issue.slot.scope, village.place_ids[issue.home]
        title, detail = _word_issue(issue)
        number = f"{village.unit.code}-{date.fromordinal(issue.raised).year}-{nth:04d}"
        closed, done = last.to_state == "closed", last.to_state in codes.DONE_STATES
        yield (
            issue_id, number, place, issue.visit, scope, issue.category, title, detail, iso_day(issue.raised),
            last.to_level, _highest(steps), "escalated" if _escalated(steps) else issue.route,
            _due(ledger, issue, steps), _due(ledger, issue, steps[:1]),
            _responsible(ledger, issue, last.to_level), last.to_state, issue.close_kind if done else None,
            _resolved_on(steps), iso_day(last.day) if closed else None,
            ledger.staff.names[3] if closed else None, ledger.answers[nth - 1] if closed else None,
            sum(step.kind == "reworked" for step in steps),
            stamp(issue.raised, 600), ACTOR, stamp(last.day, 660), ACTOR, len(steps),
        )  # fmt: skip


def concern_rows(ledger: Ledger) -> Iterator[tuple[str, str]]:
    """Yield rows of `issue_household`; group issues name no household."""
    for issue_id, issue in zip(ledger.ids, ledger.issues, strict=True):
        if issue.slot.scope == "household":
            yield issue_id, ledger.village.household_ids[issue.home]


def event_rows(ledger: Ledger) -> Iterator[tuple[object, ...]]:
    """Yield rows of `issue_event` in the order of `EVENT_COLUMNS`."""
    kept = zip(ledger.ids, ledger.issues, ledger.steps, ledger.answers, strict=True)
    for issue_id, issue, steps, answer in kept:
        for seq, step in enumerate(steps, start=1):
            closed = step.kind == "closed"
            yield (
                issue_id, seq, iso_day(step.day), stamp(step.day, 600 + seq), ACTOR, step.kind, step.from_level,
                step.to_level, step.from_state, step.to_state,
                _due(ledger, issue, steps[:seq]) if step.kind in ("raised", "escalated") else None,
                _responsible(ledger, issue, step.to_level) if step.kind in ("raised", "escalated") else None,
                issue.close_kind if step.to_state in codes.DONE_STATES else None,
                ledger.staff.names[3] if closed else None, answer if closed else None,
            )  # fmt: skip


def measure_rows(ledger: Ledger) -> Iterator[tuple[object, ...]]:
    """Yield rows of `measure` (id, issue, text, responsible, due_on, done_on, drawn_on, created_at, created_by)."""
    village = ledger.village
    rng = village.stream("measures")
    until = village.world.today.toordinal()
    for issue_id, issue in zip(ledger.ids, ledger.issues, strict=True):
        events = issue.history.events
        ups = [event.day for event in events if event.kind == "escalated"]
        resolved = max(event.day for event in events if event.kind == "resolved")
        for nth in range(issue.slot.measures):
            drawn_up = ups[-1] if ups and nth else issue.raised
            done = drawn_up + int(rng.integers(0, max(0, resolved - drawn_up), endpoint=True))
            if drawn_up <= until:
                yield (
                    f"{issue_id}-{nth + 1}", issue_id, _word_measure(issue, nth),
                    _responsible(ledger, issue, issue.slot.level if nth else codes.ISSUE_LEVELS[0]),
                    _due(ledger, issue, events if nth else events[:1]), iso_day(done, until=until),
                    iso_day(drawn_up), stamp(drawn_up, 605), ACTOR,
                )  # fmt: skip


def _word_issue(issue: Issue) -> tuple[str, str]:
    kind = "group." if issue.slot.scope == "group" else ""
    number = issue.wording % (TEXTS - 1 if kind else TEXTS) + 1
    title = text(f"demo.issue.{kind}{issue.category}.{number}")
    return title, text("demo.issue.detail", title=title)


def _word_measure(issue: Issue, nth: int) -> str:
    if nth >= TEXTS:
        return text(f"demo.measure.more.{(nth - TEXTS) % TEXTS + 1}")
    return text(f"demo.measure.{issue.category}.{nth + 1}")


def _escalated(steps: list[Event]) -> bool:
    return any(step.kind == "escalated" for step in steps)


def _highest(steps: list[Event]) -> str:
    return max((step.to_level for step in steps), key=codes.ISSUE_LEVELS.index)


def _resolved_on(steps: list[Event]) -> str | None:
    """The last resolution with no rework after it."""
    if steps[-1].to_state not in codes.DONE_STATES:
        return None
    return iso_day(max(step.day for step in steps if step.kind == "resolved"))


def _due(ledger: Ledger, issue: Issue, steps: list[Event]) -> str | None:
    """Day of the last escalation (else of raising) and the level's deadline."""
    if issue.undated:
        return None
    start = max([step.day for step in steps if step.kind == "escalated"], default=issue.raised)
    deadlines: dict[str, int] = ledger.village.world.params["issues"]["deadline_days"]
    return iso_day(start + deadlines[_highest(steps)])


def _responsible(ledger: Ledger, issue: Issue, level: str) -> str:
    if level == codes.ISSUE_LEVELS[2]:
        return text(f"demo.bureau.{issue.category}")
    return ledger.staff.names[1 if level == codes.ISSUE_LEVELS[1] else 4]
