"""The map's filters against plain reading: who is shown, and what the figures beside the map say of them."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from geo import codes
from geo.model import IssueEntry, Scope, VisitEntry
from geo.store.assignments import add_person, assign
from geo.store.database import Database
from geo.store.homes import read_homes
from geo.store.households import edit_household, move_household, set_tags
from geo.store.issues import raise_issue
from geo.store.matching import Criteria, list_answers, list_matching, list_responsible, list_teams
from geo.store.rounds import get_round
from geo.store.teams import MemberEntry, add_member, list_members
from geo.store.tile_reads import list_leaves
from geo.store.traits import KINDS, Traits, keep_traits
from geo.store.visits import record_visit, void_visit
from geo.tiles import Wanted, decode_tile, encode_tile, split_key
from geo.tiles.answers import TileView
from geo.tiles.live import LiveIndex

SCOPE = Scope("planner", "planner", "d")
TODAY = date(2019, 11, 20)
CLOTHES = ("h07", "h20")


@pytest.fixture(scope="module")
def told(world_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, str]]:
    """Return the world with classes, tags, an issue of clothes for two homes and one for a group, and an assignee.

    To be read alone: `world` is a copy to change.
    """
    world = Database(shutil.copy(world_file, tmp_path_factory.mktemp("told") / "world.sqlite"))
    edit_household(world, SCOPE, household_id="h01", rev=1, changes={"household_class": "lifted"})
    edit_household(world, SCOPE, household_id="h51", rev=1, changes={"household_class": "lifted"})
    set_tags(world, SCOPE, household_id="h12", kinds=["dibao", "elder_alone"])
    set_tags(world, SCOPE, household_id="h13", kinds=["dibao"])
    for nth, home in enumerate(CLOTHES):
        entry = IssueEntry(f"w{nth}", "g01", "household", "CLOTH", "冬衣不够", date(2019, 11, 1), (home,))
        raise_issue(world, SCOPE, entry=entry)
    raise_issue(world, SCOPE, entry=IssueEntry("w9", "g03", "group", "CLOTH", "棉被不够", date(2019, 11, 1)))
    person = add_person(world, SCOPE, name="周测三", place_id="v1")
    other = add_person(world, SCOPE, name="钱测四", place_id="v1")
    due = date(2019, 11, 30)
    assign(world, SCOPE, round_id="2", assignee=person, due_on=due, households=["h02"], groups=["g02"])
    assign(world, SCOPE, round_id="2", assignee=other, due_on=due, households=["h06"])
    yield world, person
    world.close()


def days_ago(day: object) -> int:
    """Return how many days ago a visit was; never is long ago."""
    return 10**6 if pd.isna(day) else (TODAY - day).days


#: Criteria, and the same asked of a row of the lists.
ASKED: dict[str, tuple[Criteria, Callable[[dict], bool]]] = {
    "class": (Criteria(household_class="lifted"), lambda row: row["household_class"] == "lifted"),
    "tag": (Criteria(tag="dibao"), lambda row: "dibao" in row["tags"].split(",")),
    "category": (Criteria(category="CLOTH"), lambda row: row["household"] in CLOTHES),
    "days": (Criteria(days=30), lambda row: days_ago(row["last_effective_on"]) >= 30),
    "some days": (Criteria(days=5), lambda row: days_ago(row["last_effective_on"]) >= 5),
    "missed": (Criteria(missed=1), lambda row: row["missed_rounds"] >= 1),
    "nothing": (Criteria(), lambda _row: True),
    "two at once": (
        Criteria(tag="elder_alone", missed=1),
        lambda row: "elder_alone" in row["tags"].split(",") and row["missed_rounds"] >= 1,
    ),
}


@pytest.mark.parametrize("name", ASKED)
def test_a_filter_leaves_whom_the_lists_say(told: tuple[Database, str], name: str) -> None:
    """For each filter the households left are those whose row in the lists says so, and it leaves some and not all."""
    world, _ = told
    criteria, says = ASKED[name]
    homes = read_homes(world, SCOPE, round_id="2", place_id="d", as_of=TODAY, with_left=True)
    expected = sorted(row["tile_id"] for row in homes.to_dict("records") if says(row))
    found = list_matching(world, SCOPE, round_id="2", as_of=TODAY, criteria=criteria)
    assert found.tolist() == expected
    assert bool(criteria) == (len(expected) < len(homes))
    assert expected or name == "two at once"


def test_who_answers_is_the_own_assignment_before_that_of_the_group(told: tuple[Database, str]) -> None:
    """A person's households are those assigned to them, and those of their group that nobody else has."""
    world, person = told
    homes = read_homes(world, SCOPE, round_id="2", place_id="d", as_of=TODAY, with_left=True)
    expected = sorted(homes.loc[homes["assignee_id"] == person, "tile_id"].tolist())
    found = list_matching(world, SCOPE, round_id="2", as_of=TODAY, criteria=Criteria(assignee=person))
    assert found.tolist() == expected == [2, 7, 8, 9, 10]
    assert (person, "周测三") in list_responsible(world, SCOPE, round_id="2", place_id="v1", as_of=TODAY)


def test_who_answers_for_whom(told: tuple[Database, str]) -> None:
    """Every household of the roster is somebody's or nobody's, once, as its row in the lists says."""
    world, _ = told
    homes = read_homes(world, SCOPE, round_id="2", place_id="d", as_of=TODAY, with_left=True)
    expected = {
        who: sorted(rows["tile_id"].tolist()) for who, rows in homes.fillna({"assignee_id": ""}).groupby("assignee_id")
    }
    found = list_answers(world, SCOPE, round_id="2", as_of=TODAY)
    assert {who: numbers.tolist() for who, numbers in found.items()} == expected
    assert len(expected) > 2


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("place", ["d", "v1"])
def test_tiles_and_figures_of_a_filter_agree(told: tuple[Database, str], name: str, place: str) -> None:
    """Within a place, the tiles of a filter hold its located households, cells sum to them, and the counts are all of them."""
    world, _ = told
    criteria, says = ASKED[name]
    homes = read_homes(world, SCOPE, round_id="2", place_id=place, as_of=TODAY, with_left=True)
    rows = [row for row in homes.to_dict("records") if says(row)]
    view = TileView(
        LiveIndex(world, SCOPE, round_id="2", as_of=TODAY),
        Wanted(list_leaves(world, SCOPE, place_id=place)),
        pick=lambda: list_matching(world, SCOPE, round_id="2", as_of=TODAY, criteria=criteria),
    )
    index, wanted = view.now()
    x, y = split_key(index.key)
    located = {row["tile_id"] for row in rows if not pd.isna(row["lon"])}
    for zoom in (6, 11, 12, 13, 14, 17, 20):
        tiles = {(a >> (30 - zoom), b >> (30 - zoom)) for a, b in zip(x.tolist(), y.tolist(), strict=True)}
        cut = [decode_tile(encode_tile(index, zoom, *one, wanted=wanted)).columns for one in tiles]
        if zoom >= 13:
            assert {number for columns in cut for number in columns[2].tolist()} == located
        else:
            assert sum(int(columns[0].sum()) for columns in cut) == len(located)
    tally = index.tally(wanted)
    assert Counter(dict(zip(codes.VISIT_STATES, tally.states, strict=True))) == Counter(row["state"] for row in rows)
    due = [row for row in rows if row["roster"]]
    assert Counter(dict(enumerate(tally.rings))) == Counter(row["ring"] for row in due)
    for leaf, counts in tally.places.items():
        here = [row for row in due if row["place"] == leaf]
        effective = sum(row["effective"] for row in here)
        assert counts == (effective, len(here), sum(bool(pd.isna(row["lon"])) for row in here))


def test_a_save_lets_households_in_and_out(world: Database) -> None:
    """After a visit the household leaves the filter of those long not visited, and every tile is told to be anew."""
    view = TileView(
        LiveIndex(world, SCOPE, round_id="2", as_of=TODAY),
        pick=lambda: list_matching(world, SCOPE, round_id="2", as_of=TODAY, criteria=Criteria(days=5)),
    )
    before = view.now()[1].among
    version = view.version
    entry = VisitEntry("n1", "h11", TODAY - timedelta(days=1), "effective")
    record_visit(world, SCOPE, entry=entry)
    after = view.now()[1].among
    assert set(before.tolist()) - set(after.tolist()) == {11}
    assert view.answer(f"changes/{version}.json").body == f'{{"version":{view.version},"cells":null}}'.encode()


def test_after_each_save_every_trait_is_as_one_read_anew(world: Database) -> None:
    """Visits, classes, tags, issues, assignments and a move change what filters ask, and nothing is read whole again."""
    round_ = get_round(world, SCOPE, round_id="2")
    kept = keep_traits(world, SCOPE, round_, TODAY)
    for kind in KINDS:
        kept.now(kind)
    person, other = (add_person(world, SCOPE, name=name, place_id="v1") for name in ("周测三", "钱测四"))
    due, wanted = date(2019, 11, 30), IssueEntry("i9", "g03", "household", "CLOTH", "冬衣不够", TODAY, ("h13",))
    saves: dict[str, Callable[[], object]] = {
        "seen": lambda: record_visit(world, SCOPE, entry=VisitEntry("n1", "h11", TODAY, "effective")),
        "seen again": lambda: void_visit(world, SCOPE, visit_id="n1", void_id="w1"),
        "missed": lambda: record_visit(world, SCOPE, entry=VisitEntry("n2", "h12", date(2019, 10, 1), "effective")),
        "class": lambda: edit_household(world, SCOPE, household_id="h01", rev=1, changes={"household_class": "lifted"}),
        "tag": lambda: set_tags(world, SCOPE, household_id="h12", kinds=["dibao", "elder_alone"]),
        "tag again": lambda: set_tags(world, SCOPE, household_id="h12", kinds=["dibao"]),
        "category": lambda: raise_issue(world, SCOPE, entry=wanted),
        "answers": lambda: assign(world, SCOPE, round_id="2", assignee=person, due_on=due, groups=["g01", "g02"]),
        "answers again": lambda: assign(world, SCOPE, round_id="2", assignee=other, due_on=due, households=["h02"]),
        "answers by a move": lambda: move_household(world, SCOPE, household_id="h05", rev=1, place_id="g02"),
    }
    for save in saves.values():
        save()
        for kind in KINDS:
            fresh = Traits(kept.asked).now(kind)
            held = kept.now(kind)
            assert {one: held.having([one]).tolist() for one in fresh.codes} == {
                one: fresh.having([one]).tolist() for one in fresh.codes
            }
            assert held.number.tolist() == fresh.number.tolist()
            assert kind not in ("seen", "missed") or held.code.tolist() == fresh.code.tolist()
    assert kept.builds == len(KINDS)


def test_a_team_answers_through_its_members(told: tuple[Database, str]) -> None:
    """A team's households are those of its members while they are members, and teams are offered where they work."""
    world, person = told
    assert list_teams(world, SCOPE, place_id="v2") == []
    entry = MemberEntry("m1", "v1", "team_captain", date(2019, 10, 1), person=person, until=date(2019, 11, 30))
    add_member(world, SCOPE, entry=entry)
    ((team, _),) = list_teams(world, SCOPE, place_id="v1")
    assert [one for one, _ in list_teams(world, SCOPE, place_id="g01")] == [team]
    for day in (TODAY, date(2019, 12, 5)):
        members = set(list_members(world, SCOPE, place_id="v1", on=day)["person"])
        homes = read_homes(world, SCOPE, round_id="2", place_id="d", as_of=day, with_left=True)
        expected = sorted(homes.loc[homes["assignee_id"].isin(members), "tile_id"].tolist())
        found = list_matching(world, SCOPE, round_id="2", as_of=day, criteria=Criteria(team=team)).tolist()
        assert found == expected
        assert person in members
        assert 2 in found
