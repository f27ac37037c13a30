"""Drills: processes killed while they save and import, disks that are full, files that are damaged.

`python -m benchmarks.drills` runs them long, `tests/test_drills.py` short. Each returns what was seen after judging it;
what breaks a promise is an `AssertionError`.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from geo.backup import find_damage, restore_backup, write_backup
from geo.errors import Busy, NoRoom
from geo.i18n import text
from geo.importer import ImportOptions, NewRound, import_file
from geo.importer.progress import Progress
from geo.model import Scope, VisitEntry
from geo.store.check import check_database
from geo.store.database import Database
from geo.store.visits import record_visit
from tests import workbooks
from tests.workbooks import bring, home, write_csv

#: Households of a file that is imported while the process is killed.
HOMES: Final = 30
_ROUND: Final = NewRound("第一轮", date(2019, 10, 8), date(2019, 12, 10))
#: Households that visits are saved for.
_VISITED: Final = 20
#: Words that a process says of one import; a save says two.
_WORDS: Final = 16
#: The header that every database file of SQLite begins with, and its pages.
_HEAD: Final = 100
_PAGE: Final = 4096


@dataclass(frozen=True, slots=True)
class Place:
    """Where a drill happens: a database file, in whose name, and the households that visits are saved for."""

    path: Path
    scope: Scope
    households: tuple[str, ...]


def set_up(folder: Path) -> Place:
    """Make a register with some households in a round."""
    db, scope = workbooks.open_register(folder / "drill.sqlite")
    rows = [home(f"V{nth:02d}", 走访日期="", 走访状态="") for nth in range(_VISITED)]
    assert bring(db, scope, write_csv(folder / "roster.csv", rows), round=_ROUND).stored
    with db.read() as connection:
        ids = connection.exec_driver_sql("SELECT id FROM household ORDER BY code").scalars().all()
    db.close()
    return Place(db.path, scope, tuple(ids))


@dataclass(slots=True)
class Killed:
    """What was seen of processes that were killed: how many, what they had acknowledged, what of it is stored."""

    kills: int = 0
    saves: int = 0
    imports: int = 0
    whole: int = 0
    none: int = 0
    lost: list[str] = field(default_factory=list)


def kill_while_working(place: Place, *, times: int, seed: int = 1) -> Killed:
    """Kill a process at a random moment of a save or an import, so many times, on one file; judge the file each time.

    Every visit that was acknowledged is stored, every import is there whole or not at all, and acknowledged ones whole;
    SQLite finds the file whole; at the end the stored figures are the recompute and the log of acts is unbroken.
    """
    seen, dice = Killed(), random.Random(seed)  # noqa: S311 - moments, not secrets
    for nth in range(times):
        work = _save_for_ever if nth % 2 else _import_for_ever
        said = _kill_one(lambda tell, work=work, nth=nth: work(place, tell, nth), dice)
        seen.kills += 1
        _judge(place.path, said, seen)
    db = Database(place.path)
    assert check_database(db, place.scope) == []
    db.close()
    assert not seen.lost, seen.lost
    return seen


def _kill_one(work: Callable[[Callable[[str], None]], None], dice: random.Random) -> list[str]:
    """Fork, let the child work and kill it some moments after one of its first words; return its whole lines."""
    reading, writing = os.pipe()
    number = os.fork()
    if not number:
        os.close(reading)
        with contextlib.suppress(BaseException):
            work(lambda word: os.write(writing, f"{word}\n".encode()) and None)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb", buffering=0) as stream:
        said = b""
        words = dice.randrange(1, _WORDS)
        while said.count(b"\n") < words and (part := stream.read(1)):
            said += part
        time.sleep(dice.random() * 0.03)
        os.kill(number, signal.SIGKILL)
        os.waitpid(number, 0)
        while part := stream.read(4096):
            said += part
    return said.decode().split("\n")[:-1]


def _save_for_ever(place: Place, tell: Callable[[str], None], nth: int) -> None:
    """Record visits, and say the id of each when the service has returned: that is its acknowledgement."""
    db = Database(place.path)
    for turn in range(10_000):
        household = place.households[turn % len(place.households)]
        entry = VisitEntry(f"{nth}-{turn}", household, workbooks.TODAY, "not_home", reason="unknown")
        tell("saving")
        saved = record_visit(db, place.scope, entry=entry)
        tell(f"visit {saved.id}")


def _import_for_ever(place: Place, tell: Callable[[str], None], nth: int) -> None:
    """Import files, and say each when it is stored; every phase is said too, so that kills fall into all of them."""
    db = Database(place.path)
    for turn in range(100):
        mark = f"{nth}-{turn}"
        file = write_csv(place.path.with_name(f"{mark}.csv"), [_home(mark, one) for one in range(HOMES)])
        tell(f"begun {mark}")
        options = ImportOptions(good_rows=True)
        report = import_file(db, place.scope, file, options=options, progress=Progress(lambda phase, *_: tell(phase)))
        assert report.stored, report.message
        tell(f"import {mark}")


def _home(mark: str, nth: int) -> list[object]:
    return home(f"K{mark}-{nth:02d}", 走访日期="", 走访状态="")


def _judge(path: Path, said: list[str], seen: Killed) -> None:
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA quick_check").fetchone() == ("ok",)
        stored = {row[0] for row in file.execute("SELECT id FROM visit")}
        for word in said:
            kind, _, what = word.partition(" ")
            if kind == "visit":
                seen.saves += 1
                seen.lost += [] if what in stored else [word]
            elif kind in {"begun", "import"}:
                count = file.execute("SELECT count(*) FROM household WHERE code LIKE ?", (f"K{what}-%",)).fetchone()[0]
                batches = file.execute("SELECT count(*) FROM import_batch WHERE file_name = ?", (f"{what}.csv",))
                assert (count, batches.fetchone()[0]) in {(0, 0), (HOMES, 1)}, (what, count)
                if kind == "import":
                    seen.imports += 1
                    seen.lost += [] if count else [word]
                else:
                    seen.whole, seen.none = seen.whole + bool(count), seen.none + (not count)


def fill_disk(place: Place) -> list[str]:
    """Let no file grow while a visit is saved and a file imported: both say so, store nothing, and work afterwards.

    The limit is that of the process (POSIX), which meets SQLite as a full disk does. Returns what was said.
    """
    return _in_child(lambda: _save_without_room(place))


def _save_without_room(place: Place) -> list[str]:
    import resource

    db = Database(place.path)
    file = write_csv(place.path.with_name("late.csv"), [_home("full", nth) for nth in range(HOMES)])
    entry = VisitEntry("full-1", place.households[0], workbooks.TODAY, "not_home", reason="unknown")
    before, said, homes = workbooks.dump(db), [], workbooks.count(db, "household")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for act in (lambda: record_visit(db, place.scope, entry=entry), lambda: import_file(db, place.scope, file)):
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, hard))
        try:
            act()
        except NoRoom as error:
            said.append(text(error.key, **error.params))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert workbooks.dump(db) == before
        act()
        before = workbooks.dump(db)
    assert workbooks.count(db, "household") == homes + HOMES
    assert check_database(db, place.scope) == []
    db.close()
    return said


def _in_child(work: Callable[[], list[str]]) -> list[str]:
    """Fork, do the work there and return what it says; what it raises is raised here."""
    reading, writing = os.pipe()
    number = os.fork()
    if not number:
        with contextlib.suppress(BaseException), os.fdopen(writing, "w", encoding="utf-8") as stream:
            try:
                answer: object = work()
            except BaseException as error:  # noqa: BLE001 - told on the other side
                answer = f"{type(error).__name__}: {error}"
            json.dump(answer, stream)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as stream:
        answer = json.load(stream)
    os.waitpid(number, 0)
    assert isinstance(answer, list), answer
    return answer


def lock_database(place: Place, *, seconds: float) -> str:
    """Hold the write lock longer than a save waits: it says so, stores nothing, and the same save works afterwards."""
    db = Database(place.path)
    entry = VisitEntry("locked-1", place.households[1], workbooks.TODAY, "not_home", reason="unknown")
    with closing(sqlite3.connect(place.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        start = time.monotonic()
        try:
            record_visit(db, place.scope, entry=entry)
        except Busy as error:
            said = text(error.key, **error.params)
        assert seconds <= time.monotonic() - start < seconds + 20
        other.execute("ROLLBACK")
    assert record_visit(db, place.scope, entry=entry).created
    assert not record_visit(db, place.scope, entry=entry).created
    db.close()
    return said


def damage(path: Path, *, nth: int) -> str:
    """Damage a closed database file in the nth way; return how."""
    raw, dice = bytearray(path.read_bytes()), random.Random(nth)  # noqa: S311 - damage, not secrets
    pages = len(raw) // _PAGE
    way = ("cut", "head", "page", "zeros", "begin")[nth % 5]
    page = dice.choice(_used_pages(path, pages)) * _PAGE
    if way == "cut":
        del raw[dice.randrange(_HEAD, len(raw) - _PAGE) :]
    elif way == "head":
        raw[: dice.randrange(16, _HEAD)] = os.urandom(16)
    elif way == "page":
        raw[page : page + _PAGE] = b"\xff" * _PAGE
    elif way == "zeros":
        raw[page : page + 3 * _PAGE] = bytes(min(3 * _PAGE, len(raw) - page))
    else:
        raw[page : page + 8] = bytes([0x77, *dice.randbytes(7)])
    path.write_bytes(raw)
    return way


def _used_pages(path: Path, pages: int) -> list[int]:
    """Return pages (from 0) that hold something: damage in free ones loses nothing, and nobody can find it."""
    with closing(sqlite3.connect(path)) as file:
        roots = [row[0] - 1 for row in file.execute("SELECT rootpage FROM sqlite_master WHERE rootpage > 0")]
    return [one for one in roots if 0 < one < pages]


def damage_and_restore(folder: Path, *, times: int) -> dict[str, int]:
    """Damage copies of a database in many ways: each is found, and a backup put in its place is equal in every row.

    Returns how often each way was found.
    """
    place = set_up(folder)
    db = Database(place.path)
    write_backup(db, place.scope, target=folder / "backup.sqlite")
    want = workbooks.dump(db, without=("audit_log", "setting"))
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    assert find_damage(place.path) == ""
    found: dict[str, int] = {}
    for nth in range(times):
        copy = folder / f"copy{nth}.sqlite"
        shutil.copyfile(place.path, copy)
        way = damage(copy, nth=nth)
        assert find_damage(copy), (nth, way)
        found[way] = found.get(way, 0) + 1
        _restore_and_compare(place.scope, folder / "backup.sqlite", copy, want)
    return found


def _restore_and_compare(scope: Scope, backup: Path, target: Path, want: dict[str, list[tuple[object, ...]]]) -> None:
    damaged = target.read_bytes()
    done = restore_backup(scope, backup, target=target)
    assert done.kept is not None
    assert done.kept.read_bytes()[_HEAD:] == damaged[_HEAD:]
    db = Database(target)
    assert workbooks.dump(db, without=("audit_log", "setting")) == want
    assert check_database(db, scope) == []
    db.close()
    for left in target.parent.glob(f"{target.name}*"):
        left.unlink()
