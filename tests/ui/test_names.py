"""Heads of households on pages and in files: masked for every role, shown for a minute, in full in files by right."""

from __future__ import annotations

import io
import json
from time import monotonic

import pytest
from python_calamine import CalamineWorkbook
from streamlit.testing.v1 import AppTest

from geo.accounts import create_account, grant_exports
from geo.accounts.people import find_account
from geo.store.database import Database
from geo.web import grants
from tests.gatehouse import BOSS, add_boss, make_real
from tests.ui.test_accounts_page import open_as
from tests.ui.test_pages import open_page, read_tables, read_words


def take_heads(app: AppTest) -> set[str]:
    """Follow the link of the gap list and return the heads in the workbook."""
    url = next(one.proto.url for one in app.get("link_button") if "export_gaps_xlsx" in one.proto.id)
    token = url.rsplit("/", 1)[1]
    book = CalamineWorkbook.from_filelike(io.BytesIO(grants.take(token, grants._GRANTS._offers[token].owner).body))
    return {row[5] for row in book.get_sheet_by_index(0).to_python() if isinstance(row[0], float)}


@pytest.mark.parametrize("role", ["planner", "recorder", "admin", "leader"])
def test_masked_for_every_role(world: Database, role: str) -> None:
    """No page of any role that works with households holds a full head or phone before it was revealed."""
    with world.read() as connection:
        personal = connection.exec_driver_sql("SELECT head_name, phone FROM household").all()
    known = [part for row in personal for part in row if part]
    views = [("gaps", {}), ("overview", {"place": "g02"}), ("household", {"h": "h07"}), ("visits", {}), ("clear", {})]
    for name, params in views:
        app = open_page(name, role=role, **params)
        said = read_words(app) + read_tables(app)
        assert [one for one in known if one in said] == []
        assert not [one for one in app.text_input if one.value in known]
    assert bool([one for one in app.button if str(one.key).startswith("reveal_do_names")]) == (role != "leader")


def test_shown_for_a_minute(world: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a reason the heads of the place in view are shown, nowhere else, not in files, and for a minute only."""
    app = open_page("gaps", place="g02")
    assert "测07" not in read_tables(app)
    app.text_input(key="reveal_words_names_g02").set_value("核对 13812345678")
    app.button(key="reveal_do_names_g02").click().run()
    assert "测07" in read_tables(app)
    assert take_heads(app) == {"测*"}
    app.query_params["place"] = "g03"
    app.run()
    assert "测11" not in read_tables(app)
    app.query_params["place"] = "g02"
    app.run()
    assert "测07" in read_tables(app)
    later = monotonic() + 61
    monkeypatch.setattr("geo.ui.session.monotonic", lambda: later)
    app.run()
    assert "测07" not in read_tables(app)
    with world.read() as connection:
        (act,) = connection.exec_driver_sql("SELECT object, diff FROM audit_log WHERE action = 'reveal'").all()
    assert act.object == "g02"
    assert "13812345678" not in act.diff
    assert json.loads(act.diff)["fields"] == ["head_name"]


def test_files_by_right(world: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file names heads only for the account that was given the right, and only while it has it."""
    monkeypatch.setenv("GEO_ARGON2", "1,8,1")
    make_real(world)
    add_boss(world)
    create_account(world, BOSS, name="li", role="planner", area="v1")
    chosen = find_account(world, BOSS, name="li")
    for allows in (False, True, False):
        grant_exports(world, BOSS, account_id=chosen, allows=allows)
        app, _ = open_as(world, "li", "gaps")
        assert "测*" in read_tables(app)
        assert "测07" not in read_tables(app)
        assert ("测07" in take_heads(app)) == allows
