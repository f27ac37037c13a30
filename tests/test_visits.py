"""Saving, correcting and refusing visits through the store's services."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from geo.errors import Conflict, Invalid, NotAllowed, NotFound
from geo.model import Scope, VisitEntry
from geo.schema import round_roster, visit
from geo.store.cells import differing_cells
from geo.store.exclusions import decide_exclusions
from geo.store.reads import read_figures
from geo.store.visits import list_visits, record_visit, void_visit
from tests.world import LEADER, PLANNER, TODAY

ENTRY = VisitEntry("new", "h11", TODAY, "effective", respondent="head", note="一切正常")


def effective_of(world, place="d"):
    return read_figures(world, PLANNER, round_id="2", place_id=place).counts.effective


def test_a_visit_moves_every_level_at_once(world):
    """One effective visit adds one at group, village, township and district, and the answer says so."""
    places = ("g03", "v1", "t1", "d")
    before = [effective_of(world, place) for place in places]
    saved = record_visit(world, PLANNER, entry=ENTRY)
    assert (saved.created, saved.place, saved.effective, saved.roster) == (True, "g03", 1, 5)
    assert [effective_of(world, place) for place in places] == [one + 1 for one in before]


def test_a_double_click_is_one_row(world):
    """Ten simultaneous sends of the same form make one row and count once."""
    before = effective_of(world)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _n: record_visit(world, PLANNER, entry=ENTRY), range(10)))
    assert sum(one.created for one in answers) == 1
    assert effective_of(world) == before + 1
    with pytest.raises(Conflict):
        record_visit(world, PLANNER, entry=replace(ENTRY, household="h12"))


@pytest.mark.parametrize(
    ("entry", "error", "key"),
    [
        (replace(ENTRY, visited_on=date(2019, 11, 21)), Invalid, "err.future"),
        (replace(ENTRY, outcome="not_home"), Invalid, "err.reason"),
        (replace(ENTRY, outcome="happy"), Invalid, "err.unknown_code"),
        (replace(ENTRY, mode="telepathy"), Invalid, "err.unknown_code"),
        (replace(ENTRY, household="nobody"), NotFound, "err.no_household"),
    ],
)
def test_wrong_visits_are_refused_whole(world, entry, error, key):
    """A future day, a missing reason, an unknown word or household is refused and leaves no row."""
    with pytest.raises(error) as caught:
        record_visit(world, PLANNER, entry=entry)
    assert caught.value.key == key
    with world.read() as connection:
        assert connection.execute(select(visit).where(visit.c.id == "new")).first() is None


def test_who_may_not_record(world):
    """A leader may not record, and a recorder of another village may not either."""
    with pytest.raises(NotAllowed):
        record_visit(world, LEADER, entry=ENTRY)
    with pytest.raises(NotAllowed):
        record_visit(world, Scope("r", "recorder", "v2"), entry=ENTRY)
    assert record_visit(world, Scope("r", "recorder", "v1"), entry=ENTRY).created


def test_a_correction_is_a_void_and_a_new_row(world):
    """Voiding restores the earlier figures; with a replacement the new outcome counts; both rows stay."""
    record_visit(world, PLANNER, entry=ENTRY)
    before = effective_of(world)
    right = replace(ENTRY, id="right", outcome="not_home", reason="at_work")
    void_visit(world, PLANNER, visit_id="new", void_id="void-new", replacement=right)
    assert effective_of(world) == before - 1
    rows = list_visits(world, PLANNER, household_id="h11")
    assert [(row["id"], bool(row["void"])) for row in rows][:2] == [("right", False), ("new", True)]


def test_a_row_is_voided_at_most_once(world):
    """The same void again changes nothing, another void of the same row is a conflict."""
    record_visit(world, PLANNER, entry=ENTRY)
    void_visit(world, PLANNER, visit_id="new", void_id="w")
    void_visit(world, PLANNER, visit_id="new", void_id="w")
    with pytest.raises(Conflict):
        void_visit(world, PLANNER, visit_id="new", void_id="another")
    with pytest.raises(NotFound):
        void_visit(world, PLANNER, visit_id="w", void_id="void-of-void")


def test_visits_cannot_be_changed_in_the_file(world):
    """The database itself refuses to change a visit row."""
    with pytest.raises(IntegrityError, match="append-only"), world.write() as connection:
        connection.execute(visit.update().where(visit.c.household == "h01").values(outcome="refused"))


def test_a_late_entry_is_marked_and_counted_by_its_day(world):
    """A visit of an earlier day is `late`, belongs to the round of its day, and counts from that day."""
    record_visit(world, PLANNER, entry=replace(ENTRY, visited_on=date(2019, 11, 1)))
    row = list_visits(world, PLANNER, household_id="h11")[0]
    assert (row["entry_kind"], row["round_name"]) == ("late", "第2轮")
    past = read_figures(world, PLANNER, round_id="2", place_id="g03", as_of=date(2019, 10, 31))
    assert past.counts.effective == 0
    assert read_figures(world, PLANNER, round_id="2", place_id="g03", as_of=date(2019, 11, 1)).counts.effective == 1


def test_a_visit_between_rounds_is_kept_outside(world):
    """A visit whose day lies in no round is kept and in no round's figures."""
    before = effective_of(world)
    record_visit(world, PLANNER, entry=replace(ENTRY, visited_on=date(2019, 7, 1)))
    assert list_visits(world, PLANNER, household_id="h11")[0]["round"] is None
    assert effective_of(world) == before


def test_an_empty_house_proposes_an_exclusion(world):
    """A vacant house stays due until the exclusion is approved; voiding the visit takes the proposal back."""
    record_visit(world, PLANNER, entry=replace(ENTRY, outcome="vacant", reason="house_gone"))
    counts = read_figures(world, PLANNER, round_id="2", place_id="g03").counts
    assert (counts.pending, counts.roster, counts.left) == (1, 5, 0)
    void_visit(world, PLANNER, visit_id="new", void_id="w")
    assert read_figures(world, PLANNER, round_id="2", place_id="g03").counts.pending == 0


def test_an_approved_exclusion_leaves_the_denominator(world):
    """Approval takes the household out, dismissal keeps it, deciding twice is an error, and only a planner may."""
    round_id = read_figures(world, PLANNER, round_id="2", place_id="d").round.id
    with pytest.raises(NotAllowed):
        decide_exclusions(world, LEADER, round_id=round_id, revs={"h32": 1}, decision="approve")
    assert decide_exclusions(world, PLANNER, round_id=round_id, revs={"h32": 1}, decision="approve") == 1
    counts = read_figures(world, PLANNER, round_id="2", place_id="g07").counts
    assert (counts.roster, counts.left, counts.groups_complete) == (1, 3, 1)
    for rev, decision in ((1, "dismiss"), (2, "dismiss"), (2, "approve")):
        with pytest.raises(Conflict):
            decide_exclusions(world, PLANNER, round_id=round_id, revs={"h32": rev}, decision=decision)
    with world.read() as connection:
        assert differing_cells(connection, round_id) == []


def test_new_days_rebuild_the_cells(world):
    """On a later configured day the figures are those of that day: h42 has joined, h44 has fallen overdue."""
    from geo.store.database import write_setting

    with world.write() as connection:
        write_setting(connection, "today", "2019-12-01")
    counts = read_figures(world, PLANNER, round_id="2", place_id="d").counts
    assert counts.roster == 54
    assert counts.overdue == 5


def test_twenty_writers_lose_nothing(world):
    """Twenty people saving at once: every acknowledged visit is stored and the cells are right."""
    with world.read() as connection:
        homes = list(connection.execute(select(round_roster.c.household).distinct()).scalars())
        before = connection.execute(select(func.count()).select_from(visit)).scalar_one()

    def save(nth: int) -> bool:
        return record_visit(world, PLANNER, entry=VisitEntry(f"w{nth}", homes[nth], TODAY, "effective")).created

    with ThreadPoolExecutor(20) as pool:
        assert all(pool.map(save, range(40)))
    with world.read() as connection:
        assert connection.execute(select(func.count()).select_from(visit)).scalar_one() == before + 40
        assert differing_cells(connection, "2") == []
