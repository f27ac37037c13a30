"""Who may do what, where: every service that takes a scope, for every role, for other areas, and for leaders' eyes."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import select

import geo
from geo import codes
from geo.access import GRANTED, RIGHTS, Unit, allowed, may
from geo.errors import NotAllowed, NotFound
from geo.importer import ImportOptions, import_file
from geo.model import IssueEntry, Scope, VisitEntry
from geo.schema import account, account_session, assignment, household, import_batch, place
from geo.store.assignments import add_person, assign, list_assignees
from geo.store.database import Database, write_setting
from geo.store.households import add_household
from geo.store.issues import raise_issue
from geo.store.measures import MeasureEntry, add_measure
from geo.store.published import close_round, lock_round
from geo.store.reviews import ReviewEntry, open_review
from geo.store.rounds import RoundPlan, create_round, list_rounds
from geo.store.unentered import count_unentered
from geo.store.visits import record_visit
from tests.services import CASES, NEW, STEPS, Case, Ground
from tests.workbooks import write_csv
from tests.world import LEADER, PLANNER

#: A planner of v5, of another township than v1.
ELSEWHERE = Scope("other", "planner", "v5")
#: Free text and numbers of people that must not reach a leader, besides heads and phones.
SECRETS = ("李某电话打给儿子", "家中老人瘫痪", "儿媳不愿签字", "736X")
#: Areas of an actor, seen from v1, which the calls are about: the district, v1 itself, a sibling, a group whose parent v1 is.
#: `second` and `groups` are actors of several: what one area of theirs holds is theirs, what none holds is not.
AREAS = {
    "whole": ("d",), "own": ("v1",), "second": ("v5", "v1"), "sibling": ("v2",), "siblings": ("v5", "v2"),
    "parent": ("g03",), "groups": ("v5", "g03"),
}  # fmt: skip
#: What is asked about the round of the township: each of its areas holds it, and reads its own part of it.
_OF_THE_ROUND = {
    "importer.rounds.settle_round", "store.matching.list_answers", "store.matching.list_matching",
    "store.matching.list_responsible", "store.rounds.get_round", "store.rounds.previous_round",
    "store.rounds.visible_round", "store.tile_reads.read_changed", "store.tile_reads.read_tile_homes",
}  # fmt: skip
#: Services that do not refuse such an actor; besides: the village's people work in its groups too, h12 lives in g03, and
#: what a round of the village published is read for the group alone.
SHARED: dict[str, set[str]] = {
    "sibling": _OF_THE_ROUND,
    "siblings": _OF_THE_ROUND,
    "parent": _OF_THE_ROUND
    | {"store.mywork.list_own_homes", "store.mywork.read_work"}
    | {"store.assignments.assignee_column", "store.exclusions.decide_exclusions", "store.published.read_published"}
    | {f"store.comparing.{name}" for name in ("list_earlier", "read_then", "read_reached_by_phone")}
    | {"store.matching.read_missed"},
}
SHARED["groups"] = SHARED["parent"]
LAYERS = ("geo.ui", "geo.cli", "geo.web", "geo.demo", "geo.__main__", "geo.access", "geo.audit", "geo.store.migrations")
HEADER = ["乡镇", "村", "村民组", "户编号", "户主", "人口"]


@cache
def list_services() -> dict[str, Callable[..., Any]]:
    """Return every public function below the screens that takes a scope, by its name without `geo.`."""
    found = {}
    for module in pkgutil.walk_packages(geo.__path__, "geo."):
        if module.name.startswith(LAYERS):
            continue
        for name, one in vars(importlib.import_module(module.name)).items():
            public = inspect.isfunction(one) and one.__module__ == module.name and not name.startswith("_")
            if public and "scope" in inspect.signature(one).parameters:
                found[f"{module.name.removeprefix('geo.')}.{name}"] = one
    return found


@pytest.fixture(scope="module")
def ground_file(world_file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Return the world with what the cases are about: notes, a township's own round, an assignment, a refused row."""
    folder = tmp_path_factory.mktemp("ground")
    db = Database(shutil.copy(world_file, folder / "ground.sqlite"))
    with db.write() as connection:
        write_setting(connection, "kind", "real")
        write_setting(connection, "edition", "test")
        connection.execute(household.update().where(household.c.id == "h01").values(note=SECRETS[1], id_last4="736X"))
    record_visit(db, PLANNER, entry=VisitEntry("note", "h01", date(2019, 11, 2), "effective", note=SECRETS[0]))
    record_visit(db, PLANNER, entry=VisitEntry("gone", "h12", date(2019, 11, 2), "vacant", reason="house_gone"))
    entry = IssueEntry("said", "g01", "household", "DISP", "分户纠纷", date(2019, 11, 2), ("h01",), detail=SECRETS[2])
    raise_issue(db, PLANNER, entry=entry)
    open_review(db, PLANNER, entry=ReviewEntry("held", "v1", "village", date(2019, 11, 3), minutes=SECRETS[2]))
    keep_account(db)
    add_measure(db, PLANNER, entry=MeasureEntry("said-1", "said", SECRETS[2], date(2019, 11, 3)))
    plan = RoundPlan("接种", date(2019, 11, 1), date(2019, 11, 25), "t1", programme="疫苗", number=1)
    ids = {"own_round": create_round(db, PLANNER, plan=plan).id}
    for nth in (0, 1):
        plan = RoundPlan("旧一轮", date(2018, 3 + nth, 1), date(2018, 3 + nth, 9), "v1", number=66 + nth)
        ids["past_round"] = create_round(db, PLANNER, plan=plan).id
        if not nth:
            close_round(db, PLANNER, round_id=ids["past_round"])
            ids["figures"] = lock_round(db, PLANNER, round_id=ids["past_round"])
    ids["person"] = add_person(db, PLANNER, name="钱测五", place_id="v1")
    due = date(2019, 11, 25)
    assign(db, PLANNER, round_id="2", assignee=ids["person"], due_on=due, households=["h06"], groups=["g01"])
    book = write_csv(
        folder / "v1.csv", [["甲测乡", "东测村", "一组", code, "孙测", 2] for code in ("", "C-700")], header=HEADER
    )
    made = import_file(db, PLANNER, book, options=ImportOptions(good_rows=True, round="2"))
    assert (made.stored, len(made.rows_bad)) == (True, 1)
    with db.read() as connection:
        of_h06 = select(assignment.c.id).where(assignment.c.household == "h06")
        ids["assignment"] = connection.execute(of_h06).scalar_one()
        ids["batch"] = connection.execute(select(import_batch.c.id)).scalar_one()
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    write_csv(folder / "v1.csv", [["甲测乡", "东测村", "一组", "C-701", "吴测", 2]], header=HEADER)
    return folder / "ground.sqlite", ids


def keep_account(db: Database) -> None:
    """Add the accounts that the cases about accounts name."""
    kept = {"area": "v1", "created_at": "", "created_by": ""}
    roles = {"kept": "leader", "late": "recorder"}
    with db.write() as connection:
        connection.execute(
            account.insert(), [{"id": name, "name": name, "role": role, **kept} for name, role in roles.items()]
        )
        opened = {"id": "kept", "account": "kept", "stage": "full", "opened_at": "", "seen_at": ""}
        connection.execute(account_session.insert().values(**opened))


@pytest.fixture
def ground(ground_file: tuple[Path, dict[str, str]], tmp_path: Path) -> Iterator[Ground]:
    """Give a copy of the ground to try one service on."""
    path, ids = ground_file
    db = Database(shutil.copy(path, tmp_path / "ground.sqlite"))
    yield Ground(db, tmp_path, book=path.with_name("v1.csv"), **ids)
    db.close()


def test_every_service_has_a_row() -> None:
    """A function that takes a scope is in the matrix (tests/services.py) or a named step; no row is left over."""
    assert set(list_services()) == CASES.keys() | STEPS.keys()


@pytest.mark.parametrize("name", CASES)
def test_another_area_is_refused_or_sees_nothing(ground: Ground, name: str) -> None:
    """A planner of another village is refused, or gets nothing of this one; the district's planner is not refused."""
    case = CASES[name]
    with ground.db.read() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM audit_log").scalar_one()
    if case.refuses:
        with pytest.raises((NotAllowed, NotFound)):
            case.call(ground, whoever_may(case, ELSEWHERE.area))
        with ground.db.read() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM audit_log").scalar_one() == before
    else:
        got = case.call(ground, whoever_may(case, ELSEWHERE.area))
        assert isinstance(got, case.blind) if isinstance(case.blind, type) else got == case.blind
    assert runs(list_services()[name], lambda: case.call(ground, whoever_may(case))), "the row calls another service"


def whoever_may(case: Case, area: str = "d") -> Scope:
    """Return somebody of an area who may do it: a planner, or who else has the right."""
    role = "planner" if may(PLANNER, case.right) or not case.right else min(RIGHTS[case.right])
    return Scope("own", role, area, granted=GRANTED)


def runs(service: Callable[..., Any], call: Callable[[], Any]) -> bool:
    """Say whether a call runs this very function: a copied row of the matrix would prove nothing."""
    seen = []

    def look(frame: FrameType, event: str, _arg: object) -> None:
        if frame.f_code is service.__code__:
            seen.append(event)
            sys.setprofile(None)

    sys.setprofile(look)
    try:
        call()
    finally:
        sys.setprofile(None)
    return bool(seen)


@pytest.mark.parametrize("name", CASES)
def test_the_own_area_is_enough(ground: Ground, name: str) -> None:
    """The planner of the village itself may do all of it, but what concerns the whole file."""
    case = CASES[name]
    here = whoever_may(case, "v1")
    if case.whole:
        with pytest.raises(NotAllowed):
            case.call(ground, here)
    else:
        case.call(ground, here)


@pytest.fixture(scope="module")
def still(ground_file: tuple[Path, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Give one ground to all refusals: they leave it as it is."""
    path, ids = ground_file
    folder = tmp_path_factory.mktemp("still")
    db = Database(shutil.copy(path, folder / "ground.sqlite"))
    yield Ground(db, folder, book=path.with_name("v1.csv"), **ids)
    db.close()


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("role", codes.ROLES)
def test_the_matrix_of_refusals(still: Ground, role: str, area: str) -> None:
    """Every service refuses a role without its right, another village of the township, and a group below; nothing stays."""
    home, *further = AREAS[area]
    scope = Scope("somebody", role, home, further=tuple(further))
    refused = [name for name, case in CASES.items() if is_refused(name, case, scope, area)]
    before = count_acts(still.db)
    let_in = []
    for name in refused:
        try:
            CASES[name].call(still, scope)
        except (NotAllowed, NotFound):
            continue
        let_in.append(name)
    assert not let_in, "\n".join(let_in)
    assert count_acts(still.db) == before
    assert len(refused) > (
        20 if area in SHARED else 5 if area in {"own", "second"} or not may(scope, "manage_round") else 2
    )


def test_the_matrix_of_actions(world: Database) -> None:
    """Role × action × {own, sibling, parent area}: only what the table names, only inside the own area; nothing unknown."""
    with world.read() as connection:
        places = {"own": Unit(connection, "g01"), "sibling": Unit(connection, "v2"), "parent": Unit(connection, "t1")}
        granted = {
            (role, action)
            for role in (*codes.ROLES, "", "root")
            for action in (*RIGHTS, "", "nothing")
            for resource in places.values()
            if allowed(Scope("somebody", role, "v1", granted=GRANTED), action, resource)
        }
        elsewhere = [
            (role, action, where)
            for role in codes.ROLES
            for action in RIGHTS
            for where in ("sibling", "parent")
            if allowed(Scope("somebody", role, "v1", granted=GRANTED), action, places[where])
        ]
        several = Scope("somebody", "planner", "v5", further=("g01", "v2"))
        assert all(allowed(several, "view", places[where]) for where in ("own", "sibling"))
        assert not allowed(several, "view", places["parent"])
        assert not any(
            allowed(Scope("somebody", role, "d"), one, places["own"]) for role in codes.ROLES for one in GRANTED
        )
    assert elsewhere == []
    assert granted == {(role, action) for action, roles in RIGHTS.items() for role in roles}
    may_do = {role: {action for action, roles in RIGHTS.items() if role in roles} for role in codes.ROLES}
    assert may_do["leader"] == {"reach", "view", "export"}
    assert may_do["system_admin"] == {"operate", "manage_accounts"}
    assert may_do["auditor"] == {"audit"}
    assert may_do["recorder"].isdisjoint({"assign", "manage_round", "import", "manage", "erase", "operate"})


def count_acts(db: Database) -> int:
    """Return how many acts the log holds."""
    with db.read() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM audit_log").scalar_one())


def is_refused(name: str, case: Case, scope: Scope, area: str) -> bool:
    """Say whether the rules refuse an actor of an area a call about v1: by the role, else by the area."""
    if case.right and not may(scope, case.right):
        return True
    if case.whole:
        return area != "whole"
    return case.refuses and area in SHARED and name not in SHARED[area]


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if "leader" in RIGHTS.get(case.right, ())])
def test_nothing_personal_reaches_a_leader(ground: Ground, name: str) -> None:
    """Whatever a service hands a leader holds no full name of a head, no phone, no free text, no part of an ID number."""
    said = flatten(CASES[name].call(ground, LEADER))
    found = [one for one in list_personal(ground.db) if one in said]
    assert found == []


def test_a_planner_is_handed_what_a_leader_is_not(ground: Ground) -> None:
    """The same calls do hold names, phones and notes for a planner: the test above can fail."""
    calls = [CASES[name].call(ground, PLANNER) for name in ("store.households.get_household", "store.visits.list_visits",
             "store.issues.list_issues", "store.register.read_roster", "store.ledger.read_ledger",
             "store.reveal.reveal_person")]  # fmt: skip
    said = "\n".join(map(flatten, calls))
    assert all(one in said for one in (*SECRETS, "测01", "19900000001"))


def list_personal(db: Database) -> list[str]:
    """Return every head and phone of the file, and the other texts no leader may read."""
    with db.read() as connection:
        rows = connection.execute(select(household.c.head_name, household.c.phone)).all()
    return [*SECRETS, *(part for row in rows for part in row if part)]


def flatten(value: Any) -> str:
    """Return everything in a result as text: tables, mappings, dataclasses, sequences."""
    if isinstance(value, pd.DataFrame):
        return value.to_csv()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return "\n".join(flatten(getattr(value, one.name)) for one in dataclasses.fields(value))
    if isinstance(value, Mapping) or hasattr(value, "_mapping"):
        return "\n".join(f"{name} {flatten(one)}" for name, one in dict(getattr(value, "_mapping", value)).items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return "\n".join(map(flatten, value))
    return str(value)


def test_an_id_of_elsewhere_is_no_way_in(ground: Ground) -> None:
    """Sending again what was stored elsewhere tells nothing: not the household, not the issue's number."""
    add_household(ground.db, PLANNER, new=NEW)
    with pytest.raises(NotAllowed):
        add_household(ground.db, ELSEWHERE, new=dataclasses.replace(NEW, place="v5"))
    entry = IssueEntry("said", "v5", "village", "OTH", "外村", date(2019, 11, 1))
    with pytest.raises(NotAllowed):
        raise_issue(ground.db, ELSEWHERE, entry=entry)


def test_work_goes_to_people_of_the_area(ground: Ground) -> None:
    """A village's planner gives work to own people, not to those of another village; the district's planner to both."""
    due = date(2019, 11, 30)
    with pytest.raises(NotAllowed):
        assign(ground.db, ELSEWHERE, round_id="2", assignee=ground.person, due_on=due, households=["h57"])
    own = add_person(ground.db, ELSEWHERE, name="郑测九", place_id="v5")
    assert assign(ground.db, ELSEWHERE, round_id="2", assignee=own, due_on=due, households=["h57"]) == 1
    assert assign(ground.db, PLANNER, round_id="2", assignee=ground.person, due_on=due, households=["h57"]) == 1
    team = next(one for one in list_assignees(ground.db, PLANNER, place_id="v1") if "role" not in one)["id"]
    with pytest.raises(NotAllowed):
        assign(ground.db, ELSEWHERE, round_id="2", assignee=team, due_on=due, households=["h57"])


def test_a_village_without_households_of_its_own_is_no_group(ground: Ground) -> None:
    """assign(groups=[village]) of another area is refused before anything is said about its roster."""
    with pytest.raises(NotAllowed):
        assign(ground.db, ELSEWHERE, round_id="2", assignee=ground.person, due_on=date(2019, 11, 30), groups=["v1"])


def test_rounds_are_listed_where_they_are_held(ground: Ground) -> None:
    """A township's round is listed for the district, the township and its villages, not for the neighbours."""

    def programmes(area: str) -> set[str]:
        return {one.programme for one in list_rounds(ground.db, Scope("p", "planner", area))}

    assert programmes("d") == programmes("t1") == programmes("g01") == {"visits", "疫苗"}
    assert programmes("t2") == programmes("v5") == {"visits"}


def test_refused_rows_belong_to_the_villages_of_their_file(ground: Ground) -> None:
    """未入册 counts for every area that holds all villages of the file, and for no other."""
    counted = {
        area: count_unentered(ground.db, Scope("p", "planner", area), round_id="2")
        for area in ("d", "t1", "v1", "v2", "t2", "g01")
    }
    assert counted == {"d": 1, "t1": 1, "v1": 1, "v2": 0, "t2": 0, "g01": 0}


def test_a_name_in_another_area_is_not_found(ground: Ground) -> None:
    """Renaming changes nothing about it: units, households and heads of elsewhere have no hit."""
    with ground.db.write() as connection:
        connection.execute(place.update().where(place.c.id == "v1").values(name="新测村"))
    for words in ("新测", "测01", "C-001", "xc"):
        hits = CASES["store.places.search"].call(ground, ELSEWHERE) if words == "C-001" else _search(ground, words)
        assert all(hit["place"] == "v5" for hit in hits)


def _search(ground: Ground, words: str) -> list[dict[str, str]]:
    from geo.store.places import search

    return search(ground.db, ELSEWHERE, words=words)
