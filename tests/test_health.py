"""The look at the start: a damaged file leaves the page of restoring only, other troubles make the app read-only."""

from __future__ import annotations

import os
import shutil
from datetime import date
from pathlib import Path

import pytest

from geo.backup import write_backup
from geo.errors import NotAllowed
from geo.health import Health, is_open_to_others, look_at
from geo.i18n import text
from geo.model import VisitEntry
from geo.store.create import open_database
from geo.store.database import Database
from geo.store.visits import record_visit
from geo.web import Door
from tests.gatehouse import ADMIN_PASSWORD, Browser, add_boss, make_real, open_gatehouse
from tests.world import PLANNER

VISIT = VisitEntry("held", "h11", date(2019, 11, 19), "effective")


pytestmark = pytest.mark.usefixtures("cheap_passwords")


def damage(path: Path) -> None:
    """Overwrite the middle of a file."""
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(40_000))


def test_what_is_found(world: Database, tmp_path: Path) -> None:
    """A whole file is well; a damaged one, one of a newer program, no room and a clock gone back are each named."""
    assert look_at(world.path) == Health()
    assert look_at(world.path, room=1 << 62).held == "full"
    with world.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_log_append_only")
        connection.exec_driver_sql("UPDATE audit_log SET at = '2999-01-01T00:00:00.000Z' WHERE seq = 1")
    assert look_at(world.path).held == "clock"
    with world.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert look_at(world.path).fatal == "newer"
    with world.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    world.close()
    damage(world.path)
    found = look_at(world.path)
    assert (found.fatal, bool(found.detail)) == ("damaged", True)
    (tmp_path / "text.sqlite").write_text("no database")
    assert look_at(tmp_path / "text.sqlite").fatal == "damaged"


@pytest.mark.skipif(os.name == "nt", reason="permissions of another kind")
def test_who_else_may_read(world: Database) -> None:
    """A file that other accounts of the machine may read is told of; one shut to them is not."""
    folder = world.path.parent
    folder.chmod(0o755)
    world.path.chmod(0o644)
    assert is_open_to_others(world.path)
    folder.chmod(0o700)
    assert not is_open_to_others(world.path)


def test_read_only(world: Database) -> None:
    """Without room nothing is changed and the reason is said; people still come in, read and go out."""
    make_real(world)
    add_boss(world)
    with open_gatehouse(world) as app:
        app.state.door._room = 1 << 62
        browser = Browser(app)
        assert browser.get("/").headers["location"] == "/login"
        assert world.held == "full"
        with pytest.raises(NotAllowed, match=r"health\.full"):
            record_visit(world, PLANNER, entry=VISIT)
        assert browser.log_in("boss", ADMIN_PASSWORD).status == 303
        app.state.door._room = 0
        app.state.door.forget()
        assert browser.get("/").headers["location"] == "/account/codes"
        assert record_visit(world, PLANNER, entry=VISIT).created


def test_restoring_a_damaged_file(world: Database, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """Of a damaged file nothing is served but the page of restoring; a backup and the terminal's code bring all back."""
    make_real(world)
    add_boss(world)
    folder = tmp_path / "office"
    folder.mkdir()
    (folder / "backups").mkdir()
    served = folder / "geo.sqlite"
    write_backup(world, PLANNER, target=folder / "backups" / "monday.sqlite")
    shutil.copy(folder / "backups" / "monday.sqlite", served)
    damage(served)
    opened: list[Database] = []

    def serve() -> Database:
        if not opened:
            opened.append(open_database(served))
        return opened[0]

    with open_gatehouse(world, door=Door(serve, path=lambda: served)) as app:
        browser = Browser(app)
        for path in ("/", "/gaps", "/login"):
            assert browser.get(path).headers["location"] == "/restore"
        assert {browser.get(path).status for path in ("/tiles/x/y", "/exports/x", "/static/x", "/media/x")} == {401}
        page = browser.get("/restore")
        assert page.status == 503
        assert "monday.sqlite" in page.text
        assert str(folder) not in page.text
        assert "malformed" not in page.text
        code = capsys.readouterr().err.split("：")[-1].strip()
        assert browser.post("/restore", {"copy": "monday.sqlite", "code": "0"}).status == 503
        outside = browser.post("/restore", {"copy": "../../geo.sqlite", "code": code})
        assert text("restore.gone") in outside.text
        assert browser.post("/restore", {"copy": "monday.sqlite", "code": code}).headers["location"] == "/"
        assert browser.get("/").headers["location"] == "/login"
        assert browser.log_in("boss", ADMIN_PASSWORD).headers["location"] == "/"
    opened[0].close()
    assert list(folder.glob("geo.sqlite.*.before"))


def test_no_backup_at_hand(world: Database, tmp_path: Path) -> None:
    """Without a backup beside it the page says where to put one."""
    served = Path(shutil.copy(world.path, tmp_path / "geo.sqlite"))
    damage(served)
    with open_gatehouse(world, door=Door(lambda: open_database(served), path=lambda: served)) as app:
        assert text("restore.none", folder="backups") in Browser(app).get("/restore").text
        assert Browser(app).get("/healthz").status == 200
