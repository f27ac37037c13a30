"""Which village a file without a village column is about: its title, the sheet's name, the file's, or what was said."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geo.importer.headers import Header
    from geo.importer.sheets import Part, Sheet
    from geo.units import Unit, UnitIndex, UnitMatch

#: Where a row's village may come from; the report says which (`unit_from`).
UNIT_SOURCES: Final = ("column", "code", "title", "sheet", "file", "option", "answer")
_ENDINGS: Final = (".gz", ".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods")


@dataclass(frozen=True, slots=True)
class UnitSource:
    """The village that a file names outside its rows, and where; `rival` is another one that is named or was said.

    `said` is the village that the user said for the file.
    `earlier` is the village of an earlier list that is named, where `unit` is its successor.
    `asked` is the sheet that is asked about where the file has several.
    """

    unit: Unit | None = None
    source: str = ""
    rival: Unit | None = None
    earlier: Unit | None = None
    asked: str = ""
    said: Unit | None = None


def find_unit_source(
    index: UnitIndex, *, titles: Iterable[Iterable[str]] = (), sheet: str = "", file: str = "", said: Unit | None = None
) -> UnitSource:
    """Return the village that the title, else the sheet's name, else the file's name alone speaks of, else `said`.

    A text that names two villages names none. Where the file names another village than `said`, or one of its texts
    another than the others, both are given.
    """
    texts = {"title": [text for line in titles for text in line], "sheet": [sheet], "file": [_bare(file)]}
    found: list[tuple[str, UnitMatch]] = []
    for source, said_there in texts.items():
        named = {match for text in said_there for match in index.find_named(text)}
        if len({match.unit for match in named}) == 1:
            found.append((source, named.pop()))
    if not found:
        return UnitSource(said, "option" if said is not None else "", said=said)
    source, match = found[0]
    others = (said, *(other.unit for _, other in found[1:]))
    rival = next((one for one in others if one not in (None, match.unit)), None)
    return UnitSource(match.unit, source, rival, match.earlier, said=said)


def find_unit_sources(
    index: UnitIndex, sheet: Sheet, header: Header, *, file: str, said: Unit | None
) -> dict[str, UnitSource]:
    """Return what each of the sheets that are read together tells, or a sheet by itself; by its name."""
    if not sheet.parts:
        found = find_unit_source(index, titles=header.titles, sheet=sheet.name, file=file, said=said)
        return {sheet.name: found}
    return {part.name: replace(_of_part(index, part, file, said), asked=part.name) for part in sheet.parts}


def _of_part(index: UnitIndex, part: Part, file: str, said: Unit | None) -> UnitSource:
    """Return what one of several sheets tells; only where it tells nothing the file's name counts."""
    found = find_unit_source(index, titles=part.titles, sheet=part.name, said=said)
    return found if found.source in UNIT_SOURCES[2:4] else find_unit_source(index, file=file, said=said)


def _bare(file: str) -> str:
    """Return a file's name without its endings."""
    name = Path(file).name
    for ending in _ENDINGS:
        if name.lower().endswith(ending):
            name = name[: -len(ending)]
    return name
