"""Values, conditions and points of mappings: what each source, step and test makes of a cell."""

from __future__ import annotations

from datetime import date, datetime

import pytest
import xlsxwriter
from openpyxl import Workbook

from geo.errors import Invalid
from tests.mapped import UNITS, load, open_mapped, rows, spec_of, write


def test_values_are_put_together(tmp_path):
    """Templates, parts, first-of, padding, capitals, constants, defaults, days in other orders and with days added."""
    spec = spec_of(f"""
{UNITS}
    where: {{column: kind, not: test}}
    households:
      key: {{text: "{{block}}-{{no}}", case: upper}}
      head_name: {{first_of: [head, owner]}}
      phone: {{column: phone, match: '1[0-9]{{10}}'}}
      note: {{value: from the survey}}
      dwelling: {{column: no, pad: 4}}
      residence: {{column: away, map: {{x: away_all}}, otherwise: at_home, default: at_home}}
      entered_on: {{column: since, format: ["%d.%m.%y", "%m/%Y"], add_days: 1}}
      tags: care
    """)  # fmt: skip
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    table = """
        kind,village,block,no,head,owner,phone,away,since,care
        home,North,a,7,,Olga,call 13800000001 only,x,31.12.23,"dibao, disabled"
        home,North,b,12,Hal,Olga,,,03/2024,
        test,North,c,1,,,,,,
    """
    report = load(db, scope, write(tmp_path / "h.csv", table), spec)
    assert (report.outcome, report.rows_total, report.left_out, report.households) == ("accept", 2, (4,), 2)
    assert rows(
        db, "SELECT code, head_name, phone, note, dwelling, residence, entered_on FROM household ORDER BY code"
    ) == [
        ("A-7", "Olga", "13800000001", "from the survey", "0007", "away_all", "2024-01-01"),
        ("B-12", "Hal", "", "from the survey", "0012", "at_home", "2024-03-02"),
    ]
    assert rows(db, "SELECT kind FROM household_tag ORDER BY kind") == [("dibao",), ("disabled",)]


@pytest.mark.parametrize(
    ("test", "kept"),
    [
        ("is: [a, b]", "12"), ("not: a", "234"), ("starts: b", "2"), ("ends: c", "3"), ("contains: b", "2"),
        ("matches: '^[ab]$'", "12"), ("empty: true", "4"), ("empty: false", "123"),
    ],
)  # fmt: skip
def test_conditions_choose_rows(tmp_path, test, kept):
    """Each test of a cell keeps exactly the rows it describes."""
    spec = spec_of(f"{UNITS}\n    where: {{column: kind, {test}}}\n    households: {{key: id}}\n")
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    load(db, scope, write(tmp_path / "h.csv", "id,village,kind\n1,N,a\n2,N,b\n3,N,c\n4,N,\n"), spec)
    assert "".join(code for (code,) in rows(db, "SELECT code FROM household ORDER BY code")) == kept


@pytest.mark.parametrize(
    ("bounds", "kept"),
    [("from: 2024-01-02, to: 2024-01-03", "23"), ("from: 2024-01-03", "34"), ("to: 2024-01-01", "1")],
)
def test_bounds_of_days_and_numbers(tmp_path, bounds, kept):
    """From and to hold for days and for numbers, both ends included; a cell that is neither is out."""
    for column, said in (("day", bounds), ("n", bounds.replace("2024-01-0", ""))):
        spec = spec_of(f"{UNITS}\n    where: {{column: {column}, {said}}}\n    households: {{key: id}}\n")
        db, scope = open_mapped(tmp_path / f"{column}.sqlite", spec)
        table = "id,village,day,n\n" + "".join(f"{n},N,2024.1.{n},{n}.0\n" for n in range(1, 5)) + "5,N,soon,many\n"
        load(db, scope, write(tmp_path / "h.csv", table), spec)
        assert "".join(code for (code,) in rows(db, "SELECT code FROM household ORDER BY code")) == kept


def test_points_keep_their_system(tmp_path):
    """Metres of a declared system become degrees; the system and what was written stay with the point."""
    spec = spec_of(f"{UNITS}\n    households: {{key: id, lon: x, lat: y, crs: EPSG:2193}}\n")
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    load(db, scope, write(tmp_path / "h.csv", "id,village,head,people,x,y\n1,N,A,1,1801500,5816500\n"), spec)
    ((lon, lat, system, written),) = rows(db, "SELECT lon, lat, coord_system, coord_raw FROM household")
    assert (lon, lat) == (pytest.approx(175.2879831, abs=1e-6), pytest.approx(-37.7766531, abs=1e-6))
    assert (system, written) == ("EPSG:2193", "1801500, 5816500")


def test_a_column_may_have_several_names_or_none(tmp_path):
    """Of several headers the first that is there counts; an optional column may be missing, a needed one not."""
    spec = spec_of(
        f"{UNITS}\n    households: {{key: [id, code], head_name: {{column: [head, name], optional: true}}}}\n"
    )
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    for nth, table in enumerate(
        ("code,village,name\n1,N,Ann\n", "name,village,head,id\nX,N,Bob,2\n", "id,village\n3,N\n")
    ):
        assert load(db, scope, write(tmp_path / f"{nth}.csv", table), spec).stored
    assert rows(db, "SELECT code, head_name FROM household ORDER BY code") == [("1", "Ann"), ("2", "Bob"), ("3", "")]
    report = load(db, scope, write(tmp_path / "x.csv", "name,village\nX,N\n"), spec)
    assert (report.outcome, "“id或code”" in report.message) == ("reject_file", True)


def test_two_columns_under_one_name_are_refused(tmp_path):
    """A header that the mapping reads and that stands twice cannot be told apart."""
    spec = spec_of(f"{UNITS}\n    households: {{key: id}}\n")
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    report = load(db, scope, write(tmp_path / "x.csv", "id,village,id\n1,N,2\n"), spec)
    assert (report.outcome, report.codes) == ("reject_file", ["E_DUP_COLUMN"])


def test_parts_of_a_cell_are_taken_out(tmp_path):
    """A point in one cell becomes two numbers by two patterns; a cell that does not fit says nothing."""
    spec = spec_of(f"""
{UNITS}
    households:
      key: id
      lon: {{column: at, match: '\\(([-0-9.]+)'}}
      lat: {{column: at, match: '([-0-9.]+)\\)'}}
    """)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    report = load(db, scope, write(tmp_path / "x.csv", "id,village,at\n1,N,POINT (109.5 27.25)\n2,N,unknown\n"), spec)
    assert rows(db, "SELECT lon, lat FROM household ORDER BY code") == [(109.5, 27.25), (None, None)]
    assert [(one.row, one.code) for one in report.findings] == [(2, "W_COORD_MISSING")]


def test_a_workbook_is_read_like_any_table(tmp_path):
    """Date cells are days whatever format is declared, numbers lose no digits, merged cells speak for all their rows."""
    spec = spec_of(f"""
{UNITS}
    households: {{key: id}}
    visits: {{visited_on: {{column: day, format: "%m/%d/%Y"}}, outcome: {{value: effective}}}}
    """)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    book = xlsxwriter.Workbook(tmp_path / "b.xlsx")
    sheet, style = book.add_worksheet("data"), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, ["id", "village", "day"])
    sheet.merge_range(1, 1, 2, 1, "North")
    for row, day in ((1, date(2024, 3, 5)), (2, date(2024, 5, 3))):
        sheet.write_number(row, 0, 1_000_000 + row)
        sheet.write_datetime(row, 2, day, style)
    sheet.write_row(3, 0, ["x7", "South", "03/05/2024"])
    sheet.set_row(3, None, None, {"hidden": True})
    book.add_worksheet("notes").write(0, 0, "nothing here")
    book.close()
    report = load(db, scope, tmp_path / "b.xlsx", spec)
    assert [(one.code, one.cell, one.field) for one in report.findings] == [
        ("W_MERGED_FILLED", "B2:B3", "village"), ("W_HIDDEN_ROWS", "4", ""),
    ]  # fmt: skip
    found = "SELECT h.code, p.name, v.visited_on FROM visit v JOIN household h ON h.id = v.household JOIN place p ON p.id = h.place"
    assert sorted(rows(db, found)) == [
        ("1000001", "North", "2024-03-05"), ("1000002", "North", "2024-05-03"), ("x7", "South", "2024-03-05"),
    ]  # fmt: skip


def test_the_sheet_may_be_named(tmp_path):
    """source.sheet chooses a sheet by name or number; --sheet comes before it; an unknown one is refused."""
    book = xlsxwriter.Workbook(tmp_path / "b.xlsx")
    for name, home in (("one", "A"), ("two", "B"), ("three", "C")):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, ["id", "village"])
        sheet.write_row(1, 0, [home, "North"])
    book.close()
    for said, option, home in (("two", "", "B"), ("3", "", "C"), ("two", "one", "A")):
        spec = spec_of(f"{UNITS}\n    source: {{sheet: {said}}}\n    households: {{key: id}}\n")
        db, scope = open_mapped(tmp_path / f"{home}.sqlite", spec)
        load(db, scope, tmp_path / "b.xlsx", spec, sheet=option)
        assert rows(db, "SELECT code FROM household") == [(home,)]
    with pytest.raises(Invalid):
        load(db, scope, tmp_path / "b.xlsx", spec, sheet="four")


PERSONAL = f"{UNITS}\n    households: {{key: id, head_name: head, id_number: card, note: note}}\n"


def test_id_numbers_are_masked_in_the_report(tmp_path):
    """A broken ID number, and one that stands in a text, show their last four, unless personal data is asked for."""
    spec = spec_of(PERSONAL)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    text = "id,village,head,card,note\n1,N,Ann,522201198001011234,card 11010519491231002X\n"
    path = write(tmp_path / "h.csv", text)
    report = load(db, scope, path, spec, dry_run=True)
    assert [(one.code, one.value) for one in report.findings] == [
        ("W_ID_CHECKSUM", "**************1234"), ("W_ID_HIDDEN", "card **************002X"),
    ]  # fmt: skip
    shown = load(db, scope, path, spec, dry_run=True, show_personal=True)
    assert [one.value for one in shown.findings] == ["522201198001011234", "card 11010519491231002X"]
    db.close()


def test_a_key_that_is_lost_is_shown_as_written(tmp_path):
    """A household's key that a spreadsheet ruined refuses its row, with the cell and what it says."""
    spec = spec_of(PERSONAL)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    path = write(tmp_path / "h.csv", "id,village,head,card,note\n5.22E+17,N,Ann,,\n")
    report = load(db, scope, path, spec)
    assert [(one.code, one.cell, one.value) for one in report.rows_bad] == [("R_REQUIRED", "A2", "5.22E+17")]
    db.close()


def test_date_cells_are_days_whatever_format_is_declared(tmp_path):
    """In a workbook cells that hold a date, with or without an hour, are read beside texts in the declared format."""
    spec = spec_of(f"{UNITS}\n    households: {{key: id, entered_on: {{column: day, format: '%d/%m/%Y'}}}}\n")
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    days = [date(2024, 1, 5), datetime(2024, 1, 6, 10, 22), "07/01/2024", "2024-13-05 10:00:00", "2024-01-08T10:00"]  # noqa: DTZ001 - as in a cell
    book = Workbook()
    for line in (["id", "village", "day"], *([f"H{nth}", "N", day] for nth, day in enumerate(days))):
        book.active.append(line)
    book.save(tmp_path / "h.xlsx")
    report = load(db, scope, tmp_path / "h.xlsx", spec)
    assert rows(db, "SELECT entered_on FROM household ORDER BY code") == [
        ("2024-01-05",), ("2024-01-06",), ("2024-01-07",), (None,), (None,),
    ]  # fmt: skip
    assert [(one.row, one.code) for one in report.findings] == [(4, "W_DATE_IMPOSSIBLE"), (5, "W_DATE_IMPOSSIBLE")]
    db.close()
