"""All files of a plan in a folder: tracks and links of the whole, sheets and twin of each village."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Final

from geo.exports.routes.head import RouteHead
from geo.exports.routes.sheets import print_route_sheets
from geo.exports.routes.tracks import write_geojson, write_gpx, write_kml, write_links
from geo.exports.routes.twin import write_twin
from geo.planning import PlanDocument

__all__ = ["ROUTE_FILES", "RouteHead", "write_route_files"]

#: Files of the whole plan by name.
ROUTE_FILES: Final = {
    "routes.geojson": write_geojson,
    "routes.gpx": write_gpx,
    "routes.kml": write_kml,
    "links.csv": write_links,
}
_NOT_IN_NAMES: Final = re.compile(r'[\\/:*?"<>|\x00-\x1f]')


def write_route_files(document: PlanDocument, head: RouteHead, folder: Path) -> list[Path]:
    """Write the files of a plan into a folder and return them; of villages where nobody is visited there are none."""
    written = []
    for name, writer in ROUTE_FILES.items():
        written.append(folder / name)
        written[-1].write_bytes(writer(document, head))
    for village in document.villages:
        alone = replace(document, villages=(village,))
        sheets = print_route_sheets(alone, head)
        if sheets is not None:
            stem = _NOT_IN_NAMES.sub("_", f"{village.code}-{village.name}")
            for suffix, content in ((".pdf", sheets.content), (".xlsx", write_twin(alone, head))):
                written.append(folder / f"{stem}{suffix}")
                written[-1].write_bytes(content)
    return written
