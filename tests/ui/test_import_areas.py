"""Outlines in the import journey: dropped, looked at, confirmed, and taken back."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from geo.i18n import text
from geo.store.create import create_database
from geo.store.database import Database
from tests import maps
from tests.conftest import ROOT
from tests.maps import feature, group, square


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return an empty own database that the app serves, on a fixed day."""
    path = tmp_path / "geo.sqlite"
    monkeypatch.setenv("GEO_DB", str(path))
    db = create_database(path, kind="real", edition="2023-06-30", today=date(2019, 11, 20))
    yield db
    db.close()


def give(app: AppTest, name: str, features: list[dict[str, Any]]) -> AppTest:
    """Drop a GeoJSON file and have it read."""
    content = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()
    app.file_uploader[0].set_value([(name, content, "application/json")]).run()
    return press(app, "import_read")


def press(app: AppTest, key: str) -> AppTest:
    """Press a button."""
    app.button(key=key).click().run()
    assert not app.exception
    return app


def open_page() -> AppTest:
    """Return the import page."""
    app = AppTest.from_file(str(ROOT / "geo" / "ui" / "main.py"), default_timeout=60).run()
    app.switch_page(str(ROOT / "pages" / "import_.py")).run()
    assert not app.exception
    return app


def read_words(app: AppTest) -> str:
    """Return everything the page says, escapes taken away."""
    found = (*app.markdown, *app.caption, *app.text, *app.error, *app.warning, *app.success, *app.info)
    return "\n".join([*(str(one.value) for one in found), *(one.label for one in app.expander)]).replace("\\", "")


def count_outlines(db: Database) -> int:
    """Return how many given outlines there are."""
    with db.read() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM place WHERE boundary IS NOT NULL").scalar_one())


def test_outlines_are_confirmed_once_and_taken_back(own: Database) -> None:
    """Drop, look, one confirmation without a round, then undo: nothing is left."""
    app = give(
        open_page(), "组界.geojson", [group("一组", square()), group("二组", square(1)), feature(square(3), name="a")]
    )
    words = read_words(app)
    assert text("import_page.areas") in words
    assert text("cli.areas.system", crs="wgs84") in words
    assert app.dataframe[0].value["what"].tolist() == ["留在一边", "新建组", "新建组"]
    assert count_outlines(own) == 0
    press(app, "import_next")
    assert not app.radio
    assert text("ask.import_areas", n=3, days=7) in read_words(app)
    press(app, "import_do")
    assert count_outlines(own) == 2
    press(app, "import_undo_now")
    assert count_outlines(own) == 0


def test_another_outline_is_taken_only_when_ticked(own: Database) -> None:
    """A file with a different outline proposes it; ticked it is replaced."""
    app = give(open_page(), "a.geojson", [group("一组", square())])
    press(press(press(app, "import_next"), "import_do"), "import_more")
    give(app, "b.geojson", [group("一组", square(2))])
    press(app, "import_next")
    assert app.button(key="import_do").disabled
    app.checkbox(key="take_outline").check().run()
    press(app, "import_do")
    with own.read() as connection:
        raw = connection.exec_driver_sql("SELECT boundary FROM place WHERE level = 'group'").scalar_one()
    assert maps.shapely.from_wkb(raw).equals(square(2))


def test_a_conflict_is_answered_in_the_page(own: Database) -> None:
    """Code and name disagree: one question, the answer decides, and the file can go on."""
    app = give(open_page(), "a.geojson", [feature(square(), 村="孟溪村", code="520602202204")])
    assert app.button(key="import_next").disabled
    question = next(one for one in app.selectbox if one.label.startswith("“孟溪村"))
    assert [option.split()[-1] for option in question.options][:2] == ["孟溪村", "龙鱼村"]
    question.select_index(0).run()
    press(app, "import_answer")
    press(press(app, "import_next"), "import_do")
    assert count_outlines(own) == 1


@pytest.mark.usefixtures("own")
def test_what_is_kept_aside_is_listed():
    """A feature without a unit is named before it enters, and on the page afterwards until it is brought home."""
    app = give(open_page(), "a.geojson", [group("一组", square()), group("二组", square(1), village="孟希村")])
    assert "1 块没对上单位" in read_words(app)
    assert any("孟希村/二组" in str(table.value.to_dict()) for table in app.dataframe)
    press(press(app, "import_next"), "import_do")
    press(app, "import_more")
    assert "留在一边的边界 1 块" in read_words(app)
    assert any("孟希村/二组" in str(table.value.to_dict()) for table in app.dataframe)
