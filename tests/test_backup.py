"""Backups are one consistent moment, verified; `check` finds what was tampered with."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date

import pytest

from geo.backup import verify_backup, write_backup
from geo.errors import Invalid, NotAllowed
from geo.model import VisitEntry
from geo.store.check import check_database
from geo.store.database import Database
from geo.store.reads import read_figures
from geo.store.visits import record_visit
from tests.world import LEADER, PLANNER


def alter(db: Database, statement: str) -> None:
    """Change the file behind the product's back, its guards against changes of the logs taken off."""
    db.close()
    with closing(sqlite3.connect(db.path)) as connection, connection:
        guards = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in guards:
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute(statement)


def test_a_backup_is_the_database(world, tmp_path):
    """A backup made while rows are still in the write-ahead log opens on its own and gives the same figures."""
    record_visit(world, PLANNER, entry=VisitEntry("late", "h11", date(2019, 11, 20), "effective"))
    made = write_backup(world, PLANNER, target=tmp_path / "copy.sqlite")
    assert made.rows["visit"] == verify_backup(made.path)["visit"]
    assert made.size == made.path.stat().st_size
    copy = Database(made.path)
    figures = [read_figures(db, PLANNER, round_id="2", place_id="d").counts.values for db in (world, copy)]
    assert figures[0] == figures[1]
    assert figures[0]["effective"] == 22
    assert check_database(copy, PLANNER) == []
    copy.close()


def test_a_backup_is_one_file(world, tmp_path):
    """Nothing but the backup itself lies in the folder: no log, no half copy."""
    folder = tmp_path / "out"
    folder.mkdir()
    write_backup(world, PLANNER, target=folder / "copy.sqlite")
    assert [path.name for path in folder.iterdir()] == ["copy.sqlite"]


def test_a_backup_overwrites_nothing(world, tmp_path):
    """An existing file stays as it is."""
    target = tmp_path / "copy.sqlite"
    target.write_text("mine", encoding="utf-8")
    with pytest.raises(Invalid) as error:
        write_backup(world, PLANNER, target=target)
    assert error.value.key == "backup.exists"
    assert target.read_text(encoding="utf-8") == "mine"


def test_a_backup_into_nowhere_says_so(world, tmp_path):
    """A folder that is not there is a sentence, not a traceback."""
    with pytest.raises(Invalid) as error:
        write_backup(world, PLANNER, target=tmp_path / "nowhere" / "copy.sqlite")
    assert error.value.key == "backup.failed"


def test_a_leader_makes_no_backup(world, tmp_path):
    """A backup holds every name, so a role that sees none cannot make one."""
    with pytest.raises(NotAllowed):
        write_backup(world, LEADER, target=tmp_path / "copy.sqlite")
    assert not (tmp_path / "copy.sqlite").exists()


def test_a_damaged_backup_is_not_called_good(world, tmp_path):
    """A cut-off copy and a file of another kind are refused."""
    made = write_backup(world, PLANNER, target=tmp_path / "copy.sqlite")
    whole = made.path.read_bytes()
    made.path.write_bytes(whole[: len(whole) // 2])
    other = tmp_path / "other.sqlite"
    other.write_text("no database", encoding="utf-8")
    for path in (made.path, other):
        with pytest.raises(Invalid) as error:
            verify_backup(path)
        assert error.value.key == "backup.damaged"


def test_a_sound_database_has_no_findings(world):
    """The small world, made by the services alone, passes every check."""
    assert check_database(world, PLANNER) == []


@pytest.mark.parametrize(
    ("statement", "check", "about"),
    [
        (
            "UPDATE coverage_cell SET effective = effective + 1 WHERE place = 'g02' AND span = 'own'",
            "cells",
            "90000010020102",
        ),
        ("DELETE FROM visit WHERE household = 'h35'", "cells", "900000200"),
        ("UPDATE audit_log SET actor = 'nobody' WHERE seq = 3", "audit", "3"),
        ("DELETE FROM audit_log WHERE seq = 4", "audit", "5"),
        ("UPDATE household SET place = 'gone' WHERE id = 'h01'", "foreign_keys", "household"),
    ],
)
def test_what_was_tampered_with_is_found(world, statement, check, about):
    """A changed cell, a lost visit, a changed or lost act and a dangling reference are each found and named."""
    alter(world, statement)
    found = check_database(world, PLANNER)
    assert found
    assert {one.check for one in found} == {check}
    assert any(about in one.detail for one in found)


def test_a_damaged_file_is_a_finding(world):
    """Bytes overwritten in the middle of the file are found, whatever SQLite says about them."""
    world.close()
    content = bytearray(world.path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 3 * 4096] = b"\xff" * 3 * 4096
    world.path.write_bytes(content)
    assert {one.check for one in check_database(world, PLANNER)} == {"integrity"}
