"""Files beside the database: each under the hash of its content, written whole or not at all, never changed.

A file's key is the SHA-256 of its content as hex; what is no photo has its ending behind it (`.tif`).
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final

from geo.errors import Invalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable

_ENDING: Final = ".files"
_SUFFIX: Final = ".jpg"
#: So long is a hash as hex.
_HEX: Final = 64


def folder_of(database: Path) -> Path:
    """Return the folder of a database's files: its own name with `.files` behind it."""
    return database.with_name(database.name + _ENDING)


def path_of(database: Path, key: str) -> Path:
    """Return where a file is (or would be)."""
    return folder_of(database) / key[:2] / (key if "." in key else f"{key}{_SUFFIX}")


def keep_file(database: Path, content: bytes, *, ending: str = "") -> str:
    """Store a file and return its key; what is there already is left as it is. Raises `Invalid` on a full disk."""
    key = hashlib.sha256(content).hexdigest() + ending
    path = path_of(database, key)
    if path.is_file() and path.stat().st_size == len(content):
        return key
    draft = path.with_name(f"{key}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise Invalid("photo.no_room") from error
    return key


def read_file(database: Path, key: str) -> bytes:
    """Return the content of a file. Raises `NotFound` when it is missing or not what was stored."""
    try:
        content = path_of(database, key).read_bytes()
    except OSError as error:
        raise NotFound("photo.gone") from error
    if hashlib.sha256(content).hexdigest() != key.partition(".")[0]:
        raise NotFound("photo.gone")
    return content


def copy_files(source: Path, target: Path, keys: Iterable[str]) -> int:
    """Copy files from beside one database to beside another, each checked by its hash; return how many.

    One that is there and whole is not written again; one that is missing at the source is left out.
    """
    count = 0
    for key in keys:
        try:
            content = read_file(source, key)
        except NotFound:
            continue
        if keep_file(target, content, ending=key[_HEX:]) != key:  # pragma: no cover - read_file has compared it
            raise Invalid("photo.no_room")
        count += 1
    return count


def is_whole(database: Path, key: str) -> bool:
    """Say whether a file is there and what was stored."""
    try:
        read_file(database, key)
    except NotFound:
        return False
    return True
