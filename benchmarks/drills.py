"""Processes killed 200 times, a full disk, a locked file, 30 damaged files: into docs/drills.md.

`python -m benchmarks.drills [KILLS [FILES]]`; `tests/test_drills.py` runs each of them short.
"""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.measure import describe_machine, show_table
from geo import config
from tests import drills

KILLS: Final = 200
FILES: Final = 30
TARGET: Final = Path(__file__).parent.parent / "docs" / "drills.md"
TEXT: Final = """# Drills

`python -m benchmarks.drills` runs every drill long and writes this page; `tests/test_drills.py` runs each short, in
every run of the tests. What breaks a promise ends the command with an error, and the page stays as it was.

{machine}; {day}; {seconds:.0f} s.

## {kills} × kill -9 during saves and imports

A process is killed at a random moment: half of them record visits, half import files of {homes} households, in every
phase of it. After each: the file is whole, every acknowledged visit is stored, every import is there whole or not at
all. At the end the stored figures are the recompute, and the log of acts is unbroken.

{killed}

## No room, and no turn

No file may grow while a visit is saved and a file imported (the process's file-size limit, which SQLite meets as it
meets a full disk). Another program holds the write lock longer than a save waits. Nothing is stored, the same save
works afterwards. What is said:

{said}

## {files} damaged files

Copies of a database are damaged; each damage must be found as at the start of the app (`quick_check`). Then a backup is
restored in its place and compared: every row of every table is equal, but for the act of restoring in the log.

{found}
"""


def main(kills: int, files: int) -> None:
    """Run all and write the page."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        place = drills.set_up(Path(folder))
        killed = drills.kill_while_working(place, times=kills)
        said = [*drills.fill_disk(place), drills.lock_database(place, seconds=config.BUSY_SECONDS)]
    with tempfile.TemporaryDirectory() as folder:
        found = drills.damage_and_restore(Path(folder), times=files)
    heads = ("kills", "visits acknowledged", "lost", "imports begun", "whole", "nothing", "partly")
    line = (killed.kills, killed.saves, len(killed.lost), killed.whole + killed.none, killed.whole, killed.none, 0)
    page = TEXT.format(
        machine=describe_machine(), day=datetime.now(UTC).date(), seconds=time.perf_counter() - start,
        kills=killed.kills, homes=drills.HOMES, killed=show_table(heads, [line]), files=files,
        said="\n".join(f"- {one}" for one in dict.fromkeys(said)),
        found=show_table(
            ("damage", "files", "found", "restored and equal"), [(*one, one[1], one[1]) for one in found.items()]
        ),
    )  # fmt: skip
    TARGET.write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    asked = [int(one) for one in sys.argv[1:]]
    main(*asked, *(KILLS, FILES)[len(asked) :])
