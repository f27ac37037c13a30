"""Route sheets (走访路线单) as PDF: a team and a day a sheet, A4, a code that opens the route, no whole name."""

from __future__ import annotations

import io
from typing import Any, Final

import segno

from geo.exports.routes.head import RouteHead, route_id, route_link
from geo.exports.routes.twin import name_tags, say_why
from geo.i18n import text
from geo.planning import PlanDocument, StopRow, TeamDayRow, VillagePlan
from geo.printout import Printed, print_pdf

#: Columns with their width in mm; the last four are filled in by hand.
_HEADS: Final = (
    ("seq", 7), ("code", 26), ("head", 12), ("size", 8), ("group", 14), ("last", 11), ("overdue", 9), ("ask", 50),
    ("effective", 8), ("not_home", 8), ("other", 8), ("note", 25),
)  # fmt: skip
_QR_SCALE: Final = 6


def print_route_sheets(document: PlanDocument, head: RouteHead) -> Printed | None:
    """Return the sheets of all villages, one a team-day in order; None where nobody is visited."""
    listed = list(enumerate(document.list_routes()))
    if not listed:
        return None
    files = {f"qr{nth}.png": _draw_code(route_link(head, row)) for nth, (_, row) in listed}
    data = {
        "page_words": [text("field.page.before"), text("field.page.between"), text("field.page.after")],
        "heads": [{"head": text(f"route.sheet.{name}"), "width": width} for name, width in _HEADS],
        "sheets": [_sheet(village, row, head, f"qr{nth}.png") for nth, (village, row) in listed],
    }
    return print_pdf("route-sheet", data, files=files)


def _draw_code(link: str) -> bytes:
    target = io.BytesIO()
    segno.make(link, micro=False, error="m").save(target, kind="png", scale=_QR_SCALE, border=0)
    return target.getvalue()


def _sheet(village: VillagePlan, row: TeamDayRow, head: RouteHead, code: str) -> dict[str, Any]:
    stops = row.stops
    groups = text("list.comma").join(dict.fromkeys(stop.group or text("exports.ungrouped") for stop in stops))
    tagged, overdue = sum(bool(stop.tags) for stop in stops), sum(stop.overdue_days > 0 for stop in stops)
    facts = [
        [
            text("route.fact.where"),
            text("route.where", township=stops[0].township, village=village.name, groups=groups),
        ],
        [text("route.fact.team"), row.team],
        [text("route.fact.due"), text("route.due", n=len(stops), tagged=tagged, overdue=overdue)],
        [text("route.fact.time"), text("route.time", travel=_clock(row.travel_s), load=_clock(row.load_s))],
        [text("route.fact.start"), text("route.from_start")],
        [text("route.fact.done"), text("route.done")],
    ]
    return {
        "title": text("route.title", village=village.name),
        "line": text("route.line", round=head.round, team=row.team, day=row.day),
        "facts": facts, "qr": code, "qr_words": text("route.scan"), "rows": [_cells(stop) for stop in stops],
        "whys": [say_why(stop) for stop in stops],
        "told": text("route.told"), "signed": text("route.signed"),
        "foot_left": text("route.foot.demo") if head.demo else text("route.foot"),
        "foot_right": text("route.foot.id", id=route_id(head, row), day=head.as_of, user=head.user),
    }  # fmt: skip


def _cells(stop: StopRow) -> list[str]:
    last = f"{stop.last_on:%m-%d}" if stop.last_on else ""
    size, overdue = (str(number or "") for number in (stop.size, stop.overdue_days))
    return [str(stop.seq), stop.code, stop.head, size, stop.group, last, overdue, _ask(stop)]


def _ask(stop: StopRow) -> str:
    """Return what to ask at the door: open issues, how the last visit ended, care tags."""
    said = list(dict.fromkeys(text(f"category.{one}") for one in stop.issues))
    said = [text("route.ask.issues", n=len(stop.issues), about=text("list.comma").join(said))] if said else []
    if stop.last_outcome and stop.last_outcome != "effective":
        said.append(text("route.ask.last", outcome=text(f"outcome.{stop.last_outcome}")))
    # A tag may say the same as the outcome: 举家外出.
    said += [word for word in name_tags(stop) if not any(word in one for one in said)]
    return text("list.semicolon").join(said)


def _clock(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds % 3600 // 60:02d}"
