"""Whatever stands in the coordinate cells of a file: a point on the globe or none, a reason, and never an error."""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.crs import parse_system
from geo.importer.findings import Ledger
from geo.importer.points import locate_rows
from geo.importer.understand import Background
from geo.store.area import district_area
from geo.store.database import Database
from geo.store.ground import read_ground
from geo.store.units import read_units
from geo.units import UnitIndex, parse_group

LETTERS = "0123456789.,-+°′″度分秒东经北纬NEWS ()[]POINT;:/，；１９e\n\t'\"{}"
NUMBERS = [
    0.0,
    -0.0,
    math.nan,
    math.inf,
    -math.inf,
    1e300,
    180.0,
    90.0,
    109.15,
    27.68,
    36_618_364.0,
    618_364.0,
    3_065_772.0,
]
CELLS = st.one_of(
    st.none(), st.sampled_from(NUMBERS), st.floats(-200, 200), st.floats(-1e8, 1e8), st.text(LETTERS, max_size=24), st.booleans(), st.integers(),
    st.sampled_from([datetime(2019, 1, 1), date(2019, 1, 1), time(3, 4, 5), timedelta(hours=109, minutes=9), timedelta(days=-5)]),  # noqa: DTZ001 - a cell has no zone
)  # fmt: skip
SOURCES = st.sampled_from([None, "", "GCJ-02", "高德", "WGS84", "EPSG:4524", "EPSG:9", "西安80", 5.0])
SYSTEMS = st.sampled_from(["auto", "ask", "gcj02", "bd09", "EPSG:4524", "EPSG:2193", "EPSG:3857", "cgcs2000"])
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS, SOURCES), min_size=1, max_size=12)


@pytest.fixture(scope="module")
def register(empty_register: Path) -> Any:
    """Return an empty register, which is only read, its units and its area."""
    db = Database(empty_register)
    with db.read() as connection:
        units, area = UnitIndex(read_units(connection)), district_area(connection)
    yield db, units, area
    db.close()


@settings(max_examples=100, deadline=None)
@given(
    rows=ROWS,
    system=SYSTEMS,
    repairs=st.booleans(),
    letters=st.sampled_from([("lon", "lat"), ("point",), ("lon", "lat", "point")]),
)
def test_any_cells_give_a_point_on_the_globe_or_none(register, rows, system, repairs, letters):
    """Every row has both numbers or neither, on the globe; one without a point that says something has a finding or a question."""
    lon, lat, point, source = (list(column) for column in zip(*rows, strict=True))
    cells = {
        "lon": lon,
        "lat": lat,
        "point": point,
        "coord_system": source,
        "coord_origin": [None] * len(rows),
        "note": [""] * len(rows),
    }
    ledger = Ledger(dict.fromkeys(letters, "H"), list(range(2, len(rows) + 2)))
    answers = {"points:swapped": "swap", "points:outside": "keep"} if repairs else {}
    db, units, area = register
    with db.read() as connection:
        village = next(one for one in units.by_id.values() if one.level == "village")
        columns = {
            "village": [village] * len(rows),
            "group": [parse_group("1组")] * len(rows),
            "code": [f"H{nth}" for nth in range(len(rows))],
        }
        background = Background(
            units, date(2019, 11, 20), area, answers, crs=system if system in ("auto", "ask") else parse_system(system),
            ground=lambda villages: read_ground(connection, villages, district=area),
        )  # fmt: skip
        located = locate_rows(ledger, cells.__getitem__, columns, background, above="")
        located.list_doubts({nth: nth for nth in range(len(rows))})
    told = {one.row - 1 for one in ledger.findings}
    for nth, (x, y) in enumerate(zip(columns["lon"], columns["lat"], strict=True)):
        assert (x is None) is (y is None)
        assert x is None or (abs(x) <= 180 and abs(y) <= 90)
        assert bool(columns["coord_system"][nth]) is (x is not None)
        assert x is not None or located.placing is None or nth in told or ledger.questions
