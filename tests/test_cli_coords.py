"""`python -m geo coords`: columns in, columns out, what passes through and what cannot be converted."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from geo import crs
from geo.cli import main


def run(capsys, *arguments: object) -> tuple[int, str, str]:
    """Run the command; return exit code, stdout and stderr."""
    try:
        code = main(["coords", *map(str, arguments)])
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    said = capsys.readouterr()
    return code, said.out, said.err


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    """Write a file."""
    path.write_bytes(text.encode(encoding))
    return path


def read(text: str) -> list[dict[str, str]]:
    """Return the rows of a CSV."""
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("source", ["wgs84", "cgcs2000", "gcj02", "bd09", "EPSG:4524", "EPSG:4545", "EPSG:4497"])
@pytest.mark.parametrize("target", ["wgs84", "cgcs2000", "gcj02", "bd09", "EPSG:4524", "EPSG:4508"])
def test_every_way_there_and_back(tmp_path, capsys, source, target):
    """From any system to any other and back, through files, a point is where it was to a tenth of a millimetre."""
    x, y = crs.from_wgs84(crs.parse_system(source), 109.2, 27.7)
    path = write(tmp_path / "a.csv", f'id,lon,lat,note\n7,{x:.10f},{y:.10f},"a,b"\n')
    code, there, _ = run(capsys, "--from", source, "--to", target, path)
    expected = crs.from_wgs84(crs.parse_system(target), 109.2, 27.7)
    (row,) = read(there)
    assert (code, row["id"], row["note"]) == (0, "7", "a,b")
    close = 2e-4 if target.startswith("EPSG") else 2e-9
    assert (float(row["lon"]), float(row["lat"])) == pytest.approx(
        (float(expected[0]), float(expected[1])), rel=0, abs=close
    )
    _, back, _ = run(capsys, "--from", target, "--to", "wgs84", write(tmp_path / "b.csv", there))
    assert (float(read(back)[0]["lon"]), float(read(back)[0]["lat"])) == pytest.approx((109.2, 27.7), rel=0, abs=5e-9)


def test_metres_with_x_north_and_with_or_without_the_zone(tmp_path, capsys):
    """X and Y of one place in four writings are one point, in columns that are called lon and lat then."""
    east, north = (float(one) for one in crs.metres_of(108, 109.2, 27.7))
    rows = [f"{a},{b}" for easting in (east, 36e6 + east) for a, b in ((easting, north), (north, easting))]
    code, out, _ = run(
        capsys, "--from", "EPSG:4524", "--to", "wgs84", write(tmp_path / "a.csv", "x,y\n" + "\n".join(rows) + "\n")
    )
    assert code == 0
    assert {(round(float(one["lon"]), 8), round(float(one["lat"]), 8)) for one in read(out)} == {(109.2, 27.7)}


@pytest.mark.parametrize("header", ["lon,lat", "LON, Lat", "lng,lat", "longitude,latitude", "经度,纬度"])
def test_headers_that_are_known(tmp_path, capsys, header):
    """The usual names of both columns are known, and stay as they are written."""
    code, out, _ = run(capsys, "--from", "wgs84", "--to", "gcj02", write(tmp_path / "a.csv", f"{header}\n109.2,27.7\n"))
    assert (code, out.splitlines()[0]) == (0, header)


def test_rows_that_are_no_points(tmp_path, capsys):
    """Words, swapped degrees and metres among degrees come out empty, are named, and fail the command; empty rows do not."""
    text = "\ufefflon,lat,村\n109.2,27.7,甲\n,,乙\n27.7,109.2,丙\n村口,27.7,丁\n618364,3065772,戊\n东经109°12′,27°42′0″,己\n"
    code, out, err = run(capsys, "--from", "gcj02", "--to", "wgs84", write(tmp_path / "a.csv", text))
    rows = read(out.removeprefix("\ufeff"))
    assert (code, out[0], [bool(one["lon"]) for one in rows]) == (1, "\ufeff", [True, False, False, False, False, True])
    assert rows[0]["lon"] == rows[5]["lon"]
    assert "3、4、5" in err
    assert (
        run(capsys, "--from", "gcj02", "--to", "wgs84", write(tmp_path / "b.csv", "lon,lat\n,\n109.2,27.7\n"))[0] == 0
    )


def test_a_chinese_csv_into_a_file_with_a_report(tmp_path, capsys):
    """GB 18030 is read; --out holds the table, --json the counts."""
    path, out = write(tmp_path / "a.csv", "村,lon,lat\n孟溪,109.2,27.7\n", "gb18030"), tmp_path / "b.csv"
    code, said, _ = run(capsys, "--from", "wgs84", "--to", "bd09", path, "--out", out, "--json")
    assert (code, json.loads(said)["rows_ok"], json.loads(said)["rows_bad"]) == (0, 1, [])
    assert read(out.read_text(encoding="utf-8"))[0]["村"] == "孟溪"
    _, said, _ = run(capsys, "--from", "wgs84", "--to", "bd09", path, "--json")
    assert json.loads(said)["rows"][0]["lon"] == read(out.read_text(encoding="utf-8"))[0]["lon"]


def test_an_old_datum_is_said_to_be_unknown(tmp_path, capsys):
    """Xi'an 1980 is converted as it is, with a sentence about it."""
    _, _, err = run(
        capsys, "--from", "EPSG:2360", "--to", "wgs84", write(tmp_path / "a.csv", "x,y\n36618364,3065772\n")
    )
    assert "EPSG:2360" in err


@pytest.mark.parametrize(
    ("arguments", "content", "code"),
    [
        (("--from", "mars", "--to", "wgs84"), "lon,lat\n1,1\n", 2),
        (("--from", "wgs84"), "lon,lat\n1,1\n", 2),
        (("--from", "wgs84", "--to", "EPSG:5773"), "lon,lat\n1,1\n", 2),
        (("--from", "wgs84", "--to", "gcj02"), "a,b\n1,1\n", 1),
        (("--from", "wgs84", "--to", "gcj02"), "", 1),
        (("--from", "wgs84", "--to", "gcj02"), None, 1),
    ],
)
def test_wrong_lines_and_files_are_one_sentence(tmp_path, capsys, arguments, content, code):
    """An unknown system, a missing option, a file without the columns or none at all: one sentence, nothing written."""
    path = tmp_path / "a.csv"
    if content is not None:
        write(path, content)
    found, out, err = run(capsys, *arguments, path)
    assert (found, out, len(err.strip().splitlines())) == (code, "", 1)
    assert "Traceback" not in err


_ODD = (
    "lon,lat\n109.2,27.7\n0,0\n-0.1276,51.5072\n27.7,109.2\n109.2,\n1e99,27.7\nnan,27.7\n村口,27.7\n200,27.7\n"
    "110.5,27.7\n109.6,27.7\nN27°42′,E109°12′\nN27°42′,27.7\n,\n"
)
_ALWAYS = {2: "zero", 4: "swapped", 5: "half", 6: "text", 7: "text", 8: "text", 9: "off_globe", 13: "axis"}


@pytest.mark.parametrize(
    ("source", "target", "more", "unmoved"),
    [
        ("wgs84", "EPSG:4524", {3: "target", 10: "target"}, []),
        ("gcj02", "EPSG:4524", {3: "target", 10: "target"}, []),
        ("bd09", "EPSG:4545", {3: "target", 10: "target"}, []),
        ("cgcs2000", "EPSG:4508", {3: "target"}, []),
        ("EPSG:4610", "wgs84", {3: "source"}, []),
        ("EPSG:4610", "EPSG:4524", {3: "source", 10: "target"}, []),
        ("wgs84", "EPSG:2193", dict.fromkeys((1, 3, 10, 11, 12), "target"), []),
        ("wgs84", "cgcs2000", {}, []),
        ("wgs84", "wgs84", {}, []),
        ("wgs84", "gcj02", {}, [3]),
        ("gcj02", "wgs84", {}, [3]),
        ("bd09", "gcj02", {}, [3]),
        ("bd09", "bd09", {}, []),
    ],
)
def test_points_that_cannot_be_are_left_empty_with_the_reason(tmp_path, capsys, source, target, more, unmoved):
    """0,0, London in a zone of Guizhou, swapped, half, text, off the globe: empty, named, and why; London is not shifted."""
    path, out = write(tmp_path / "a.csv", _ODD), tmp_path / "b.csv"
    code, said, err = run(capsys, "--from", source, "--to", target, path, "--out", out, "--json")
    answer = json.loads(said)
    reasons = {one["row"]: one["reason"] for one in answer["reasons"]}
    assert (code, reasons, answer["rows_unmoved"]) == (1, _ALWAYS | more, unmoved)
    assert answer["rows_bad"] == sorted(answer["rows_bad"]) == list(reasons)
    rows = read(out.read_text(encoding="utf-8"))
    assert [nth for nth, row in enumerate(rows, 1) if not row["lon"] and not row["lat"]] == [*sorted(reasons), 14]
    assert all(f"第 {row} 行" in err or f"、{row}" in err for row in reasons)
    if unmoved:
        assert (float(rows[2]["lon"]), float(rows[2]["lat"])) == (-0.1276, 51.5072)


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        ("EPSG:4524", "109.2,27.7", "metres"),
        ("EPSG:4524", "37618364,3065772", "zone"),
        ("EPSG:4524", "36618364,37618364", "metres"),
        ("EPSG:4524", "36900000,3065772", "source"),
        ("EPSG:4524", "1e99,3065772", "text"),
        ("EPSG:4524", "0,0", "zero"),
        ("EPSG:4545", "618364,30657720", "metres"),
        ("EPSG:3857", "12156088,4e7", "text"),
        ("EPSG:3857", "12156088,400000000", "source"),
        ("EPSG:32649", "9000000000000,3065772", "nowhere"),
    ],
)
def test_metres_that_cannot_be_say_why(tmp_path, capsys, source, line, reason):
    """Degrees under a zone, another zone's number, two eastings, far beyond the zone: left empty with the reason."""
    path = write(tmp_path / "a.csv", f"x,y\n{line}\n")
    code, said, _ = run(capsys, "--from", source, "--to", "wgs84", path, "--json")
    answer = json.loads(said)
    assert (code, answer["reasons"], answer["rows"]) == (1, [{"row": 1, "reason": reason}], [{"lon": "", "lat": ""}])


def test_a_file_of_no_rows_is_an_empty_answer(tmp_path, capsys):
    """A header alone converts to a header alone; with --json there are no rows, not no key."""
    path = write(tmp_path / "a.csv", "lon,lat\n")
    assert run(capsys, "--from", "wgs84", "--to", "gcj02", path)[:2] == (0, "lon,lat\n")
    assert json.loads(run(capsys, "--from", "wgs84", "--to", "gcj02", path, "--json")[1])["rows"] == []
