"""Points that are where they can be but make no sense among the others: many on one spot, or outside their own unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.importer.findings import Ledger
    from geo.store.ground import Ground
    from geo.units import UnitIndex

#: Households on one spot from which they are listed: two or three may well share a house.
MANY: Final = 5
#: A point as one whole number: degrees to seven digits, longitude before latitude.
_DIGITS: Final = 10_000_000
_ROW: Final = 2**31


def list_same_points(ledger: Ledger, firsts: Mapping[int, int], columns: Mapping[str, Sequence[Any]]) -> None:
    """List W_SAME_POINT: households of the file that lie, with many others, on exactly one point."""
    lons, lats = columns["lon"], columns["lat"]
    homes = [nth for nth, first in firsts.items() if nth == first and lons[nth] is not None]
    if len(homes) < MANY:
        return
    lon, lat = (np.array([column[nth] for nth in homes], dtype=np.float64) for column in (lons, lats))
    spots = np.rint(lon * _DIGITS).astype(np.int64) * _ROW + np.rint(lat * _DIGITS).astype(np.int64)
    _, where, counts = np.unique(spots, return_inverse=True, return_counts=True)
    for index in np.flatnonzero(counts[where] >= MANY).tolist():
        nth = homes[index]
        ledger.warn("W_SAME_POINT", nth, _key(ledger), f"{lons[nth]}, {lats[nth]} × {counts[where[index]]}")


def list_strangers(
    ledger: Ledger, firsts: Mapping[int, int], columns: Mapping[str, Sequence[Any]], units: UnitIndex, ground: Ground
) -> None:
    """List W_NOT_IN_GROUP: points outside the surveyed outline of their group, or of their village."""
    if not ground.outlines:
        return
    rows: dict[str, list[int]] = {}
    for nth, first in firsts.items():
        village, group = columns["village"][nth], columns["group"][nth]
        leaf = units.group(village, group) if group is not None else None
        place = leaf.id if leaf is not None and leaf.id in ground.outlines else village.id
        if nth == first and columns["lon"][nth] is not None and place in ground.outlines:
            rows.setdefault(place, []).append(nth)
    for place, here in rows.items():
        lon, lat = (np.array([columns[key][nth] for nth in here]) for key in ("lon", "lat"))
        inside = shapely.intersects_xy(ground.outlines[place], lon, lat)
        for nth in np.array(here)[~inside].tolist():
            shown = f"{columns['lon'][nth]}, {columns['lat'][nth]}"
            ledger.warn("W_NOT_IN_GROUP", nth, _key(ledger), shown)


def _key(ledger: Ledger) -> str:
    return "lon" if "lon" in ledger.letters else "point"
