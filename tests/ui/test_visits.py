"""走访 and 管理 › 队伍 as pages: whose households, several doors at once, what was given back."""

from __future__ import annotations

from datetime import date

import pytest

from geo.i18n import text
from geo.store.assignments import assign
from geo.store.database import Database
from geo.store.teams import MemberEntry, add_member
from tests.ui.test_pages import open_page, read_tables, read_words
from tests.world import PLANNER, TODAY


@pytest.mark.parametrize("tab", ["own", "many", "work"])
def test_the_page_of_visits(world: Database, tab: str) -> None:
    """A recorder chooses who they are and sees their own households; doors to note at once; what they did."""
    entry = MemberEntry("c", "g02", "group_cadre", date(2019, 3, 1), name="周测己")
    me = add_member(world, PLANNER, entry=entry)
    assign(world, PLANNER, round_id="2", assignee=me, due_on=date(2019, 12, 1), households=["h11"])
    app = open_page("visits", role="recorder", tab=tab, me=me, place="v1")
    assert not app.exception
    if tab == "own":
        assert text("visits.own.note", n=6, done=1, m=5) in read_words(app)
        assert "C-011" in read_tables(app)
    elif tab == "many":
        assert text("visits.many.note", n=9) in read_words(app)
    else:
        assert text("visits.work.none") in read_words(app)


def test_the_page_of_teams(world: Database) -> None:
    """The five, who leads, and the form for another one, of the village that is chosen."""
    add_member(world, PLANNER, entry=MemberEntry("c", "v1", "first_secretary", TODAY, name="周测己"))
    app = open_page("admin", tab="teams", place="v1")
    assert not app.exception
    assert "周测己" in read_tables(app)
    app.selectbox(key="member_role").set_value("village_head").run()
    app.text_input(key="member_name").set_value("吴测庚").run()
    app.button(key="member_add").click().run()
    assert not app.exception
    assert "吴测庚" in read_tables(app)
