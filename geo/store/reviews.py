"""研判: a joint review of one level on one day: what comes before it, what it decides, one issue after the other.

A decision is an act on the issue (`store.issue_acts`), stored with the review in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from sqlalchemy import func, select

from geo import codes
from geo.access import may, require_area, require_right
from geo.audit import log_change
from geo.errors import Conflict, Invalid, Key, NotFound
from geo.idnumbers import hide_id_numbers
from geo.issues import Act
from geo.schema import issue, issue_event, place_path, review, review_item
from geo.store.database import now, read_today
from geo.store.issue_acts import Acted, find_issue, insert_act
from geo.store.ledger import read_ledger

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection, RowMapping

    from geo.model import Scope
    from geo.store.database import Database

#: Decision → the act it is, and how it closes an issue where it does.
DECIDED_BY: Final = {
    "solve_here": ("assigned", None),
    "assign": ("assigned", None),
    "escalate": ("escalated", None),
    "explain": ("resolved", "explained"),
    "defer": ("deferred", None),
}
#: Events after which nobody has taken the issue up yet.
_WAITING: Final = ("escalated", "returned", "reworked")


@dataclass(frozen=True, slots=True)
class ReviewEntry:
    """A review to be opened: `id` is made by the form, so sending it twice is one review; `held_on` is a local date."""

    id: str
    place: str
    level: str
    held_on: date
    participants: str = ""
    minutes: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a review decides about an issue (`codes.REVIEW_DECISIONS`), with what the act needs."""

    kind: str
    note: str = ""
    unit: str | None = None
    responsible: str | None = None
    due_on: date | None = None


def list_candidates(
    db: Database, scope: Scope, *, place_id: str, level: str, as_of: date | None = None
) -> pd.DataFrame:
    """Return the issues that come before a review of a level: rows of `read_ledger` with reasons and history.

    Collected are open issues that stand at the level now and were handed up and not taken up yet, were returned, are
    overdue or undated (deferred ones too), ask to be deferred, or failed their check. `reasons`:
    `codes.REVIEW_REASONS` joined by a comma, `history`: the kinds of all events, `rev` as of now. Those with most
    reasons first, then the earliest due.
    """
    require_right(scope, "view")
    frame = read_ledger(db, scope, place_id=place_id, as_of=as_of)
    known = frame[(frame["open"] == 1) & (frame["level_now"] == level) & (frame["state"] != "resolved")]
    with db.read() as connection:
        lasts = _read_lasts(connection, known["issue"].tolist(), as_of or read_today(connection))
    found = known.assign(
        reasons=[_reasons(row, lasts) for row in known.to_dict("records")],
        history=[lasts[one].history if one in lasts else "" for one in known["issue"]],
        rev=[lasts[one].rev if one in lasts else 1 for one in known["issue"]],
    )
    found = found[found["reasons"] != ""]
    many = [-reasons.count(",") for reasons in found["reasons"]]
    order = found.assign(many=many, due=[str(day or "9999") for day in found["due_on"]])
    return order.sort_values(["many", "due", "issue_number"]).drop(columns=["many", "due"]).reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class _Last:
    kind: str
    history: str
    asked: bool
    rev: int


def _read_lasts(connection: Connection, issues: list[str], day: date) -> dict[str, _Last]:
    """Return of each of some issues its last event by a day, its whole course in words of kinds, and its rev."""
    rows = connection.execute(
        select(issue_event.c.issue, issue_event.c.kind, issue.c.rev)
        .join(issue, issue.c.id == issue_event.c.issue)
        .where(issue_event.c.issue.in_(issues), issue_event.c.on <= day)
        .order_by(issue_event.c.issue, issue_event.c.seq)
    )
    told: dict[str, list[str]] = {}
    revs: dict[str, int] = {}
    for one, kind, rev in rows:
        told.setdefault(one, []).append(kind)
        revs[one] = int(rev)
    return {
        one: _Last(kinds[-1], ",".join(kinds), kinds[-1] == "defer_asked", revs[one]) for one, kinds in told.items()
    }


def _reasons(row: dict[Any, Any], lasts: dict[str, _Last]) -> str:
    last = lasts.get(row["issue"])
    held = {
        **{kind: last is not None and last.kind == kind for kind in _WAITING},
        "overdue": row["bucket"] == "overdue",
        "undated": row["bucket"] == "undated",
        "defer_asked": last is not None and last.asked,
    }
    return ",".join(name for name in codes.REVIEW_REASONS if held[name])


def open_review(db: Database, scope: Scope, *, entry: ReviewEntry) -> str:
    """Open a review of a level; the same id again changes nothing. Returns its id.

    Raises `Invalid` for an unknown level or a day to come, `NotAllowed`.
    """
    require_right(scope, "approve_issue")
    if entry.level not in codes.ISSUE_LEVELS:
        raise Invalid("err.unknown_code", value=entry.level)
    with db.write() as connection:
        require_area(connection, scope, entry.place)
        if entry.held_on > read_today(connection):
            raise Invalid("err.future", d=entry.held_on)
        known = connection.execute(select(review.c.id).where(review.c.id == entry.id)).scalar()
        if known is None:
            connection.execute(
                review.insert().values(
                    id=entry.id, place=entry.place, level=entry.level, held_on=entry.held_on,
                    participants=entry.participants.strip(), minutes=entry.minutes.strip(),
                    created_at=now(), created_by=scope.actor,
                )
            )  # fmt: skip
            log_change(connection, scope, action="review.open", object_id=entry.id, diff={"level": entry.level})
        return entry.id


def write_minutes(db: Database, scope: Scope, *, review_id: str, rev: int, participants: str, minutes: str) -> int:
    """Say who took part and what was said; return the new `rev`.

    Raises `Conflict` when somebody wrote since `rev`, `NotFound`, `NotAllowed`.
    """
    require_right(scope, "approve_issue")
    with db.write() as connection:
        row = _find_review(connection, scope, review_id)
        values = {"participants": hide_id_numbers(participants.strip()), "minutes": hide_id_numbers(minutes.strip())}
        if all(row[name] == value for name, value in values.items()):
            return int(row["rev"])
        if row["rev"] != rev:
            raise Conflict("err.changed", who=row["updated_by"] or row["created_by"], time=row["updated_at"] or "")
        stamp = {"rev": rev + 1, "updated_at": now(), "updated_by": scope.actor}
        connection.execute(review.update().where(review.c.id == review_id).values(**values, **stamp))
        log_change(connection, scope, action="review.minutes", object_id=review_id)
        return rev + 1


def decide(
    db: Database, scope: Scope, *, review_id: str, issue_id: str, rev: int, decision: Decision, reasons: str = ""
) -> Acted:
    """Decide about one issue in a review; deciding the same again changes nothing.

    Deferring is approved by those who took part. Raises `Invalid` with the reason why it is impossible, `Conflict` when
    the issue changed since `rev` or the review decided otherwise, `NotFound`, `NotAllowed`. An issue of another
    place, or that stands at another level, is none of this review's.
    """
    require_right(scope, "approve_issue")
    if decision.kind not in codes.REVIEW_DECISIONS:
        raise Invalid("err.unknown_code", value=decision.kind)
    with db.write() as connection:
        row = _find_review(connection, scope, review_id)
        known = connection.execute(
            select(review_item.c.decision).where(review_item.c.review == review_id, review_item.c.issue == issue_id)
        ).scalar()
        if known not in (None, decision.kind):
            raise Conflict("err.review_decided")
        if known is None:
            _check_belongs(connection, scope, row, issue_id)
        kind, close_kind = DECIDED_BY[decision.kind]
        act = Act(
            kind, row["held_on"], note=decision.note, unit=decision.unit, responsible=decision.responsible,
            due_on=decision.due_on, close_kind=close_kind,
            approved_by=row["participants"] if kind == "deferred" else None,
        )  # fmt: skip
        done = insert_act(connection, scope, issue_id=issue_id, act=act, act_id=f"{review_id}:{issue_id}", rev=rev)
        if done.created:
            connection.execute(
                review_item.insert().values(
                    review=review_id, issue=issue_id, seq=done.seq, reasons=reasons, decision=decision.kind,
                    decided_at=now(), decided_by=scope.actor,
                )
            )  # fmt: skip
        return done


def list_reviews(db: Database, scope: Scope, *, place_id: str) -> list[dict[str, Any]]:
    """Return the reviews held for a place or below it, the latest first: columns of `review` plus decided (issues).

    A leader gets no minutes.
    """
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        here = review.c.place.in_(select(place_path.c.place).where(place_path.c.ancestor == place_id))
        rows = connection.execute(
            select(review, func.count(review_item.c.issue).label("decided"))
            .outerjoin(review_item, review_item.c.review == review.c.id)
            .where(here)
            .group_by(review.c.id)
            .order_by(review.c.held_on.desc(), review.c.created_at.desc())
        ).mappings()
        return [dict(row) if may(scope, "see_details") else {**row, "minutes": "", "participants": ""} for row in rows]


def read_decided(db: Database, scope: Scope, *, review_id: str) -> pd.DataFrame:
    """Return the issues that a review decided about: rows of `read_ledger` with reasons, decision, note, history.

    In the order of deciding. Raises `NotFound`, `NotAllowed`.
    """
    require_right(scope, "view")
    with db.read() as connection:
        row = _find_review(connection, scope, review_id)
        items = connection.execute(
            select(
                review_item.c.issue, review_item.c.reasons, review_item.c.decision, issue_event.c.note,
                issue_event.c.responsible.label("given_to"),
            )
            .join(issue_event, (issue_event.c.issue == review_item.c.issue) & (issue_event.c.seq == review_item.c.seq))
            .where(review_item.c.review == review_id)
            .order_by(review_item.c.decided_at)
        ).mappings().all()  # fmt: skip
        lasts = _read_lasts(connection, [one["issue"] for one in items], read_today(connection))
    told = pd.DataFrame([dict(one) for one in items], columns=["issue", "reasons", "decision", "note", "given_to"])
    if not may(scope, "see_details"):
        told["note"] = ""
    told["history"] = [lasts[one].history if one in lasts else "" for one in told["issue"]]
    return told.merge(read_ledger(db, scope, place_id=row["place"]), on="issue", how="left")


def _check_belongs(connection: Connection, scope: Scope, held: RowMapping, issue_id: str) -> None:
    """Refuse an issue of another place or at another level than the review's. Raises `Invalid`."""
    row = find_issue(connection, scope, issue_id)
    if row["level_now"] != held["level"]:
        raise Invalid("err.review_level", level=Key(f"issue_level.{row['level_now']}"))
    above = select(place_path.c.place).where(place_path.c.place == row["place"], place_path.c.ancestor == held["place"])
    if connection.execute(above).first() is None:
        raise Invalid("err.review_place", number=row["number"])


def _find_review(connection: Connection, scope: Scope, review_id: str) -> RowMapping:
    row = connection.execute(select(review).where(review.c.id == review_id)).mappings().first()
    if row is None:
        raise NotFound("err.no_review", id=review_id)
    require_area(connection, scope, row["place"])
    return row
