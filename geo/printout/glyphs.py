"""Which signs the font of the sheets has a shape for; the others are printed by their number, so that none is lost.

Reads the character map of the first font of the collection (OpenType `cmap`, subtable format 12). All fonts of the
collection share their shapes.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

from noto_cjk_sans_otc import FONT_PATH

_FULL_UNICODE: Final = 12
#: Formatting signs and marks that choose between shapes of the sign before: they have none of their own.
_SHAPELESS: Final = frozenset({"Cf", "Mn"})
_BREAK: Final = "\n"


def name_unshaped(value: str) -> str:
    """Return a text in which each sign without a shape, a control among them, is written as [U+1F600]."""
    if value.isascii() and value.isprintable():
        return value
    return _unshaped().sub(_name, value)


def _name(found: re.Match[str]) -> str:
    sign = found.group()
    if unicodedata.category(sign) in _SHAPELESS:
        return sign
    return f"[U+{ord(sign):04X}]"


@cache
def _unshaped() -> re.Pattern[str]:
    spans = "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in read_spans(FONT_PATH))
    return re.compile(f"[^{_BREAK}{spans}]")


def read_spans(font: object) -> list[tuple[int, int]]:
    """Return the code points that a font (or the first of a collection) has shapes for, as inclusive spans.

    Raises `ValueError` when it has no map of all of Unicode.
    """
    with Path(str(font)).open("rb") as file:
        data = file.read()
    start = struct.unpack_from(">I", data, 12)[0] if data.startswith(b"ttcf") else 0
    tables = struct.unpack_from(">H", data, start + 4)[0]
    entries = (struct.unpack_from(">4sIII", data, start + 12 + 16 * nth) for nth in range(tables))
    cmap = next(offset for tag, _sum, offset, _length in entries if tag == b"cmap")
    for nth in range(struct.unpack_from(">H", data, cmap + 2)[0]):
        subtable = cmap + struct.unpack_from(">HHI", data, cmap + 4 + 8 * nth)[2]
        if struct.unpack_from(">H", data, subtable)[0] == _FULL_UNICODE:
            count = struct.unpack_from(">I", data, subtable + 12)[0]
            groups = (struct.unpack_from(">III", data, subtable + 16 + 12 * one) for one in range(count))
            return [(first, last) for first, last, _glyph in groups]
    raise ValueError(font)
