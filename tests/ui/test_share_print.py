"""分享 and 打印 in the bar of every page: a link to this view, the sentence, the one page; each print is logged."""

from __future__ import annotations

from datetime import date

import pytest

from geo.i18n import text
from geo.model import VisitEntry
from geo.store.database import Database
from geo.store.exportlog import list_exports
from geo.store.places import get_place
from geo.store.reads import read_figures
from geo.store.rounds import get_round
from geo.store.visits import record_visit
from geo.ui.printing import make_briefing
from geo.ui.session import Session
from geo.ui.share import draw_code
from geo.web import grants
from tests.ui.test_pages import open_page
from tests.world import LEADER, PLANNER


def look(world: Database, place_id: str) -> Session:
    """Return a view of a place as the leader has it."""
    place = get_place(world, LEADER, place_id=place_id)
    return Session(world, LEADER, world.today(), place, get_round(world, LEADER, round_id="2"), world.today())


@pytest.mark.parametrize("role", ["leader", "planner", "recorder"])
@pytest.mark.usefixtures("world")
def test_a_view_is_shared(role: str) -> None:
    """The link holds page, place, round and filters; the sentence stands alone, with its place and day."""
    app = open_page("gaps", role=role, place="v1", state="missed")
    app.button(key="share").click().run()
    link, sentence = (one.value for one in app.code)
    assert link.startswith("http")
    assert "/gaps?" in link
    assert "state=missed" in link
    assert "place=v1" in link
    assert "round=2" in link
    assert sentence.startswith("东测村：第 2 轮")
    assert "截至 2019-11-20" in sentence
    assert draw_code(link).startswith(b"\x89PNG")
    assert not app.exception


def test_the_page_is_printed_and_logged(world: Database) -> None:
    """打印 gives 汇报页 as PDF once, to this browser, and the log says so; without a map's answer there is no view of it."""
    app = open_page("overview", role="leader")
    app.button(key="print").click().run()
    urls = [one.proto.url for one in app.get("link_button") if "export_briefing_pdf" in one.proto.id]
    token = urls[0].rsplit("/", 1)[1]
    made = grants.take(token, grants._GRANTS._offers[token].owner)
    assert made.body.startswith(b"%PDF")
    assert made.media_type == "application/pdf"
    assert str(made.filename).startswith("汇报页_测试区_")
    assert list_exports(world, PLANNER)[0]["what"] == "briefing.pdf"
    assert not [one for one in app.get("link_button") if "export_map" in one.proto.id]
    assert not app.exception


def test_the_briefing_has_the_figures_of_now(world: Database) -> None:
    """Sentence, four figures, worst units and their numbers on the map are those of the store; a visit changes them."""
    page, found = make_briefing(look(world, "d"))
    figures = read_figures(world, PLANNER, round_id="2", place_id="d")
    assert [one.value for one in page.figures] == [
        figures.share(name).percent for name in ("kpi.coverage", "kpi.phone", "kpi.groups_complete", "kpi.clear")
    ]
    assert all("÷" in one.said for one in page.figures)
    assert page.worst[0].name == "东测村"
    assert [found.spec.names[one.area - 1] for one in page.worst] == [one.name for one in page.worst]
    assert len(page.steps) == 3
    assert page.foot.startswith("leader")
    assert found.figures_id in page.formulas
    assert "C-001" not in str(page)
    record_visit(world, PLANNER, entry=VisitEntry("n1", "h11", date(2019, 11, 20), "effective"))
    later, after = make_briefing(look(world, "d"))
    assert later.figures[0] != page.figures[0]
    assert after.figures_id != found.figures_id


def test_a_group_is_printed_too(world: Database) -> None:
    """A group has no units: its page has no list of the worst, and is made all the same."""
    page, _ = make_briefing(look(world, "g03"))
    assert list(page.worst) == []
    assert text("ov.lead.gap", m=5) in page.sentence
