"""The export menus of 缺口 and 总览: one link a format, each the list on screen; a long list is made with its progress."""

from __future__ import annotations

import csv
import io

import pytest
from streamlit.testing.v1 import AppTest

from geo.exports import FORMATS
from geo.store.database import Database
from geo.store.exportlog import list_exports
from geo.web import grants
from tests.ui.test_pages import open_page
from tests.world import PLANNER


def links_of(app: AppTest) -> dict[str, str]:
    """Return the address of each link that downloads, by its key."""
    found = {}
    for one in app.get("link_button"):
        if "/exports/" in one.proto.url:
            found[one.proto.id.rsplit("-", 1)[-1]] = one.proto.url
    return found


def take(app: AppTest, key: str) -> grants.Payload:
    """Follow a link as the browser does that it was offered to."""
    token = links_of(app)[key].rsplit("/", 1)[1]
    return grants.take(token, grants._GRANTS._offers[token].owner)


@pytest.mark.parametrize("by", ["home", "group", "todo"])
def test_a_list_is_offered_in_every_format(world: Database, by: str) -> None:
    """缺口 offers the list it shows in each format; each link gives a file of its kind, once, and leaves a log row."""
    what = {"home": "gaps", "group": "groups", "todo": "todos"}[by]
    app = open_page("gaps", by=by)
    for form in FORMATS:
        made = take(app, f"export_{what}_{form}")
        assert (made.filename or "").endswith(f".{FORMATS[form].suffix}")
        assert made.media_type == FORMATS[form].media_type
        assert made.body
    assert sorted(row["what"] for row in list_exports(world, PLANNER)) == sorted(f"{what}.{form}" for form in FORMATS)
    assert len({row["rows"] for row in list_exports(world, PLANNER)}) == 1


@pytest.mark.parametrize("what", ["coverage", "roster", "ledger", "areas"])
def test_the_overview_offers_four_lists(world: Database, what: str) -> None:
    """总览 gives coverage in the order of its table, and by choice the roster, the ledger and the areas of the place."""
    app = open_page("overview")
    app.selectbox(key="export_list").set_value(what).run()
    made = take(app, f"export_{what}_csv")
    _about, head, *rows = csv.reader(io.StringIO(made.body.decode("utf-8-sig")))
    wanted = {"coverage": 5, "roster": 53, "areas": 20}
    assert len(rows) == wanted.get(what, len(rows)) > 0
    if what == "coverage":
        shown = next(one.value for one in app.dataframe if "village" in one.value)
        assert [row[head.index("名称")] for row in rows] == shown["village"].tolist()
    (logged,) = list_exports(world, PLANNER)
    assert (logged["what"], logged["rows"]) == (f"{what}.csv", len(rows))


def test_a_long_list_is_made_before_it_is_saved(world: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the threshold the button makes the file, then there is a link that saves it; until then nothing is logged."""
    monkeypatch.setattr("geo.ui.export_menu.SHOW_PROGRESS_FROM", 5)
    app = open_page("gaps")
    key = "export_gaps_xlsx"
    assert key not in links_of(app)
    assert not list_exports(world, PLANNER)
    app.button(key=f"make_{key}").click().run()
    assert not app.exception
    assert links_of(app)[key] == links_of(app.run())[key]
    assert take(app, key).body.startswith(b"PK")
    assert [row["what"] for row in list_exports(world, PLANNER)] == ["gaps.xlsx"]
    assert key not in links_of(app.run())


@pytest.mark.usefixtures("world")
def test_a_link_that_is_gone_is_offered_anew() -> None:
    """A link that a switch of roles or time has ended is another one at the next run; one that holds stays."""
    app = open_page("gaps")
    first = links_of(app)["export_gaps_csv"]
    assert links_of(app.run())["export_gaps_csv"] == first
    token = first.rsplit("/", 1)[1]
    grants.withdraw_all(grants._GRANTS._offers[token].owner)
    assert not grants.holds(token)
    second = links_of(app.run())["export_gaps_csv"]
    assert second != first
    assert grants.holds(second.rsplit("/", 1)[1])
