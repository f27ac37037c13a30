"""Published routes: households get a day, an order and a team; teams accept or give back; what is left is published anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from geo.errors import Conflict, Invalid, NotAllowed, NotFound
from geo.model import Scope, VisitEntry, new_id
from geo.store.assignments import list_assignees
from geo.store.check import check_database
from geo.store.homes import read_homes
from geo.store.rounds import get_round
from geo.store.routes import Route, answer_route, publish_routes, read_routes, read_stops
from geo.store.visits import record_visit
from geo.ui.household_data import list_stops, read_card
from tests.world import LEADER, PLANNER, TODAY

DAY = date(2019, 11, 22)
RECORDER = Scope("recorder", "recorder", "v3")


@pytest.fixture
def published(world):
    """Two routes of v3's cadre: h42 is not on the roster before the 25th, so h32, h39, h41 and h40."""
    cadre = next(one["id"] for one in list_assignees(world, PLANNER, place_id="v3") if one["role"] == "group_cadre")
    routes = [Route(cadre, DAY, ("h41", "h32")), Route(cadre, date(2019, 11, 23), ("h40",), locked=True)]
    assert publish_routes(world, PLANNER, round_id="2", routes=routes) == 3
    return world


def read(db, place="v3"):
    return read_routes(db, PLANNER, round_id="2", place_id=place)


def test_published_routes_are_assignments(published):
    """Each household has one live assignment on its day, in its order, due that day, and the cells are right."""
    rows = read(published)
    assert [(one["household"], one["day"], one["seq"], one["due_on"]) for one in rows] == [
        ("h41", DAY, 1, DAY), ("h32", DAY, 2, DAY), ("h40", date(2019, 11, 23), 1, date(2019, 11, 23))
    ]  # fmt: skip
    assert {one["person_name"] for one in rows} == {"李测组"}
    assert [one["locked"] for one in rows] == [False, False, True]
    homes = read_homes(published, PLANNER, round_id="2", place_id="v3").set_index("household")
    assert homes.loc["h41", "due_on"] == DAY
    assert homes.loc["h41", "overdue"] == 0
    assert check_database(published, PLANNER) == []


def test_a_household_is_on_the_way_of_its_route(published):
    """From a household one goes on as its route of the day goes, not as the register; without a route there is none."""

    def stops(home: str, scope: Scope = PLANNER) -> list[tuple[str, int, int]]:
        found = read_stops(published, scope, round_id="2", household_id=home)
        return [(one["household"], one["roster"], one["effective"]) for one in found]

    assert stops("h41") == stops("h32", RECORDER) == [("h41", 1, 0), ("h32", 1, 0)]
    assert (stops("h40"), stops("h01")) == ([("h40", 1, 0)], [])
    record_visit(published, PLANNER, entry=VisitEntry(new_id(), "h41", TODAY, "effective"))
    assert stops("h32") == [("h41", 1, 1), ("h32", 1, 0)]
    round_ = get_round(published, PLANNER, round_id="2")
    card = read_card(published, PLANNER, household_id="h32", round_=round_)
    assert list_stops(published, PLANNER, card=card) == (["h41", "h32"], {"h32"})
    last = read(published)[1]
    answer_route(published, RECORDER, assignment_id=last["id"], rev=last["rev"], accepts=False, reason="路断了")
    assert stops("h32") == []
    with pytest.raises(NotAllowed):
        stops("h41", Scope("recorder", "recorder", "v1"))


def test_teams_accept_and_give_back(published):
    """A recorder accepts one and gives one back with a reason; a given one is free for another team."""
    first, second, _ = read(published)
    answer_route(published, RECORDER, assignment_id=first["id"], rev=first["rev"], accepts=True)
    with pytest.raises(Invalid):
        answer_route(published, RECORDER, assignment_id=second["id"], rev=second["rev"], accepts=False, reason=" ")
    answer_route(published, RECORDER, assignment_id=second["id"], rev=second["rev"], accepts=False, reason="路断了")
    rows = {one["household"]: one for one in read(published)}
    assert (rows["h41"]["status"], rows["h32"]["status"], rows["h32"]["reason"]) == ("accepted", "returned", "路断了")
    with pytest.raises(Conflict):
        answer_route(published, RECORDER, assignment_id=first["id"], rev=first["rev"], accepts=True)
    assert check_database(published, PLANNER) == []
    again = [Route(rows["h41"]["person"], date(2019, 11, 25), ("h32",))]
    publish_routes(published, PLANNER, round_id="2", routes=again)
    live = [one for one in read(published) if one["household"] == "h32" and one["status"] == "assigned"]
    assert [one["day"] for one in live] == [date(2019, 11, 25)]


def test_publishing_is_all_or_nothing(published):
    """A day outside the round, a household twice or a stranger refuses the whole."""
    who = read(published)[0]["person"]
    for routes in (
        [Route(who, DAY, ("h39",)), Route(who, date(2020, 1, 1), ("h33",))],
        [Route(who, DAY, ("h39",)), Route(who, DAY, ("h39",))],
        [Route(who, DAY, ("h39", "nobody"))],
    ):
        with pytest.raises((Invalid, NotFound)):
            publish_routes(published, PLANNER, round_id="2", routes=routes)
    assert "h39" not in {one["household"] for one in read(published)}


def test_who_may(published):
    """A leader neither publishes nor answers; a recorder answers in the own village only, and does not publish."""
    row = read(published)[0]
    for scope in (LEADER, RECORDER):
        with pytest.raises(NotAllowed):
            publish_routes(published, scope, round_id="2", routes=[Route(row["person"], DAY, ("h39",))])
    for scope in (LEADER, replace(RECORDER, area="v1")):
        with pytest.raises(NotAllowed):
            answer_route(published, scope, assignment_id=row["id"], rev=row["rev"], accepts=True)
