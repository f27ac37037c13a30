"""Files beside the database: each under the hash of its content, written whole or not at all, never changed."""

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


def folder_of(database: Path) -> Path:
    """Return the folder of a database's files: its own name with `.files` behind it."""
    return database.with_name(database.name + _ENDING)


def path_of(database: Path, digest: str) -> Path:
    """Return where a file is (or would be), by the SHA-256 of its content as hex."""
    return folder_of(database) / digest[:2] / f"{digest}{_SUFFIX}"


def keep_file(database: Path, content: bytes) -> str:
    """Store a file and return its hash; what is there already is left as it is. Raises `Invalid` on a full disk."""
    digest = hashlib.sha256(content).hexdigest()
    path = path_of(database, digest)
    if path.is_file() and path.stat().st_size == len(content):
        return digest
    draft = path.with_name(f"{digest}.{secrets.token_hex(4)}.part")
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
    return digest


def read_file(database: Path, digest: str) -> bytes:
    """Return the content of a file. Raises `NotFound` when it is missing or not what was stored."""
    try:
        content = path_of(database, digest).read_bytes()
    except OSError as error:
        raise NotFound("photo.gone") from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise NotFound("photo.gone")
    return content


def copy_files(source: Path, target: Path, digests: Iterable[str]) -> int:
    """Copy files from beside one database to beside another, each checked by its hash; return how many.

    One that is there and whole is not written again; one that is missing at the source is left out.
    """
    count = 0
    for digest in digests:
        try:
            content = read_file(source, digest)
        except NotFound:
            continue
        if keep_file(target, content) != digest:  # pragma: no cover - read_file has compared it
            raise Invalid("photo.no_room")
        count += 1
    return count


def is_whole(database: Path, digest: str) -> bool:
    """Say whether a file is there and what was stored."""
    try:
        read_file(database, digest)
    except NotFound:
        return False
    return True
