"""What waits for a decision on the pages: exclusions, whole groups' assignments, due dates, rows not entered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from geo.i18n import text
from geo.importer import ImportOptions, NewRound, import_file, list_refused
from geo.model import Scope
from geo.schema import assignment, audit_log
from geo.store.create import create_database
from geo.store.database import Database
from geo.store.places import root_place
from geo.store.reads import read_figures
from geo.ui.navigation import ENTRIES
from tests.conftest import ROOT
from tests.workbooks import TODAY, home, write_csv
from tests.world import PLANNER


@pytest.fixture
def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Database, Scope]]:
    """Return an own database with a round, two rows of whose file were refused."""
    path = tmp_path / "own.sqlite"
    monkeypatch.setenv("GEO_DB", str(path))
    db = create_database(path, kind="real", edition="2023-06-30", today=TODAY)
    scope = Scope("planner", "planner", root_place(db).id)
    book = write_csv(tmp_path / "孟溪村.csv", [home(""), home("MX2"), home("MX3", 村民组="")])
    round_ = NewRound("第1轮", date(2019, 10, 15), date(2019, 12, 10))
    assert import_file(db, scope, book, options=ImportOptions(round=round_, good_rows=True)).stored
    yield db, scope
    db.close()


def open_page(
    name: str, *, role: str = "planner", ticked: tuple[object, tuple[str, ...]] | None = None, **params: str
) -> AppTest:
    """Return a page as a role sees it; `ticked`: a list and what was ticked on it before."""
    app = AppTest.from_file(str(ROOT / "geo" / "ui" / "main.py"), default_timeout=60)
    app.session_state["_role"] = role
    for key, value in params.items():
        app.query_params[key] = value
    app.run()
    if ticked is not None:
        app.session_state["_ticked"] = (ticked[0], frozenset(ticked[1]))
    for key, value in params.items():
        app.query_params[key] = value
    if name != "overview":
        app.switch_page(str(ROOT / "pages" / ENTRIES[name].file)).run()
    assert not app.exception
    return app


def press(app: AppTest, key: str) -> AppTest:
    """Press a button."""
    app.button(key=key).click().run()
    assert not app.exception
    return app


def press_in(app: AppTest, opener: str, key: str) -> AppTest:
    """Press a button of the dialog that another button opened: a test run opens it anew each time."""
    app.button(key=opener).click()
    return press(app, key)


def keys_of(app: AppTest) -> set[str]:
    """Return the keys of the buttons that are there."""
    return {str(one.key) for one in app.button}


def words_of(app: AppTest) -> str:
    """Return what the page says outside tables, escapes taken away."""
    found = (*app.markdown, *app.caption, *app.text, *app.toast, *app.error, *app.warning)
    return "\n".join(str(one.value) for one in found).replace("\\", "")


def round_id(db: Database) -> str:
    """Return the id of the running round of the small world."""
    return read_figures(db, PLANNER, round_id="2", place_id="d").round.id


def counts_of(db: Database, place: str) -> tuple[int, int, int]:
    """Return roster, pending and left of a place."""
    counts = read_figures(db, PLANNER, round_id="2", place_id=place).counts
    return counts.roster, counts.pending, counts.left


@pytest.mark.usefixtures("world")
def test_exclusions_are_listed_with_their_share() -> None:
    """The list holds the one pending and the seven approved rows; the share is 已剔除 ÷ 入册, and above 3 % it warns."""
    app = open_page("gaps", by="out")
    table = app.dataframe[0].value
    assert table["state"].value_counts().to_dict() == {"已剔除": 6, "待审": 1, "已批准，仍应访": 1}
    assert table["state"].iloc[0] == "待审"
    assert table.loc[table["code"] == "C-033", "evidence"].item().startswith(text("out.no_visit")[:2])
    assert "6 ÷ 入册 59 = 10.2%" in words_of(app)
    assert text("out.much", most="3%") in words_of(app)
    assert text("out.much") not in words_of(open_page("gaps", by="out", place="v1"))


def test_an_exclusion_is_approved_and_taken_back(world: Database) -> None:
    """What is foreseen is what approving makes; the approval can be taken back, and the proposal dismissed."""
    assert counts_of(world, "d") == (53, 1, 6)
    of = ("d", round_id(world), "out")
    app = open_page("gaps", by="out", ticked=(of, ("h32",)))
    assert "应访 53 → 52" in words_of(app)
    assert "7 ÷ 59 = 11.9%" in words_of(app)
    press(app, "out_approve")
    assert counts_of(world, "d") == (52, 0, 7)
    app = open_page("gaps", by="out", ticked=(of, ("h32",)))
    assert "out_approve" not in keys_of(app)
    press(app, "out_reopen")
    assert counts_of(world, "d") == (53, 1, 6)
    press(open_page("gaps", by="out", ticked=(of, ("h32",))), "out_dismiss")
    assert counts_of(world, "d") == (53, 0, 6)


def test_an_approval_that_changes_nothing_is_foreseen_so(world: Database) -> None:
    """A home with an effective visit by the day stays in 应访 whatever is approved, and the bar says so before."""
    of = ("d", round_id(world), "out")
    press(open_page("gaps", by="out", ticked=(of, ("h33",))), "out_reopen")
    app = open_page("gaps", by="out", ticked=(of, ("h33",)))
    assert "应访 53 → 53" in words_of(app)
    assert text("out.keeps") in app.dataframe[0].value.set_index("code").loc["C-033", "evidence"]
    press(app, "out_approve")
    assert counts_of(world, "d") == (53, 1, 6)


@pytest.mark.parametrize("role", ["leader", "recorder"])
def test_who_may_not_decide_sees_the_list_alone(world: Database, role: str) -> None:
    """A leader and a recorder get the list without the buttons, and are told who decides."""
    place = "d" if role == "leader" else "v1"
    app = open_page("gaps", role=role, by="out", ticked=((place, round_id(world), "out"), ("h32",)))
    assert not {"out_approve", "out_dismiss", "out_reopen"} & keys_of(app)
    if role == "leader":
        assert text("out.no_right") in words_of(app)


def test_a_decision_of_somebody_else_is_not_undone(world: Database) -> None:
    """Two planners look at the same row; the second to press is told that it has been decided."""
    of = ("d", round_id(world), "out")
    first, second = (open_page("gaps", by="out", ticked=(of, ("h32",))) for _ in range(2))
    press(first, "out_dismiss")
    press(second, "out_approve")
    assert counts_of(world, "d") == (53, 0, 6)
    assert text("err.no_exclusion") in words_of(second)


@pytest.mark.usefixtures("world")
def test_overview_leads_to_what_waits() -> None:
    """总览 names the pending exclusion though other things press more, with the way to the list."""
    app = open_page("overview")
    links = {one.proto.label: one.proto.query_string for one in app.get("page_link")}
    assert "by=out" in links[text("ov.go.exclusions")]
    assert text("ov.next.exclusions", n=1) in words_of(app)


def test_a_whole_group_is_taken_back_and_redated(world: Database) -> None:
    """A group's assignment gets another date with its assignee kept, and is withdrawn; one without has no such button."""
    of = ("d", round_id(world), "group", 1)
    app = press(open_page("gaps", by="group", ticked=(of, ("g10",))), "due")
    app.date_input(key="due_on").set_value(date(2019, 12, 1))
    press_in(app, "due", "due_do")
    with world.read() as connection:
        row = connection.execute(select(assignment).where(assignment.c.place == "g10")).mappings().one()
        own = connection.execute(select(assignment.c.due_on).where(assignment.c.household == "h44")).scalar_one()
    assert (row["due_on"], row["status"], own) == (date(2019, 12, 1), "assigned", date(2019, 11, 30))
    shown = open_page("gaps", by="group").dataframe[0].value.set_index("组")
    assert "王测组" in shown["责任人"].tolist()
    press(open_page("gaps", by="group", ticked=(of, ("g10",))), "withdraw")
    assert read_figures(world, PLANNER, round_id="2", place_id="g10").counts.unassigned == 2
    assert not {"due", "withdraw"} & keys_of(open_page("gaps", by="group", ticked=(of, ("g10", "g09"))))


def test_only_own_assignments_of_homes_are_redated(world: Database) -> None:
    """Of two ticked homes, one assigned through its group, the date of the other alone changes; the dialog says so."""
    of = ("d", round_id(world), "home", 1)
    app = press(open_page("gaps", ticked=(of, ("h44", "h45"))), "due")
    assert text("due.how_many.home", n=1) in words_of(app)
    assert text("due.rest.home", n=1) in words_of(app)
    press_in(app, "due", "due_do")
    with world.read() as connection:
        dues = {row[0]: row[1] for row in connection.execute(select(assignment.c.household, assignment.c.due_on))}
    assert dues["h44"] == date(2019, 11, 27)


def test_a_household_is_given_to_somebody_on_its_page(world: Database) -> None:
    """户: assigned, redated and taken back for this one home; a leader has none of these buttons."""
    app = press(open_page("household", h="h40"), "due")
    app.date_input(key="due_on").set_value(date(2019, 12, 2))
    press_in(app, "due", "due_do")
    press(open_page("household", h="h40"), "withdraw")
    with world.read() as connection:
        row = connection.execute(select(assignment).where(assignment.c.household == "h40")).mappings().one()
    assert (row["due_on"], row["status"]) == (date(2019, 12, 2), "withdrawn")
    app = open_page("household", h="h45")
    assert text("household.by_group", name="王测组") in words_of(app)
    assert "withdraw" not in keys_of(app)
    assert not {"assign", "due", "withdraw"} & keys_of(open_page("household", role="leader", h="h40"))


def test_rows_not_entered_are_listed_and_given_up(register: tuple[Database, Scope]) -> None:
    """导入 lists the refused rows with cell, code and remedy; giving one up asks why, logs it, and 总览 counts on."""
    db, scope = register
    table = open_page("import").dataframe[0].value
    assert table["where"].tolist() == ["D2", "C4"]
    assert table["code"].tolist() == ["R_REQUIRED", "R_REQUIRED"]
    assert table["what"].str.contains("补上").all()
    overview = open_page("overview")
    links = [one.proto.label for one in overview.get("page_link")]
    assert text("ov.next.unentered", n=2) in words_of(overview)
    assert text("ov.go.unentered") in links
    batch = list_refused(db, scope)[0]["batch"]
    app = press(open_page("import", ticked=("refused", (f"{batch}|1",))), "refused_dismiss")
    press_in(app, "refused_dismiss", "refused_do")
    assert text("import.no_reason") in words_of(app)
    app.text_input(key="refused_reason").set_value("已迁出")
    press_in(app, "refused_dismiss", "refused_do")
    assert [row["row"] for row in list_refused(db, scope)] == [3]
    with db.read() as connection:
        wanted = select(audit_log.c.diff).where(audit_log.c.action == "import.dismiss")
        assert "已迁出" in connection.execute(wanted).scalar_one()
    assert text("ov.next.unentered", n=1) in words_of(open_page("overview"))


def test_repaired_rows_leave_the_list_by_themselves(register: tuple[Database, Scope], tmp_path: Path) -> None:
    """Once the same file comes repaired the list is gone from the page, and 总览 says nothing of it."""
    db, scope = register
    book = write_csv(tmp_path / "孟溪村.csv", [home("MX1"), home("MX2"), home("MX3")])
    assert import_file(db, scope, book, options=ImportOptions(round="1")).stored
    assert not open_page("import").dataframe
    assert "行未入册" not in words_of(open_page("overview"))
