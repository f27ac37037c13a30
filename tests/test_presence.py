"""下 · 讲 · 查: who came, what was told, what was looked into; drafts of forms; lists that a database has of its own."""

from __future__ import annotations

from datetime import date

import pytest

from geo import codes
from geo.errors import Invalid, NotAllowed
from geo.model import Scope, VisitEntry, new_id
from geo.schema import person, team, team_member
from geo.store.database import Database
from geo.store.drafts import drop_draft, find_draft, keep_draft
from geo.store.lists import read_list, write_list
from geo.store.presence import list_present, read_presence
from geo.store.visits import record_visit, void_visit
from tests.world import LEADER, PLANNER, STAMP

DAY = date(2019, 11, 5)


@pytest.fixture
def led(world) -> Database:
    """Let v1 have a county lead until 11-10 and a township lead, as persons `pc` and `pt`."""
    with world.write() as connection:
        connection.execute(team.insert().values(id="tm", name="", village="v1", **STAMP))
        for one, role, until in (("pc", "county_lead", date(2019, 11, 10)), ("pt", "township_lead", None)):
            connection.execute(person.insert().values(id=one, name=one, place="v1", **STAMP))
            connection.execute(
                team_member.insert().values(
                    id=f"m{one}", team="tm", person=one, role=role, since=date(2019, 1, 1), until=until, **STAMP
                )
            )
    return world


def visit(db: Database, home: str, on: date = DAY, **more) -> str:
    """Record an effective visit."""
    entry = VisitEntry(new_id(), home, on, more.pop("outcome", "effective"), **more)
    record_visit(db, PLANNER, entry=entry)
    return entry.id


def test_who_came_what_was_told_and_looked_into(led):
    """Households count once; a lead counts in the days of the role; a voided visit and a visit that met nobody do not."""
    visit(led, "h11", persons=("pc", "pt"), topics=("exit",), checks=(("water", "problem"), ("income", "ok")))
    visit(led, "h11", persons=("pc",), topics=("exit", "医保"), checks=(("water", "ok"),))
    visit(led, "h12", date(2019, 11, 15), persons=("pc",), topics=("exit",))
    visit(led, "h13", outcome="not_home", reason="at_work", persons=("pt",))
    gone = visit(led, "h14", persons=("pt",), topics=("exit",), checks=(("water", "ok"),))
    void_visit(led, PLANNER, visit_id=gone, void_id="gone")
    found = read_presence(led, PLANNER, round_id="2", place_id="v1")
    assert found.leads == {"county_lead": 1, "township_lead": 1, "any": 1}
    assert found.topics == {"exit": 2, "医保": 1}
    assert found.checks == {"water": (1, 1), "income": (1, 0)}
    assert (found.check_share("water").numerator, found.check_share("water").denominator) == (1, 15)
    before = read_presence(led, PLANNER, round_id="2", place_id="v1", as_of=date(2019, 11, 4))
    assert (before.topics, before.checks, before.leads["any"]) == ({}, {}, 0)
    assert read_presence(led, PLANNER, round_id="2", place_id="v4").topics == {}


def test_an_unknown_result_is_refused(world):
    """A check is ok or a problem; anything else is refused and nothing is stored."""
    with pytest.raises(Invalid):
        visit(world, "h11", checks=(("water", "maybe"),))


def test_drafts_belong_to_their_browser(world):
    """What a form holds is found again by its own browser only, until it is dropped; nobody's figures are read anew."""
    mine, other = Scope("r", "recorder", "v1", owner="mine"), Scope("r", "recorder", "v1", owner="other")
    revision = world.revision()
    for note in ("路滑", "路滑, 改日"):
        keep_draft(world, mine, about="visit:h01", content={"id": "x", "fields": {"note": note}})
    again = Database(world.path)
    assert find_draft(again, mine, about="visit:h01") == {"id": "x", "fields": {"note": "路滑, 改日"}}
    assert find_draft(again, other, about="visit:h01") is None
    assert again.revision() == revision
    drop_draft(again, mine, about="visit:h01")
    assert find_draft(world, mine, about="visit:h01") is None
    with pytest.raises(NotAllowed):
        keep_draft(world, LEADER, about="visit:h01", content={})


def test_lists_of_ones_own(world):
    """A list is the usual one until somebody writes another; that is logged, and what is empty is refused."""
    assert read_list(world, LEADER, name="topic") == codes.TOPICS
    assert write_list(world, PLANNER, name="topic", entries=["exit", " 医保  政策 ", "", "exit"]) == (
        "exit",
        "医保 政策",
    )
    assert read_list(world, LEADER, name="topic") == ("exit", "医保 政策")
    with pytest.raises(Invalid):
        write_list(world, PLANNER, name="topic", entries=[" "])
    with world.read() as connection:
        acts = connection.exec_driver_sql("SELECT object FROM audit_log WHERE action = 'list.write'").scalars().all()
    assert acts == ["topic"]


def test_every_number_of_who_came_opens_its_households(led):
    """Each lead, topic, item and problem has as many households as its number; another word is refused, names are masked."""
    visit(led, "h11", persons=("pc", "pt"), topics=("exit",), checks=(("water", "problem"), ("income", "ok")))
    visit(led, "h12", date(2019, 11, 15), persons=("pt",), topics=("exit", "医保"), checks=(("water", "ok"),))
    found = read_presence(led, LEADER, round_id="2", place_id="d")
    numbers = {f"lead:{role}": count for role, count in found.leads.items()}
    numbers |= {f"topic:{word}": count for word, count in found.topics.items()}
    for item, (asked, problems) in found.checks.items():
        numbers |= {f"check:{item}": asked, f"problem:{item}": problems}
    assert (numbers["lead:any"], numbers["topic:exit"], numbers["problem:water"]) == (2, 2, 1)
    for what, count in numbers.items():
        homes = list_present(led, LEADER, round_id="2", place_id="d", what=what)
        assert len(homes) == count, what
        assert all("*" in one for one in homes["head_name"])
    assert list_present(led, PLANNER, round_id="2", place_id="v2", what="lead:any").empty
    with pytest.raises(Invalid):
        list_present(led, PLANNER, round_id="2", place_id="d", what="people:all")
