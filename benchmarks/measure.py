"""How the benchmarks measure and say it: medians, the cost of a bare fsync, the machine, Markdown tables."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import platform
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path


def time_median(work: Callable[[], object], times: int) -> float:
    """Return the median of the seconds that a piece of work takes."""
    return statistics.median(time_once(work) for _ in range(times))


def time_once(work: Callable[[], object]) -> float:
    """Return the seconds that a piece of work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def time_fsync(folder: Path, times: int = 200) -> float:
    """Return the median seconds of appending one page to a file and bringing it to the disk."""
    with tempfile.NamedTemporaryFile(dir=folder) as file:

        def append() -> None:
            file.write(b"\0" * 4096)
            file.flush()
            os.fsync(file.fileno())

        return time_median(append, times)


def describe_machine() -> str:
    """Return one line: cores, load average, versions."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg()) if hasattr(os, "getloadavg") else "-"
    names = ("sqlalchemy", "pandas", "xlsxwriter", "openpyxl")
    packages = ", ".join(f"{name} {version(name)}" for name in names)
    return (
        f"{os.cpu_count()} cores, load average {load}; Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {packages}"
    )


def show_table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = [list(heads), ["---"] * len(heads), *[[str(value) for value in row] for row in rows]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def show_ms(seconds: float) -> str:
    """Return milliseconds with as many digits as they deserve."""
    ms = seconds * 1000
    return f"{ms:,.0f} ms" if ms >= 100 else f"{ms:.3g} ms"


def settle_memory() -> float:
    """Give freed memory back, forget the peak so far, and return what the process holds now, in MB (Linux)."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return peak_mb()


def peak_mb() -> float:
    """Return the highest memory this process has held since `settle_memory`, in MB."""
    status = Path("/proc/self/status")
    if not status.exists():
        return float("nan")
    line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
