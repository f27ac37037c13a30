"""Which door the app has now: open (demo, or one person on this machine), set-up, login, or restore only."""

from __future__ import annotations

import logging
import secrets
import sqlite3
import sys
import time
from threading import Lock
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy.exc import SQLAlchemyError

from geo import config
from geo.accounts import has_accounts
from geo.errors import GeoError
from geo.health import ROOM_BYTES, Health, look_at
from geo.i18n import text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from geo.store.database import Database

Kind = Literal["open", "setup", "login", "restore"]

#: For how long an answer other than `login` is believed; `login` never ends, for accounts are never deleted.
_BELIEVED_S: Final = 0.5
_LOG: Final = logging.getLogger(__name__)


class Door:
    """The door of the database being served, its health, and the one-time code of set-up and restoring."""

    def __init__(
        self, database: Callable[[], Database] | None, *, path: Callable[[], Path] | None = None, room: int = ROOM_BYTES
    ) -> None:
        """Ask `database` for the file being served and `path` where it is; None is a stand without data, open."""
        self._database, self._path, self._room = database, path, room
        self._lock = Lock()
        self._known: dict[Path, tuple[Kind, float]] = {}
        self._health: dict[Path, Health] = {}
        self._code = ""

    def database(self) -> Database:
        """Return the database being served. Raises `GeoError` when it cannot be opened."""
        if self._database is None:
            raise GeoError("err.no_database", path="")
        return self._database()

    def path(self) -> Path:
        """Return the file being served. Raises `GeoError`."""
        return self._path() if self._path is not None else self.database().path

    def health(self) -> Health:
        """Return how the file being served stood when it was first served. Raises `GeoError`."""
        path = self.path()
        with self._lock:
            if path not in self._health:
                found = self._health[path] = look_at(path, room=self._room)
                if found.fatal or found.held:
                    _LOG.error("the database is %s: %s", found.fatal or found.held, found.detail)
            return self._health[path]

    def kind(self) -> Kind:
        """Return which door there is now."""
        if self._database is None:
            return "open"
        try:
            path = self.path()
            if not path.is_file():
                # Nothing to guard: the page says that it is gone.
                return "open"
            known, until = self._known.get(path, ("open", 0.0))
            if time.monotonic() >= until:
                known = self._judge(path)
                until = float("inf") if known == "login" else time.monotonic() + _BELIEVED_S
                self._known[path] = (known, until)
        except (GeoError, SQLAlchemyError, sqlite3.Error, OSError):
            _LOG.exception("the database cannot be opened")
            return "restore"
        return known

    def _judge(self, path: Path) -> Kind:
        health = self.health()
        if health.fatal:
            return "restore"
        db = self.database()
        db.held = health.held
        if db.is_demo:
            return "open"
        if has_accounts(db):
            return "login"
        # Own data begun from the demo stays one person's on this machine until there are accounts.
        alone = config.works_alone() or db.setting("alone") == "1" or path != config.database_path()
        return "open" if alone else "setup"

    def forget(self) -> None:
        """Look anew at the next question: the first account was made, a backup restored."""
        with self._lock:
            self._known.clear()
            self._health.clear()

    def print_code(self) -> None:
        """Say the one-time code in the terminal, the first time it is asked for."""
        with self._lock:
            if self._code:
                return
            self._code = "-".join(secrets.token_hex(2) for _ in range(4))
            print(text("setup.code_in_terminal", code=self._code), file=sys.stderr, flush=True)  # noqa: T201

    def takes_code(self, typed: str) -> bool:
        """Say whether this is the code of the terminal (64 random bits); a right one is used up."""
        with self._lock:
            if self._code and secrets.compare_digest(self._code.encode(), typed.strip().casefold().encode()):
                self._code = ""
                return True
        return False
