"""Processes killed 200 times, a full disk, a locked file, 30 damaged files, the app on a network: into docs/drills.md.

`python -m benchmarks.drills [KILLS [FILES]]`, with nginx installed; `tests/test_drills.py` and `tests/test_network.py`
run them short, without nginx.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.measure import describe_machine, show_table
from geo import config
from tests import drills, networks

KILLS: Final = 200
FILES: Final = 30
TARGET: Final = Path(__file__).parent.parent / "docs" / "drills.md"
TEXT: Final = """# Drills

`python -m benchmarks.drills` runs every drill long and writes this page; it needs nginx. `tests/test_drills.py` and
`tests/test_network.py` run them short and without nginx, in every run of the tests. What breaks a promise ends the
command with an error, and the page stays as it was.

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

## On a network

The app as `python -m geo serve` starts it, with a certificate of its own, and behind nginx {nginx} with the block of
the [administrator's guide](admin-guide.md) as it stands there; asked over TLS from outside. Looked at, and found:

{network}
"""


def look_at_network() -> tuple[list[tuple[str, str]], tuple[str, list[tuple[str, str]]]]:
    """Return what was found with TLS of the app's own, and nginx's version with what was found behind it."""
    with tempfile.TemporaryDirectory() as folder, networks.stand_with_tls(Path(folder)) as stand:
        own = networks.look_from_outside(stand)
    with tempfile.TemporaryDirectory() as folder, networks.stand_behind_nginx(Path(folder)) as stand:
        behind = networks.look_from_outside(stand)
    said = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True).stderr  # noqa: S607
    return own, (said.strip().rpartition("/")[2], behind)


def main(kills: int, files: int) -> None:
    """Run all and write the page."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        place = drills.set_up(Path(folder))
        killed = drills.kill_while_working(place, times=kills)
        said = [*drills.fill_disk(place), drills.lock_database(place, seconds=config.BUSY_SECONDS)]
    with tempfile.TemporaryDirectory() as folder:
        found = drills.damage_and_restore(Path(folder), times=files)
    own, behind = look_at_network()
    heads = ("kills", "visits acknowledged", "lost", "imports begun", "whole", "nothing", "partly")
    line = (killed.kills, killed.saves, len(killed.lost), killed.whole + killed.none, killed.whole, killed.none, 0)
    page = TEXT.format(
        machine=describe_machine(), day=datetime.now(UTC).date(), seconds=time.perf_counter() - start,
        kills=killed.kills, homes=drills.HOMES, killed=show_table(heads, [line]), files=files,
        said="\n".join(f"- {one}" for one in dict.fromkeys(said)),
        nginx=behind[0],
        network=show_table(
            ("looked at", "its own TLS", "behind nginx"),
            [(*here, there[1]) for here, there in zip(own, behind[1], strict=True)],
        ),
        found=show_table(
            ("damage", "files", "found", "restored and equal"), [(*one, one[1], one[1]) for one in found.items()]
        ),
    )  # fmt: skip
    TARGET.write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    asked = [int(one) for one in sys.argv[1:]]
    main(*asked, *(KILLS, FILES)[len(asked) :])
