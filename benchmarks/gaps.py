"""A gap list of 100,000 households as a workbook, against pandas.to_excel: `python -m benchmarks.gaps`.

Each writer runs in a process of its own, so that its peak of memory is its own.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.measure import describe_machine, peak_mb, settle_memory, show_table
from benchmarks.world import SEED, TODAY
from geo import codes
from geo.exports import ExportHead, tabulate_gaps, write_table
from geo.gaps import GAP_MARKS, GAP_STATES

ROWS = 100_000
WRITERS = ("product", "pandas (openpyxl)", "pandas (xlsxwriter)")
HEADS = ("writer", "seconds", "ratio", "memory above the list, MB", "file, MB", "rows", "formulas")


def make_gaps(rows: int) -> pd.DataFrame:
    """Return gap rows as `gaps.rank_gaps` gives them, every tenth name beginning as a formula does."""
    random = np.random.default_rng(SEED)
    number = np.arange(rows)
    frame = pd.DataFrame(
        {
            "township": [f"第{n // 5000}乡" for n in number], "village": [f"第{n // 500}村" for n in number],
            "group": [f"{n // 50 % 10 + 1}组" for n in number], "code": [f"5206020{n:011d}" for n in number],
            "head_name": [f"=HYPERLINK({n})" if n % 10 == 0 else f"测{n % 997}" for n in number],
            "household_class": random.choice(codes.HOUSEHOLD_CLASSES, rows),
            "tags": random.choice(["", "", "", "dibao", "disabled,elder_alone"], rows),
            "last_on": random.choice(["2019-05-10", "2019-10-20", None], rows),
            "last_outcome_ever": random.choice(["not_home", "refused", None], rows),
            "attempts": random.integers(0, 4, rows), "assignee": [f"组干{n // 50 % 300}" for n in number],
            "due_on": ["2019-11-30"] * rows, "overdue_days": random.integers(0, 20, rows),
            "open_issues": random.integers(0, 2, rows), "located": random.integers(0, 2, rows),
            "state": random.choice(GAP_STATES, rows), "priority": random.integers(0, 100, rows),
            "suggested": number + 1,
        }
    )  # fmt: skip
    for mark in GAP_MARKS:
        frame[f"m_{mark}"] = random.random(rows) < 0.3
    return frame


def measure_writer(writer: str, path: Path) -> dict[str, float]:
    """Write the list once and return seconds, extra memory and what the file holds."""
    frame = pd.read_pickle(path)  # noqa: S301 - made by this script a moment ago
    head = ExportHead("缺口清单", "测试区", "第2轮", TODAY, "", "bench")
    # The others get the table of words ready-made; the product's time and memory include making it.
    table = None if writer == "product" else tabulate_gaps(frame).as_frame()
    before = settle_memory()
    start = time.perf_counter()
    if table is None:
        content = write_table(tabulate_gaps(frame), head=head, form="xlsx")
    else:
        out = io.BytesIO()
        table.to_excel(out, engine="openpyxl" if "openpyxl" in writer else "xlsxwriter", index=False)
        content = out.getvalue()
    seconds = time.perf_counter() - start
    extra = peak_mb() - before
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    counted = {"rows": sum(one.count(b"<row ") for one in sheets), "formulas": sum(one.count(b"<f>") for one in sheets)}
    return {"seconds": seconds, "extra": extra, "size": len(content) / 1e6, **counted}


def report() -> str:
    """Return the table of all writers."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gaps.pickle"
        make_gaps(ROWS).to_pickle(path)
        found = {writer: _run_alone(writer, path) for writer in WRITERS}
    own = found["product"]["seconds"]
    rows = [
        (writer, f"{one['seconds']:.1f}", f"{one['seconds'] / own:.1f} ×", f"{one['extra']:.0f}", f"{one['size']:.1f}",
         f"{one['rows']:,.0f}", f"{one['formulas']:,.0f}")
        for writer, one in found.items()
    ]  # fmt: skip
    return show_table(HEADS, rows)


def _run_alone(writer: str, path: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.gaps", writer, str(path)]
    root = Path(__file__).parent.parent
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root, encoding="utf-8")
    return dict(json.loads(done.stdout))


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(measure_writer(sys.argv[1], Path(sys.argv[2]))))
    else:
        print(describe_machine(), report(), sep="\n\n")
