"""The map's page: filters change every figure, the card is of the household in the address."""

from __future__ import annotations

import pytest

from geo.i18n import text
from geo.store.database import Database
from geo.store.homes import read_homes
from tests.ui.test_pages import open_page, read_words
from tests.world import PLANNER


def test_a_filter_changes_the_figure(world: Database) -> None:
    """With a tag chosen the figure is that of its households; without it, that of all."""
    homes = read_homes(world, PLANNER, round_id="2", place_id="d")
    tag = next(one for tags in homes["tags"] for one in tags.split(",") if one)
    held = homes[[tag in tags.split(",") for tags in homes["tags"]]]
    app = open_page("map")
    assert f"应访 {len(homes)}" in read_words(app)
    app.selectbox(key="tag").select(tag).run()
    assert f"有效走访 {int(held['effective'].sum())} ÷ 应访 {len(held)}" in read_words(app)
    assert not app.exception


@pytest.mark.usefixtures("world")
def test_the_card_is_of_the_household_in_the_address() -> None:
    """A household is shown beside the map of any place, and closing takes it out of the address."""
    app = open_page("map", place="d", h="h06")
    assert text("map.card.close") in [one.label for one in app.button]
    app.button(key="card_close").click().run()
    assert "h" not in app.query_params
    assert not app.exception


def test_who_answers_for_what_is_left(world: Database) -> None:
    """The view of people names each with the households left to them, and a click filters the map to theirs."""
    gaps = read_homes(world, PLANNER, round_id="2", place_id="d")
    left = gaps[(gaps["effective"] == 0) & gaps["assignee"].notna()]
    app = open_page("map")
    app.segmented_control(key="view").select("people").run()
    rows = {one.key: one.label for one in app.button if str(one.key).startswith("answers_")}
    assert len(rows) == left["assignee_id"].nunique() > 0
    assignee, mine = next(iter(left.groupby("assignee_id")))
    assert f"还差 {len(mine)} 户" in rows[f"answers_{assignee}"]
    app.button(key=f"answers_{assignee}").click().run()
    theirs = gaps[gaps["assignee_id"] == assignee]
    assert f"应访 {len(theirs)}" in read_words(app)
    assert not app.exception
