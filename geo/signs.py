"""Signs that a file format cannot hold or nobody can see: shown, so that nothing of a text is lost."""

from __future__ import annotations

import re
from typing import Final

_UNSEEN: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_PICTURES: Final = 0x2400
_DELETE: Final = "\x7f"
_PICTURE_OF_DELETE: Final = "\u2421"
_UNKNOWN: Final = "\ufffd"
_SPACE: Final = 0x20


def show_controls(value: str) -> str:
    """Return a text with each control sign as its picture (U+2400 and on) and each sign that is none as U+FFFD.

    Tab, line feed and carriage return stay. What XML, a terminated string or paper cannot hold is thereby shown.
    """
    return _UNSEEN.sub(_picture, value) if _UNSEEN.search(value) else value


def hold_no_zero(value: str) -> str:
    """Return a text that a format can hold whose strings end at the first NUL: NUL as its picture, U+2400."""
    return value.replace("\0", chr(_PICTURES)).encode("utf-8", "replace").decode()


def _picture(found: re.Match[str]) -> str:
    sign = found.group()
    if sign == _DELETE:
        return _PICTURE_OF_DELETE
    return chr(_PICTURES + ord(sign)) if ord(sign) < _SPACE else _UNKNOWN
