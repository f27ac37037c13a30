"""Addresses of Waikato in a grid, and visit points of Chibombo, through `import --mapping`, against other programs."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching
from shapely.geometry import box

from geo.cli import main
from geo.gaps import group_gaps, rank_gaps
from geo.model import Scope
from geo.store.database import Database
from geo.store.places import root_place
from geo.store.reads import read_homes

NZ = "nz_waikato_addresses_50k.csv.gz"
EARTH_M = 6_371_008.8


@pytest.fixture(scope="module")
def waikato(shared_data: Path, tmp_path_factory: pytest.TempPathFactory, mapped_import) -> tuple[Database, dict]:
    """Load the addresses; return the database and the report."""
    path = tmp_path_factory.mktemp("nz") / "nz.sqlite"
    report = mapped_import(shared_data / "households" / NZ, "nz_waikato_addresses_50k", path)
    return Database(path), report


@pytest.fixture(scope="module")
def squares(shared_data: Path) -> pd.DataFrame:
    """Return, per 1 km square, how many addresses lie in it and how many are visited: by geopandas alone."""
    table = pd.read_csv(shared_data / "households" / NZ, dtype={"house_no": str})
    first = table["house_no"].str.extract(r"(\d+)")[0].astype(float)
    points = gpd.GeoDataFrame(
        {"even": first % 2 == 0}, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=4326
    ).to_crs(2193)
    west, south, east, north = points.total_bounds
    cells = gpd.GeoDataFrame(
        [
            {"name": f"E{x}N{y}", "geometry": box(x * 1000, y * 1000, x * 1000 + 1000, y * 1000 + 1000)}
            for x in range(int(west // 1000), int(east // 1000) + 1)
            for y in range(int(south // 1000), int(north // 1000) + 1)
        ],
        crs=2193,
    )
    joined = gpd.sjoin(points, cells, predicate="within")
    assert len(joined) == len(points) == 50_000
    return joined.groupby("name")["even"].agg(["size", "sum"]).astype(int)


def test_gaps_of_the_grid_equal_geopandas(waikato, squares):
    """Every square's households, visited ones and what is missing equal a spatial join; visited = even house number."""
    db, report = waikato
    assert (report["households"], report["changes"]["visits_new"]) == (50_000, int(squares["sum"].sum()))
    scope = Scope("tester", "planner", root_place(db).id)
    homes = read_homes(db, scope, round_id="1", place_id=scope.area)
    found = homes.groupby("group")["effective"].agg(["size", "sum"]).astype(int)
    assert found.to_dict("index") == squares.to_dict("index")
    gaps = group_gaps(homes, rank_gaps(homes, db.today())).set_index("group")["remaining"]
    missing = squares["size"] - squares["sum"]
    assert gaps.to_dict() == missing[missing > 0].to_dict()


def test_the_gap_list_has_every_home_that_is_missing(waikato, squares, tmp_path):
    """`gaps --kind groups --out` writes one row per square with a gap."""
    db, _ = waikato
    out = tmp_path / "gaps.csv"
    assert main(["gaps", "--db", str(db.path), "--round", "1", "--kind", "groups", "--out", str(out)]) == 0
    written = len(out.read_text(encoding="utf-8-sig").strip().splitlines()) - 2
    assert written == int((squares["size"] > squares["sum"]).sum())


@pytest.fixture(scope="module")
def chibombo(shared_data: Path, tmp_path_factory: pytest.TempPathFactory, mapped_import) -> tuple[Database, dict]:
    """Load the households, then the visit points; return the database and the report of the points."""
    path = tmp_path_factory.mktemp("zm") / "zm.sqlite"
    folder = shared_data / "visits"
    mapped_import(folder / "zambia_chibombo_households.csv", "zambia_chibombo_households", path)
    report = mapped_import(folder / "zambia_chibombo_spray_points.csv", "zambia_chibombo_spray_points", path)
    return Database(path), report


@pytest.fixture(scope="module")
def metres(shared_data: Path) -> pd.DataFrame:
    """Return great-circle distances: one row a visit point, one column a household (haversine, mean earth radius)."""
    folder = shared_data / "visits"
    homes = pd.read_csv(folder / "zambia_chibombo_households.csv")
    points = pd.read_csv(folder / "zambia_chibombo_spray_points.csv")
    lat1, lat2 = np.radians(points["lat"].to_numpy())[:, None], np.radians(homes["lat"].to_numpy())[None, :]
    east = np.radians(points["lon"].to_numpy()[:, None] - homes["lon"].to_numpy()[None, :])
    half = np.sin((lat1 - lat2) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin(east / 2) ** 2
    return pd.DataFrame(
        2 * EARTH_M * np.arcsin(np.sqrt(half)), columns=homes["NAME"].astype(str) + " " + homes["DESCR"]
    )


def test_one_visit_covers_one_household(chibombo, metres):
    """The pairs are as many as scipy's maximum matching finds within 30 m, with the least total distance."""
    db, report = chibombo
    near = metres.to_numpy() <= 30
    most = int((maximum_bipartite_matching(csr_array(near), perm_type="column") >= 0).sum())
    rows, columns = linear_sum_assignment(np.where(near, metres.to_numpy(), 1e7))
    kept = near[rows, columns]
    assert (most, kept.sum()) == (431, 431)
    assert (report["rows_total"], report["rows_ok"]) == (491, 491)
    assert (report["changes"]["visits_new"], report["changes"]["visits_unmatched"]) == (most, 491 - most)
    with db.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT h.code, v.lon, v.lat, h.lon, h.lat FROM visit v JOIN household h ON h.id = v.household"
        ).all()
    assert len({row[0] for row in found}) == most
    points = np.array([tuple(row[1:]) for row in found], dtype=float)
    east = np.radians(points[:, 0] - points[:, 2]) * np.cos(np.radians(points[:, 1]))
    total = EARTH_M * np.hypot(east, np.radians(points[:, 1] - points[:, 3])).sum()
    assert total == pytest.approx(metres.to_numpy()[rows, columns][kept].sum(), abs=0.5)


def test_counting_the_nearest_point_would_overstate(chibombo, metres, capsys):
    """Counting every household near any point says 473, 42 more than the 431 that one visit each can cover."""
    db, _ = chibombo
    near_any = int((metres.to_numpy() <= 30).any(axis=0).sum())
    assert main(["coverage", "--db", str(db.path), "--round", "1", "--json"]) == 0
    covered = json.loads(capsys.readouterr().out)["total"]
    assert (near_any, covered["effective"], near_any - covered["effective"], covered["roster"]) == (473, 431, 42, 502)


def test_points_that_stay_alone_are_listed(chibombo, metres):
    """Each unmatched point is a finding with its row and the distance to the nearest household."""
    _, report = chibombo
    listed = {one["row"]: one["value"] for one in report["findings"] if one["code"] == "W_UNMATCHED"}
    assert len(listed) == 60
    nearest = metres.min(axis=1)
    for row, said in listed.items():
        assert said.endswith(f"({nearest[row - 1]:.0f} m)")


def test_the_same_points_again_change_nothing(chibombo, shared_data, mapped_import):
    """Loaded a second time, no point finds another household and nothing changes."""
    db, _ = chibombo
    report = mapped_import(
        shared_data / "visits" / "zambia_chibombo_spray_points.csv", "zambia_chibombo_spray_points", db.path
    )
    assert (report["stored"], report["changes"]["visits_new"], report["changes"]["visits_same"]) == (False, 0, 431)
