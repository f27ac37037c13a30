"""Columns corrected once for a source of files are proposed again for the same header."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from geo.cli import main
from geo.errors import Invalid, NotAllowed
from geo.importer.headers import find_header
from geo.importer.sheets import Sheet
from geo.importer.sources import find_mapping, save_mapping, sign_headers
from geo.model import Scope
from tests import workbooks

HEADER = ["村", "组", "门牌", "当家人", "口数"]
ROWS = [["孟溪村", "一组", "M1", "王一", 3], ["孟溪村", "一组", "M2", "李一", 4]]
FIXED = {2: "code", 3: "head_name", 4: "size"}


@pytest.fixture
def register(tmp_path: Path):
    """Return an empty register."""
    return workbooks.open_register(tmp_path / "r.sqlite")


def columns(*headers: str):
    """Return the columns of a header."""
    return find_header(Sheet("s", [list(headers), ["x"] * len(headers)])).columns


def test_a_correction_is_found_for_its_source_and_header(register):
    """What was saved comes back for the same words, however they are spaced; for another source or header nothing does."""
    save_mapping(*register, source="民政", columns=columns(*HEADER), mapping=FIXED)
    found = find_mapping(*register, columns=columns("村 ", "组\n", "门牌", "当家人", "口数"), source="民政")
    assert (found.source, found.mapping) == ("民政", FIXED)
    assert find_mapping(*register, columns=columns(*HEADER), source="扶贫") is None
    assert find_mapping(*register, columns=columns(*HEADER, "备注"), source="民政") is None
    assert find_mapping(*register, columns=columns(*HEADER)).source == "民政"


def test_the_newest_correction_counts(register):
    """Saved again the correction is replaced; without a source the newest of all is found."""
    for source, mapping in (("民政", {2: "code"}), ("扶贫", {2: None}), ("民政", FIXED)):
        save_mapping(*register, source=source, columns=columns(*HEADER), mapping=mapping)
    assert find_mapping(*register, columns=columns(*HEADER)).mapping == FIXED
    assert find_mapping(*register, columns=columns(*HEADER), source="扶贫").mapping == {2: None}
    assert workbooks.count(register[0], "import_mapping") == 2


def test_what_cannot_be_saved(register):
    """A field that there is not, a source without a name and a leader are refused."""
    for source, mapping in (("民政", {2: "religion"}), ("  ", FIXED)):
        with pytest.raises(Invalid):
            save_mapping(*register, source=source, columns=columns(*HEADER), mapping=mapping)
    leader = Scope("l", "leader", register[1].area)
    with pytest.raises(NotAllowed):
        save_mapping(register[0], leader, source="民政", columns=columns(*HEADER), mapping=FIXED)
    with pytest.raises(NotAllowed):
        find_mapping(register[0], leader, columns=columns(*HEADER))


def test_an_import_takes_the_saved_columns(register, tmp_path: Path):
    """With its source a file is read by the saved columns, which a correction of now overrules; the report says so."""
    path = workbooks.write_csv(tmp_path / "a.csv", ROWS, header=HEADER)
    assert workbooks.bring(*register, path, source="民政").outcome == "reject_file"
    save_mapping(*register, source="民政", columns=columns(*HEADER), mapping=FIXED)
    report = workbooks.bring(*register, path, source="民政", dry_run=True)
    assert (report.rows_ok, report.persons, report.mapping_from) == (2, 7, "民政")
    assert report.as_dict()["mapping_from"] == "民政"
    assert workbooks.bring(*register, path, source="", mapping={4: None}, dry_run=True).persons == 0
    assert workbooks.bring(*register, path).outcome == "reject_file"


def test_a_refused_column_stays_refused(register, tmp_path: Path):
    """A saved column cannot bring 民族 in."""
    save_mapping(*register, source="民政", columns=columns("村", "组", "户编号", "民族"), mapping={3: "note"})
    path = workbooks.write_csv(
        tmp_path / "a.csv", [["孟溪村", "一组", "M1", "侗"]], header=["村", "组", "户编号", "民族"]
    )
    report = workbooks.bring(*register, path, source="民政")
    assert (report.codes, report.rows_ok) == (["W_REFUSED_COLUMN"], 1)


def test_on_the_command_line(tmp_path: Path, capsys):
    """--column corrects and, with --source, keeps; the next file of the source needs --source alone."""
    path = workbooks.write_csv(tmp_path / "a.csv", ROWS, header=HEADER)
    db = ["--db", str(tmp_path / "r.sqlite"), "--json"]
    typed = [
        one
        for letter, field in (("C", "户编号"), ("D", "户主"), ("E", "size"))
        for one in ("--column", f"{letter}={field}")
    ]
    assert main(["import", str(path), *db, "--source", "民政", *typed]) == 0
    assert main(["import", str(path), *db]) == 4
    capsys.readouterr()
    assert main(["import", str(path), *db, "--source", "民政"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["mapping_from"], said["changes"]["households_same"]) == ("民政", 2)
    assert main(["import", str(path), *db, "--make-codes", "--column", "D=户主"]) == 0
    with pytest.raises(SystemExit):
        main(["import", str(path), *db, "--column", "C=民族"])


def test_signatures_tell_headers_apart():
    """Another word or another order is another header."""
    assert len({sign_headers(one) for one in (["a", "b"], ["b", "a"], ["a"], ["a", "b", ""])}) == 4
    assert sign_headers(["经 度", "户编号"]) == sign_headers(["經度", "户编号"])
