"""What an import of outlines leaves beside each other: overlaps and gaps of siblings, households outside their unit.

Measured on the database as it will be: given outlines only; computed ones (示意) say nothing about land.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from geo import codes
from geo.importer.findings import Finding
from geo.importer.outlines.measure import NEAR_M, Plane, find_overlaps, measure_distances, measure_gaps
from geo.importer.progress import step

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shapely.geometry.base import BaseGeometry
    from sqlalchemy import Connection

    from geo.importer.outlines.plan import OutlinePlan
    from geo.importer.register import Row

#: Households outside their unit that are listed one by one, as findings and in the report.
_MOST_FINDINGS: Final = 200
_MOST_LISTED: Final = 2_000
_AT_ONCE: Final = 500
_STEP: Final = 100


def measure_neighbours(connection: Connection, plan: OutlinePlan) -> tuple[dict[str, Any], list[Finding]]:
    """Return `overlaps` and `gaps` around the units of a file, and each overlap as a finding of the later feature."""
    overlaps: list[dict[str, Any]] = []
    gaps: list[dict[str, Any]] = []
    findings: list[Finding] = []
    parents = _read(
        connection, plan.rows, "id IN (SELECT parent FROM place WHERE id IN ({marks})) OR id IN ({marks})", 2
    )
    for nth, parent in enumerate(sorted(parents, key=lambda row: str(row["code"]))):
        step("figures", nth, 2 * len(parents))
        children = [dict(row) for row in connection.exec_driver_sql(_CHILDREN, (parent["id"],)).mappings()]
        shapes = {row["id"]: shape for row in children if (shape := _given(row)) is not None}
        if not shapes:
            continue
        plane = Plane(shapes.values())
        names = {row["id"]: row for row in children}
        for pair in find_overlaps(shapes, plane):
            row = max(plan.rows.get(pair.one, 0), plan.rows.get(pair.other, 0))
            if row:
                one, other = (names[place] for place in (pair.one, pair.other))
                overlaps.append(
                    {"parent": parent["code"], "one": _shown(one), "other": _shown(other), "m2": round(pair.m2)}
                )
                said = f"{one['name']} × {other['name']} {pair.m2:,.0f} m²"
                findings.append(Finding("W_GROUPS_OVERLAP", row, "", "geometry", said))
        gaps.append(_gaps(parent, shapes, len(children), plane))
    return {"overlaps": overlaps, "gaps": [one for one in gaps if one["m2"] or one["beyond_m2"]]}, findings


_CHILDREN: Final = (
    "SELECT id, code, name, level, boundary, boundary_computed FROM place WHERE parent = ? AND valid_to IS NULL"
)


def _read(connection: Connection, ids: Iterable[str], where: str, times: int = 1) -> list[Row]:
    """Return places by ids, a part at a time; each once."""
    wanted, found = list(ids), {}
    for at in range(0, len(wanted), _AT_ONCE):
        part = tuple(wanted[at : at + _AT_ONCE])
        condition = where.format(marks=", ".join("?" * len(part)))
        statement = f"SELECT id, code, name, level, boundary, boundary_computed FROM place WHERE {condition}"
        for row in connection.exec_driver_sql(statement, part * times).mappings():
            found[row["id"]] = dict(row)
    return list(found.values())


def _given(row: Row) -> BaseGeometry | None:
    return None if row["boundary"] is None or row["boundary_computed"] else shapely.from_wkb(row["boundary"])


def _shown(row: Row) -> dict[str, str]:
    return {"code": row["code"], "name": row["name"]}


def _gaps(parent: Row, shapes: dict[str, BaseGeometry], children: int, plane: Plane) -> dict[str, Any]:
    found = measure_gaps(shapes.values(), _given(parent), plane)
    return {
        **_shown(parent), "level": parent["level"], "drawn": len(shapes), "missing": children - len(shapes),
        "m2": round(found.open_m2), "pieces": found.pieces, "beyond_m2": round(found.beyond_m2),
    }  # fmt: skip


def list_outside(connection: Connection, plan: OutlinePlan) -> tuple[dict[str, Any], list[Finding]]:
    """Return the households that lie outside the outline of their unit, each once, at its lowest unit of the file."""
    units = _read(connection, plan.rows, "id IN ({marks})")
    seen: set[str] = set()
    listed: list[dict[str, Any]] = []
    findings: list[Finding] = []
    outlines = {unit["id"]: shape for unit in units if (shape := _given(unit)) is not None}
    plane = Plane(outlines.values()) if outlines else None
    for nth, unit in enumerate(sorted(units, key=lambda row: (-codes.LEVELS.index(row["level"]), str(row["code"])))):
        if nth % _STEP == 0:
            step("figures", len(units) + nth, 2 * len(units))
        outline = outlines.get(unit["id"])
        homes = [] if outline is None else connection.exec_driver_sql(_HOMES, (unit["id"],)).all()
        if outline is None or plane is None or not homes:
            continue
        lonlat = np.array([(home.lon, home.lat) for home in homes], dtype=np.float64)
        distances = measure_distances(outline, lonlat, plane)
        for home, metres in zip(homes, distances.tolist(), strict=True):
            if metres > NEAR_M and home.id not in seen:
                seen.add(home.id)
                listed.append({"household": home.code, **_shown(unit), "m": round(metres)})
                said = f"{home.code} {metres:,.0f} m"
                findings.append(Finding("W_NOT_IN_GROUP", plan.rows[unit["id"]], "", "geometry", said))
    return {"total": len(listed), "rows": listed[:_MOST_LISTED]}, findings[:_MOST_FINDINGS]


_HOMES: Final = (
    "SELECT h.id, h.code, h.lon, h.lat FROM household h JOIN place_path p ON p.place = h.place"
    " WHERE p.ancestor = ? AND h.lon IS NOT NULL AND h.lat IS NOT NULL AND h.exited_on IS NULL ORDER BY h.code"
)
