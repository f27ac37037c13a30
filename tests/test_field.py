"""Forms for the field: what stands in them, what can be filled in, and that other programs take them."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader
from pyxform.xls2xform import convert

from geo.cli import main
from geo.field import make_form, print_sheets, write_template, write_xlsform
from geo.field.form import DAYS, FILLED, KNOWN, LISTS, TOLD, header_of, words_of
from geo.importer.findings import Ledger
from geo.importer.meanings import Meanings
from geo.store.reads import read_homes
from geo.store.rounds import list_rounds
from geo.workbook import HEAD_ROWS
from tests.world import LEADER, PLANNER, TODAY

HOSTILE = ("=1+1", "@SUM(1)", "{{ 7*7 }}", '#eval("1")', "</script>", "${household}", "a\nb", "“引”,号")


@pytest.fixture
def form_of(world):
    """Make the form of a place of the small world, for a role."""
    round_ = next(one for one in list_rounds(world, PLANNER) if one.number == 2)

    def make(place_id: str, scope=PLANNER, **changed):
        homes = read_homes(world, scope, round_id=round_.id, place_id=place_id).assign(**changed)
        return make_form(
            homes, place="西测村", round_name=round_.name, starts_on=round_.starts_on, ends_on=round_.ends_on,
            made_on=TODAY, made_by="规划员",
        )  # fmt: skip

    return make


def sheet_of(content: bytes):
    return load_workbook(io.BytesIO(content)).worksheets[0]


def table_of(sheet) -> list[dict[str, object]]:
    heads = [cell.value for cell in sheet[HEAD_ROWS]]
    return [dict(zip(heads, row, strict=True)) for row in sheet.iter_rows(min_row=HEAD_ROWS + 1, values_only=True)]


def test_a_workbook_lists_every_household_of_the_roster_with_its_key(form_of):
    """One row a household of D in register order, its id in a hidden column, nothing filled in yet."""
    form = form_of("v2")
    sheet = sheet_of(write_template(form))
    rows = table_of(sheet)
    assert [row[header_of("row_key")] for row in rows] == [f"h{n}" for n in range(16, 31)]
    assert [row[header_of("code")] for row in rows] == [f"C-0{n}" for n in range(16, 31)]
    assert all(row[header_of(key)] is None for row in rows for key in FILLED)
    hidden = {sheet.cell(HEAD_ROWS, index).value for index in range(1, sheet.max_column + 1)
              if sheet.column_dimensions[sheet.cell(HEAD_ROWS, index).column_letter].hidden}  # fmt: skip
    assert header_of("row_key") in hidden


def test_only_what_is_to_be_filled_in_is_open(form_of):
    """With the sheet protected, the cells of the columns to fill in are unlocked and all others locked."""
    sheet = sheet_of(write_template(form_of("g04")))
    assert sheet.protection.sheet
    open_heads = {header_of(key) for key in FILLED}
    for cell, head in zip(sheet[HEAD_ROWS + 1], sheet[HEAD_ROWS], strict=True):
        assert cell.protection.locked is (head.value not in open_heads)


def test_every_closed_list_is_a_drop_down_from_the_sheet_of_lists(form_of):
    """Each column with a closed list offers exactly the words of that list, on every row, from a hidden sheet."""
    form = replace(form_of("g04"), categories={"WATER": "安全饮水", "TOUR": "旅游"})
    book = load_workbook(io.BytesIO(write_template(form)))
    sheet, lists = book.worksheets
    assert lists.sheet_state == "hidden"
    heads = [cell.value for cell in sheet[HEAD_ROWS]]
    offered = {}
    for rule in sheet.data_validations.dataValidation:
        if rule.type == "list":
            (cells,) = rule.sqref.ranges
            column = cells.min_col
            assert (cells.min_row, cells.max_row) == (HEAD_ROWS + 1, HEAD_ROWS + 5)
            area = rule.formula1.rsplit("!", 1)[1].replace("$", "")
            offered[heads[column - 1]] = [cell.value for (cell,) in lists[area]]
    assert offered == {header_of(key): list(words_of(key, form).values()) for key in LISTS}
    assert offered[header_of("issue")] == ["安全饮水", "旅游"]
    assert sum(rule.type == "date" for rule in sheet.data_validations.dataValidation) == len(DAYS)


def test_the_importer_knows_every_word_that_is_offered(form_of):
    """Each word of the outcomes and categories that a form offers means its own code, without a question."""
    ledger = Ledger({}, [1])
    own = {"旅游": "TOUR", "TOUR": "TOUR", "安全饮水": "WATER"}
    meanings = Meanings(ledger, {}, outcome_header="走访状态", categories=own)
    form = form_of("g04")
    for key, read in (("outcome", meanings.outcome), ("issue", meanings.issues)):
        for code, word in words_of(key, form).items():
            assert code in str(read(0, word)), word
    assert [meanings.issues(0, word)[0][0] for word in own] == list(own.values())
    assert not ledger.questions


def test_hostile_texts_stay_texts_in_every_form(form_of):
    """Names that look like formulas or templates are plain texts in the workbook, on paper and in the phone's list."""
    names = list(HOSTILE)
    form = form_of("v2", head_name=[*names, *[""] * (15 - len(names))])
    cells = [row[header_of("head_name")] for row in table_of(sheet_of(write_template(form)))]
    assert cells == [*names, *[""] * (15 - len(names))]
    assert all(cell.data_type == "s" for row in sheet_of(write_template(form)).iter_rows(min_row=4) for cell in row
               if cell.value is not None)  # fmt: skip
    paper = "".join(page.extract_text() for page in PdfReader(io.BytesIO(print_sheets(form).content)).pages)
    assert all(name.split("\n")[0] in paper.replace("\n", "") for name in names)
    with zipfile.ZipFile(io.BytesIO(write_xlsform(form))) as packed:
        listed = list(csv.DictReader(io.StringIO(packed.read("households.csv").decode())))
    assert [row["head"] for row in listed][: len(names)] == names


def test_paper_has_a_page_for_each_group_in_the_order_of_its_twin(form_of):
    """The sheets of a village start a page for each group; numbers and codes are those of the workbook."""
    form = form_of("v2")
    printed = print_sheets(form)
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(printed.content)).pages]
    assert printed.pages == len(pages) == 3
    for page, numbers in zip(pages, (range(16, 21), range(21, 26), range(26, 31)), strict=True):
        assert all(f"C-0{n}" in page for n in numbers)
        assert "C-031" not in page


def test_the_form_for_phones_is_an_xform_that_asks_the_same(form_of):
    """Another program turns the XLSForm into an XForm without a warning; it asks every column and offers every code."""
    with zipfile.ZipFile(io.BytesIO(write_xlsform(form_of("v2")))) as packed:
        made = convert(packed.read("visit.xlsx"), file_type=".xlsx")
        entities = list(csv.DictReader(io.StringIO(packed.read("households-entities.csv").decode())))
    assert made.warnings == []
    root = ET.fromstring(made.xform)  # noqa: S314 - made here
    names = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert {"row_key", *FILLED} <= names
    for key, (codes, _) in LISTS.items():
        instance = next(one for one in root.iter() if one.tag.endswith("instance") and one.get("id") == key)
        offered = [name.text for name in instance.iter() if name.tag.endswith("name")]
        assert offered == list(codes)
    assert [row["key"] for row in entities] == [f"h{n}" for n in range(16, 31)]
    assert "deviceid" not in made.xform
    assert "geopoint" not in made.xform


def test_a_leader_takes_no_names_along(form_of):
    """A form made for a role that sees no names holds none."""
    form = form_of("v2", scope=LEADER)
    assert all(row["head_name"].endswith("*") for row in form.rows)


def test_columns_of_a_form_are_those_the_importer_reads():
    """What tells a household and what is filled in has a header of the importer; what is only told has none."""
    for key in (*KNOWN, *FILLED):
        assert header_of(key)
    assert len({header_of(key) for key in (*KNOWN, *TOLD, *FILLED)}) == len((*KNOWN, *TOLD, *FILLED))


def test_the_command_line_writes_each_form(world, tmp_path, capsys):
    """`template` writes .xlsx and .pdf, `xlsform` a zip, for a village or a group; other places and names are refused."""
    for command, name in (("template", "a.xlsx"), ("template", "a.pdf"), ("xlsform", "a.zip")):
        assert main([command, "--db", str(world.path), "--place", "v2", "--out", str(tmp_path / name)]) == 0
        assert (tmp_path / name).stat().st_size > 500
    capsys.readouterr()
    assert main(["template", "--db", str(world.path), "--place", "t1", "--out", str(tmp_path / "b.xlsx")]) == 1
    assert main(["xlsform", "--db", str(world.path), "--place", "v2", "--out", str(tmp_path / "b.xlsx")]) == 1
    assert not (tmp_path / "b.xlsx").exists()
