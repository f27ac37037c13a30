"""Spellings of villages, townships and groups."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import Invalid
from geo.numerals import name_group
from geo.store.create import create_database
from geo.store.editions import list_editions
from geo.store.units import load_edition, read_units
from geo.units import UnitIndex, parse_group

EDITIONS = ("2019-10-31", "2023-06-30")


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, UnitIndex]:
    """Return the spellings of both shipped editions."""
    found = {}
    for edition in EDITIONS:
        db = create_database(tmp_path_factory.mktemp("units") / f"{edition}.sqlite", kind="real", edition=edition)
        with db.read() as connection:
            found[edition] = UnitIndex(read_units(connection))
        db.close()
    return found


def test_editions_ship_whole(indexes):
    """2019-10-31 has 13 townships and 94 villages or communities, 2023-06-30 has 15 and 104, under one district."""
    assert set(EDITIONS) < set(list_editions())
    counts = {
        edition: [
            sum(unit.level == level for unit in index.by_id.values()) for level in ("district", "township", "village")
        ]
        for edition, index in indexes.items()
    }
    assert counts == {"2019-10-31": [1, 13, 94], "2023-06-30": [1, 15, 104]}


def test_every_unit_has_its_whole_path(tmp_path: Path):
    """Each unit is below itself and everything above it, a village three deep."""
    db = create_database(tmp_path / "p.sqlite", kind="real", edition="2019-10-31")
    with db.read() as connection:
        depths = connection.exec_driver_sql(
            "SELECT depth, count(*) FROM place_path GROUP BY depth ORDER BY depth"
        ).all()
    assert [tuple(row) for row in depths] == [(0, 108), (1, 107), (2, 94)]


def test_unknown_edition_is_refused(tmp_path: Path):
    """An edition that does not ship is refused, and names those that do."""
    db = create_database(tmp_path / "p.sqlite", kind="real", edition="2019-10-31")
    with db.write() as connection, pytest.raises(Invalid) as raised:
        load_edition(connection, "2015-10-31")
    assert raised.value.params["editions"].split(", ") == list_editions()


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize(
    "name",
    [
        "孟溪",
        "孟溪村",
        "孟溪村委会",
        "孟溪村村民委员会",
        "孟溪村民委员会",
        " 孟 溪村",
        "和平乡孟溪村",
        "碧江区和平乡孟溪村",
        "520602202203",
    ],
)
def test_spellings_of_one_village(indexes, edition, name):
    """Every spelling of 孟溪村 means the one village with its code, in either edition."""
    assert indexes[edition].match_village(name).unit.code == "520602202203"


@pytest.mark.parametrize("township", ["和平乡", "和平", "和平土家族侗族乡", "和平乡人民政府", "520602202"])
def test_short_township_names(indexes, township):
    """和平乡 is short for 和平土家族侗族乡, whatever peoples its full name carries."""
    assert indexes["2019-10-31"].match_village("孟溪村", township=township).unit.code == "520602202203"


def test_every_village_is_found_by_its_own_names(indexes):
    """Name and full name with the township find each of the shipped villages itself, and no other."""
    for index in indexes.values():
        for unit in index.by_id.values():
            if unit.level == "village":
                above = index.by_id[unit.parent].name
                assert [index.match_village(name, township=above).unit for name in (unit.name, unit.full_name)] == [
                    unit,
                    unit,
                ]


def test_village_and_community_of_one_stem_differ(indexes):
    """和平社区 (2019) is not 和平村 (2023): the wrong kind is unknown and suggested; a bare stem takes the only one."""
    match = indexes["2019-10-31"].match_village("和平村", township="和平乡")
    assert (match.unit, match.reason, match.candidates[0].name) == (None, "unknown", "和平社区")
    assert indexes["2019-10-31"].match_village("和平", township="和平乡").unit.name == "和平社区"
    assert indexes["2023-06-30"].match_village("和平社区", township="和平乡").unit is None


def test_bare_stem_of_two_units_is_ambiguous(indexes):
    """Where 甲村 and 甲社区 both exist, the bare stem is asked about and both are offered; full names are clear."""
    base = list(indexes["2019-10-31"].by_id.values())
    village = next(unit for unit in base if unit.name == "孟溪村")
    twin = type(village)("twin", "520602202299", "孟溪社区", "孟溪社区居委会", "village", village.parent)
    index = UnitIndex([*base, twin])
    match = index.match_village("孟溪")
    assert (match.reason, {unit.name for unit in match.candidates}) == ("ambiguous", {"孟溪村", "孟溪社区"})
    assert (index.match_village("孟溪村").unit, index.match_village("孟溪居委会").unit) == (village, twin)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"village": "孟溪村", "code": "520602202204"}, "conflict"),
        ({"village": "孟溪村", "township": "六龙山乡"}, "conflict"),
        ({"village": "孟溪村", "district": "万山区"}, "conflict"),
        ({"village": "孟西村", "township": "和平乡"}, "unknown"),
        ({"village": "孟溪村", "township": "和平镇"}, "unknown"),
        ({"village": "", "township": "和平乡"}, "blank"),
    ],
)
def test_what_does_not_fit_is_never_guessed(indexes, said, reason):
    """Name, code, township and district that disagree, or are unknown, give no unit but a reason."""
    match = indexes["2019-10-31"].match_village(**said)
    assert (match.unit, match.reason) == (None, reason)


def test_code_tells_where_the_name_is_silent(indexes):
    """A unit code alone is enough, and a household code that begins with one tells its village."""
    index = indexes["2019-10-31"]
    assert index.match_village("", code="520602202203").unit.name == "孟溪村"
    assert index.coded("520602202203017").unit.name == "孟溪村"
    assert index.coded("HP0001").unit is None


@pytest.mark.parametrize(
    "name",
    [
        "一组",
        "1组",
        "第1组",
        "第一组",
        "第一村民组",
        "一村民小组",
        "1社",
        "１组",
        "1",
        " 1 组",
        "第一组(周家寨)",
        "1队",
    ],
)
def test_spellings_of_one_group(name):
    """Every way of writing the first group is the same group in one normal form."""
    assert (parse_group(name).key, parse_group(name).name) == ("#1", "一组")


@pytest.mark.parametrize("name", ["二三组", "1、2组", "一、二组", "1-2组", "1组2组", "周家、李家组", "3/4组"])
def test_several_groups_in_one_cell(name):
    """A cell that names several groups is marked, not split or guessed."""
    assert parse_group(name).several


def test_named_groups_keep_their_name():
    """周家组 and 周家小组 are one named group; 周家寨 is another."""
    assert parse_group("周家组") == parse_group("周家小组")
    assert (parse_group("周家组").name, parse_group("周家寨").name) == ("周家组", "周家寨")
    assert parse_group("周家组").key != parse_group("周家寨").key


@given(st.integers(1, 99))
def test_normal_form_is_read_back(number):
    """The normal form of every number up to 99 is read as that number, as are digits."""
    assert parse_group(name_group(number)).key == parse_group(f"第{number}村民小组").key == f"#{number}"


@pytest.mark.parametrize(
    ("text", "key", "several"),
    [
        ("（一组）", "#1", False), ("一组、", "#1", False), ("一组二组", "一组二组", True), ("一组 二组", "一组二组", True),
        ("0组", "0组", True), ("三家寨", "三家寨", False), ("一碗水组", "一碗水", False),
    ],
)  # fmt: skip
def test_marks_around_a_group_are_none_of_it_and_two_groups_are_asked_about(text, key, several):
    """Brackets and marks around a name fall away; a cell that names two groups, or number 0, is several: never a new group."""
    found = parse_group(text)
    assert (found.key, found.several) == (key, several)


@pytest.mark.parametrize("text", ["组", "村民组", "第组", "小组"])
def test_a_kind_without_a_name_is_no_group(text):
    """What names the kind alone is a blank: the row is refused, no group is made."""
    assert parse_group(text) is None
