"""The files of shared/data/badinput through the importer: outcome, rows, codes and values exactly as expected there."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from geo.cli import main
from geo.cli.importing import EXIT_CODES
from geo.importer import ImportOptions, ImportReport, import_file
from tests import workbooks

CASES = [f"P{number:02d}" for number in range(1, 26)]
#: Units of the edition the register is made with.
UNITS = 120
#: Events of the interpreter that say what is opened.
WATCHED = ("open", "socket.connect", "socket.getaddrinfo", "subprocess.Popen")
TABLES = ("household", "visit", "issue", "import_batch", "round_roster", "place", "area_aside")


@pytest.fixture(scope="session")
def expectations(shared_data: Path) -> dict[str, Any]:
    """Return what each file must come to, by case."""
    return json.loads((shared_data / "badinput" / "expectations.json").read_text(encoding="utf-8"))


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, expectations: dict[str, Any]) -> dict[str, Any]:
    """Return one case."""
    return next(one for one in expectations["cases"] if one["id"] == request.param)


def run(
    case: dict[str, Any], shared_data: Path, tmp_path: Path, today: date, **options: object
) -> tuple[ImportReport, list[int]]:
    """Import the file of a case into an empty register; return the report and how many rows each table then has."""
    db, scope = workbooks.open_register(tmp_path / "r.sqlite", today=today)
    path = shared_data / "badinput" / case["file"]
    report = import_file(db, scope, path, options=ImportOptions(show_personal=True, **options))
    counts = [workbooks.count(db, table) for table in TABLES]
    db.close()
    return report, counts


def test_a_case_comes_out_exactly(case, expectations, shared_data, tmp_path):
    """Outcome, counts, refused rows and values are exact; every expected code is listed."""
    expect = case["expect"]
    report, counts = run(case, shared_data, tmp_path, date.fromisoformat(expectations["reference_date"]))
    found = report.as_dict()
    assert found["outcome"] == expect["outcome"]
    assert [{key: one[key] for key in ("row", "field", "code")} for one in found["rows_bad"]] == expect["rows_bad"]
    assert set(expect["codes"]) <= set(found["codes"])
    assert {key: found[key] for key in ("rows_total", "rows_ok") if key in expect} == {
        key: expect[key] for key in ("rows_total", "rows_ok") if key in expect
    }
    values = {(one["row"], one["field"]): one["value"] for one in found["values"]}
    for one in expect["values"]:
        assert values[one["row"], one["field"]] == pytest.approx(one["equals"], abs=1e-5)
    stored = expect["outcome"].startswith("accept")
    entered = counts[0] > 0 if case["kind"] == "households" else counts[5] + counts[6] > UNITS
    assert (found["stored"], entered, found["message"] != "") == (stored, stored, True)


def test_area_files_touch_nothing_outside(expectations, shared_data, tmp_path):
    """While files about areas are read, no connection is opened and no file but theirs and the program's own is read."""
    opened: list[str] = []
    watching: list[bool] = []

    def note(event: str, given: tuple[object, ...]) -> None:
        if watching and event in WATCHED:
            opened.append(f"{event} {given[0]}")

    sys.addaudithook(note)
    for one in expectations["cases"]:
        if one["kind"] == "groups":
            folder = tmp_path / one["id"]
            folder.mkdir()
            watching.append(True)
            run(one, shared_data, folder, workbooks.TODAY)
            watching.clear()
    outside = [line for line in opened if line.startswith(("socket", "subprocess")) or "/etc/passwd" in line]
    assert outside == []
    assert any("networklink.kml" in line for line in opened)


def test_the_command_line_says_the_same(case, shared_data, tmp_path, capsys):
    """`import --report` ends with 0, 3 or 4 as the outcome wants, and its report has the words of the expectations."""
    expect, out = case["expect"], tmp_path / "report.json"
    path = shared_data / "badinput" / case["file"]
    code = main(["import", str(path), "--db", str(tmp_path / "r.sqlite"), "--report", str(out)])
    report = json.loads(out.read_text(encoding="utf-8"))
    assert (code, report["outcome"]) == (EXIT_CODES[expect["outcome"]], expect["outcome"])
    assert [{key: one[key] for key in ("row", "field", "code")} for one in report["rows_bad"]] == expect["rows_bad"]
    assert set(expect["codes"]) <= set(report["codes"])
    assert {"values", "households", "persons", "edition", "round"} <= set(report)
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err


def test_good_rows_of_a_case_enter(expectations, shared_data, tmp_path):
    """P15 and P16 store their good rows when asked, and keep the refused ones on the repair list."""
    for one in expectations["cases"]:
        if one["expect"]["outcome"] == "reject_rows" and one["kind"] == "households":
            folder = tmp_path / one["id"]
            folder.mkdir()
            report, counts = run(one, shared_data, folder, workbooks.TODAY, good_rows=True)
            assert (report.stored, counts[0], len(report.rows_bad)) == (
                True,
                one["expect"]["rows_ok"],
                len(one["expect"]["rows_bad"]),
            )


def test_no_id_number_leaves_masked_reports(expectations, shared_data, tmp_path):
    """Without the asking, no report carries a whole ID number."""
    db, scope = workbooks.open_register(tmp_path / "r.sqlite")
    for one in expectations["cases"]:
        if one["kind"] == "households":
            report = import_file(db, scope, shared_data / "badinput" / one["file"], options=ImportOptions(dry_run=True))
            assert "52220119" not in json.dumps(report.as_dict(), ensure_ascii=False) + str(report.preview)


_MEASURE = """
import resource, sys, time
from pathlib import Path
from geo.errors import FileRefused
from geo.importer.outlines.files import is_map_file, read_layer
from geo.importer.readers import read_sheets
path = Path(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
try:
    read_layer(path, name=path.name) if is_map_file(path.name) else read_sheets(path)
except FileRefused:
    pass
print(time.perf_counter() - start, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="memory is measured the POSIX way")
@pytest.mark.parametrize("name", ["P01", "P02", "P21", "P22", "P24"])
def test_attacks_cost_little(expectations, shared_data, name):
    """A bomb, an entity attack and a ghost cell stay within their limits of time and memory in a fresh process."""
    one = next(case for case in expectations["cases"] if case["id"] == name)
    path = shared_data / "badinput" / one["file"]
    said = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    seconds, megabytes = map(float, said.stdout.split())
    limits = one["expect"]["limits"]
    assert (seconds < limits["max_seconds"], megabytes < limits["max_extra_rss_mb"]) == (True, True)
