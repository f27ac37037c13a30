"""A workbook of 100,000 households imported and stored, against what people write: `python -m benchmarks.importing`.

Each way runs in a process of its own, so that its peak of memory is its own. CPU seconds are given besides, because
other work on the machine does not change them as much.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from sqlalchemy import create_engine

from benchmarks.measure import describe_machine, peak_mb, settle_memory, show_table
from benchmarks.register import EDITION, ROUND, write_register
from benchmarks.rowloop import Core, Driver, Store, Texts, import_by_loop
from benchmarks.world import TODAY
from geo.importer import ImportOptions, NewRound, import_file
from geo.importer.apart import get_ready
from geo.model import Scope
from geo.store.create import create_database
from geo.store.database import Database
from geo.store.places import root_place

ROWS = 100_000
PRODUCT = "product"
HEADS = (
    "way",
    "seconds",
    "ratio",
    "CPU seconds",
    "ratio",
    "memory above the start, MB",
    "households",
    "visits",
    "findings",
)


def _import_all(db: Database, path: Path) -> int:
    scope = Scope("bench", "planner", root_place(db).id)
    report = import_file(db, scope, path, options=ImportOptions(round=NewRound(*ROUND)))
    assert report.stored, report.message
    return len(report.findings)


def _loop(mode: str, through: type[Store]) -> Callable[[Database, Path], int]:
    return lambda db, path: import_by_loop(db, path, mode=mode, through=through)


def _pandas(db: Database, path: Path) -> int:
    """No checks, no household apart from its visit, no figures: one table as it stands."""
    with create_engine(f"sqlite:///{db.path}").begin() as connection:
        pd.read_excel(path, dtype=str).to_sql("register", connection)
    return 0


#: Ways by name. The goal speaks of the first loop: openpyxl and SQLAlchemy as their manuals show them; those after it
#: show what a quicker part saves. pandas only reads and writes, it is no import.
WAYS: dict[str, Callable[[Database, Path], int]] = {
    PRODUCT: _import_all,
    "openpyxl, a row loop, SQLAlchemy": _loop("default", Core),
    "the same, read-only": _loop("read-only", Core),
    "the same, read-only, SQL texts made once": _loop("read-only", Texts),
    "the same, read-only, bare sqlite3": _loop("read-only", Driver),
    "pandas.read_excel and to_sql, nothing checked": _pandas,
}


def measure_way(way: str, path: Path) -> dict[str, float]:
    """Import the workbook into a new database once; return seconds, memory and what is stored."""
    with tempfile.TemporaryDirectory() as folder:
        db = create_database(Path(folder) / "bench.sqlite", kind="real", edition=EDITION, today=TODAY)
        # As the page does when it is opened.
        get_ready()
        before = settle_memory()
        start, cpu = time.perf_counter(), time.process_time()
        findings = WAYS[way](db, path)
        seconds = {"seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu, "peak": peak_mb() - before}
        with db.read() as connection:
            counts = {
                name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one()
                for name in ("household", "visit")
            }
        db.close()
    return {**seconds, **counts, "findings": findings}


def report(rows: int = ROWS) -> str:
    """Return the table of all ways, after checking that those that import store the same."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_register(Path(folder) / "register.xlsx", rows)
        found = {way: _run_alone(way, path) for way in WAYS}
    stored = {(one["household"], one["visit"]) for one in found.values() if one["household"]}
    assert len(stored) == 1, stored
    own = found[PRODUCT]
    return show_table(
        HEADS,
        [
            (way, f"{one['seconds']:.1f}", f"{one['seconds'] / own['seconds']:.1f} ×", f"{one['cpu']:.1f}",
             f"{one['cpu'] / own['cpu']:.1f} ×", f"{one['peak']:.0f}", f"{one['household']:,}", f"{one['visit']:,}",
             f"{one['findings']:,}")
            for way, one in found.items()
        ],
    )  # fmt: skip


def _run_alone(way: str, path: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.importing", way, str(path)]
    root = Path(__file__).parent.parent
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root, encoding="utf-8")
    return dict(json.loads(done.stdout))


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1] in WAYS:
        print(json.dumps(measure_way(sys.argv[1], Path(sys.argv[2]))))
    else:
        print(describe_machine(), report(*map(int, sys.argv[1:])), sep="\n\n")
