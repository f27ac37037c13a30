"""Yearly lists of units: those that ship, and further ones a user has as a file."""

from __future__ import annotations

import csv
import gzip
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from geo import config
from geo.editions import Edition, EditionBook, ListedUnit
from geo.errors import Invalid
from geo.succession import trim_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: The edition of a new database.
DEFAULT_EDITION: Final = "2023-06-30"
_PREFIX: Final = "units_"
_MOST_BYTES: Final = 64 * 1024 * 1024
_PARENT_DIGITS: Final = {12: 9, 9: 6}
_LEVELS: Final = {6: "district", 9: "township", 12: "village"}
_DAY_IN_NAME: Final = re.compile(r"(?:19|20)\d\d(?:-\d\d-\d\d)?")


def list_editions() -> list[str]:
    """Return the days of the shipped editions of the hierarchy, oldest first."""
    return sorted(path.stem.removeprefix(_PREFIX) for path in (config.DATA_DIR / "admin").glob(f"{_PREFIX}*.csv"))


def choose_edition(asked: str, days: Sequence[str] | None = None) -> str:
    """Return the day of an edition asked for by its day or its year. Raises `Invalid` when there is none, or two."""
    known = list_editions() if days is None else days
    found = [day for day in known if day == asked] or [day for day in known if day[:4] == asked]
    if len(found) != 1:
        raise Invalid("err.no_edition", edition=asked, editions=", ".join(known))
    return found[0]


def read_edition(day: str) -> Edition:
    """Return a shipped edition. Raises `Invalid` for one that does not ship."""
    if day not in list_editions():
        raise Invalid("err.no_edition", edition=day, editions=", ".join(list_editions()))
    with (config.DATA_DIR / "admin" / f"{_PREFIX}{day}.csv").open(encoding="utf-8", newline="") as file:
        return Edition(day, {row["code"]: ListedUnit(**row) for row in csv.DictReader(file)})


def open_book(
    lists: Iterable[Path] = (), *, drawn: Mapping[str, str] | None = None,
    parts: Mapping[tuple[str, str], str] | None = None,
) -> EditionBook:  # fmt: skip
    """Return the shipped editions and those of further list files, a file's before a shipped one of the same day."""
    own = {edition.day: edition for path in lists for edition in read_lists(path)}
    shipped = [read_edition(day) for day in list_editions()]
    names = {unit.code: unit for edition in shipped for unit in edition.units.values()}
    kept = [edition for edition in shipped if edition.day not in own]
    return EditionBook([*kept, *(_fill_names(edition, names) for edition in own.values())], drawn or {}, parts or {})


def check_drawn(book: EditionBook, day: str) -> None:
    """Refuse drawn successors that the list of a day does not have, or has at another level than the unit they follow.

    Raises `Invalid`, which names the first of them.
    """
    target = book.edition(day).units
    levels = {code: unit.level for edition in book.editions for code, unit in edition.units.items()}
    for old, new in (*book.drawn.items(), *((village, new) for (village, _group), new in book.parts.items())):
        if new not in target:
            raise Invalid("units.no_successor", code=old, successor=new, to=day)
        if levels.get(old, target[new].level) != target[new].level:
            raise Invalid("units.other_level", code=old, successor=new, name=target[new].name)


def _fill_names(edition: Edition, known: Mapping[str, ListedUnit]) -> Edition:
    """A list of villages does not name its district: take the name that a shipped edition has for the code."""
    units = {code: known[code] if unit.name == code and code in known else unit for code, unit in edition.units.items()}
    return Edition(edition.day, units)


def read_lists(path: Path) -> list[Edition]:
    """Return the editions of a list file: .csv or .csv.gz, one row a unit, with code, name and what else it has.

    `as_of` (else the day or year in the file's name) says the edition; `full_name`, `township` and `district` are
    names. Raises `Invalid` for a file that cannot be read so.
    """
    rows = _read_rows(path)
    named = _DAY_IN_NAME.search(path.name)
    editions: dict[str, dict[str, ListedUnit]] = {}
    for row in rows:
        day = row.get("as_of") or (named.group() if named else "")
        if not day or not row.get("name"):
            raise Invalid("units.bad_list", name=path.name)
        _add_row(editions.setdefault(day, {}), row)
    if not editions:
        raise Invalid("units.bad_list", name=path.name)
    return [Edition(day, dict(sorted(units.items()))) for day, units in sorted(editions.items())]


def _read_rows(path: Path) -> list[dict[str, str]]:
    try:
        raw = path.read_bytes()
        if raw.startswith(b"\x1f\x8b"):
            with gzip.open(path) as file:
                raw = file.read(_MOST_BYTES)
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                lines = raw.decode(encoding).splitlines()
                break
            except UnicodeDecodeError:
                continue
        else:
            raise Invalid("units.bad_list", name=path.name)
        reader = csv.DictReader(lines)
        if not {"code", "name"} <= set(reader.fieldnames or ()):
            raise Invalid("units.bad_list", name=path.name)
        return [{key: (value or "").strip() for key, value in row.items() if key} for row in reader]
    except (OSError, EOFError, csv.Error) as error:
        raise Invalid("units.bad_list", name=path.name) from error


def _add_row(units: dict[str, ListedUnit], row: dict[str, str]) -> None:
    """Add a unit, and those above it as far as the list does not have them in rows of their own."""
    code = trim_code(row["code"])
    if len(code) not in _LEVELS or not code.isdecimal():
        return
    units[code] = _unit(code, row["name"], row.get("full_name") or row["name"])
    for digits, column in ((9, "township"), (6, "district")):
        above = row.get(f"{column}_code") or code[:digits]
        if len(code) > digits and above not in units:
            units[above] = _unit(above, row.get(column) or above, row.get(column) or above)


def _unit(code: str, name: str, full_name: str) -> ListedUnit:
    digits = _PARENT_DIGITS.get(len(code), 0)
    return ListedUnit(_LEVELS[len(code)], code, name, full_name, code[:digits])
