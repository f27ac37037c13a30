"""Lists of the small world to be taken away, made hostile on request, and other programs that read the files back."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import zipfile
from pathlib import Path
from typing import Any

import pyogrio
from openpyxl import load_workbook

from geo import exports
from geo.exports import ExportHead, Table
from geo.gaps import group_gaps, list_todos, rank_gaps
from geo.model import Scope
from geo.store.database import Database
from geo.store.ledger import read_ledger
from geo.store.reads import read_figures, read_homes
from geo.store.register import read_roster
from geo.workbook import HEAD_ROWS
from tests.world import TAKER, TODAY

KINDS = ("gaps", "todos", "groups", "roster", "coverage", "ledger", "areas")
HEAD = ExportHead("清单", "测试区", "第2轮", TODAY, "未访、未分配", "规划")
#: Texts that some program would run, or that break a careless writer of some format.
HOSTILE = (
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\uff1d1+1", " =1", "'=1", "''=1", "'plain", '=HYPERLINK("http://127.0.0.1")',
    "=cmd|' /C calc'!A0", "{{ 7*7 }}", "{% raw %}", "<script>alert(1)</script>", "a<b>&\"c'", "]]>", "<!--x-->",
    "&amp;&#65;", "<![CDATA[x", '#eval("1")', "$x^2$", "]", "*b* _i_", "`raw`", "@ref <lab>", "// c", "_x0041_", "x\x01y",
    "\x00nul\x00", "\x7f\x1b[31m", "two\nlines", "two\r\nlines", "a\rb", " edge ", "%s %n ${x} $(x) `x`", "\\N", "../../x",
    "https://example.org/a", "0123456789012345678", "1e5", "TRUE", "null", "\U0001f600", "\U00020bb7野", "\u202eabc",
    "e\u0301", 'a;b,c\t"d"', "'); DROP TABLE household; --", "王" * 120, "",
)  # fmt: skip


def make_hostile(db: Database) -> None:
    """Put hostile texts into every text column that people fill in, of every row."""
    columns = {
        "place": ("name",), "person": ("name",), "household": ("head_name", "phone", "note"),
        "issue": ("title", "detail", "responsible"), "issue_event": ("note",),
    }  # fmt: skip
    with db.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER issue_event_append_only")
        for table, names in columns.items():
            key = "rowid" if table != "issue_event" else "issue || seq"
            rows = connection.exec_driver_sql(f"SELECT {key} FROM {table} ORDER BY 1").scalars().all()
            for shift, name in enumerate(names):
                for nth, row in enumerate(rows):
                    said = HOSTILE[(nth + 7 * shift) % len(HOSTILE)] or "-"
                    connection.exec_driver_sql(f"UPDATE {table} SET {name} = ? WHERE {key} = ?", (said, row))


def tabulate(db: Database, kind: str, scope: Scope = TAKER) -> Table:
    """Return one of the lists of the whole district in round 2."""
    if kind in ("gaps", "todos", "groups"):
        homes = read_homes(db, scope, round_id="2", place_id="d")
        gaps = rank_gaps(homes, TODAY)
        if kind == "groups":
            return exports.tabulate_groups(
                group_gaps(homes, gaps), exports.draw_outlines(db, scope, place_id="d", level="group")
            )
        return exports.tabulate_gaps(gaps if kind == "gaps" else list_todos(homes))
    if kind == "roster":
        with db.read() as connection:
            round_id = connection.exec_driver_sql("SELECT id FROM round WHERE number = 2").scalar_one()
        return exports.tabulate_roster(read_roster(db, scope, place_id="d", round_id=round_id))
    if kind == "coverage":
        total = read_figures(db, scope, round_id="2", place_id="d")
        draw = exports.draw_outlines(db, scope, place_id="d", level="group")
        return exports.tabulate_coverage(exports.list_units(db, scope, total=total, level="group"), draw)
    if kind == "ledger":
        return exports.tabulate_ledger(read_ledger(db, scope, place_id="d"))
    return exports.tabulate_areas(exports.list_areas(db, scope, place_id="d"), exports.draw_shapes)


def rows_of(table: Table) -> list[list[Any]]:
    """Return the rows of a list as they are said; an empty cell is None."""
    return [[value if value != "" else None for value in row] for row in zip(*table.read_all(), strict=True)]


def read_back(content: bytes, form: str, table: Table, folder: Path) -> list[list[Any]]:
    """Return the rows of a file as another program reads them, in the list's order; an empty cell is None."""
    rows = _READERS[form](content, table, folder)
    whole = [nth for nth, column in enumerate(table.columns) if column.holds == "whole"]
    for row in rows:
        for nth in whole:
            row[nth] = None if _is_nothing(row[nth]) else int(row[nth])
    return [[None if _is_nothing(value) else value for value in row] for row in rows]


def _is_nothing(value: object) -> bool:
    return value in (None, "") or (isinstance(value, float) and math.isnan(value))


def _read_xlsx(content: bytes, table: Table, _folder: Path) -> list[list[Any]]:
    workbook = load_workbook(io.BytesIO(content))
    rows = [[cell.value for cell in row] for sheet in workbook for row in sheet.iter_rows(min_row=HEAD_ROWS + 1)]
    unescaped = [[_unescape(value) if isinstance(value, str) else value for value in row] for row in rows]
    assert all([cell.value for cell in sheet[HEAD_ROWS]] == [one.header for one in table.columns] for sheet in workbook)
    return sorted(unescaped, key=lambda row: row[0])


def _unescape(value: str) -> str:
    """Undo Excel's own way of writing what XML cannot hold, which openpyxl leaves as it stands."""
    return re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), value)


def _read_csv(content: bytes, table: Table, _folder: Path) -> list[list[Any]]:
    assert content.startswith(b"\xef\xbb\xbf")
    _about, heads, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert heads == [column.header for column in table.columns]
    kinds = [str if column.holds == "text" else float for column in table.columns]
    return [[kind(value) if value else None for kind, value in zip(kinds, row, strict=True)] for row in rows]


def _read_geojson(content: bytes, _table: Table, folder: Path) -> list[list[Any]]:
    plain = [list(one["properties"].values()) for one in json.loads(content)["features"]]
    assert _count_gdal(content, "x.geojson", folder) == len(plain)
    return plain


def _read_gpkg(content: bytes, table: Table, folder: Path) -> list[list[Any]]:
    return _frame(content, "x.gpkg", folder, [column.header for column in table.columns], layer=table.kind)


def _read_kml(content: bytes, table: Table, folder: Path) -> list[list[Any]]:
    return _frame(content, "x.kml", folder, [column.header for column in table.columns])


def _read_gpx(content: bytes, table: Table, folder: Path) -> list[list[Any]]:
    layers = ("waypoints", "routes") if table.geometry == "Point" else ("tracks",)
    fields = [f"ogr_{column.field}" for column in table.columns]
    rows = [row for layer in layers for row in _frame(content, "x.gpx", folder, fields, layer=layer)]
    return sorted(rows, key=lambda row: int(row[0]))


def _read_shp(content: bytes, table: Table, folder: Path) -> list[list[Any]]:
    path = folder / "x.zip"
    path.write_bytes(content)
    frame = pyogrio.read_dataframe(f"/vsizip/{path}", encoding="UTF-8").astype(object)
    with zipfile.ZipFile(path) as archive:
        legend = archive.read("fields.txt").decode("utf-8-sig").splitlines()
    named = [line.split("\t") for line in legend if "\t" in line]
    assert [name for name, _header in named] == list(frame.columns[:-1])
    rows: list[list[Any]] = [[] for _ in range(len(frame))]
    for column in table.columns:
        parts = [name for name, header in named if header == column.header]
        for row, *values in zip(rows, *(frame[name] for name in parts), strict=True):
            row.append("".join(one for one in values if isinstance(one, str)) if column.holds == "text" else values[0])
    return rows


def _frame(content: bytes, name: str, folder: Path, fields: list[str], **more: str) -> list[list[Any]]:
    path = folder / name
    path.write_bytes(content)
    frame = pyogrio.read_dataframe(path, **more)
    missing = [field for field in fields if field not in frame]
    frame[missing] = None
    return frame[fields].astype(object).to_numpy().tolist()


def _count_gdal(content: bytes, name: str, folder: Path) -> int:
    (folder / name).write_bytes(content)
    return len(pyogrio.read_dataframe(folder / name))


_READERS = {
    "xlsx": _read_xlsx, "csv": _read_csv, "geojson": _read_geojson, "gpkg": _read_gpkg, "kml": _read_kml,
    "gpx": _read_gpx, "shp": _read_shp,
}  # fmt: skip
READ_BACK = tuple(_READERS)
