"""Questions of an import on the command line: what only a person can tell, the answers, and how one is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geo.i18n import has_text, text
from geo.importer.points import READING
from geo.importer.saying import say_question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geo.importer import ImportReport
    from geo.importer.findings import Option, Question

#: Villages that a question lists; of more it says how one is named.
_MOST: Final = 20
#: Kind of question → the list of the catalogue that holds the words of its answers.
_LISTS: Final = {"issue": "category", "class": "household_class"}


def list_questions(report: ImportReport) -> Iterator[str]:
    """Say each question that keeps the file out, its answers, and the options that settle the others."""
    for question in report.questions:
        if question.kind == READING:
            yield text("cli.import.ask_crs", value=question.value, n=question.rows, cell=question.cell)
        elif question.blocking:
            yield _say(question)
        elif question.kind == "visit_date":
            yield text("cli.import.ask_date", n=question.rows)
        elif question.kind == "make_codes":
            yield text("cli.import.ask_codes")


def _say(question: Question) -> str:
    told = {"value": question.value, "n": question.rows, "cell": question.cell, "field": question.field}
    asked = say_question(question) or text("cli.import.ask", **told)
    if len(question.options) > _MOST and question.kind == "unit":
        return text("cli.import.unit_question", asked=asked, id=question.id)
    choices = text("list.comma").join(_say_option(question.kind, one) for one in question.options)
    return text("cli.import.question" if choices else "cli.import.open_question", asked=asked, choices=choices,
                id=question.id)  # fmt: skip


def _say_option(kind: str, option: Option) -> str:
    """Return what is typed, and in brackets what it means."""
    keys = (f"{_LISTS.get(kind, kind)}.{option.value}", f"import_page.option.{kind}.{option.value}",
            f"import_page.option.{option.value}")  # fmt: skip
    word = next((text(key) for key in keys if has_text(key)), option.label)
    # A village is answered by its code as well as by its id, which nobody knows.
    value = option.value.rpartition("-")[2] if kind == "unit" else option.value
    return value if word == value else text("cli.import.option", value=value, word=word)
