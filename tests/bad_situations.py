"""Bad moments rather than bad files: each is tried, judged, and told in a few words for docs/bad-input.md."""

from __future__ import annotations

import gc
import multiprocessing
import shutil
import sqlite3
import weakref
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final

from geo.errors import Busy
from geo.importer import ImportOptions, import_file
from geo.model import Scope
from geo.store.database import Database
from geo.store.households import edit_household
from geo.ui.import_journey import Journey, Upload
from geo.ui.import_run import Run
from geo.ui.import_work import _import_all
from tests import workbooks
from tests.workbooks import bring, count, home, write_csv

#: Households of the file that two bring at once, and that a closed browser leaves behind.
HOMES: Final = 400


def bring_older_export(folder: Path) -> str:
    """An export of last week comes back over what somebody corrected since: both values are listed, ours stay."""
    db, scope = workbooks.open_register(folder / "r.sqlite")
    bring(db, scope, write_csv(folder / "a.csv", [home("A1"), home("A2")]))
    with db.read() as connection:
        row = connection.exec_driver_sql("SELECT id, rev FROM household WHERE code = 'A1'").mappings().one()
    edit_household(db, scope, household_id=row["id"], rev=row["rev"], changes={"size": 7})
    report = bring(db, scope, write_csv(folder / "b.csv", [home("A1"), home("A2", 人口=4)]))
    listed = [one for one in report.proposals if one.kind == "conflict"]
    assert [(one.code, one.before, one.after, one.taken) for one in listed] == [("A1", "7", "3", False)]
    with db.read() as connection:
        sizes = connection.exec_driver_sql("SELECT size FROM household ORDER BY code").scalars().all()
    assert sizes == [7, 4]
    db.close()
    return f"conflict listed: {len(listed)}; the newer edit stays"


#: Names of files that try to be more; a person reads them, nothing opens them.
NAMES: Final = (
    "../../../etc/passwd.csv", "..\\..\\windows\\a.csv", "C:\\a\\b.csv", "/etc/cron.d/a.csv", "a\0b.csv", "\r\nX: y.csv",
    "<img src=x onerror=alert(1)>.csv", "{{ 7*7 }}.csv", "=cmd|' /C calc'!A0.csv", "长" * 300 + ".csv",
)  # fmt: skip


def bring_named_paths(folder: Path) -> str:
    """Files whose names are paths, markup or formulas: stored under their text, nothing is written anywhere."""
    db, scope = workbooks.open_register(folder / "r.sqlite")
    before = sorted(folder.rglob("*"))
    path = write_csv(folder / "0.upload", [home("A1")])
    for nth, name in enumerate(NAMES):
        write_csv(path, [home(f"A{nth}")])
        report = import_file(db, scope, path, name=name, options=ImportOptions())
        assert (report.stored, report.name) == (True, name), report.message
    assert sorted(one for one in folder.rglob("*") if not one.name.startswith("r.sqlite")) == sorted(
        [*(one for one in before if not one.name.startswith("r.sqlite")), path]
    )
    assert count(db, "import_batch") == len(NAMES)
    db.close()
    return f"{len(NAMES)} names, each stored as text; no other file made"


def _bring_alone(path: Path, file: Path) -> None:
    db = Database(path)
    with db.read() as connection:
        root = connection.exec_driver_sql("SELECT id FROM place WHERE parent IS NULL").scalar_one()
    try:
        import_file(db, Scope("planner", "planner", root), file, options=ImportOptions())
    except Busy:
        pass
    finally:
        db.close()


def bring_two_at_once(folder: Path) -> str:
    """Two people send the same file at the same moment: one enters whole, the other finds nothing new."""
    db, _ = workbooks.open_register(folder / "r.sqlite")
    file = write_csv(folder / "a.csv", [home(f"A{nth}") for nth in range(HOMES)])
    start = multiprocessing.get_context("spawn")
    both = [start.Process(target=_bring_alone, args=(db.path, file)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert [one.exitcode for one in both] == [0, 0]
    counts = [count(db, table) for table in ("household", "visit", "import_batch")]
    assert counts == [HOMES, HOMES, 1]
    db.close()
    return f"stored once: {counts[0]} households, {counts[2]} batch"


def _leave_behind(db: Database, scope: Scope, journey: Journey) -> Run:
    """Begin to store the files of a journey as the page does, and hold on to nothing but the run."""
    weakref.finalize(journey, shutil.rmtree, journey.folder, ignore_errors=True)
    return Run(partial(_import_all, db, scope, journey, False), dry_run=False)  # noqa: FBT003 - its own order


def close_browser(folder: Path) -> str:
    """The page that started an import goes away: the import ends by itself, whole, and its copy of the file goes too."""
    db, scope = workbooks.open_register(folder / "r.sqlite")
    kept = folder / "upload"
    kept.mkdir()
    file = write_csv(kept / "0.upload", [home(f"A{nth}") for nth in range(HOMES)])
    running = _leave_behind(db, scope, Journey(kept, [Upload("a.csv", file)]))
    gc.collect()
    running.wait(None)
    assert running.error is None
    del running
    gc.collect()
    assert not kept.exists()
    with closing(sqlite3.connect(db.path)) as file:
        counts = [file.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("household", "visit")]
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert counts == [HOMES, HOMES]
    db.close()
    return f"ends by itself, whole: {counts[0]} households"


SITUATIONS: Final[dict[str, tuple[str, Callable[[Path], str]]]] = {
    "W01": ("an older export over newer edits", bring_older_export),
    "W02": ("paths, markup and formulas as names of files", bring_named_paths),
    "W03": ("two imports of one file at once", bring_two_at_once),
    "W04": ("the browser closed during an import", close_browser),
}
