"""What became of units from one yearly list to another: names first, codes only where no name says otherwise."""

from __future__ import annotations

import gzip
import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.cli import main
from geo.editions import HOWS, Edition, EditionBook, ListedUnit, compare
from geo.errors import Invalid
from geo.store.editions import choose_edition, list_editions, open_book, read_lists
from geo.succession import Succession

DAYS = [
    "2016-07-31", "2017-10-31", "2018-10-31", "2019-10-31", "2020-06-30", "2021-10-31", "2022-10-31", "2023-06-30",
]  # fmt: skip


SHIPPED = open_book()


@pytest.fixture(scope="module")
def book() -> EditionBook:
    """Return the eight lists that ship."""
    return SHIPPED


def make_list(day: str, **names: str) -> Edition:
    """Return a list of one district and two townships; a village's code follows c, e.g. c101 = 900000 001 101."""
    units = [
        ListedUnit("district", "900000", "测试区", "测试区", ""),
        ListedUnit("township", "900000001", "甲乡", "甲乡", "900000"),
        ListedUnit("township", "900000002", "乙乡", "乙乡", "900000"),
    ]
    for code, name in names.items():
        township = f"90000000{code[1]}"
        units.append(ListedUnit("village", f"{township}{code[1:]}", name, name, township))
    return Edition(day, {unit.code: unit for unit in units})


def told(book: EditionBook, code: str, start: str, end: str) -> tuple[str, str, str]:
    """Return code, name and how of a unit's successor; empty ones where the lists do not say."""
    fate = book.follow(code, start, end)
    return (fate.unit.code, fate.unit.name, fate.how) if fate.unit else ("", "", fate.how)


def test_all_eight_lists_ship(book):
    """The eight lists of 2016 to 2023 are there, asked for by day or by year."""
    assert list_editions() == DAYS == book.days()
    assert [choose_edition(day[:4]) for day in DAYS] == DAYS
    with pytest.raises(Invalid):
        choose_edition("2015")


@pytest.mark.parametrize(
    ("code", "name", "start", "end", "successor"),
    [
        # Renamed under the same code.
        ("520602202207", "遥山村", "2016", "2023", ("520602202207", "遥山沟村", "renamed")),
        ("520602204202", "甘溪坪村", "2016", "2017", ("520602204202", "六龙山村", "renamed")),
        ("520602202206", "八村", "2022", "2023", ("520602202206", "八村村", "renamed")),
        ("520602202", "和平乡", "2016", "2023", ("520602202", "和平土家族侗族乡", "renamed")),
        # The street office of 2020 was split; its code went on to another community.
        ("520602002002", "桂花塘社区", "2019", "2020", ("520602007005", "桂花塘社区", "moved")),
        ("520602002003", "两板桥社区", "2019", "2020", ("520602002002", "两板桥社区", "recoded")),
        ("520602002009", "板桥社区", "2019", "2020", ("520602002003", "板桥社区", "recoded")),
        ("520602005006", "打角冲社区", "2019", "2020", ("520602009002", "打角冲社区", "moved")),
        ("520602201205", "三寨村", "2016", "2023", ("520602009200", "三寨村", "moved")),
        # Renamed in 2017 and moved in 2020: its first code means 双江社区 since.
        ("520602003006", "大江坪社区居委", "2016", "2023", ("520602007009", "大江坪社区", "renamed+moved")),
        ("520602202203", "孟溪村", "2016", "2023", ("520602202203", "孟溪村", "same")),
        # 社区 and 村 of one stem are different units; a unit that is gone is gone.
        ("520602202001", "和平社区", "2022", "2023", ("", "", "ask")),
        ("520602103001", "花园社区", "2016", "2023", ("", "", "ask")),
        ("520602001", "市中街道", "2019", "2020", ("", "", "ask")),
    ],
)
def test_cases_checked_by_hand(book, code, name, start, end, successor):
    """Known changes of Bijiang's units come out as the lists, read by a person, say."""
    first, last = choose_edition(start), choose_edition(end)
    assert book.edition(first).units[code].name == name
    assert told(book, code, first, last) == successor


def test_who_may_be_the_successor_is_offered(book):
    """Where the lists do not say, the unit of the same stem comes first; for a township, where its villages went."""
    community = book.follow("520602200001", "2022-10-31", "2023-06-30")
    assert [unit.name for unit in community.candidates] == ["桐木坪村"]
    township = book.follow("520602001", "2019-10-31", "2020-06-30")
    assert [unit.name for unit in township.candidates] == ["锦江街道"]


def test_new_units_and_reused_codes(book):
    """2020 has two units that no unit of 2019 became, besides three street offices, and six codes of another meaning."""
    new = [unit.name for unit in book.new_units("2019-10-31", "2020-06-30")]
    assert new == ["地理社区", "锦江街道", "铜兴街道", "正光街道", "正光社区"]
    reused = book.reused_codes("2019-10-31", "2020-06-30")
    assert [code[6:] for code in reused] == ["002002", "002003", "002004", "003005", "003006", "005006"]


def test_nothing_changes_within_a_list(book):
    """From a list to itself every unit is the same one."""
    for day in DAYS:
        assert {book.follow(code, day, day).how for code in book.edition(day).units} == {"same"}


def test_lists_are_followed_backwards_too(book):
    """From 2023 back to 2016 a unit that is in both comes to where it started, for every unit the lists tell of."""
    for code in book.edition("2016-07-31").units:
        fate = book.follow(code, "2016-07-31", "2023-06-30")
        if fate.unit is not None:
            assert book.follow(fate.unit.code, "2023-06-30", "2016-07-31").unit.code == code


def test_a_reused_code_is_not_a_rename():
    """The same code under a new name is a rename, unless the old name lives on or the new name was there before."""
    before = make_list("2019-01-01", c101="东村", c102="西村", c103="南村")
    after = make_list("2020-01-01", c101="新东村", c102="南村", c201="西村")
    pairs = compare(before, after)
    assert {code[-3:]: new[-3:] for code, new in pairs.items() if len(code) == 12} == {
        "101": "101", "102": "201", "103": "102",
    }  # fmt: skip


def test_two_of_one_name_are_not_told_apart():
    """Where a name stands twice and both codes changed, nobody guesses; a rename is not made up from the code either."""
    before = make_list("2019-01-01", c101="新村", c201="新村")
    after = make_list("2020-01-01", c102="新村", c203="新村", c101="他村")
    assert {old[-3:]: new[-3:] for old, new in compare(before, after).items() if len(old) == 12} == {
        "101": "102", "201": "203",
    }  # fmt: skip
    crossed = make_list("2020-01-01", c104="新村", c105="新村", c101="他村")
    assert [code for code in compare(before, crossed) if len(code) == 12] == []


def test_a_unit_that_comes_back_is_the_same():
    """A name that one list leaves out and a later one has again, once, is that unit."""
    lists = [make_list("2019-01-01", c101="东村"), make_list("2020-01-01"), make_list("2021-01-01", c102="东村")]
    assert told(EditionBook(lists), "900000001101", "2019-01-01", "2021-01-01")[0] == "900000001102"


def test_drawn_successors_count_where_lists_are_silent():
    """A person's word fills a gap and can merge units; it never overrules what the lists say."""
    lists = [make_list("2019-01-01", c101="东村", c102="西村"), make_list("2020-01-01", c101="东村", c201="大村")]
    drawn = EditionBook(lists, {"900000001102": "900000001101", "900000001101": "900000002201"})
    assert told(drawn, "900000001102", "2019-01-01", "2020-01-01") == ("900000001101", "东村", "merged")
    assert told(drawn, "900000001101", "2019-01-01", "2020-01-01") == ("900000001101", "东村", "same")
    alone = EditionBook(lists, {"900000001102": "900000002201"})
    assert told(alone, "900000001102", "2019-01-01", "2020-01-01") == ("900000002201", "大村", "renamed+moved")


@pytest.mark.parametrize(
    ("code", "name", "successor", "how"),
    [
        ("520602202203", "孟溪村", "520602202203", "same"),
        ("520602202203", "孟溪村民委员会", "520602202203", "same"),
        ("", "和平乡孟溪村", "520602202203", "same"),
        ("520602202203", "", "520602202203", "same"),
        # A name of 2016, one of 2023, one of 2020: the list said is 2019.
        ("520602202207", "遥山村", "520602202207", "renamed"),
        ("520602202206", "八村村", "520602202206", "same"),
        ("520602002012", "南岳社区", "520602002012", "new"),
        ("", "地理社区", "520602005006", "new"),
        # One code, two meanings: the name says which.
        ("520602002003", "两板桥社区", "520602002002", "recoded"),
        ("520602002003", "板桥社区", "520602002003", "same"),
        ("520602005006", "打角冲社区", "520602009002", "moved"),
        # Codes of townships come with zeros, a code of no list gives way to a name.
        ("520602202000", "和平乡", "520602202", "same"),
        ("520602999999", "孟溪村", "520602202203", "same"),
        # What disagrees or is unknown.
        ("520602202203", "龙鱼村", "", "ask"),
        ("520602202203", "无名村", "", "ask"),
        ("", "无名村", "", "ask"),
        ("", "", "", "ask"),
        ("520602202001", "和平社区", "", "ask"),
        ("520602001", "市中街道", "", "ask"),
    ],
)
def test_codes_and_names_of_any_year(book, code, name, successor, how):
    """A row of a file said to be of 2019 finds its unit of 2023 by code and name, or is asked about."""
    fate = Succession(book, "2019-10-31", "2023-06-30").find(code, name)
    assert (fate.unit.code if fate.unit else "", fate.how) == (successor, how)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_any_code_and_name_is_answered(data):
    """Whatever code and name meet, the answer is a unit of the list asked for, or empty with `ask`."""
    shipped = SHIPPED
    units = [unit for day in DAYS for unit in shipped.edition(day).units.values()]
    code = data.draw(st.sampled_from([*{unit.code for unit in units}, "", "52060", "x"]))
    name = data.draw(st.sampled_from([*{unit.name for unit in units}, "", "无名"]))
    start, end = data.draw(st.sampled_from(DAYS)), data.draw(st.sampled_from(DAYS))
    fate = Succession(shipped, start, end).find(code, name)
    assert fate.how in HOWS
    assert (fate.unit is None) == (fate.how == "ask")
    assert fate.unit is None or fate.unit in shipped.edition(end).units.values()


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["c101", "c102", "c103", "c201", "c202"]), st.sampled_from("东西南北中")),
        min_size=2,
        max_size=4,
    )
)
@settings(max_examples=120, deadline=None)
def test_no_two_units_become_one_by_lists_alone(lists):
    """Whatever is renamed, moved or recoded: by lists alone two units never end in one, and a name is never lost."""
    book = EditionBook(
        [make_list(f"20{nth:02d}-01-01", **{c: f"{n}村" for c, n in one.items()}) for nth, one in enumerate(lists)]
    )
    for old, new in pairwise(book.days()):
        pairs = compare(book.edition(old), book.edition(new))
        assert len(set(pairs.values())) == len(pairs)
        names = [unit.name for unit in book.edition(new).units.values()]
        for code, unit in book.edition(old).units.items():
            if names.count(unit.name) == 1 and code in pairs and unit.name != book.edition(new).units[pairs[code]].name:
                olds = [one.name for one in book.edition(old).units.values()]
                assert olds.count(unit.name) > 1


def test_lists_of_a_user_are_read(tmp_path):
    """A list file gives editions by its column or its name, packed or not; a file of something else is refused."""
    rows = "code,name,township_code,township\n900000001101,东村,900000001,甲乡\n"
    plain = tmp_path / "own_2024-05-01.csv"
    plain.write_text(rows, encoding="gb18030")
    packed = tmp_path / "later.csv.gz"
    packed.write_bytes(gzip.compress(rows.replace("\n9", ",as_of\n9").replace("甲乡\n", "甲乡,2025-05-01\n").encode()))
    assert [read_lists(path)[0].day for path in (plain, packed)] == ["2024-05-01", "2025-05-01"]
    assert read_lists(plain)[0].units["900000001"].name == "甲乡"
    for name, content in (("x_2024.csv", "a,b\n1,2\n"), ("undated.csv", rows), ("x_2024.csv.gz", "\x1f")):
        bad = tmp_path / name
        bad.write_bytes(content.encode("latin-1") if content == "\x1f" else content.encode())
        with pytest.raises(Invalid):
            read_lists(bad)


def test_a_file_of_codes_is_answered(tmp_path, capsys):
    """`units --codes` keeps the file's rows and order and writes the three columns; drawn successors come back in."""
    file = tmp_path / "codes.csv"
    file.write_text("code,name,户数\n520602002003,两板桥社区,5\n520602200001,桐木坪社区,7\n", encoding="utf-8")
    command = ["units", "--edition", "2019", "--to", "2023-06-30", "--codes", str(file)]
    assert main(command) == 0
    assert capsys.readouterr().out.splitlines() == [
        "code,name,户数,successor_code,successor_name,how",
        "520602002003,两板桥社区,5,520602002002,两板桥社区,recoded",
        "520602200001,桐木坪社区,7,,,ask",
    ]
    drawn = tmp_path / "drawn.csv"
    drawn.write_text("code,successor_code\n520602200001,520602200203\n", encoding="utf-8-sig")
    assert main([*command, "--successors", str(drawn), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["rows"][1]["successor_name"] == "桐木坪村"
    assert main([*command, "--out", str(tmp_path / "o.csv")]) == 0
    assert (tmp_path / "o.csv").read_bytes().startswith(b"\xef\xbb\xbfcode,name")


def test_a_drawn_successor_that_the_lists_speak_against_is_said(tmp_path, capsys):
    """What a person drew against the lists, or for a code of no list, does not count, and stderr says so."""
    drawn = tmp_path / "drawn.csv"
    lines = [
        "code,successor_code",
        "520602202203,520602202204",
        "520602202207,520602202207",
        "520602999999,520602202203",
    ]
    drawn.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert main(["units", "--edition", "2019", "--to", "2023", "--successors", str(drawn), "--json"]) == 0
    said = capsys.readouterr()
    rows = {row["code"]: row["successor_code"] for row in json.loads(said.out)["rows"]}
    assert rows["520602202203"] == "520602202203"
    assert [line for line in said.err.splitlines() if "没有用" in line] == [
        "给 520602202203 写的后续单位 520602202204 没有用：名单自己说明它后来是 520602202203。",
        "给 520602999999 写的后续单位没有用：各年的名单里都没有 520602999999。核对代码。",
    ]


def test_files_of_codes_alone_names_alone_and_chinese_headers(tmp_path, capsys):
    """A code column or a name column is enough, headers may be Chinese, blanks and quotes do not matter."""
    for content, expected in (
        ("code\n520602002003\n", "520602002003,520602002002,两板桥社区,recoded"),
        ("name\n孟溪村\n\n", "孟溪村,520602202203,孟溪村,same"),
        ("代码,名称\n520602202203,孟溪村\n", "520602202203,孟溪村,520602202203,孟溪村,same"),
        ('村代码,村\n"520602202203 ",孟溪村\n', "520602202203,孟溪村,520602202203,孟溪村,same"),
        ("code,name\n5.20602E+11,八村\n", "5.20602E+11,八村,520602202206,八村村,renamed"),
    ):
        file = tmp_path / "codes.csv"
        file.write_text(content, encoding="gb18030")
        assert main(["units", "--edition", "2019", "--to", "2023", "--codes", str(file)]) == 0
        assert capsys.readouterr().out.splitlines()[1:] == [expected]


def test_two_lists_are_compared(capsys):
    """`units` with two editions alone reports every unit, new ones and codes with another meaning; alone, the lists."""
    assert main(["units", "--edition", "2019", "--to", "2020", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["counts"] == {"same": 80, "moved": 20, "recoded": 7, "ask": 1, "new": 5}
    assert sum(answer["counts"].values()) == len(answer["rows"])
    assert len(answer["reused"]) == 6
    assert main(["units", "--json"]) == 0
    assert [one["edition"] for one in json.loads(capsys.readouterr().out)] == DAYS


def test_a_wrong_line_is_one_sentence(tmp_path, capsys):
    """Half a pair of editions, an unknown one, a file without the columns: exit code 1 and one sentence."""
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n1,2\n", encoding="utf-8")
    for line in (
        ["--edition", "2019"], ["--edition", "2019", "--to", "1999"],
        ["--edition", "2019", "--to", "2023", "--codes", str(bad)], ["--successors", str(bad)],
        ["--list", str(bad)], ["--edition", "2019", "--to", "2023", "--codes", str(tmp_path / "none.csv")],
    ):  # fmt: skip
        assert main(["units", *line]) == 1
        said = capsys.readouterr()
        assert (said.out, len(said.err.splitlines())) == ("", 1)
