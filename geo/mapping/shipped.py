"""Mappings by name or path: those that ship lie in `data/mappings/`, each named after the file it is for."""

from __future__ import annotations

from pathlib import Path

from geo import config
from geo.errors import Invalid
from geo.i18n import text
from geo.mapping.checker import say_near
from geo.mapping.document import MOST_BYTES, MappingInvalid, Problem
from geo.mapping.parse import parse_mapping
from geo.mapping.spec import MappingSpec

_ENDINGS = (".yaml", ".yml")


def shipped_dir() -> Path:
    """Return the folder of the shipped mappings."""
    return config.DATA_DIR / "mappings"


def list_shipped() -> list[str]:
    """Return the names of the shipped mappings."""
    return sorted(path.stem for path in shipped_dir().glob("*.yaml"))


def find_mapping(named: str) -> MappingSpec:
    """Return the mapping of a file, or the shipped one with this name.

    Raises `Invalid` when there is neither, `MappingInvalid` with every problem of the file.
    """
    path = Path(named)
    if not path.is_file() and path.suffix not in _ENDINGS and named in list_shipped():
        path = shipped_dir() / f"{named}.yaml"
    if not path.is_file():
        names = list_shipped()
        shown = text("list.comma").join(names)
        raise Invalid("mapping.not_there", name=named, near=say_near(Path(named).stem, names), names=shown)
    return read_mapping(path)


def read_mapping(path: Path) -> MappingSpec:
    """Return the mapping of a file. Raises `MappingInvalid`."""
    if path.stat().st_size > MOST_BYTES:
        raise MappingInvalid(path.name, [Problem(1, "", "mapping.too_large")])
    try:
        written = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise MappingInvalid(path.name, [Problem(1, "", "mapping.not_utf8")]) from error
    return parse_mapping(written, name=path.name)


def describe_problems(error: MappingInvalid) -> list[str]:
    """Return one Chinese sentence for each problem: line, where in the mapping, what is wrong, what may be meant."""
    return [
        text("mapping.problem", line=str(one.line), path=one.path or "-", sentence=text(one.key, **one.params))
        for one in error.problems
    ]
