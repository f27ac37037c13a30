"""The headers seen in real workbooks: each is understood, asked about by content, or named; none is dropped in silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from geo.importer.headers import find_header
from geo.importer.sheets import Sheet

#: What each list of the file is called here; headers of the lists below have no field and are named.
FIELDS = {
    "house_id": "code", "head": "head_name", "id_no": "id_number", "members": "size", "group": "group", "village": "village",
    "township": "township", "district": "district", "phone": "phone", "class": "household_class", "y_or_lat": "lat",
    "x_or_lon": "lon", "visit_date": "visited_on", "relation": "relation",
}  # fmt: skip
NAMED = ("helper", "water", "house_risk", "work_months", "risk_cleared", "cause")
SAMPLES = {"编号": ["HP7", "HP3"], "姓名": ["王测", "李测"]}


@pytest.fixture(scope="module")
def seen(shared_data: Path) -> dict[str, list[str]]:
    """Return the headers that were seen, by what they were taken for."""
    return json.loads((shared_data / "import" / "header_aliases_seen.json").read_text(encoding="utf-8"))


def column(header: str, cells: list[object]):
    """Return what a header over some cells is taken for, beside a column that says nothing."""
    rows = [[cell, n] for n, cell in enumerate(cells)]
    return find_header(Sheet("s", [[header, "序号"], *rows])).columns[0]


@pytest.mark.parametrize("name", FIELDS)
def test_each_header_means_its_field(seen, name):
    """Each header of a field is that field; X and Y are decided by their numbers, not by their names."""
    for header in seen[name]:
        samples = SAMPLES.get(header, ["a", "b"])
        if name in ("y_or_lat", "x_or_lon"):
            samples = [27.68, 27.69] if name == "y_or_lat" else [109.15, 109.16]
        assert column(header, samples).key == FIELDS[name], header


def test_what_has_no_field_is_named(seen):
    """Helpers, causes and the like are listed as columns that are not imported; addresses are known and left out."""
    for name in NAMED:
        for header in seen[name]:
            found = find_header(Sheet("s", [[header, "户编号"], ["a", "b"]]))
            assert ([one.code for one in found.findings], found.columns[0].key) == (["W_UNKNOWN_COLUMNS"], None), header
    for header in seen["address"]:
        assert column(header, ["a", "b"]).key is None
    assert set(seen) == {*FIELDS, *NAMED, "address"}
