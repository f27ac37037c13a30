"""A gap list of 100,000 households in every other format, 2,000 on paper: `python -m benchmarks.formats`.

Each format runs in a process of its own, so that its peak of memory is its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.gaps import ROWS, make_gaps, peak_mb, settle_memory
from benchmarks.measure import describe_machine, show_table
from benchmarks.world import SEED, TODAY
from geo.exports import FORMATS, ExportHead, tabulate_gaps, write_table

PAPER_ROWS = 2_000
HEADS = ("format", "rows", "seconds", "memory above the list, MB", "file, MB")


def measure_format(form: str) -> dict[str, float]:
    """Write the list once and return rows, seconds, extra memory and size; typst's own process is not in the memory."""
    rows = PAPER_ROWS if form == "pdf" else ROWS
    frame = make_gaps(rows)
    random = np.random.default_rng(SEED)
    frame["lon"], frame["lat"] = 109 + random.random(rows) / 5, 27.6 + random.random(rows) / 5
    head = ExportHead("缺口清单", "测试区", "第2轮", TODAY, "", "bench")
    before = settle_memory()
    start = time.perf_counter()
    content = write_table(tabulate_gaps(frame), head=head, form=form)
    return {
        "rows": rows, "seconds": time.perf_counter() - start, "extra": peak_mb() - before, "size": len(content) / 1e6,
    }  # fmt: skip


def report() -> str:
    """Return the table of all formats but the workbook, which has its own."""
    rows = []
    for form in FORMATS:
        if form == "xlsx":
            continue
        command = [sys.executable, "-m", "benchmarks.formats", form]
        root = Path(__file__).parent.parent
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root, encoding="utf-8")
        one = json.loads(done.stdout)
        rows.append((form, f"{one['rows']:,.0f}", f"{one['seconds']:.1f}", f"{one['extra']:.0f}", f"{one['size']:.1f}"))
    return show_table(HEADS, rows)


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(measure_format(sys.argv[1])))
    else:
        print(describe_machine(), report(), sep="\n\n")
