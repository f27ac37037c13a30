"""What the tests of pages have in common."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from geo.store.database import Database


@pytest.fixture
def world(world_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Return a fresh small world that the app serves."""
    path = Path(shutil.copy(world_file, tmp_path / "demo.sqlite"))
    monkeypatch.setenv("GEO_DB", str(path))
    db = Database(path)
    yield db
    db.close()
