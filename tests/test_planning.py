"""Plans of a round's gap list: who is in them, on which days, with what at the door, and what the file of teams says."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from geo.cli import main
from geo.errors import Invalid, Stopped
from geo.planning import Order, default_setup, kept_setup, list_tasks, plan_places, read_setup
from geo.planning.markets import ANIMALS, animal_of, lunar_day
from geo.planning.stops import due_day, service_seconds
from geo.store.create import open_database
from geo.store.gap_homes import read_gap_homes
from geo.store.places import get_place
from geo.store.plansettings import keep_plan_settings
from geo.store.rounds import current_round
from geo.store.teams import MemberEntry, add_member
from tests.world import PLANNER, TODAY

QUICK = Order(effort=0.02)


@pytest.fixture(scope="module")
def db(world_file):
    opened = open_database(world_file)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def round_id(db):
    return current_round(db, PLANNER).id


@pytest.fixture(scope="module")
def document(db, round_id):
    return plan_places(db, PLANNER, round_id=round_id, place_id="d", setup=default_setup(), order=QUICK)


def write(tmp_path, text: str):
    path = tmp_path / "teams.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_gap_is_planned_once_or_named(db, round_id, document):
    """The households of the plan are those of the gap list, each once; the one without a point is named so."""
    gaps = read_gap_homes(db, PLANNER, round_id=round_id, place_id="d").waiting
    listed = [stop.household for one in document.villages for stop in (*one.stops, *one.unserved)]
    assert sorted(listed) == sorted(gaps["household"])
    reasons = {stop.household: stop.reason for one in document.villages for stop in one.unserved}
    assert reasons == dict.fromkeys(gaps.loc[gaps["located"] == 0, "household"], "unlocated")
    assert reasons
    served = {one.code: len(one.stops) for one in document.villages}
    assert sum(served.values()) == document.total()["served"]


def test_days_are_those_that_the_round_has_left(document):
    """Nobody goes before tomorrow or after the round; stops are numbered and arrive in order; times add up."""
    for village in document.villages:
        slots = Counter((one.day, one.team) for one in village.team_days)
        assert set(slots.values()) <= {1}
        for one in village.team_days:
            assert TODAY < one.day <= date(2019, 12, 10)
            assert [stop.seq for stop in one.stops] == list(range(1, len(one.stops) + 1))
            arrivals = [stop.arrive_s for stop in one.stops]
            assert arrivals == sorted(arrivals)
            assert one.service_s == sum(stop.service_s for stop in one.stops)
            assert arrivals[-1] + one.stops[-1].service_s <= one.load_s <= village.day_s
            assert one.over_s == 0


def test_each_stop_says_why(document):
    """The terms of every stop's priority sum to it."""
    stops = [stop for one in document.villages for stop in one.stops]
    assert all(sum(stop.terms.values()) == stop.priority for stop in stops)
    assert any(stop.terms for stop in stops)


def test_the_same_seed_in_one_process_or_several(db, round_id, document):
    """Five villages planned in several processes are planned again the same, and one by one too."""
    order = replace(QUICK, workers=2)
    assert plan_places(db, PLANNER, round_id=round_id, place_id="d", setup=default_setup(), order=order) == document
    for village in document.villages[:2]:
        alone = plan_places(db, PLANNER, round_id=round_id, place_id=village.place, setup=default_setup(), order=QUICK)
        assert alone.villages == (village,)


def test_minutes_at_the_door(db, round_id, document):
    """Who was not met last time takes 15 minutes, who refused 15, others 25 and more for tags and open issues."""
    homes = read_gap_homes(db, PLANNER, round_id=round_id, place_id="d").waiting.set_index("household")
    for stop in (stop for one in document.villages for stop in one.stops):
        row = homes.loc[stop.household]
        if row["last_outcome_ever"] in ("not_home", "refused"):
            base = 15
        elif row["last_outcome_ever"] == "away_all":
            base = 10
        else:
            base = 25 + 10 * row["household_class"].startswith("mon_") + 5 * bool(row["priority_home"])
        assert stop.service_s == 60 * (base + 8 * row["open_issues"])


def test_a_file_of_teams(tmp_path, db, round_id):
    """Days off, names, hours and a village's own teams are kept; a home answered for goes to its own team."""
    path = write(tmp_path, """
start_on: 2019-11-22
days: 3
hours: 5
off: [2019-11-23]
teams: 1
villages:
  "v1":
    teams: [{name: 甲, people: []}, 乙]
""")  # fmt: skip
    setup = read_setup(path)
    assert (setup.common.hours, len(setup.common.teams)) == (5, 1)
    assert [team.name for team in setup.of("v1").teams] == ["甲", "乙"]
    assert setup.of("v1").list_days(TODAY, date(2019, 12, 10)) == [
        date(2019, 11, 22),
        date(2019, 11, 24),
        date(2019, 11, 25),
    ]
    found = plan_places(db, PLANNER, round_id=round_id, place_id="d", setup=setup, order=QUICK)
    days = {one.day for village in found.villages for one in village.team_days}
    assert days <= {date(2019, 11, 22), date(2019, 11, 24), date(2019, 11, 25)}
    assert all(one.load_s <= 5 * 3600 for village in found.villages for one in village.team_days)


def test_days_and_minutes_in_detail(tmp_path, document):
    """Stretches, weekdays and market days are off; minutes are said by any outcome and class; tags have their deadline."""
    setup = read_setup(write(tmp_path, """
off: [2019-11-21, [2019-11-26, 2019-11-27]]
off_weekdays: [7]
market: [0, 5]
due_tagged: 2019-11-29
minutes: {no_access: 7, registered_poor: 3, mon_sudden: 4}
""")).common  # fmt: skip
    days = setup.list_days(TODAY, date(2019, 12, 1))
    assert [one.day for one in days] == [22, 23, 28, 29]
    row = {"last_outcome_ever": None, "household_class": "general", "priority_home": 0, "open_issues": 0}
    said = {
        "last_outcome_ever": {"no_access": 7, "refused": 15, "not_found": 25},
        "household_class": {"registered_poor": 28, "mon_sudden": 29, "mon_marginal": 35, "lifted": 25},
        "open_issues": {2: 41}, "priority_home": {1: 30},
    }  # fmt: skip
    for column, values in said.items():
        for value, minutes in values.items():
            assert service_seconds({**row, column: value}, setup.minutes) == 60 * minutes
    tagged = next(stop for one in document.villages for stop in one.stops if "tag" in stop.terms)
    assert due_day({"due_on": tagged.due_on, "priority_home": 1}, setup) == date(2019, 11, 29)
    assert due_day({"due_on": tagged.due_on, "priority_home": 0}, setup) == tagged.due_on


KNOWN_DAYS = (
    # Day, day of its lunar month, stem and branch: New Year of three years, mid-autumn, a leap month, a founding day.
    (date(2019, 2, 5), 1, "癸酉"), (date(2020, 1, 25), 1, "丁卯"), (date(2023, 1, 22), 1, "庚辰"),
    (date(2019, 9, 13), 15, "癸丑"), (date(2020, 5, 23), 1, "丙寅"), (date(1949, 10, 1), 10, "甲子"),
    (date(2000, 1, 1), 25, "戊午"),
)  # fmt: skip


def test_market_days(tmp_path):
    """Days of known lunar date and branch are told; markets by the moon, by animals or every so many days are off."""
    for day, moon, signs in KNOWN_DAYS:
        assert (lunar_day(day), animal_of(day)) == (moon, ANIMALS["子丑寅卯辰巳午未申酉戌亥".index(signs[1])])
    for said, first, off in (
        ("market_lunar: [3, 8]", date(2020, 1, 25), [27, 1, 6, 11, 16, 21]),  # 初三 初八 十三 十八 廿三 廿八
        ("market_animals: [虎, monkey]", date(2019, 11, 20), [25, 1, 7, 13, 19]),  # 丙寅 壬申 戊寅 甲申 庚寅
        ("market_every: [2020-01-31, 7]", date(2020, 1, 1), [3, 10, 17, 24]),
    ):
        setup = read_setup(write(tmp_path, said)).common
        last = first + timedelta(days=29)
        going = set(setup.list_days(first, last))
        span = [first + timedelta(days=nth) for nth in range(30)]
        assert [day.day for day in span if day not in going] == off
    with pytest.raises(Invalid):
        read_setup(write(tmp_path, "market_animals: [猫]"))


def test_what_is_kept_of_a_place_holds_below_it(world):
    """A district's hours hold in a township with a detour, and both in its village with teams of its own."""
    keep_plan_settings(
        world, PLANNER, said={"d": {"hours": 5, "days": 4}, "t1": {"detour": 1.5}, "v2": {"teams": 1, "days": 2}}
    )
    setup = kept_setup(world)
    code_of = {one: get_place(world, PLANNER, place_id=one).code for one in ("v1", "v2", "v3", "t1", "t2")}
    pairs = (("v1", "t1"), ("v2", "t1"), ("v3", "t2"))
    found = {one: setup.of(code_of[one], code_of[above]) for one, above in pairs}
    assert {one: (unit.hours, unit.days, unit.detour, len(unit.teams)) for one, unit in found.items()} == {
        "v1": (5, 4, 1.5, 2), "v2": (5, 2, 1.5, 1), "v3": (5, 4, None, 2),
    }  # fmt: skip
    keep_plan_settings(world, PLANNER, said={"d": {}, "t1": {}, "v2": {}})
    assert kept_setup(world) == default_setup()


def test_who_answers_for_a_home(world):
    """Nobody is assigned: the helper of the home is its owner, else the cadre of its group."""
    helper = MemberEntry("m1", "v1", "household_helper", TODAY, name="钱帮", household="h11")
    for entry in (helper, MemberEntry("m2", "g03", "group_cadre", TODAY, name="孙组")):
        add_member(world, PLANNER, entry=entry)
    (task,) = list_tasks(world, PLANNER, round_=current_round(world, PLANNER), place_id="v1", setup=default_setup())
    owners = {row.household: row.owner for row in task.rows}
    assert (owners["h11"], owners["h12"]) == ("钱帮", "孙组")


def test_homes_that_must_or_must_not_meet_a_team(tmp_path, db, round_id, document):
    """A home is on the team and day that the file says, another not with the team that it bars; a township's pace holds."""
    served = document.villages[0].stops
    one, other = served[0].code, served[1].code
    path = write(tmp_path, f"""
days: 2
forced: {{"{one}": {{team: 乙组, day: 2019-11-22}}}}
forbidden: {{"{other}": [乙组]}}
villages: {{"t1": {{detour: 1.9}}}}
""")  # fmt: skip
    setup = read_setup(path)
    assert setup.of("v1", "t1").detour == 1.9
    found = plan_places(db, PLANNER, round_id=round_id, place_id="v1", setup=setup, order=QUICK).villages[0]
    where = {stop.code: (day.team, day.day) for day in found.team_days for stop in day.stops}
    assert where[one] == ("乙组", date(2019, 11, 22))
    assert where[other][0] == "甲组"
    for wrong in (f'forced: {{"{one}": 丙组}}', f'forced: {{"{one}": {{day: 2019-12-09}}}}\ndays: 2'):
        with pytest.raises(Invalid):
            plan_places(
                db, PLANNER, round_id=round_id, place_id="v1", setup=read_setup(write(tmp_path, wrong)), order=QUICK
            )


def test_villages_pool_their_teams(db, round_id):
    """With pooling a township is one plan, whose teams carry the names of their villages."""
    setup = replace(default_setup(), pool=True)
    found = plan_places(db, PLANNER, round_id=round_id, place_id="d", setup=setup, order=QUICK)
    assert [one.place for one in found.villages] == ["t1", "t2"]
    assert "东测村 甲组" in found.villages[0].teams


def test_a_home_whose_people_nobody_counted(world):
    """A household of unknown size is planned like any other, beside those whose size is known."""
    with world.write() as connection:
        connection.exec_driver_sql("UPDATE household SET size = NULL WHERE id = 'h11'")
    (task,) = list_tasks(world, PLANNER, round_=current_round(world, PLANNER), place_id="v1", setup=default_setup())
    sizes = {row.household: row.size for row in task.rows}
    assert sizes.pop("h11") == 0
    assert all(sizes.values())


def test_only_some_households(db, round_id, document):
    """A selection is planned alone."""
    some = [stop.household for stop in document.villages[0].stops][:3]
    found = plan_places(db, PLANNER, round_id=round_id, place_id="d", setup=default_setup(), order=QUICK, only=some)
    assert sorted(stop.household for one in found.villages for stop in one.stops) == sorted(some)


def test_work_can_be_stopped(db, round_id):
    """Whoever waits hears of every village, and stops the work."""
    heard = []

    def tell(done: int, total: int) -> bool:
        heard.append((done, total))
        return done == 2

    with pytest.raises(Stopped):
        plan_places(db, PLANNER, round_id=round_id, place_id="d", setup=default_setup(), order=QUICK, tell=tell)
    assert heard == [(1, 5), (2, 5)]


def test_no_day_is_left(db, round_id):
    """A plan that would begin after the round's end is refused."""
    setup = default_setup()
    late = replace(setup, common=replace(setup.common, start_on=date(2019, 12, 11)))
    with pytest.raises(Invalid):
        plan_places(db, PLANNER, round_id=round_id, place_id="d", setup=late, order=QUICK)


def test_homes_that_went_away_wait_for_their_window(tmp_path, db, round_id):
    """Homes found away as a whole are visited in the window only, or named as having no day."""
    window = write(tmp_path, "days: 6\nhours: 3\naway_window: [2019-11-24, 2019-11-25]\n")
    found = plan_places(db, PLANNER, round_id=round_id, place_id="d", setup=read_setup(window), order=QUICK)
    away = [
        (one.day, stop)
        for village in found.villages
        for one in village.team_days
        for stop in one.stops
        if stop.last_outcome == "away_all"
    ]
    assert away
    assert all(date(2019, 11, 24) <= day <= date(2019, 11, 25) for day, _ in away)
    never = write(tmp_path, "days: 3\naway_window: [2020-01-20, 2020-02-02]\n")
    found = plan_places(db, PLANNER, round_id=round_id, place_id="d", setup=read_setup(never), order=QUICK)
    left = {stop.reason for village in found.villages for stop in village.unserved if stop.last_outcome == "away_all"}
    assert left == {"no_slot"}


@pytest.mark.parametrize(
    "text",
    ["", "- 1", "team: 2", "teams: 0", "teams: [a, a]", "hours: 25", "days: 0", "start: office", "travel: plane", "detour: 0.5",
     "minutes: {tea: 5}", "off: [tomorrow]", "away_window: [2020-02-02, 2020-01-01]", "villages: [v1]", "pool: maybe",
     "villages: {v1: {teams: -1}}", "forced: {a: {}}", "forced: {a: {place: b}}", "forbidden: 3", "speed_kmh: 0", "a: [", "start: [200, 20]"],
)  # fmt: skip
def test_a_bad_file_of_teams(tmp_path, text):
    """A key or value that is not understood is refused, never passed over."""
    with pytest.raises(Invalid):
        read_setup(write(tmp_path, text))


def test_the_command(tmp_path, capsys, world):
    """The command prints the plan with sums, two simpler orders and what-if, and writes it to a folder; no names in it."""
    line = ["plan", "--db", world.path, "--place", "v4", "--days", 2, "--teams", 1, "--seed", 3, "--effort", 0.02, "--what-if", "--json",
            "--out", tmp_path / "out"]  # fmt: skip
    assert main([str(one) for one in line]) == 0
    said = capsys.readouterr().out
    found = json.loads(said)
    assert found["served"] == sum(len(day["stops"]) for one in found["villages"] for day in one["team_days"])
    assert (found["mode"], found["seed"], len(found["what_if"])) == ("balanced", 3, 3)
    assert found["nearest_neighbour"]["served"] == found["served"]
    assert json.loads((tmp_path / "out" / "plan.json").read_text(encoding="utf-8"))["villages"] == found["villages"]
    assert "测户" not in said
    assert main([str(one) for one in line[:-3]]) == 0
    told = capsys.readouterr()
    assert "按名册顺序" in told.out
    assert "没有坐标，先补坐标" in told.err
