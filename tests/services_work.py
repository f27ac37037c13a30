"""Rows of the matrix in test_access.py about practical matters, photos and teams; see tests/services.py."""

from __future__ import annotations

from datetime import date
from typing import Any

from geo.importer import ImportOptions
from geo.importer.listed import batch, import_issues, import_matters, import_teams
from geo.importer.listed.table import ListTable
from geo.model import Scope
from geo.store import assignments, attachments, matter_reads, matters, mywork, teams
from geo.store.files import keep_file
from geo.store.matters import MatterEntry
from geo.store.teams import MemberEntry
from tests.pictures import make_picture
from tests.services import Case, Ground, in_write, of_db

DAY = date(2019, 11, 19)
PHOTO = make_picture()


def _with_matter(ground: Ground) -> str:
    """Put a matter of v1 where it is missing; return its id."""
    with ground.db.write() as connection:
        connection.exec_driver_sql(
            "INSERT OR IGNORE INTO matter (id, number, place, category, title, created_at, created_by) "
            "VALUES ('done', 'S-1', 'v1', 'INF_R', '硬化三组路', '', '')"
        )
    return "done"


def _with_member(ground: Ground) -> str:
    """Put a first secretary of v1 where there is none; return the id of the task."""
    with ground.db.write() as connection:
        connection.exec_driver_sql(
            "INSERT OR IGNORE INTO team (id, name, village, created_at, created_by) VALUES ('tm', '', 'v1', '', '')"
        )
        connection.exec_driver_sql(
            "INSERT OR IGNORE INTO team_member (id, team, person, role, since, created_at, created_by) "
            f"VALUES ('mb', 'tm', '{ground.person}', 'first_secretary', '2019-01-01', '', '')"
        )
    return "mb"


def _with_photo(ground: Ground) -> str:
    """Put a photo on the visit of v1 where it is missing; return its id."""
    digest = keep_file(ground.db.path, PHOTO)
    with ground.db.write() as connection:
        connection.exec_driver_sql(
            "INSERT OR IGNORE INTO attachment (id, visit, name, media_type, sha256, bytes, width, height, created_at,"
            f" created_by) VALUES ('shown', 'note', 'a', 'image/jpeg', '{digest}', 1, 1, 1, '', '')"
        )
    return "shown"


def _bring(service: Any, header: str, row: str) -> Any:
    def call(ground: Ground, scope: Scope) -> Any:
        path = ground.folder / "list.csv"
        path.write_text(f"{header}\n{row}\n", encoding="utf-8-sig")
        return service(ground.db, scope, path, options=ImportOptions())

    return call


def _store(ground: Ground, scope: Scope) -> Any:
    planned = batch.Planned(places={"v1"})
    table = ListTable(cells=[{}])
    return batch.store_list(
        ground.db, scope, ground.book, name="x.csv", kind="matters", options=ImportOptions(), read=lambda: table,
        plan=lambda _ground, _table: planned,
    )  # fmt: skip


def _find_matter(ground: Ground, scope: Scope) -> Any:
    matter_id = _with_matter(ground)
    return in_write(matters.find_matter, "", matter_id=matter_id).call(ground, scope)


_ROAD = "甲测乡,东测村,道路,硬化三组路"
_LEAD = "甲测乡,东测村,第一书记,钱测"

WORK_CASES: dict[str, Case] = {
    "store.matters.add_matter": of_db(
        matters.add_matter, "act_on_issue", entry=MatterEntry("new", "v1", "INF_R", "架桥", done_on=DAY)
    ),
    "store.matters.edit_matter": of_db(
        matters.edit_matter, "act_on_issue", matter_id=_with_matter, rev=1, changes={"title": "硬化四组路"}
    ),
    "store.matters.remove_matter": of_db(
        matters.remove_matter, "act_on_issue", matter_id=_with_matter, rev=1, reason="重复登记"
    ),
    "store.matters.get_matter": of_db(matters.get_matter, "view", matter_id=_with_matter),
    "store.matters.find_matter": Case("", _find_matter),
    "store.matter_reads.sum_matters": of_db(matter_reads.sum_matters, "view", place_id="v1"),
    "store.matter_reads.read_matters": of_db(matter_reads.read_matters, "view", place_id="v1"),
    "store.teams.add_member": of_db(
        teams.add_member, "assign", entry=MemberEntry("nm", "v1", "village_head", DAY, name="孙测")
    ),
    "store.teams.end_member": of_db(teams.end_member, "assign", member_id=_with_member, rev=1, until=DAY),
    "store.teams.mark_leader": of_db(teams.mark_leader, "assign", member_id=_with_member, rev=1),
    "store.teams.list_members": of_db(teams.list_members, "view", place_id="v1"),
    "store.attachments.add_photo": of_db(
        attachments.add_photo,
        "record_visit",
        about="visit",
        about_id="note",
        content=PHOTO,
        name="a.jpg",
        photo_id="np",
    ),
    "store.attachments.list_photos": of_db(attachments.list_photos, "view", about="visit", about_id="note"),
    "store.attachments.read_photo": of_db(attachments.read_photo, "see_details", photo_id=_with_photo),
    "store.attachments.remove_photo": of_db(
        attachments.remove_photo, "act_on_issue", photo_id=_with_photo, reason="拍错了"
    ),
    "importer.listed.issues.import_issues": Case(
        "import", _bring(import_issues, "乡镇,村,问题类别,问题描述,收集时间", "甲测乡,东测村,道路,路坏了,2019-11-01")
    ),
    "store.mywork.list_own_homes": of_db(
        mywork.list_own_homes, "record_visit", person_id=lambda ground: ground.person, round_id="2"
    ),
    "store.mywork.read_work": of_db(mywork.read_work, "record_visit", person_id=lambda ground: ground.person),
    "store.mywork.find_worker": of_db(mywork.find_worker, "record_visit", blind=None),
    "store.assignments.return_assignment": of_db(
        assignments.return_assignment,
        "record_visit",
        assignment_id=lambda ground: ground.assignment,
        rev=1,
        reason="住得太远",
    ),
    "store.assignments.list_returned": of_db(assignments.list_returned, "view", round_id="2", place_id="v1"),
    "importer.listed.matters.import_matters": Case("import", _bring(import_matters, "乡镇,村,类别,实事", _ROAD)),
    "importer.listed.teams.import_teams": Case("import", _bring(import_teams, "乡镇,村,角色,姓名", _LEAD)),
    "importer.listed.batch.store_list": Case("", _store),
}
