"""Rounds, households, assignments, issues, search and the log through the store's services."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from geo.audit import verify_log
from geo.errors import Busy, Conflict, Invalid, NotAllowed, NotFound
from geo.model import IssueEntry, Scope
from geo.schema import assignment, audit_log, round_roster
from geo.store import database as database_module
from geo.store.assignments import assign, change_assignment, list_assignees, withdraw
from geo.store.create import create_database, migrate
from geo.store.database import Database
from geo.store.households import (
    NewHousehold,
    add_household,
    edit_household,
    get_household,
    household_by_tile_id,
    list_tags,
    move_household,
    set_point,
    set_tags,
)
from geo.store.issues import list_issues, raise_issue
from geo.store.land import read_areas
from geo.store.map_reads import count_unit_issues
from geo.store.places import breadcrumb, insert_place, list_children, root_place, search
from geo.store.reads import read_figures, read_homes, read_many
from geo.store.rounds import RoundPlan, create_round, current_round, get_round, list_rounds, previous_round
from geo.store.visits import list_persons, list_visits
from tests.world import LEADER, PLANNER, TODAY


def counts_of(world, place):
    return read_figures(world, PLANNER, round_id="2", place_id=place).counts


def test_rounds_of_one_programme_may_not_overlap(world):
    """Overlapping days are refused where the scopes are equal, above or below; beside each other they may."""
    in_may = {"starts_on": date(2019, 5, 20), "ends_on": date(2019, 6, 10)}
    for scope in ("d", "v1"):
        with pytest.raises(Invalid, match="overlap"):
            create_round(world, PLANNER, plan=RoundPlan("乱", scope=scope, **in_may))
    create_round(world, PLANNER, plan=RoundPlan("疫苗", scope="d", programme="vaccination", **in_may))
    first = RoundPlan("甲", date(2020, 1, 1), date(2020, 1, 5), "t1")
    create_round(world, PLANNER, plan=first)
    create_round(world, PLANNER, plan=RoundPlan("乙", date(2020, 1, 3), date(2020, 1, 8), "t2"))
    with pytest.raises(Invalid, match="days"):
        create_round(world, PLANNER, plan=RoundPlan("反", date(2020, 3, 5), date(2020, 3, 1), "d"))


def test_a_new_round_takes_everybody_living_in_its_scope(world):
    """Without a list the baseline are all households of the scope; the number follows the last one."""
    made = create_round(world, PLANNER, plan=RoundPlan("第3轮", date(2019, 12, 20), date(2020, 1, 5), "t1"))
    assert made.number == 3
    with world.read() as connection:
        rows = connection.execute(select(round_roster.c.household).where(round_roster.c.round == made.id)).scalars()
        assert sorted(rows) == [f"h{nth:02d}" for nth in range(1, 31)]


def test_rounds_are_found(world):
    """The running round is the current one, the first is before it; a number finds a round, nonsense does not."""
    now = current_round(world, PLANNER)
    assert now is not None
    assert now.number == 2
    before = previous_round(world, PLANNER, of=now)
    assert before is not None
    assert before.number == 1
    assert [one.number for one in list_rounds(world, PLANNER)] == [1, 2]
    with pytest.raises(NotFound):
        get_round(world, PLANNER, round_id="77")


def test_an_added_household_joins_the_open_round(world):
    """新增户: due from today, counted apart from the baseline; a taken code and a non-leaf place are refused."""
    new = NewHousehold("n1", "C-900", "g03", "新测户", size=3)
    assert add_household(world, PLANNER, new=new) == "n1"
    assert add_household(world, PLANNER, new=new) == "n1"
    counts = counts_of(world, "d")
    assert (counts.roster, counts.added, counts.baseline) == (54, 2, 52)
    with pytest.raises(Invalid, match="code_taken"):
        add_household(world, PLANNER, new=NewHousehold("n2", "C-001", "g03", "重测户"))
    with pytest.raises(Invalid, match="not_a_leaf"):
        add_household(world, PLANNER, new=NewHousehold("n3", "C-901", "v1", "村测户"))


def test_two_people_editing_one_household(world):
    """The second save on an old rev is a conflict and changes nothing; the log keeps no personal value."""
    assert edit_household(world, PLANNER, household_id="h01", rev=1, changes={"phone": "19900000000", "size": 9}) == 2
    with pytest.raises(Conflict):
        edit_household(world, PLANNER, household_id="h01", rev=1, changes={"size": 3})
    assert get_household(world, PLANNER, household_id="h01")["size"] == 9
    with world.read() as connection:
        diff = connection.execute(select(audit_log.c.diff).where(audit_log.c.action == "household.edit")).scalar_one()
    assert "19900000000" not in diff


def test_a_point_and_a_move_keep_the_roster(world):
    """A map click locates h51; moving h51 to another group changes where it lives, not where it is counted."""
    rev = set_point(world, PLANNER, household_id="h51", rev=1, lon=109.05, lat=27.62)
    assert counts_of(world, "d").located == 53
    move_household(world, PLANNER, household_id="h51", rev=rev, place_id="g10")
    assert (counts_of(world, "g11").roster, counts_of(world, "g10").roster) == (5, 4)
    with pytest.raises(Invalid):
        set_point(world, PLANNER, household_id="h01", rev=1, lon=0, lat=0)
    with pytest.raises(Invalid, match="other_village"):
        move_household(world, PLANNER, household_id="h01", rev=1, place_id="g10")


def test_tags_begin_and_end_with_history(world):
    """Tags hold from today; the priority count follows; ending one keeps its row."""
    set_tags(world, PLANNER, household_id="h11", kinds=["dibao", "disabled"])
    assert list_tags(world, PLANNER, household_id="h11") == ["disabled", "dibao"]
    assert counts_of(world, "d").priority == 4
    set_tags(world, PLANNER, household_id="h01", kinds=[])
    assert list_tags(world, PLANNER, household_id="h01") == []
    assert counts_of(world, "d").priority == 3


def test_tile_ids_name_households_within_the_area(world):
    """A symbol's number finds its household, but not outside the scope's area."""
    assert household_by_tile_id(world, PLANNER, tile_id=7) == "h07"
    with pytest.raises(NotAllowed):
        household_by_tile_id(world, Scope("r", "recorder", "v5"), tile_id=7)
    with pytest.raises(NotFound):
        household_by_tile_id(world, PLANNER, tile_id=999)


def test_a_new_assignment_replaces_the_old(world):
    """At most one live row a household: the old becomes replaced, overdue follows the new date, withdrawal frees it."""
    person = list_assignees(world, PLANNER, place_id="v3")[0]["id"]
    assert (
        assign(world, PLANNER, round_id="2", assignee=person, due_on=date(2019, 11, 30), households=["h40", "h41"]) == 2
    )
    assert counts_of(world, "d").overdue == 2
    with world.read() as connection:
        rows = connection.execute(select(assignment.c.status).where(assignment.c.household == "h40")).scalars()
        assert sorted(rows) == ["assigned", "replaced"]
    assert withdraw(world, PLANNER, round_id="2", households=["h40"]) == 1
    assert counts_of(world, "g09").unassigned == 1


def test_assignments_are_checked(world):
    """Due dates outside the round, strangers, and households off the roster are refused; a leader may not assign."""
    person = list_assignees(world, PLANNER, place_id="v3")[0]["id"]
    with pytest.raises(Invalid, match="due_outside"):
        assign(world, PLANNER, round_id="2", assignee=person, due_on=date(2020, 1, 1), households=["h40"])
    with pytest.raises(NotFound):
        assign(world, PLANNER, round_id="2", assignee="nobody", due_on=TODAY, households=["h40"])
    with pytest.raises(Invalid, match="not_in_roster"):
        assign(world, PLANNER, round_id="1", assignee=person, due_on=date(2019, 5, 20), households=["h42"])
    with pytest.raises(NotAllowed):
        assign(world, LEADER, round_id="2", assignee=person, due_on=TODAY, households=["h40"])


def test_changing_an_assignment_is_locked_by_rev(world):
    """A changed due date counts at once, and a change on an old rev is a conflict."""
    with world.read() as connection:
        row = connection.execute(select(assignment.c.id).where(assignment.c.household == "h41")).scalar_one()
    change_assignment(world, PLANNER, assignment_id=row, rev=1, due_on=date(2019, 11, 25))
    assert counts_of(world, "g09").overdue == 1
    with pytest.raises(Conflict):
        change_assignment(world, PLANNER, assignment_id=row, rev=1, status="withdrawn")


def test_raising_an_issue(world):
    """An issue gets the village's next number, counts as open and undated, and the same id again changes nothing."""
    entry = IssueEntry("new", "g03", "household", "WATER", "水管漏水", TODAY, ("h11",))
    number = raise_issue(world, PLANNER, entry=entry)
    assert number == "900000100201-2019-0008"
    assert raise_issue(world, PLANNER, entry=entry) == number
    issues = read_figures(world, PLANNER, round_id="2", place_id="v1").issues
    assert (issues["open"], issues["undated"]) == (5, 2)
    assert [row["bucket"] for row in list_issues(world, PLANNER, household_id="h11")] == ["undated"]
    with pytest.raises(Invalid):
        raise_issue(world, PLANNER, entry=IssueEntry("x", "g03", "household", "WATER", "", TODAY, ("h11",)))
    with pytest.raises(Invalid):
        raise_issue(
            world, PLANNER, entry=IssueEntry("x", "g03", "household", "WATER", "漏", date(2019, 12, 1), ("h11",))
        )


def test_search_by_name_code_and_initials(world):
    """A name, a code, pinyin initials and, for those who see names, a head find their rows; a leader finds no head."""
    assert [hit["id"] for hit in search(world, PLANNER, words="西测")] == ["v2"]
    assert [hit["id"] for hit in search(world, PLANNER, words="jcx")] == ["t1"]
    assert [hit["id"] for hit in search(world, PLANNER, words="C-007")] == ["h07"]
    assert [hit["id"] for hit in search(world, PLANNER, words="测07")] == ["h07"]
    assert search(world, LEADER, words="测07") == []
    assert search(world, Scope("r", "recorder", "v5"), words="C-007") == []


def test_search_by_what_people_call_a_township(world):
    """和平乡 and hpx find 和平土家族侗族乡, as its own name and initials do."""
    with world.write() as connection:
        insert_place(
            connection,
            {
                "id": "hp",
                "code": "520602999",
                "name": "和平土家族侗族乡",
                "level": "township",
                "edition": "",
                "created_at": "",
                "created_by": "",
            },
            parent="d",
        )
    for words in ("hpx", "HPX", "和平乡", "hptjz", "土家族"):
        assert [hit["id"] for hit in search(world, PLANNER, words=words)] == ["hp"], words


def test_units_above_and_below(world):
    """Breadcrumb runs from the area down, children come by code."""
    assert root_place(world).id == "d"
    assert [one.id for one in breadcrumb(world, PLANNER, place_id="g04")] == ["d", "t1", "v2", "g04"]
    assert [one.id for one in breadcrumb(world, Scope("r", "recorder", "v2"), place_id="g04")] == ["v2", "g04"]
    assert [one.id for one in list_children(world, PLANNER, place_id="t2")] == ["v3", "v4", "v5"]


def test_the_log_is_a_chain(world):
    """Every act is logged; changing or removing a row breaks the chain at that row."""
    with world.read() as connection:
        assert verify_log(connection) is None
        assert connection.execute(select(audit_log.c.seq)).first() is not None
    with pytest.raises(IntegrityError, match="append-only"), world.write() as connection:
        connection.execute(audit_log.update().values(actor="nobody"))
    with pytest.raises(IntegrityError, match="kept"), world.write() as connection:
        connection.execute(audit_log.delete().where(audit_log.c.seq == 5))


def test_a_locked_database_says_so(world, monkeypatch):
    """A writer that waits too long gets `Busy`, nothing is stored, and saving works once the lock is gone."""
    monkeypatch.setattr(database_module.config, "BUSY_SECONDS", 0.2)
    second = Database(world.path)
    with world.write(), pytest.raises(Busy), second.write():
        pass
    with second.write() as connection:
        assert connection.execute(select(1)).scalar() == 1


def test_half_made_databases_do_not_stand(tmp_path, monkeypatch):
    """When making a database fails nothing is left at its path, and an existing file is never overwritten."""
    path = tmp_path / "a.sqlite"
    monkeypatch.setattr("geo.store.create.load_edition", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        create_database(path, kind="real", edition="2023-06-30")
    assert list(tmp_path.iterdir()) == []
    create_database(path, kind="real", edition="").close()
    with pytest.raises(Invalid):
        create_database(path, kind="real", edition="")


def test_a_new_database_is_at_the_newest_revision(world):
    """Bringing a fresh file forward changes nothing and does not fail."""
    migrate(world)
    assert counts_of(world, "d").roster == 53


def test_homes_as_of_an_earlier_day(world):
    """As of 10-21 the table of homes has the 58 baseline households and no exclusion."""
    homes = read_homes(world, PLANNER, round_id="2", place_id="d", as_of=date(2019, 10, 21))
    assert (len(homes), int(homes["effective"].sum())) == (58, 18)


@pytest.mark.parametrize(
    "look",
    [
        lambda world, scope: list_visits(world, scope, household_id="h01"),
        lambda world, scope: list_persons(world, scope, visit_id="v01-2019-10-20-in_person"),
        lambda world, scope: list_issues(world, scope, household_id="h01"),
        lambda world, scope: list_tags(world, scope, household_id="h01"),
        lambda world, scope: get_household(world, scope, household_id="h01"),
        lambda world, scope: list_assignees(world, scope, place_id="v1"),
        lambda world, scope: list_children(world, scope, place_id="v1"),
        lambda world, scope: read_many(world, scope, round_id="2", place_ids=["v5", "g01"]),
        lambda world, scope: read_homes(world, scope, round_id="2", place_id="g01"),
        lambda world, scope: read_areas(world, scope, place_id="v1", level="group"),
        lambda world, scope: raise_issue(
            world, scope, entry=IssueEntry("x", "v5", "household", "OTH", "外村", TODAY, ("h01",))
        ),
    ],
)
def test_nobody_looks_beyond_their_area(world, look):
    """Every read of another village's rows is refused, though the same read of the whole district is not."""
    with pytest.raises(NotAllowed):
        look(world, Scope("r", "recorder", "v5"))
    look(world, PLANNER)


def test_unit_issues_stay_within_the_area(world):
    """Counts of group issues name no unit outside the area: v2 has one open, and v5 alone is told of none."""
    assert count_unit_issues(world, PLANNER)["v2"] == 1
    assert count_unit_issues(world, Scope("r", "recorder", "v5")) == {}
