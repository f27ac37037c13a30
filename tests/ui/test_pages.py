"""Every page as every role sees it, on the small world: the figures of its table, the rights, the filters, the address."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from geo import codes
from geo.access import RIGHTS
from geo.audit import verify_log
from geo.codes import GAP_STATES
from geo.i18n import text
from geo.model import VisitEntry
from geo.schema import household, place
from geo.store.create import create_database
from geo.store.database import Database
from geo.store.exportlog import list_exports
from geo.store.reads import read_figures, read_homes
from geo.store.rounds import current_round
from geo.store.visits import record_visit
from geo.ui.gaps_actions import say_priority
from geo.ui.navigation import ENTRIES, has_page
from geo.web import grants
from tests.conftest import ROOT
from tests.world import PLANNER

MAIN = str(ROOT / "geo" / "ui" / "main.py")
LISTED = [name for name in ENTRIES if has_page(name)]


def open_page(name: str, *, role: str = "planner", **params: str) -> AppTest:
    """Return a page as a role sees it, opened with parameters in its address."""
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.session_state["_role"] = role
    for key, value in params.items():
        app.query_params[key] = value
    app.run()
    if name == "overview":
        return app
    for key, value in params.items():
        app.query_params[key] = value
    return app.switch_page(str(ROOT / "pages" / ENTRIES[name].file)).run()


def read_words(app: AppTest) -> str:
    """Return all that the page says outside its tables."""
    said = [str(one.value) for one in (*app.markdown, *app.text, *app.error, *app.warning)]
    html = [one.proto.body for one in app.get("html")]
    return "\n".join([*said, *html])


def read_tables(app: AppTest) -> str:
    """Return all that the page's tables hold."""
    return "\n".join(one.value.to_csv() for one in app.dataframe)


@pytest.mark.parametrize("role", [role for role in codes.ROLES if role in RIGHTS["view"]])
@pytest.mark.parametrize("name", [name for name in LISTED if name != "audit"])
@pytest.mark.usefixtures("world")
def test_every_page_for_every_role(name: str, role: str) -> None:
    """A page draws without an error, or says that it is outside the role's rights; never a traceback."""
    app = open_page(name, role=role)
    assert not app.exception
    assert text("err.other", id="")[:6] not in read_words(app)
    is_refused = text("shell.refused", role=text(f"role.{role}")) in read_words(app)
    kept_from = {("import", "leader"), ("import", "recorder"), ("plan", "leader"), ("visits", "leader")}
    kept_from |= {("plan", "recorder")}
    kept_from |= {("admin", "leader"), ("admin", "recorder")}
    kept_from |= {("accounts", one) for one in ("leader", "recorder", "planner")}
    assert is_refused == ((name, role) in kept_from)
    assert text("shell.strip") in read_words(app)


@pytest.mark.parametrize("role", [role for role in codes.ROLES if role not in RIGHTS["view"]])
@pytest.mark.usefixtures("world")
def test_no_page_of_data_for_roles_without_data(role: str) -> None:
    """Who sees no data is refused on every page of data, and reads no name, unit or figure there."""
    app = open_page("overview", role=role)
    for name in LISTED:
        if role in RIGHTS[ENTRIES[name].action]:
            continue
        app.switch_page(str(ROOT / "pages" / ENTRIES[name].file)).run()
        assert not app.exception
        if name == "overview":
            own = {"auditor": "audit.title", "system_admin": "accounts.title"}[role]
            assert text(own) in read_words(app), "the landing page is the first that is theirs"
            continue
        assert text("shell.refused", role=text(f"role.{role}")) in read_words(app)
        assert not app.dataframe
        assert "测" not in read_words(app)


def test_the_auditor_reads_the_log_alone(world: Database) -> None:
    """The auditor lands on the log, verifies it there, and finds a refusal and the view of a household in it."""
    open_page("admin", role="leader")
    open_page("household", h="h01")
    app = open_page("overview", role="auditor")
    assert not app.exception
    acts = app.dataframe[0].value
    assert {"refusal", "view"} <= set(acts["action"])
    assert acts.iloc[0]["object"] == "h01"
    app.button(key="audit_verify").click().run()
    assert text("audit.whole", n=len(acts), first="", last="", head="")[:8] in read_words(app)
    app.selectbox(key="audit_kind").set_value("refusal").run()
    assert set(app.dataframe[0].value["object"]) == {"admin"}
    assert text("shell.refused", role=text("role.planner")) in read_words(open_page("audit"))
    assert verify_log_of(world) is None


def verify_log_of(db: Database) -> int | None:
    """Return the first row of the log that does not follow."""
    with db.read() as connection:
        return verify_log(connection)


def test_overview_says_the_figures_of_the_table(world: Database) -> None:
    """The sentence, the sum and the worst list of 总览 are those of the hand-checked world."""
    app = open_page("overview")
    words = read_words(app)
    figures = read_figures(world, PLANNER, round_id="2", place_id="d")
    counts = figures.counts
    gap = text("ov.lead.gap", m=counts.roster - counts.effective)
    assert (counts.effective, counts.roster) == (21, 53)
    assert f"<em>{gap}</em>" in words
    assert "39.6%" in words
    assert text("ov.state.sum", N=53) in words
    assert text("ov.state.left", n=6) in words
    worst = app.dataframe[0].value
    assert worst["village"].tolist()[:2] == ["东测村", "北测村"]
    assert worst["remaining"].tolist() == sorted(worst["remaining"], reverse=True)


@pytest.mark.usefixtures("world")
def test_overview_at_every_level() -> None:
    """A village lists its groups, a group its households, a place without households says so."""
    village = open_page("overview", place="v1")
    assert sorted(village.dataframe[0].value["group"]) == sorted(["一组", "二组", "三组"])
    group = open_page("overview", place="g02")
    assert len(group.dataframe[0].value) == 5
    empty = open_page("overview", place="g12")
    assert text("empty.place") in read_words(empty)


@pytest.mark.usefixtures("world")
def test_another_day_changes_the_figures() -> None:
    """The day in the address is the day of the figures: before the round nobody has been visited."""
    app = open_page("overview", asof="2019-10-15")
    assert text("ov.date", day=date(2019, 10, 15)) in read_words(app)
    later = open_page("overview", asof="2030-01-01")
    assert text("ov.date", day=date(2019, 11, 20)) in read_words(later)


@pytest.mark.usefixtures("world")
def test_the_address_is_completed() -> None:
    """The address names place and round, so that it is a link to just this view; an unknown place is replaced."""
    app = open_page("gaps", place="nowhere", state="overdue")
    assert app.query_params["place"] == "d"
    assert app.query_params["round"] == "2"
    assert app.query_params["state"] == "overdue"


def test_the_gap_list_is_complete(world: Database) -> None:
    """缺口 lists N − n households; the pills of states add up to it, and a filter shows as many rows as its pill says."""
    app = open_page("gaps")
    figures = read_figures(world, PLANNER, round_id="2", place_id="d")
    missing = figures.counts.roster - figures.counts.effective
    assert len(app.dataframe[0].value) == missing == 32
    lengths = []
    for state in GAP_STATES:
        filtered = open_page("gaps", state=state)
        lengths.append(len(filtered.dataframe[0].value))
        assert lengths[-1] == getattr(figures.counts, state)
    assert sum(lengths) == missing


@pytest.mark.parametrize("by", ["group", "todo"])
def test_the_other_lists(world: Database, by: str) -> None:
    """By group every place with a gap has a row and the rows add up; the to-do list holds visited homes only."""
    frame = open_page("gaps", by=by).dataframe[0].value
    if by == "group":
        assert frame[text("exports.remaining")].sum() == 32
    else:
        assert len(frame)
        homes = read_homes(world, PLANNER, round_id="2", place_id="d").set_index("code")
        assert homes.loc[frame["code"], "effective"].eq(1).all()


def test_untouched_groups_only(world: Database) -> None:
    """The link of 总览's first step opens exactly the groups nobody has been to."""
    figures = read_figures(world, PLANNER, round_id="2", place_id="d").counts
    frame = open_page("gaps", by="group", only="untouched").dataframe[0].value
    assert len(frame) == figures.groups - figures.groups_touched == 2


@pytest.mark.usefixtures("world")
def test_an_empty_filter_offers_its_removal() -> None:
    """A filter that lets nothing through says which condition to drop, and dropping it brings the rows back."""
    app = open_page("gaps", place="g03", mark="missed_twice")
    assert not app.dataframe
    app.button(key="drop_filter").click().run()
    assert len(app.dataframe[0].value) == 5


def test_leaders_see_masked_names(world: Database) -> None:
    """No page of a leader holds a full name or phone of a household head or a visit's note, in tables or outside."""
    note = VisitEntry("note", "h07", date(2019, 11, 2), "not_home", reason="at_work", note="李某电话打给儿子")
    record_visit(world, PLANNER, entry=note)
    with world.read() as connection:
        rows = connection.execute(select(household.c.head_name, household.c.phone)).all()
    personal = [note.note, *(part for row in rows for part in row)]
    views = [("gaps", {}), ("overview", {"place": "g02"}), ("gaps", {"by": "todo"}), ("household", {"h": "h07"}),
             ("map", {"place": "g02", "h": "h07"}), ("gaps", {"by": "out"})]  # fmt: skip
    for name, params in views:
        said = read_all(open_page(name, role="leader", **params))
        assert [one for one in personal if one in said] == []
        assert "测*" in said
    assert note.note in read_all(open_page("household", h="h07"))


def read_all(app: AppTest) -> str:
    """Return all that a page says, its tables too."""
    return read_words(app) + read_tables(app)


@pytest.mark.usefixtures("world")
def test_a_recorder_stays_in_the_own_village() -> None:
    """The recorder's area is one village: a place outside it in the address is not shown."""
    app = open_page("gaps", role="recorder", place="t2")
    assert app.query_params["place"] == "v1"
    assert len(app.dataframe[0].value) == 9


def test_the_export_is_the_list_on_screen(world: Database) -> None:
    """The link of the export button gives the rows of the screen, once, to this browser, and is logged."""
    app = open_page("gaps", place="v1", state="missed")
    url = next(one.proto.url for one in app.get("link_button") if "export_gaps_xlsx" in one.proto.id)
    token = url.rsplit("/", 1)[1]
    owner = grants._GRANTS._offers[token].owner
    with pytest.raises(PermissionError):
        grants.take(token, "another browser")
    payload = grants.take(token, owner)
    assert payload.body[:2] == b"PK"
    logged = list_exports(world, PLANNER)
    assert logged[0]["rows"] == len(app.dataframe[0].value) == 2
    assert text("state.missed") in logged[0]["filter"]
    with pytest.raises(LookupError):
        grants.take(token, owner)


def test_the_terms_of_a_priority_add_up(world: Database) -> None:
    """What is printed with a row is its priority and the terms that make it."""
    from geo.gaps import PRIORITY_TERMS, rank_gaps

    rows = rank_gaps(read_homes(world, PLANNER, round_id="2", place_id="d"), date(2019, 11, 20))
    for _, row in rows.iterrows():
        said = say_priority(row)
        printed = [int(part) for part in (word.rsplit("+", 1)[1] for word in said.split("  ") if "+" in word)]
        assert sum(printed) == row["priority"] == sum(row[f"p_{term}"] for term in PRIORITY_TERMS)


@pytest.mark.usefixtures("world")
def test_search_finds_places_and_households() -> None:
    """The search field finds a village by its initials with its figure, and says when there is nothing."""
    app = open_page("overview")
    app.text_input(key="find").set_value("dcc").run()
    labels = [one.proto.label for one in app.get("page_link")]
    assert any("东测村" in label for label in labels)
    app.text_input(key="find").set_value("zzzz").run()
    assert text("shell.find.none", words="zzzz") in read_words(app)


@pytest.mark.usefixtures("world")
def test_links_of_the_old_role_are_gone_after_a_switch() -> None:
    """An export offered to the planner, names unmasked, is not given out once the same browser is the leader."""
    app = open_page("gaps")
    url = next(one.proto.url for one in app.get("link_button") if "export_gaps_xlsx" in one.proto.id)
    token = url.rsplit("/", 1)[1]
    owner = grants._GRANTS._offers[token].owner
    app.selectbox(key="role_switch").set_value("leader").run()
    with pytest.raises(LookupError):
        grants.take(token, owner)
    fresh = next(one.proto.url for one in app.get("link_button") if "export_gaps_xlsx" in one.proto.id)
    rows = CalamineWorkbook.from_filelike(io.BytesIO(grants.take(fresh.rsplit("/", 1)[1], owner).body))
    heads = [row[5] for row in rows.get_sheet_by_index(0).to_python() if isinstance(row[0], float)]
    assert set(heads) == {"测*"}


@pytest.mark.usefixtures("world")
def test_the_role_is_switched_in_demo_data() -> None:
    """The switch changes who asks at once; in real data there is none, and the local planner asks."""
    app = open_page("gaps")
    app.selectbox(key="role_switch").set_value("leader").run()
    assert "测*" in read_tables(app)
    assert not [one for one in app.button if one.key == "assign"]


def test_real_data_starts_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new own database has no strip and no role switch, and both pages say how to begin."""
    path = tmp_path / "own.sqlite"
    create_database(path, kind="real", edition="2023-06-30").close()
    monkeypatch.setenv("GEO_DB", str(path))
    for name in ("overview", "gaps"):
        app = open_page(name)
        assert not app.exception
        words = read_words(app)
        assert text("empty.round") in words
        assert text("who.local") in words
        assert text("shell.strip") not in words
    assert not app.selectbox


def test_current_round_is_the_running_one(world: Database) -> None:
    """Without a round in the address the page shows the one that runs today."""
    assert current_round(world, PLANNER).number == 2
    assert text("shell.round.running") in str(open_page("overview").selectbox(key="round_pick").options)


def test_hostile_names_stay_text(world: Database) -> None:
    """A village named like Markdown and HTML is shown letter by letter: no label, sentence or HTML holds it raw."""
    hostile = ":red[x] ![p](http://example.org/p) {{ 7*7 }} <b>y</b>"
    with world.write() as connection:
        connection.execute(place.update().where(place.c.id == "v1").values(name=hostile))
    for name in ("overview", "gaps"):
        app = open_page(name, place="g02" if name == "overview" else "v1")
        labels = [one.proto.label for one in (*app.get("page_link"), *app.button)]
        said = "\n".join([read_words(app), *labels])
        assert "example" in said
        assert "![p]" not in said
        assert ":red[x]" not in said
        assert "<b>y" not in said
