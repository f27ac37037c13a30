"""The workbook to fill in: known columns locked, drop-downs from a sheet of lists, a hidden key in every row.

Only what Excel, WPS and LibreOffice all keep is used: lists by a range of another sheet, protection without a password,
hidden columns and sheets.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from geo.field.form import DAYS, FILLED, KNOWN, LISTS, header_of, words_of
from geo.i18n import text
from geo.workbook import HEAD_ROWS, name_sheets

if TYPE_CHECKING:
    from geo.field.form import Form

#: Columns that only the importer needs: which household and which village a row is of.
_HIDDEN: Final = ("row_key", "village_code", "township")
_WIDTHS: Final = {
    "number": 6,
    "code": 22,
    "head_name": 10,
    "tags": 14,
    "issue_title": 24,
    "note": 20,
    "reason": 14,
    "terms": 24,
}
_WIDTH: Final = 12
_FIRST: Final = HEAD_ROWS


def write_template(form: Form) -> bytes:
    """Return an .xlsx file with one sheet; what is to be filled in is open, all else locked (no password)."""
    target = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(target, options) as book:
        name, lists = name_sheets([form.place, text("field.lists")])
        _write_sheet(book.add_worksheet(name), form, _make_formats(book), lists)
        _write_lists(book.add_worksheet(lists), form)
    return target.getvalue()


def _make_formats(book: Any) -> dict[str, Any]:
    cell = {"border": 1, "valign": "vcenter", "font_size": 10.5}
    return {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "line": book.add_format({"font_size": 10.5}),
        "head": book.add_format({**cell, "bold": True, "bg_color": "#D9D9D9", "align": "center", "text_wrap": True}),
        "fill_head": book.add_format(
            {**cell, "bold": True, "bg_color": "#FFF6E0", "align": "center", "text_wrap": True}
        ),
        "known": book.add_format({**cell, "num_format": "@", "quote_prefix": True, "bg_color": "#F4F6F8"}),
        "fill": book.add_format({**cell, "num_format": "@", "locked": False}),
        "day": book.add_format({**cell, "num_format": "yyyy-mm-dd", "locked": False}),
    }


def _write_sheet(sheet: Any, form: Form, formats: dict[str, Any], lists: str) -> None:
    sheet.write_string(0, len(_HIDDEN), text("field.title", place=form.place), formats["title"])
    sheet.write_string(1, len(_HIDDEN), f"{form.line(len(form.rows))} · {text('field.back')}", formats["line"])
    columns = _list_columns(form)
    for column, key in enumerate(columns):
        form_of = formats["fill_head" if key in FILLED else "head"]
        sheet.write_string(HEAD_ROWS - 1, column, header_of(key), form_of)
        hidden = {"hidden": True} if key in _HIDDEN else {}
        sheet.set_column(column, column, _WIDTHS.get(key, _WIDTH), None, hidden)
    for nth, row in enumerate(form.rows, start=_FIRST):
        for column, key in enumerate(columns):
            if key in FILLED:
                sheet.write_blank(nth, column, None, formats["day" if key in DAYS else "fill"])
            else:
                sheet.write_string(nth, column, row[key], formats["known"])
    if form.rows:
        _offer_choices(sheet, form, len(form.rows), lists)
    sheet.freeze_panes(HEAD_ROWS, columns.index("head_name") + 1)
    sheet.autofilter(HEAD_ROWS - 1, 0, HEAD_ROWS - 1 + max(1, len(form.rows)), len(columns) - 1)
    sheet.protect("", {"autofilter": True, "sort": False, "format_columns": True, "format_rows": True})
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(HEAD_ROWS - 1)


def _list_columns(form: Form) -> tuple[str, ...]:
    return ("row_key", "village_code", "township", "number", *KNOWN[3:], *form.told, *FILLED)


def _offer_choices(sheet: Any, form: Form, length: int, lists: str) -> None:
    last, columns = _FIRST + length - 1, _list_columns(form)
    for nth, key in enumerate(LISTS):
        column, letter = columns.index(key), xl_col_to_name(nth)
        source = f"='{lists}'!${letter}$2:${letter}${len(words_of(key, form)) + 1}"
        said = text("field.choose", header=header_of(key))
        sheet.data_validation(
            _FIRST, column, last, column, {"validate": "list", "source": source, "error_message": said}
        )
    for key in sorted(DAYS):
        column = columns.index(key)
        rule = {"validate": "date", "criteria": ">=", "value": form.starts_on.replace(year=form.starts_on.year - 1)}
        sheet.data_validation(_FIRST, column, last, column, rule | {"error_message": text("field.day")})


def _write_lists(sheet: Any, form: Form) -> None:
    for column, key in enumerate(LISTS):
        sheet.write_string(0, column, header_of(key))
        for row, word in enumerate(words_of(key, form).values(), start=1):
            sheet.write_string(row, column, word)
    sheet.hide()
