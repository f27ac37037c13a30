"""What several tests in a browser have in common."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.test_main_job import Job
from tests.conftest import ServedApp
from tests.world import build_world


@pytest.fixture
def job(served_app: Callable[..., ServedApp], offline_page: Any, tmp_path: Path) -> Any:
    """Return the small world's app in a browser that may only talk to this machine."""
    path = tmp_path / "demo.sqlite"
    build_world(path).close()
    opened = Job(offline_page, served_app(path))
    yield opened
    assert opened.errors == []
