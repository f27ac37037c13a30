"""Which database this process serves: the one it was started with, or the own one beside it.

Demo and real rows never share a file. The choice is one for the whole process (it serves 127.0.0.1 only) and is kept
in a small file beside the databases, so that a restart opens the same one.
"""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Final

from geo import config
from geo.store.create import create_database, open_database
from geo.store.database import Database

if TYPE_CHECKING:
    from pathlib import Path

#: Holds the name of the chosen database of the same folder.
CHOICE: Final = "serving.txt"
OWN: Final = "own.sqlite"

_lock = RLock()
_open: dict[Path, Database] = {}


def database() -> Database:
    """Return the database being served, opened once a process. Raises `NotFound` when its file is gone."""
    path = serving_path()
    with _lock:
        known = _open.get(path)
        if known is None or not path.is_file():
            known = _open[path] = open_database(path)
        return known


def serving_path() -> Path:
    """Return the file being served: the chosen one of the folder, else the one the process was started with."""
    started = config.database_path()
    try:
        name = (started.parent / CHOICE).read_text(encoding="utf-8").strip()
    except OSError:
        return started
    chosen = started.parent / OWN
    return chosen if name == OWN and chosen.is_file() else started


def has_own() -> bool:
    """Say whether an own database stands beside the one the process was started with."""
    return (config.database_path().parent / OWN).is_file()


def serves_own() -> bool:
    """Say whether the own database was chosen over the one the process was started with."""
    return serving_path() != config.database_path()


def serve_own(*, edition: str) -> None:
    """Serve the own database from now on; where there is none, make an empty one with the units of an edition."""
    started = config.database_path()
    own = started.parent / OWN
    with _lock:
        if not own.is_file():
            _open[own] = create_database(own, kind="real", edition=edition)
        (started.parent / CHOICE).write_text(OWN, encoding="utf-8")


def serve_started() -> None:
    """Serve the database the process was started with again; the own one stays where it is."""
    (config.database_path().parent / CHOICE).unlink(missing_ok=True)
