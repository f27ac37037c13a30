"""Mapping files are checked before anything is read: every problem with its line and what may have been meant."""

from __future__ import annotations

from textwrap import dedent

import pytest

from geo.errors import Invalid
from geo.mapping import MappingInvalid, describe_problems, find_mapping, list_shipped
from geo.mapping.parse import parse_mapping
from tests.mapped import spec_of

GOOD = """\
units:
  district: {code: {value: D1}, name: {value: Harbour}}
  village: {name: village}
households:
  key: id
visits:
  visited_on: day
  outcome: {column: result, map: {No: not_home, yes: effective}}
"""


def problems_of(text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(MappingInvalid) as refused:
        parse_mapping(dedent(text), name="test.yaml")
    said = describe_problems(refused.value)
    assert len(said) == len(refused.value.problems)
    return [(one.line, one.path, one.key.removeprefix("mapping.")) for one in refused.value.problems]


def swap(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


def test_words_stay_as_they_are_written():
    """No, yes and days are text: YAML turns none of them into false, true or a date."""
    spec = spec_of(GOOD)
    assert spec.targets["visits"].fields["outcome"].words == {"No": "not_home", "yes": "effective"}
    assert spec.name == "test"


@pytest.mark.parametrize(
    ("old", "new", "line", "path", "key"),
    [
        ("  key: id", "  kye: id", 5, "households.kye", "unknown_key"),
        ("not_home", "nobody_home", 8, "visits.outcome.map.No", "bad_word"),
        ("visited_on: day", "visited_on: {value: 2024-02-30}", 7, "visits.visited_on.value", "bad_day"),
        ("visited_on: day", "visited_on: {column: day, value: 2024-02-03}", 7, "visits.visited_on", "one_source"),
        ("visited_on: day", "visited_on: [day, {column: x}]", 7, "visits.visited_on", "want_texts"),
        ("visited_on: day", "visited_on: {column: day, optional: perhaps}", 7, "visits.visited_on.optional", "bad_word"),
        ("visited_on: day", "visited_on: {text: day}", 7, "visits.visited_on.text", "no_hole"),
        ("visited_on: day", "visited_on: {column: day, match: '(['}", 7, "visits.visited_on.match", "bad_pattern"),
        ("visited_on: day", "visited_on: {column: day, otherwise: 2024-01-01}", 7, "visits.visited_on.otherwise", "otherwise_alone"),
        ("visited_on: day", "visited_on: {column: day, add_days: many}", 7, "visits.visited_on.add_days", "bad_whole"),
        ("visited_on: day", "visited_on: day\n  when: {column: x, is: a, not: b}", 8, "visits.when", "one_test"),
        ("visited_on: day", "visited_on: day\n  when: {column: x, from: 2019-01-01, to: 5}", 8, "visits.when", "two_kinds"),
        ("visited_on: day", "visited_on: day\n  lon: x", 6, "visits", "half_point"),
        ("  key: id", "  key: {column: id, format: '%d'}", 5, "households.key.format", "only_days"),
        ("  key: id", "  key: id\n  crs: EPSG:99999", 6, "households.crs", "bad_crs"),
        ("  key: id", "  key: id\n  within: [1, 2, 0, 3]", 6, "households.within", "bad_box"),
        ("  key: id", "  key: id\n  key: id2", 6, "households", "twice"),
        ("  village: {name: village}", "  group: {name: village}", 1, "units", "group_alone"),
        ("code: {value: D1}", "code: town", 2, "units.district", "district_constant"),
        ("{name: village}", "{cod: village}", 3, "units.village", "needed"),
        ("  key: id", "  key: {cell: {lon: x, lat: y, grid_crs: wgs84, size_m: 1000}}", 5, "households.key.cell.grid_crs", "bad_grid"),
    ],
)  # fmt: skip
def test_a_problem_is_told_with_its_line(old, new, line, path, key):
    """Each kind of slip is found on its line, at its place in the mapping, and has a sentence."""
    assert (line, path, key) in problems_of(swap(old, new))


def test_all_problems_are_told_at_once():
    """Three slips are three sentences, first line first."""
    text = (
        swap("  key: id", "  key: id\n  colour: red").replace("effective", "efective").replace("visited_on", "visit_on")
    )
    assert [line for line, _, _ in problems_of(text)] == [6, 7, 8, 9]


def test_a_sentence_names_the_nearest_word():
    """A misspelt key or word is answered with the one it looks most like."""
    with pytest.raises(MappingInvalid) as refused:
        parse_mapping(GOOD.replace("visited_on", "visit_on").replace("effective", "efective"), name="t.yaml")
    said = " ".join(describe_problems(refused.value))
    assert "“visited_on”" in said
    assert "“effective”" in said


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("households: [", 1, "yaml"),
        ("- a\n- b\n", 1, "no_table"),
        ("", 1, "no_table"),
        ("households: &x {key: id}\nvisits: *x\n", 1, "alias"),
        ("households: !!python/object:os.system {key: id}\n", 1, "tag"),
        ("name: x\n", 1, "nothing_loaded"),
        ("households: {key: id}\n", 1, "households_nowhere"),
        ("visits: {visited_on: d, outcome: {value: effective}}\n", 1, "visits_nowhere"),
        ("issues: {key: n, category: {value: OTH}, raised_on: d}\n", 1, "issues_nowhere"),
        ("visits:\n  household: h\n  match: {within_m: 5}\n  lon: x\n  lat: y\n  visited_on: d\n  outcome: o\n", 3, "match_or_household"),
        ("units: {registered: true, township: t}\n", 1, "needed"),
    ],
)  # fmt: skip
def test_what_is_no_mapping_is_refused(text, line, key):
    """Broken YAML, other shapes, aliases, tags and mappings that load nothing are refused with their line."""
    assert (line, key) in [(one, found) for one, _, found in problems_of(text)]


def test_rounds_are_checked():
    """Days that are reversed or overlap, a target beyond 100 % and a roster without households are told."""
    rounds = """
        units: {district: {code: {value: D}, name: {value: D}}}
        rounds:
          - {name: a, from: 2024-01-01, to: 2024-06-30, target: 120, roster: file}
          - {name: b, from: 2024-06-30, to: 2024-01-01}
          - {name: c, from: 2024-06-30}
    """
    found = {key for _, _, key in problems_of(rounds)}
    assert found == {"bad_percent", "no_file_roster", "reversed", "needed", "rounds_overlap"}


def test_aliases_cannot_grow_without_end():
    """A file whose aliases would unfold to billions of nodes is refused at once."""
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
    assert [key for _, _, key in problems_of(bomb)] == ["alias"]


def test_a_mapping_is_found_by_name_or_path(tmp_path):
    """Shipped mappings have a name; anything else is a path; a misspelt name is answered with the nearest one."""
    assert find_mapping("chicago_food_inspections").name == "chicago_food_inspections"
    path = tmp_path / "own.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert find_mapping(str(path)).name == "own"
    with pytest.raises(Invalid) as refused:
        find_mapping("chicago_food_inspection")
    assert "chicago_food_inspections" in str(refused.value.params["near"])
    assert len(list_shipped()) >= 5
