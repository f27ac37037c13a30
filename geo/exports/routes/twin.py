"""The twin of the route sheets: the workbook to fill in (geo.field), its rows in the order of the routes.

Every row carries the household's key, so that it comes back through the ordinary import, and again without a change.
"""

from __future__ import annotations

from geo.exports.routes.head import RouteHead
from geo.field.form import Form
from geo.field.template import write_template
from geo.i18n import text
from geo.planning import PlanDocument, StopRow, TeamDayRow


def write_twin(document: PlanDocument, head: RouteHead) -> bytes:
    """Return the .xlsx of a plan: day, team and number before each household."""
    rows = tuple(_row(row, stop) for _, row in document.list_routes() for stop in row.stops)
    form = Form(document.place, head.round, head.starts_on, head.ends_on, head.as_of, head.user, rows)
    return write_template(form)


def _row(row: TeamDayRow, stop: StopRow) -> dict[str, str]:
    return {
        "number": f"{row.day:%m-%d} {row.team} {stop.seq}", "row_key": stop.household,
        "village_code": stop.village_code, "township": stop.township, "village": stop.village,
        "group": stop.group, "code": stop.code,
        "head_name": stop.head, "tags": text("list.comma").join(name_tags(stop)), "last_on": str(stop.last_on or ""),
        "last_outcome": text(f"outcome.{stop.last_outcome}") if stop.last_outcome else "",
        "open_issues": str(stop.open_issues or ""),
    }  # fmt: skip


def name_tags(stop: StopRow) -> list[str]:
    """Return the care tags of a household in words."""
    return [text(f"tag.{kind}") for kind in stop.tags]
