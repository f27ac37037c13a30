"""Photos of evidence, made anew from their pixels: nothing of what a camera wrote into the file is kept. Pure."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from geo import config
from geo.errors import Invalid

MEDIA_TYPE: Final = "image/jpeg"
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_QUALITY: Final = 85
_WHITE: Final = (255, 255, 255)
_MB: Final = 1024 * 1024

# The size that a file claims is looked at below, before a pixel is read; Pillow would only warn.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as it is stored: JPEG bytes, width and height in pixels."""

    content: bytes
    width: int
    height: int


def make_photo(content: bytes) -> Photo:
    """Return a picture as a JPEG of its own: upright, at most `config.PHOTO_SIDE` pixels a side, without EXIF.

    No place, time, camera, comment, thumbnail or colour profile is left. Raises `Invalid`: more than
    `config.PHOTO_MB`, no JPEG, PNG or WebP, more than `config.PHOTO_PIXELS`, or damaged.
    """
    if len(content) > config.PHOTO_MB * _MB:
        raise Invalid("photo.too_large", mb=config.PHOTO_MB)
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            _check_size(image)
            return _draw_anew(image)
    except Invalid:
        raise
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, OverflowError, MemoryError) as error:
        raise Invalid("photo.not_photo") from error


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    if width * height > config.PHOTO_PIXELS:
        raise Invalid("photo.too_many_pixels", n=config.PHOTO_PIXELS // 1_000_000)


def _draw_anew(image: Image.Image) -> Photo:
    image.draft("RGB", (config.PHOTO_SIDE, config.PHOTO_SIDE))
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((config.PHOTO_SIDE, config.PHOTO_SIDE))
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
