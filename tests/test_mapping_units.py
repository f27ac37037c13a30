"""The units of a mapped file: made by its own tree, squares of a grid, or found among those that are registered."""

from __future__ import annotations

from tests import mapped, workbooks
from tests.mapped import UNITS, load, open_mapped, rows, spec_of, write


def test_units_that_are_registered_are_found_by_every_spelling(tmp_path):
    """With the shipped units a village is found by its spellings, its group made; an unknown one is asked about."""
    db, scope = workbooks.open_register(tmp_path / "r.sqlite", today=mapped.TODAY)
    spec = spec_of("""
        units: {registered: true, township: 乡, village: 村, group: 组}
        households: {key: 号, head_name: 户主}
    """)
    good = "乡,村,组,号,户主\n和平乡,孟溪村委会,第一组,001,王测一\n和平乡,孟溪,1组,002,王测二\n和平乡,孟溪村,周家组,003,王测三\n"
    report = load(db, scope, write(tmp_path / "h.csv", good), spec)
    assert (report.outcome, report.changes["places_new"], report.changes["households_new"]) == ("accept", 2, 3)
    groups = "SELECT p.name, count(*) FROM household h JOIN place p ON p.id = h.place GROUP BY 1 ORDER BY 2"
    assert rows(db, groups) == [("周家组", 1), ("一组", 2)]
    assert not load(db, scope, tmp_path / "h.csv", spec).changed
    report = load(db, scope, write(tmp_path / "u.csv", good.replace("孟溪村委会", "孟溪寨")), spec)
    assert (report.outcome, report.questions[0].kind) == ("ask", "unit")


GROUPED = """
    units: {registered: true, township: 乡, village: 村, group: 组}
    households: {key: 号, head_name: 户主}
"""


def test_groups_of_registered_villages_are_told_or_asked(tmp_path):
    """Several groups in one cell are asked about, and their rows wait; in a village with groups a home names its own."""
    db, scope = workbooks.open_register(tmp_path / "r.sqlite", today=mapped.TODAY)
    spec = spec_of(GROUPED)
    text = "乡,村,组,号,户主\n和平乡,孟溪村,孟溪村一组,1,甲\n和平乡,孟溪村,,2,乙\n"
    several = write(tmp_path / "s.csv", text + "和平乡,孟溪村,二三组,3,丙\n和平乡,孟溪,二三组,4,丁\n")
    report = load(db, scope, several, spec)
    assert (report.outcome, report.rows_total, report.rows_ok) == ("ask", 4, 1)
    assert [(one.row, one.code, one.field) for one in report.rows_bad] == [(2, "R_REQUIRED", "村民组")]
    assert [(one.value, one.rows, len(one.options)) for one in report.questions] == [("孟溪村/二三组", 2, 2)]
    report = load(db, scope, write(tmp_path / "h.csv", text), spec, good_rows=True)
    assert (report.stored, [one.row for one in report.rows_bad]) == (True, [2])
    # A later file that names no group leaves a known household where it is.
    later = write(tmp_path / "l.csv", "乡,村,组,号,户主\n和平乡,孟溪村,,1,甲甲\n")
    assert load(db, scope, later, spec).changes["households_changed"] == 1
    homes = "SELECT h.head_name, p.name FROM household h JOIN place p ON p.id = h.place"
    assert rows(db, homes) == [("甲甲", "一组")]
    db.close()


def test_words_of_a_unit_that_no_map_knows_stay(tmp_path):
    """A unit is free text: what its map translates is translated, everything else stays as it is."""
    spec = spec_of(
        f"{UNITS}\n    households: {{key: id}}\n".replace("name: village", "name: {column: village, map: {N: North}}")
    )
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    load(db, scope, write(tmp_path / "h.csv", "id,village\n1,N\n2,South\n"), spec)
    assert rows(db, "SELECT code, name FROM place WHERE level = 'village' ORDER BY 1") == [
        ("D1-T-North", "North"), ("D1-T-South", "South"),
    ]  # fmt: skip
    db.close()


def test_a_point_at_zero_lies_in_no_square(tmp_path):
    """A 0 for a coordinate is no point: it makes no village of a grid, as it makes no point of a household."""
    spec = spec_of("""
        units:
          district: {code: {value: W}, name: {value: W}}
          village: {name: {cell: {lon: x, lat: y, grid_crs: EPSG:2193, size_m: 1000}, default: nowhere}}
        households: {key: id}
    """)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    load(db, scope, write(tmp_path / "h.csv", "id,x,y\n1,175.288,-37.7767\n2,0,0\n3,,\n"), spec)
    found = "SELECT h.code, p.name FROM household h JOIN place p ON p.id = h.place ORDER BY 1"
    assert rows(db, found) == [("1", "E1801N5816"), ("2", "nowhere"), ("3", "nowhere")]
    db.close()


def test_codes_and_names_of_units_are_cleaned_and_told(tmp_path):
    """Codes are one in all widths, a lost one refuses its row; a second name, and what is taken out, is listed."""
    spec = spec_of(f"{UNITS}\n    households: {{key: id}}\n".replace("{name: village}", "{code: vc, name: vn}"))
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    text = "id,vc,vn\n1,５２０,North\n2,520,North\n3,520,Nord\n4,520,Nord\n5,521,So\x07uth\n6,-,-\n7,5.22E+17,\n"
    report = load(db, scope, write(tmp_path / "h.csv", text), spec, good_rows=True)
    assert [(one.row, one.code, one.value) for one in report.findings] == [
        (3, "W_ATTR_DIFFERS", "Nord"), (5, "W_CONTROL_CHARS", "So\x07uth"),
    ]  # fmt: skip
    assert [(one.row, one.code, one.field) for one in report.rows_bad] == [
        (6, "R_REQUIRED", "村"), (7, "R_REQUIRED", "村"),
    ]  # fmt: skip
    assert rows(db, "SELECT code, name FROM place WHERE level = 'village' ORDER BY 1") == [
        ("520", "North"), ("521", "South"),
    ]  # fmt: skip
    db.close()
