"""Homes with points for import tests: where they are, what a file in any system writes of them, what was stored."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from geo import crs
from geo.importer import ImportReport
from geo.model import Scope
from geo.store.database import Database
from geo.store.places import root_place
from tests import workbooks

#: Centres of three groups of 孟溪村, far enough apart that none is another's neighbour.
CENTRES = ((109.15, 27.68), (109.165, 27.69), (109.18, 27.675))
GROUPS = ("一组", "二组", "三组")
HEADER = ["乡镇", "村", "村民组", "户编号", "户主", "经度", "纬度"]
SPREAD = 0.0008


@dataclass(frozen=True)
class Home:
    """One household of a file: its code, group, true point (WGS84) and what the file writes of it."""

    code: str
    group: str
    lon: float
    lat: float


def settle(count: int, *, seed: int = 1, prefix: str = "MX", spread: float = SPREAD) -> list[Home]:
    """Return homes, one group after the other, scattered around the centres of the groups."""
    rng = np.random.default_rng(seed)
    homes = []
    for nth in range(count):
        centre = CENTRES[nth % 3]
        lon, lat = (float(value) for value in rng.normal(centre, spread))
        homes.append(Home(f"{prefix}{nth:03d}", GROUPS[nth % 3], lon, lat))
    return homes


def row(home: Home, *cells: object) -> list[object]:
    """Return a row of a file: the usual columns, then the cells of the point."""
    return ["和平乡", "孟溪村", home.group, home.code, f"测{home.code}", *cells]


def write_in(system: str, home: Home) -> tuple[float, float]:
    """Return the numbers (x, y) of a home's point in a system; 'swapped' is the latitude first."""
    if system == "swapped":
        return home.lat, home.lon
    x, y = crs.from_wgs84(crs.parse_system(system), home.lon, home.lat)
    return float(x), float(y)


def bring(
    register: Any, rows: list[list[object]], *, header: list[str] | None = None, name: str = "a.csv", **options: object
) -> ImportReport:
    """Import rows as a CSV beside the register."""
    db, scope = register
    quoted = [[f'"{cell}"' if isinstance(cell, str) and "," in cell else cell for cell in one] for one in rows]
    return workbooks.bring(
        db, scope, workbooks.write_csv(db.path.parent / name, quoted, header=header or HEADER), **options
    )


def stored(register: Any) -> dict[str, tuple[Any, ...]]:
    """Return lon, lat, system and writing of every household by its code."""
    with register[0].read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT code, lon, lat, coord_source, coord_system, coord_raw FROM household"
        ).all()
    return {row[0]: tuple(row[1:]) for row in rows}


def off_m(register: Any, homes: list[Home]) -> float:
    """Return how far, at most, the stored points of homes are from their true ones, in metres; unlocated ones are skipped."""
    found = stored(register)
    far = [
        np.hypot(found[home.code][0] - home.lon, found[home.code][1] - home.lat)
        for home in homes
        if found[home.code][0] is not None
    ]
    return float(max(far, default=0.0)) * 111_320


def located(register: Any, homes: list[Home]) -> int:
    """Return how many of the homes have a point."""
    found = stored(register)
    return sum(found[home.code][0] is not None for home in homes)


def listed(report: ImportReport, code: str) -> list[int]:
    """Return the rows that a report lists under a code."""
    return sorted(one.row for one in report.findings if one.code == code)


def open_copy(template: Path, folder: Path) -> Iterator[tuple[Database, Scope]]:
    """Yield a copy of an empty register and a planner of the whole district; closed at the end."""
    shutil.copy(template, folder / "r.sqlite")
    db = Database(folder / "r.sqlite")
    yield db, Scope("planner", "planner", root_place(db).id)
    db.close()


SYSTEMS = ("WGS84", "GCJ-02", "BD-09", "CGCS2000 3度带", "高斯6度带 X北")


def write_source(label: str, home: Home) -> tuple[float, float]:
    """Return what a row of a declared source writes."""
    if label == "高斯6度带 X北":
        return write_in("EPSG:4508", home)[::-1]
    return write_in({"WGS84": "wgs84", "GCJ-02": "gcj02", "BD-09": "bd09", "CGCS2000 3度带": "EPSG:4524"}[label], home)


def mixed(count: int = 120) -> tuple[list[Home], list[list[object]]]:
    """Return homes of a workbook in which five systems are mixed, row by row, and its rows."""
    homes = settle(count)
    rows = [
        row(home, *write_source(SYSTEMS[nth // 3 % 5], home), SYSTEMS[nth // 3 % 5]) for nth, home in enumerate(homes)
    ]
    return homes, rows
