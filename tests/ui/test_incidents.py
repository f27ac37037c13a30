"""What nobody foresaw: a sentence and a code on the page, the whole of it in the log."""

from __future__ import annotations

import logging
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from geo.i18n import text
from geo.ui.navigation import ENTRIES
from tests.conftest import ROOT
from tests.ui.test_import_page import give, make_csv, open_page, own

__all__ = ["own"]
#: What only a log may hold: SQL, paths, names of files and of tables, Python.
INNER = re.compile(
    r"select|insert|no such|sqlite|household_tag|/|\\\\|\\.py|traceback|error\\b|测\\d\\d", re.IGNORECASE
)


def _say(app: AppTest) -> list[str]:
    return [one.value for one in app.error]


def _require_incident(app: AppTest, log: pytest.LogCaptureFixture) -> str:
    """Return the log's words on the incident that the page tells by its code alone."""
    (said,) = _say(app)
    pattern = re.escape(text("err.other", id="CODE")).replace("CODE", "([0-9a-f]{8})")
    found = re.fullmatch(pattern, said)
    assert found, said
    assert not INNER.search(said)
    (record,) = [one for one in log.records if found[1] in one.getMessage()]
    assert record.exc_info
    return logging.Formatter().format(record)


#: Page → the table that is taken from under it, and who opens it.
FAULTS = {
    "overview": ("visit", "planner"), "map": ("round_roster", "leader"), "gaps": ("visit", "leader"),
    "plan": ("assignment", "planner"), "visits": ("round", "recorder"), "clear": ("issue", "leader"),
    "household": ("visit", "planner"), "issue": ("issue_event", "planner"), "import": ("place", "planner"),
    "admin": ("round", "admin"), "accounts": ("place", "admin"), "audit": ("audit_log", "auditor"),
}  # fmt: skip


@pytest.mark.parametrize("name", ENTRIES)
def test_a_page_that_fails_tells_a_code_only(world, caplog, name):
    """A table that is gone from under a page: it has a sentence with a code, the log the statement that failed."""
    table, role = FAULTS[name]
    app = AppTest.from_file(str(ROOT / "geo" / "ui" / "main.py"), default_timeout=60)
    app.session_state["_role"] = role
    app.query_params["h"], app.query_params["i"], app.query_params["place"] = "h01", "i1", "v1"
    if name != "overview":
        app.run()
        caplog.clear()
        app.switch_page(str(ROOT / "pages" / ENTRIES[name].file))
    with closing(sqlite3.connect(world.path)) as file:
        file.execute(f"ALTER TABLE {table} RENAME TO gone")
    app.run()
    assert "no such table" in _require_incident(app, caplog)
    assert not app.exception


@pytest.mark.usefixtures("own")
def test_an_import_that_fails_tells_a_code_only(caplog):
    """The copy of an upload is gone before it is stored: a sentence with a code, the path in the log alone."""
    row = "和平乡,孟溪村,一组,MX001,测一,3,2019-11-01,见面,"
    app = give(open_page(), ("a.csv", make_csv(row)))
    for path in Path(app.session_state["import_journey"].folder).iterdir():
        path.unlink()
    app.session_state["import_journey"].previewed = None
    app.run()
    assert "FileNotFoundError" in _require_incident(app, caplog)
