"""Real data from outside: tests here use files that are not in the repository and say so when they are absent."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real data that lies beside a checkout, or skip and say that it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the folder shared/data is not beside this checkout")
    return SHARED
