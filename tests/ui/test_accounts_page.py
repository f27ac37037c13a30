"""账号 on the screen, and pages as who came in sees them: name, role and area are the account's."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from geo.accounts import create_account, disable_account, end_session, find_session, list_accounts
from geo.accounts.people import find_account
from geo.accounts.sessions import open_session, session_id
from geo.i18n import text
from geo.store.database import Database
from geo.ui.navigation import ENTRIES
from tests.conftest import ROOT
from tests.gatehouse import BOSS, add_boss, make_real

MAIN = str(ROOT / "geo" / "ui" / "main.py")


@pytest.fixture
def office(world: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Return the small world as real data with its first account, served."""
    monkeypatch.setenv("GEO_ARGON2", "1,8,1")
    make_real(world)
    add_boss(world)
    return world


def open_as(db: Database, name: str, page: str) -> tuple[AppTest, str]:
    """Return a page as an account sees it that has come in, and its session's id."""
    account = find_account(db, BOSS, name=name)
    with db.write() as connection:
        sid = session_id(open_session(connection, account_id=account, stage="full", address="127.0.0.1"))
    app = AppTest.from_file(MAIN, default_timeout=60)
    # As the gate writes it: behind it a browser is known by its session.
    app.session_state["_geo_owner"] = sid
    app.run()
    return app.switch_page(str(ROOT / "pages" / ENTRIES[page].file)).run(), sid


def read_words(app: AppTest) -> str:
    """Return all that the page says outside its tables."""
    said = [str(one.value) for one in (*app.markdown, *app.text, *app.error, *app.warning, *app.code)]
    return "\n".join([*said, *(one.proto.body for one in app.get("html"))])


def test_accounts_are_made_and_shut_out(office: Database) -> None:
    """The admin makes an account, sees its first password once, and disables it; the list says each state."""
    app, _ = open_as(office, "boss", "accounts")
    assert not app.exception
    app.text_input(key="account_name").set_value("Clerk")
    app.text_input(key="account_person").set_value("李<b>测")
    app.selectbox(key="account_role").set_value("leader")
    app.multiselect(key="account_area").set_value(["t1"])
    app.button(key="FormSubmitter:account_new-" + text("accounts.create")).click().run()
    first = app.code[0].value.split()[-1]
    assert app.code[0].value == f"Clerk    {first}"
    made = next(one for one in list_accounts(office, BOSS) if one.name == "clerk")
    assert (made.role, made.area, made.person_name, made.must_change) == ("leader", "t1", "李<b>测", True)
    app.button(key="first_kept").click().run()
    assert first not in read_words(app)
    app.selectbox(key="account_chosen").set_value(made.id).run()
    app.button(key="account_disable").click().run()
    assert list(app.dataframe[0].value["state"]) == [text("account.state.live"), text("account.state.disabled")]
    app.text_input(key="account_name").set_value("clerk").run()
    app.button(key="FormSubmitter:account_new-" + text("accounts.create")).click().run()
    assert text("account.taken", name="clerk") in read_words(app)


def test_a_page_is_its_accounts(office: Database) -> None:
    """A page shows the account's area under its role; after the session ended the next run shows nothing but that."""
    create_account(office, BOSS, name="ann", role="leader", area="t1", person_name="安<b>测")
    app, sid = open_as(office, "ann", "overview")
    assert not app.exception
    words = read_words(app)
    assert "安&lt;b&gt;测" in words
    assert text("role.leader") in words
    assert "甲测乡" in words
    assert "测试区" not in words
    assert find_session(office, sid) is not None
    with office.write() as connection:
        end_session(connection, sid, why="logout")
    app.run()
    assert text("web.no_session") in read_words(app)
    assert "甲测乡" not in read_words(app)


def test_a_disabled_account_runs_nothing(office: Database) -> None:
    """A run that begins after the account was disabled reads no data, even if its socket were still open."""
    create_account(office, BOSS, name="ann", role="leader", area="t1")
    app, _ = open_as(office, "ann", "gaps")
    disable_account(office, BOSS, account_id=find_account(office, BOSS, name="ann"))
    app.run()
    assert text("web.no_session") in read_words(app)
    assert not app.dataframe


def test_one_session_is_ended(office: Database) -> None:
    """The admin sees who is logged in and ends one session of theirs; the other lives on, and the log says it."""
    create_account(office, BOSS, name="ann", role="leader", area="t1")
    _, first = open_as(office, "ann", "overview")
    _, second = open_as(office, "ann", "overview")
    app, own = open_as(office, "boss", "accounts")
    assert {str(one) for one in app.dataframe[1].value["name"]} == {"ann", "boss"}
    app.selectbox(key="online_chosen").set_value(first).run()
    app.button(key="online_end").click().run()
    assert [find_session(office, one) is None for one in (first, second, own)] == [True, False, False]
    with office.read() as connection:
        assert "revoke_session" in connection.exec_driver_sql("SELECT action FROM audit_log").scalars().all()


def test_a_township_sees_its_own(office: Database) -> None:
    """A township's admin sees and makes accounts of the township only."""
    create_account(office, BOSS, name="t1admin", role="admin", area="t1")
    app, _ = open_as(office, "t1admin", "accounts")
    assert list(app.dataframe[0].value["name"]) == ["t1admin"]
    assert len(app.multiselect(key="account_area").options) == 9


def test_somebody_of_several_places(office: Database) -> None:
    """A recorder of two groups chooses between them, sees each, and is answered with an own one where a link names another.

    The admin moves the account to a village, and its page is that village's.
    """
    create_account(office, BOSS, name="li", role="recorder", area="g01", further=["g08"])
    app, sid = open_as(office, "li", "gaps")
    assert not app.exception
    assert app.selectbox(key="own_area").options == ["东测村 一组", "南测村 二组"]
    assert "一组" in read_words(app)
    app.selectbox(key="own_area").set_value("g08").run()
    assert app.query_params["place"] == "g08"
    app.query_params["place"] = "g02"
    app.run()
    assert app.query_params["place"] == "g01"
    boss, _ = open_as(office, "boss", "accounts")
    chosen = find_account(office, BOSS, name="li")
    boss.selectbox(key="account_chosen").set_value(chosen).run()
    boss.multiselect(key=f"account_areas_{chosen}").set_value(["v5"]).run()
    boss.button(key="account_move").click().run()
    assert find_session(office, sid) is None
    boss.selectbox(key="account_chosen").set_value(chosen).run()
    boss.button(key="account_grant").click().run()
    made = next(one for one in list_accounts(office, BOSS) if one.name == "li")
    assert (made.area, made.further, made.exports_personal) == ("v5", (), True)
    app, _ = open_as(office, "li", "gaps")
    assert "新测村" in read_words(app)
