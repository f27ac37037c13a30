"""Which map file is read by which reader: the bytes decide, the name must agree; archives are checked before."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from geo.errors import FileRefused, Key
from geo.importer.archive import MOST_RATIO, RATIO_FROM, open_directory
from geo.importer.outlines.features import Layer, Layers
from geo.importer.outlines.geojson import read_geojson
from geo.importer.outlines.geopackage import read_geopackage
from geo.importer.outlines.kml import read_kml
from geo.importer.outlines.shapefile import read_shapefile
from geo.importer.readers import MOST_FILE_BYTES
from geo.importer.textfile import decode_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Endings of map files. Everything else is a table, or nothing we read.
MAP_ENDINGS: Final = (".geojson", ".json", ".zip", ".gpkg", ".kml", ".kmz")
MOST_FEATURES: Final = 50_000
#: Bytes that an archive of a map may inflate to in all; against its own size as other archives.
MOST_BYTES: Final = 200 * 1024 * 1024
_ZIP: Final = b"PK"
#: First bytes of files that are no text, whatever they are called.
_BINARY: Final = (
    _ZIP,
    b"SQLite format 3",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"%PDF",
    b"\xd0\xcf\x11\xe0",
    b"\x1f\x8b",
)
_SHAPE_PARTS: Final = ("shp", "dbf", "prj", "cpg")
#: Members of an archive that hold a layer, or several.
_INNER: Final = (".shp", ".geojson", ".json", ".kml", ".gpkg")
_DOCUMENT: Final = "doc.kml"


def is_map_file(name: str) -> bool:
    """Say whether a file's name is that of a map file."""
    return PurePosixPath(name.lower()).suffix in MAP_ENDINGS


def read_layer(path: Path, *, name: str, layer: str = "") -> Layer | Layers:
    """Return the layer of a map file; when it has several and none is chosen, their names.

    Raises `FileRefused` with the code of what is wrong, before any parser sees bytes that are not what the name says.
    """
    size = path.stat().st_size
    if size == 0:
        raise FileRefused("E_EMPTY", name=name)
    if size > MOST_FILE_BYTES:
        raise FileRefused("E_TOO_LARGE", name=name, mb=MOST_FILE_BYTES // (1024 * 1024))
    ending = PurePosixPath(name.lower()).suffix
    if ending in (".zip", ".kmz"):
        found = _read_archive(path, name=name, layer=layer)
    elif ending == ".gpkg":
        found = read_geopackage(path.read_bytes(), name=name, layer=layer)
    else:
        found = _READERS[ending](path.read_bytes(), name)
    if isinstance(found, Layer):
        if not found.features:
            raise FileRefused("E_EMPTY", name=name)
        if len(found.features) > MOST_FEATURES:
            raise FileRefused("E_TOO_MANY_ROWS", name=name, rows=MOST_FEATURES)
    return found


def _read_markup(raw: bytes, name: str) -> Layer:
    text = _read_text(raw, name)
    if not text.lstrip().startswith("<"):
        raise FileRefused("E_NOT_SPREADSHEET", name=name)
    return read_kml(text, name=name)


def _read_json(raw: bytes, name: str) -> Layer:
    text = _read_text(raw, name)
    start = text.lstrip()[:1]
    if start == "<":
        raise FileRefused("E_FORBIDDEN_FORMAT", name=name)
    if start not in ("{", "["):
        raise FileRefused("E_NOT_SPREADSHEET", name=name)
    return read_geojson(text, name=name)


def _read_text(raw: bytes, name: str) -> str:
    if raw.startswith(
        (_ZIP, b"SQLite format 3", b"\x89PNG", b"\xff\xd8\xff", b"%PDF", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")
    ):
        raise FileRefused("E_NOT_SPREADSHEET", name=name)
    text = decode_text(raw)
    if not text.strip():
        raise FileRefused("E_EMPTY", name=name)
    return text


_READERS: Final[dict[str, Callable[[bytes, str], Layer]]] = {
    ".geojson": _read_json, ".json": _read_json, ".kml": _read_markup,
}  # fmt: skip


class _Archive:
    """The members of an archive by their plain names, each inflated once and counted while it is."""

    def __init__(self, path: Path, *, name: str) -> None:
        self._name = name
        self._packed = path.stat().st_size
        self._total = 0
        try:
            self._file = open_directory(path)
            members = [one for one in self._file.infolist() if not one.is_dir()]
        except FileRefused as refused:
            raise FileRefused(refused.code, name=name) from refused
        if any(member.flag_bits & 1 for member in members):
            raise FileRefused("E_ENCRYPTED", name=name)
        if self._too_much(sum(one.file_size for one in members)):
            raise FileRefused("E_ZIP_BOMB", name=name)
        self.members = {_plain_name(one): one for one in members if not _is_hidden(one.filename)}

    def _too_much(self, inflated: int) -> bool:
        return inflated > MOST_BYTES or (inflated > RATIO_FROM and inflated > MOST_RATIO * self._packed)

    def read(self, member: str) -> bytes:
        """Return the bytes of a member. Raises `FileRefused` E_ZIP_BOMB, E_CORRUPT."""
        parts = []
        try:
            with self._file.open(self.members[member]) as file:
                while chunk := file.read(1 << 20):
                    self._total += len(chunk)
                    if self._too_much(self._total):
                        raise FileRefused("E_ZIP_BOMB", name=self._name)
                    parts.append(chunk)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            raise FileRefused("E_CORRUPT", name=self._name) from error
        return b"".join(parts)

    def close(self) -> None:
        self._file.close()


def _plain_name(member: zipfile.ZipInfo) -> str:
    """Return a member's name; one without the mark of UTF-8 was written in GBK by most programs here."""
    written = member.filename.replace("\\", "/")
    if not member.flag_bits & 0x800:
        try:
            return written.encode("cp437").decode("gb18030")
        except UnicodeError:
            return written
    return written


def _is_hidden(name: str) -> bool:
    return name.startswith("__MACOSX/") or PurePosixPath(name).name.startswith(".")


def _read_archive(path: Path, *, name: str, layer: str) -> Layer | Layers:
    with path.open("rb") as file:
        head = file.read(512)
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        raise FileRefused("E_FORBIDDEN_FORMAT", name=name)
    if not head.startswith(_ZIP):
        raise FileRefused("E_NOT_SPREADSHEET", name=name)
    archive = _Archive(path, name=name)
    try:
        return _choose_member(archive, name=name, layer=layer)
    finally:
        archive.close()


def _choose_member(archive: _Archive, *, name: str, layer: str) -> Layer | Layers:
    if not archive.members:
        raise FileRefused("E_EMPTY", name=name)
    found = [one for one in archive.members if PurePosixPath(one.lower()).suffix in _INNER]
    if name.lower().endswith(".kmz"):
        found = [one for one in found if one.lower().endswith(".kml")]
        found = [one for one in found if one.lower() == _DOCUMENT] or found
    if not found:
        raise FileRefused("E_FORBIDDEN_FORMAT", name=name)
    stems = {str(PurePosixPath(one).with_suffix("")): one for one in found}
    labels = stems if len(stems) == len(found) else {one: one for one in found}
    if len(labels) == 1:
        return _read_member(archive, found[0], name=name, layer="" if layer in labels else layer)
    if layer not in labels:
        return Layers(tuple(labels))
    return _read_member(archive, labels[layer], name=name, layer="")


def _read_member(archive: _Archive, member: str, *, name: str, layer: str) -> Layer | Layers:
    ending = PurePosixPath(member.lower()).suffix
    if ending == ".shp":
        stem = member[: -len(ending)].lower()
        parts = {}
        for other in archive.members:
            base, _, suffix = other.lower().rpartition(".")
            if base == stem and suffix in _SHAPE_PARTS:
                parts[suffix] = archive.read(other)
        if "dbf" not in parts:
            said = Key("finding.E_CORRUPT.dbf")
            raise FileRefused("E_CORRUPT", name=name, layer=PurePosixPath(member).stem, said=said)
        return read_shapefile(parts, name=name, layer=PurePosixPath(member).stem)
    if ending == ".gpkg":
        return read_geopackage(archive.read(member), name=name, layer=layer)
    return _READERS[ending](archive.read(member), name)
