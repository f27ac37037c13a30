"""What was found in a file: counts that sum to its rows, findings by kind, and what only a person can answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo.i18n import has_text, text
from geo.importer.points import READING
from geo.importer.saying import say_place, say_question
from geo.ui.plain import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.importer.findings import Finding, Question
    from geo.importer.report import ImportReport
    from geo.ui.import_journey import Journey

#: How the codes of a question's options are called in the catalogue.
_LISTS: Final = {
    "outcome": "outcome",
    "issue": "category",
    "class": "household_class",
    "tag": "tag",
    "points": "points",
    "date_order": "date_order",
    "make_codes": "make_codes",
    "group_titles": "group_titles",
    "tick": "tick",
}
_SHOWN_KINDS: Final = 6
_SHOWN_ROWS: Final = 50
_SHOWN_LETTERS: Final = 24


def show_counts(report: ImportReport) -> None:
    """Draw the three counts and their sum: rows that enter, rows to change, rows that are no data."""
    others = sum(one.code == "W_TOTAL_ROW_SKIPPED" for one in report.findings)
    refused = len(report.rows_bad)
    waiting = report.rows_total - report.rows_ok - refused
    with st.container(key="import_counts", horizontal=True, gap="large", vertical_alignment="bottom"):
        _count(report.rows_ok, "import_page.count.ok", text("import_page.count.warned", n=report.rows_warned))
        _count(refused, "import_page.count.bad", text("import_page.count.bad_how"), bad=refused > 0)
        if waiting > 0:
            _count(waiting, "import_page.count.waiting", text("import_page.count.waiting_how"))
        _count(others, "import_page.count.other", text("import_page.count.other_how"))
        parts = [report.rows_ok, refused, *([waiting] if waiting > 0 else []), others]
        st.caption(text("import_page.count.sum", parts=" + ".join(f"{one:,}" for one in parts), n=sum(parts)))


def _count(number: int, key: str, note: str, *, bad: bool = False) -> None:
    kind = "bad" if bad else "plain"
    st.html(f'<div class="count {kind}"><b>{number:,}</b> {text(key)}<br><span class="fig-note">{note}</span></div>')


def show_findings(report: ImportReport) -> None:
    """Draw the rows to change, then the warnings, grouped by kind: first cell, what to do, how many."""
    with st.container(key="sec_bad"):
        st.markdown(f"**{text('import_page.bad', n=len(report.rows_bad))}**")
        _show_groups(report, report.rows_bad, "bad")
    with st.container(key="sec_warned"):
        st.markdown(f"**{text('import_page.warned', n=len(report.findings))}**")
        _show_groups(report, report.findings, "warned")


def _show_groups(report: ImportReport, findings: Sequence[Finding], name: str) -> None:
    groups: dict[str, list[Finding]] = {}
    for one in findings:
        groups.setdefault(one.code, []).append(one)
    ordered = sorted(groups.items(), key=lambda item: -len(item[1]))
    for code, group in ordered[:_SHOWN_KINDS]:
        _show_group(report, code, group, name)
    if ordered[_SHOWN_KINDS:]:
        with st.expander(text("import_page.more_kinds", n=len(ordered) - _SHOWN_KINDS)):
            for code, group in ordered[_SHOWN_KINDS:]:
                _show_group(report, code, group, name)


def _show_group(report: ImportReport, code: str, group: list[Finding], name: str) -> None:
    first = group[0]
    places = text("import_page.places", n=len(group))
    label = f"**{escape(_where(first))}** {escape(say_finding(report, first))} · {places}"
    with st.expander(label, key=f"{name}_{code}"):
        rows = [{"cell": _where(one), "field": one.field, "value": one.value} for one in group[:_SHOWN_ROWS]]
        config: dict[str, Any] = {
            column: st.column_config.TextColumn(text(f"import_page.col.{column}"))
            for column in ("cell", "field", "value")
        }
        st.dataframe(rows, hide_index=True, row_height=28, column_config=config, height=38 + 28 * min(len(rows), 8))


def _where(one: Finding) -> str:
    """Return the cell of a finding, else its row (#4): features of a map file have no cells."""
    return say_place(one.cell) or (f"#{one.row}" if one.row else "—")


def say_finding(report: ImportReport, one: Finding) -> str:
    """Return what a finding means and what to do, with the value it speaks of."""
    count = int(one.field) if one.field.isdecimal() else 0
    said = text(f"finding.{one.code}", name=report.name, n=count, column=one.field, columns=one.value, mb=20, rows=0)
    quoted = text("import_page.quoted", value=one.value[:_SHOWN_LETTERS], said=said)
    return said if not one.value or one.value in said else quoted


def show_questions(journey: Journey, report: ImportReport) -> bool:
    """Draw what only a person can tell, with what seems likely preselected; say whether answers were given."""
    questions = [one for one in report.questions if one.kind != READING]
    if not questions:
        return False
    given: dict[str, str] = {}
    visit_date = journey.visit_date
    with st.container(key="questions", gap="small"):
        st.markdown(f"**{text('import_page.ask')}**")
        for nth, question in enumerate(questions):
            if question.kind == "visit_date":
                visit_date = st.date_input(
                    escape(say_question(question)), journey.visit_date, max_value="today", key=f"ask_date:{nth}",
                    format="YYYY-MM-DD", width=240,
                )  # fmt: skip
            elif question.kind == "dates_only":
                st.caption(say_question(question))
            elif answer := _ask(question, nth):
                given[question.id] = answer
        pressed = st.button(text("import_page.so"), key="import_answer", disabled=not given and visit_date is None)
    if not pressed:
        return False
    journey.answers.update(given)
    journey.visit_date = visit_date
    return True


def _ask(question: Question, nth: int) -> str:
    label = escape(say_question(question))
    if not question.options:
        return st.text_input(label, key=f"ask:{question.id}:{nth}", width=320).strip()
    names = {one.value: _say_option(question.kind, one.value, one.label) for one in question.options}
    values = list(names)
    found = st.selectbox(
        label, values, index=values.index(question.suggestion) if question.suggestion in names else None, width=420,
        format_func=names.__getitem__, key=f"ask:{question.id}:{nth}", placeholder=text("import_page.choose_meaning"),
    )  # fmt: skip
    return str(found or "")


def _say_option(kind: str, value: str, label: str) -> str:
    if value in ("skip", "none", "phone:effective"):
        return text(f"import_page.option.{kind}.{value}" if has_text(f"import_page.option.{kind}.{value}")
                    else f"import_page.option.{value}")  # fmt: skip
    if kind in _LISTS and has_text(f"{_LISTS[kind]}.{value}"):
        return text(f"{_LISTS[kind]}.{value}")
    return text(f"import_page.option.points.{value}") if kind == "points" else label
