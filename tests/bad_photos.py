"""Pictures that are not what they seem, each with what must come of it: `tests.test_photos`, `benchmarks.badinput`."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image

from geo import config
from tests.pictures import make_picture

_HEAD: Final = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its bytes, and the key of the sentence that refuses it ("" where it is taken)."""

    id: str
    what: str
    make: Callable[[], bytes]
    refused: str = ""
    slow: bool = False


def _chunk(kind: bytes, said: bytes) -> bytes:
    return struct.pack(">I", len(said)) + kind + said + struct.pack(">I", zlib.crc32(kind + said))


def _png(width: int, height: int, *, rows: int | None = None, before: bytes = b"") -> bytes:
    """Return a black PNG of one bit a pixel that claims a size and has so many rows of it."""
    pixels = zlib.compress(bytes((width + 7) // 8 + 1) * (height if rows is None else rows), 9)
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return _HEAD + _chunk(b"IHDR", head) + before + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _saved(form: str, size: tuple[int, int] = (40, 30), mode: str = "RGB", **said: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, form, **said)
    return out.getvalue()


def _with_archive() -> bytes:
    """A photo with an archive and a web page behind it, which other programs would open."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("secret.html", "<script>alert(1)</script>")
    return make_picture() + b"<html><script>alert(1)</script></html>" + packed.getvalue()


def _many_frames() -> bytes:
    frames = [Image.new("L", (8, 8), nth % 256) for nth in range(400)]
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], duration=10)
    return out.getvalue()


_SIDE: Final = int(config.PHOTO_PIXELS**0.5)
_TEXT: Final = b"Comment\0\0" + zlib.compress(bytes(100_000_000), 9)

PICTURES: Final = (
    Picture("F01", "a PNG that claims 60,000 × 60,000 pixels", lambda: _png(60_000, 60_000, rows=1), "photo.too_many_pixels"),
    Picture("F02", "as many pixels as are taken, in 8 kB", lambda: _png(_SIDE, _SIDE), slow=True),
    Picture("F03", "a JPEG of as many pixels as are taken", lambda: _saved("JPEG", (_SIDE, _SIDE), "L"), slow=True),
    Picture("F04", "as many pixels with colour and transparency", lambda: _saved("PNG", (_SIDE, _SIDE), "RGBA"), slow=True),
    Picture("F05", "one row too many", lambda: _png(_SIDE, _SIDE + 10, rows=1), "photo.too_many_pixels"),
    Picture("F06", "a text in a PNG that inflates to 100 MB", lambda: _png(8, 8, before=_chunk(b"zTXt", _TEXT)), "photo.not_photo"),
    Picture("F07", "a photo with an archive and a web page behind it", _with_archive),
    Picture("F08", "a moving picture of 400 frames", _many_frames),
    Picture("F09", "cut off in the middle", lambda: make_picture((400, 300))[:900], "photo.not_photo"),
    Picture("F10", "a PNG with one row of a hundred: the rest stays black", lambda: _png(100, 100, rows=1)),
    Picture("F11", "another format (GIF)", lambda: _saved("GIF", mode="P"), "photo.not_photo"),
    Picture("F12", "a TIFF, whose reader is not wanted here", lambda: _saved("TIFF"), "photo.not_photo"),
    Picture("F13", "a drawing with a script (SVG)", lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>",
            "photo.not_photo"),
    Picture("F14", "a PostScript program", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "photo.not_photo"),
    Picture("F15", "a workbook named .jpg", lambda: b"PK\x03\x04" + bytes(2_000), "photo.not_photo"),
    Picture("F16", "nothing", lambda: b"", "photo.not_photo"),
    Picture("F17", "more bytes than are taken", lambda: b"\xff\xd8" + bytes(config.PHOTO_MB << 20), "photo.too_large"),
    Picture("F18", "a PNG without width", lambda: _png(0, 8), "photo.not_photo"),
)  # fmt: skip
