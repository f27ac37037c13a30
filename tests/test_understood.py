"""`import --understood`: every accepted row as it was understood."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from geo.cli import main
from geo.importer.asread import AsRead
from tests import odd_books, workbooks
from tests.mapped import UNITS, write

MENGXI = "520602202203"


@pytest.fixture
def read(tmp_path: Path):
    """Return a function that imports a file on the command line and gives the rows that were written, and the exit code."""

    def run(path: Path, *typed: str) -> tuple[int, list[dict[str, str]]]:
        out = tmp_path / "out.csv"
        code = main(
            ["import", str(path), "--db", str(tmp_path / "r.sqlite"), "--json", "--understood", str(out), *typed]
        )
        with out.open(encoding="utf-8-sig", newline="") as file:
            return code, list(csv.DictReader(file))

    return run


def test_a_row_as_understood(read, tmp_path: Path):
    """Units are codes, the point degrees, the day ISO, words codes; the source row is the sheet's; repairs are named."""
    home = workbooks.home(
        "HP1",
        纬度=27.68,
        村民组="1组",
        走访日期=date(2019, 3, 5),
        问题类别="饮水、道路",
        人口="3人",
        身份证号="52220119001018129x",
    )
    row = [*home, "脱贫户", "低保、残疾", "13812345678"]
    header = [*workbooks.HEADER, "户类型", "重点标签", "联系电话"]
    path = odd_books.write_book(tmp_path / "台账.xlsx", [["孟溪村台账"], [], header, row])
    code, (one,) = read(path, "--show-personal")
    assert code == 0
    assert one == {
        "source_file": "台账.xlsx", "household_key": "HP1", "township_code": "520602202", "village_code": MENGXI,
        "group_code": f"{MENGXI}001", "group_name": "一组", "head": "王测HP1", "persons": "3", "lon": "109.15", "lat": "27.68",
        "visited_on": "2019-03-05", "outcome": "effective", "mode": "in_person", "issue": "WATER;INF_R",
        "household_class": "lifted", "tags": "dibao;disabled", "phone": "13812345678", "id_last4": "129X",
        "source_sheet": "台账", "row": "1", "source_row": "4", "repaired": "",
    }  # fmt: skip


def test_personal_data_is_masked_unless_shown(read, tmp_path: Path):
    """Without --show-personal the head and the phone are masked."""
    path = workbooks.write_csv(
        tmp_path / "a.csv", [[*workbooks.home("HP1"), "13812345678"]], header=[*workbooks.HEADER, "电话"]
    )
    _, (one,) = read(path, "--dry-run")
    assert (one["head"], one["phone"]) == ("王*", "138****5678")


def test_what_was_repaired_is_named_row_by_row(read, tmp_path: Path):
    """Each row carries the codes of what was found in it; a merged range those of all the rows it fills."""
    rows = [
        workbooks.HEADER, workbooks.home("HP1"), workbooks.home("HP2", 村民组="", 人口="-3"),
        workbooks.home("HP3", 经度="0", 纬度="0", 走访日期="2019-02-30"),
    ]  # fmt: skip
    _, found = read(odd_books.write_book(tmp_path / "a.xlsx", rows, merges=["C2:C3"]), "--dry-run")
    assert [one["repaired"] for one in found] == [
        "",
        "W_MERGED_FILLED;W_RANGE",
        "W_COORD_ZERO;W_DATE_IMPOSSIBLE",
    ]
    assert [(one["persons"], one["lon"], one["visited_on"]) for one in found][1:] == [
        ("", "109.15", "2019-11-01"),
        ("3", "", ""),
    ]


def test_refused_rows_are_left_out(read, tmp_path: Path):
    """Only accepted rows are written; the numbers are those of the file."""
    rows = [workbooks.home("HP1"), workbooks.home(""), workbooks.home("HP3")]
    code, found = read(workbooks.write_csv(tmp_path / "a.csv", rows))
    assert (code, [(one["household_key"], one["row"]) for one in found]) == (3, [("HP1", "1"), ("HP3", "3")])


@pytest.mark.parametrize("rows", [[workbooks.home("HP1", 走访状态="外出")], [workbooks.home("")]])
def test_a_file_that_may_not_enter_gives_no_row(read, tmp_path: Path, rows):
    """A question, or no good row, leaves the header alone."""
    assert read(workbooks.write_csv(tmp_path / "a.csv", rows)) in ((4, []), (3, []))


def test_what_looks_like_a_formula_is_defused(read, tmp_path: Path):
    """Text that a spreadsheet would run has an apostrophe; a negative number has none."""
    rows = [workbooks.home("HP1", 户主="=1+1", 经度="-109.15")]
    _, (one,) = read(
        workbooks.write_csv(tmp_path / "a.csv", rows), "--show-personal", "--answer", "points:outside=keep"
    )
    assert (one["head"], one["lon"]) == ("'=1+1", "-109.15")


def test_persons_and_made_codes(read, tmp_path: Path):
    """Rows of persons carry their household's facts; codes that are made are its key."""
    header = ["村", "组", "户编号", "姓名", "与户主关系"]
    rows = [["孟溪村", "1组", "H1", "王一", "户主"], ["孟溪村", "1组", "H1", "王二", "配偶"]]
    _, found = read(workbooks.write_csv(tmp_path / "a.csv", rows, header=header), "--dry-run", "--show-personal")
    assert [(one["household_key"], one["head"], one["persons"]) for one in found] == [("H1", "王一", "2")] * 2
    path = workbooks.write_csv(tmp_path / "b.csv", [["孟溪村", "上寨组", "王一"]], header=["村", "组", "户主"])
    _, (one,) = read(path, "--dry-run", "--make-codes")
    assert (one["household_key"], one["group_code"], one["group_name"]) == (f"{MENGXI}901001", f"{MENGXI}901", "上寨组")


def test_several_files_share_one_header(tmp_path: Path):
    """Rows of several files stand under one header, each with its file."""
    paths = [workbooks.write_csv(tmp_path / f"{n}.csv", [workbooks.home(f"HP{n}")]) for n in (1, 2)]
    out = tmp_path / "out.csv"
    typed = [*map(str, paths), "--db", str(tmp_path / "r.sqlite"), "--json", "--dry-run", "--understood", str(out)]
    assert main(["import", *typed]) == 0
    lines = out.read_text(encoding="utf-8-sig").splitlines()
    assert (lines[0].split(","), [line.split(",")[0] for line in lines[1:]]) == (
        list(AsRead._fields),
        ["1.csv", "2.csv"],
    )


def test_a_file_loaded_by_a_mapping(read, tmp_path: Path):
    """With a mapping the same columns are written, each visit with its household and its units."""
    mapping = write(tmp_path / "v.yaml", VISITS)
    file = write(tmp_path / "v.csv", "home,village,who,day,said\nA,North,Ann,2024-01-01,ok\nB,North,Bob,2024-02-01,-\n")
    code, found = read(file, "--mapping", str(mapping), "--show-personal")
    shown = ("household_key", "township_code", "village_code", "head", "visited_on", "outcome", "row", "source_row")
    assert (code, [[one[name] for name in shown] for one in found]) == (
        0,
        [
            ["A", "D1-T", "D1-T-North", "Ann", "2024-01-01", "effective", "1", "2"],
            ["B", "D1-T", "D1-T-North", "Bob", "", "", "2", "3"],
        ],
    )


VISITS = f"""
{UNITS}
    households: {{key: home, head_name: who}}
    visits: {{visited_on: day, outcome: {{column: said, map: {{ok: effective, "-": none}}}}}}
"""


def test_a_new_group_has_one_name(read, tmp_path: Path):
    """上寨, 上寨组 and 上寨村民组 are one new group: every row has its code and the name it is stored under."""
    cells = ("上寨", "上寨组", "上寨村民组")
    homes = [workbooks.home(f"HP{nth}", 户主=f"王测{nth}", 村民组=cell) for nth, cell in enumerate(cells)]
    code, rows = read(workbooks.write_csv(tmp_path / "a.csv", homes))
    assert (code, len(rows)) == (0, 3)
    assert len({(row["group_code"], row["group_name"]) for row in rows}) == 1
