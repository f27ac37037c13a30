"""Signs that a file cannot hold or nobody can see, and texts that a spreadsheet would run: kept, and told apart."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: Characters that no screen shows, as part of a pattern: of no width, soft hyphens, marks of a direction of writing.
UNSEEN: Final = r"\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
_SPACES: Final = re.compile(rf"[\s{UNSEEN}]+")
_UNSEEN: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
#: What a spreadsheet may take for a formula, behind blanks too; U+FF1D and its neighbours are full-width signs.
_FORMULA: Final = re.compile(r"'*(?:[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")
_PICTURES: Final = 0x2400
_DELETE: Final = "\x7f"
_PICTURE_OF_DELETE: Final = "\u2421"
_UNKNOWN: Final = "\ufffd"
_SPACE: Final = 0x20


def clean_name(text: str) -> str:
    """Return a name with full-width characters made half-width and all white space removed."""
    if text.isalnum() and unicodedata.is_normalized("NFKC", text):
        return text
    return _SPACES.sub("", unicodedata.normalize("NFKC", text))


def show_controls(value: str) -> str:
    """Return a text with each control sign as its picture (U+2400 and on) and each sign that is none as U+FFFD.

    Tab, line feed and carriage return stay. What XML, a terminated string or paper cannot hold is thereby shown.
    """
    return _UNSEEN.sub(_picture, value) if _UNSEEN.search(value) else value


def hold_no_zero(value: str) -> str:
    """Return a text that a format can hold whose strings end at the first NUL: NUL as its picture, U+2400."""
    return value.replace("\0", chr(_PICTURES)).encode("utf-8", "replace").decode()


def defuse(value: str) -> str:
    """Return a text as a CSV holds it: with an apostrophe before what a spreadsheet might run.

    So has a text that is apostrophes and then such a beginning: taking one away always gives the text back.
    """
    return f"'{value}" if _FORMULA.match(value) else value


def restore(value: str) -> str:
    """Return the text that `defuse` was given."""
    return value[1:] if value.startswith("'") and _FORMULA.match(value) else value


def _picture(found: re.Match[str]) -> str:
    sign = found.group()
    if sign == _DELETE:
        return _PICTURE_OF_DELETE
    return chr(_PICTURES + ord(sign)) if ord(sign) < _SPACE else _UNKNOWN
