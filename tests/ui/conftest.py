"""What the tests of pages have in common."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner

from geo.store.database import Database


@pytest.fixture(scope="session", autouse=True)
def _packages_searched_once() -> Iterator[None]:
    """Every `AppTest` searches all installed packages for components, a third of a second each time: once is enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture
def world(world_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Return a fresh small world that the app serves."""
    path = Path(shutil.copy(world_file, tmp_path / "demo.sqlite"))
    monkeypatch.setenv("GEO_DB", str(path))
    db = Database(path)
    yield db
    db.close()
