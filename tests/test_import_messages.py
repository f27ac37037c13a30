"""What an import says at its end, in the file's report and on the command line: true, and with the next step."""

from __future__ import annotations

import json
import zipfile

import pytest

from geo.cli import main
from geo.schema import IMPORT_FIELDS
from tests.workbooks import HEADER, bring, home, open_register, write_csv, write_xlsx

ROUND = "第1轮:2019-10-15:2019-12-10"


@pytest.fixture
def run(capsys, tmp_path):
    """Run `import` on the test's database; return exit code, what it answers and what it says beside it."""

    def run(*words: object, db: str = "r.sqlite"):
        code = main(["import", *map(str, words), "--db", str(tmp_path / db)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def file(tmp_path):
    """Write a file of rows."""
    return lambda *rows, name="a.csv", **more: write_csv(tmp_path / name, list(rows), **more)


def test_what_waits_is_no_unchanged_file(run, file):
    """A file whose only news is another outcome is not called stored already: both values and the way are told."""
    assert run(file(home("A1")), "--round", ROUND)[0] == 0
    assert "没有任何改动" in run(file(home("A1")))[1]
    code, out, _ = run(file(home("A1", 走访状态="未见面")))
    assert (code, "没有任何改动" in out) == (0, False)
    assert "A1（有效走访 → 家中无人）（照文件办：--apply correction）" in out
    assert "没有写入：除了上面待核对的，没有新内容。" in out


def test_the_report_says_what_waits(tmp_path, file):
    """The message of the report counts what waits for a person, stored or not, and ends with no button's words."""
    db, scope = open_register(tmp_path / "r.sqlite")
    stored = bring(db, scope, file(home("A1")))
    assert stored.message == "已导入 1 行，1 户。"
    assert bring(db, scope, file(home("A1"))).message == "这份文件的 1 行都已在库里，没有任何改动。"
    waits = bring(db, scope, file(home("A1", 走访状态="未见面")))
    assert waits.message == "没有写入：这份文件没有新内容。有 1 处与库里不同，没有动，等人核对后决定。"
    both = bring(db, scope, file(home("A1", 走访状态="未见面"), home("A2")))
    assert both.message == "已导入 2 行，2 户。有 1 处与库里不同，没有动，等人核对后决定。"


def test_outlines_that_are_left_out_are_told(tmp_path):
    """Outlines marked as computed (示意) are not called stored already."""
    db, scope = open_register(tmp_path / "r.sqlite")
    square = [[[109.1, 27.6], [109.2, 27.6], [109.2, 27.7], [109.1, 27.7], [109.1, 27.6]]]
    feature = {"type": "Feature", "properties": {"name": "孟溪村一组", "边界": "示意"},
               "geometry": {"type": "Polygon", "coordinates": square}}  # fmt: skip
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    report = bring(db, scope, path)
    assert (report.stored, "没有任何改动" in report.message) == (False, False)
    assert "1 块标明是示意或没有边界，不收。" in report.message


def test_the_hint_to_add_a_round(run, file, tmp_path):
    """Said of households without a round; not where one was typed, of a dry run, nor of map files."""
    assert "--round" in run(file(home("A1")), "--dry-run")[2]
    assert "还没有轮次" not in run(file(home("A1")), "--dry-run", "--round", ROUND)[2]
    path = tmp_path / "m.geojson"
    point = {
        "type": "Feature",
        "properties": {"name": "孟溪村"},
        "geometry": {"type": "Point", "coordinates": [109, 28]},
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [point]}), encoding="utf-8")
    assert "还没有轮次" not in run(path)[2]


@pytest.mark.parametrize("words", [("--answer", "foo"), ("--column", "C=天气"), ("--apply", "foo"), ("--crs", "x")])
def test_wrong_words_are_answered_in_plain_sentences(words, capsys):
    """No doubled full stop, and what is right is told."""
    with pytest.raises(SystemExit):
        main(["import", "a.csv", *words])
    said = capsys.readouterr().err
    assert "。。" not in said
    assert words[0] in said


def test_a_round_that_there_is_not(run, file):
    """`--round abc` is told which rounds there are and how a new one is typed."""
    code, _, said = run(file(home("A1")), "--round", "abc")
    assert (code, "“abc”" in said, "名称:首日:末日" in said) == (1, True, True)
    run(file(home("A1")), "--round", ROUND)
    assert "现有：1 第1轮" in run(file(home("A1")), "--round", "7")[2]


def test_a_question_about_the_village_can_be_answered(run, file):
    """Of all villages none is listed; of a few each is named by its code, by which it can be answered."""
    header = [one for one in HEADER if one not in ("乡镇", "村")]
    rows = [cell for name, cell in zip(HEADER, home("A1"), strict=True) if name in header]
    code, out, _ = run(file(rows, header=header))
    assert (code, len(out) < 600, '--answer "unit=村代码"' in out, "另有 1 行等回答" in out) == (4, True, True, True)
    _, out, _ = run(file(home("A1", 村="孟西村")))
    assert "520602202203（和平土家族侗族乡 孟溪村）" in out
    assert run(file(home("A1", 村="孟西村")), "--answer", "unit:和平乡/孟西村=520602202203")[0] == 0


def test_a_header_without_rows_is_told(run, file):
    """Only a header is no empty file: that is said."""
    assert "只有表头，没有一行数据" in run(file())[1]


def test_columns_are_named(run, file):
    """Unknown and guessed columns are named in the line that speaks of them, with the option that settles them."""
    _, out, _ = run(file([*home("A1"), "晴"], header=[*[{"经度": "经 度"}.get(one, one) for one in HEADER], "天气"]))
    assert "不认识这些列，不导入：天气。需要的话用 --column" in out
    assert "“经 度”是经度" in out
    assert "：-）" not in out


def test_refused_files_are_told_in_one_line_each(run, tmp_path):
    """Formats of other programs are told the way out: WPS's own, a document, a part of a shapefile, one without .dbf."""
    expected = {"a.et": "文件→另存为", "a.docx": "不是表格", "a.shp": "压缩成一个 zip", "a.xlsb": "另存为 xlsx"}
    for name, words in expected.items():
        (tmp_path / name).write_bytes(b"x")
        code, out, _ = run(tmp_path / name)
        assert (code, words in out, "共 0 行" in out) == (4, True, False)
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        archive.writestr("组界.shp", b"x")
    code, out, _ = run(tmp_path / "s.zip")
    assert (code, "组界.shp 缺同名的 .dbf" in out) == (4, True)


def test_a_plain_good_workbook_costs_no_finding(tmp_path):
    """Households with everything the template has, and persons of a national export, give no finding at all."""
    db, scope = open_register(tmp_path / "r.sqlite")
    households = write_xlsx(tmp_path / "a.xlsx", [HEADER, home("A1"), home("A2", 走访日期="", 走访状态="未走访")])
    report = bring(db, scope, households)
    assert (report.outcome, report.findings) == ("accept", ())
    heads = ["行政村", "村民小组", "户编号", "姓名", "证件号码", "与户主关系", "人数", "经度", "纬度"]
    persons = [
        heads,
        ["孟溪村", "一组", "B1", "王一", "522201190002020015", "户主", 2, 109.151, 27.681],
        ["孟溪村", "一组", "B1", "王二", "", "配偶", 2, "", ""],
    ]
    report = bring(db, scope, write_xlsx(tmp_path / "b.xlsx", persons))
    assert (report.outcome, report.findings, report.households) == ("accept", (), 1)


def test_a_point_is_missing_once(tmp_path):
    """Of a household of several persons only the head's row lacks a point, and none where another row has one."""
    db, scope = open_register(tmp_path / "r.sqlite")
    heads = ["村", "村民组", "户编号", "姓名", "与户主关系", "经度", "纬度"]
    rows = [
        heads, ["孟溪村", "一组", "B1", "王一", "户主", "", ""], ["孟溪村", "一组", "B1", "王二", "配偶", "", ""],
        ["孟溪村", "一组", "B2", "李一", "户主", "", ""], ["孟溪村", "一组", "B2", "李二", "配偶", 109.151, 27.681],
    ]  # fmt: skip
    report = bring(db, scope, write_xlsx(tmp_path / "b.xlsx", rows))
    assert [(one.code, one.cell) for one in report.findings] == [("W_COORD_MISSING", "F2")]


def test_every_field_can_be_typed():
    """`--column` names fields that there are."""
    assert {"户编号", "村", "村民组", "户主", "人口", "经度", "纬度", "走访日期", "走访状态"} <= {
        one.header for one in IMPORT_FIELDS
    }
