"""Every service that takes a scope, with a call of it about one village: the rows of the matrix in test_access.py.

A case is about v1 of `tests/world.py` and what belongs to it. `right` is the action it asks for ('' asks for none);
`blind` says that a scope of another area is not refused but gets nothing (what it gets is compared with the value);
`whole` that only the whole district may.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import shapely

from geo.accounts import online, people, sheet
from geo.backup import write_backup
from geo.errors import Invalid
from geo.exports import outlines, units
from geo.importer import commit, refused, sources, succession, undo
from geo.importer import rounds as import_rounds
from geo.importer.commit import ImportOptions
from geo.importer.headers import Column
from geo.importer.outlines import aside
from geo.importer.outlines import commit as outline_import
from geo.mapping import load
from geo.model import IssueEntry, Scope, VisitEntry
from geo.store import (
    assignments,
    auditlog,
    basemap,
    bulk,
    check,
    erasure,
    exclusions,
    exportlog,
    gap_homes,
    homes,
    households,
    issues,
    ledger,
    map_reads,
    matching,
    places,
    reads,
    register,
    reveal,
    rounds,
    tile_reads,
    unentered,
    visits,
)
from geo.store.auditlog import Wanted
from geo.store.basemap import BaseMap
from geo.store.database import Database
from geo.store.editions import open_book
from geo.store.households import NewHousehold
from geo.store.matching import Criteria
from geo.store.rounds import RoundPlan
from geo.store.since import Mark
from tests import mapped, maps

DUE = date(2019, 11, 30)
ROUND = {"round_id": "2"}
V1 = {**ROUND, "place_id": "v1"}
H01 = {"household_id": "h01"}
_NOTHING = object()


@dataclass(frozen=True)
class Ground:
    """What the calls are about: the world's file, a folder to write to, and ids that were made for it."""

    db: Database
    folder: Path
    person: str
    assignment: str
    batch: str
    own_round: str
    past_round: str
    figures: str
    book: Path


@dataclass(frozen=True)
class Case:
    """One service: the right it asks for, and a call about v1."""

    right: str
    call: Callable[[Ground, Scope], Any]
    blind: Any = _NOTHING
    whole: bool = False

    @property
    def refuses(self) -> bool:
        """Whether a scope of another area is refused outright."""
        return self.blind is _NOTHING


def of_db(service: Callable[..., Any], right: str, *, blind: Any = _NOTHING, whole: bool = False, **said: Any) -> Case:
    """A service that opens the database itself; a value that is a function is made from the ground first."""

    def call(ground: Ground, scope: Scope) -> Any:
        return service(ground.db, scope, **_made(ground, said))

    return Case(right, call, blind, whole)


def in_write(service: Callable[..., Any], right: str, *, blind: Any = _NOTHING, **said: Any) -> Case:
    """A step that is given a write transaction."""

    def call(ground: Ground, scope: Scope) -> Any:
        with ground.db.write() as connection:
            return service(connection, scope, **_made(ground, said))

    return Case(right, call, blind)


def _made(ground: Ground, said: dict[str, Any]) -> dict[str, Any]:
    return {name: value(ground) if callable(value) else value for name, value in said.items()}


def _figures(ground: Ground) -> reads.Figures:
    whole = Scope("planner", "planner", "d")
    return reads.read_figures(ground.db, whole, round_id="2", place_id="v1")


def _own_round(ground: Ground) -> Any:
    return rounds.get_round(ground.db, Scope("planner", "planner", "d"), round_id=ground.own_round)


def round_2(ground: Ground) -> Any:
    return rounds.get_round(ground.db, Scope("planner", "planner", "d"), round_id="2")


def _import(ground: Ground, scope: Scope) -> Any:
    return commit.import_file(ground.db, scope, ground.book, options=ImportOptions(good_rows=True))


def _import_outlines(ground: Ground, scope: Scope) -> Any:
    shape = shapely.box(109.0, 27.6, 109.01, 27.61)
    path = maps.write_geojson(ground.folder / "a.geojson", [maps.group("一组", shape, village="东测村")])
    return outline_import.import_outlines(ground.db, scope, path, name=path.name, options=ImportOptions())


def _import_accounts(ground: Ground, scope: Scope) -> Any:
    path = mapped.write(ground.folder / "p.csv", "登录名,角色,单位\nclerk2,recorder,东测村\n")
    return sheet.import_accounts(ground.db, scope, path)


def _load(ground: Ground, scope: Scope) -> Any:
    spec = mapped.spec_of(
        """
        units:
          district: {code: {value: "900000"}, name: {value: 测试区}}
          township: {name: {value: 甲测乡}}
          village: {name: village}
        households: {key: id}
        """
    )
    path = mapped.write(ground.folder / "t.csv", "id,village\nC-702,东测村\n")
    return load.load_file(ground.db, scope, path, spec=spec)


def _load_newer(ground: Ground, scope: Scope) -> Any:
    # Whoever may goes on to the rules of its own: no edition of this book is newer than that of the test world.
    with suppress(Invalid):
        return succession.load_newer(ground.db, scope, book=open_book(), to="2023-06-30")


def _import_many(ground: Ground, scope: Scope) -> Any:
    return commit.import_files(ground.db, scope, [ground.book], options=ImportOptions(good_rows=True))


def _past_programme(ground: Ground) -> str:
    """Make a programme of its own out of the round that is over; return its name."""
    with ground.db.write() as connection:
        connection.exec_driver_sql("UPDATE round SET programme = '旧项目' WHERE id = ?", (ground.past_round,))
        connection.exec_driver_sql("UPDATE round SET status = 'closed' WHERE id = ?", (ground.past_round,))
    return "旧项目"


def _plan(scope: str = "v1") -> RoundPlan:
    return RoundPlan("新一轮", date(2020, 3, 1), date(2020, 3, 9), scope, number=77)


VISIT = VisitEntry("sv1", "h01", date(2019, 11, 19), "effective")
ISSUE = IssueEntry("si1", "g01", "household", "OTH", "屋顶漏水", date(2019, 11, 1), ("h01",))
NEW = NewHousehold("sn1", "C-990", "g01", "赵测新")
BULK = pd.DataFrame([{"household": "h01", "visited_on": date(2019, 11, 18), "outcome": "effective"}])
COLUMNS = (Column(0, "户编号", "code", "exact"), Column(1, "说法", None, "unknown"))
HEADS = pd.DataFrame([{"household": "h01", "head_name": "测01"}])
CLERK = {"name": "clerk", "role": "recorder", "area": "v1"}
OLD_VISIT = "v01-2019-10-20-in_person"

CASES: dict[str, Case] = {
    "accounts.sheet.import_accounts": Case("manage_accounts", _import_accounts),
    "accounts.people.list_accounts": of_db(people.list_accounts, "manage_accounts", blind=[]),
    "accounts.people.list_areas": of_db(people.list_areas, "manage_accounts", blind=dict),
    "accounts.people.create_account": of_db(people.create_account, "manage_accounts", **CLERK),
    "accounts.people.add_account": in_write(people.add_account, "manage_accounts", **CLERK),
    "accounts.people.move_account": of_db(people.move_account, "manage_accounts", account_id="kept", area="v1", further=["g01"]),
    "accounts.people.grant_exports": of_db(people.grant_exports, "manage_accounts", account_id="late", allows=True),
    "accounts.online.list_online": of_db(online.list_online, "manage_accounts", blind=[]),
    "accounts.online.revoke_session": of_db(online.revoke_session, "manage_accounts", session="kept"),
    "accounts.people.require_account": in_write(people.require_account, "manage_accounts", account_id="kept"),
    "accounts.people.find_account": of_db(people.find_account, "manage_accounts", name="kept"),
    "accounts.people.disable_account": of_db(people.disable_account, "manage_accounts", account_id="kept"),
    "accounts.people.enable_account": of_db(people.enable_account, "manage_accounts", account_id="kept"),
    "accounts.people.reset_account": of_db(people.reset_account, "manage_accounts", account_id="kept"),
    "store.auditlog.list_acts": of_db(auditlog.list_acts, "audit", whole=True, wanted=Wanted()),
    "store.auditlog.take_acts": of_db(auditlog.take_acts, "audit", whole=True, wanted=Wanted()),
    "store.auditlog.verify_audit": of_db(auditlog.verify_audit, "audit", whole=True),
    "store.erasure.erase_household": of_db(erasure.erase_household, "erase", **H01, reason="本人申请"),
    "store.erasure.erase_programme": of_db(erasure.erase_programme, "erase", whole=True, programme=_past_programme, reason="项目结束"),
    "store.erasure.list_closed": of_db(erasure.list_closed, "erase", whole=True),
    "store.reveal.reveal_names": of_db(reveal.reveal_names, "reveal", place_id="v1", reason="核对名册"),
    "store.reveal.take_people": of_db(reveal.take_people, "", blind=pd.DataFrame, frame=lambda _ground: HEADS),
    "store.reveal.reveal_person": of_db(reveal.reveal_person, "reveal", **H01, reason="核对电话"),
    "backup.write_backup": of_db(
        write_backup, "operate", whole=True, target=lambda ground: ground.folder / "copy.sqlite"
    ),
    "store.basemap.set_basemap": of_db(basemap.set_basemap, "operate", whole=True, base=BaseMap("osm")),
    "exports.outlines.list_areas": of_db(outlines.list_areas, "view", place_id="v1"),
    "exports.outlines.draw_outlines": Case(
        "view",
        lambda ground, scope: outlines.draw_outlines(ground.db, scope, place_id="v1", level="group")(
            pd.DataFrame({"place": ["g01"]})
        ),
    ),
    "exports.units.list_units": of_db(units.list_units, "view", total=_figures, level="group"),
    "exports.units.name_units": Case(
        "view",
        lambda ground, scope: [
            (one.parent, one.township) for one in units.name_units(ground.db, scope, [_figures(ground)])
        ],
        blind=[("", "")],
    ),
    "importer.commit.import_file": Case("import", _import),
    "importer.commit.import_files": Case("import", _import_many),
    "importer.outlines.aside.list_aside": of_db(aside.list_aside, "import", blind=[]),
    "importer.outlines.commit.import_outlines": Case("import", _import_outlines),
    "mapping.load.load_file": Case("import", _load, whole=True),
    "importer.refused.list_refused": of_db(refused.list_refused, "import", blind=[]),
    "importer.refused.dismiss_refused": of_db(
        refused.dismiss_refused, "import", batch=lambda ground: ground.batch, row=1, reason="旧户"
    ),
    "importer.rounds.settle_round": in_write(
        import_rounds.settle_round, "", choice=lambda ground: ground.own_round
    ),
    "importer.sources.save_mapping": of_db(
        sources.save_mapping, "import", whole=True, source="甲测乡", columns=COLUMNS, mapping={1: "note"}
    ),
    "importer.sources.find_mapping": of_db(sources.find_mapping, "import", whole=True, columns=COLUMNS),
    "importer.succession.load_newer": Case("import", _load_newer, whole=True),
    "importer.undo.find_undoable": of_db(undo.find_undoable, "import", whole=True),
    "importer.undo.undo_last": of_db(undo.undo_last, "import", whole=True),
    "store.assignments.assign": of_db(
        assignments.assign, "assign", **ROUND, assignee=lambda ground: ground.person, due_on=DUE, households=["h01"]
    ),
    "store.assignments.withdraw": of_db(assignments.withdraw, "assign", **ROUND, households=["h06"], groups=["g01"]),
    "store.assignments.set_due": of_db(assignments.set_due, "assign", **ROUND, due_on=DUE, groups=["g01"]),
    "store.assignments.change_assignment": of_db(
        assignments.change_assignment, "assign", assignment_id=lambda ground: ground.assignment, rev=1, due_on=DUE
    ),
    "store.assignments.assignee_column": in_write(assignments.assignee_column, "", assignee=lambda ground: ground.person),
    "store.assignments.find_live": in_write(
        assignments.find_live, "", assignment_id=lambda ground: ground.assignment, rev=1
    ),
    "store.assignments.find_leaves": in_write(assignments.find_leaves, "", round_=round_2, households=["h01"], groups=[]),
    "store.assignments.list_assignees": of_db(assignments.list_assignees, "view", place_id="v1"),
    "store.assignments.add_person": of_db(assignments.add_person, "assign", name="周测三", place_id="v1"),
    "store.bulk.record_visits": of_db(bulk.record_visits, "record_visit", frame=lambda _ground: BULK),
    "store.check.check_database": of_db(check.check_database, "operate", whole=True),
    "store.exportlog.log_export": of_db(exportlog.log_export, "export", blind=str, what="gaps.xlsx", filters="", rows=1),
    "store.exportlog.list_exports": of_db(exportlog.list_exports, "manage", whole=True),
    "store.homes.read_homes": of_db(homes.read_homes, "view", **V1),
    "store.gap_homes.read_gap_homes": of_db(gap_homes.read_gap_homes, "view", **V1),
    "store.gap_homes.read_todo_homes": of_db(gap_homes.read_todo_homes, "view", **V1),
    "store.households.get_household": of_db(households.get_household, "view", **H01),
    "store.households.household_by_tile_id": of_db(households.household_by_tile_id, "view", tile_id=1),
    "store.households.list_tags": of_db(households.list_tags, "view", **H01),
    "store.households.add_household": of_db(households.add_household, "edit_household", new=NEW),
    "store.households.insert_household": in_write(
        households.insert_household, "", new=NEW, today=date(2019, 11, 20)
    ),
    "store.households.edit_household": of_db(
        households.edit_household, "edit_household", household_id="h02", rev=1, changes={"size": 7}
    ),
    "store.households.move_household": of_db(
        households.move_household, "edit_household", household_id="h02", rev=1, place_id="g02"
    ),
    "store.households.set_point": of_db(
        households.set_point, "edit_household", household_id="h02", rev=1, lon=109.1, lat=27.6
    ),
    "store.households.set_tags": of_db(households.set_tags, "edit_household", **H01, kinds=["dibao"]),
    "store.issues.raise_issue": of_db(issues.raise_issue, "raise_issue", entry=ISSUE),
    "store.issues.insert_issue": in_write(issues.insert_issue, "", entry=ISSUE),
    "store.issues.list_issues": of_db(issues.list_issues, "view", **H01),
    "store.ledger.read_ledger": of_db(ledger.read_ledger, "view", place_id="v1"),
    "store.map_reads.count_unit_issues": of_db(map_reads.count_unit_issues, "view", blind={}),
    "store.matching.list_matching": of_db(
        matching.list_matching, "view", round_id=lambda ground: ground.own_round, as_of=DUE, criteria=Criteria()
    ),
    "store.matching.list_answers": of_db(
        matching.list_answers, "view", round_id=lambda ground: ground.own_round, as_of=DUE
    ),
    "store.matching.list_responsible": of_db(
        matching.list_responsible, "view", round_id=lambda ground: ground.own_round, place_id="v1", as_of=DUE
    ),
    "store.places.get_place": of_db(places.get_place, "view", place_id="v1"),
    "store.places.list_children": of_db(places.list_children, "view", place_id="v1"),
    "store.places.list_inside": of_db(places.list_inside, "view", blind=list, level="village"),
    "store.places.name_own": of_db(places.name_own, "view", blind=dict),
    "store.places.list_below": of_db(places.list_below, "view", place_id="v1", level="group"),
    "store.places.breadcrumb": of_db(places.breadcrumb, "view", place_id="v1"),
    "store.places.find_by_code": of_db(places.find_by_code, "view", blind=None, code="v1"),
    "store.places.search": of_db(places.search, "view", blind=[], words="C-001"),
    "store.reads.read_figures": of_db(reads.read_figures, "view", **V1),
    "store.reads.read_children": of_db(reads.read_children, "view", **V1),
    "store.reads.read_many": of_db(reads.read_many, "view", **ROUND, place_ids=["g01", "v1"]),
    "store.reads.read_by_tag": of_db(reads.read_by_tag, "view", **V1),
    "store.reads.read_same_day": of_db(reads.read_same_day, "view", figures=_figures),
    "store.register.read_roster": of_db(register.read_roster, "view", **V1),
    "store.register.read_units": of_db(register.read_units, "view", place_id="v1"),
    "store.exclusions.read_exclusions": of_db(exclusions.read_exclusions, "view", **V1),
    "store.exclusions.decide_exclusions": of_db(
        exclusions.decide_exclusions, "manage_round", **ROUND, revs={"h12": 2}, decision="approve"
    ),
    "store.rounds.list_rounds": of_db(rounds.list_rounds, "view", blind=[], programme="疫苗"),
    "store.rounds.get_round": of_db(rounds.get_round, "view", round_id=lambda ground: ground.own_round),
    "store.rounds.current_round": Case(
        "view", lambda ground, scope: getattr(rounds.current_round(ground.db, scope), "number", None), blind=2
    ),
    "store.rounds.previous_round": of_db(rounds.previous_round, "view", of=_own_round),
    "store.rounds.held_at": of_db(rounds.held_at, "view", of=_own_round, place_id="v1"),
    "store.rounds.create_round": of_db(rounds.create_round, "manage_round", plan=_plan()),
    "store.rounds.insert_round": in_write(rounds.insert_round, "", plan=_plan()),
    "store.rounds.visible_round": in_write(rounds.visible_round, "", round_id=lambda ground: ground.own_round),
    "store.tile_reads.read_tile_homes": of_db(
        tile_reads.read_tile_homes, "view", round_id=lambda ground: ground.own_round, as_of=DUE
    ),
    "store.tile_reads.read_changed": of_db(
        tile_reads.read_changed, "view", round_id=lambda ground: ground.own_round, since=Mark(0, 0, ""), days=(DUE, DUE)
    ),
    "store.tile_reads.find_listed": of_db(tile_reads.find_listed, "view", **ROUND, tile_id=1),
    "store.tile_reads.list_unlocated": of_db(tile_reads.list_unlocated, "view", **V1, as_of=DUE),
    "store.tile_reads.find_units": of_db(tile_reads.find_units, "view", blind={}, places=["v1"]),
    "store.tile_reads.list_leaves": of_db(tile_reads.list_leaves, "view", blind=frozenset(), place_id="v1"),
    "store.unentered.batches_within": in_write(unentered.batches_within, "", blind=[]),
    "store.unentered.lacking_batches": in_write(unentered.lacking_batches, "", blind=[], wanted=round_2),
    "store.unentered.count_unentered": of_db(unentered.count_unentered, "view", blind=0, **ROUND),
    "store.visits.record_visit": of_db(visits.record_visit, "record_visit", entry=VISIT),
    "store.visits.insert_visit": in_write(visits.insert_visit, "", entry=VISIT),
    "store.visits.void_visit": of_db(visits.void_visit, "record_visit", visit_id=OLD_VISIT, void_id="sw1"),
    "store.visits.insert_void": in_write(visits.insert_void, "", visit_id=OLD_VISIT, void_id="sw1"),
    "store.visits.list_visits": of_db(visits.list_visits, "view", **H01),
    "store.visits.list_persons": of_db(visits.list_persons, "view", visit_id=OLD_VISIT),
    "store.visits.list_told": of_db(visits.list_told, "view", visit_id=OLD_VISIT),
}  # fmt: skip

#: What takes a scope and asks nothing: steps inside a service that has asked, with the reason.
STEPS = {
    "store.auditlog.log_act": "logs a refusal or a view, which whoever is refused or looks has no say in",
    "backup.restore_backup": "asks for the right to operate; what it replaces may be unreadable, so it has no area to ask for",
    "importer.apply.make_plan": "plans what commit has read; commit asks for every village of the file, make_plan for moves",
    "mapping.rounds.settle_rounds": "makes the rounds of a mapping through insert_round, after load_file has asked for the whole file",
    "tiles.live.keep_index": "reads nothing by itself: what it keeps is read through read_tile_homes, for its scope's area",
    "store.proposals.adopt_visits": "takes visits into the round that insert_round has just made in the scope's area",
    "store.traits.keep_traits": "reads nothing by itself: what it keeps is read for its scope's areas, by who asked for the right",
    "store.missed.read_roster": "reads only what lies in the scope's areas, in the transaction of who asked for the right",
}

# The rows about clearance, the map and plans use the helpers above.
from tests.services_clear import CLEAR_CASES  # noqa: E402
from tests.services_map import MAP_CASES  # noqa: E402
from tests.services_plan import PLAN_CASES  # noqa: E402
from tests.services_work import WORK_CASES  # noqa: E402

CASES |= CLEAR_CASES | MAP_CASES | PLAN_CASES | WORK_CASES
