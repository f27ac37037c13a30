"""Short cuts of long imports give what the long way gives: whole columns of plain cells, many rows in one statement."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.importer.blocks import Block
from geo.importer.plain import plain_codes, plain_id_numbers, plain_phones
from geo.importer.register import hash_id, hash_ids
from geo.schema import metadata
from geo.store.database import bulk_insert
from geo.validate import parse_code, parse_id_number, parse_phone

GOOD_ID = "522228199001011230"
#: Its check character holds; the day does not exist.
NO_DAY = "522228199002311235"
#: Rules and their short cuts.
RULES = {
    "code": (partial(parse_code, longest=40), partial(plain_codes, longest=40)),
    "phone": (parse_phone, plain_phones),
    "id": (parse_id_number, plain_id_numbers),
}
digits = st.text("0123456789Xx９", max_size=22)
cells = st.one_of(
    digits, st.text(max_size=20), st.sampled_from(["无", "none", "n/a", "NULL", " HP1 ", "１３９", GOOD_ID, True]),
    st.none(), st.floats(allow_nan=False), st.integers(), st.from_regex(r"1[3-9]\d{9}", fullmatch=True),
    st.integers(0, 10**17 - 1).map(lambda n: f"{n:017d}X"),
)  # fmt: skip


@pytest.mark.parametrize("name", RULES)
@settings(max_examples=50, deadline=None)
@given(column=st.lists(cells, max_size=12))
def test_plain_cells_are_what_the_rule_gives(name, column):
    """Whatever stands in a column, a cell that is found plain is one that its rule gives back without a code."""
    rule, find_plain = RULES[name]
    for cell in find_plain(set(column)):
        assert rule(cell) == (cell, "")


def test_most_cells_of_a_column_are_plain():
    """Good codes, phones and ID numbers take the short cut; a wrong check character, an impossible day do not."""
    assert plain_codes({"HP0101001", "无", "n", "a b", 7.0, "x" * 41}, longest=40) == {"HP0101001"}
    assert plain_phones({"13812345678", "１3812345678", "12812345678", 13812345678}) == {"13812345678"}
    wrong = {f"{GOOD_ID[:-1]}{'0' if GOOD_ID[-1] != '0' else '1'}", NO_DAY, f" {GOOD_ID}", GOOD_ID[:-1], ""}
    assert plain_id_numbers({GOOD_ID, *wrong}) == {GOOD_ID}
    assert plain_id_numbers(set()) == set()


def test_hashes_of_many_numbers_are_those_of_each():
    """The keyed hashes of a column are those of its numbers one by one, whatever the length of the key."""
    for key in (b"k", bytes(range(32)), b"long" * 40):
        assert hash_ids(key, ["a", "", GOOD_ID]) == [hash_id(key, "a"), None, hash_id(key, GOOD_ID)]


@pytest.mark.parametrize("rows", [0, 1, 49, 50, 51, 249])
def test_any_number_of_rows_is_written_once(world, rows):
    """Rows are stored once each and counted, whether or not they fill whole statements."""
    with world.write() as connection:
        table = [(f"k{n}", None if n % 3 else "'") for n in range(rows)]
        said = [("made", "x", key, str(value)) for key, value in table]
        columns = ["action", "at", "object", "diff"]
        same = {"actor": "o'b", "prev_hash": "", "hash": "h"}
        assert bulk_insert(connection, "audit_log", columns, iter(said), same=same) == rows
        stored = connection.exec_driver_sql(
            "SELECT action, at, object, diff FROM audit_log WHERE actor = ? ORDER BY seq", ("o'b",)
        )
        assert [tuple(row) for row in stored] == said


def test_columns_that_do_not_differ_stand_in_the_statement():
    """Empty columns and texts alike in all rows leave the rows; numbers and texts with control characters stay."""
    block = Block("visit", ("id", "mode", "lon", "note", "void_of"), {"kind": "visit", "round": None})
    block.rows += [(f"v{nth}", "phone", 1.5, "a\0b", None) for nth in range(3)]
    names, pick, same = block.differing()
    assert (names, same) == (["id", "lon", "note"], {"kind": "visit", "mode": "phone"})
    assert [pick(row) for row in block.rows] == [(f"v{nth}", 1.5, "a\0b") for nth in range(3)]
    whole = block.hash([column.name for column in metadata.tables["visit"].c])
    block.rows[2] = ("v2", "phone", 1.5, "a\0b", "v1")
    assert block.hash([column.name for column in metadata.tables["visit"].c]) != whole
    block.rows[:] = [("v1", None, None, None, None)]
    assert [block.differing()[1](row) for row in block.rows] == [()]
