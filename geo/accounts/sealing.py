"""Secrets of second factors as the file holds them: sealed (Fernet) with a key that lies beside the file, not in it.

A stolen backup or copy of the file alone is then worth no code. Without its key a secret opens no door: recovery codes
still do, and a reset lets the phone be set up anew.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.fernet import Fernet, InvalidToken

if TYPE_CHECKING:
    from sqlalchemy import Connection

_SUFFIX: Final = ".key"
#: Only for who runs the app.
_OWN: Final = 0o600


def key_path(database: Path) -> Path:
    """Return where the key of a file lies: `geo.sqlite.key` beside `geo.sqlite`."""
    return database.with_name(database.name + _SUFFIX)


def seal(connection: Connection, account_id: str, secret: str) -> str:
    """Return what to keep of an account's secret; it opens for this account only."""
    return _fernet(connection, makes=True).encrypt(f"{account_id} {secret}".encode()).decode()


def unseal(connection: Connection, account_id: str, kept: str) -> str | None:
    """Return an account's secret; None where the key is another one or is gone, or the secret is another account's."""
    try:
        owner, secret = _fernet(connection).decrypt(kept.encode()).decode().split(" ")
    except (InvalidToken, OSError, ValueError):
        return None
    return secret if owner == account_id else None


def _fernet(connection: Connection, *, makes: bool = False) -> Fernet:
    path = key_path(Path(str(connection.engine.url.database)))
    if makes and not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWN), "wb") as file:
            file.write(Fernet.generate_key())
    return Fernet(path.read_bytes())
