"""The household page: what it shows to whom, and that what it says before a save is what the save makes."""

from __future__ import annotations

from datetime import date
from time import monotonic
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from geo.i18n import text
from geo.model import VisitEntry, new_id
from geo.store.database import Database
from geo.store.households import edit_household, get_household
from geo.store.issues import list_issues
from geo.store.published import lock_round, read_published
from geo.store.reads import read_figures
from geo.store.rounds import get_round
from geo.store.teams import CADRE, FIVE, MemberEntry, add_member, list_members
from geo.store.visits import list_persons, list_visits, record_visit, void_visit
from geo.ui.household_data import find_next, foresee_save, foresee_void, list_waiting, read_card
from tests.conftest import ROOT
from tests.world import LEADER, PLANNER, TODAY

HOSTILE = ":red[x] ![p](http://example.org/p) {{ 7*7 }} <b>y</b>"


def open_page(household_id: str, *, role: str = "planner") -> AppTest:
    """Return the page of a household as a role sees it."""
    app = AppTest.from_file(str(ROOT / "geo" / "ui" / "main.py"), default_timeout=30)
    app.session_state["_role"] = role
    app.query_params["h"] = household_id
    app.run()
    app.switch_page(str(ROOT / "pages" / "household.py")).run()
    assert not app.exception
    return app


def press(app: AppTest, ending: str) -> AppTest:
    """Press the one button whose key ends so."""
    found = [one for one in app.button if str(one.key).endswith(ending)]
    assert len(found) == 1, [one.key for one in app.button]
    found[0].click().run()
    assert not app.exception
    return app


def read_words(app: AppTest) -> str:
    """Return everything the page says outside tables."""
    return "\n".join(str(one.value) for one in (*app.markdown, *app.caption, *app.text, *app.error, *app.warning))


def home_card(db: Database, household_id: str) -> Any:
    """Return the card of a household in the running round."""
    round_ = get_round(db, PLANNER, round_id="2")
    return read_card(db, PLANNER, household_id=household_id, round_=round_)


@pytest.mark.parametrize("mode", ["in_person", "phone"])
@pytest.mark.parametrize("household_id", ["h08", "h06", "h18", "h32"])
def test_what_is_foreseen_is_what_a_save_makes(world: Database, household_id: str, mode: str) -> None:
    """For every outcome, the coverage announced before a save equals the coverage after it."""
    for outcome in ("effective", "partial_proxy", "away_all", "moved_out", "merged"):
        card = home_card(world, household_id)
        foreseen = foresee_save(card, outcome=outcome, mode=mode, visited_on=TODAY)
        entry = VisitEntry(new_id(), household_id, TODAY, outcome, mode=mode, reason="unknown")
        saved = record_visit(world, PLANNER, entry=entry)
        assert foreseen == (saved.effective, saved.roster), outcome
        back = foresee_void(
            world, PLANNER, card=home_card(world, household_id), visit=find(world, entry.id, household_id)
        )
        void_visit(world, PLANNER, visit_id=entry.id, void_id=new_id())
        counts = read_figures(world, PLANNER, round_id="2", place_id=saved.place).counts
        assert back == (counts.effective, counts.roster), outcome


def find(db: Database, visit_id: str, household_id: str) -> Any:
    """Return one visit of a household as the page reads it."""
    return next(one for one in list_visits(db, PLANNER, household_id=household_id) if one["id"] == visit_id)


def test_a_date_outside_the_round_changes_nothing(world: Database) -> None:
    """A visit dated before the round is foreseen to leave its figures alone."""
    card = home_card(world, "h08")
    before = card.round.starts_on.replace(day=1)
    counts = card.figures.counts
    assert foresee_save(card, outcome="effective", mode="in_person", visited_on=before) == (
        counts.effective,
        counts.roster,
    )


def test_a_household_that_has_left_is_not_foreseen(world: Database) -> None:
    """For a household outside the denominator nothing is promised."""
    assert foresee_save(home_card(world, "h31"), outcome="effective", mode="in_person", visited_on=TODAY) is None


def test_next_household(world: Database) -> None:
    """The next household is the next one to be reached in register order, then from the beginning; visited ones are passed over."""
    order = list_waiting(home_card(world, "h08").homes)
    assert [find_next(*order, one) for one in ("h06", "h08", "h10")] == ["h07", "h09", "h07"]
    assert find_next(*order, "h07", step=-1) == "h10"
    assert find_next(*list_waiting(home_card(world, "h01").homes), "h01") is None
    assert find_next([], set(), "h01") is None


def test_a_visit_moves_the_figures_and_the_page(world: Database) -> None:
    """Outcome, save: one visit is stored, the page says the new coverage and stands at the next household."""
    app = press(open_page("h08"), "outcome_1")
    assert "2 / 5" in read_words(app)
    press(app, "save_next")
    assert app.query_params["h"] in ("h09", ["h09"])
    assert "C-008" in read_words(app)
    assert "2 / 5" in read_words(app)
    assert read_figures(world, PLANNER, round_id="2", place_id="g02").counts.effective == 2
    newest = list_visits(world, PLANNER, household_id="h08")[0]
    assert (newest["outcome"], newest["visited_on"], newest["respondent"]) == ("effective", TODAY, "head")


def test_the_five_of_the_village_came(world: Database) -> None:
    """The form opens with those who make up the village's team today, and a save without a change keeps them."""
    for nth, (role, since) in enumerate([*((one, TODAY) for one in FIVE), (CADRE, TODAY)]):
        where = "g02" if role == CADRE else "v1"
        add_member(world, PLANNER, entry=MemberEntry(f"m{nth}", where, role, since, name=f"队测{nth}"))
    app = press(open_page("h08"), "outcome_1")
    offered = next(one for one in app.multiselect if str(one.key).endswith(":persons"))
    assert sorted(one[:3] for one in offered.options if one.startswith("队测")) == [f"队测{nth}" for nth in range(6)]
    assert sorted(offered.value) == sorted(read_team(world, "v1"))
    press(app, "save_stay")
    newest = list_visits(world, PLANNER, household_id="h08")[0]
    assert sorted(list_persons(world, PLANNER, visit_id=newest["id"])) == sorted(read_team(world, "v1"))


def test_a_late_entry_after_the_lock_is_approved(world: Database) -> None:
    """A day in a locked round asks who approves; without a name nothing is stored, with one the locked figures stay."""
    figures = lock_round(world, PLANNER, round_id="1")
    published = read_published(world, PLANNER, figures_id=figures)
    app = press(open_page("h31"), "outcome_1")
    assert not [one for one in app.text_input if str(one.key).endswith(":approved")]
    next(one for one in app.date_input if str(one.key).endswith(":date")).set_value(date(2019, 5, 20)).run()
    press(app, "save_stay")
    assert len(app.error) == 1
    assert len(list_visits(world, PLANNER, household_id="h31")) == 1
    next(one for one in app.text_input if str(one.key).endswith(":approved")).set_value("吴测批").run()
    press(app, "save_stay")
    assert not app.error
    with world.read() as connection:
        kept = connection.exec_driver_sql(
            "SELECT round, entry_kind, approved_by FROM visit WHERE household = 'h31' AND visited_on = '2019-05-20'"
        ).all()
    first = get_round(world, PLANNER, round_id="1").id
    assert [tuple(one) for one in kept] == [(first, "late", "吴测批")]
    assert read_published(world, PLANNER, figures_id=figures) == published


def read_team(db: Database, village: str) -> list[str]:
    """Return the persons who are one of the five of a village."""
    frame = list_members(db, PLANNER, place_id=village)
    return list(frame.loc[frame["role"].isin(FIVE), "person"])


def test_a_reason_is_asked_for_and_the_form_kept(world: Database) -> None:
    """Nobody home without a reason stores nothing and keeps the note; with one it is stored."""
    app = press(open_page("h08"), "outcome_3")
    next(one for one in app.text_area if str(one.key).endswith(":note")).set_value("门锁着").run()
    before = len(list_visits(world, PLANNER, household_id="h08"))
    press(app, "save_stay")
    assert len(app.error) == 1
    assert next(one for one in app.text_area if str(one.key).endswith(":note")).value == "门锁着"
    assert len(list_visits(world, PLANNER, household_id="h08")) == before
    next(one for one in app.selectbox if str(one.key).endswith(":reason:not_home")).set_value("at_work").run()
    press(app, "save_stay")
    newest = list_visits(world, PLANNER, household_id="h08")[0]
    assert (newest["outcome"], newest["reason"], newest["note"]) == ("not_home", "at_work", "门锁着")
    assert newest["respondent"] is None


def test_a_form_left_and_taken_up_again_is_saved_whole(world: Database) -> None:
    """Skipping a household and coming back keeps note and new issue; a new issue without a category stops the save."""
    earlier = len(list_visits(world, PLANNER, household_id="h08"))
    app = press(press(open_page("h08"), "outcome_1"), "raise_issue")
    field(app, "text_area", ":note").set_value("门前路滑").run()
    field(app, "text_input", ":title").set_value("桥面塌了").run()
    press(press(app, "save_skip"), "save_back")
    assert app.query_params["h"] in ("h08", ["h08"])
    assert [field(app, *one).value for one in (("text_area", ":note"), ("text_input", ":title"))] == [
        "门前路滑",
        "桥面塌了",
    ]
    press(app, "save_stay")
    assert [one.value for one in app.error] == [text("err.issue_category")]
    assert len(list_visits(world, PLANNER, household_id="h08")) == earlier
    field(app, "selectbox", ":category").set_value("INF_R").run()
    field(app, "selectbox", ":route").set_value("escalated").run()
    press(app, "save_stay")
    visit, issue = (
        list_visits(world, PLANNER, household_id="h08")[0],
        list_issues(world, PLANNER, household_id="h08")[0],
    )
    assert (visit["note"], issue["title"], issue["level_now"], issue["raised_by_visit"]) == (
        "门前路滑", "桥面塌了", "township", visit["id"],
    )  # fmt: skip
    assert issue["number"] in read_words(app)


def field(app: AppTest, kind: str, ending: str) -> Any:
    """Return the one field of a kind whose key ends so."""
    return next(one for one in getattr(app, kind) if str(one.key).endswith(ending))


@pytest.mark.usefixtures("world")
def test_a_leader_reads_masked_and_cannot_write() -> None:
    """A leader's page holds no full name or phone and no way to change anything."""
    app = open_page("h08", role="leader")
    words = read_words(app) + "".join(one.value.to_csv() for one in app.dataframe)
    assert "测08" not in words
    assert "19900000008" not in words
    assert "199****0008" in words
    kept = {str(one.key) for one in app.button}
    assert not [key for key in kept if key.startswith(("edit_", "correct_", "raise_", "save_", "outcome_"))]


def test_a_phone_is_shown_for_a_minute(world: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The phone is masked for a planner too; with a reason it is shown, and when the minute is over it is masked again."""
    app = open_page("h08")
    assert "199****0008" in read_words(app)
    assert "19900000008" not in read_words(app)
    app.text_input(key="reveal_words_h08").set_value("约时间")
    app.button(key="reveal_do_h08").click().run()
    assert "19900000008" in read_words(app)
    with world.read() as connection:
        said = connection.exec_driver_sql("SELECT diff FROM audit_log WHERE action = 'reveal'").scalar_one()
    assert "约时间" in said
    later = monotonic() + 61
    monkeypatch.setattr("geo.ui.reveal.monotonic", lambda: later)
    app.run()
    assert "19900000008" not in read_words(app)
    assert "199****0008" in read_words(app)


def test_data_text_is_never_markdown(world: Database) -> None:
    """A hostile name and note reach the page as text and table cells only."""
    row = get_household(world, PLANNER, household_id="h08")
    edit_household(world, PLANNER, household_id="h08", rev=row["rev"], changes={"head_name": HOSTILE, "note": HOSTILE})
    record_visit(world, PLANNER, entry=VisitEntry(new_id(), "h08", TODAY, "effective", note=HOSTILE))
    app = open_page("h08")
    assert HOSTILE in [one.value for one in app.text]
    read_as_markup = (*app.markdown, *app.caption, *app.error, *app.warning, *app.success, *app.info)
    assert not [one for one in read_as_markup if "example.org" in str(one.value)]
    assert not [one for one in app.button if "example.org" in one.label]


@pytest.mark.usefixtures("world")
def test_a_voided_visit_stays_marked() -> None:
    """A corrected visit is shown as voided beside its replacement."""
    words = read_words(open_page("h27"))
    assert "已作废" in words
    assert "家中无人" in words


def test_the_correction_says_what_it_makes(world: Database) -> None:
    """The dialog of a visit says what voiding it makes of the coverage."""
    entry = VisitEntry(new_id(), "h08", TODAY, "effective")
    record_visit(world, PLANNER, entry=entry)
    app = press(open_page("h08"), f"correct_{entry.id}")
    assert "1 / 5" in read_words(app)


@pytest.mark.usefixtures("world")
def test_an_unknown_household_is_one_sentence() -> None:
    """An id that does not exist gets a sentence, and no traceback."""
    app = open_page("nobody")
    assert len(app.error) == 1


@pytest.mark.usefixtures("world")
def test_the_recorder_is_kept_to_the_own_village() -> None:
    """A household outside the recorder's village is refused with a sentence."""
    app = open_page("h60", role="recorder")
    assert len(app.error) == 1
    assert "测60" not in read_words(app)


def test_leader_card_is_masked_in_the_list(world: Database) -> None:
    """The list of the group is masked by the service, not by the page."""
    round_ = get_round(world, LEADER, round_id="2")
    homes = read_card(world, LEADER, household_id="h08", round_=round_).homes
    assert set(homes["head_name"]) == {"测*"}
