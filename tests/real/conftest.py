"""Real data from outside: tests here use files that are not in the repository and say so when they are absent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from geo.cli import main

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real data that lies beside a checkout, or skip and say that it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the folder shared/data is not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def mapped_import() -> Callable[[Path, str, Path], dict[str, Any]]:
    """Load a file by `import --mapping` on the command line; return its report."""

    def run(file: Path, mapping: str, db: Path) -> dict[str, Any]:
        report = db.with_name(f"{file.name}.json")
        assert main(["import", str(file), "--mapping", mapping, "--db", str(db), "--report", str(report)]) == 0
        found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        return found

    return run


@pytest.fixture(scope="session")
def chicago(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory, mapped_import: Callable[..., dict[str, Any]]
) -> tuple[Path, dict[str, dict[str, Any]]]:
    """Load Chicago's inspections and its requests into one database, once; return it and the reports by file."""
    path = tmp_path_factory.mktemp("chicago") / "chicago.sqlite"
    files = {
        "chicago_food_inspections": shared_data / "visits" / "chicago_food_inspections_2011_2014.csv.gz",
        "chicago_sanitation_311": shared_data / "issues" / "chicago_sanitation_311.csv.gz",
    }
    return path, {file.name: mapped_import(file, mapping, path) for mapping, file in files.items()}
