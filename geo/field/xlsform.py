"""The form for phones: an XLSForm, the list of households it chooses from, and the same list as entities.

Written after the XLSForm standard (xlsform.org); ODK Central and KoboToolbox both take it. The household is told by
its key, which the form copies out of the list, so that it does not matter whether the list came as a file beside the
form (KoboToolbox) or as an entity list with ids of its own (ODK Central). Nothing about the recorder's phone is asked.
"""

from __future__ import annotations

import csv
import io
import zipfile
from typing import TYPE_CHECKING, Final

import xlsxwriter

from geo.field.form import LISTS, header_of, words_of
from geo.i18n import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.field.form import Form

#: The list of households beside the form, and its columns.
LIST_NAME: Final = "households"
_COLUMNS: Final = ("key", "village", "group", "code", "head", "tags", "last")
_SURVEY: Final = (
    "type", "name", "label", "hint", "required", "relevant", "constraint", "constraint_message", "calculation",
    "default", "choice_filter", "appearance", "repeat_count",
)  # fmt: skip
_ITEM: Final = "/".join((f"instance('{LIST_NAME}')", "root", "item[name=${household}]"))
_NOT_MET: Final = "${outcome} != 'effective'"


def write_xlsform(form: Form) -> bytes:
    """Return a zip of visit.xlsx (the XLSForm), households.csv (its list) and households-entities.csv (for Central)."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("visit.xlsx", _write_form(form))
        rows = [_item(row) for row in form.rows]
        archive.writestr(f"{LIST_NAME}.csv", _write_csv(("name", "label", *_COLUMNS), [(one[1], *one) for one in rows]))
        archive.writestr(f"{LIST_NAME}-entities.csv", _write_csv(("label", *_COLUMNS), rows))
        said = f"{form.line(len(rows))}\n\n{text('field.xlsform.readme')}"
        archive.writestr("README.txt", said.encode("utf-8-sig"))
    return packed.getvalue()


def _item(row: dict[str, str]) -> tuple[str, ...]:
    last = " ".join(part for part in (row["last_on"], row["last_outcome"]) if part)
    label = " ".join(part for part in (row["group"], row["code"], row["head_name"]) if part)
    group = row["group"] or text("exports.ungrouped")
    return label, row["row_key"], row["village"], group, row["code"], row["head_name"], row["tags"], last


def _write_csv(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """A list for a machine: no BOM, no apostrophes; texts stay as they are."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()


def _write_form(form: Form) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheets = {"survey": _survey(), "choices": _choices(form), "settings": _settings(form)}
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for nth, row in enumerate(rows):
                for column, value in enumerate(row):
                    sheet.write_string(nth, column, value)
    return target.getvalue()


def _survey() -> list[tuple[str, ...]]:
    asked: list[dict[str, str]] = [
        _ask("select_one groups", "group", "field.xlsform.group", required="yes", appearance="minimal"),
        _ask(
            f"select_one_from_file {LIST_NAME}.csv", "household", "field.xlsform.household", required="yes",
            choice_filter="group=${group}", appearance="minimal autocomplete",
        ),
        {"type": "calculate", "name": "row_key", "calculation": f"{_ITEM}/key"},
        {"type": "calculate", "name": "tags", "calculation": f"{_ITEM}/tags"},
        {"type": "calculate", "name": "last", "calculation": f"{_ITEM}/last"},
        {"type": "note", "name": "told", "label": text("field.xlsform.told", tags="${tags}", last="${last}"),
         "relevant": "${household} != ''"},
        _question("visited_on", "date", required="yes", default="today()", constraint=". <= today()")
        | {"constraint_message": text("field.xlsform.future")},
        _question("mode", required="yes", default="in_person"),
        _question("outcome", required="yes"),
        _question("respondent", relevant="${outcome} = 'effective' or ${outcome} = 'partial_proxy'"),
        _question("reason", required="yes", relevant=_NOT_MET),
        _question("revisit_on", "date", relevant=_NOT_MET),
        _ask(
            "integer", "issue_count", "field.xlsform.count", default="0", required="yes",
            constraint=". >= 0 and . <= 9", constraint_message=text("field.xlsform.most"),
        ),
        {"type": "begin_repeat", "name": "issues", "label": text("field.xlsform.issues"),
         "repeat_count": "${issue_count}"},
        _question("issue", required="yes"),
        _question("issue_title", "text", required="yes"),
        _question("issue_route"),
        _question("issue_due", "date"),
        {"type": "end_repeat", "name": "issues"},
        _question("note", "text"),
    ]  # fmt: skip
    return [_SURVEY, *(tuple(row.get(column, "") for column in _SURVEY) for row in asked)]


def _ask(kind: str, name: str, label: str, **more: str) -> dict[str, str]:
    return {"type": kind, "name": name, "label": text(label), **more}


def _question(key: str, kind: str = "", **more: str) -> dict[str, str]:
    return {"type": kind or f"select_one {key}", "name": key, "label": header_of(key), **more}


def _choices(form: Form) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("list_name", "name", "label")]
    rows += [("groups", group, group) for group in dict.fromkeys(_item(row)[3] for row in form.rows)]
    for key in LISTS:
        rows += [(key, code, word) for code, word in words_of(key, form).items()]
    return rows


def _settings(form: Form) -> list[tuple[str, ...]]:
    version = form.made_on.strftime("%Y%m%d")
    return [
        ("form_title", "form_id", "version", "instance_name"),
        (text("field.title", place=form.place), "visit", version, "concat(${group}, ' ', ${visited_on})"),
    ]
