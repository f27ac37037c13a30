"""Files in the forms that offices hand in, made from rows: .xls, .ods, merged, hidden, with errors; people are invented."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import date, datetime
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import xlsxwriter
import xlwt

_ERRORS = {"#N/A": 0x2A, "#REF!": 0x17, "#DIV/0!": 0x07}
_NAMES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
)


def write_book(path: Path, rows, *, merges=(), hidden_rows=(), hidden_columns=(), sheets=(), hide=(), options=None):
    """Write an .xlsx: rows of the first sheet, merged ranges (A1:C1), hidden rows (from 0), further sheets by name.

    A cell that is a (formula, value) pair becomes a formula with that stored value; None stores none.
    """
    book = xlsxwriter.Workbook(path, options or {})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    covered = {cell for one in merges for cell in _covered(one)}
    rows = [["" if (r, c) in covered else cell for c, cell in enumerate(line)] for r, line in enumerate(rows)]
    for name, lines in (("台账", rows), *sheets):
        sheet = book.add_worksheet(name)
        if name in hide:
            sheet.hide()
        for r, line in enumerate(lines):
            for c, cell in enumerate(line):
                _write(sheet, r, c, cell, day)
    first = book.worksheets()[0]
    for one in merges:
        left = one.split(":")[0]
        r, c = xlsxwriter.utility.xl_cell_to_rowcol(left)
        value = rows[r][c]
        first.merge_range(one, "")
        _write(first, r, c, value, day)
    for row in hidden_rows:
        first.set_row(row, None, None, {"hidden": True})
    for column in hidden_columns:
        first.set_column(f"{column}:{column}", None, None, {"hidden": True})
    book.close()
    return path


def _covered(merge: str) -> list[tuple[int, int]]:
    """Return the cells of a range but its first, which spreadsheets empty when they merge."""
    (r1, c1), (r2, c2) = map(xlsxwriter.utility.xl_cell_to_rowcol, merge.split(":"))
    return [(r, c) for r in range(r1, r2 + 1) for c in range(c1, c2 + 1)][1:]


def _write(sheet, r: int, c: int, cell, day) -> None:
    if isinstance(cell, tuple):
        sheet.write_formula(r, c, cell[0], None, "" if cell[1] is None else cell[1])
    elif isinstance(cell, (date, datetime)):
        sheet.write_datetime(r, c, cell, day)
    elif isinstance(cell, str) and cell:
        sheet.write_string(r, c, cell)
    elif cell not in ("", None):
        sheet.write(r, c, cell)


def write_old_book(path: Path, rows, *, merges=(), hidden_rows=(), is_1904=False, sheets=(), hide=()):
    """Write an .xls; a cell that begins with = is a formula without a stored value."""
    book = xlwt.Workbook()
    book.dates_1904 = is_1904
    day = xlwt.easyxf(num_format_str="yyyy-mm-dd")
    for name, lines in (("台账", rows), *sheets):
        sheet = book.add_sheet(name)
        sheet.visibility = int(name in hide)
        for r, line in enumerate(lines):
            for c, cell in enumerate(line):
                if isinstance(cell, str) and cell.startswith("="):
                    sheet.write(r, c, xlwt.Formula(cell[1:]))
                elif isinstance(cell, str) and cell.startswith("#"):
                    sheet.row(r).set_cell_error(c, _ERRORS[cell])
                elif isinstance(cell, (date, datetime)):
                    sheet.write(r, c, cell, day)
                elif cell not in ("", None):
                    sheet.write(r, c, cell)
    for r1, r2, c1, c2 in merges:
        book.get_sheet(0).merged_ranges.append((r1, r2, c1, c2))
    for row in hidden_rows:
        book.get_sheet(0).row(row).hidden = True
    book.save(str(path))
    return path


def write_open_document(path: Path, rows, *, spans=None, hidden_rows=(), parts=None, manifest=""):
    """Write an .ods; `spans` are (row, column) → (rows, columns) of merged cells; `parts` are further members."""
    lines = []
    for r, line in enumerate(rows):
        cells = [_ods_cell(cell, (spans or {}).get((r, c), (1, 1))) for c, cell in enumerate(line)]
        hidden = ' table:visibility="collapse"' if r in hidden_rows else ""
        lines.append(f"<table:table-row{hidden}>{''.join(cells)}</table:table-row>")
    return write_ods_table(path, "".join(lines), parts=parts, manifest=manifest)


def write_ods_table(path: Path, table: str, *, parts=None, manifest=""):
    """Write an .ods from the XML of its one table."""
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_NAMES}><office:body><office:spreadsheet>'
        f'<table:table table:name="台账">{table}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f"{manifest}</manifest:manifest>",
        )
        for name, body in (parts or {}).items():
            archive.writestr(name, body)
    return path


def _ods_cell(cell, span: tuple[int, int]) -> str:
    spanned = (
        f' table:number-rows-spanned="{span[0]}" table:number-columns-spanned="{span[1]}"' if span != (1, 1) else ""
    )
    if cell in ("", None):
        return f"<table:table-cell{spanned}/>"
    if isinstance(cell, (date, datetime)):
        return (
            f'<table:table-cell{spanned} office:value-type="date" office:date-value="{cell.isoformat()}">'
            f"<text:p>{cell}</text:p></table:table-cell>"
        )
    if isinstance(cell, (int, float)):
        return (
            f'<table:table-cell{spanned} office:value-type="float" office:value="{cell}">'
            f"<text:p>{cell}</text:p></table:table-cell>"
        )
    if cell.startswith("#"):
        return (
            f'<table:table-cell{spanned} table:formula="of:=NA()" office:value-type="string" office:string-value="" '
            f'calcext:value-type="error"><text:p>{escape(cell)}</text:p></table:table-cell>'
        )
    formula = f" table:formula={quoteattr('of:' + cell)}" if cell.startswith("=") else ' office:value-type="string"'
    body = "" if cell.startswith("=") else f"<text:p>{escape(cell)}</text:p>"
    return f"<table:table-cell{spanned}{formula}>{body}</table:table-cell>"


def add_parts(path: Path, parts: dict[str, bytes]) -> Path:
    """Add members to an archive, or replace them."""
    target = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in source.namelist():
            copy.writestr(name, parts.get(name) or source.read(name))
        for name in parts.keys() - set(source.namelist()):
            copy.writestr(name, parts[name])
    path.write_bytes(target.getvalue())
    return path


def write_gzip(path: Path, content: bytes) -> Path:
    """Write gzipped bytes."""
    path.write_bytes(gzip.compress(content, 9))
    return path
