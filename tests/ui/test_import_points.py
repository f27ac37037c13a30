"""The coordinate step of the import: shown where it is needed, asks before anything is applied, keeps each file's choice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from geo.i18n import text
from geo.importer import ImportOptions, import_file
from geo.importer.points import Evidence, PointSource
from geo.model import Scope
from geo.store.create import create_database
from geo.store.database import Database
from geo.store.places import root_place
from geo.ui.import_points_map import draw_moves
from tests import homesteads, workbooks
from tests.conftest import ROOT
from tests.homesteads import HEADER, settle, write_in

CSV = "text/csv"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return an empty own database that the app serves, on a fixed day."""
    path = tmp_path / "geo.sqlite"
    monkeypatch.setenv("GEO_DB", str(path))
    db = create_database(path, kind="real", edition="2023-06-30", today=workbooks.TODAY)
    yield db
    db.close()


def make_csv(system: str, count: int = 9, *, source: str = "", prefix: str = "MX") -> bytes:
    """Return a file of homes whose points are in a system, with a source column where one is named."""
    header = [*HEADER, "坐标来源"] if source else HEADER
    rows = [
        homesteads.row(home, *write_in(system, home), *([source] if source else []))
        for home in settle(count, seed=2, prefix=prefix)
    ]
    return "\n".join(",".join(map(str, one)) for one in [header, *rows]).encode("utf-8-sig")


def register_neighbours(db: Database, tmp_path: Path) -> None:
    """Register homes with plain points in the groups of the files."""
    path = workbooks.write_csv(
        tmp_path / "known.csv",
        [homesteads.row(home, home.lon, home.lat) for home in settle(45, prefix="A")],
        header=HEADER,
    )
    assert import_file(db, Scope("p", "planner", root_place(db).id), path, options=ImportOptions()).stored


def open_page(*files: tuple[str, bytes]) -> AppTest:
    """Return the import page with some files read."""
    app = AppTest.from_file(str(ROOT / "geo" / "ui" / "main.py"), default_timeout=60).run()
    app.switch_page(str(ROOT / "pages" / "import_.py")).run()
    app.file_uploader[0].set_value([(name, content, CSV) for name, content in files]).run()
    return press(app, "import_read")


def press(app: AppTest, key: str) -> AppTest:
    """Press a button."""
    app.button(key=key).click().run()
    assert not app.exception
    return app


def has_button(app: AppTest, key: str) -> bool:
    """Say whether the page has a button."""
    return any(one.key == key for one in app.button)


def read_points(db: Database) -> list[tuple[Any, ...]]:
    """Return lon, system and writing of the stored homes of the file."""
    with db.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT lon, coord_system, coord_raw FROM household WHERE code LIKE 'MX%' ORDER BY code"
        )
        return [tuple(row) for row in rows]


def test_plain_points_have_no_step(own: Database) -> None:
    """Where every point is taken as it stands and none failed, the step is not there."""
    app = open_page(("a.csv", make_csv("wgs84")))
    assert not has_button(app, "points_take_0")
    press(press(app, "import_next"), "import_do")
    assert {system for _, system, _ in read_points(own)} == {"wgs84"}


def test_a_proven_reading_waits_for_a_person(own: Database) -> None:
    """Metres that the area proves: the evidence is there, nothing goes on before 按此读法, then the points are stored."""
    app = open_page(("a.csv", make_csv("EPSG:4524")))
    assert app.button(key="import_next").disabled
    evidence = app.dataframe[0].value
    assert evidence.to_dict("records")[-1] == {
        "reading": "EPSG:4524",
        "inside": "9 / 9",
        "fits": "9 / 9",
        "distance": "—",
    }
    assert text("import_points.lead.proven", source="坐标列", n=9, fits=9, reading="EPSG:4524") in [
        one.value for one in app.text
    ]
    press(app, "points_take_0")
    assert not app.button(key="import_next").disabled
    press(press(app, "import_next"), "import_do")
    homes = settle(9, seed=2)
    found = read_points(own)
    assert all(abs(lon - home.lon) < 1e-6 for (lon, *_), home in zip(found, homes, strict=True))
    assert {system for _, system, _ in found} == {"EPSG:4524"}


def test_leaving_takes_the_numbers_as_they_stand(own: Database) -> None:
    """不改 over metres: the households enter without a point, listed; the choice can still be changed."""
    app = open_page(("a.csv", make_csv("EPSG:4524")))
    press(app, "points_leave_0")
    assert not app.button(key="import_next").disabled
    assert has_button(app, "points_take_0")
    press(press(app, "import_next"), "import_do")
    assert {row[0] for row in read_points(own)} == {None}


def test_neighbours_prove_a_shift_in_the_page_too(own: Database, tmp_path: Path) -> None:
    """GCJ-02 beside registered homes: the median distances stand in the evidence, and both places on the map."""
    register_neighbours(own, tmp_path)
    app = open_page(("a.csv", make_csv("gcj02", 30)))
    rows = {one["reading"]: one for one in app.dataframe[0].value.to_dict("records")}
    far, near = (int(rows[text(f"points.reading.{key}")]["distance"].split()[0]) for key in ("wgs84", "gcj02"))
    assert far > 3 * near
    press(app, "points_take_0")
    press(press(app, "import_next"), "import_do")
    assert {system for _, system, _ in read_points(own)} == {"gcj02"}


def test_a_named_source_may_get_another_code(own: Database) -> None:
    """西安80 is asked about; a wrong code is one sentence, the right one is followed."""
    app = open_page(("a.csv", make_csv("EPSG:2360", source="西安80")))
    assert app.button(key="import_next").disabled
    app.selectbox(key="points_reading_0").set_value("other").run()
    app.text_input(key="points_other_0").set_value("EPSG:99999").run()
    press(app, "points_take_0")
    assert text("err.crs_unknown", value="EPSG:99999") in [str(one.value).replace("\\", "") for one in app.error]
    app.text_input(key="points_other_0").set_value("EPSG:2360").run()
    press(app, "points_take_0")
    press(press(app, "import_next"), "import_do")
    assert {system for _, system, _ in read_points(own)} == {"EPSG:2360"}


def test_each_file_has_its_own_choice(own: Database) -> None:
    """What is chosen for one file is not applied to another: both are asked about."""
    app = open_page(("a.csv", make_csv("EPSG:4524")), ("b.csv", make_csv("swapped", prefix="NX")))
    press(app, "points_take_0")
    assert app.button(key="import_next").disabled
    app.selectbox(key="import_shown").set_value(1).run()
    assert app.selectbox(key="points_reading_0").value == "swapped"
    press(app, "points_take_0")
    press(press(app, "import_next"), "import_do")
    assert {system for _, system, _ in read_points(own)} == {"EPSG:4524"}


def test_text_of_the_file_is_never_markdown(own: Database) -> None:
    """A hostile source is shown letter by letter and reaches no template."""
    app = open_page(("a.csv", make_csv("EPSG:4524", source="{{ 7*7 }} :red[x] ![p](h)")))
    shown = [str(one.value) for one in (*app.markdown, *app.caption, *app.error, *app.warning)]
    assert not [one for one in shown if "![p](h" in one or ":red[" in one or "49" in one]
    assert any("{{ 7*7 }}" in one.value for one in app.text)
    assert read_points(own) == []


def test_the_map_of_a_source_holds_numbers_and_words_of_ours() -> None:
    """The view has both places and the neighbours, bounds around them, counts in the legend, and no text of a file."""
    moves = ((109.154, 27.677, 109.15, 27.68), (float("nan"), float("nan"), 109.151, 27.681))
    source = PointSource("{{ 7*7 }}", "points_crs", "gcj02", 2, "asked", "wgs84", "gcj02", (Evidence("gcj02", 2, 2, 30.0),), "gcj02", moves,
                         ((109.1502, 27.6801), (100.0, 20.0)))  # fmt: skip
    spec, tiles, facts = draw_moves(source, "GCJ-02")
    view = json.loads(spec.to_json())
    assert (len(tiles.live.now()), len(facts), [row["count"] for row in view["legend"]["visits"]["rows"]]) == (
        5,
        5,
        [1, 2, 2],
    )
    west, south, east, north = view["bounds"]
    assert (109.1 < west < 109.15, 109.154 < east < 109.2, 27.6 < south < 27.677, 27.681 < north < 27.7) == (True,) * 4
    assert "7*7" not in spec.to_json().decode()
