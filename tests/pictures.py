"""Photos as a phone takes them: with place, time, camera, comment and a turned sensor; nobody is on them."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

#: What a phone writes beside the picture, which must not be found in what is stored.
TOLD = (b"PhoneMaker", b"secret comment", b"2019:11:20", b"Exif", b"GPS", b"ICC")
_MAKE, _TIME, _TURNED, _GPS = 271, 306, 274, 34853


def make_picture(size: tuple[int, int] = (64, 48), form: str = "JPEG", *, turned: int = 1, **more: Any) -> bytes:
    """Return a picture, its left half black and its right half white, with everything that a phone adds to it."""
    image = Image.new("RGB", size, "white")
    image.paste("black", (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[_MAKE], exif[_TIME], exif[_TURNED] = "PhoneMaker", "2019:11:20 10:00:00", turned
    exif[_GPS] = {1: "N", 2: (IFDRational(27), IFDRational(41), IFDRational(0))}
    out = io.BytesIO()
    if form == "JPEG":
        more = {"comment": b"secret comment", **more}
    image.save(out, form, exif=exif, **more)
    return out.getvalue()
