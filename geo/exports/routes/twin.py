"""The twin of the route sheets: the workbook to fill in (geo.field), its rows in the order of the routes.

Every row carries the household's key, so that it comes back through the ordinary import, and again without a change.
"""

from __future__ import annotations

from typing import Final

from geo.exports.routes.head import RouteHead
from geo.field.form import TOLD, Form
from geo.field.template import write_template
from geo.i18n import text
from geo.planning import PlanDocument, StopRow, TeamDayRow

#: What a plan tells of a household besides.
_TOLD: Final = ("priority", "terms", "due_on", "owner")


def write_twin(document: PlanDocument, head: RouteHead) -> bytes:
    """Return the .xlsx of a plan: day, team and number before each household."""
    rows = tuple(_row(row, stop) for _, row in document.list_routes() for stop in row.stops)
    form = Form(
        document.place, head.round, head.starts_on, head.ends_on, head.as_of, head.user, rows, told=(*TOLD, *_TOLD)
    )
    return write_template(form)


def _row(row: TeamDayRow, stop: StopRow) -> dict[str, str]:
    return {
        "number": f"{row.day:%m-%d} {row.team} {stop.seq}", "row_key": stop.household,
        "village_code": stop.village_code, "township": stop.township, "village": stop.village,
        "group": stop.group, "code": stop.code,
        "head_name": stop.head, "tags": text("list.comma").join(name_tags(stop)), "last_on": str(stop.last_on or ""),
        "last_outcome": text(f"outcome.{stop.last_outcome}") if stop.last_outcome else "",
        "open_issues": str(stop.open_issues or ""),
        "priority": str(stop.priority), "terms": text("list.semicolon").join(name_terms(stop)),
        "due_on": str(stop.due_on or ""), "owner": stop.owner,
    }  # fmt: skip


def say_why(stop: StopRow) -> str:
    """Return why a stop stands where it is: terms of its priority, deadline, owner."""
    said = name_terms(stop)
    if stop.due_on is not None:
        said.append(text("plan.why.late" if stop.late else "plan.why.due", day=f"{stop.due_on:%m-%d}"))
    if stop.owner:
        said.append(text("plan.why.owner", name=stop.owner))
    return text("list.semicolon").join(said)


def name_terms(stop: StopRow) -> list[str]:
    """Return the terms of the priority of a household in words, with their points."""
    return [f"{text(f'plan.term.{term}')} +{points}" for term, points in stop.terms.items()]


def name_tags(stop: StopRow) -> list[str]:
    """Return the care tags of a household in words."""
    return [text(f"tag.{kind}") for kind in stop.tags]
