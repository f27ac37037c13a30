"""Rows of the matrix in test_access.py about issues, measures, reviews and locked rounds; see tests/services.py."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from geo.issues import Act
from geo.model import Scope, VisitEntry
from geo.rules import Rules
from geo.store import (
    calls,
    categories,
    clearance,
    drafts,
    households,
    issue_acts,
    lists,
    measures,
    presence,
    published,
    reviews,
    roster_changes,
    round_figures,
    rules,
)
from geo.store.calls import Answer, Call
from geo.store.measures import MeasureEntry
from geo.store.reviews import Decision, ReviewEntry
from tests.services import V1, Case, Ground, in_write, of_db

#: An issue and a measure that the ground holds.
SAID = {"issue_id": "said"}
PROGRESS = {**SAID, "act": Act("progress", date(2019, 11, 19)), "act_id": "sa1"}
MEASURE = MeasureEntry("sm1", "said", "补漏", date(2019, 11, 19))


def _past_round(status: str) -> Callable[[Ground], str]:
    """Return what puts the ground's past round into a status, and its id."""

    def make(ground: Ground) -> str:
        with ground.db.write() as connection:
            connection.exec_driver_sql("UPDATE round SET status = ? WHERE id = ?", (status, ground.past_round))
        return ground.past_round

    return make


def _number(ground: Ground) -> str:
    return str(issue_acts.get_issue(ground.db, Scope("planner", "planner", "d"), issue_id="said")["number"])


def _newcomer(ground: Ground) -> str:
    """Add a household of v1 that no roster holds; return its id."""
    with ground.db.write() as connection:
        connection.exec_driver_sql(
            "INSERT OR IGNORE INTO household (id, tile_id, code, village, place, created_at, created_by) "
            "VALUES ('late', 9001, 'C-901', 'v1', 'g01', '', '')"
        )
    return "late"


CALL = Call(
    VisitEntry("called", "h01", date(2019, 11, 19), "effective"), answers=(Answer("said", PROGRESS["act"], "c"),)
)

CLEAR_CASES: dict[str, Case] = {
    "store.calls.record_call": of_db(calls.record_call, "record_visit", call=CALL),
    "store.categories.name_categories": of_db(
        lambda db, scope: categories.name_categories(db, scope)("OTH"), "view", blind=str
    ),
    "store.categories.offer_categories": of_db(categories.offer_categories, "view", blind=dict),
    "store.round_figures.compare_rounds": of_db(
        round_figures.compare_rounds, "view", round_id="2", place_id="v1", level="group"
    ),
    "store.round_figures.list_compared": of_db(
        round_figures.list_compared, "view", round_id="2", place_id="v1", pick="kept"
    ),
    "store.presence.list_present": of_db(presence.list_present, "view", round_id="2", place_id="v1", what="lead:any"),
    "store.rules.load_rules": of_db(rules.load_rules, "view", blind=Rules),
    "store.rules.list_rules": of_db(rules.list_rules, "view", blind=list),
    "store.categories.list_categories": of_db(categories.list_categories, "view", blind=list),
    "store.rules.list_rule_changes": of_db(rules.list_rule_changes, "manage", whole=True),
    "store.rules.write_rule": of_db(
        rules.write_rule, "manage", whole=True, key="never", value=21, source="区办", year=2019
    ),
    "store.categories.write_category": of_db(
        categories.write_category,
        "manage",
        whole=True,
        code="WATER",
        criteria="取水往返超 20 分钟",
        source="区办",
        year=2019,
    ),
    "store.households.find_code": of_db(households.find_code, "view", code="C-001"),
    "store.roster_changes.join_round": of_db(
        roster_changes.join_round, "manage_round", round_id=lambda ground: ground.past_round, household_id=_newcomer
    ),
    "store.roster_changes.propose_leaving": of_db(
        roster_changes.propose_leaving,
        "record_visit",
        round_id="2",
        household_id="h01",
        reason="vacant",
        evidence="11 月 2 日到户，门锁着",
    ),
    "store.clearance.read_clearance": of_db(clearance.read_clearance, "view", place_id="v1"),
    "store.clearance.list_funnel_homes": of_db(
        clearance.list_funnel_homes, "view", place_id="v1", pick="homes_village"
    ),
    "store.issue_acts.act_on_issue": of_db(issue_acts.act_on_issue, "act_on_issue", **PROGRESS),
    "store.issue_acts.insert_act": in_write(issue_acts.insert_act, "", **PROGRESS),
    "store.issue_acts.find_issue": in_write(issue_acts.find_issue, "", **SAID),
    "store.issue_acts.get_issue": of_db(issue_acts.get_issue, "view", **SAID),
    "store.issue_acts.find_number": of_db(issue_acts.find_number, "view", number=_number),
    "store.issue_acts.list_homes_of": of_db(issue_acts.list_homes_of, "view", **SAID),
    "store.issue_acts.read_history": of_db(issue_acts.read_history, "view", **SAID),
    "store.issue_acts.list_unlike_their_events": of_db(issue_acts.list_unlike_their_events, "manage", whole=True),
    "store.measures.add_measure": of_db(measures.add_measure, "act_on_issue", entry=MEASURE),
    "store.measures.insert_measure": in_write(measures.insert_measure, "", entry=MEASURE),
    "store.measures.finish_measure": of_db(
        measures.finish_measure, "act_on_issue", measure_id="said-1", rev=1, done_on=date(2019, 11, 19)
    ),
    "store.measures.change_measure": in_write(
        measures.change_measure, "", measure_id="said-1", rev=1, done_on=date(2019, 11, 19)
    ),
    "store.measures.read_measures": of_db(measures.read_measures, "view", place_id="v1"),
    "store.measures.list_measures": of_db(measures.list_measures, "view", **SAID),
    "store.lists.read_list": of_db(lists.read_list, "view", blind=tuple, name="topic"),
    "store.lists.write_list": of_db(lists.write_list, "manage", whole=True, name="topic", entries=["医保"]),
    "store.drafts.keep_draft": of_db(
        drafts.keep_draft, "record_visit", blind=None, about="visit:h01", content={"id": "x"}
    ),
    "store.drafts.find_draft": of_db(drafts.find_draft, "record_visit", blind=None, about="visit:h01"),
    "store.drafts.list_drafts": of_db(drafts.list_drafts, "record_visit", blind={}, about="visit:"),
    "store.drafts.drop_draft": of_db(drafts.drop_draft, "record_visit", blind=None, about="visit:h01"),
    "store.presence.read_presence": of_db(presence.read_presence, "view", **V1),
    "store.reviews.list_candidates": of_db(reviews.list_candidates, "view", place_id="v1", level="village"),
    "store.reviews.open_review": of_db(
        reviews.open_review, "approve_issue", entry=ReviewEntry("sr1", "v1", "village", date(2019, 11, 19))
    ),
    "store.reviews.write_minutes": of_db(
        reviews.write_minutes, "approve_issue", review_id="held", rev=1, participants="周测", minutes="先修路"
    ),
    "store.reviews.decide": of_db(
        reviews.decide, "approve_issue", review_id="held", issue_id="said", rev=1, decision=Decision("assign")
    ),
    "store.reviews.list_reviews": of_db(reviews.list_reviews, "view", place_id="v1"),
    "store.reviews.read_decided": of_db(reviews.read_decided, "view", review_id="held"),
    "store.published.close_round": of_db(published.close_round, "manage_round", round_id=_past_round("open")),
    "store.published.reopen_round": of_db(published.reopen_round, "manage_round", round_id=_past_round("closed")),
    "store.published.lock_round": of_db(published.lock_round, "manage_round", round_id=_past_round("closed")),
    "store.published.read_published": of_db(published.read_published, "view", figures_id=lambda ground: ground.figures),
    "store.published.list_published": of_db(published.list_published, "view", blind={}),
}
