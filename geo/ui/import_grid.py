"""A file as the system reads it: its first rows, and under each header the field it is taken for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from geo.i18n import text
from geo.importer.findings import FIELDS
from geo.importer.together import MARK
from geo.ui.plain import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.importer.headers import Column
    from geo.importer.report import ImportReport
    from geo.ui.import_journey import Upload

_SKIP: Final = ""
#: Ways a column was understood that a person had better look at.
_DOUBTFUL: Final = ("guessed", "unknown", "yielded", "corrected")
#: The grounds of theme.md for what must be changed, what to look at, the table head, the row of fields.
_PAINT: Final = {
    "refused": "background-color: #FBECEC", "warned": "background-color: #FFF6E0",
    "head": "background-color: #F4F6F8; color: #465463", "field": "background-color: #E9F0F7; color: #1F4E79",
}  # fmt: skip


def show_grid(report: ImportReport) -> None:
    """Draw the header row, the row of fields and the first data rows, with what was found in them."""
    frame = build_grid(report)
    first = f"{report.sheets[0]}{MARK}" if len(report.sheets) > 1 else ""
    warned, refused = ([one.cell.removeprefix(first) for one in some] for some in (report.findings, report.rows_bad))
    marks = dict.fromkeys(warned, "warned") | dict.fromkeys(refused, "refused")
    style = frame.style.apply(lambda column: _paint(column, marks), axis=0)
    config: dict[str, Any] = {str(name): st.column_config.TextColumn(str(name)) for name in frame.columns}
    st.dataframe(style, row_height=28, height=38 + 28 * len(frame), column_config=config, key="import_grid")


def build_grid(report: ImportReport) -> pd.DataFrame:
    """Return the grid as text: columns are letters, rows are row numbers; row two says what a column is taken for."""
    names = [column.letter for column in report.columns]
    lines = [
        [" ".join(column.header.split()) for column in report.columns],
        [say_column(one) for one in report.columns],
    ]
    for _, cells in report.preview:
        padded = [*cells, *[""] * len(names)]
        lines.append([_say_cell(column, padded[column.index]) for column in report.columns])
    index = [str(report.header_row), "→", *(str(number) for number, _ in report.preview)]
    return pd.DataFrame(lines, columns=names, index=index, dtype="object")


def say_column(column: Column) -> str:
    """Return what a column is taken for: `→ 组`, 跳过, 不导入."""
    if column.key is not None:
        guessed = column.how == "guessed"
        return text("import_page.as_guess" if guessed else "import_page.as", field=FIELDS[column.key].header)
    return text("import_page.as_refused" if column.how == "refused" else "import_page.as_skipped")


def _say_cell(column: Column, cell: str) -> str:
    return text("import_page.withheld") if column.how == "refused" else cell


def _paint(column: pd.Series[Any], marks: dict[str, str]) -> list[str]:
    cells = [_PAINT.get(marks.get(f"{column.name}{number}", ""), "") for number in column.index[2:]]
    return [_PAINT["head"], _PAINT["field"], *cells]


def show_mapping(upload: Upload, report: ImportReport, *, expanded: bool) -> bool:
    """Draw a choice of field for each column, doubtful ones in sight; say whether one was changed."""
    columns = report.columns
    doubtful = [one for one in columns if one.how in _DOUBTFUL]
    sure = [one for one in columns if one.how not in (*_DOUBTFUL, "blank", "refused")]
    changed = _show_choices(upload, report.sheet, doubtful)
    with st.expander(text("import_page.other_columns", n=len(sure)), expanded=expanded):
        return _show_choices(upload, report.sheet, sure) or changed


def _show_choices(upload: Upload, sheet: str, columns: Sequence[Column]) -> bool:
    changed = False
    options = [_SKIP, *FIELDS]
    with st.container(horizontal=True, gap="small"):
        for column in columns:
            now = column.key or _SKIP
            label = escape(f"{column.letter} {column.header}".strip())
            chosen = st.selectbox(
                label, options, index=options.index(now), width=150, key=f"map:{upload.path}:{sheet}:{column.index}",
                format_func=_say_field,
            )  # fmt: skip
            if chosen != now:
                upload.mapping[column.index] = chosen or None
                changed = True
    return changed


def _say_field(key: str) -> str:
    return FIELDS[key].header if key else text("import_page.as_skipped")
