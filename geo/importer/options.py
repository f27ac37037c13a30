"""What the user said about a file, and what a file is read against."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import select

from geo.crs import ASK, AUTO, parse_system
from geo.errors import Invalid
from geo.importer.madecodes import MAKE, read_code_book
from geo.importer.register import known_pairs
from geo.importer.understand import Background
from geo.schema import place
from geo.store.area import read_area
from geo.store.categories import read_category_words
from geo.store.database import read_today
from geo.store.ground import read_ground
from geo.store.units import read_earlier, read_units
from geo.units import Unit, UnitIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from sqlalchemy import Connection

    from geo.importer.rounds import RoundChoice
    from geo.importer.sheets import Sheet


#: Makes another sheet of a file's: renamed, completed, with what each column is (index → field key or None).
Rewrite: TypeAlias = "Callable[[Sheet], tuple[Sheet, Mapping[int, str | None]]]"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the user said about a file.

    `mapping` corrects columns (index → field key or None), `answers` answers questions by their id, `visit_date` is the
    day of visits without one. `sheet` names the sheet to read, or is its number; without it the best known one is read.
    `unit` is the village (code or name) of a file that does not tell it.
    `good_rows` stores the good rows of a file that has refused ones. `dry_run` stores nothing. `apply`,
    `take_additions`, `added_on`, `begun`: see `proposals.Choices`. `layer` chooses one of a map file. `crs` is the
    coordinate system of the file's numbers as the user declares it (wgs84, cgcs2000, gcj02, bd09, EPSG:n), `auto` (what
    is proven is applied and listed), `ask` (it is asked about), or '': a table `auto`, a map file as it says itself.
    `make_codes` gives the households of a file without 户编号 codes. `source` names where the file comes from: columns
    that were corrected for its kind of header are taken again (`sources.find_mapping`); '' takes those of any source.
    `rewrite` gives the sheet that is read in place of the file's, and what its columns are (mapping files).
    `understood` has every accepted row as it was understood put into the report (`as_read`).
    """

    sheet: str = ""
    unit: str = ""
    mapping: Mapping[int, str | None] | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    round: RoundChoice = None
    dry_run: bool = False
    good_rows: bool = False
    visit_date: date | None = None
    show_personal: bool = False
    apply: frozenset[str] = frozenset()
    take_additions: bool = True
    added_on: date | None = None
    begun: frozenset[str] = frozenset()
    layer: str = ""
    crs: str = ""
    make_codes: bool = False
    source: str | None = None
    rewrite: Rewrite | None = None
    understood: bool = False

    @property
    def makes_codes(self) -> bool:
        """Say whether a file without 户编号 gets codes made."""
        return self.make_codes or self.answers.get("make_codes") == MAKE


def read_background(connection: Connection, options: ImportOptions, *, file: str, file_hash: str = "") -> Background:
    """Return what a file is read against; `file` is its name for people. Raises `Invalid` for an unknown `unit`."""
    root = connection.execute(select(place.c.code, place.c.boundary).where(place.c.parent.is_(None))).one()
    index, area = read_index(connection, file_hash), read_area(root.code, root.boundary)
    return Background(
        index, read_today(connection), area, options.answers, options.visit_date, file,
        find_village(index, options.unit) if options.unit else None, lambda pairs: known_pairs(connection, pairs),
        options.crs if options.crs in (AUTO, ASK) else parse_system(options.crs) if options.crs else AUTO,
        lambda villages: read_ground(connection, villages, district=area),
        (lambda villages: read_code_book(connection, villages)) if options.makes_codes else None,
        read_category_words(connection),
    )  # fmt: skip


def read_index(connection: Connection, file_hash: str) -> UnitIndex:
    """Return the units of today, and those of earlier lists for what today's do not tell of a file."""
    return UnitIndex(read_units(connection), read_earlier(connection, file_hash))


def find_village(index: UnitIndex, said: str) -> Unit:
    """Return the village of a code, an id or a name. Raises `Invalid` when there is none, or more than one."""
    found = index.by_code.get(said.strip()) or index.by_id.get(said.strip()) or index.match_village(said).unit
    if found is None or found.level != "village":
        raise Invalid("import.no_unit", unit=said)
    return found
