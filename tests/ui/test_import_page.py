"""The import journey: own data apart from the demo, a file from its bytes to the figures, and back again."""

from __future__ import annotations

import io
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from geo.errors import NotFound
from geo.i18n import text
from geo.importer.readers import MOST_FILE_BYTES
from geo.model import Scope
from geo.store.create import create_database
from geo.store.database import Database
from geo.store.exportlog import list_exports
from geo.store.places import root_place
from geo.store.reads import read_figures
from geo.store.rounds import list_rounds
from geo.ui import datasource
from tests import odd_books
from tests.conftest import ROOT
from tests.ui.test_export_menu import links_of, take

HEADER = "乡镇,村,村民组,户编号,户主,人口,走访日期,走访状态,问题类别"
ROWS = (
    "和平乡,孟溪村,一组,MX001,测一,3,2019-11-01,见面,饮水",
    "和平乡,孟溪村,一组,MX002,测二,4,2019-11-02,未见面,",
    "和平乡,孟溪村,二组,MX003,测三,2,,未走访,",
)
CSV = "text/csv"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return an empty own database that the app serves, on a fixed day."""
    path = tmp_path / "geo.sqlite"
    monkeypatch.setenv("GEO_DB", str(path))
    db = create_database(path, kind="real", edition="2023-06-30", today=date(2019, 11, 20))
    yield db
    db.close()


def planner(db: Database) -> Scope:
    """Return the local planner's scope."""
    return Scope("planner", "planner", root_place(db).id)


def open_page() -> AppTest:
    """Return the import page."""
    app = AppTest.from_file(str(ROOT / "geo" / "ui" / "main.py"), default_timeout=60).run()
    app.switch_page(str(ROOT / "pages" / "import_.py")).run()
    assert not app.exception
    return app


def give(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    """Choose files and have them read."""
    app.file_uploader[0].set_value([(name, content, CSV) for name, content in files]).run()
    return press(app, "import_read")


def make_csv(*rows: str, header: str = HEADER) -> bytes:
    """Return a CSV file as Excel writes it."""
    return "\n".join((header, *rows)).encode("utf-8-sig")


def press(app: AppTest, key: str) -> AppTest:
    """Press a button."""
    app.button(key=key).click().run()
    assert not app.exception
    return app


def read_words(app: AppTest) -> str:
    """Return everything the page says, escapes taken away."""
    found = (*app.markdown, *app.caption, *app.text, *app.error, *app.warning, *app.success, *app.info)
    return "\n".join([*(str(one.value) for one in found), *(one.label for one in app.expander)]).replace("\\", "")


def count_rows(db: Database, table: str) -> int:
    """Return how many rows a table holds."""
    with db.read() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def test_a_file_becomes_a_register_a_round_and_visits(own: Database) -> None:
    """Two confirmations: the households are the round's baseline, its visits are counted, and the same again is nothing."""
    app = give(open_page(), ("台账.csv", make_csv(*ROWS)))
    assert count_rows(own, "household") == 0
    press(app, "import_next")
    press(app, "import_do")
    round_ = list_rounds(own, planner(own))[0]
    assert (round_.number, round_.starts_on) == (1, date(2019, 11, 1))
    counts = read_figures(own, planner(own), round_id=round_.id, place_id=root_place(own).id).counts
    assert (counts.roster, counts.attempted, counts.effective) == (3, 2, 1)
    assert count_rows(own, "issue") == 1
    press(app, "import_more")
    give(app, ("台账.csv", make_csv(*ROWS)))
    press(app, "import_next")
    assert text("import_page.nothing_changes", n=3) in read_words(app)
    assert app.button(key="import_do").disabled


def test_the_last_import_is_taken_back(own: Database) -> None:
    """Undo leaves no household, round or visit of the batch."""
    app = give(open_page(), ("台账.csv", make_csv(*ROWS)))
    press(press(press(app, "import_next"), "import_do"), "import_more")
    press(app, "import_undo")
    assert [count_rows(own, one) for one in ("household", "round", "visit", "issue")] == [0, 0, 0, 0]
    assert "台账.csv" in read_words(app)


def test_a_column_is_corrected(own: Database) -> None:
    """Without a code column nothing goes on; pointing to the column makes the file readable."""
    header = HEADER.replace("户编号", "我的号")
    app = give(open_page(), ("台账.csv", make_csv(*ROWS, header=header)))
    assert len(app.error) == 1
    assert app.button(key="import_next").disabled
    choice = next(one for one in app.selectbox if "我的号" in one.label)
    choice.set_value("code").run()
    app.run()
    assert not app.button(key="import_next").disabled
    assert count_rows(own, "household") == 0


def test_an_unknown_word_is_asked_about(own: Database) -> None:
    """A state nobody knows blocks the import until its meaning is chosen."""
    rows = (ROWS[0].replace("见面", "去了两趟"), *ROWS[1:])
    app = give(open_page(), ("台账.csv", make_csv(*rows)))
    assert app.button(key="import_next").disabled
    question = next(one for one in app.selectbox if "去了两趟" in one.label)
    question.set_value("refused").run()
    press(app, "import_answer")
    press(press(app, "import_next"), "import_do")
    with own.read() as connection:
        outcomes = connection.exec_driver_sql("SELECT outcome FROM visit ORDER BY visited_on").scalars().all()
    assert outcomes == ["refused", "not_home"]


def test_codes_are_made_by_one_answer(own: Database) -> None:
    """A file without 户编号 is stopped with one question; answered, its households get codes and enter."""
    header = HEADER.replace("户编号,", "")
    rows = [row.replace(f"MX00{n},", "") for n, row in enumerate(ROWS, start=1)]
    app = give(open_page(), ("台账.csv", make_csv(*rows, header=header)))
    assert text("finding.E_MISSING_COLUMN") in read_words(app)
    (question,) = [one for one in app.selectbox if one.key.startswith("ask:make_codes")]
    question.set_value("make").run()
    press(press(press(app, "import_answer"), "import_next"), "import_do")
    with own.read() as connection:
        codes = connection.exec_driver_sql("SELECT code FROM household ORDER BY code").scalars().all()
    assert codes == ["520602202203001001", "520602202203001002", "520602202203002001"]


def test_the_page_says_where_the_village_comes_from(own: Database) -> None:
    """A file without a village column is placed by its name, and the page says so before anything is confirmed."""
    rows = [row.replace("孟溪村,", "") for row in ROWS]
    app = give(open_page(), ("和平乡孟溪村.csv", make_csv(*rows, header=HEADER.replace("村,村民组", "村民组"))))
    assert text("import_page.units", units="孟溪村", sources=text("unit_from.file")) in read_words(app)
    press(press(app, "import_next"), "import_do")
    assert count_rows(own, "household") == 3


def test_the_order_of_days_is_one_question(own: Database) -> None:
    """Days with two readings are asked about once, and the answer reads them all."""
    rows = [
        row.replace("2019-11-0", "0").replace("1,见面", "1/11/2019,见面").replace("2,未见面", "2/11/2019,未见面")
        for row in ROWS
    ]
    app = give(open_page(), ("台账.csv", make_csv(*rows)))
    (question,) = [one for one in app.selectbox if one.key.startswith("ask:date_order")]
    assert question.options[:2] == [text("date_order.dmy"), text("date_order.mdy")]
    question.set_value("dmy").run()
    press(press(press(app, "import_answer"), "import_next"), "import_do")
    with own.read() as connection:
        days = connection.exec_driver_sql("SELECT visited_on FROM visit ORDER BY 1").scalars().all()
    assert days == ["2019-11-01", "2019-11-02"]


def test_corrected_columns_are_proposed_again(own: Database) -> None:
    """A column corrected in one import is taken as corrected for the next file with the same header, and said so."""
    header = HEADER.replace("户主", "当家人")
    app = give(open_page(), ("民政台账.csv", make_csv(*ROWS, header=header)))
    (choice,) = [one for one in app.selectbox if one.label == "E 当家人"]
    choice.set_value("head_name").run()
    press(press(press(app, "import_next"), "import_do"), "import_more")
    give(app, ("下月.csv", make_csv(*(row.replace("MX", "MY") for row in ROWS), header=header)))
    (choice,) = [one for one in app.selectbox if one.label == "E 当家人"]
    assert choice.value == "head_name"
    assert text("import_page.mapped", source="民政台账") in read_words(app)
    assert (count_rows(own, "household"), count_rows(own, "import_mapping")) == (3, 1)


def test_counts_sum_to_the_rows(own: Database) -> None:
    """Good rows, rows to change and total rows are counted apart, and the good ones enter alone."""
    rows = (*ROWS, ROWS[0], "和平乡,孟溪村,一组,,测五,1,,,", "小计,,,,,9,,,")
    app = give(open_page(), ("台账.csv", make_csv(*rows)))
    assert text("import_page.count.sum", parts="3 + 2 + 1", n=6) in read_words(app)
    press(press(app, "import_next"), "import_do")
    assert count_rows(own, "household") == 3
    assert text("import_page.left_out", n=2) in read_words(app)


def test_several_files_in_one_round(own: Database) -> None:
    """Files dropped together make one round; a wrong one is one sentence and stops nobody else."""
    other = "\n".join(ROWS).replace("孟溪村", "和平村").splitlines()
    app = open_page()
    give(app, ("a.csv", make_csv(*ROWS)), ("b.csv", make_csv(*other)), ("c.xlsx", b"\x89PNG\r\n\x1a\n" + b"0" * 64))
    press(press(app, "import_next"), "import_do")
    rounds = list_rounds(own, planner(own))
    assert len(rounds) == 1
    counts = read_figures(own, planner(own), round_id=rounds[0].id, place_id=root_place(own).id).counts
    assert (counts.roster, counts.effective) == (6, 2)
    assert len(app.error) == 1
    assert text("finding.E_NOT_SPREADSHEET", name="c.xlsx") in read_words(app)


def test_what_was_found_is_taken_away_as_a_workbook(own: Database) -> None:
    """下载问题清单 gives the file with its marks and leaves a log row; a file without a finding offers none."""
    rows = (*ROWS, "和平乡,孟溪村,一组,,测五,1,,,")
    app = give(open_page(), ("台账.csv", make_csv(*rows)))
    made = take(app, "export_findings_xlsx")
    assert made.filename == "问题清单_台账_2019-11-20.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(made.body))
    assert "R_REQUIRED" in [row[3] for row in book[text("marked.list")].iter_rows(values_only=True)]
    assert [(row["what"], row["rows"]) for row in list_exports(own, planner(own))] == [("findings.xlsx", 1)]
    press(press(app, "import_next"), "import_do")
    assert "export_findings_xlsx" in links_of(app)
    press(app, "import_more")
    give(app, ("b.csv", make_csv("和平乡,孟溪村,一组,MX009,测九,3,,,")))
    assert "export_findings_xlsx" not in links_of(app)


def test_sheets_of_one_header_are_read_together(own: Database, tmp_path: Path) -> None:
    """A workbook with a sheet a group is read whole, unless one sheet is chosen; stored whole it is one import."""
    head, *rows = [line.split(",") for line in (HEADER, *ROWS)]
    book = odd_books.write_book(tmp_path / "a.xlsx", [head, *rows[:2]], sheets=[("二组", [head, rows[2]])])
    app = give(open_page(), ("a.xlsx", book.read_bytes()))
    choice = next(one for one in app.selectbox if one.label == text("import_page.sheet"))
    assert choice.options == [text("import_page.sheet_all", n=2), "台账", "二组"]
    choice.set_value("二组").run()
    assert app.button(key="import_next").label == text("import_page.next", n=1)
    next(one for one in app.selectbox if one.label == text("import_page.sheet")).set_value("").run()
    assert app.button(key="import_next").label == text("import_page.next", n=3)
    press(press(app, "import_next"), "import_do")
    assert (count_rows(own, "household"), count_rows(own, "import_batch")) == (3, 1)


def test_another_sheet_is_chosen(own: Database, tmp_path: Path) -> None:
    """Of a workbook with two registers the chosen sheet is read, with its own columns, and stored."""
    one = ["乡镇", "村", "村民组", "户编号", "户主"]
    other = ["乡镇", "村", "村民组", "户主", "户编号"]
    rows = [one, *[["和平乡", "孟溪村", "一组", f"A{n}", "测甲"] for n in range(3)]]
    more = [other, *[["和平乡", "孟溪村", "一组", "测乙", f"B{n}"] for n in range(2)]]
    book = odd_books.write_book(tmp_path / "a.xlsx", rows, sheets=[("补录", more)])
    app = give(open_page(), ("a.xlsx", book.read_bytes()))
    choice = next(one for one in app.selectbox if one.label == text("import_page.sheet"))
    assert (choice.value, choice.options) == ("台账", ["台账", "补录"])
    choice.set_value("补录").run()
    app.run()
    press(press(app, "import_next"), "import_do")
    with own.read() as connection:
        assert connection.exec_driver_sql("SELECT code FROM household ORDER BY code").scalars().all() == ["B0", "B1"]


def test_columns_are_remembered(own: Database) -> None:
    """A column pointed to once is taken again for the next file with the same header, and the page says from where."""
    header = HEADER.replace("户编号", "我的号")
    app = give(open_page(), ("台账.csv", make_csv(*ROWS, header=header)))
    next(one for one in app.selectbox if "我的号" in one.label).set_value("code").run()
    app.run()
    press(press(press(app, "import_next"), "import_do"), "import_more")
    give(app, ("二.csv", make_csv("和平乡,孟溪村,一组,MX009,测九,3,,,", header=header)))
    assert text("import_page.mapped", source="台账") in read_words(app)
    press(press(app, "import_next"), "import_do")
    assert count_rows(own, "household") == 4


def test_a_round_that_cannot_be_keeps_the_import_waiting(own: Database) -> None:
    """Days that overlap another round are said and nothing can be confirmed; other days lead on."""
    app = give(open_page(), ("台账.csv", make_csv(*ROWS)))
    press(press(press(app, "import_next"), "import_do"), "import_more")
    give(app, ("二.csv", make_csv("和平乡,孟溪村,一组,MX009,测九,3,,,")))
    press(app, "import_next")
    app.radio(key="import_round_pick").set_value("new").run()
    assert not app.exception
    assert len(app.error) == 1
    assert app.button(key="import_do").disabled
    app.date_input(key="round_ends").set_value(date(2020, 3, 30)).run()
    app.date_input(key="round_starts").set_value(date(2020, 2, 1)).run()
    assert not app.error
    press(app, "import_do")
    assert len(list_rounds(own, planner(own))) == 2


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("空.csv", b"", "E_EMPTY"),
        ("图.xlsx", b"\x89PNG\r\n\x1a\n" + b"0" * 64, "E_NOT_SPREADSHEET"),
        ("坏.xlsx", b"PK\x03\x04" + b"0" * 64, "E_CORRUPT"),
        ("表.et", b"PK\x03\x04" + b"0" * 64, "E_FORBIDDEN_FORMAT.wps"),
    ],
)
def test_a_wrong_file_is_one_sentence(own: Database, name: str, content: bytes, code: str) -> None:
    """What is no table gets the sentence of its code, stores nothing, and shows no traceback."""
    app = give(open_page(), (name, content))
    assert [str(one.value).replace("\\", "") for one in app.error] == [text(f"finding.{code}", name=name)]
    assert app.button(key="import_next").disabled
    assert count_rows(own, "household") == 0


def test_data_text_of_a_file_is_never_markdown(own: Database) -> None:
    """A hostile header, name and file name are shown letter by letter."""
    hostile = "![p](http://example.org/p) :red[x]"
    header = HEADER.replace("户主", hostile)
    app = give(open_page(), (f"{hostile[:4]}.csv", make_csv(*ROWS, header=header)))
    shown = [str(one.value) for one in (*app.markdown, *app.caption, *app.error, *app.warning)]
    shown += [one.label for one in (*app.selectbox, *app.expander, *app.button)]
    assert not [one for one in shown if "![p](http" in one or ":red[x]" in one]
    assert count_rows(own, "household") == 0


def test_demo_and_own_rows_never_share_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In demo data the page takes no file; the button makes an own database beside it, serves it, and leads back."""
    path = tmp_path / "demo.sqlite"
    create_database(path, kind="demo", edition="2019-10-31", today=date(2019, 11, 20)).close()
    monkeypatch.setenv("GEO_DB", str(path))
    app = open_page()
    assert not app.file_uploader
    press(app, "own_start")
    assert datasource.serving_path() == tmp_path / datasource.OWN
    assert not datasource.database().is_demo
    assert datasource.database().setting("edition") == "2023-06-30"
    app = open_page()
    assert app.file_uploader
    press(app, "own_leave")
    assert datasource.serving_path() == path
    assert (tmp_path / datasource.OWN).is_file()


def test_the_choice_survives_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The served database is remembered beside the files; a choice whose file is gone falls back."""
    path = tmp_path / "demo.sqlite"
    create_database(path, kind="demo", edition="2019-10-31", today=date(2019, 11, 20)).close()
    monkeypatch.setenv("GEO_DB", str(path))
    datasource.serve_own(edition="2023-06-30")
    assert (tmp_path / datasource.CHOICE).read_text(encoding="utf-8") == datasource.OWN
    (tmp_path / datasource.OWN).unlink()
    assert datasource.serving_path() == path
    path.unlink()
    with pytest.raises(NotFound):
        datasource.database()


def test_a_file_that_is_too_long_is_refused_in_our_words(own: Database) -> None:
    """What is above the import's 20 MB still comes up, so that the sentence is ours; the page says what to do."""
    limit = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["server"]["maxUploadSize"]
    assert limit * 1024 * 1024 > 2 * MOST_FILE_BYTES
    app = give(open_page(), ("大.csv", make_csv() + b"\n" * (MOST_FILE_BYTES + 1)))
    assert text("finding.E_TOO_LARGE", name="大.csv") in read_words(app)
    assert count_rows(own, "import_batch") == 0
