"""Bad files of our own making: outcome, rows, codes and values of each; what costs long is run by `benchmarks.badinput`."""

from __future__ import annotations

import pytest

from geo.importer import ImportOptions, import_file
from tests import workbooks
from tests.bad_files import CASES, Case
from tests.bad_situations import SITUATIONS


@pytest.fixture(scope="module")
def register(tmp_path_factory):
    """Return an empty register; files are only tried on it."""
    db, scope = workbooks.open_register(tmp_path_factory.mktemp("register") / "r.sqlite")
    yield db, scope
    db.close()


@pytest.mark.parametrize("case", [one for one in CASES if not one.slow], ids=lambda one: one.id)
def test_a_bad_file_comes_out_as_it_must(case: Case, register, tmp_path):
    """Outcome, rows and codes are exact, and every value is as it was meant."""
    db, scope = register
    options = ImportOptions(dry_run=True, show_personal=True, answers=case.answers)
    report = import_file(db, scope, case.write(tmp_path), options=options)
    assert (report.outcome, report.rows_ok, report.codes) == (case.outcome, case.rows_ok, list(case.codes))
    values = {(one["row"], one["field"]): one["value"] for one in report.values}
    assert {(row, name): values[row, name] for row, name, _ in case.values} == {
        (row, name): value for row, name, value in case.values
    }
    assert report.message
    assert str(tmp_path) not in report.message


@pytest.mark.parametrize("name", SITUATIONS)
def test_a_bad_moment_ends_well(name: str, tmp_path):
    """An older export, names that are paths, two at once, a closed browser: each as its function judges it."""
    assert SITUATIONS[name][1](tmp_path)
