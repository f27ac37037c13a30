"""A file of an older program: opening it brings it to the schema of today, with nothing lost and undo still possible."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import IntegrityError

from geo.demo import build_demo
from geo.errors import Invalid, NotFound
from geo.importer import undo_last
from geo.model import Scope
from geo.store.create import create_database, open_database
from geo.store.database import Database
from geo.store.issue_acts import list_unlike_their_events
from geo.store.places import root_place
from tests import workbooks

#: Tables that files of the oldest programs did not have.
LATER = (
    "account_session", "account_recovery", "account_area", "account", "login_attempt", "land_sheet", "zone",
    "attachment", "matter", "round_figures", "review_item", "review", "visit_check", "draft",
)  # fmt: skip


def columns_of(db: Database) -> dict[str, dict[str, tuple[object, ...]]]:
    """Return type, emptiness, default and key of every column of every table, by name."""
    with db.read() as connection:
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        return {
            table: {row[1]: tuple(row[2:]) for row in connection.exec_driver_sql(f"PRAGMA table_info('{table}')")}
            for table in tables
        }


@contextmanager
def without_keys(db: Database) -> Iterator[Connection]:
    """Write without foreign keys being watched: dropping a table would look through those that point at it, row by row."""
    engine = create_engine(f"sqlite:///{db.path}")
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def make_older(db: Database) -> None:
    """Turn a file into one of revision 0001: no system of points, and a journal whose hashes and rows know none."""
    with without_keys(db) as connection:
        for name in ("coord_system", "coord_raw"):
            connection.exec_driver_sql(f"ALTER TABLE household DROP COLUMN {name}")
            connection.exec_driver_sql(f"UPDATE import_row SET before = json_remove(before, '$.{name}')")
        for row in connection.exec_driver_sql("SELECT * FROM household").all():
            digest = hashlib.sha256(repr(tuple(row)).encode()).hexdigest()
            connection.exec_driver_sql("UPDATE import_row SET after_hash = ? WHERE row_id = ?", (digest, row[0]))
        for table in ("area_aside", "made_code", "import_mapping"):
            connection.exec_driver_sql(f"DROP TABLE {table}")
        for table in LATER:
            connection.exec_driver_sql(f"DROP TABLE {table}")
        strip_table(connection, "visit", "approved_by")
        strip_table(connection, "round_roster", "excluded_note")
        strip_table(connection, "assignment", "route")
        strip_table(connection, "issue", "unit", "follows")
        strip_table(connection, "measure", "unit", "drawn_on")
        strip_table(connection, "issue_event", *ADDED_TO_EVENTS)
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")


ADDED_TO_EVENTS = (
    "act", "due_on", "unit", "responsible", "close_kind", "approved_by", "verified_by", "satisfaction", "duplicate_of",
)  # fmt: skip


def strip_table(connection, table: str, *columns: str) -> None:
    """Make a table anew without some columns, their foreign keys, their indexes and its trigger; its rows stay."""
    made = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).scalar_one()
    indexes = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", (table,)
    ).scalars()
    kept = [one for one in indexes.all() if not any(f"({name})" in one for name in columns)]
    starts = tuple(start for name in columns for start in (f"{name} ", f"FOREIGN KEY({name})"))
    ends = ("", ")", "WITHOUT ROWID", ") WITHOUT ROWID")
    body = [line.strip().removesuffix(",") for line in made.splitlines()[1:] if line.strip() not in ends]
    end = ") WITHOUT ROWID" if "WITHOUT ROWID" in made else ")"
    lines = ",".join(line for line in body if not line.startswith(starts))
    names = [row[1] for row in connection.exec_driver_sql(f"PRAGMA table_info({table})") if row[1] not in columns]
    listed = ", ".join(f'"{name}"' for name in names)
    rows = [tuple(row) for row in connection.exec_driver_sql(f"SELECT {listed} FROM {table}")]
    connection.exec_driver_sql(f"DROP TABLE {table}")
    connection.exec_driver_sql(f"CREATE TABLE {table} ({lines}{end}")
    for row in rows:
        connection.exec_driver_sql(f"INSERT INTO {table} ({listed}) VALUES ({', '.join('?' * len(row))})", row)
    for one in kept:
        connection.exec_driver_sql(one)


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


def test_categories_of_an_older_file_can_be_added_to(tmp_path: Path):
    """A file whose tables check the category against those that ship takes another once it is brought forward."""
    create_database(tmp_path / "r.sqlite", kind="real", edition="").close()
    db = Database(tmp_path / "r.sqlite")
    with db.write() as connection:
        connection.exec_driver_sql("PRAGMA writable_schema = ON")
        connection.exec_driver_sql(
            "UPDATE sqlite_master SET sql = replace(sql, 'category VARCHAR NOT NULL', 'category VARCHAR NOT NULL "
            "CHECK (category = ''INC'' OR category = ''OTH'')') WHERE name IN ('issue', 'matter')"
        )
        connection.exec_driver_sql("PRAGMA writable_schema = RESET")
        strip_table(connection, "assignment", "route")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0014'")
    db.close()
    columns = "id, number, place, category, title, created_at, created_by"
    enter = f"INSERT INTO matter ({columns}) VALUES ('m', '', 'p', 'TOUR', '', '', '')"
    with pytest.raises(IntegrityError, match="CHECK"), Database(tmp_path / "r.sqlite").write() as connection:
        connection.exec_driver_sql(enter)
    db = open_database(tmp_path / "r.sqlite")
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), db.write() as connection:
        connection.exec_driver_sql(enter)
    with db.read() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"


def test_issues_of_an_older_file_become_their_events(tmp_path: Path):
    """Brought forward, each history replays to what the row of its issue says, and no event can be changed any more."""
    build_demo(tmp_path / "d.sqlite", preset="heping", today=date(2019, 11, 20))
    db = Database(tmp_path / "d.sqlite")
    expected = columns_of(db)
    with without_keys(db) as connection:
        for table in LATER:
            connection.exec_driver_sql(f"DROP TABLE {table}")
        added = {
            "issue": ("unit", "follows"),
            "measure": ("unit", "drawn_on"),
            "visit": ("approved_by",),
            "assignment": ("route",),
        }
        for table, names in {**added, "round_roster": ("excluded_note",)}.items():
            strip_table(connection, table, *names)
        strip_table(connection, "issue_event", *ADDED_TO_EVENTS)
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0004'")
    db.close()
    db = open_database(tmp_path / "d.sqlite")
    assert columns_of(db) == expected
    scope = Scope("planner", "planner", root_place(db).id)
    assert len(list_unlike_their_events(db, scope)) == 0
    with db.read() as connection:
        undrawn = connection.exec_driver_sql("SELECT count(*) FROM measure WHERE drawn_on IS NULL").scalar_one()
        said = connection.exec_driver_sql("SELECT count(*) FROM issue_event WHERE verified_by IS NOT NULL").scalar_one()
        closed = connection.exec_driver_sql("SELECT count(*) FROM issue WHERE state = 'closed'").scalar_one()
    assert (undrawn, said) == (0, closed)
    with pytest.raises(IntegrityError, match="append-only"), db.write() as connection:
        connection.exec_driver_sql("UPDATE issue_event SET note = 'x'")
