"""docs/mapping-files.md: every key is in it, and every worked example in it does what it says."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from geo.mapping import list_shipped, read_mapping
from geo.mapping.parse import ROSTERS, ROUND_KEYS, SECTIONS, SOURCE_KEYS
from geo.mapping.parse_targets import MATCH_KEYS, REPEATED, SETTINGS, UNIQUE_IN
from geo.mapping.parse_units import LEVEL_KEYS, UNIT_KEYS
from geo.mapping.parse_values import CONDITION_KEYS, VALUE_KEYS
from geo.mapping.shipped import shipped_dir
from geo.schema import IMPORT_FIELDS
from geo.schema.mapped import MAPPED_FIELDS
from tests import mapped, workbooks
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "mapping-files.md").read_text(encoding="utf-8")
EXAMPLES = {
    Path(name).stem + Path(name).suffix.replace(".xlsx", ".csv"): body
    for name, body in re.findall(r"^`([\w.]+)`[^\n]*:\n\n```\w+\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
}
#: What each example stores, as the page says: SQL → count.
STORED = {
    "clinics": {"household": 3, "round_roster": 3, "visit": 3, "place": 4},
    "hamlets": {"place": 4},
    "farms": {"household": 2, "household_tag": 1, "round_roster": 2},
    "roster": {"household": 2},
    "requests": {"issue": 3, "issue_event": 10},
}


def section(heading: str) -> str:
    return next(part for part in re.split(r"^## ", PAGE, flags=re.MULTILINE) if part.startswith(heading))


@pytest.mark.parametrize("target", MAPPED_FIELDS)
def test_every_field_is_documented(target):
    """Each field of a target stands in its section, with every word it takes."""
    text = section(target.capitalize())
    words = {word for field in MAPPED_FIELDS[target].values() for word in (field.key, *field.allowed)}
    assert sorted(word for word in words if f"`{word}`" not in text) == []
    assert [name for name in SETTINGS[target] if f"`{name}`" not in text] == []


def test_every_other_key_is_documented():
    """Each key of the other sections stands on the page."""
    keys = {*SECTIONS, *SOURCE_KEYS, *ROUND_KEYS, *ROSTERS, *UNIT_KEYS, *LEVEL_KEYS, *VALUE_KEYS, *CONDITION_KEYS,
            *MATCH_KEYS, *REPEATED, *UNIQUE_IN}  # fmt: skip
    assert sorted(key for key in keys if re.search(rf"\b{key}\b", PAGE) is None) == []


def test_every_shipped_mapping_is_listed_and_named_after_its_file():
    """The page has each shipped mapping with its file; each can be read, and says what it is for."""
    assert list_shipped() == sorted(re.findall(r"^\| `(\w+)` \|", PAGE.split("## One example")[0], flags=re.MULTILINE))
    for name in list_shipped():
        spec = read_mapping(shipped_dir() / f"{name}.yaml")
        assert (spec.name, spec.about != "") == (name, True)


@pytest.mark.parametrize("name", STORED)
def test_an_example_does_what_it_says(name, tmp_path):
    """Each worked example loads without a finding, stores what the page says, and the second time nothing."""
    path = mapped.write(tmp_path / f"{name}.csv", EXAMPLES[f"{name}.csv"])
    spec = read_mapping(mapped.write(tmp_path / f"{name}.yaml", EXAMPLES[f"{name}.yaml"]))
    db, scope = (workbooks.open_register if spec.register else mapped.open_mapped)(
        tmp_path / "d.sqlite", *([] if spec.register else [spec])
    )
    report = mapped.load(db, scope, path, spec)
    assert (report.stored, [one.code for one in report.findings if one.code != "W_COORD_MISSING"]) == (True, [])
    for table, count in STORED[name].items():
        assert mapped.rows(db, f"SELECT count(*) FROM {table}") == [(count,)], table
    again = mapped.load(db, scope, path, spec)
    assert (again.stored, again.changed) == (False, False)


def test_the_example_of_points_pairs_one_point_with_one_farm(tmp_path):
    """Of two points beside one farm one is its visit; the other one is listed with the distance."""
    farms = read_mapping(mapped.write(tmp_path / "farms.yaml", EXAMPLES["farms.yaml"]))
    db, scope = mapped.open_mapped(tmp_path / "d.sqlite", farms, today=date(2024, 7, 1))
    mapped.load(db, scope, mapped.write(tmp_path / "farms.csv", EXAMPLES["farms.csv"]), farms)
    points = read_mapping(mapped.write(tmp_path / "points.yaml", EXAMPLES["points.yaml"]))
    report = mapped.load(db, scope, mapped.write(tmp_path / "points.csv", EXAMPLES["points.csv"]), points)
    assert (report.changes["visits_new"], report.changes["visits_unmatched"], report.codes) == (1, 1, ["W_UNMATCHED"])


def test_every_field_of_a_roster_is_documented():
    """The section on rosters names every column that the importer knows."""
    text = section("Register")
    assert [one.key for one in IMPORT_FIELDS if f"`{one.key}`" not in text] == []
