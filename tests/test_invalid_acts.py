"""What no list allows is refused in words, whole, and never by the database itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from geo.errors import Conflict, Invalid, NotFound
from geo.issues import Act
from geo.model import IssueEntry, VisitEntry
from geo.schema import metadata
from geo.schema.base import FreeText, FreeWord
from geo.store.assignments import change_assignment
from geo.store.bulk import record_visits
from geo.store.cells import differing_cells
from geo.store.drafts import keep_draft
from geo.store.households import NewHousehold, add_household, edit_household
from geo.store.issue_acts import act_on_issue
from geo.store.issues import raise_issue
from geo.store.lists import write_list
from geo.store.matters import MatterEntry, add_matter, remove_matter
from geo.store.measures import MeasureEntry, add_measure
from geo.store.reads import read_figures, read_homes
from geo.store.reviews import ReviewEntry, open_review, write_minutes
from geo.store.rounds import RoundPlan, create_round
from geo.store.visits import record_visit, void_visit
from tests.workbooks import dump
from tests.world import PLANNER

DAY = date(2019, 11, 1)
ENTRY = VisitEntry("e1", "h11", DAY, "effective")
VACANT = replace(ENTRY, outcome="vacant", reason="house_gone")
NEXT = {"name": "第3轮", "scope": "d", "starts_on": date(2020, 1, 1), "ends_on": date(2020, 2, 1)}


@pytest.mark.parametrize(
    ("changes", "error", "key"),
    [
        ({"entry_kind": "bulk"}, Invalid, "err.bulk"),
        ({"entry_kind": "bulk", "outcome": "refused", "reason": "unwilling"}, Invalid, "err.bulk"),
        ({"entry_kind": "guess"}, Invalid, "err.unknown_code"),
        ({"respondent": "dog"}, Invalid, "err.unknown_code"),
        ({"persons": ("nobody",)}, NotFound, "err.no_assignee"),
        ({"programme": "vaccination"}, Invalid, "err.no_round_day"),
    ],
)
def test_a_visit_with_a_word_off_the_list(world, changes, error, key):
    """In bulk only not_home; kinds, respondents and people must be known; another programme needs a round of its own."""
    before = dump(world)
    with pytest.raises(error) as caught:
        record_visit(world, PLANNER, entry=replace(ENTRY, **changes))
    assert (caught.value.key, dump(world)) == (key, before)


def test_in_bulk_nobody_home_is_taken(world):
    """The one outcome that may be entered for many homes at once is taken one by one and many at a time."""
    record_visit(world, PLANNER, entry=replace(ENTRY, outcome="not_home", reason="unknown", entry_kind="bulk"))
    frame = pd.DataFrame({"household": ["h12"], "visited_on": [DAY], "outcome": ["not_home"], "reason": "unknown"})
    assert record_visits(world, PLANNER, frame=frame.assign(entry_kind="bulk")).stored == 1
    for wrong in ({"outcome": "effective"}, {"respondent": "dog"}):
        with pytest.raises(Invalid):
            record_visits(world, PLANNER, frame=frame.assign(entry_kind="bulk", **wrong))


@pytest.mark.parametrize(
    "changes",
    [
        {"household_class": "rich"},
        {"residence": "moon"},
        {"size": -1},
        {"size": "many"},
        {"head_name": None},
        {"code": "X"},
    ],
)
def test_facts_off_the_list(world, changes):
    """A class, residence, size or name that cannot be is `Invalid`, and so is a fact that is not edited this way."""
    before = dump(world)
    with pytest.raises(Invalid):
        edit_household(world, PLANNER, household_id="h01", rev=1, changes=changes)
    assert dump(world) == before


def test_a_new_household_of_an_unknown_class(world):
    """The error speaks of the class, not of a code that is taken."""
    with pytest.raises(Invalid) as caught:
        add_household(world, PLANNER, new=NewHousehold("n1", "X1", "g01", "王测", household_class="rich"))
    assert caught.value.key == "err.unknown_code"


@pytest.mark.parametrize(
    "changes",
    [{"target_bp": 10_001}, {"target_bp": -1}, {"status": "begun"}, {"number": 2}, {"number": 0}, {"name": " "}],
)
def test_rounds_that_cannot_be(world, changes):
    """A target beyond 0–100 %, an unknown status, a taken or impossible number, an empty name: no round is made."""
    before = dump(world)
    with pytest.raises(Invalid):
        create_round(world, PLANNER, plan=RoundPlan(**{**NEXT, **changes}))
    assert dump(world) == before


def test_an_assignment_only_becomes_what_a_person_may_say(world):
    """An unknown status, and `replaced`, which comes with another assignment, are refused."""
    with world.read() as connection:
        row, rev = connection.exec_driver_sql("SELECT id, rev FROM assignment").first()
    for status in ("done", "replaced"):
        with pytest.raises(Invalid):
            change_assignment(world, PLANNER, assignment_id=row, rev=rev, status=status)


def test_ids_that_belong_to_other_rows(world):
    """A void may not take a visit's id, a visit not a void's, and a correction not another household."""
    record_visit(world, PLANNER, entry=ENTRY)
    before = dump(world)
    with pytest.raises(Invalid):
        void_visit(world, PLANNER, visit_id="e1", void_id="w1", replacement=replace(ENTRY, id="e2", household="h12"))
    with pytest.raises(Conflict):
        void_visit(world, PLANNER, visit_id="e1", void_id="e1")
    assert dump(world) == before
    void_visit(world, PLANNER, visit_id="e1", void_id="w1")
    with pytest.raises(Conflict):
        record_visit(world, PLANNER, entry=replace(ENTRY, id="w1"))


@pytest.mark.parametrize("order", [(8, 1), (1, 8)])
@pytest.mark.parametrize("bulk", [False, True])
def test_the_earliest_reason_is_proposed_in_any_order(world, order, bulk):
    """Of two visits that find a house vacant the earlier one dates the exclusion, whichever is entered first."""
    days = [date(2019, 11, nth) for nth in order]
    if bulk:
        frame = pd.DataFrame({"household": "h11", "visited_on": days, "outcome": "vacant", "reason": "house_gone"})
        record_visits(world, PLANNER, frame=frame)
    else:
        for nth, on in enumerate(days):
            record_visit(world, PLANNER, entry=replace(VACANT, id=f"e{nth}", visited_on=on))
    for as_of, pending in ((date(2019, 10, 31), 0), (DAY, 1)):
        found = read_figures(world, PLANNER, round_id="2", place_id="g03", as_of=as_of).counts
        assert (found.pending, found.roster) == (pending, 5)
    with world.read() as connection:
        assert differing_cells(connection, "2") == []


def test_outside_every_round_lies_only_the_default_programme(world):
    """A visit outside rounds is no last visit of another programme."""
    plan = RoundPlan("接种", date(2019, 11, 1), date(2019, 11, 30), "d", programme="vaccination")
    made = create_round(world, PLANNER, plan=plan)
    record_visit(world, PLANNER, entry=replace(ENTRY, visited_on=date(2019, 7, 1)))
    record_visit(world, PLANNER, entry=replace(ENTRY, id="e2", household="h12", programme="vaccination"))
    seen = read_homes(world, PLANNER, round_id=made.id, place_id="g03").set_index("household")["last_effective_on"]
    assert seen.dropna().to_dict() == {"h12": DAY}
    ours = read_homes(world, PLANNER, round_id="2", place_id="g03").set_index("household")["last_effective_on"]
    assert (ours["h11"], ours["h12"]) == (date(2019, 7, 1), date(2019, 5, 10))


def test_what_is_written_in_own_words_has_the_type_that_hides():
    """Every column that takes somebody's own words is of the type that stores no whole ID number; a count and a code take none."""
    own = {"note", "detail", "title", "text", "minutes", "participants", "unit", "responsible", "head_name", "phone"}
    columns = [one for table in metadata.sorted_tables for one in table.columns if one.name in own | {"excluded_note"}]
    plain = [str(one) for one in columns if not isinstance(one.type, FreeText | FreeWord)]
    assert (len(columns) > 15, plain) == (True, ["coverage_cell.phone", "import_refused.unit"])


def test_whole_id_numbers_are_nowhere_in_the_file(world):
    """What is typed into notes, names and issues keeps of an ID number the last four; other long numbers stay."""
    number, other = "522201199001012946", "520602202203220301"
    text = f"证件{number}，户编号{other}"
    record_visit(world, PLANNER, entry=replace(ENTRY, note=text))
    frame = pd.DataFrame({"household": ["h12"], "visited_on": [DAY], "outcome": ["effective"], "note": [text]})
    record_visits(world, PLANNER, frame=frame)
    edit_household(
        world, PLANNER, household_id="h01", rev=1, changes={"note": text, "head_name": f"测 {number}", "phone": number}
    )
    add_household(world, PLANNER, new=NewHousehold("n1", "X1", "g01", f"王测{number}", phone=number))
    raise_issue(world, PLANNER, entry=IssueEntry("i9", "g01", "household", "OTH", text, DAY, ("h01",), detail=text))
    told = Act("assigned", DAY, note=text, unit=text, responsible=text)
    act_on_issue(world, PLANNER, issue_id="i9", act=told, act_id="a")
    add_measure(world, PLANNER, entry=MeasureEntry("m9", "i9", text, DAY, unit=text, responsible=text))
    open_review(world, PLANNER, entry=ReviewEntry("r9", "v1", "village", DAY, text, text))
    write_minutes(world, PLANNER, review_id="r9", rev=1, participants=text, minutes=text)
    matter = MatterEntry("m8", "v1", "OTH", text, unit=text, responsible=text, source=text, note=text)
    add_matter(world, PLANNER, entry=matter)
    remove_matter(world, PLANNER, matter_id="m8", rev=1, reason=text)
    keep_draft(world, PLANNER, about="visit:h01", content={"fields": {"note": text}})
    write_list(world, PLANNER, name="topic", entries=[text])
    said = repr(dump(world))
    assert (number[:14] in said, said.count(other) > 10) == (False, True)
    assert f"证件{'*' * 14}2946，户编号{other}" in said
