"""`python -m geo plan`, `plan-metrics`, `route-solve` and `network-distance` on files, without a database."""

from __future__ import annotations

import csv
import gzip
import io
import json

import numpy as np
import pytest

from geo.cli import main

STOPS = """id,x_m,y_m,service_s,priority,deadline_day,owner
depot,0,0,,,,
a,100,0,600,10,,li
b,200,0,600,0,,li
c,0,300,600,0,2,wang
d,0,400,600,30,,
"""
NODES = "node_id,lon,lat\n1,1.5,42.5\n2,1.6,42.5\n3,1.7,42.5\n9,1.9,42.5\n"
EDGES = "from,to,length_m,oneway\n1,2,10.5,\n2,3,20,yes\n3,1,100,no\n2,1,12,-1\n"


def run(capsys, *arguments: object) -> tuple[int, str, str]:
    """Run a command; return exit code, stdout and stderr."""
    try:
        code = main([str(one) for one in arguments])
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.fixture
def stops(tmp_path):
    path = tmp_path / "stops.csv"
    path.write_text(STOPS, encoding="utf-8")
    return path


def plan(capsys, stops, *more: object):
    options = ("--stops", stops, "--day-seconds", 2_400, "--effort", 0.05, "--json", *more)
    code, out, err = run(capsys, "plan", *options)
    assert code == 0, err
    return json.loads(out)


def test_a_plan_by_matrix(tmp_path, capsys, stops):
    """The answer's travel is the sum of the matrix over its routes, and every stop is on one of them."""
    random = np.random.default_rng(2).integers(50, 400, (5, 5))
    np.save(tmp_path / "seconds.npy", random.astype(float))
    found = plan(capsys, stops, "--matrix", tmp_path / "seconds.npy")
    ids = ["depot", "a", "b", "c", "d"]
    np.fill_diagonal(random, 0)
    legs = [leg for route in found["routes"] for leg in zip(["depot", *route], [*route, "depot"], strict=True)]
    assert found["travel_s"] == sum(random[ids.index(a), ids.index(b)] for a, b in legs)
    assert sorted(one for route in found["routes"] for one in route) == ["a", "b", "c", "d"]
    assert found["team_days"] == len(found["routes"]) == len(found["days"])
    assert [one["stops"] for one in found["days"]] == found["routes"]
    loads = [one["load_s"] for one in found["days"]]
    assert found["balance"] == round(max(loads) / min(loads), 4)
    assert all(load <= 2_400 for load in loads)


def test_metres_become_seconds(capsys, stops):
    """Without a matrix the straight line, a detour and a speed make the seconds."""
    found = plan(capsys, stops, "--detour", 1, "--speed-kmh", 3.6, "--mode", "balanced")
    assert found["routes"] in (
        [["d", "c"], ["a", "b"]],
        [["c", "d"], ["a", "b"]],
        [["d", "c"], ["b", "a"]],
        [["c", "d"], ["b", "a"]],
    )
    assert (found["travel_s"], found["mode"]) == (1_200, "balanced")
    assert found["register_order"]["team_days"] == 2
    slower = plan(capsys, stops, "--detour", 2, "--speed-kmh", 3.6)
    assert (slower["travel_s"], slower["team_days"]) == (3_600, 3)


def test_degrees_become_metres(tmp_path, capsys):
    """Points in degrees are planned like points in metres."""
    path = tmp_path / "stops.csv"
    path.write_text("id,lon,lat,service_s\no,109,27.7,0\na,109.001,27.7,60\nb,109,27.701,60\n", encoding="utf-8-sig")
    found = plan(capsys, path, "--travel", "car")
    # 98.4 m and 111.2 m from the start point, 148.5 m apart, × 1.3, at 30 km/h.
    assert found["travel_s"] == round(98.45 * 1.3 * 3.6 / 30) + round(148.5 * 1.3 * 3.6 / 30) + round(
        111.2 * 1.3 * 3.6 / 30
    )


def test_what_does_not_fit_is_named(tmp_path, capsys, stops):
    """Stops out of reach, too long for a day, or beyond the days that there are, are named with the reason."""
    text = STOPS + "e,50,0,99999,0,,\n"
    stops.write_text(text, encoding="utf-8")
    matrix = np.full((6, 6), 60)
    matrix[0, 3] = -1
    np.save(tmp_path / "m.npy", matrix)
    found = plan(capsys, stops, "--matrix", tmp_path / "m.npy", "--days", 1, "--day-seconds", 1_000)
    reasons = {one["id"]: one["reason"] for one in found["unserved"]}
    assert reasons == {"c": "unreachable", "e": "too_long", "a": "no_time", "b": "no_time"}
    assert found["routes"] == [["d"]]
    code, out, err = run(capsys, "plan", "--stops", stops, "--matrix", tmp_path / "m.npy", "--day-seconds", 1_000)
    assert code == 0
    assert "“e”没有排进去：只走这一户，一天也不够" in err
    assert "未排 2 户" in out


def test_metrics_of_given_routes(tmp_path, capsys, stops):
    """Routes that somebody made are costed; what breaks a rule is named, with exit code 1."""
    made = tmp_path / "routes.json"
    options = ("--stops", stops, "--day-seconds", 2_400, "--detour", 1, "--speed-kmh", 3.6, "--json", "--routes", made)
    made.write_text('[["a", "b"], ["c", "d"]]', encoding="utf-8")
    code, out, _ = run(capsys, "plan-metrics", *options)
    found = json.loads(out)
    assert (code, found["travel_s"], found["team_days"], found["balance"]) == (0, 1_200, 2, 1.25)
    made.write_text('{"routes": [["a", "b", "a", "x"], ["c"], ["d"]]}', encoding="utf-8")
    code, out, err = run(capsys, "plan-metrics", *options)
    broken = json.loads(out)["broken"]
    assert (code, broken["twice"], broken["unknown"], broken["missing"]) == (1, ["a"], ["x"], [])
    assert "走了两次以上：a" in err
    made.write_text('[["a", "b", "d"], [], ["c"]]', encoding="utf-8")
    code, out, _ = run(capsys, "plan-metrics", *options)
    assert (code, json.loads(out)["broken"]["too_long"], json.loads(out)["broken"]["late"]) == (1, ["1"], ["c"])


def test_a_plan_is_its_own_metrics(tmp_path, capsys, stops):
    """What `plan --json` wrote is costed to the same figures."""
    found = plan(capsys, stops, "--teams", 2)
    (tmp_path / "plan.json").write_text(json.dumps(found), encoding="utf-8")
    code, out, _ = run(capsys, "plan-metrics", "--stops", stops, "--day-seconds", 2_400, "--teams", 2, "--json",
                       "--routes", tmp_path / "plan.json")  # fmt: skip
    again = json.loads(out)
    assert code == 0
    same = ("travel_s", "service_s", "team_days", "balance", "overlap", "top_by_day", "continuity", "makespan_s")
    assert {name: again[name] for name in same} == {name: found[name] for name in same}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,x_m,y_m\no,0,0\na,1,x\n", "第 3 行"), ("id,x_m,y_m\no,0,0\na,1,2\na,3,4\n", "第 4 行"),
        ("id,x_m,y_m,service_s\no,0,0,0\na,1,2,-5\n", "service_s"), ("id\no\na\n", "--matrix"),
        ("id,lon,lat\no,109,27\na,27,109\n", "第 3 行"), ("name\no\n", "id"), ("", "没有行"),
        ("id,x_m,y_m\no,0,0\na,nan,1\n", "x_m"),
    ],
)  # fmt: skip
def test_bad_stops_are_refused(tmp_path, capsys, text, said):
    """A list of stops with something wrong is refused with one sentence that says where."""
    path = tmp_path / "stops.csv"
    path.write_text(text, encoding="utf-8")
    code, out, err = run(capsys, "plan", "--stops", path, "--day-seconds", 100)
    assert (code, out) == (1, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1


def test_bad_files_are_refused(tmp_path, capsys, stops):
    """Matrices of a wrong size or kind, and files that are not there, are refused with one sentence."""
    np.save(tmp_path / "small.npy", np.zeros((3, 3)))
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object))
    (tmp_path / "text.npy").write_text("1,2", encoding="utf-8")
    for name in ("small.npy", "objects.npy", "text.npy", "absent.npy"):
        code, _, err = run(capsys, "plan", "--stops", stops, "--day-seconds", 9, "--matrix", tmp_path / name)
        assert code == 1
        assert name in err
        assert len(err.strip().splitlines()) == 1
    assert run(capsys, "plan", "--stops", stops)[0] == 1
    assert run(capsys, "plan", "--stops", stops, "--day-seconds", "0")[0] == 2


def test_a_lone_start_point(tmp_path, capsys):
    """A list without stops is an empty plan."""
    path = tmp_path / "stops.csv"
    path.write_text("id,x_m,y_m\no,0,0\n", encoding="utf-8")
    found = plan(capsys, path)
    assert (found["routes"], found["team_days"], found["balance"], found["travel_s"]) == ([], 0, None, 0)


def test_network_distances(tmp_path, capsys):
    """One row a pair in order: one-way edges, the shorter of two, and no way; files may be gzipped."""
    (tmp_path / "nodes.csv").write_text(NODES, encoding="utf-8")
    (tmp_path / "edges.csv.gz").write_bytes(gzip.compress(EDGES.encode()))
    (tmp_path / "pairs.csv").write_text("from,to\n1,3\n3,2\n2,1\n1,9\n9,9\n", encoding="utf-8")
    files = ("--nodes", tmp_path / "nodes.csv", "--edges", tmp_path / "edges.csv.gz", "--pairs", tmp_path / "pairs.csv")
    code, out, err = run(capsys, "network-distance", *files)
    rows = list(csv.reader(io.StringIO(out)))
    assert rows[0] == ["from", "to", "distance_m"]
    assert rows[1:] == [
        ["1", "3", "30.5"],
        ["3", "2", "110.5"],
        ["2", "1", "10.5"],
        ["1", "9", "unreachable"],
        ["9", "9", "0.0"],
    ]
    assert (code, err) == (0, "")
    code, out, _ = run(capsys, "network-distance", *files, "--json")
    assert json.loads(out)[3] == {"from": "1", "to": "9", "distance_m": "unreachable"}
    (tmp_path / "pairs.csv").write_text("from,to\n1,77\n", encoding="utf-8")
    code, out, err = run(capsys, "network-distance", *files)
    assert (code, out.splitlines()[1]) == (1, "1,77,unreachable")
    assert "77" in err


def test_one_way_in_many_words(tmp_path, capsys):
    """A yes in any of the words that workbooks have is one-way, -1 the other way only, what is neither is refused."""
    said = {"是": 1, "TRUE": 1, "1.0": 1, "y": 1, "-1": -1, "否": 0, "0.0": 0, "": 0, "False": 0, "reversible": 0}
    edges = "".join(f"a{nth},b{nth},5,{word}\n" for nth, word in enumerate(said))
    (tmp_path / "nodes.csv").write_text("node_id\na0\n", encoding="utf-8")
    (tmp_path / "edges.csv").write_text(f"from,to,length_m,oneway\n{edges}", encoding="gb18030")
    pairs = "".join(f"a{nth},b{nth}\nb{nth},a{nth}\n" for nth in range(len(said)))
    (tmp_path / "pairs.csv").write_text(f"from,to\n{pairs}", encoding="utf-8-sig")
    files = [f"--{name}={tmp_path / name}.csv" for name in ("nodes", "edges", "pairs")]
    code, out, err = run(capsys, "network-distance", *files)
    assert (code, err) == (0, "")
    found = [row["distance_m"] != "unreachable" for row in csv.DictReader(io.StringIO(out))]
    assert found == [way for one in said.values() for way in (one >= 0, one <= 0)]
    (tmp_path / "edges.csv").write_text("from,to,length_m,oneway\na,b,5,maybe\n", encoding="utf-8")
    code, out, err = run(capsys, "network-distance", *files)
    assert (code, out) == (1, "")
    assert "maybe" in err


def test_an_instance_is_solved(tmp_path, capsys):
    """An instance is solved, its gap to the solution beside it said, and the routes written as a solution."""
    head = "NAME : t\nTYPE : TSP\nDIMENSION : 4\nEDGE_WEIGHT_TYPE : EUC_2D\nNODE_COORD_SECTION\n"
    path = tmp_path / "t.vrp"
    path.write_text(head + "1 0 0\n2 0 10\n3 10 10\n4 10 0\nEOF\n", encoding="utf-8")
    (tmp_path / "t.sol").write_text("Route #1: 1 2 3\nCost: 40\n", encoding="utf-8")
    code, out, _ = run(capsys, "route-solve", path, "--iterations", 20, "--json", "--out", tmp_path / "own.sol")
    found = json.loads(out)
    assert (code, found["cost"], found["best"], found["gap_percent"], found["feasible"]) == (0, 40, 40.0, 0.0, True)
    assert found["tour"] in ([1, 2, 3, 4], [1, 4, 3, 2])
    assert (tmp_path / "own.sol").read_text(encoding="utf-8").endswith("Cost 40\n")
    code, out, err = run(capsys, "route-solve", path, "--iterations", 20)
    assert out.startswith("Route #1: ")
    assert "相差 0.00 %" in err
    path.write_text("NAME : t\n", encoding="utf-8")
    assert run(capsys, "route-solve", path)[0] == 1
