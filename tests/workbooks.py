"""Small files to import, made from rows; people in them are invented."""

from __future__ import annotations

import zlib
from datetime import date, datetime
from pathlib import Path

import xlsxwriter

from geo.importer import ImportOptions, ImportReport, import_file
from geo.model import Scope
from geo.store.create import create_database
from geo.store.database import Database
from geo.store.places import root_place

HEADER = [
    "乡镇", "村", "村民组", "户编号", "户主", "身份证号", "人口", "经度", "纬度", "走访日期", "走访状态", "问题类别", "备注",
]  # fmt: skip
TODAY = date(2019, 11, 20)


def home(code: str, **said: object) -> list[object]:
    """Return one row of the register: a household of 孟溪村, first group, effective on 2019-11-01 unless said otherwise.

    Its latitude goes by its code: no two homes of a test lie on one point by chance.
    """
    usual: dict[str, object] = {
        "乡镇": "和平乡", "村": "孟溪村", "村民组": "一组", "户编号": code, "户主": f"王测{code}", "人口": 3, "经度": 109.15,
        "纬度": round(27.68 + zlib.crc32(code.encode()) % 500 / 1e5, 5), "走访日期": "2019-11-01", "走访状态": "见面",
    }  # fmt: skip
    return [{**usual, **said}.get(name, "") for name in HEADER]


def write_csv(
    path: Path, rows: list[list[object]], *, header: list[str] | None = None, encoding: str = "utf-8-sig"
) -> Path:
    """Write rows under a header as comma-separated text."""
    lines = [",".join(str(cell) for cell in row) for row in [header or HEADER, *rows]]
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def write_xlsx(path: Path, rows: list[list[object]]) -> Path:
    """Write rows, header included, as a workbook; days become date cells."""
    workbook = xlsxwriter.Workbook(path)
    sheet = workbook.add_worksheet("台账")
    day = workbook.add_format({"num_format": "yyyy-mm-dd"})
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if isinstance(cell, (date, datetime)):
                sheet.write_datetime(r, c, cell, day)
            elif cell != "":
                sheet.write(r, c, cell)
    workbook.close()
    return path


def open_register(path: Path, *, edition: str = "2023-06-30", today: date = TODAY) -> tuple[Database, Scope]:
    """Make an empty database with the shipped units; return it and a planner of the whole district."""
    db = create_database(path, kind="real", edition=edition, today=today)
    return db, Scope("planner", "planner", root_place(db).id)


def bring(db: Database, scope: Scope, path: Path, **options: object) -> ImportReport:
    """Import one file with some options."""
    return import_file(db, scope, path, options=ImportOptions(**options))


def count(db: Database, table: str) -> int:
    """Return how many rows a table has."""
    with db.read() as connection:
        return int(connection.exec_driver_sql(f'SELECT count(*) FROM "{table}"').scalar_one())


def dump(db: Database, *, without: tuple[str, ...] = ()) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table, sorted, as SQLite stores it."""
    with db.read() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        return {
            name: sorted((tuple(row) for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"')), key=repr)
            for name in names
            if name not in without
        }
