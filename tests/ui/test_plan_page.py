"""计划: a village is planned, changed by hand, published; a recorder sees the routes, accepts one home and gives one back."""

from __future__ import annotations

import gzip
import io
import re
from datetime import date
from threading import Event

import pytest
from pypdf import PdfReader

from geo.plan.travel import Pace
from geo.planning import Order, default_setup, kept_setup, list_tasks, plan_places
from geo.planning.whatif import list_changes
from geo.store.assignments import add_person
from geo.store.check import check_database
from geo.store.plansettings import read_plan_settings
from geo.store.rounds import get_round
from geo.store.routes import read_routes
from geo.ui.plan_compare import clock
from geo.ui.plan_ways import kind_of
from geo.ui.plan_whatif import WhatIfRun
from geo.ways.kept import keep_ways
from geo.web import grants
from tests.ui.test_pages import open_page
from tests.world import PLANNER


def find(elements, key: str):
    return next(one for one in elements if one.key == key)


def start(**params: str):
    """Open the page of a place with two teams a village for two days, and plan."""
    app = open_page("plan", **params)
    find(app.number_input, f"plan_days_{params['place']}").set_value(2)
    return find(app.button, "plan_start").click().run()


def test_a_village_is_planned_changed_and_published(world):
    """From gaps to routes: the sentence, a moved home, a lock, planning the rest again, publishing, the files."""
    app = start(place="v1")
    assert not app.exception
    lead = (
        app.markdown[0].value
        if "户" in app.markdown[0].value
        else next(one.value for one in app.markdown if "走完" in one.value)
    )
    assert "东测村" in lead
    homes = find(app.selectbox, "plan_move_home")
    slots = find(app.selectbox, "plan_move_to")
    home = homes.options[0]
    homes.select_index(0)
    slots.select_index(len(slots.options) - 1).run()
    find(app.button, "plan_move_do").click().run()
    assert not app.exception
    draft = app.session_state["_plan_shown"][1]
    village = draft.village()
    moved = next(one for one in village.team_days if home in [stop.code for stop in one.stops])
    assert (moved.day, moved.team) == (village.days[-1], village.teams[-1])
    find(app.multiselect, "plan_locked").select(find(app.multiselect, "plan_locked").options[-1]).run()
    find(app.button, "plan_again_do").click().run()
    assert not app.exception
    again = app.session_state["_plan_shown"][1].village()
    assert sorted(stop.code for stop in again.stops) == sorted(stop.code for stop in village.stops)
    assert home in [stop.code for one in again.team_days if one.locked for stop in one.stops]
    assert take(app, "plan_gpx").startswith(b"<?xml")
    assert read_routes(world, PLANNER, round_id="2", place_id="v1") == []
    figures = find_table(app, "同样的户和人手").set_index("同样的户和人手")
    assert figures.columns.tolist() == ["本方案", "按名册顺序", "总去最近的一户"]
    assert figures.loc["路上（时:分）", "本方案"] == clock(again.metrics.travel_s)
    find(app.button, "plan_what_if").click().run()
    means = find_table(app, "人手").set_index("人手")
    assert means.columns.tolist() == ["本方案", "只有 3 天", "只有 5 天", "每村多一个小组"]
    assert set(means.loc["已排（户）"]) == {str(len(again.stops))}


def test_other_means_are_stopped(world):
    """Stopped while the second change is planned, what was planned of the first is kept, and no more is begun."""
    round_, begun, at_work = get_round(world, PLANNER, round_id="2"), [], Event()

    def plan(setup, tell):
        begun.append(setup)
        if len(begun) == 2:
            at_work.wait()
            run.stop()
        return plan_places(
            world, PLANNER, round_id=round_.id, place_id="v1", setup=setup, order=Order(effort=0.01), tell=tell
        )

    run = WhatIfRun(list_changes(default_setup()), plan, of=None)
    at_work.set()
    assert run.wait(None)
    assert run.error is None
    assert [name for name, _ in run.rows] == ["只有 3 天"]
    assert (run.whole, len(begun), run.share) == (False, 2, pytest.approx(2 / 3))
    assert "已算完 1 / 3" in run.say()


def take(app, what: str) -> bytes:
    """Return a file that the page offers."""
    url = next(one.proto.url for one in app.get("link_button") if f"export_{what}" in one.proto.id)
    token = url.rsplit("/", 1)[1]
    return grants.take(token, grants._GRANTS._offers[token].owner).body


def find_table(app, head: str):
    """Return the table of the page that has a column."""
    return next(one.value for one in app.dataframe if head in one.value.columns)


def test_who_has_nobody_to_go_is_told(world):
    """A village without people cannot publish: the dialog says so and nothing is stored."""
    app = start(place="v1")
    find(app.button, "plan_publish").click().run()
    assert not app.exception
    assert read_routes(world, PLANNER, round_id="2", place_id="v1") == []


def test_publish_answer_and_progress(world):
    """Published homes appear with their day and order, on sheets whose code opens just that route; a recorder accepts it
    and gives a home back with a reason, which is shown.
    """  # noqa: D205 - one sentence
    app = start(place="v3")
    # A test run opens a dialog anew each time.
    find(app.button, "plan_publish").click().run()
    find(app.button, "plan_publish").click()
    find(app.button, "plan_publish_do").click().run()
    assert not app.exception
    rows = read_routes(world, PLANNER, round_id="2", place_id="v3")
    assert [one["seq"] for one in rows][:1] == [1]
    assert {one["person_name"] for one in rows} == {"李测组"}
    assert check_database(world, PLANNER) == []
    app = open_page("plan", place="v3")
    sheets = PdfReader(io.BytesIO(take(app, "routes_pdf"))).pages
    ids = re.findall(r"R2-\d+-[A-Z2-7]{6}-\d{8}-\d", "".join(page.extract_text() for page in sheets))
    assert len(ids) == len({(one["day"], one["person"]) for one in rows})
    assert take(app, "routes_csv").decode("utf-8-sig").count("uri.amap.com") == len(rows)
    app = open_page("visits", route=ids[-1])
    assert find(app.selectbox, "routes_who").value == rows[0]["person"]
    day = next(one.value for one in app.selectbox if one.key.startswith("routes_day"))
    stops = find_table(app, "高德")
    assert [stops["户编号"].tolist(), stops["序"].tolist()] == [
        [one["code"] for one in rows if one["day"] == day], list(range(1, 1 + len(stops)))
    ]  # fmt: skip
    find(app.button, "routes_accept").click().run()
    statuses = [one["status"] for one in read_routes(world, PLANNER, round_id="2", place_id="v3")]
    assert statuses.count("accepted") == len(stops)
    app = open_page("plan", place="v3")
    find(app.text_input, "routes_reason").set_value("路断了")
    find(app.button, "routes_return").click().run()
    assert not app.exception
    statuses = {one["status"] for one in read_routes(world, PLANNER, round_id="2", place_id="v3")}
    assert "returned" in statuses
    assert "路断了" in {one["reason"] for one in read_routes(world, PLANNER, round_id="2", place_id="v3")}
    mark = ids[-1].split("-")[2]
    app = open_page("visits", route=ids[-1].replace(mark, "OTHERS"))
    assert any("没有发布" in one.value for one in app.warning)


@pytest.mark.usefixtures("world")
def test_a_township_is_planned_and_a_home_held_and_barred():
    """A township's villages are planned at once; a home is barred from its team, which the rest planned anew keeps; held,
    it stays; all of it is found again in what is kept.
    """  # noqa: D205 - one sentence
    app = start(place="t1")
    assert not app.exception
    units = find(app.selectbox, "plan_unit")
    assert len(units.options) > 1
    assert any("个村" in one.value for one in app.markdown) or app.dataframe
    shown = app.session_state["_plan_shown"][1]
    first = shown.village().team_days[0].stops[0]
    team = shown.slot_of(first.household)[1]
    find(app.selectbox, "plan_move_home").set_value(first.household).run()
    find(app.multiselect, "plan_bar").set_value([team]).run()
    find(app.selectbox, "plan_keep").set_value("nothing").run()
    find(app.button, "plan_again_do").click().run()
    assert not app.exception
    again = app.session_state["_plan_shown"][1]
    assert again.slot_of(first.household)[1] != team
    find(app.selectbox, "plan_move_home").set_value(first.household).run()
    find(app.checkbox, "plan_hold").check().run()
    where = app.session_state["_plan_shown"][1].slot_of(first.household)
    find(app.button, "plan_again_do").click().run()
    assert app.session_state["_plan_shown"][1].slot_of(first.household) == where
    before = app.session_state["_plan_shown"][1]
    del app.session_state["_plan_shown"]
    found = app.run().session_state["_plan_shown"][1]
    assert found is not before
    assert (found.plan.team_days, found.bounds, found.locked) == (before.plan.team_days, before.bounds, before.locked)
    assert any(first.code in one.value for one in app.text)


TYPED = (
    ("number_input", "hours", 6.5),
    ("date_input", "start_on", date(2019, 11, 22)),
    ("multiselect", "off", [date(2019, 11, 26)]),
    ("date_input", "off_stretch", (date(2019, 11, 28), date(2019, 11, 29))),
    ("date_input", "away_window", (date(2020, 1, 20), date(2020, 2, 5))),
    ("button_group", "off_weekdays", [7]),
    ("button_group", "market", [3, 0]),
    ("button_group", "market_lunar", [2]),
    ("button_group", "market_animals", ["tiger"]),
    ("date_input", "market_from", date(2019, 12, 4)),
    ("number_input", "minutes_default", 30),
    ("number_input", "minutes_lifted", 4),
    ("selectbox", "start", "township"),
    ("number_input", "speed_kmh", 3.5),
    ("number_input", "detour", 1.64),
)


def test_what_is_typed_is_kept_and_followed(world):
    """Days off, minutes, people and homes of teams, start and pace are planned by, kept for the village and found again;
    the ways hold for the whole township, on the command line too; a township says which village differs, and forgets it.
    """  # noqa: D205 - one sentence
    add_person(world, PLANNER, name="赵测组", place_id="v1")
    app = open_page("plan", place="v1")
    for kind, name, value in TYPED:
        find(getattr(app, kind), f"plan_{name}_v1").set_value(value)
    find(app.multiselect, "plan_people_0_v1").set_value(["赵测组"])
    codes = find(app.multiselect, "plan_forced_1_v1").options
    find(app.multiselect, "plan_forced_1_v1").set_value([codes[0]])
    find(app.multiselect, "plan_forbidden_0_v1").set_value([codes[1]])
    find(app.button, "plan_start").click().run()
    assert not app.exception
    setup = app.session_state["_plan_shown"][1].task.setup
    assert setup.list_days(date(2019, 11, 21), date(2019, 12, 10)) == [
        date(2019, 12, 2), date(2019, 12, 5), date(2019, 12, 6)]  # fmt: skip
    assert (setup.hours, setup.start, setup.pace) == (6.5, "township", Pace(3.5, 1.64))
    assert (setup.minutes["default"], setup.minutes["lifted"], "registered_poor" in setup.minutes) == (30, 4, False)
    assert setup.away_window == (date(2020, 1, 20), date(2020, 2, 5))
    assert [one.people for one in setup.teams] == [("赵测组",), ()]
    assert (setup.forced, setup.forbidden) == ({codes[0]: ("乙组", None)}, {codes[1]: ("甲组",)})
    again = open_page("plan", place="v1")
    assert find(again.multiselect, "plan_off_v1").value == [date(2019, 11, 26)]
    assert find(again.multiselect, "plan_people_0_v1").value == ["赵测组"]
    assert find(again.button_group, "plan_market_animals_v1").value == ["tiger"]
    assert find(again.date_input, "plan_market_from_v1").value == date(2019, 12, 4)
    assert read_plan_settings(world)["t1"] == {"speed_kmh": 3.5, "detour": 1.64}
    assert find(open_page("plan", place="v2").number_input, "plan_detour_v2").value == 1.64
    above = open_page("plan", place="t1")
    assert any("东测村" in one.value for one in above.caption)
    find(above.button, "plan_forget").click().run()
    assert set(read_plan_settings(world)) == {"t1"}
    tasks = list_tasks(
        world, PLANNER, round_=get_round(world, PLANNER, round_id="2"), place_id="v2", setup=kept_setup(world)
    )
    assert tasks[0].setup.pace == Pace(3.5, 1.64)


def test_a_plan_goes_by_the_users_roads(world):
    """Slopes without heights are refused in words; over the user's roads a journey takes what the roads take."""
    app = open_page("plan", place="v1")
    find(app.selectbox, "plan_ways_v1").set_value("slopes")
    find(app.button, "plan_start").click().run()
    assert any("先加上高程" in one.value for one in [*app.error, *app.warning])
    straight = start(place="v1").session_state["_plan_shown"][1]
    lon, lat = straight.task.lon, straight.task.lat
    nodes = "node_id,lon,lat\n" + "".join(f"n{nth},{x},{y}\n" for nth, (x, y) in enumerate(zip(lon, lat, strict=True)))
    edges = "from,to,length_m\n" + "".join(f"n0,n{nth},10\n" for nth in range(1, len(lon)))
    files = {kind_of(name, content): (name, content) for name, content in (
        ("a.csv", nodes.encode()), ("b.csv.gz", gzip.compress(edges.encode())))}  # fmt: skip
    assert set(files) == {"nodes", "edges"}
    keep_ways(world, PLANNER, files=files)
    app = open_page("plan", place="v1")
    find(app.selectbox, "plan_ways_v1").set_value("roads")
    find(app.selectbox, "plan_travel_v1").set_value("car")
    find(app.button, "plan_start").click().run()
    assert not app.exception
    draft = app.session_state["_plan_shown"][1]
    assert (draft.task.setup.ways, draft.task.setup.travel) == ("roads", "car")
    assert straight.matrix.max() > 900
    assert draft.matrix.max() < 10


def test_what_is_left_is_planned_again(world):
    """After publishing, one home given back: what is left is handed to planning, and only that is planned."""
    app = start(place="v3")
    find(app.button, "plan_publish").click().run()
    find(app.button, "plan_publish").click()
    find(app.button, "plan_publish_do").click().run()
    rows = read_routes(world, PLANNER, round_id="2", place_id="v3")
    app = open_page("plan", place="v3")
    find(app.button, "routes_rest").click().run()
    assert any(f"只排选中的 {len(rows)} 户" in one.value for one in app.markdown)
    find(app.button, "plan_start").click().run()
    assert not app.exception
    planned = {stop.household for stop in app.session_state["_plan_shown"][1].village().stops}
    assert planned == {one["household"] for one in rows}


def test_a_township_is_published_at_once(world):
    """All villages of a township are published by one button; who has nobody to go is named and keeps its draft."""
    who = add_person(world, PLANNER, name="赵测组", place_id="v1")
    app = start(place="t1")
    assert len(find_table(app, "村")) == 2
    find(app.button, "plan_publish_all").click().run()
    assert find_table(app, "负责人")["负责人"].unique().tolist() == ["赵测组"]
    assert any("西测村" in one.value for one in app.warning)
    find(app.button, "plan_publish_all").click()
    find(app.button, "plan_publish_all_do").click().run()
    assert not app.exception
    rows = read_routes(world, PLANNER, round_id="2", place_id="t1")
    assert {one["person"] for one in rows} == {who}
    assert {one["place"] for one in rows} == {"g02", "g03"}
    assert find(app.selectbox, "plan_move_to") is not None


@pytest.mark.usefixtures("world")
def test_a_leader_is_not_let_in():
    """A leader reads no plan."""
    assert open_page("plan", role="leader", place="v1").warning
