"""Every bad file and moment, each in a process of its own, into docs/bad-input.md: `python -m benchmarks.badinput`.

Files of others are read where a folder holds them (`python -m benchmarks.badinput FOLDER`, with its expectations.json);
without it their part of the page stays as it was measured last.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks.measure import describe_machine, peak_mb, settle_memory, show_table
from geo.apart import asking
from geo.errors import Invalid
from geo.importer import ImportOptions, import_file
from geo.photos import make_photo
from tests import workbooks
from tests.bad_files import CASES
from tests.bad_photos import PICTURES
from tests.bad_situations import SITUATIONS

ROOT: Final = Path(__file__).parent.parent
TARGET: Final = ROOT / "docs" / "bad-input.md"
HEADS: Final = (
    "case",
    "what",
    "outcome",
    "codes",
    "rows taken",
    "as it must be",
    "seconds",
    "memory, MB",
    "its parser, MB",
)
PHOTO_HEADS: Final = (
    "case", "what", "kB", "outcome", "as it must be", "seconds", "memory, MB", "its process, MB",
)  # fmt: skip
OTHERS: Final = "## Files of others"
TEXT: Final = """# Bad input

`python -m benchmarks.badinput FOLDER` writes this page; every line is one file or one moment in a process of its own.
Seconds are those of the whole import into an empty register, its parser's start included. Memory is the peak above the
process before, and the peak of the process that parsed ([why it is one of its own](decisions/{decision})).
`tests/test_bad_files.py` and `tests/test_photos.py` hold the short ones of ours, `tests/real/test_badinput.py` those of
others; the codes are in [formats](formats.md).

Limits: 20 MB a file, 300,000 rows, 2,000 members of an archive, 400 MB and 150 times its size inflated; a parser has
2 GiB, 60 s of CPU, 120 s by the clock, no network and no file to write.

{machine}; {day}.

## Files of our own

{own}

## Photos

Drawn anew in the same kind of process; what is taken is small, and without what the camera wrote.

{photos}

## Moments

{moments}

"""


def measure_file(path: Path, today: date, answers: dict[str, str]) -> dict[str, Any]:
    """Import one file into an empty register in this process; return what came of it, seconds and MB."""
    heard = _Listening()
    with tempfile.TemporaryDirectory() as folder:
        db, scope = workbooks.open_register(Path(folder) / "r.sqlite", today=today)
        before, start = settle_memory(), time.perf_counter()
        report = import_file(db, scope, path, options=ImportOptions(answers=answers))
        seconds, peak = time.perf_counter() - start, peak_mb() - before
        db.close()
    return {
        "outcome": report.outcome, "codes": report.codes, "rows_ok": report.rows_ok, "seconds": seconds, "peak": peak,
        "bad": [[one.row, one.field, one.code] for one in report.rows_bad], "parser": heard.peak,
    }  # fmt: skip


class _Listening(logging.Handler):
    """Hears what the log says of the parser's memory."""

    peak = 0.0

    def __init__(self) -> None:
        """Begin to listen."""
        super().__init__()
        log = logging.getLogger(asking.__name__)
        log.addHandler(self)
        log.setLevel(logging.INFO)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the most."""
        if record.msg == asking.PARSED and isinstance(record.args, tuple):
            self.peak = max(self.peak, float(str(record.args[1])))


def measure_photo(name: str) -> dict[str, Any]:
    """Have one picture drawn anew by this process; return what came of it, seconds and MB."""
    content, heard = next(one for one in PICTURES if one.id == name).make(), _Listening()
    before, start = settle_memory(), time.perf_counter()
    try:
        made = make_photo(content)
        said = f"taken, {made.width} × {made.height}"
    except Invalid as refused:
        said = refused.key
    return {
        "said": said, "seconds": time.perf_counter() - start, "peak": peak_mb() - before, "parser": heard.peak,
        "bytes": len(content),
    }  # fmt: skip


def measure_moment(name: str) -> dict[str, Any]:
    """Go through one moment in this process; return what is told of it, seconds and MB."""
    with tempfile.TemporaryDirectory() as folder:
        before, start = settle_memory(), time.perf_counter()
        said = SITUATIONS[name][1](Path(folder))
        return {"said": said, "seconds": time.perf_counter() - start, "peak": peak_mb() - before}


def _alone(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.badinput", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, encoding="utf-8")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _line(name: str, what: str, found: dict[str, Any], *, good: bool) -> tuple[str, ...]:
    return (
        name, what, found["outcome"], " ".join(found["codes"]) or "-", f"{found['rows_ok']:,}", "yes" if good else "NO",
        f"{found['seconds']:.2f}", f"{max(found['peak'], 0):.0f}", f"{found['parser']:.0f}",
    )  # fmt: skip


def list_own() -> list[tuple[str, ...]]:
    """Return a line for every file of our own."""
    lines = []
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            path = case.write(Path(folder))
            found = _alone("file", str(path), workbooks.TODAY.isoformat(), json.dumps(case.answers))
        good = (found["outcome"], found["codes"], found["rows_ok"]) == (case.outcome, list(case.codes), case.rows_ok)
        lines.append(_line(case.id, case.what, found, good=good))
    return lines


def list_photos() -> list[tuple[str, ...]]:
    """Return a line for every picture of our own."""
    lines = []
    for case in PICTURES:
        found = _alone("photo", case.id)
        good = found["said"] == case.refused if case.refused else found["said"].startswith("taken")
        lines.append(
            (case.id, case.what, f"{found['bytes'] / 1000:,.1f}", found["said"], "yes" if good else "NO",
             f"{found['seconds']:.2f}", f"{max(found['peak'], 0):.0f}", f"{found['parser']:.0f}")
        )  # fmt: skip
    return lines


def list_moments() -> list[tuple[str, ...]]:
    """Return a line for every moment."""
    found = {name: _alone("moment", name) for name in SITUATIONS}
    return [
        (name, SITUATIONS[name][0], one["said"], f"{one['seconds']:.2f}", f"{one['peak']:.0f}")
        for name, one in found.items()
    ]


def list_others(folder: Path) -> list[tuple[str, ...]]:
    """Return a line for every file of a folder with expectations, its limits judged too."""
    said = json.loads((folder / "expectations.json").read_text(encoding="utf-8"))
    lines = []
    for case in said["cases"]:
        expect, limits = case["expect"], case["expect"]["limits"]
        found = _alone("file", str(folder / case["file"]), said["reference_date"], "{}")
        bad = [[one["row"], one["field"], one["code"]] for one in expect["rows_bad"]]
        good = (found["outcome"], found["bad"]) == (expect["outcome"], bad)
        good = good and set(expect["codes"]) <= set(found["codes"])
        good = good and found["rows_ok"] == expect.get("rows_ok", found["rows_ok"])
        within = found["seconds"] < limits["max_seconds"] and found["peak"] < limits["max_extra_rss_mb"]
        lines.append(_line(case["id"], case["what"], found, good=good and within))
    return lines


def main(arguments: list[str]) -> None:
    """Measure one thing and print it, or everything and write the page."""
    if arguments[:1] == ["file"]:
        print(json.dumps(measure_file(Path(arguments[1]), date.fromisoformat(arguments[2]), json.loads(arguments[3]))))
        return
    if arguments[:1] == ["photo"]:
        print(json.dumps(measure_photo(arguments[1])))
        return
    if arguments[:1] == ["moment"]:
        print(json.dumps(measure_moment(arguments[1])))
        return
    kept = TARGET.read_text(encoding="utf-8").partition(OTHERS)[2] if TARGET.exists() else "\n"
    if arguments:
        kept = f"\n\n{show_table(HEADS, list_others(Path(arguments[0])))}\n"
    decision = next((ROOT / "docs" / "decisions").glob("*-files-are-parsed-apart.md")).name
    page = TEXT.format(
        machine=describe_machine(), day=datetime.now(UTC).date(), decision=decision, own=show_table(HEADS, list_own()),
        photos=show_table(PHOTO_HEADS, list_photos()),
        moments=show_table(("case", "what", "outcome", "seconds", "memory, MB"), list_moments()),
    )  # fmt: skip
    TARGET.write_text(page + OTHERS + kept, encoding="utf-8")
    print(page + OTHERS + kept)


if __name__ == "__main__":
    main(sys.argv[1:])
