"""Pictures drawn anew from their pixels, in the process that works on files of strangers (`geo.apart`)."""

from __future__ import annotations

import io
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final

from PIL import Image, ImageOps, UnidentifiedImageError

from geo import config
from geo.errors import Invalid
from geo.photos.photo import Photo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_QUALITY: Final = 85
_WHITE: Final = (255, 255, 255)

# The size that a file claims is looked at below, before a pixel is read; Pillow would only warn.
Image.MAX_IMAGE_PIXELS = None


def prepare(_name: str) -> None:
    """Load what reads pictures, over there."""
    Image.init()


def answer(path: Path, *, name: str, wanted: str) -> Iterator[dict[str, Any]]:  # noqa: ARG001 - as `geo.apart` asks
    """Draw the picture of a file anew, over there; yield one frame: the photo, or the key of why there is none."""
    try:
        photo = draw_anew(path)
    except Invalid as wrong:
        yield {"wrong": wrong.key, "params": wrong.params}
    else:
        yield {"jpeg": b64encode(photo.content).decode(), "size": [photo.width, photo.height]}


def draw_anew(path: Path) -> Photo:
    """Return the picture of a file as `make_photo` does. Raises `Invalid`."""
    try:
        with Image.open(path, formats=_FORMATS) as image:
            _check_size(image)
            return _draw(image)
    except Invalid:
        raise
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, OverflowError) as error:
        raise Invalid("photo.not_photo") from error


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    if width * height > config.PHOTO_PIXELS:
        raise Invalid("photo.too_many_pixels", n=config.PHOTO_PIXELS // 1_000_000)


def _draw(image: Image.Image) -> Photo:
    image.draft("RGB", (config.PHOTO_SIDE, config.PHOTO_SIDE))
    # Made small first: turning all of it would hold it twice.
    image.thumbnail((config.PHOTO_SIDE, config.PHOTO_SIDE))
    upright = ImageOps.exif_transpose(image)
    # A new picture: what hangs on the old one (comments, profiles) would be written along.
    clean = Image.new("RGB", upright.size, _WHITE)
    if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
        with_alpha = upright.convert("RGBA")
        clean.paste(with_alpha, mask=with_alpha.getchannel("A"))
    else:
        clean.paste(upright.convert("RGB"))
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return Photo(out.getvalue(), *clean.size)
