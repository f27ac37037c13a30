"""The sheet of paper (走访单): one group a page, the rows in the same order as in the workbook that is its twin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geo.field.form import header_of, words_of
from geo.i18n import text
from geo.printout import Printed, print_pdf

if TYPE_CHECKING:
    from geo.field.form import Form

#: Columns with their width in mm: what is known, then what is written by hand; the outcome is ticked.
_KNOWN: Final = (("number", 8), ("code", 34), ("head_name", 17), ("tags", 25), ("last", 26), ("open_issues", 12))
_BY_HAND: Final = (("visited_on", 18), ("outcome", 56), ("respondent", 18), ("issue_title", 43), ("note", 19))
#: How many of the outcomes can be ticked; the others are written into the note.
_TICKED: Final = 6


def print_sheets(form: Form) -> Printed:
    """Return the A4 sheets of a form as PDF: a page break before each group, page numbers through all of them."""
    heads = [{"head": header_of(key), "width": width} for key, width in (*_KNOWN, *_BY_HAND)]
    groups = [
        {"title": text("field.sheet", village=village, group=group or text("exports.ungrouped")),
         "line": form.line(len(rows)), "rows": [_cells(row) for row in rows]}
        for (village, group), rows in form.by_group().items()
    ]  # fmt: skip
    data = {
        "foot": text("field.foot", place=form.place, round=form.round_name),
        "page_words": [text("field.page.before"), text("field.page.between"), text("field.page.after")],
        "heads": heads, "groups": groups, "came": text("field.came"), "told": [text("field.told")],
        "outcomes": [f"□{word}" for word in list(words_of("outcome", form).values())[:_TICKED]],
    }  # fmt: skip
    return print_pdf("visit-sheet", data)


def _cells(row: dict[str, str]) -> list[str]:
    last = " ".join(part for part in (row["last_on"], row["last_outcome"]) if part)
    return [row["number"], row["code"], row["head_name"], row["tags"], last, row["open_issues"]]
