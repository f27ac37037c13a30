"""Erasing a household or a closed programme: what goes, what stays, and the files searched byte by byte."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from geo.backup import write_backup
from geo.cli import main
from geo.errors import Conflict, Invalid, NotAllowed, NotFound
from geo.importer.rounds import NewRound
from geo.model import IssueEntry, Scope, VisitEntry
from geo.store.attachments import add_photo
from geo.store.auditlog import verify_audit
from geo.store.check import check_database
from geo.store.database import Database
from geo.store.drafts import keep_draft
from geo.store.erasure import erase_household, erase_programme, list_closed
from geo.store.files import path_of
from geo.store.households import edit_household, find_code, get_household
from geo.store.issues import raise_issue
from geo.store.measures import MeasureEntry, add_measure
from geo.store.published import close_round
from geo.store.reads import read_figures
from geo.store.reviews import ReviewEntry, open_review
from geo.store.rounds import RoundPlan, create_round
from geo.store.traces import files_of, rewrite_file, search_files
from geo.store.visits import record_visit
from tests import workbooks
from tests.pictures import make_picture
from tests.world import LEADER, PLANNER

ADMIN = Scope("admin", "admin", "d")
NAME, PHONE, NUMBER = "欧阳测贰拾", "13912345678", "522221199001011236"
TEXTS = ("他家老二在广东打工", "屋后滑坡怕塌", "儿子电话不通", "补了两次瓦", "想要低保", "没写完的话")


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Callable[..., Path]]:
    """A register in which one household has left something in every table that can hold it."""
    folder = tmp_path_factory.mktemp("register")
    db, planner = workbooks.open_register(folder / "r.sqlite")
    header = [*workbooks.HEADER, "联系电话"]
    rows = [[*workbooks.home("HP1", 户主=NAME, 身份证号=NUMBER, 备注=TEXTS[0]), PHONE], [*workbooks.home("HP2"), ""]]
    plan = NewRound("第1轮", date(2019, 10, 1), date(2019, 12, 1))
    book = workbooks.write_csv(folder / "a.csv", [*rows, [*workbooks.home("", 户主=NAME), PHONE]], header=header)
    assert workbooks.bring(db, planner, book, round=plan, good_rows=True).stored
    rows[0][header.index("户主")] = f"{NAME}改"
    workbooks.bring(db, planner, workbooks.write_csv(folder / "b.csv", rows, header=header), round="1")
    home = find_code(db, planner, code="HP1")
    row = get_household(db, planner, household_id=home)
    edit_household(db, planner, household_id=home, rev=row["rev"], changes={"head_name": NAME, "note": TEXTS[2]})
    visit = record_visit(db, planner, entry=VisitEntry("v-1", home, date(2019, 11, 19), "effective", note=TEXTS[1]))
    entry = IssueEntry("i-1", visit.place, "household", "OTH", f"{NAME}家漏雨", date(2019, 11, 1), (home,), TEXTS[4])
    raise_issue(db, planner, entry=entry)
    add_measure(db, planner, entry=MeasureEntry("m-1", "i-1", TEXTS[3], date(2019, 11, 3)))
    village = row["village"]
    open_review(db, planner, entry=ReviewEntry("r-1", village, "village", date(2019, 11, 3), minutes=f"先办{NAME}家"))
    keep_draft(db, dataclasses.replace(planner, owner="b"), about=f"visit:{home}", content={"note": TEXTS[5]})
    db.close()

    def copy(to: Path) -> Path:
        return Path(shutil.copy(folder / "r.sqlite", to / "r.sqlite"))

    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return folder, copy


def test_nothing_of_a_household_is_left_in_the_file(
    register: tuple[Path, Callable[..., Path]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Erased by the command, its name, phone, ID hash and texts are in no byte of the database; copies elsewhere are listed."""
    path = register[1](tmp_path)
    db = Database(path)
    planner = Scope("planner", "planner", _root(db))
    with db.read() as connection:
        digest = connection.exec_driver_sql("SELECT id_hash FROM household WHERE code = 'HP1'").scalar_one()
        ended = connection.exec_driver_sql("SELECT id FROM round").scalar_one()
    words = (NAME, PHONE, digest, *TEXTS)
    for word in words:
        assert search_files(files_of(db), [word]).found, f"{word} is in the file before: the search can find"
    before = read_figures(db, planner, round_id=ended, place_id=planner.area).counts
    kept = fill_folder(db, planner, tmp_path / "kept")
    db.close()
    capsys.readouterr()
    where = ["--db", str(path), "--look", str(kept), "--json"]
    assert main(["erase", "household", "HP1", "--reason", f"本人申请 {PHONE}", *where]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["households"] == 1
    assert {Path(one).name for one in said["found"]} == {"backup.sqlite", "list.xlsx", "gbk.csv"}
    assert [Path(one).name for one in said["unread"]] == ["paper.pdf"]
    for word in words:
        assert search_files(files_of(db), [word]).found == (), word
    after = read_figures(db, planner, round_id=ended, place_id=planner.area).counts
    changed = {name for name, value in before.values.items() if after.values[name] != value}
    assert changed == {"located"}, "every figure stays, but where the home lies is known no more"
    assert check_database(db, planner) == []
    assert verify_audit(db, Scope("a", "auditor", planner.area)).fault == ""
    row = get_household(db, planner, household_id=find_code(db, planner, code="HP1"))
    assert (row["head_name"], row["phone"], row["has_id"], row["lon"], row["note"]) == ("", "", False, None, "")
    assert get_household(db, planner, household_id=find_code(db, planner, code="HP2"))["head_name"] == "王*"
    db.close()


def fill_folder(db: Database, planner: Scope, kept: Path) -> Path:
    """Make a folder with a backup, lists that hold the name or the phone, one that holds neither, and paper."""
    kept.mkdir()
    write_backup(db, planner, target=kept / "backup.sqlite")
    book = Workbook()
    book.active.append([NAME])
    book.save(kept / "list.xlsx")
    (kept / "other.csv").write_text("别人", encoding="utf-8")
    (kept / "gbk.csv").write_text(PHONE, encoding="gbk")
    (kept / "paper.pdf").write_bytes(b"%PDF-1.7")
    return kept


def _root(db: Database) -> str:
    with db.read() as connection:
        return str(connection.exec_driver_sql("SELECT id FROM place WHERE parent IS NULL").scalar_one())


def test_who_may_erase(world: Database) -> None:
    """Only a business administrator, in the own area, with a reason; guards on visits stand again afterwards."""
    for scope in (PLANNER, LEADER, Scope("s", "system_admin", "d"), Scope("x", "admin", "v2")):
        with pytest.raises(NotAllowed):
            erase_household(world, scope, household_id="h01", reason="本人申请")
    with pytest.raises(Invalid):
        erase_household(world, ADMIN, household_id="h01", reason=" ")
    erase_household(world, ADMIN, household_id="h01", reason="本人申请")
    with world.read() as connection:
        guards = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
    assert {"visit_append_only", "issue_event_append_only", "audit_log_kept"} <= set(guards)


def test_a_photo_of_the_household_goes_too(world: Database) -> None:
    """The file of a photo that nothing else shows is gone from beside the database."""
    about = {"about": "visit", "about_id": "v01-2019-10-20-in_person", "name": "a.jpg", "photo_id": "p1"}
    made = add_photo(world, PLANNER, content=make_picture(), **about)
    with world.read() as connection:
        digest = connection.exec_driver_sql("SELECT sha256 FROM attachment WHERE id = ?", (made,)).scalar_one()
    assert path_of(world.path, digest).is_file()
    assert erase_household(world, ADMIN, household_id="h01", reason="本人申请").photos == 1
    assert not path_of(world.path, digest).exists()


def test_a_closed_programme(world: Database) -> None:
    """An open one is refused; of a closed one, households in no other programme are erased, of others only its notes."""
    plan = RoundPlan("接种", date(2019, 1, 1), date(2019, 2, 1), "v1", programme="疫苗", number=1)
    round_id = create_round(world, PLANNER, plan=plan, baseline=["h01", "h02"]).id
    with world.write() as connection:
        connection.exec_driver_sql("DELETE FROM round_roster WHERE household = 'h02' AND round <> ?", (round_id,))
    note = VisitEntry("vac", "h01", date(2019, 1, 5), "effective", note="接种后发热", programme="疫苗")
    record_visit(world, PLANNER, entry=note)
    with pytest.raises(Conflict):
        erase_programme(world, ADMIN, programme="疫苗", reason="满三年")
    with pytest.raises(NotFound):
        erase_programme(world, ADMIN, programme="没有", reason="满三年")
    close_round(world, PLANNER, round_id=round_id)
    assert list_closed(world, ADMIN) == [("疫苗", "2019-02-01", False)]
    assert list_closed(world, ADMIN, months=9) == [("疫苗", "2019-02-01", False)]
    assert list_closed(world, ADMIN, months=8) == [("疫苗", "2019-02-01", True)]
    erased = erase_programme(world, ADMIN, programme="疫苗", reason="满三年")
    assert (erased.households, erased.values) == (1, ("19900000002", "测02"))
    rewrite_file(world)
    assert search_files(files_of(world), ["接种后发热", "19900000002"]).found == ()
    assert search_files(files_of(world), ["19900000001"]).found == (str(world.path),)
