"""Text files (.csv, .txt, also gzipped) into cells: encoding, separator, quotes."""

from __future__ import annotations

import csv
import gzip
import io
import unicodedata
import zlib
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from geo.errors import FileRefused, Key
from geo.importer.archive import MOST_BYTES, MOST_RATIO, RATIO_FROM
from geo.importer.sheets import Sheet, join_spans
from geo.signs import restore

if TYPE_CHECKING:
    from geo.validate import Cell

#: Characters that a text file may hold in all: 300,000 rows of 400 are 120 million.
MOST_TEXT_BYTES: Final = 160 * 1024 * 1024
#: Rows that are read of a table, and rows after which a text is no longer parsed: most of a sheet's may be blank.
MOST_ROWS: Final = 300_000
_MOST_LINES: Final = 1_100_000
_SEPARATORS: Final = ",;\t|"
_TYPED: Final = "\uff0c"
#: What is said of a separator that parts no row.
_NOTHING: Final = (0, 0)
_CHUNK: Final = 1 << 20
_LOOKED_AT: Final = 65_536
_SAMPLE: Final = 20
_SHOWN_LINES: Final = 12
#: In UTF-16 at least one character in ten is ASCII: separators, digits, line ends.
_ASCII_SHARE: Final = 20
_BOM: Final = "\ufeff"
_WIDEST: Final = (b"\xff\xfe\0\0", b"\0\0\xfe\xff")
#: How pages, markup, JSON and other documents begin, whatever their files are called.
_DOCUMENTS: Final = ("<!doctype", "<html", "<table", "<?xml", "{\\rtf", "[{", '{"')
#: A disk that lost power leaves so many zero bytes, and more, where the rest of a file was to be.
_LOST: Final = bytes(16)
#: Signs that no text has, of the first bytes one in so many: then it is none.
_UNSEEN: Final = frozenset(range(32)) - frozenset(b"\t\n\r\f\0\x1a\x1b")
_UNSEEN_SHARE: Final = 50


def read_text(path: Path) -> list[Sheet]:
    """Return the one sheet of a text file. Raises `FileRefused`: E_EMPTY, E_ENCODING, E_CORRUPT, E_NOT_SPREADSHEET."""
    return parse_text_table(path.read_bytes())


def read_gzip(path: Path) -> list[Sheet]:
    """Return the one sheet of a gzipped text file; bytes are counted while they are inflated.

    Raises `FileRefused` as `read_text`, and E_ZIP_BOMB.
    """
    packed = path.stat().st_size
    parts: list[bytes] = []
    total = 0
    try:
        with gzip.open(path) as file:
            while chunk := file.read(_CHUNK):
                total += len(chunk)
                if total > min(MOST_BYTES, MOST_TEXT_BYTES) or (total > RATIO_FROM and total > MOST_RATIO * packed):
                    raise FileRefused("E_ZIP_BOMB")
                parts.append(chunk)
    except (EOFError, zlib.error, gzip.BadGzipFile, OSError) as error:
        raise FileRefused("E_CORRUPT") from error
    return parse_text_table(b"".join(parts))


def parse_text_table(raw: bytes) -> list[Sheet]:
    """Return the rows of a text table. Raises `FileRefused`."""
    text = decode_text(raw)
    if not text.strip():
        raise FileRefused("E_EMPTY")
    if text[:_SAMPLE].lstrip().lower().startswith(_DOCUMENTS):
        raise FileRefused("E_NOT_SPREADSHEET", name="")
    separator, text = _find_separator(text)
    csv.field_size_limit(MOST_TEXT_BYTES)
    rows: list[list[str]] = []
    try:
        rows.extend(islice(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), _MOST_LINES))
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            raise _open_quote(len(rows) + 1) from error
        rows = list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=separator), _MOST_LINES))
    if len(rows) == _MOST_LINES:
        raise FileRefused("E_TOO_MANY_ROWS", rows=MOST_ROWS)
    if '"' in text:
        _check_quotes(rows, separator)
    if "'" in text:
        rows = [[restore(cell) if cell.startswith("'") else cell for cell in row] for row in rows]
    cells: list[list[Cell]] = [list(row) for row in rows]
    return [Sheet("", cells, ragged=True)]


def _open_quote(row: int) -> FileRefused:
    """Return why a file is refused in which a quote that opens a cell of a row is never closed."""
    return FileRefused("E_CORRUPT", cell=str(row), said=Key("finding.E_CORRUPT.quote"))


def _check_quotes(rows: list[list[str]], separator: str) -> None:
    """Refuse a file in which a quote that was never closed has swallowed whole rows into one cell."""
    width = Counter(len(row) for row in rows[:1_000] if len(row) > 1).most_common(1)
    least = max(2, width[0][0] - 1) if width else 2
    for number, row in enumerate(rows, start=1):
        for cell in row:
            if "\n" in cell and any(line.count(separator) >= least for line in cell.split("\n")):
                raise _open_quote(number)


def decode_text(raw: bytes) -> str:
    """Return the text of a file in UTF-8 (with or without BOM), GB 18030, UTF-16 (with or without BOM) or UTF-32.

    Raises `FileRefused` E_ENCODING when no single encoding reads it, naming the lines that differ from the others,
    E_CORRUPT when its end was never written, and E_NOT_SPREADSHEET when it is no text at all.
    """
    if raw.startswith(_WIDEST):
        return _clean(_decode(raw, "utf-32"))
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _clean(_decode(raw, "utf-16"))
    if b"\x00" in raw and (wide := _decode_wide(raw)):
        return _clean(wide)
    if sum(byte in _UNSEEN for byte in raw[:_LOOKED_AT]) > min(len(raw), _LOOKED_AT) // _UNSEEN_SHARE:
        raise FileRefused("E_NOT_SPREADSHEET", name="")
    try:
        return _clean(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        _refuse_mixture(raw.removeprefix(b"\xef\xbb\xbf"))
        return _clean(_decode(raw, "gb18030"))


def _clean(text: str) -> str:
    """Files that were put one behind the other bring their marks along: a BOM inside is none."""
    return text.replace(_BOM, "") if _BOM in text else text


def _decode(raw: bytes, encoding: str) -> str:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise FileRefused("E_ENCODING", cell=str(raw.count(b"\n", 0, error.start) + 1)) from error
    if _is_odd(text):
        raise FileRefused("E_ENCODING")
    return text


def _is_odd(text: str) -> bool:
    marks = set(text)
    return sum(unicodedata.category(mark) in ("Co", "Cn") for mark in marks) > len(marks) // 20


def _decode_wide(raw: bytes) -> str:
    """Return UTF-16 text without a BOM: every second byte of its ASCII is nothing; '' where it is not.

    Raises `FileRefused` where the zero bytes are no text of any kind. A single one is a sign like other unseen ones.
    """
    for encoding, first in (("utf-16-le", 1), ("utf-16-be", 0)):
        ours, others = raw[first::2].count(0), raw[1 - first :: 2].count(0)
        # 一 is 4E 00, so that some bytes of the other kind are nothing, too.
        if ours <= 2 * others or ours < len(raw) // _ASCII_SHARE or len(raw) % 2:
            continue
        text = raw.decode(encoding, "replace")
        if "\ufffd" not in text and not _is_odd(text):
            return text
    if raw.endswith(_LOST) and any(mark in raw for mark in _SEPARATORS.encode()):
        raise FileRefused("E_CORRUPT", name="")
    if raw.count(0) > len(raw) // 100:
        raise FileRefused("E_NOT_SPREADSHEET", name="")
    return ""


def _refuse_mixture(raw: bytes) -> None:
    """Refuse a file whose lines are some in UTF-8 and some not; the fewer ones are named."""
    utf8: list[int] = []
    others: list[int] = []
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if line.isascii():
            continue
        (utf8 if _is_chinese_utf8(line) else others).append(number)
    if utf8 and others:
        spans = join_spans(min(utf8, others, key=len))
        listed = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans[:_SHOWN_LINES])
        raise FileRefused("E_ENCODING", cell=listed + (" …" if len(spans) > _SHOWN_LINES else ""))


def _is_chinese_utf8(line: bytes) -> bool:
    """Say whether a line reads as UTF-8 with Chinese in it: its other bytes would not by chance."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return any(unicodedata.name(mark, "").startswith("CJK UNIFIED") for mark in set(text))


def _find_separator(text: str) -> tuple[str, str]:
    """Return the separator under which most of the first rows have one width, and the text without a `sep=` line."""
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == len("sep=,"):
        return first.strip()[-1], rest
    head = text[:_LOOKED_AT]
    best = max(_SEPARATORS, key=lambda mark: _judge(head, mark))
    # Typed by hand in Chinese: only where no usual separator parts anything.
    return (_TYPED if _judge(head, best) == _NOTHING < _judge(head, _TYPED) else best), text


def _judge(head: str, separator: str) -> tuple[int, int]:
    """Return how many of the first rows have the commonest width above one, and that width."""
    widths: Counter[int] = Counter()
    try:
        for row in csv.reader(io.StringIO(head, newline=""), delimiter=separator):
            if len(row) > 1 or (row and row[0].strip()):
                widths[len(row)] += 1
            if widths.total() >= _SAMPLE:
                break
    except csv.Error:
        return _NOTHING
    many = {width: count for width, count in widths.items() if width > 1}
    if not many:
        return _NOTHING
    width = max(many, key=lambda one: (many[one], one))
    return many[width] * width, width
