"""From the cells of a sheet to households, visits and issues: what was understood, found, and must be asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

from geo.crs import AUTO
from geo.importer.answers import read_answers
from geo.importer.contradictions import settle_contradictions
from geo.importer.duplicates import find_firsts, list_same_persons
from geo.importer.findings import FIELDS, Finding, Ledger, Question
from geo.importer.followed import Followed, list_followed
from geo.importer.grouptitles import read_group_titles
from geo.importer.headernames import plain_header
from geo.importer.madecodes import CodeBook, MadeCode, make_codes
from geo.importer.meanings import Meanings
from geo.importer.persons import fold_persons, read_persons
from geo.importer.places import Locator, UnitCells
from geo.importer.plain import plain_codes, plain_id_numbers, plain_phones
from geo.importer.points import PointSource, locate_rows
from geo.importer.progress import step
from geo.importer.rows import take_rows
from geo.importer.ticks import add_ticks
from geo.importer.together import list_titles
from geo.importer.unitsource import UNIT_SOURCES, find_unit_sources
from geo.importer.visitdays import list_dates_only, read_days
from geo.validate import parse_code, parse_id_number, parse_name, parse_phone, parse_size, parse_text, to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from geo.crs import System
    from geo.importer.headers import Header
    from geo.importer.rows import DataRows
    from geo.importer.sheets import Sheet
    from geo.importer.unitsource import UnitSource
    from geo.store.area import Area
    from geo.store.ground import Ground
    from geo.units import Unit, UnitIndex
    from geo.validate import Cell

_SHOWN = 200
_EMPTY: Final = (None, "")


def _none_known(_pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
    return set()


@dataclass(frozen=True, slots=True)
class Background:
    """What a file is read against: the units, the configured day, the area, the answers, which households exist.

    `visit_date` is the day of visits that carry none. `file` is the file's name for people, `unit` the village that was
    said for it. `known` tells which (village id, code) pairs are registered. `crs` is the coordinate system the user
    declares for the file, `auto` or `ask`; `ground` tells what is known of where the households of some villages (ids)
    lie. `code_book` tells which household codes were made in them; without it none are made. `categories`: what the
    database itself calls its categories of issues → their codes.
    """

    units: UnitIndex
    today: date
    area: Area | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    visit_date: date | None = None
    file: str = ""
    unit: Unit | None = None
    known: Callable[[set[tuple[str, str]]], set[tuple[str, str]]] = _none_known
    crs: System | str = AUTO
    ground: Callable[[set[str]], Ground] | None = None
    code_book: Callable[[set[str]], CodeBook] | None = None
    categories: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Understood:
    """A file as understood.

    Lists of `columns` have one value per data row (row n has index n − 1): village (`Unit`), township (its name),
    group (`GroupName` or None), code, head_name, id_number, size, phone, household_class, tags, lon, lat (WGS84
    degrees), coord_system and coord_raw (the system the point came in, what was written), visited_on, visit ((mode,
    outcome) or None), issues ((category, title), …), note, and what `answers.read_answers` gives.
    `firsts` maps each row that stays to the first row of its household; `points` says how coordinates were read,
    `unit_from` where the villages came from (`unitsource.UNIT_SOURCES`, joined by +). `made` are codes that are new,
    `followed` the units of earlier lists that rows name.
    """

    header: Header
    sheet_rows: list[int]
    columns: dict[str, list[Any]]
    firsts: dict[int, int]
    findings: list[Finding]
    refusals: dict[int, Finding]
    questions: list[Question]
    sheet: Sheet
    points: tuple[PointSource, ...] = ()
    unit_from: str = ""
    made: tuple[MadeCode, ...] = ()
    followed: tuple[Followed, ...] = ()

    @property
    def rows_total(self) -> int:
        """Return how many data rows there are."""
        return len(self.sheet_rows)

    @property
    def asks(self) -> bool:
        """Say whether a question keeps the file out."""
        return any(question.blocking for question in self.questions)

    def cell(self, nth: int, key: str) -> str:
        """Return the name of a cell in the sheet (D6); '' for a field without a column."""
        index = self.header.index_of(key)
        return "" if index is None else f"{self.header.columns[index].letter}{self.sheet_rows[nth]}"


def understand(sheet: Sheet, header: Header, background: Background) -> Understood:
    """Return what the rows of a sheet say; nothing is stored and nothing is guessed."""
    rows = take_rows(sheet, header)
    letters = {column.key: column.letter for column in header.columns if column.key}
    ledger = Ledger(letters, rows.sheet_rows)
    ledger.findings += [*ledger.place(header.findings), *list_titles(sheet), *rows.listed]
    for nth, width in rows.ragged.items():
        ledger.refuse("R_COLUMN_COUNT", nth, "code", str(width))

    @cache
    def cells(key: str) -> Sequence[Cell]:
        return rows.column(header.index_of(key))

    total = len(rows.sheet_rows)
    step("understand", 0, total)
    columns = _read_fields(ledger, cells)
    step("understand", total // 2, total)
    columns |= read_answers(ledger, cells)
    columns |= _read_words(ledger, cells, header, background, columns)
    add_ticks(ledger, header, rows, columns, background.answers)
    columns["own_day"], columns["visited_on"] = read_days(ledger, cells("visited_on"), columns["visit"], background)
    list_dates_only(ledger, columns["visited_on"], cells("outcome"), has_column=header.index_of("outcome") is not None)
    read_book = background.code_book if header.problem == "E_MISSING_COLUMN" else None
    columns["code"] = [""] * len(rows.cells) if read_book else _read_codes(ledger, cells("code"))
    titled = read_group_titles(ledger, header, sheet, rows, background.answers)
    unit_from, followed = _locate(ledger, cells, columns, header, background, sheet, titled)
    made = _make_codes(ledger, header, rows, columns, background, read_book) if read_book else []
    located = locate_rows(ledger, cells, columns, background, above=_say_above(header))
    step("understand", total * 3 // 4, total)
    firsts = _find_homes(ledger, header, rows, columns, background)
    list_same_persons(ledger, firsts, columns)
    located.list_doubts(firsts)
    ledger.findings = _list_missing_once(ledger.findings, firsts, columns["lon"])
    step("understand", total, total)
    return Understood(
        header, rows.sheet_rows, columns, firsts, _without_refused(ledger, rows), ledger.refusals,
        list(ledger.questions.values()), sheet, located.sources, unit_from, tuple(made), followed,
    )  # fmt: skip


def _say_above(header: Header) -> str:
    """Return what stands above the coordinates: their headers, and the titles of the sheet."""
    titles = (text for line in header.titles for text in line)
    return " ".join([*(header.header_of(key) for key in ("lon", "lat", "point")), *titles])


def _find_homes(
    ledger: Ledger, header: Header, rows: DataRows, columns: dict[str, list[Any]], background: Background
) -> dict[int, int]:
    """Return the first row of every row's household: in a file of persons that of its head."""
    is_wide = background.units.is_wide
    persons = read_persons(header, rows)
    folded = fold_persons(ledger, persons, columns, is_wide=is_wide) if persons else None
    if folded is not None:
        return folded
    return find_firsts(ledger, columns["village"], columns["code"], columns, is_wide=is_wide)


def _make_codes(
    ledger: Ledger, header: Header, rows: DataRows, columns: dict[str, list[Any]], background: Background,
    read_book: Callable[[set[str]], CodeBook],
) -> list[MadeCode]:  # fmt: skip
    """Give every household of a file without 户编号 a code; return the new ones."""
    told = [column.index for column in header.columns if column.how != "ignored"]
    copies = [tuple(row[index] for index in told) for row in rows.cells]
    villages = {unit.id for unit in columns["village"] if unit is not None}
    return make_codes(ledger, columns, copies, background.units, read_book(villages))


def _without_refused(ledger: Ledger, rows: DataRows) -> list[Finding]:
    """A refused row is listed once, with its reason; the other faults of its cells say nothing more."""
    if not ledger.refusals or not rows.cells:
        return ledger.findings
    return [one for one in ledger.findings if one.row - 1 not in ledger.refusals]


def _list_missing_once(
    findings: list[Finding], firsts: Mapping[int, int], lon: Sequence[float | None]
) -> list[Finding]:
    """A household lacks its point once, in its first row; where another of its rows has one, it lacks none."""
    located = {first for nth, first in firsts.items() if lon[nth] is not None}

    def holds(one: Finding) -> bool:
        first = firsts.get(one.row - 1)
        return one.code != "W_COORD_MISSING" or first is None or (first == one.row - 1 and first not in located)

    return [one for one in findings if holds(one)]


def _read(
    ledger: Ledger, key: str, cells: Sequence[Cell], rule: Callable[[Cell], tuple[Any, str]], *,
    find_plain: Callable[[set[Cell]], set[Cell]] | None = None,
) -> list[Any]:  # fmt: skip
    """Return the value of every cell by a rule; what is wrong is listed.

    The rule runs once for each different cell that `find_plain` does not know to mean what it says.
    """
    odd = set(cells)
    if find_plain is not None:
        odd -= find_plain(odd)
    read = {cell: rule("" if cell is None else cell) for cell in odd}
    if any(code for _, code in read.values()):
        for nth, cell in enumerate(cells):
            if cell in read and read[cell][1] and cell not in _EMPTY:
                ledger.warn(read[cell][1], nth, key, to_text(cell)[:_SHOWN])
    return [read[cell][0] if cell in read else cell for cell in cells]


def _read_fields(ledger: Ledger, cells: Callable[[str], Sequence[Cell]]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {}
    for key, text_rule in (("head_name", parse_name), ("note", parse_text)):
        columns[key] = _read(ledger, key, cells(key), partial(text_rule, longest=FIELDS[key].longest))
    columns["id_number"] = _read(
        ledger, "id_number", cells("id_number"), parse_id_number, find_plain=plain_id_numbers
    )  # fmt: skip
    columns["size"] = _read(ledger, "size", cells("size"), parse_size)
    columns["phone"] = _read(ledger, "phone", cells("phone"), parse_phone, find_plain=plain_phones)
    for key in ("id_number", "size"):
        pairs = zip(columns[key], cells(key), strict=True)
        columns[f"{key.removesuffix('_number')}_raw"] = ["" if value else to_text(cell) for value, cell in pairs]
    return columns


def _read_words(
    ledger: Ledger, cells: Callable[[str], Sequence[Cell]], header: Header, background: Background,
    columns: Mapping[str, Sequence[Any]],
) -> dict[str, list[Any]]:  # fmt: skip
    """Return what the words of a row mean; the way of a visit is its own column's, else its outcome's."""
    outcome_header = plain_header(header.header_of("outcome"))
    meanings = Meanings(
        ledger, background.answers, outcome_header=outcome_header, categories=background.categories
    )  # fmt: skip
    classes = meanings.read("household_class", cells("household_class"))
    tags = meanings.read("tags", cells("tags"))
    visits = meanings.read("outcome", cells("outcome"))
    told = zip(cells("issue"), columns["issue_title"], strict=True)
    return {
        "visit": [
            (mode, visit[1]) if visit and mode else visit for visit, mode in zip(visits, columns["mode"], strict=True)
        ],
        # What was written without a category is asked about by its own words.
        "issues": meanings.read("issues", [title if cell in (None, "") else cell for cell, title in told]),
        "household_class": [one for one, _ in classes],
        "tags": [
            tuple(dict.fromkeys((*more, *own))) for (_, more), own in zip(classes, tags, strict=True)
        ],
    }  # fmt: skip


def _read_codes(ledger: Ledger, cells: Sequence[Cell]) -> list[str]:
    longest = FIELDS["code"].longest
    codes: list[str] = _read(
        ledger, "code", cells, partial(parse_code, longest=longest), find_plain=partial(plain_codes, longest=longest)
    )  # fmt: skip
    for nth, code in enumerate(codes):
        if not code:
            ledger.refuse("R_REQUIRED", nth, "code", to_text(cells[nth])[:_SHOWN])
    return codes


def _locate(
    ledger: Ledger, cells: Callable[[str], Sequence[Cell]], columns: dict[str, list[Any]], header: Header,
    background: Background, sheet: Sheet, titled: Sequence[Cell] | None,
) -> tuple[str, tuple[Followed, ...]]:  # fmt: skip
    """Fill in village, township and group of every row; return where the villages came from, and who was followed."""
    sources = find_unit_sources(background.units, sheet, header, file=background.file, said=background.unit)

    def source_of(nth: int) -> UnitSource:
        return sources[sheet.part_of(ledger.sheet_rows[nth]).name]

    locator = Locator(ledger, background.units, background.answers, background.known, source_of)
    named = header.index_of("village") is not None or header.index_of("village_code") is not None
    texts = UnitCells(cells("district"), cells("township"), cells("village"), cells("village_code"), named)
    columns["village"] = locator.villages(texts, columns["code"])
    if any(one.unit for one in sources.values()):
        settle_contradictions(
            ledger, locator, columns["village"], columns["code"], sources=source_of, answers=background.answers,
            index=background.units, named=named,
        )  # fmt: skip
    columns["group"] = list(locator.groups(titled or cells("group"), columns["village"], columns["code"]))
    for nth, village in locator.elsewhere.items():
        columns["village"][nth] = village
    above = background.units.by_id
    columns["township"] = [above[unit.parent].name if unit and unit.parent else None for unit in columns["village"]]
    for nth in locator.waiting:
        columns["village"][nth] = None
    followed = list_followed((old, columns["village"][nth]) for nth, old in locator.earlier.items())
    return "+".join(one for one in UNIT_SOURCES if one in locator.sources), followed
