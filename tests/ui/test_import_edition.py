"""A newer list of units from the import page: looked at first, successors drawn, confirmed, and taken back."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from geo.importer.succession import load_newer
from geo.store.create import create_database
from geo.store.database import Database
from geo.store.editions import open_book
from geo.store.places import root_place
from tests import workbooks
from tests.conftest import ROOT


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a database of the edition 2022 with one household in 和平社区, which ends in 2023."""
    path = tmp_path / "geo.sqlite"
    monkeypatch.setenv("GEO_DB", str(path))
    db = create_database(path, kind="real", edition="2022-10-31", today=date(2019, 11, 20))
    scope = workbooks.Scope("planner", "planner", root_place(db).id)
    workbooks.bring(db, scope, workbooks.write_csv(tmp_path / "a.csv", [workbooks.home("HP1", 村="和平社区")]))
    yield db
    db.close()


def open_page() -> AppTest:
    """Return the import page."""
    app = AppTest.from_file(str(ROOT / "geo" / "ui" / "main.py"), default_timeout=60).run()
    app.switch_page(str(ROOT / "pages" / "import_.py")).run()
    assert not app.exception
    return app


def village_of(db: Database) -> str:
    """Return the code of the village of the one household."""
    with db.read() as connection:
        return str(
            connection.exec_driver_sql("SELECT v.code FROM household h JOIN place v ON v.id = h.village").scalar_one()
        )


def test_a_successor_is_drawn_and_the_edition_changed(own: Database) -> None:
    """The button waits for the successor; afterwards the household is in it, and undo brings the old list back."""
    app = open_page()
    app.selectbox(key="edition_to").select("2023-06-30").run()
    assert app.button(key="edition_load").disabled
    assert village_of(own) == "520602202001"
    question = app.selectbox(key="edition_of:520602202001")
    assert question.options[0] == "520602202209 和平村"
    question.select("520602202209").run()
    app.button(key="edition_load").click().run()
    assert not app.exception
    assert (village_of(own), own.setting("edition")) == ("520602202209", "2023-06-30")
    app.button(key="import_undo").click().run()
    assert (village_of(own), own.setting("edition")) == ("520602202001", "2022-10-31")


def test_a_village_is_split_on_the_page(own: Database) -> None:
    """A group of the village is sent elsewhere than the rest; taken back and chosen again, the household goes there."""
    app = open_page()
    app.selectbox(key="edition_to").select("2023-06-30").run()
    app.selectbox(key="edition_of:520602202001").select("520602202209").run()
    app.selectbox(key="split_village").select("520602202001").run()
    for nth in range(2):
        app.multiselect(key="split_groups:520602202001").select("一组").run()
        app.selectbox(key="split_to:520602202001").select("520602202203").run()
        app.button(key="split_do").click().run()
        assert not app.exception
        if nth == 0:
            app.button(key="split_back:520602202001:一组").click().run()
    app.button(key="edition_load").click().run()
    assert not app.exception
    assert (village_of(own), own.setting("edition")) == ("520602202203", "2023-06-30")


def test_a_file_of_the_old_list_says_whom_it_followed(own: Database, tmp_path: Path) -> None:
    """The workbook stored before, dropped again after the newer list: nothing to change, and the successor is named."""
    scope = workbooks.Scope("planner", "planner", root_place(own).id)
    assert load_newer(own, scope, book=open_book(drawn={"520602202001": "520602202209"}), to="2023-06-30").stored
    app = open_page()
    app.file_uploader[0].set_value([("a.csv", (tmp_path / "a.csv").read_bytes(), "text/csv")]).run()
    app.button(key="import_read").click().run()
    assert not app.exception
    said = "\n".join(str(one.value) for one in (*app.caption, *app.text)).replace("\\", "")
    assert "520602202001 和平社区（1 行）已按后续单位 520602202209 和平村 对应" in said


def test_the_newest_edition_offers_nothing(own: Database) -> None:
    """Once the newest list is loaded there is nothing to choose."""
    with own.write() as connection:
        connection.exec_driver_sql("UPDATE setting SET value = '2023-06-30' WHERE key = 'edition'")
    assert [one.key for one in open_page().selectbox] == []
