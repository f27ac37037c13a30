"""Where a page has nothing to list it leads on: to another round, another list, the household that presses most."""

from __future__ import annotations

from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from geo.gaps import rank_gaps
from geo.i18n import text
from geo.model import VisitEntry
from geo.store.assignments import add_person, assign
from geo.store.database import Database
from geo.store.gap_homes import read_gap_homes
from geo.store.reads import read_figures
from geo.store.visits import record_visit
from geo.ui import paging
from geo.ui.navigation import ENTRIES
from geo.ui.warming import warm_lists
from tests.conftest import ROOT
from tests.world import PLANNER, TODAY, home


def open_page(name: str, *, role: str = "planner", **params: str) -> AppTest:
    """Return a page as a role sees it, opened with parameters in its address."""
    app = AppTest.from_file(str(ROOT / "geo" / "ui" / "main.py"), default_timeout=60)
    app.session_state["_role"] = role
    for key, value in params.items():
        app.query_params[key] = value
    app.run()
    for key, value in params.items():
        app.query_params[key] = value
    if name != "overview":
        app.switch_page(str(ROOT / "pages" / ENTRIES[name].file)).run()
    assert not app.exception
    return app


def words_of(app: AppTest) -> str:
    """Return what the page says outside tables, escapes taken away."""
    found = (*app.markdown, *app.caption, *app.text)
    return "\n".join(str(one.value) for one in found).replace("\\", "")


def links_of(app: AppTest) -> list[str]:
    """Return the words of the links to pages."""
    return [str(one.proto.label).replace("\\", "") for one in app.get("page_link")]


def address_of(app: AppTest, name: str) -> str:
    """Return a parameter of the address, empty when it is not there."""
    return "".join(app.query_params.get(name, []))


@pytest.mark.usefixtures("world")
def test_a_place_without_gaps_leads_to_the_round_before() -> None:
    """A group that is through offers the previous round, and the first round offers none."""
    app = open_page("gaps", place="g01")
    assert text("empty.gaps", place="一组", r=2, N=5) in words_of(app)
    app.button(key="last_round").click().run()
    assert not app.exception
    assert address_of(app, "round") == "1"
    assert text("empty.gaps", place="一组", r=1, N=5) in words_of(app)
    assert "last_round" not in {one.key for one in app.button}


def test_an_empty_filter_leads_to_the_visited(world: Database) -> None:
    """A mark that no home on the list has, but a visited one has, opens 已走访待办 with as many rows as it says."""
    record_visit(world, PLANNER, entry=VisitEntry("found", home(51), TODAY, "effective"))
    app = open_page("gaps", place="g11", mark="unlocated")
    assert not app.dataframe
    assert app.button(key="to_todos").label == text("gap.in_todos", n=1, word=text("mark.unlocated"))
    app.button(key="to_todos").click().run()
    assert not app.exception
    assert app.dataframe[0].value["code"].tolist() == ["C-051"]
    assert "to_todos" not in {one.key for one in open_page("gaps", place="g03", mark="missed_twice").button}


def test_the_household_page_opens_the_most_pressing(world: Database) -> None:
    """Without a household the page leads to 缺口 and 地图, and in a village to the first of the list."""
    app = open_page("household", place="v3")
    assert [text("household.to_gaps"), text("household.to_map")] == links_of(app)[-2:]
    found = read_gap_homes(world, PLANNER, round_id="2", place_id="v3")
    first = rank_gaps(found.waiting, TODAY)["household"].iloc[0]
    app.button(key="first_home").click().run()
    assert not app.exception
    assert address_of(app, "h") == first
    for params in ({"place": "d"}, {"place": "v3", "role": "leader"}):
        assert "first_home" not in {one.key for one in open_page("household", **params).button}


def test_the_overview_always_has_a_next_step(world: Database) -> None:
    """Where nothing presses, who is still to be reached is the next step."""
    person = add_person(world, PLANNER, name="赵测组", place_id="v2")
    assign(world, PLANNER, round_id="2", assignee=person, due_on=date(2019, 12, 1), groups=["g04"])
    words = words_of(open_page("overview", place="g04"))
    counts = read_figures(world, PLANNER, round_id="2", place_id="g04").counts
    assert text("ov.next.missing", n=counts.roster - counts.effective) in words
    assert text("ov.next.overdue", n=2) in words_of(open_page("overview", place="g09"))


@pytest.mark.usefixtures("world")
def test_a_long_list_has_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a long list the table shows one page, the next one on request; together they are the list, each row once."""
    whole = open_page("gaps").dataframe[0].value["code"].tolist()
    monkeypatch.setattr(paging, "PAGE", len(whole) // 2)
    seen: list[str] = []
    app = open_page("gaps")
    for page in (1, 2, 3):
        if page > 1:
            app.number_input[0].set_value(page).run()
        assert not app.exception
        seen += app.dataframe[0].value["code"].tolist()
        if len(seen) == len(whole):
            break
    assert seen == whole


def test_what_is_made_ready_at_start(world: Database) -> None:
    """The thread at start reads the running round's lists for the homes due in it; the first look finds them there."""
    due = read_figures(world, PLANNER, round_id="2", place_id="d").counts.roster
    assert warm_lists() == due
