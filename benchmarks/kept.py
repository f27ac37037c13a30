"""What was measured, row by row, in the file that GEO_BENCH_KEEP names, so that a long run can be cut off and go on."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def read_kept() -> dict[str, Any]:
    """Return what was kept, by name, in the order in which it was measured."""
    path = Path(os.environ.get("GEO_BENCH_KEEP", os.devnull))
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return dict(json.loads(line) for line in lines)


def write_kept(name: str, value: Any) -> None:
    """Keep a value (plain JSON) and say it on stderr."""
    with Path(os.environ.get("GEO_BENCH_KEEP", os.devnull)).open("a", encoding="utf-8") as file:
        file.write(json.dumps([name, value], ensure_ascii=False) + "\n")
    print(name, value, file=sys.stderr, flush=True)


def keep(name: str, measure: Callable[[], Any]) -> Any:
    """Return the value of a name that was kept, else measure and keep it."""
    known = read_kept()
    if name in known:
        return known[name]
    value = measure()
    write_kept(name, value)
    return value
