"""What comes back from phones: the exports of ODK Central and KoboToolbox, as one table the importer reads.

Both give one table of submissions and one of what was repeated in them (issues), tied by keys. The form that asked is
`geo.field.xlsform`; its names are the keys of the import fields, its values codes.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from geo.i18n import has_text, text
from geo.importer.sheets import Sheet
from geo.schema import IMPORT_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geo.validate import Cell

#: The column that makes a table one of submissions; what each asked column holds: words of which list, or text.
KEY: Final = "row_key"
_LISTED: Final = {
    "mode": "mode", "outcome": "outcome", "respondent": "respondent", "reason": "reason", "issue": "category",
    "issue_route": "route",
}  # fmt: skip
_VISIT: Final = ("visited_on", "mode", "outcome", "respondent", "reason", "revisit_on", "note")
_ISSUE: Final = ("issue", "issue_title", "issue_route", "issue_due")
#: How a table says which submission a row is, and which one a repeated row belongs to: Central's way, then Kobo's.
_OWN: Final = ("KEY", "_index")
_PARENT: Final = ("PARENT_KEY", "_parent_index")
_INSTANCE: Final = ("_uuid", "meta/instanceID", "meta-instanceID")
_REVIEW: Final = ("ReviewState", "_validation_status")
_REJECTED: Final = frozenset({"rejected", "validation_status_not_approved", "not approved"})
#: How many issues a submission says it has.
_COUNT: Final = "issue_count"
_KNOWN: Final = frozenset({KEY, _COUNT, *_VISIT, *_ISSUE})
#: What stands between the names of groups and of a question: Kobo's way, Central's, others'.
_GROUPS: Final = re.compile(r"[/\-.:]")


def join_submissions(tables: list[Sheet]) -> list[Sheet]:
    """Return an export's visits and issues as one sheet under the importer's headers; other tables as they were.

    One row a submission, and one more for each further issue in it. Rejected submissions are left out and listed.
    """
    main = next((table for table in tables if KEY in _names(table)), None)
    if main is None or not set(_names(main)) & {*_OWN, *_INSTANCE}:
        return tables
    issues = _read_issues(tables)
    keys = (KEY, *_VISIT, *_ISSUE)
    headers = {field.key: field.header for field in IMPORT_FIELDS}
    rows: list[list[Cell]] = [[headers[key] for key in keys]]
    notes: list[tuple[str, str]] = []
    for row in _records(main):
        own = _word_of_key(_first(row, (*_OWN, *_INSTANCE)))
        if str(_first(row, _REVIEW) or "").lower() in _REJECTED:
            notes.append(("W_SUBMISSION_REJECTED", own))
            continue
        if _word_of_key(row.get(_COUNT)) not in ("", "0") and own not in issues and not _first(row, _ISSUE):
            notes.append(("W_SUBMISSION_ISSUES", own))
        said: list[Cell] = [row.get(KEY), *(_say(key, row.get(key)) for key in _VISIT)]
        raised = issues.get(own) or [[_say(key, row.get(key)) for key in _ISSUE]]
        rows += [[*said, *one] for one in raised]
    return [Sheet(main.name, rows, notes=(*main.notes, *notes))]


def _read_issues(tables: Sequence[Sheet]) -> dict[str, list[list[Cell]]]:
    found: dict[str, list[list[Cell]]] = {}
    for table in tables:
        names = _names(table)
        if "issue" in names and set(names) & set(_PARENT):
            for row in _records(table):
                parent = _word_of_key(_first(row, _PARENT))
                found.setdefault(parent, []).append([_say(key, row.get(key)) for key in _ISSUE])
    return found


def _names(table: Sheet) -> list[str]:
    """Return the names of a table's columns without the groups they stood in."""
    return [_bare(cell) for cell in table.rows[0]] if table.rows else []


def _bare(cell: Cell) -> str:
    """Return a column's name in the form, whatever groups stand before it, and where it is told by its label."""
    name = str(cell or "").strip()
    if name.startswith("meta"):
        return name
    last = _GROUPS.split(name)[-1].strip()
    if last in _KNOWN:
        return last
    return _labels().get(last) or name.rsplit("/", 1)[-1]


@cache
def _labels() -> dict[str, str]:
    headers = {field.header: field.key for field in IMPORT_FIELDS if field.key in _KNOWN}
    return headers | {text("field.xlsform.count"): _COUNT}


def _records(table: Sheet) -> Iterator[dict[str, Any]]:
    names = _names(table)
    for row in table.rows[1:]:
        yield dict(zip(names, row, strict=False))


def _first(row: dict[str, Any], names: Sequence[str]) -> Any:
    return next((row[name] for name in names if row.get(name) not in (None, "")), None)


def _word_of_key(value: Any) -> str:
    """Kobo numbers its rows, and a workbook may hold a number as 1.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value or "")


def _say(key: str, value: Any) -> Cell:
    """Return a code as the word the importer reads; what is no code stays as it is."""
    listed = _LISTED.get(key)
    if listed is None or not isinstance(value, str):
        return value  # type: ignore[no-any-return]
    word = f"{listed}.{value}"
    return text(word) if has_text(word) else value
