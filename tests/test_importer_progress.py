"""How far an import is, and stopping it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from geo.cli import main
from geo.errors import Stopped
from geo.i18n import text
from geo.importer import ImportOptions, import_file, import_files
from geo.importer.progress import PHASES, Progress
from tests import workbooks
from tests.test_importer_store import ROUND
from tests.workbooks import count, dump, home, write_csv


@pytest.fixture
def register(tmp_path: Path):
    """Return an empty register of 2023's units on 2019-11-20, and a planner of the district."""
    return workbooks.open_register(tmp_path / "r.sqlite")


@pytest.fixture
def village(tmp_path: Path) -> Path:
    """Return a file of 40 households in four groups."""
    return write_csv(tmp_path / "a.csv", [home(f"HP{n}", 村民组=f"{n % 4 + 1}组") for n in range(40)])


def test_every_phase_is_told_in_order(register, village):
    """Whoever listens hears every phase in its order, each from nothing to all of it, and rows where they are counted."""
    heard: list[tuple[str, int, int]] = []
    progress = Progress(lambda *said: heard.append(said))
    assert import_file(*register, village, options=ImportOptions(round=ROUND), progress=progress).stored
    assert tuple(dict.fromkeys(phase for phase, _, _ in heard)) == PHASES
    for phase in PHASES:
        steps = [(done, total) for one, done, total in heard if one == phase]
        assert steps == sorted(steps)
        assert len({total for _, total in steps}) == 1
    assert [total for phase, _, total in heard if phase in ("understand", "plan")] == [40] * 6
    stored = next(total for phase, _, total in reversed(heard) if phase == "store")
    # 4 groups, 40 households with a visit and a roster row each.
    assert stored == 4 + 40 * 3


@pytest.mark.parametrize("phase", PHASES)
def test_a_stopped_import_stores_nothing(register, village, phase: str):
    """Stopped in any phase, even after every row was written, an import leaves every row of every table as it was."""
    db, scope = register
    before = dump(db)
    reached: list[str] = []
    progress = Progress(lambda one, _done, _total: reached.append(one), lambda: reached[-1] == phase)
    with pytest.raises(Stopped):
        import_file(db, scope, village, options=ImportOptions(round=ROUND), progress=progress)
    assert reached[-1] == phase
    assert dump(db) == before
    assert import_file(db, scope, village, options=ImportOptions(round=ROUND)).stored


def test_stopping_takes_back_only_the_file_under_way(register, village, tmp_path: Path):
    """Of several files those that were stored before the stop stay."""
    second = write_csv(tmp_path / "b.csv", [home(f"LY{n}", 村="龙鱼村") for n in range(3)])
    files: list[str] = []
    progress = Progress(
        lambda phase, done, _total: files.append(phase) if phase == "read" and not done else None,
        lambda: len(files) == 2,
    )  # fmt: skip
    with pytest.raises(Stopped):
        import_files(*register, [village, second], options=ImportOptions(round=ROUND), progress=progress)
    assert (count(register[0], "household"), count(register[0], "import_batch")) == (40, 1)


def test_what_the_listener_raises_takes_the_import_back(register, village):
    """A page that goes away in the middle (its own exception) takes the import back as well."""
    before = dump(register[0])

    def leave(phase: str, _done: int, _total: int) -> None:
        if phase == "store":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_file(*register, village, options=ImportOptions(round=ROUND), progress=Progress(leave))
    assert dump(register[0]) == before


def test_the_command_line_says_how_far_a_long_file_is(tmp_path: Path, capsys):
    """Above 20,000 rows every phase is told on stderr, and stdout is the answer alone; a short file tells nothing."""
    long, short = ([home(f"HP{n}", 走访日期="", 走访状态="")[:4] for n in range(rows)] for rows in (20_001, 5))
    for rows, told in ((long, 4), (short, 0)):
        path = write_csv(tmp_path / "long.csv", rows, header=workbooks.HEADER[:4])
        arguments = ["import", str(path), "--db", str(tmp_path / "cli.sqlite"), "--dry-run", "--json"]
        assert main(arguments) == 0
        said = capsys.readouterr()
        assert len(json.loads(said.out)["rows_bad"]) == 0
        phases = [text(f"cli.progress.{phase}") for phase in PHASES[1:]]
        assert [any(line.startswith(phase) for line in said.err.splitlines()) for phase in phases].count(True) == told
