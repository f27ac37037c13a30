"""Files are parsed in a process of their own: what it may not do, what comes of its end, and that nothing is lost."""

from __future__ import annotations

import json
import os
import platform
import re
import signal
import subprocess
import sys
import threading
import zipfile
from contextlib import AbstractContextManager
from datetime import date, datetime
from pathlib import Path

import geopandas
import pytest
import shapely

from geo.apart import asking, limits
from geo.errors import FileRefused, Stopped
from geo.i18n import text
from geo.importer import archive, readers
from geo.importer.apart import read_layer, read_sheets
from geo.importer.progress import Progress, listening
from tests import maps, odd_books, workbooks

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.skipif(not asking.CAN_FORK, reason="what is tried here needs a system that can fork")

_TRY = """
import json, os, socket, subprocess, sys
from geo.apart.limits import limit_itself
taken = limit_itself()
ways = {
    "socket": lambda: socket.socket().close(),
    "unix": lambda: socket.socket(socket.AF_UNIX).close(),
    "program": lambda: subprocess.run(["true"]),
    "write": lambda: open(sys.argv[1], "w").write("x"),
    "folder": lambda: os.mkdir(sys.argv[1] + ".d"),
    "remove": lambda: os.remove(sys.argv[2]),
    "kill": lambda: os.kill(os.getppid(), 0),
    "memory": lambda: bytearray(3 << 30),
}
came = {}
for name, way in ways.items():
    try:
        way()
        came[name] = "done"
    except BaseException as error:
        came[name] = type(error).__name__
came["read"] = len(open(sys.argv[2]).read())
print(json.dumps([taken, came]))
"""


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in limits._REFUSED,
    reason="calls are refused by Linux on usual machines",
)
def test_a_process_with_limits_can_read_and_nothing_else(tmp_path):
    """After its limits it opens no socket, starts no program, writes and removes no file and has no 3 GB."""
    there = tmp_path / "there"
    there.write_text("text", encoding="utf-8")
    said = subprocess.run(
        [sys.executable, "-c", _TRY, str(tmp_path / "made"), str(there)],
        capture_output=True, text=True, check=True, cwd=ROOT, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    taken, came = json.loads(said.stdout)
    assert taken == ["memory", "cpu", "files", "calls"]
    assert came.pop("read") == len("text")
    assert "done" not in came.values()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["there"]


def test_a_process_that_works_too_long_is_ended_by_its_system():
    """Without anybody who waits, work ends at the limit of CPU seconds."""
    script = "from geo.apart import limits\nlimits.CPU_SECONDS = 1\nlimits.limit_itself()\nwhile True:\n    pass\n"
    ended = subprocess.run([sys.executable, "-c", script], check=False, cwd=ROOT, timeout=60)
    assert ended.returncode in {-signal.SIGKILL, -signal.SIGXCPU}
    assert limits.CPU_SECONDS == 60


def test_a_process_may_end_itself_by_a_signal():
    """A parser that gives up aborts by a signal to itself, by which its end is told from a crash."""
    script = "import os\nfrom geo.apart.limits import limit_itself\nlimit_itself()\nos.abort()\n"
    ended = subprocess.run([sys.executable, "-c", script], check=False, cwd=ROOT, timeout=60)
    assert ended.returncode == -signal.SIGABRT


@pytest.fixture(scope="module")
def several(tmp_path_factory) -> list[Path]:
    """Return tables of every kind of cell and layout: days, times, errors, hidden and merged, ragged text, old, open."""
    folder = tmp_path_factory.mktemp("tables")
    rows = [
        ["户编号", "户主", "日期"],
        ["1", "甲", date(2019, 3, 5)],
        ["2", 3.5, datetime.fromisoformat("2019-03-05T08:30")],
        ["", "丙"],
    ]
    text = folder / "ragged.csv"
    text.write_bytes("户编号,户主\n1,甲\n2,乙,多\n".encode("gb18030"))
    return [
        odd_books.write_book(
            folder / "a.xlsx", rows, merges=("A2:A3",), hidden_rows=(3,), sheets=[("二", rows)], hide=("二",)
        ),
        odd_books.write_old_book(folder / "a.xls", rows, is_1904=True, hidden_rows=(2,)),
        odd_books.write_open_document(folder / "a.ods", rows[:2]),
        text,
    ]


def test_every_table_comes_out_the_same(several):
    """Cells, layouts and notes that crossed are those that were read, through a fork and through a program of its own."""
    for path in several:
        here = readers.read_sheets(path)
        assert read_sheets(path) == here
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(asking, "CAN_FORK", False)
            assert read_sheets(path) == here


def test_layers_come_out_the_same_from_one_driver(tmp_path):
    """Shapes, texts and findings cross unchanged; GDAL has one driver there, or nothing is read."""
    path = tmp_path / "a.gpkg"
    shape = maps.square(side=0.02)
    geopandas.GeoDataFrame({"村": ["孟溪村", None]}, geometry=[shape, None], crs=4490).to_file(path, layer="组界")
    layer = read_layer(path, name=path.name)
    assert [one.texts for one in layer.features] == [{"村": "孟溪村"}, {"村": ""}]
    assert shapely.equals_exact(shapely.normalize(layer.features[0].shape), shapely.normalize(shape))
    assert (layer.system, layer.features[1].problem) == ("EPSG:4490", "R_GEOM_EMPTY")


@pytest.fixture
def long_table(tmp_path) -> Path:
    """Return a table whose answer no pipe holds: the other process is still at work when we begin to listen."""
    rows = [[str(nth), "甲" * 10] for nth in range(20_000)]
    return workbooks.write_csv(tmp_path / "long.csv", rows, header=["户编号", "户主"])


def meet(patch: pytest.MonkeyPatch, sign: int) -> None:
    """Let every process that is to answer meet a signal first."""
    begin = asking._ended_in_time

    def ended(number: int, late: threading.Event) -> AbstractContextManager[None]:
        os.kill(number, sign)
        return begin(number, late)

    patch.setattr(asking, "_ended_in_time", ended)


@pytest.mark.parametrize(
    ("sign", "code", "key"),
    [
        (signal.SIGSEGV, "E_CORRUPT", "finding.E_CORRUPT"),
        (signal.SIGABRT, "E_TOO_LARGE", "finding.E_TOO_LARGE.memory"),
        (signal.SIGKILL, "E_TOO_LARGE", "finding.E_TOO_LARGE.memory"),
    ],
    ids=["SEGV", "ABRT", "KILL"],
)
def test_a_parser_that_dies_refuses_its_file_and_no_other(long_table, monkeypatch, sign, code, key):
    """A process that crashes is E_CORRUPT, one that got no memory E_TOO_LARGE and says so; the next file is read.

    A parser without memory aborts, a system without memory kills. The next file is read even with the program gone.
    """
    with monkeypatch.context() as patch:
        meet(patch, sign)
        with pytest.raises(FileRefused) as error:
            read_sheets(long_table)
    assert (error.value.code, error.value.params.get("said", error.value.key)) == (code, key)
    assert ("2 GB" in text(key, **error.value.params)) is (code == "E_TOO_LARGE")
    assert len(read_sheets(long_table)[0].rows) == 20_001
    program = asking._WAITING._program
    assert program is not None
    os.kill(program.pid, signal.SIGKILL)
    program.wait()
    assert len(read_sheets(long_table)[0].rows) == 20_001


def test_one_that_takes_too_long_is_too_large(long_table, monkeypatch):
    """A file whose reading does not end is given up, and said to be too large."""
    monkeypatch.setattr(asking, "SECONDS", 0.3)
    meet(monkeypatch, signal.SIGSTOP)
    with pytest.raises(FileRefused) as error:
        read_sheets(long_table)
    assert error.value.code == "E_TOO_LARGE"


def test_an_import_that_is_stopped_ends_the_reading(long_table):
    """Whoever stops an import while its file is read waits for nothing: the process over there is ended."""
    with pytest.raises(Stopped), listening(Progress(stopped=lambda: True)):
        read_sheets(long_table)


def test_archives_with_endless_lists_are_refused(tmp_path):
    """More members than any workbook has, or a list of them longer than we read, is E_ZIP_BOMB, for tables and maps."""
    codes = []
    for name in ("many.xlsx", "many.zip", "many.kmz"):
        members = {f"xl/{nth}.xml": "" for nth in range(archive.MOST_MEMBERS + 1)}
        path = maps.write_zip(tmp_path / name, {"xl/workbook.xml": "<workbook/>", **members})
        with pytest.raises(FileRefused) as error:
            read_sheets(path) if name.endswith(".xlsx") else read_layer(path, name=name)
        codes.append(error.value.code)
    assert codes == ["E_ZIP_BOMB"] * 3


def test_a_document_type_is_refused_in_a_part_of_any_name(tmp_path):
    """A sheet whose part is called otherwise may declare no entity either."""
    book = odd_books.write_book(tmp_path / "a.xlsx", [["户编号"], ["1"]])
    odd_books.add_parts(
        book, {"xl/worksheets/sheet9.bin": b'\xef\xbb\xbf<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY b "c">]><a/>'}
    )
    with pytest.raises(FileRefused) as error:
        read_sheets(book)
    assert error.value.code == "E_XML_ENTITY"


def test_rows_are_counted_before_they_are_parsed(tmp_path, monkeypatch):
    """More filled rows than are read end as E_TOO_MANY_ROWS; as many blank ones with a format are no rows."""
    monkeypatch.setattr(readers, "MOST_ROWS", 500)
    for name, cell in (("full.xlsx", "<v>1</v></c>"), ("blank.xlsx", "</c>")):
        book = odd_books.write_book(tmp_path / name, [["户编号"], ["1"]])
        rows = "".join(f'<row r="{nth}"><c r="A{nth}" s="1">{cell}</row>' for nth in range(3, 510))
        with zipfile.ZipFile(book) as file:
            sheet = file.read("xl/worksheets/sheet1.xml").decode()
        sheet = sheet.replace("</sheetData>", f"{rows}</sheetData>")
        odd_books.add_parts(book, {"xl/worksheets/sheet1.xml": sheet.encode()})
    with pytest.raises(FileRefused) as error:
        readers.read_sheets(tmp_path / "full.xlsx")
    assert error.value.code == "E_TOO_MANY_ROWS"
    assert len(readers.read_sheets(tmp_path / "blank.xlsx")[0].rows) == 2


def test_nobody_else_parses():
    """No module but the end over there calls the readers of tables, maps and ways, or opens a picture of a user."""
    parsing = re.compile(
        r"from geo\.importer(\.outlines)? import (readers|files)\b|"
        r"from geo\.importer\.(readers|outlines\.files) import [^\n]*\bread_(sheets|layer)\b"
    )
    pictures = re.compile(r"\bImage\.open\(")
    ways = re.compile(r"(?<!def )\bread_(heights|osm|network)\(")
    found = {
        wanted: sorted(
            str(path.relative_to(ROOT / "geo"))
            for path in (ROOT / "geo").rglob("*.py")
            if pattern.search(path.read_text())
        )
        for wanted, pattern in (("tables", parsing), ("pictures", pictures), ("ways", ways))
    }
    # Tiles of a base map are those of the service or file that the administrator chose; commands read the files of
    # roads and heights that they are given (`plan --roads`, `network-distance`).
    assert found == {
        "tables": ["importer/apart/layers.py", "importer/apart/tables.py"],
        "pictures": ["basemaps/ground.py", "photos/drawing.py", "ways/heights.py"],
        "ways": ["cli/routing.py", "ways/apart.py", "ways/legs.py"],
    }
