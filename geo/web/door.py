"""Which door the app has now: open (demo, or one person on this machine), set-up, login, or restore only."""

from __future__ import annotations

import logging
import secrets
import sys
import time
from threading import Lock
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy.exc import SQLAlchemyError

from geo import config
from geo.accounts import has_accounts
from geo.errors import GeoError, NotFound
from geo.i18n import text

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.store.database import Database

Kind = Literal["open", "setup", "login", "restore"]

#: For how long an answer other than `login` is believed; `login` never ends, for accounts are never deleted.
_BELIEVED_S: Final = 0.5
_LOG: Final = logging.getLogger(__name__)


class Door:
    """The door of the database being served, and the one-time code of set-up and restoring."""

    def __init__(self, database: Callable[[], Database] | None) -> None:
        """Ask `database` for the file being served; None is a stand without data, open."""
        self._database = database
        self._lock = Lock()
        self._known: dict[str, tuple[Kind, float]] = {}
        self._code = ""

    def database(self) -> Database:
        """Return the database being served. Raises `GeoError` when it cannot be opened."""
        if self._database is None:
            raise GeoError("err.no_database", path="")
        return self._database()

    def kind(self) -> Kind:
        """Return which door there is now."""
        if self._database is None:
            return "open"
        try:
            db = self._database()
            key = str(db.path)
            known, until = self._known.get(key, ("open", 0.0))
            if time.monotonic() >= until:
                known = self._judge(db)
                until = float("inf") if known == "login" else time.monotonic() + _BELIEVED_S
                self._known[key] = (known, until)
        except NotFound:
            # No file, nothing to guard: the page says so.
            return "open"
        except (GeoError, SQLAlchemyError, OSError):
            _LOG.exception("the database cannot be opened")
            return "restore"
        return known

    def _judge(self, db: Database) -> Kind:
        if db.is_demo:
            return "open"
        if has_accounts(db):
            return "login"
        # Own data begun from the demo stays one person's on this machine until there are accounts.
        alone = config.works_alone() or db.setting("alone") == "1" or db.path != config.database_path()
        return "open" if alone else "setup"

    def forget(self) -> None:
        """Look anew at the next question: the first account was made, or the choice to do without."""
        self._known.clear()

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
