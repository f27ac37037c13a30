"""The drills of `tests.drills`, short: `python -m benchmarks.drills` runs 200 kills and 30 damaged files."""

from __future__ import annotations

import os

import pytest

from geo import config
from geo.backup import restore_backup, write_backup
from geo.cli import main
from geo.errors import Invalid, NotAllowed
from geo.model import Scope
from geo.store.database import Database
from tests import drills, workbooks

#: Later Pythons warn of forking beside a thread; the children here begin nothing that such a thread may hold.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
forking = pytest.mark.skipif(not hasattr(os, "fork"), reason="what is drilled here needs a system that can fork")


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> drills.Place:
    """Return a register with households in a round; every drill leaves it sound."""
    return drills.set_up(tmp_path_factory.mktemp("drills"))


@forking
def test_what_was_acknowledged_is_stored(place):
    """Killed during saves and imports, every acknowledged visit is there and every import is whole or not at all."""
    seen = drills.kill_while_working(place, times=6)
    assert seen.kills == 6
    assert seen.saves
    assert seen.whole + seen.none


@forking
def test_a_full_disk_is_said_and_stores_nothing(place):
    """A save and an import without room are told in a sentence, change no row, and work when there is room again."""
    said = drills.fill_disk(place)
    assert [("磁盘" in one, "没有保存" in one) for one in said] == [(True, True)] * 2


def test_a_locked_database_is_said_and_stores_nothing(place, monkeypatch):
    """A save that waits in vain is told so; the same save works once, when the lock is gone."""
    monkeypatch.setattr(config, "BUSY_SECONDS", 0.3)
    assert "别人正在写入" in drills.lock_database(place, seconds=0.3)


def test_damaged_files_are_found_and_a_backup_restored(tmp_path):
    """Files cut off, overwritten, emptied or garbled are each found, and a restored backup is equal in every row."""
    assert drills.damage_and_restore(tmp_path, times=5) == dict.fromkeys(("cut", "head", "page", "zeros", "begin"), 1)


def test_restoring_from_the_command_line(place, tmp_path, capsys):
    """`restore` replaces a damaged database by a backup, keeps the damaged one, says so, and logs it in the new one."""
    db = Database(place.path)
    backup = write_backup(db, place.scope, target=tmp_path / "b.sqlite").path
    db.close()
    target = tmp_path / "t.sqlite"
    target.write_bytes(b"nothing of ours" * 500)
    assert main(["restore", str(backup), "--db", str(target)]) == 0
    said = capsys.readouterr()
    assert ("核对一致" in said.out, ".before" in said.err) == (True, True)
    restored = Database(target)
    with restored.read() as connection:
        last = connection.exec_driver_sql("SELECT action, object FROM audit_log ORDER BY seq DESC LIMIT 1").one()
    assert tuple(last) == ("restore", "b.sqlite")
    restored.close()
    assert main(["restore", str(tmp_path / "none.sqlite"), "--db", str(target)]) == 1
    assert "换一个备份文件" in capsys.readouterr().err


def test_what_cannot_be_restored_changes_nothing(tmp_path):
    """A damaged backup, one that is the database itself, a database in use, a leader: refused, the file is untouched."""
    db, scope = workbooks.open_register(tmp_path / "r.sqlite")
    backup = write_backup(db, scope, target=tmp_path / "b.sqlite").path
    bad = tmp_path / "bad.sqlite"
    bad.write_bytes(backup.read_bytes()[:20_000])
    before = workbooks.dump(db)
    for source, by, key in (
        (bad, scope, "backup.damaged"), (db.path, scope, "backup.itself"), (backup, scope, "backup.in_use"),
    ):  # fmt: skip
        with db.read(), pytest.raises(Invalid) as error:
            restore_backup(by, source, target=db.path)
        assert error.value.key == key
    with pytest.raises(NotAllowed):
        restore_backup(Scope("x", "leader", ""), backup, target=db.path)
    assert workbooks.dump(db) == before
    db.close()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["b.sqlite", "bad.sqlite", "r.sqlite"]
