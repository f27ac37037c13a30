"""Reading files: bytes that are not what they say, encodings, separators, archives that attack."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from geo.errors import FileRefused
from geo.importer.readers import MOST_FILE_BYTES, read_sheets
from tests import workbooks

ROW = "孟溪村,一组,HP1,王测"


def refuse(path: Path, **named: str) -> str:
    """Return the code a file is refused with."""
    with pytest.raises(FileRefused) as raised:
        read_sheets(path, **named)
    return raised.value.code


def cells(path: Path) -> list[list[object]]:
    """Return the rows of the only sheet."""
    (sheet,) = read_sheets(path)
    return sheet.rows


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encodings_and_separators(tmp_path: Path, encoding, separator):
    """Text in each encoding, with each separator, gives the same cells."""
    path = tmp_path / "a.csv"
    path.write_bytes(f"村,组,户编号,户主\n{ROW}\n".replace(",", separator).encode(encoding))
    assert cells(path) == [["村", "组", "户编号", "户主"], ["孟溪村", "一组", "HP1", "王测"]]


def test_quoted_newlines_and_quotes(tmp_path: Path):
    """A quoted cell keeps its line break, its separator and its doubled quotes."""
    path = tmp_path / "a.csv"
    path.write_text('a,b\n"第一行\n第二行,完","他说""好"""\n', encoding="utf-8")
    assert cells(path)[1] == ["第一行\n第二行,完", '他说"好"']


def test_mixed_encodings_are_refused(tmp_path: Path):
    """Lines of two encodings in one file are not guessed at."""
    path = tmp_path / "a.csv"
    path.write_bytes(f"村,组,户编号,户主\n{ROW}\n".encode() + f"{ROW}\n".encode("gb18030"))
    assert refuse(path) == "E_ENCODING"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", b"", "E_EMPTY"),
        ("a.xlsx", b"", "E_EMPTY"),
        ("a.csv", b"\xef\xbb\xbf \r\n\r\n", "E_EMPTY"),
        ("a.csv", b"\x89PNG\r\n\x1a\n" + bytes(100), "E_NOT_SPREADSHEET"),
        ("a.xlsx", b"\xff\xd8\xff\xe0" + bytes(100), "E_NOT_SPREADSHEET"),
        ("a.xlsx", "村,组\n1,2\n".encode(), "E_NOT_SPREADSHEET"),
        ("a.csv", b"PK\x03\x04" + bytes(50), "E_NOT_SPREADSHEET"),
        ("a.xlsx", b"PK\x03\x04" + bytes(50), "E_CORRUPT"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "E_ENCRYPTED"),
        ("a.csv", b'a,b\n"never closed,1\n', "E_CORRUPT"),
        ("a.kml", b"<kml/>", "E_FORBIDDEN_FORMAT"),
    ],
)
def test_bytes_that_are_not_what_they_say(tmp_path: Path, name, content, code):
    """Each kind of wrong, empty, locked or broken file has its own code."""
    path = tmp_path / name
    path.write_bytes(content)
    assert refuse(path) == code


def test_the_name_for_people_decides_the_ending(tmp_path: Path):
    """An upload kept under another name is judged by the name it came with."""
    path = tmp_path / "0.upload"
    path.write_text("村,户编号\n孟溪村,1\n", encoding="utf-8")
    assert len(read_sheets(path, name="台账.csv")) == 1
    assert refuse(path, name="台账.xlsx") == "E_NOT_SPREADSHEET"


def test_a_cut_off_workbook_is_corrupt(tmp_path: Path):
    """A workbook without its end is refused as damaged."""
    path = workbooks.write_xlsx(tmp_path / "a.xlsx", [workbooks.HEADER, workbooks.home("HP1")])
    path.write_bytes(path.read_bytes()[:-200])
    assert refuse(path) == "E_CORRUPT"


def test_a_file_beyond_the_limit_is_too_large(tmp_path: Path):
    """More bytes than the limit are refused before they are read."""
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.truncate(MOST_FILE_BYTES + 1)
    assert refuse(path) == "E_TOO_LARGE"


def rewrite(path: Path, change: dict[str, bytes]) -> Path:
    """Replace members of a workbook's archive."""
    target = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in source.namelist():
            copy.writestr(name, change.get(name) or source.read(name))
        for name in change.keys() - set(source.namelist()):
            copy.writestr(name, change[name])
    path.write_bytes(target.getvalue())
    return path


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """Return a good workbook of one household."""
    return workbooks.write_xlsx(tmp_path / "a.xlsx", [workbooks.HEADER, workbooks.home("HP1")])


def test_a_bomb_is_not_opened(workbook):
    """A part that inflates a thousand-fold is refused."""
    assert refuse(rewrite(workbook, {"xl/worksheets/sheet2.xml": b" " * 60_000_000})) == "E_ZIP_BOMB"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_entities_are_not_expanded(workbook, encoding):
    """A DOCTYPE anywhere in the workbook is refused, in one byte a letter or two."""
    attack = f'<?xml version="1.0"?>{" " * 2_000_000}<!DOCTYPE s [<!ENTITY a "b">]><sst/>'.encode(encoding)
    assert refuse(rewrite(workbook, {"xl/sharedStrings.xml": attack})) == "E_XML_ENTITY"


def _with_cell(workbook: Path, cell: bytes) -> Path:
    name = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(workbook) as archive:
        sheet = archive.read(name)
    return rewrite(
        workbook, {name: sheet.replace(b"</sheetData>", b'<row r="1048576">' + cell + b"</row></sheetData>")}
    )


@pytest.mark.parametrize(
    "cell",
    [
        b'<c r="XFD1048576" s="1"/>',
        b'<c r="XFD1048576" t="inlineStr"><is><t> </t></is></c>',
        b"<c r='XFD1048576' s='1'></c>",
    ],
)
def test_a_blank_in_the_last_cell_is_nothing(workbook, cell):
    """A blank far outside the table changes nothing, and no memory is asked for what lies between."""
    assert len(cells(_with_cell(workbook, cell))) == 2


def test_a_value_in_the_last_cell_is_too_much(workbook):
    """A value far outside the table is refused, not dropped."""
    assert refuse(_with_cell(workbook, b'<c r="XFD1048576"><v>1</v></c>')) == "E_TOO_LARGE"
