"""Mappings for rosters of the database's own units: the sheet is renamed and completed, then the importer reads it.

So unit names, persons, questions and proposals are the importer's; a mapping only says which column is what, and what
the columns lack.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Final

from geo import codes
from geo.importer.findings import FIELDS
from geo.importer.headernames import look_up
from geo.importer.headers import find_header
from geo.mapping.evaluate import UNKNOWN, evaluate, holds
from geo.mapping.fields import read_day
from geo.mapping.table import Table, find_columns, require_columns
from geo.schema.mapped import NOTHING, MappedField
from geo.validate import to_text

if TYPE_CHECKING:
    from geo.importer.headers import Header
    from geo.importer.sheets import Sheet
    from geo.mapping.spec import MappingSpec, Value
    from geo.validate import Cell

#: Fields whose words a mapping may translate into codes: the kind of the importer's question, the codes.
WORDS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "household_class": ("class", codes.HOUSEHOLD_CLASSES),
    "tags": ("tag", codes.TAG_KINDS),
    "outcome": ("outcome", (*codes.OUTCOMES, NOTHING)),
    "issue": ("issue", codes.ISSUE_CATEGORIES),
}
_DAYS: Final = ("visited_on", "revisit_on", "issue_due")


def register_field(key: str) -> MappedField:
    """Return a field of the importer as the checks of a mapping need it."""
    kind = "word" if key in WORDS else "day" if key in _DAYS else "text"
    allowed = WORDS[key][1] if key in WORDS else ()
    return MappedField("register", key, FIELDS[key].header, kind, allowed)


def register_answers(spec: MappingSpec) -> dict[str, str]:
    """Return the answers that make the importer understand the codes a mapping translates into."""
    found = {f"{kind}:{code}": code for kind, allowed in WORDS.values() for code in allowed}
    issue = (spec.register or {}).get("issue")
    if issue is not None:
        found |= {f"issue:{word}": code for word, code in (issue.words or {}).items()}
        found |= {"issue:*": issue.otherwise} if issue.otherwise else {}
    return found


def rewrite_sheet(sheet: Sheet, spec: MappingSpec) -> tuple[Sheet, dict[int, str | None]]:
    """Return the sheet with the mapping's headers and derived columns, and what each column is (index → field key).

    Columns keep their places, so that cells keep their names; derived ones stand to the right. Columns that the
    mapping leaves out are not read, and listed. Rows that do not count are emptied and named (`left_out`).
    Raises `FileRefused` E_MISSING_COLUMN.
    """
    first, row, headers = _find_header(sheet, spec)
    index_of = find_columns(spec, headers)
    require_columns(spec, headers, index_of)
    table = _table_of(sheet, spec, row, index_of, len(headers))
    counts = holds(spec.where, table).tolist()
    taken: dict[int, str | None] = {}
    derived: dict[str, list[Cell]] = {}
    for key, value in (spec.register or {}).items():
        index = index_of.get(table.find(value.columns) or "")
        if _stays(key, value) and index is not None and index not in taken:
            taken[index] = key
        elif index is not None or not value.optional:
            derived[key] = _derive(key, value, table)
    used = {index_of[name] for need in spec.needs() if (name := table.find(need.names)) is not None}
    for nth, header in enumerate(headers):
        if nth not in taken and look_up(header)[0] != "ignored":
            taken[nth] = None if nth in used else ""
    names = [_header_for(headers[nth], taken.get(nth)) for nth in range(len(headers))]
    rows: list[list[Cell]] = [*sheet.rows[:first], *([] for _ in range(first, row))]
    rows.append([*names, *(FIELDS[key].header for key in derived)])
    rows += [
        [*line, *more] if fits else [] for line, fits, *more in zip(table.cells, counts, *derived.values(), strict=True)
    ]
    left_out = tuple(
        number
        for number, line, fits in zip(table.sheet_rows, table.cells, counts, strict=True)
        if not fits and any(to_text(cell).strip() for cell in line)
    )
    merged = tuple(one for one in sheet.layout.merged if one[0] > row)
    places = {len(headers) + nth: key for nth, key in enumerate(derived)}
    layout = replace(sheet.layout, merged=merged)
    return replace(sheet, rows=rows, layout=layout, left_out=left_out), taken | places


def _find_header(sheet: Sheet, spec: MappingSpec) -> tuple[int, int, list[str]]:
    """Return the header's first and last row and its names: the importer's own, unless other rows fit better."""
    found: Header = find_header(sheet)
    names = [column.header.rsplit("/", 1)[-1].strip() for column in found.columns]
    said = spec.source.header_row
    wanted = len(find_columns(spec, names))
    best = (found.first_row, found.row, names)
    if said or wanted < len(list(spec.needs())):
        rows = [said - 1] if said else range(min(len(sheet.rows), 30))
        for row in rows:
            if row < len(sheet.rows):
                names = [to_text(cell).strip() for cell in sheet.rows[row]]
                count = len(find_columns(spec, names))
                if said or count > wanted:
                    wanted, best = count, (row, row, names)
    return best


def _table_of(sheet: Sheet, spec: MappingSpec, row: int, index_of: dict[str, int], width: int) -> Table:
    """Return every row below the header, blank ones too, so that rows keep their numbers."""
    cells = [[*line[:width], *[None] * (width - len(line))] for line in sheet.rows[row + 1 :]]
    numbers = list(range(row + 2, row + 2 + len(cells)))
    return Table(sheet.name, row, (), cells, numbers, index_of, frozenset(spec.source.nothing))


def _stays(key: str, value: Value) -> bool:
    """Say whether a column is read as it stands; the importer itself translates issues, to keep their words."""
    return value.is_plain or (key == "issue" and replace(value, words=None, otherwise=None).is_plain)


def _derive(key: str, value: Value, table: Table) -> list[Cell]:
    texts = [said.removeprefix(UNKNOWN) for said in evaluate(value, table)]
    if key not in _DAYS or not (value.formats or value.add_days):
        return list(texts)
    days = {said: read_day(said, value, date.max)[0] for said in set(texts)}
    return [days[said] or said for said in texts]


def _header_for(header: str, key: str | None) -> str:
    """Return a header that the importer knows: the column's own where it does (√ is read by it), else the field's."""
    if not key or look_up(header)[:2] == ("field", key):
        return header
    return FIELDS[key].header
