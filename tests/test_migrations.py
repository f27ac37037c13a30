"""A file of an older program: opening it brings it to the schema of today, with nothing lost and undo still possible."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from geo.errors import Invalid, NotFound
from geo.importer import undo_last
from geo.store.create import create_database, open_database
from geo.store.database import Database
from tests import workbooks


def columns_of(db: Database) -> dict[str, dict[str, tuple[object, ...]]]:
    """Return type, emptiness, default and key of every column of every table, by name."""
    with db.read() as connection:
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        return {
            table: {row[1]: tuple(row[2:]) for row in connection.exec_driver_sql(f"PRAGMA table_info('{table}')")}
            for table in tables
        }


def make_older(db: Database) -> None:
    """Turn a file into one of revision 0001: no system of points, and a journal whose hashes and rows know none."""
    with db.write() as connection:
        for name in ("coord_system", "coord_raw"):
            connection.exec_driver_sql(f"ALTER TABLE household DROP COLUMN {name}")
            connection.exec_driver_sql(f"UPDATE import_row SET before = json_remove(before, '$.{name}')")
        for row in connection.exec_driver_sql("SELECT * FROM household").all():
            digest = hashlib.sha256(repr(tuple(row)).encode()).hexdigest()
            connection.exec_driver_sql("UPDATE import_row SET after_hash = ? WHERE row_id = ?", (digest, row[0]))
        for table in ("area_aside", "made_code", "import_mapping"):
            connection.exec_driver_sql(f"DROP TABLE {table}")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")


def test_an_older_file_is_brought_forward(tmp_path: Path):
    """Opened, it has the tables of a new file; its points are said to have come as WGS84; opening again changes nothing."""
    db, scope = workbooks.open_register(tmp_path / "r.sqlite")
    workbooks.bring(
        db, scope, workbooks.write_csv(tmp_path / "a.csv", [workbooks.home("HP1"), workbooks.home("HP2", 经度="")])
    )
    expected = columns_of(db)
    make_older(db)
    assert columns_of(db) != expected
    db.close()
    with open_database(tmp_path / "r.sqlite").read() as connection:
        found = connection.exec_driver_sql(
            "SELECT code, lon, coord_system, coord_raw FROM household ORDER BY code"
        ).all()
    assert [tuple(row) for row in found] == [("HP1", 109.15, "wgs84", ""), ("HP2", None, "", "")]
    again = open_database(tmp_path / "r.sqlite")
    assert columns_of(again) == expected
    assert again.revision() == open_database(tmp_path / "r.sqlite").revision()


def test_the_last_import_of_an_older_file_is_taken_back(tmp_path: Path):
    """An import made before is undone after: new households go, a changed one is as it was."""
    db, scope = workbooks.open_register(tmp_path / "r.sqlite")
    workbooks.bring(db, scope, workbooks.write_csv(tmp_path / "a.csv", [workbooks.home("HP1", 经度="")]))
    before = workbooks.dump(db, without=("import_batch", "import_row", "audit_log", "setting"))
    rows = [workbooks.home("HP1", 人口=7), workbooks.home("HP2")]
    workbooks.bring(db, scope, workbooks.write_csv(tmp_path / "b.csv", rows))
    make_older(db)
    db.close()
    db = open_database(tmp_path / "r.sqlite")
    assert undo_last(db, scope).restored >= 1
    after = workbooks.dump(db, without=("import_batch", "import_row", "audit_log", "setting"))
    assert sorted(map(repr, after.pop("household"))) == sorted(map(repr, migrated(before.pop("household"))))
    assert after == before


def migrated(rows):
    """Return rows of `household` with the two columns at the end, where bringing a file forward adds them."""
    return [(*row[:15], *row[17:], *row[15:17]) for row in rows]


def test_a_file_of_a_newer_program_is_refused(tmp_path: Path):
    """A revision that this program does not know is one sentence, and the file stays as it is."""
    create_database(tmp_path / "r.sqlite", kind="real", edition="").close()
    db = Database(tmp_path / "r.sqlite")
    with db.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    db.close()
    with pytest.raises(Invalid) as refused:
        open_database(tmp_path / "r.sqlite")
    assert refused.value.key == "err.newer_database"
    with pytest.raises(NotFound):
        open_database(tmp_path / "none.sqlite")
