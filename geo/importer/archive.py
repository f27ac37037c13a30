"""Checks of an archive (.xlsx, .ods) before any parser sees it: size, ratio, DOCTYPE, cells far outside the table.

A header of an archive can lie, so bytes are counted while they are inflated.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Final

from geo.errors import FileRefused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Bytes that a workbook may inflate to, in all and against its own size.
MOST_BYTES: Final = 400 * 1024 * 1024
MOST_RATIO: Final = 150
#: What is smaller than this is no bomb, whatever its ratio.
RATIO_FROM: Final = 20 * 1024 * 1024
#: Members that an archive may have, and bytes of the list of them; `_EndRecData` tells the latter in this place.
MOST_MEMBERS: Final = 2_000
_MOST_LIST: Final = 1 << 20
_LIST_SIZE: Final = 5
_CHUNK: Final = 1 << 20
_SHEETS: Final = "xl/worksheets/"
_OVERLAP: Final = 64
#: Rows × columns that a table may span; a parser that holds it densely needs about 32 bytes a cell.
MOST_CELLS: Final = 20_000_000
_ALPHABET: Final = 26

_DIMENSION = re.compile(rb"""<(?:\w+:)?dimension\b[^<>]*?\bref\s*=\s*["']([^"'<>]*)["'][^<>]*>""")
_RANGE = re.compile(rb"[A-Z]{1,3}[1-9]\d{0,6}(?::[A-Z]{1,3}[1-9]\d{0,6})?")
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_BLANKS = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"
_MARKUP = (b"<!DOCTYPE", b"<!ENTITY")
_WIDE_MARKUP = tuple(mark.decode().encode(order) for mark in _MARKUP for order in ("utf-16-le", "utf-16-be"))
_ESCAPE = b"x000D"
_ROW = re.compile(rb'<row\b[^>]*? r="(\d+)')
_FAR = re.compile(rb' r="(?:([A-Z]{2,9})(\d+)|([A-Z])([3-9]\d{5}|\d{7,}))"')
#: What every far cell begins like: most sheets have none, and this is found out twice as fast.
_MAYBE_FAR = re.compile(rb' r="[A-Z](?:[A-Z]|[3-9]\d{5}|\d{7})')
_TEXTS = re.compile(rb"<(?:\w+:)?sst\b[^<>]*>")
_COUNT = re.compile(rb"""ount\s*=\s*["']\s*(\d+)""")
_FIRST: Final = 2_000
_ODD = re.compile(rb"r =|r= ")
_RARE = (b"r='", b"\tr=", b"\nr=")


class Archive(zipfile.ZipFile):
    """An archive that hands out what it inflated while its bytes were checked, once, instead of inflating it again.

    `has_escapes`: a text in it may hold a carriage return as Excel writes it.
    """

    def __init__(self, path: Path) -> None:
        """Open the archive; nothing in it is inflated yet."""
        super().__init__(path)
        self.kept: dict[str, bytes] = {}
        self.has_escapes = False

    def read(self, name: str | zipfile.ZipInfo, pwd: bytes | None = None) -> bytes:
        """Return the bytes of a member."""
        kept = self.kept.pop(name, None) if isinstance(name, str) else None
        return super().read(name, pwd) if kept is None else kept


def open_archive(path: Path, *, part: str = "xl/workbook.xml") -> Archive:
    """Return an archive after every check of its bytes; `part` must be in it, where one is named.

    Raises `FileRefused`: E_CORRUPT, E_ENCRYPTED, E_NOT_SPREADSHEET, E_ZIP_BOMB, E_XML_ENTITY, E_FORBIDDEN_PATH.
    """
    archive = open_directory(path)
    members = archive.infolist()
    if len({member.filename for member in members}) < len(members):
        # Which of two parts of one name a parser reads is its own affair; ours would be looked at.
        raise FileRefused("E_CORRUPT")
    if any(member.flag_bits & 1 for member in members):
        raise FileRefused("E_ENCRYPTED")
    if part and part not in archive.namelist():
        raise FileRefused("E_NOT_SPREADSHEET", name=path.name)
    if _too_much(sum(member.file_size for member in members), path.stat().st_size):
        raise FileRefused("E_ZIP_BOMB")
    try:
        _scan_members(archive, path.stat().st_size)
    except FileRefused:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, OSError) as error:
        raise FileRefused("E_CORRUPT") from error
    return archive


def open_directory(path: Path) -> Archive:
    """Return an archive whose list of members is no longer than any we read, and names nothing outside of it.

    The list alone can hold half a million names, so its size is looked at before it is read. Raises `FileRefused`.
    """
    try:
        with path.open("rb") as file:
            ending = zipfile._EndRecData(file)  # type: ignore[attr-defined]  # noqa: SLF001 - what `ZipFile` believes
        archive = None if ending and ending[_LIST_SIZE] > _MOST_LIST else Archive(path)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, struct.error) as error:
        raise FileRefused("E_CORRUPT") from error
    if archive is None or len(archive.infolist()) > MOST_MEMBERS:
        raise FileRefused("E_ZIP_BOMB")
    if any(_leads_out(member.filename) for member in archive.infolist()):
        raise FileRefused("E_FORBIDDEN_PATH")
    return archive


def _leads_out(name: str) -> bool:
    written = name.replace("\\", "/")
    return written.startswith("/") or written[1:2] == ":" or ".." in written.split("/")


def _too_much(inflated: int, packed: int) -> bool:
    return inflated > MOST_BYTES or (inflated > RATIO_FROM and inflated > MOST_RATIO * packed)


def _scan_members(archive: Archive, packed: int) -> None:
    total = 0
    for member in archive.infolist():
        is_markup = member.filename.endswith((".xml", ".rels", ".vml"))
        with archive.open(member) as file:
            tail, parts, is_wide = b"", [], False
            while chunk := file.read(_CHUNK):
                if not tail:
                    is_wide = chunk.startswith(_WIDE)
                    # A part may have any name, so its first sign tells as well.
                    is_markup = is_markup or chunk.lstrip(_BLANKS).startswith(b"<")
                    _check_count(chunk[:_FIRST], member.file_size)
                total += len(chunk)
                if _too_much(total, packed):
                    raise FileRefused("E_ZIP_BOMB")
                if is_markup:
                    window = tail + chunk
                    if _declares(window):
                        raise FileRefused("E_XML_ENTITY")
                    # The bytes of UTF-16 are not searched: such a part counts as one that has them.
                    archive.has_escapes = archive.has_escapes or _ESCAPE in window or b"\0" in window
                tail = chunk[-_OVERLAP:]
                if member.filename.startswith(_SHEETS):
                    parts.append(chunk)
        if is_wide and is_markup:
            # The parser reads UTF-8 alone, and finds nothing in what is written otherwise.
            raise FileRefused("E_CORRUPT")
        if parts:
            archive.kept[member.filename] = b"".join(parts)


def _declares(markup: bytes) -> bool:
    """Say whether a part of a document has a DOCTYPE or an entity, in UTF-8 or in UTF-16 (which has zero bytes)."""
    marks = (*_MARKUP, *_WIDE_MARKUP) if b"\0" in markup else _MARKUP
    return any(mark in markup for mark in marks)


def _check_count(head: bytes, size: int) -> None:
    """A parser asks for memory for as many texts as their part says it holds, so it must not lie."""
    opening = _TEXTS.search(head)
    if opening and any(int(number) > size for number in _COUNT.findall(opening[0])):
        raise FileRefused("E_CORRUPT")


def readable_workbook(
    archive: zipfile.ZipFile, path: Path, look_at: Callable[[str, bytes], object], *, most: int
) -> Path | io.BytesIO:
    """Return what the parser may read: the file itself, or a copy without blank cells far outside the table.

    `look_at` is shown the name and the XML of every sheet. A dense parser asks for memory for every cell up to the last
    one, so one blank in XFD1048576 would end the process.
    Raises `FileRefused` E_TOO_LARGE when the far cells are not blank, E_TOO_MANY_ROWS when more than `most` rows hold
    anything.
    """
    replaced: dict[str, bytes] = {}
    for name in archive.namelist():
        if name.startswith(_SHEETS) and name.endswith(".xml"):
            written = archive.read(name)
            sheet = _plain_references(_without_odd_dimension(written))
            if len(sheet) < len(written):
                replaced[name] = sheet
            if sheet.count(b"<row") > most and _count_filled(sheet) > most:
                raise FileRefused("E_TOO_MANY_ROWS", rows=most)
            if _span(sheet) > MOST_CELLS:
                replaced[name] = _without_far_blanks(sheet, archive)
                if _span(replaced[name]) > MOST_CELLS:
                    raise FileRefused("E_TOO_LARGE", mb=0)
            look_at(name, replaced.get(name, sheet))
    if not replaced:
        return path
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as target:
        for name in archive.namelist():
            target.writestr(name, replaced.get(name) or archive.read(name))
    copy.seek(0)
    return copy


def _without_odd_dimension(sheet: bytes) -> bytes:
    """Return the sheet without a tag of its reach that is no range: a parser gives up on it, a spreadsheet does not."""
    said = _DIMENSION.search(sheet, 0, _FIRST)
    odd = said is not None and _RANGE.fullmatch(said[1]) is None
    return sheet.replace(said[0], b"", 1) if said is not None and odd else sheet


def _count_filled(sheet: bytes) -> int:
    """Return how many rows hold a value or a text; blank cells with a format are nothing."""
    return sum(b"<v" in row or b"<is" in row for row in sheet.split(b"<row"))


def _plain_references(sheet: bytes) -> bytes:
    """Return the sheet with cell references written the usual way, so that one quick pattern finds them all."""
    # One byte is found many times quicker than two; most sheets have no quote and no tab, and one line end.
    rare = b"'" in sheet or b"\t" in sheet or sheet.count(b"\n") > 1
    rare = rare or sheet.startswith(b"\nr=", sheet.find(b"\n"))
    if (rare and any(mark in sheet for mark in _RARE)) or _ODD.search(sheet):
        return re.sub(rb"""\sr\s*=\s*["']([A-Z]*\d+)["']""", rb' r="\1"', sheet)
    return sheet


def _position(match: re.Match[bytes]) -> tuple[int, int]:
    letters, digits = match[1] or match[3], match[2] or match[4]
    column = 0
    for letter in letters:
        column = column * 26 + letter - 64
    return int(digits), column


def _span(sheet: bytes) -> int:
    if _MAYBE_FAR.search(sheet) is None:
        return 0
    far = [_position(match) for match in _FAR.finditer(sheet)]
    if not far:
        return 0
    rows = max((int(number) for number in _ROW.findall(sheet)), default=sheet.count(b"<row"))
    return max(rows, *(row for row, _ in far)) * max(_ALPHABET, *(column for _, column in far))


def _without_far_blanks(sheet: bytes, archive: zipfile.ZipFile) -> bytes:
    shared: list[bytes] | None = None

    def drop(match: re.Match[bytes]) -> bytes:
        nonlocal shared
        cell = match[0]
        opening = cell.split(b">", 1)[0]
        if _FAR.search(opening) is None:
            return cell
        text = re.sub(rb"<[^>]*>", b"", cell).strip()
        if text.isdigit() and re.search(rb'\bt\s*=\s*["\']s["\']', opening):
            shared = _shared_texts(archive) if shared is None else shared
            text = shared[int(text)].strip() if int(text) < len(shared) else text
        return cell if text else b""

    kept = re.sub(rb"<c\b[^>]*?(?:/>|>.*?</c>)", drop, sheet, flags=re.DOTALL)
    kept = re.sub(rb"<row\b[^>]*?(?:/>|>\s*</row>)", b"", kept)
    return re.sub(rb"<dimension\b[^>]*?/>", b"", kept)


def _shared_texts(archive: zipfile.ZipFile) -> list[bytes]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    items = re.findall(rb"<si\b[^>]*?(?:/>|>.*?</si>)", archive.read("xl/sharedStrings.xml"), flags=re.DOTALL)
    return [re.sub(rb"<[^>]*>", b"", item) for item in items]
