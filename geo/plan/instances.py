"""Published routing instances, so that anyone can check the engine: text in, what to solve out; no I/O.

Read are the TSPLIB and CVRPLIB format (CVRP, VRPTW, prize-collecting PCVRPTW, TSP, ATSP) and Solomon's tables. How
distances are rounded follows the collections (`ROUNDINGS`): nearest integer for CVRP and TSP as TSPLIB 95 defines, one
decimal cut off for VRPTW (the twelfth DIMACS challenge), which is what their best-known costs are counted in.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from geo.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

Rounding = Literal["nearest", "tenth", "exact"]
ROUNDINGS: Final[tuple[Rounding, ...]] = ("nearest", "tenth", "exact")
KINDS: Final = ("CVRP", "VRPTW", "PCVRPTW", "TSP", "ATSP")
#: Units of the matrix a unit of cost: exact distances keep four decimals.
_SCALES: Final[dict[Rounding, int]] = {"nearest": 1, "tenth": 10, "exact": 10_000}
#: TSPLIB 95 defines GEO with this π and this radius of the earth (km).
_GEO_PI: Final = 3.141592
_GEO_RADIUS: Final = 6378.388
_SOLOMON_FIELDS: Final = 7


@dataclass(frozen=True, slots=True)
class Instance:
    """What is to be solved; places are numbered from 0, the depot, and every array has one value a place.

    `distance` is whole units, of which `scale` are one unit of the published cost; `service`, `opens`, `closes` and
    `prize` are in the same units (None where the instance has none). `vehicles` None = any number. Without prizes all
    must be served.
    """

    name: str
    kind: str
    distance: NDArray[np.int64]
    scale: int
    vehicles: int | None = None
    capacity: int | None = None
    demand: NDArray[np.int64] | None = None
    service: NDArray[np.int64] | None = None
    opens: NDArray[np.int64] | None = None
    closes: NDArray[np.int64] | None = None
    longest: int | None = None
    prize: NDArray[np.int64] | None = None


def parse_instance(written: str, *, rounding: Rounding | None = None) -> Instance:
    """Return the instance that a text describes. Raises `Invalid` with what is missing or not understood.

    `rounding`: how distances between points are counted; None = as the collection does.
    """
    lines = [line.strip() for line in written.replace("\ufeff", "").splitlines() if line.strip()]
    try:
        if not any(re.match(r"NODE_COORD_SECTION|EDGE_WEIGHT_SECTION", line, re.IGNORECASE) for line in lines):
            return _parse_solomon(lines, rounding or "tenth")
        return _parse_tsplib(lines, rounding)
    except IndexError as error:
        raise Invalid("route.short") from error
    except (ValueError, KeyError) as error:
        if isinstance(error, Invalid):
            raise
        raise Invalid("route.unreadable", what=str(error)) from error


def read_best(written: str) -> float | None:
    """Return the cost that a published solution (.sol) says it has."""
    found = re.search(r"^\s*Cost\s*:?\s*([\d.eE+]+)", written, re.MULTILINE | re.IGNORECASE)
    return float(found.group(1)) if found else None


def _parse_solomon(lines: list[str], rounding: Rounding) -> Instance:
    """Read name, VEHICLE (number, capacity) and CUSTOMER (number, x, y, demand, ready, due, service)."""
    rows = [[float(value) for value in line.split()] for line in lines if re.fullmatch(r"[-+\d.eE\s]+", line)]
    fleet, table = rows[0], np.array([row for row in rows[1:] if len(row) == _SOLOMON_FIELDS])
    if len(fleet) != 2 or len(table) < 2 or len(table) != len(rows) - 1:  # noqa: PLR2004 - number and capacity
        raise Invalid("route.unreadable", what="CUSTOMER")
    scale = _SCALES[rounding]
    times = np.rint(table[:, 4:7] * scale).astype(np.int64)
    return Instance(
        lines[0], "VRPTW", _round(_plane(table[:, 1:3]), rounding), scale, int(fleet[0]), int(fleet[1]),
        table[:, 3].astype(np.int64), times[:, 2], times[:, 0], times[:, 1],
    )  # fmt: skip


def _parse_tsplib(lines: list[str], rounding: Rounding | None) -> Instance:
    said, sections = _split(lines)
    kind = said.get("TYPE", "CVRP").split()[0].upper()
    if kind not in KINDS:
        raise Invalid("route.kind", kind=kind, known=" · ".join(KINDS))
    timed = "TIME_WINDOW_SECTION" in sections
    counted: Rounding = rounding or ("tenth" if timed else "nearest")
    scale = _SCALES[counted]
    order = _depot_first(sections, int(said["DIMENSION"]))
    distance = _distances(said, sections, counted)[np.ix_(order, order)]
    tour = kind in ("TSP", "ATSP")
    demand = None if tour else _column(sections, "DEMAND_SECTION", order)
    windows = _scaled(_table(sections, "TIME_WINDOW_SECTION", order), scale)
    prizes = _scaled(_column(sections, "PRIZE_SECTION", order), scale)
    return Instance(
        said.get("NAME", ""), kind, distance, _published(scale, prizes),
        1 if tour else _whole(said, "VEHICLES"), _whole(said, "CAPACITY"),
        None if demand is None else demand.astype(np.int64), _service(said, sections, order, scale),
        None if windows is None else windows[:, 0], None if windows is None else windows[:, 1],
        _times(_whole(said, "DISTANCE"), scale), prizes,
    )  # fmt: skip


def _published(scale: int, prizes: NDArray[np.int64] | None) -> int:
    """Costs of the prize-collecting collection are published in the tenths that they are counted in."""
    return scale if prizes is None else 1


def _split(lines: list[str]) -> tuple[dict[str, str], dict[str, list[list[str]]]]:
    """Return what the head says, and the rows of each section."""
    said: dict[str, str] = {}
    sections: dict[str, list[list[str]]] = {}
    rows: list[list[str]] | None = None
    for line in lines:
        word = line.split()[0].rstrip(":").upper()
        if word == "EOF":
            break
        if word.endswith("_SECTION"):
            rows = sections.setdefault(word, [])
        elif re.match(r"[A-Za-z_]+\s*:", line):
            name, _, value = line.partition(":")
            said[name.strip().upper()] = value.strip().strip('"').strip()
        elif rows is not None:
            rows.append(line.split())
    return said, sections


def _depot_first(sections: dict[str, list[list[str]]], count: int) -> NDArray[np.int64]:
    """Return the order of the nodes with the depot before the others, whose order stays."""
    listed = [int(row[0]) for row in sections.get("DEPOT_SECTION", []) if int(row[0]) > 0]
    if len(listed) > 1:
        raise Invalid("route.depots", n=len(listed))
    depot = listed[0] - 1 if listed else 0
    return np.array([depot, *(node for node in range(count) if node != depot)])


def _table(sections: dict[str, list[list[str]]], name: str, order: NDArray[np.int64]) -> NDArray[np.float64] | None:
    """Return the values of a section, one row a node in the wanted order."""
    if name not in sections:
        return None
    by_node = {int(row[0]): [float(value) for value in row[1:]] for row in sections[name]}
    return np.array([by_node[int(node) + 1] for node in order])


def _column(sections: dict[str, list[list[str]]], name: str, order: NDArray[np.int64]) -> NDArray[np.float64] | None:
    table = _table(sections, name, order)
    return None if table is None else table[:, 0]


def _scaled(values: NDArray[np.float64] | None, scale: int) -> NDArray[np.int64] | None:
    return None if values is None else np.rint(values * scale).astype(np.int64)


def _whole(said: dict[str, str], name: str) -> int | None:
    return int(float(said[name])) if name in said else None


def _times(value: int | None, scale: int) -> int | None:
    return None if value is None else value * scale


def _service(
    said: dict[str, str], sections: dict[str, list[list[str]]], order: NDArray[np.int64], scale: int
) -> NDArray[np.int64] | None:
    """Return the service of every place: its own, or one for all but the depot."""
    if (own := _scaled(_column(sections, "SERVICE_TIME_SECTION", order), scale)) is not None:
        return own
    if "SERVICE_TIME" not in said:
        return None
    service = np.full(len(order), round(float(said["SERVICE_TIME"]) * scale), dtype=np.int64)
    service[0] = 0
    return service


def _distances(said: dict[str, str], sections: dict[str, list[list[str]]], rounding: Rounding) -> NDArray[np.int64]:
    """Return the distances in the file's order of nodes, in units of the rounding."""
    kind, count = said["EDGE_WEIGHT_TYPE"].split()[0].upper(), int(said["DIMENSION"])
    if kind == "EXPLICIT":
        form = said.get("EDGE_WEIGHT_FORMAT", "FULL_MATRIX").split()[0].upper()
        numbers = [float(value) for row in sections["EDGE_WEIGHT_SECTION"] for value in row]
        return np.rint(_unfold(np.array(numbers), form, count) * _SCALES[rounding]).astype(np.int64)
    listed = sorted(sections["NODE_COORD_SECTION"], key=lambda row: int(row[0]))
    points = np.array([[float(value) for value in row[1:]] for row in listed])
    if len(points) != count:
        raise Invalid("route.unreadable", what="NODE_COORD_SECTION")
    if kind in ("EUC_2D", "EUC_3D"):
        return _round(_plane(points), rounding)
    whole = {"CEIL_2D": _ceiled, "FLOOR_2D": _floored, "ATT": _att, "GEO": _geo, "MAN_2D": _manhattan, "MAX_2D": _max}
    if kind not in whole:
        raise Invalid("route.weights", kind=kind)
    return whole[kind](points).astype(np.int64) * _SCALES[rounding]


def _plane(points: NDArray[np.float64]) -> NDArray[np.float64]:
    difference = points[:, None, :] - points[None, :, :]
    distance: NDArray[np.float64] = np.sqrt((difference**2).sum(axis=2))
    return distance


def _round(distance: NDArray[np.float64], rounding: Rounding) -> NDArray[np.int64]:
    """TSPLIB's nint is the floor of x + ½; a tenth is cut off; exact keeps four decimals."""
    if rounding == "nearest":
        return np.floor(distance + 0.5).astype(np.int64)
    # A hair above, so that a distance of exactly so many tenths is not cut to one tenth less.
    return np.floor(distance * _SCALES[rounding] + (1e-6 if rounding == "tenth" else 0.5)).astype(np.int64)


def _ceiled(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.ceil(_plane(points) - 1e-9)


def _floored(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.floor(_plane(points) + 1e-9)


def _manhattan(points: NDArray[np.float64]) -> NDArray[np.float64]:
    distance: NDArray[np.float64] = np.floor(np.abs(points[:, None, :] - points[None, :, :]).sum(axis=2) + 0.5)
    return distance


def _max(points: NDArray[np.float64]) -> NDArray[np.float64]:
    distance: NDArray[np.float64] = np.floor(np.abs(points[:, None, :] - points[None, :, :]) + 0.5).max(axis=2)
    return distance


def _att(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """TSPLIB's pseudo-Euclidean distance."""
    return np.ceil(_plane(points) / math.sqrt(10.0) - 1e-9)


def _geo(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """TSPLIB's distance on a sphere, in km; points are latitude and longitude as DDD.MM."""
    degrees = np.trunc(points)
    radians = _GEO_PI * (degrees + 5.0 * (points - degrees) / 3.0) / 180.0
    lat, lon = radians[:, 0], radians[:, 1]
    q1 = np.cos(lon[:, None] - lon[None, :])
    q2 = np.cos(lat[:, None] - lat[None, :])
    q3 = np.cos(lat[:, None] + lat[None, :])
    cosine = np.clip(0.5 * ((1.0 + q1) * q2 - (1.0 - q1) * q3), -1.0, 1.0)
    distance = np.trunc(_GEO_RADIUS * np.arccos(cosine) + 1.0)
    np.fill_diagonal(distance, 0.0)
    return distance


def _unfold(numbers: NDArray[np.float64], form: str, count: int) -> NDArray[np.float64]:
    """Return the full matrix of explicit weights in one of TSPLIB's forms."""
    if form == "FULL_MATRIX":
        return numbers.reshape(count, count)
    # A column form lists the other triangle's rows.
    same = {"UPPER_COL": "LOWER_ROW", "LOWER_COL": "UPPER_ROW", "UPPER_DIAG_COL": "LOWER_DIAG_ROW",
            "LOWER_DIAG_COL": "UPPER_DIAG_ROW"}  # fmt: skip
    form = same.get(form, form)
    cells = [cell for row in range(count) for cell in _triangle(form, row, count)]
    if len(cells) != len(numbers):
        raise Invalid("route.unreadable", what="EDGE_WEIGHT_SECTION")
    matrix = np.zeros((count, count))
    rows, columns = np.array(cells).T
    matrix[rows, columns] = numbers
    matrix[columns, rows] = numbers
    return matrix


def _triangle(form: str, row: int, count: int) -> Iterator[tuple[int, int]]:
    """Yield the cells that one row of a triangle lists."""
    spans = {
        "LOWER_ROW": range(row), "LOWER_DIAG_ROW": range(row + 1), "UPPER_ROW": range(row + 1, count),
        "UPPER_DIAG_ROW": range(row, count),
    }  # fmt: skip
    if form not in spans:
        raise Invalid("route.weights", kind=form)
    return ((row, column) for column in spans[form])
