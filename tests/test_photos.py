"""Photos of evidence: made anew without what the camera wrote, kept beside the database, seen only by who may."""

from __future__ import annotations

import io
import shutil
import signal
import sqlite3
from pathlib import Path

import pytest
from PIL import Image

from geo import config
from geo.apart import asking
from geo.backup import write_backup
from geo.errors import Conflict, Invalid, NotAllowed, NotFound
from geo.i18n import text
from geo.model import Scope
from geo.photos import make_photo
from geo.store.attachments import add_photo, list_photos, read_photo, remove_photo
from geo.store.check import check_database
from geo.store.database import Database
from geo.store.files import folder_of, path_of
from geo.store.measures import MeasureEntry, add_measure
from geo.web import grants
from tests.asking import OTHER, OWNER, ask
from tests.bad_photos import PICTURES, Picture
from tests.pictures import TOLD, make_picture
from tests.test_apart import meet
from tests.world import LEADER, PLANNER, TODAY

ELSEWHERE = Scope("other", "recorder", "v5")


def bring(db: Database, **said: object) -> str:
    """Add a photo to issue i1."""
    usual = {"about": "issue", "about_id": "i1", "content": make_picture(), "name": "IMG_1.jpg", "photo_id": "p1"}
    return add_photo(db, PLANNER, **{**usual, **said})


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_nothing_the_camera_wrote_is_kept(form: str) -> None:
    """Place, time, camera, comment and profile are gone; the picture stands upright and is at most 1600 pixels long."""
    made = make_photo(make_picture((2400, 1200), form, turned=6))
    assert not [one for one in TOLD if one in made.content]
    with Image.open(io.BytesIO(made.content)) as image:
        assert (image.format, image.size, dict(image.getexif())) == ("JPEG", (800, 1600), {})
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "progressive", "progression"}
        # Turned a quarter to the right, what was left is on top.
        assert image.getpixel((400, 100)) < (9, 9, 9)
        assert image.getpixel((400, 1500)) > (246, 246, 246)
    assert (made.width, made.height) == (800, 1600)


@pytest.mark.parametrize("case", [one for one in PICTURES if not one.slow], ids=lambda one: one.id)
def test_what_is_no_photo_is_refused(case: Picture) -> None:
    """Too large, claims, texts that inflate, cut off, other formats, markup: one sentence each; a tail is not kept."""
    if case.refused:
        with pytest.raises(Invalid) as refused:
            make_photo(case.make())
        assert refused.value.key == case.refused
        assert text(refused.value.key, **refused.value.params)
    else:
        made = make_photo(case.make())
        assert (made.content[:2], b"script" in made.content) == (b"\xff\xd8", False)


@pytest.mark.skipif(not asking.CAN_FORK, reason="what is tried here needs a system that can fork")
def test_a_picture_that_costs_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures are drawn in a process of their own: one that takes too long there is refused, and the app goes on."""
    monkeypatch.setattr(asking, "SECONDS", 0.3)
    meet(monkeypatch, signal.SIGSTOP)
    with pytest.raises(Invalid, match=r"photo\.too_much"):
        make_photo(make_picture())
    monkeypatch.undo()
    assert make_photo(make_picture()).width == 64


def test_photos_of_an_issue(world: Database) -> None:
    """Twice sent is one; at most nine; others' id is refused; one taken away stays on record and is not shown."""
    assert bring(world) == bring(world) == "p1"
    (one,) = list_photos(world, PLANNER, about="issue", about_id="i1")
    assert (one["name"], one["width"], one["media_type"]) == ("IMG_1", 64, "image/jpeg")
    assert path_of(world.path, one["sha256"]).read_bytes() == read_photo(world, PLANNER, photo_id="p1")
    with pytest.raises(Conflict):
        bring(world, about_id="i2")
    for nth in range(2, config.PHOTOS_MOST + 1):
        bring(world, photo_id=f"p{nth}")
    with pytest.raises(Invalid, match=r"photo\.too_many"):
        bring(world, photo_id="p10")
    with pytest.raises(Invalid, match=r"err\.reason_empty"):
        remove_photo(world, PLANNER, photo_id="p1", reason="")
    remove_photo(world, PLANNER, photo_id="p1", reason="拍错了")
    assert len(list_photos(world, PLANNER, about="issue", about_id="i1")) == config.PHOTOS_MOST - 1
    with pytest.raises(NotFound):
        read_photo(world, PLANNER, photo_id="p1")
    bring(world, photo_id="p10", name="../../etc/11010519491231002X.jpg")
    assert list_photos(world, PLANNER, about="issue", about_id="i1")[-1]["name"] == "**************002X"


def test_only_who_may_sees_a_photo(world: Database) -> None:
    """A visit, a measure and an issue have photos; a leader and another village's recorder get none of them."""
    add_measure(world, PLANNER, entry=MeasureEntry("m1", "i1", "补漏", TODAY))
    with world.read() as connection:
        visit = connection.exec_driver_sql("SELECT id FROM visit WHERE household = 'h01' AND kind = 'visit'").scalar()
    for about, about_id in (("visit", str(visit)), ("measure", "m1"), ("issue", "i1")):
        bring(world, about=about, about_id=about_id, photo_id=f"p-{about}")
        assert len(list_photos(world, PLANNER, about=about, about_id=about_id)) == 1
        assert list_photos(world, LEADER, about=about, about_id=about_id) == []
        with pytest.raises(NotAllowed):
            read_photo(world, LEADER, photo_id=f"p-{about}")
        with pytest.raises(NotAllowed):
            list_photos(world, ELSEWHERE, about=about, about_id=about_id)
        with pytest.raises(NotAllowed):
            read_photo(world, ELSEWHERE, photo_id=f"p-{about}")
    with pytest.raises(NotFound):
        bring(world, about_id="none", photo_id="p9")


def test_a_photo_is_served_by_grant_and_scope(world: Database) -> None:
    """The route asks the scope of the session that offered it each time: not another browser, not after it is removed."""
    bring(world)

    def make(name: str) -> grants.Payload:
        return grants.Payload(read_photo(world, PLANNER, photo_id=name), "image/jpeg")

    token = grants.offer(OWNER, "photos", make, single_use=False)
    for _ in range(2):
        answer = ask(f"/exports/{token}/p1", owner=OWNER)
        assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
        assert (answer.headers["cache-control"], answer.body[:2]) == ("no-store", b"\xff\xd8")
    told = {path: ask(path, owner=OWNER).status for path in (f"/exports/{token}/none", f"/exports/{token}")}
    assert list(told.values()) == [404, 404]
    assert (ask(f"/exports/{token}/p1", owner=OTHER).status, ask(f"/exports/{token}/p1").status) == (403, 403)
    remove_photo(world, PLANNER, photo_id="p1", reason="拍错了")
    assert ask(f"/exports/{token}/p1", owner=OWNER).status == 404


def test_a_backup_has_the_photos(world: Database, tmp_path: Path) -> None:
    """The backup's folder holds every file; put back with the file it is whole; a lost or changed file is found."""
    bring(world)
    digest = list_photos(world, PLANNER, about="issue", about_id="i1")[0]["sha256"]
    made = write_backup(world, PLANNER, target=tmp_path / "backup.sqlite")
    assert path_of(made.path, digest).is_file()
    assert not [one for one in check_database(world, PLANNER) if one.check == "photos"]
    path_of(world.path, digest).write_bytes(b"other")
    assert [one.check for one in check_database(world, PLANNER)] == ["photos"]
    with pytest.raises(NotFound):
        read_photo(world, PLANNER, photo_id="p1")
    back = tmp_path / "back.sqlite"
    shutil.copy(made.path, back)
    shutil.copytree(folder_of(made.path), folder_of(back))
    restored = Database(back)
    assert check_database(restored, PLANNER) == []
    assert read_photo(restored, PLANNER, photo_id="p1").startswith(b"\xff\xd8")
    restored.close()
    with sqlite3.connect(back) as connection:
        assert connection.execute("SELECT count(*) FROM attachment").fetchone() == (1,)
