"""The one definition of every issue figure (domain §3): expressions to execute elsewhere; nothing here executes.

State and level as of a day come from `issue_event`, the whole history; an issue counts from its first event.
valid = not invalid and not a duplicate; open = valid and not closed, so deferred and resolved-but-unverified are open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    type_coerce,
)

from geo import codes
from geo.coverage.metrics import Share
from geo.schema import issue, issue_event, issue_household

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy import FromClause

#: The counts of `roll_up_issues`, each additive over places.
ISSUE_COUNTS = (
    "valid", "closed", "open", "overdue", "undated", "in_time", "deferred", "unverified",
    "solved_on_spot", "solved", "explained", "transferred_out", "judged", "on_time",
    "judged_original", "on_time_original", "reworked", "answered", "satisfied",
)  # fmt: skip
_DONE = codes.DONE_STATES
#: Put before a day so that the lowest text is that of the latest event.
_FIRST = 10_000_000


def _bit(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _rank(level: ColumnElement[str]) -> ColumnElement[int]:
    return case({name: nth for nth, name in enumerate(codes.ISSUE_LEVELS)}, value=level)


def _past(as_of: date, issues: Select[Any] | None) -> FromClause:
    """One row per issue raised by the day: its state, highest level and days of resolution, from its events.

    A resolution counts only while nothing later left the issue unresolved: a reopening or a rework takes it away.
    """
    latest_first = (issue_event.c.on.desc(), issue_event.c.seq.desc())
    nth = func.row_number().over(partition_by=issue_event.c.issue, order_by=latest_first).label("nth")
    events = select(issue_event, nth).where(issue_event.c.on <= as_of)
    history = (events if issues is None else events.where(issue_event.c.issue.in_(issues))).subquery("history")
    is_done = history.c.to_state.in_(_DONE)
    resolved, undone = (
        func.min(case((condition, history.c.nth))) for condition in (history.c.kind == "resolved", not_(is_done))
    )
    stands = or_(undone.is_(None), resolved < undone)
    last_resolved_on = func.max(case((history.c.kind == "resolved", history.c.on)))
    return (
        select(
            history.c.issue,
            func.max(case((history.c.nth == 1, history.c.to_state))).label("state"),
            func.max(case((history.c.nth == 1, history.c.to_level))).label("level_now"),
            func.max(_rank(history.c.to_level)).label("level"),
            func.max(case((is_done, history.c.on))).label("done_on"),
            case((stands, last_resolved_on)).label("last_resolved_on"),
            _latest_due(history).label("due_on"),
            func.max(case((history.c.nth == 1, history.c.close_kind))).label("close_kind"),
            func.max(case((history.c.nth == 1, history.c.satisfaction))).label("satisfaction"),
            func.max(_bit(history.c.kind == "reworked")).label("reworked"),
            func.sum(_bit(history.c.kind.in_(("reworked", "reopened")))).label("reopened"),
            func.max(case((history.c.nth == 1, history.c.note))).label("remark"),
        )
        .group_by(history.c.issue)
        .subquery("past")
    )


def _latest_due(history: FromClause) -> ColumnElement[Any]:
    """Return the last due day that an event gave, without sorting the events once more."""
    ranked = cast(history.c.nth + _FIRST, String).concat(cast(history.c.due_on, String))
    first = func.min(case((history.c.due_on.is_not(None), ranked)))
    return type_coerce(func.substr(first, len(str(_FIRST)) + 1), Date)


def _due_on(past: FromClause) -> ColumnElement[Any]:
    """Return the due day as of the day; histories from elsewhere say none, so the issue itself does."""
    is_dated = exists().where(issue_event.c.issue == issue.c.id, issue_event.c.due_on.is_not(None))
    return func.coalesce(past.c.due_on, case((~is_dated, issue.c.due_on)), type_=Date)


def issue_status(as_of: date, *, issues: Select[Any] | None = None) -> Select[Any]:
    """One row per issue raised by `as_of`: flags are 0/1. `issues` selects the ids of those to look at.

    Columns: issue, place, scope, category, state, level (highest so far, 0 village … 2 district), level_now (a code),
    due_on (that day's), original_due_on, raised_on, resolved_on, close_kind, valid, closed, open, bucket (overdue /
    undated / in_time, of open ones; empty when closed), reworked (ever sent back by a check), satisfaction (1, 0, or
    XX    resolved_on = the last resolution ≤ t with no later rework or reopening; a closing without one is its own.
    """
    past = _past(as_of, issues)
    done = past.c.state.in_(_DONE)
    resolved_on = case((done, func.coalesce(past.c.last_resolved_on, past.c.done_on)))
    valid = and_(past.c.state != "invalid", issue.c.duplicate_of.is_(None))
    is_open = and_(valid, past.c.state != "closed")
    measured_on = case((past.c.state == "resolved", resolved_on), else_=literal(as_of, Date))
    due_on = _due_on(past)
    bucket = case((due_on.is_(None), "undated"), (due_on < measured_on, "overdue"), else_="in_time")
    is_closed = past.c.state == "closed"
    kind = func.coalesce(past.c.close_kind, issue.c.close_kind)
    answer = func.coalesce(past.c.satisfaction, issue.c.satisfaction)
    return select(
        issue.c.id.label("issue"), issue.c.place, issue.c.scope, issue.c.category, past.c.state, past.c.level,
        past.c.level_now, due_on.label("due_on"), issue.c.original_due_on, issue.c.raised_on,
        resolved_on.label("resolved_on"),
        case((is_closed, kind)).label("close_kind"), case((is_closed, answer)).label("satisfaction"),
        past.c.reworked, _bit(valid).label("valid"), _bit(and_(valid, is_closed)).label("closed"),
        _bit(is_open).label("open"), case((is_open, bucket)).label("bucket"), past.c.reopened, past.c.remark,
    ).join(past, past.c.issue == issue.c.id)  # fmt: skip


def issue_flags(as_of: date, *, issues: Select[Any] | None = None) -> Select[Any]:
    """One row per issue raised by `as_of`: the columns of `issue_status`, and each of `ISSUE_COUNTS` as 0 or 1.

    `issues` selects the ids of those to look at.

    judged, on_time: 按期办结率 = resolved_on ≤ due_on over {due_on known and (resolved or due_on < t)}; an issue due
    today is in time. judged_original, on_time_original: the second reading, by original_due_on, which no extension
    moves. reworked: sent back by a check at least once (返工). satisfied of answered: 满意度.
    """
    status = issue_status(as_of, issues=issues).subquery("status")
    is_valid, is_open = status.c.valid == 1, status.c.open == 1
    judged, on_time = _in_time(status.c.due_on, status.c.resolved_on, as_of)
    judged_original, on_time_original = _in_time(status.c.original_due_on, status.c.resolved_on, as_of)
    answered = and_(status.c.closed == 1, status.c.satisfaction.is_not(None))
    conditions: dict[str, ColumnElement[bool]] = {
        "valid": is_valid,
        "closed": status.c.closed == 1,
        "open": is_open,
        **{name: status.c.bucket == name for name in ("overdue", "undated", "in_time")},
        "deferred": and_(is_open, status.c.state == "deferred"),
        "unverified": and_(is_open, status.c.state == "resolved"),
        **{kind: and_(status.c.closed == 1, status.c.close_kind == kind) for kind in codes.CLOSE_KINDS},
        "judged": and_(is_valid, judged),
        "on_time": and_(is_valid, on_time),
        "judged_original": and_(is_valid, judged_original),
        "on_time_original": and_(is_valid, on_time_original),
        "reworked": and_(is_valid, status.c.reworked == 1),
        "answered": answered,
        "satisfied": and_(answered, status.c.satisfaction == 1),
    }
    kept = (column for column in status.c if column.name not in conditions)
    return select(*kept, *(_bit(conditions[name]).label(name) for name in ISSUE_COUNTS))


def roll_up_issues(as_of: date) -> Select[Any]:
    """One row per place that issues are filed under: the sums of `issue_flags`."""
    flags = issue_flags(as_of).subquery("flags")
    return select(flags.c.place, *(func.sum(flags.c[name]).label(name) for name in ISSUE_COUNTS)).group_by(
        flags.c.place
    )


def _in_time(
    due_on: ColumnElement[Any], resolved_on: ColumnElement[Any], as_of: date
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return whether an issue is judged by a due day, and whether it was resolved in time."""
    judged = and_(due_on.is_not(None), or_(resolved_on.is_not(None), due_on < as_of))
    return judged, and_(due_on.is_not(None), resolved_on <= due_on)


def rings(as_of: date, *, homes: Select[Any] | None = None) -> Select[Any]:
    """One row per household with an open issue: its worst ring, open, overdue and undated issues, whether one went up.

    `homes` selects the ids of the households to look at.

    ring is an index into `codes.ISSUE_RINGS`: overdue > open > deferred > none; escalated (0/1): handed to the township
    or higher. Only issues that name the household
    and are of household scope count; group and village issues stand on their area.
    """
    chosen = issue_household.c.household.in_(homes) if homes is not None else true()
    named = None if homes is None else select(issue_household.c.issue).where(chosen)
    status = issue_status(as_of, issues=named).subquery("status")
    ring = case((status.c.state == "deferred", 1), (status.c.bucket == "overdue", 3), else_=2)
    return (
        select(
            issue_household.c.household,
            func.max(ring).label("ring"),
            func.count().label("open_issues"),
            func.sum(_bit(status.c.bucket == "overdue")).label("overdue_issues"),
            func.sum(_bit(status.c.bucket == "undated")).label("undated_issues"),
            func.max(_bit(status.c.level > 0)).label("escalated"),
        )
        .join(status, status.c.issue == issue_household.c.issue)
        .where(status.c.open == 1, status.c.scope == "household", chosen)
        .group_by(issue_household.c.household)
    )


def highest_levels(as_of: date) -> Select[Any]:
    """One row per household with a valid household-scope issue: household, level (the highest of its own issues).

    研判上报漏斗: reached(L) = level ≥ L (进入本级); stopped(L) = level = L (止于本级); Σ stopped = reached(village).
    """
    status = issue_status(as_of).subquery("status")
    return (
        select(issue_household.c.household, func.max(status.c.level).label("level"))
        .join(status, status.c.issue == issue_household.c.issue)
        .where(status.c.valid == 1, status.c.scope == "household")
        .group_by(issue_household.c.household)
    )


def issue_shares(counts: Mapping[str, int]) -> dict[str, Share]:
    """Return the shares of issues from counts, each with its numerator and denominator.

    清零率 = closed / valid; the closing kinds, each of closed, side by side; 按期办结率 = on time / judged, by the
    present and by the first due day; 返工率 = ever sent back / valid; 满意度 = satisfied / answered.
    """
    shares = {"kpi.clear": Share("kpi.clear", counts["closed"], counts["valid"])}
    for kind in codes.CLOSE_KINDS:
        shares[f"kpi.{kind}"] = Share(f"kpi.{kind}", counts[kind], counts["closed"])
    shares["kpi.ontime"] = Share("kpi.ontime", counts["on_time"], counts["judged"])
    shares["kpi.ontime_original"] = Share("kpi.ontime_original", counts["on_time_original"], counts["judged_original"])
    shares["kpi.reworked"] = Share("kpi.reworked", counts["reworked"], counts["valid"], good=False)
    shares["kpi.satisfaction"] = Share("kpi.satisfaction", counts["satisfied"], counts["answered"])
    return shares
