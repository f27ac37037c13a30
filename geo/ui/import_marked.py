"""The file of an import with what was found marked in its cells, to take away, repair and bring back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from geo.errors import NotFound
from geo.exports import ExportHead
from geo.i18n import text
from geo.marked import MarkedFile, write_marked
from geo.ui.export_menu import Export, draw_export

if TYPE_CHECKING:
    from geo.exports import Progress
    from geo.importer.report import ImportReport
    from geo.ui.import_journey import Journey
    from geo.ui.session import Session


def offer_marked(session: Session, journey: Journey, nth: int, report: ImportReport) -> None:
    """Draw 下载问题清单 for the nth file, where anything was found in it; the link ends with the journey."""
    found = len(report.rows_bad) + len(report.findings)
    if not found:
        return
    upload = journey.uploads[nth]
    head = ExportHead(
        title=text("marked.list"), place=Path(upload.name).stem, round="", as_of=session.today, filters="",
        user=session.scope.actor,
    )  # fmt: skip
    marked = MarkedFile(upload.path, report, upload.name)

    def make(_progress: Progress | None) -> tuple[bytes, int]:
        if not marked.path.is_file():
            raise NotFound("web.link_gone")
        return write_marked([marked]), found

    stamp = (str(upload.path), repr(journey.previewed), report.stored)
    what = f"findings_{nth + 1}" if nth else "findings"
    draw_export(session, text("import_page.marked"), Export(what, "xlsx", head, found, stamp, make))
