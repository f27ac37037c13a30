"""Routes taken away from the page: sheets of paper, their twin to fill in, tracks, links to maps."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from geo import config
from geo.exports import ExportHead
from geo.exports.routes import (
    RouteHead,
    print_route_sheets,
    write_geojson,
    write_gpx,
    write_kml,
    write_links,
    write_twin,
)
from geo.i18n import text
from geo.ui.export_menu import Export, draw_export

if TYPE_CHECKING:
    from geo.exports import Progress
    from geo.model import Round
    from geo.planning import PlanDocument
    from geo.ui.session import Session

_WRITERS: Final = {"xlsx": write_twin, "gpx": write_gpx, "kml": write_kml, "geojson": write_geojson, "csv": write_links}
_FILES: Final = ("pdf", *_WRITERS)


def draw_files(session: Session, round_: Round, document: PlanDocument, *, what: str) -> None:
    """Draw a button a file; `what` they are called in the log and in keys."""
    head = RouteHead(
        round_.number, round_.name, round_.starts_on, round_.ends_on, session.today, session.scope.actor,
        config.app_address(), demo=session.db.is_demo,
    )  # fmt: skip
    said = ExportHead(
        title=text("plan.file"), place=document.place, round=round_.name, as_of=session.today, filters="",
        user=session.scope.actor,
    )  # fmt: skip
    routes = [row for _, row in document.list_routes()]
    stamp = tuple((one.day, one.team, tuple(stop.household for stop in one.stops)) for one in routes)
    count = sum(len(one.stops) for one in routes)
    with st.container(key=f"formats_{what}", horizontal=True, gap="small"):
        for form in _FILES:
            make = partial(_make, form, document, head, count)
            draw_export(session, text(f"plan.files.{form}"), Export(what, form, said, count, stamp, make))


def _make(form: str, document: PlanDocument, head: RouteHead, count: int, _: Progress | None) -> tuple[bytes, int]:
    if form == "pdf":
        printed = print_route_sheets(document, head)
        return (b"" if printed is None else printed.content), count
    return _WRITERS[form](document, head), count
