"""Points among the other columns of a file: read once its units are known, doubted once its households are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from geo.importer.points.cells import PointCells
from geo.importer.points.homesteads import Placing
from geo.importer.points.located import PointSource, read_points
from geo.importer.points.sources import SourceCells
from geo.importer.points.surroundings import list_same_points, list_strangers
from geo.store.ground import bare_ground

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from geo.importer.findings import Ledger
    from geo.importer.understand import Background
    from geo.validate import Cell

_CELLS: Final = ("lon", "lat", "point")


@dataclass(frozen=True, slots=True)
class Located:
    """How the points of a file were read; `placing` is None where it has none."""

    ledger: Ledger
    columns: Mapping[str, list[Any]]
    placing: Placing | None = None
    sources: tuple[PointSource, ...] = field(default=())

    def list_doubts(self, firsts: Mapping[int, int]) -> None:
        """List points that are many on one spot, or outside their unit; `firsts` are the rows of households."""
        if self.placing is not None:
            list_same_points(self.ledger, firsts, self.columns)
            list_strangers(self.ledger, firsts, self.columns, self.placing.units, self.placing.ground)


def locate_rows(
    ledger: Ledger, cells: Callable[[str], Sequence[Cell]], columns: dict[str, list[Any]], background: Background, *,
    above: str,
) -> Located:  # fmt: skip
    """Add lon, lat, coord_system and coord_raw to the columns of a file whose villages, groups and codes are known.

    `cells` gives the cells of a field; `above` is what the headers and titles say. What was found is listed.
    """
    told = PointCells(*(cells(key) for key in _CELLS))
    rows = len(columns["village"])
    columns |= {"lon": [None] * rows, "lat": [None] * rows, "coord_system": [""] * rows, "coord_raw": [""] * rows}
    if not any(any(cell not in (None, "") for cell in column) for column in (told.lon, told.lat, told.point)):
        return Located(ledger, columns)
    here = {village.id for village in columns["village"] if village is not None}
    ground = bare_ground(background.area) if background.ground is None else background.ground(here)
    placing = Placing(
        columns["village"], columns["group"], columns["code"], background.units, ground, background.crs,
        background.answers,
    )  # fmt: skip
    said = SourceCells(cells("coord_system"), cells("coord_origin"), cells("note"), above)
    points = read_points(ledger, told, said, placing)
    if points is None:
        return Located(ledger, columns)
    columns |= {
        "lon": points.lon, "lat": points.lat, "coord_system": list(points.system), "coord_raw": points.written
    }  # fmt: skip
    return Located(ledger, columns, placing, points.sources)
