"""A photo of evidence, made anew from its pixels: nothing of what a camera wrote into the file is kept."""

from __future__ import annotations

import tempfile
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from geo import config
from geo.apart import ask
from geo.errors import FileRefused, Invalid, NoRoom

MEDIA_TYPE: Final = "image/jpeg"
_MB: Final = 1024 * 1024
#: The module that draws, over there.
_DRAWING: Final = "geo.photos.drawing"


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as it is stored: JPEG bytes, width and height in pixels."""

    content: bytes
    width: int
    height: int


def make_photo(content: bytes) -> Photo:
    """Return a picture as a JPEG of its own: upright, at most `config.PHOTO_SIDE` pixels a side, without EXIF.

    No place, time, camera, comment, thumbnail or colour profile is left. The bytes are decoded in a process of their
    own. Raises `Invalid`: more than `config.PHOTO_MB`, no JPEG, PNG or WebP, more than `config.PHOTO_PIXELS`, damaged,
    or beyond what that process may use; `NoRoom` where the bytes cannot be laid down for it.
    """
    if len(content) > config.PHOTO_MB * _MB:
        raise Invalid("photo.too_large", mb=config.PHOTO_MB)
    said = _draw_apart(content)
    if "wrong" in said:
        raise Invalid(said["wrong"], **said["params"])
    return Photo(b64decode(said["jpeg"]), *said["size"])


def _draw_apart(content: bytes) -> dict[str, Any]:
    try:
        with tempfile.TemporaryDirectory(prefix="geo-photo-") as folder:
            path = Path(folder) / "photo"
            path.write_bytes(content)
            (said,) = ask(_DRAWING, path)
    except FileRefused as refused:
        raise Invalid("photo.too_much" if refused.code == "E_TOO_LARGE" else "photo.not_photo") from refused
    except OSError as error:
        raise NoRoom("photo.no_room") from error
    return said
