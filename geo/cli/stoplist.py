"""A bare list of stops from files: the stops, the seconds between them, and the terms that were typed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from geo.errors import Invalid
from geo.plan.stops import UNREACHABLE, Stops, Terms
from geo.plan.travel import DETOUR, SPEEDS_KMH, Pace, measure_plane, project
from geo.store.ways import WayFiles
from geo.ways.legs import choose_ways, measure_legs
from geo.ways.tables import Row, read_table

if TYPE_CHECKING:
    import argparse

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_LON, _LAT = 180, 90
#: The search ends so many seconds after the command began, so that the answer is there within 15 on a busy machine.
_ENDS_S, _LEAST_S = 10.5, 0.5


def read_task(options: argparse.Namespace) -> tuple[Stops, NDArray[np.int64], Terms]:
    """Return the stops, the seconds between them and the terms that were typed. Raises `Invalid`."""
    if options.stops is None or options.day_seconds is None:
        raise Invalid("plan.stops_needed")
    rows = read_table(options.stops, needed=["id"])
    stops = _to_stops(rows, options.stops.name)
    matrix = _find_seconds(options, rows)
    if isinstance(options.teams, Path):
        raise Invalid("plan.teams_number")
    terms = Terms(
        options.day_seconds, options.teams or 1, options.days, options.mode or "compact", seed=options.seed,
        effort=options.effort or 1.0, seconds=_find_seconds_left(options.began),
    )  # fmt: skip
    return stops, matrix, terms


def _find_seconds_left(began: float) -> float:
    """Return how long the search may take, so that all ends in time, however long it took until here."""
    return max(_LEAST_S, _ENDS_S - (time.perf_counter() - began))


def _to_stops(rows: list[Row], name: str) -> Stops:
    """Return the stops of a table, the start point's row first."""
    if not rows:
        raise Invalid("table.empty", file=name)
    ids = [row.word("id") for row in rows]
    for nth, one in enumerate(ids):
        if not one or one in ids[:nth]:
            raise Invalid("plan.bad_id", file=name, line=str(rows[nth].line), value=one)
    x, y = _read_plane(rows)
    service = [0, *(row.whole("service_s") for row in rows[1:])]
    priority = [0.0, *(row.number("priority", 0.0) for row in rows[1:])]
    deadline = [0, *(row.whole("deadline_day") for row in rows[1:])]
    return Stops(
        tuple(ids), np.array(service, dtype=np.int64), np.array(priority), np.array(deadline, dtype=np.int64),
        ("", *(row.word("owner") for row in rows[1:])), x, y,
    )  # fmt: skip


def _has(rows: list[Row], *names: str) -> bool:
    return all(rows[0].word(name) for name in names)


def _read_degrees(rows: list[Row]) -> tuple[Floats, Floats]:
    """Return lon, lat. Raises `Invalid` for what is not on the earth."""
    lon, lat = (np.array([row.number(name) for row in rows]) for name in ("lon", "lat"))
    for row, east, north in zip(rows, lon, lat, strict=True):
        if abs(east) > _LON or abs(north) > _LAT:
            raise Invalid("plan.no_place", file=row.file, line=str(row.line))
    return lon, lat


def _read_plane(rows: list[Row]) -> tuple[Floats | None, Floats | None]:
    """Return x and y in metres, nothing where the table has no points."""
    if _has(rows, "x_m", "y_m"):
        x, y = (np.array([row.number(name) for row in rows]) for name in ("x_m", "y_m"))
        return x, y
    return project(*_read_degrees(rows)) if _has(rows, "lon", "lat") else (None, None)


def _find_seconds(options: argparse.Namespace, rows: list[Row]) -> NDArray[np.int64]:
    """Return the seconds between all points: of the matrix, the roads, the slopes or the straight line."""
    if options.matrix is not None:
        return _read_matrix(options.matrix, len(rows))
    travel = options.travel or "walk"
    pace = Pace(options.speed_kmh or SPEEDS_KMH[travel], options.detour or DETOUR)
    files = WayFiles(options.roads, options.nodes, options.edges, options.elevation)
    ways = choose_ways(files)
    if ways == "straight" and _has(rows, "x_m", "y_m"):
        x, y = (np.array([row.number(name) for row in rows]) for name in ("x_m", "y_m"))
        return pace.seconds(measure_plane(x, y))
    if not _has(rows, "lon", "lat"):
        raise Invalid("plan.no_points" if ways == "straight" else "plan.no_degrees", file=options.stops.name)
    return measure_legs(files, *_read_degrees(rows), ways=ways, travel=travel, pace=pace)


def _read_matrix(path: Path, count: int) -> NDArray[np.int64]:
    """Return the seconds of a .npy file, rounded; what is negative or not finite is no way. Raises `Invalid`."""
    if not path.is_file():
        raise Invalid("cli.no_file", path=path.name)
    try:
        seconds = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise Invalid("plan.matrix_unreadable", file=path.name) from error
    if seconds.shape != (count, count) or seconds.dtype.kind not in "iuf":
        raise Invalid("plan.matrix_shape", file=path.name, shape="×".join(map(str, seconds.shape)), n=count)
    values = seconds.astype(np.float64)
    gone = ~np.isfinite(values) | (values < 0)
    matrix = np.rint(np.where(gone, 0, values)).astype(np.int64)
    matrix[gone] = UNREACHABLE
    np.fill_diagonal(matrix, 0)
    return matrix
