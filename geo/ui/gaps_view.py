"""缺口 on the screen: the sentence with its own arithmetic, the pills that add up, the table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from geo.codes import GAP_STATES, TODO_MARKS
from geo.coverage import remaining_to_target
from geo.exports import say_mark, tabulate_gaps, tabulate_groups
from geo.i18n import text
from geo.mask import say_count
from geo.schema import GAP_COLUMNS, GROUP_COLUMNS
from geo.store.rounds import previous_round
from geo.ui.clicks import clicked_row, follow_click, open_home
from geo.ui.gaps_data import LISTS, ONLY
from geo.ui.paging import find_page_of
from geo.ui.plain import escape
from geo.ui.session import show
from geo.ui.ticks import ROWS, draw_ticked
from geo.ui.widgets import note

if TYPE_CHECKING:
    from geo.model import Round, Scope
    from geo.rules import Rules
    from geo.store.reads import Figures
    from geo.ui.gaps_data import GapFilter, GapLists, View
    from geo.ui.session import Session

#: Columns of the screen in the order of the eye: what decides first. The file has those of the schema in its order.
_ORDER: Final = (
    "number", "priority", "township", "village", "group", "code", "head_name", "household_class", "tags", "last_on",
    "last_outcome", "attempts", "assignee", "due_on", "overdue_days", "open_issues", "reasons", "located", "suggested",
)  # fmt: skip
#: Level looked at → columns that would say the same in every row.
_SAME: Final = {"township": ("township",), "village": ("township", "village"), "group": ("township", "village")}
_WIDTHS: Final = {
    "number": 44, "priority": 54, "township": 100, "village": 84, "group": 56, "code": 132, "head_name": 58,
    "household_class": 74, "tags": 100, "last_on": 84, "last_outcome": 72, "attempts": 66, "assignee": 66,
    "due_on": 84, "overdue_days": 66, "open_issues": 66, "located": 60, "reasons": 260, "suggested": 66,
}  # fmt: skip
_BLANK_ZEROS: Final = ("overdue_days", "open_issues")
_NUMBERS: Final = ("number", "priority", "attempts", "overdue_days", "open_issues", "suggested")
#: Chip grounds by reason: late and urgent red, never and nobody amber, tried violet, partly done blue, the rest grey.
_CHIPS: Final = {
    "#FBECEC": ("state.overdue", "mark.priority_overdue", "mark.issue_overdue"),
    "#FFF6E0": ("state.unvisited", "mark.never", "mark.unassigned", "mark.issue_undated", "mark.missed_rounds"),
    "#F3EEF8": ("state.missed", "state.refused", "mark.missed_twice", "mark.away_uncontacted"),
    "#EBF5F9": ("state.partial", "mark.revisit_on_return"),
    "#F0F2F4": ("mark.unlocated", "mark.exclusion_pending"),
}
_TINTS: Final = {"overdue": "red", "unvisited": "orange", "missed": "violet", "refused": "violet", "partial": "blue"}


def draw_lead(figures: Figures, round_: Round, chosen: GapFilter, lists: GapLists) -> None:
    """Draw the first sentence: how many are missing and what that is the difference of, or how many need somebody."""
    counts = figures.counts
    if chosen.by == "todo":
        said = text("gap.lead.todo", place=figures.place.name, k=lists.lengths["todo"])
        _draw_sentence(said, text("gap.lead.todo.of", n=counts.effective))
        return
    missing = counts.roster - counts.effective
    target = f"{round_.target_bp / 100:g}%"
    left = remaining_to_target(counts, round_.target_bp)
    how = text("gap.lead.sum", N=counts.roster, n=counts.effective)
    goal = text("gap.lead.goal", g=left, t=target) if left else text("gap.lead.met", t=target)
    said = text("gap.lead", place=figures.place.name, m=missing)
    _draw_sentence(said, text("list.semicolon").join([how, goal]))


def _draw_sentence(said: str, how: str) -> None:
    with st.container(key="gap_lead"):
        st.markdown(f"**{escape(said)}** :gray[{escape(how)}]")


def draw_lists(chosen: GapFilter, lists: GapLists) -> None:
    """Draw the switch between the lists, each with its length; exclusions only where there is one."""
    st.session_state["by_pick"] = chosen.by
    st.segmented_control(
        text("gap.by"),
        [one for one in LISTS if one != "out" or lists.has_exclusions or chosen.by == "out"],
        key="by_pick",
        required=True,
        format_func=lambda by: text(f"gap.by.{by}", n=lists.lengths[by]),
        on_change=lambda: show(by=st.session_state["by_pick"] or "home", state="", mark="", only=""),
        label_visibility="collapsed",
    )


def draw_pills(chosen: GapFilter, lists: GapLists, *, level: str) -> None:
    """Draw the pills: states, which exclude each other and add up, and marks, of which a row may have several."""
    rows = lists.of(chosen.by)
    if chosen.by in ONLY:
        _draw_only(chosen, rows)
        return
    if chosen.by == "home":
        counts = rows["state"].value_counts()
        options = ["", *(state for state in GAP_STATES if counts.get(state, 0) or state == chosen.state)]
        labels = {state: _state_label(state, int(counts.get(state, 0))) for state in options}
        labels[""] = text("gap.all", n=len(rows))
        _draw_row("state", options, labels, chosen.state)
    held = {mark: int(rows[f"m_{mark}"].sum()) for mark in chosen.marks}
    options = ["", *(mark for mark in chosen.marks if held[mark] or mark == chosen.mark)]
    labels = {
        mark: text(
            "gap.pill",
            word=say_mark(mark, lists.rules),
            n=_say_held(mark, held[mark], level, lists.rules["small_count"]),
        )
        for mark in options
        if mark
    }
    labels[""] = text("gap.any")
    _draw_row("mark", options, labels, chosen.mark)


#: Marks that tell a trait of people.
_TRAITS: Final = frozenset({"priority_overdue"})


def _say_held(mark: str, held: int, level: str, least: int) -> str:
    """Return how many households a mark holds for; of one that tells a trait of people, no small count."""
    return say_count(held, level, least=least) if mark in _TRAITS else f"{held}"


def _draw_only(chosen: GapFilter, rows: pd.DataFrame) -> None:
    labels = {"": text("gap.all", n=len(rows))}
    for only in ONLY[chosen.by]:
        kept = len(replace(chosen, only=only).rows_of(rows))
        labels[only] = text("gap.pill", word=text(f"gap.only.{only}"), n=kept)
    _draw_row("only", list(labels), labels, chosen.only, said=f"gap.row.{chosen.by}")


def _state_label(state: str, count: int) -> str:
    if not state:
        return ""
    glyph = f":{_TINTS[state]}[{text(f'glyph.{state}')}]"
    return f"{glyph} {text('gap.pill', word=text(f'state.{state}'), n=count)}"


def _draw_row(name: str, options: list[str], labels: dict[str, str], current: str, *, said: str = "") -> None:
    said = text(said or f"gap.row.{name}")
    with st.container(key=f"pills_{name}", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":gray[{said}]", width=52)
        st.session_state[f"{name}_pick"] = current
        st.pills(
            said,
            options,
            key=f"{name}_pick",
            format_func=labels.__getitem__,
            required=True,
            on_change=lambda: show(**{name: st.session_state[f"{name}_pick"] or ""}),
            label_visibility="collapsed",
        )


def draw_table(session: Session, chosen: GapFilter, lists: GapLists, rows: pd.DataFrame) -> pd.DataFrame:
    """Draw the rows as a table; return those that are ticked."""
    page, whole = find_page_of(f"gap_page_{lists.view.place}_{lists.view.round}_{chosen}", len(rows)), len(rows)
    rows = page.rows_of(rows)
    if chosen.by == "group":
        frame, columns = _group_frame(rows)
    else:
        frame = _home_table(
            lists.scope, lists.view, chosen, page.number, session.place.level, _rows=rows, _rules=lists.rules
        )
        columns = _home_columns(frame, rows)
    ids = rows["place" if chosen.by == "group" else "household"].tolist()
    ticked = draw_ticked(frame, columns, of=(lists.view.place, lists.view.round, chosen.by, page.number), ids=ids)
    page.draw()
    words = text("gap.foot.all", n=whole) if whole <= ROWS else text("gap.foot", k=ROWS, n=whole)
    st.html(note(text("list.semicolon").join([words, text("gap.marks.note"), text("gap.foot.export")])))
    follow_click(session)
    return rows.iloc[ticked]


@st.cache_resource(max_entries=8, show_spinner=False)
def _home_table(
    scope: Scope,  # noqa: ARG001 - with view and filter the key of the cache
    view: View,  # noqa: ARG001
    chosen: GapFilter,  # noqa: ARG001
    page: int,  # noqa: ARG001
    level: str,
    *,
    _rows: pd.DataFrame,
    _rules: Rules,
) -> pd.DataFrame:
    """Return what the screen shows of the rows: the columns that say something, in words."""
    headers = {column.header: column.key for column in GAP_COLUMNS}
    table = tabulate_gaps(_rows, rules=_rules).as_frame().rename(columns=headers)
    table["reasons"] = [words.split(text("list.comma")) if words else [] for words in table["reasons"]]
    for key in _BLANK_ZEROS:
        table[key] = table[key].replace(0, None)
    return table[[key for key in _order_of(level) if key in ("number", "code") or _has_any(table[key])]]


def _home_columns(frame: pd.DataFrame, rows: pd.DataFrame) -> dict[str, Any]:
    headers = {column.key: column.header for column in GAP_COLUMNS}
    homes = list(zip(rows["household"], rows["place"], strict=True))
    return {key: _column(key, headers[key], homes) for key in frame.columns}


def _order_of(level: str) -> list[str]:
    """Return the columns for a level; where 乡镇 or 村 takes room, the reasons come before what may be cut."""
    order = [key for key in _ORDER if key not in _SAME.get(level, ())]
    if "village" in order:
        order.remove("reasons")
        order.insert(order.index("head_name") + 1, "reasons")
    return order


def _has_any(values: pd.Series) -> bool:
    return any(value not in ("", None) and value != [] for value in values)


def _column(key: str, header: str, homes: list[tuple[str, str]]) -> Any:
    column = st.column_config
    width = _WIDTHS[key]
    if key == "code":
        return column.ButtonColumn(
            header,
            width=width,
            type="tertiary",
            alignment="left",
            key="gap_code",
            on_click=open_home,
            args=("gap_code", homes),
        )
    if key == "reasons":
        colours = {text(word): colour for colour, words in _CHIPS.items() for word in words}
        return column.MultiselectColumn(header, width=width, options=list(colours), color=list(colours.values()))
    if key in _NUMBERS:
        return column.NumberColumn(header, width=width, format="localized")
    return column.TextColumn(header, width=width)


def _group_frame(rows: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, Any]]:
    table = tabulate_groups(rows).as_frame()
    header = next(column.header for column in GROUP_COLUMNS if column.key == "group")
    columns = {
        header: st.column_config.ButtonColumn(
            header,
            type="tertiary",
            alignment="left",
            key="gap_group",
            on_click=_click_group,
            args=(rows["place"].tolist(),),
        )
    }
    return table, columns


def _click_group(places: list[str]) -> None:
    row = clicked_row("gap_group")
    if row is not None and row < len(places):
        show(place=places[row], by="home", only="")


def draw_empty(session: Session, figures: Figures, chosen: GapFilter, lists: GapLists) -> None:
    """Say that nothing is on the list, or that the filter lets nothing through, with the way on."""
    if chosen.words(lists.rules) and not lists.of(chosen.by).empty:
        name, words = chosen.last(lists.rules)
        st.markdown(escape(text("empty.filter")))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(text("gap.drop", last=words), on_click=show, kwargs={name: ""}, key="drop_filter")
            _offer_todos(chosen, lists)
    elif not figures.counts.roster:
        st.markdown(escape(text("empty.place")))
    elif chosen.by in ("todo", "out"):
        st.markdown(escape(text(f"empty.{'todos' if chosen.by == 'todo' else 'exclusions'}")))
    else:
        said = text("empty.gaps", place=figures.place.name, r=figures.round.number, N=figures.counts.roster)
        st.markdown(escape(said))
        before = previous_round(session.db, session.scope, of=figures.round, place_id=session.place.id)
        if before is not None:
            st.button(text("gap.last_round"), on_click=show, kwargs={"round": str(before.number)}, key="last_round")


def _offer_todos(chosen: GapFilter, lists: GapLists) -> None:
    """Where a mark holds for no home on this list but for visited ones, offer those."""
    if chosen.by != "home" or chosen.mark not in TODO_MARKS:
        return
    held = int(lists.of("todo")[f"m_{chosen.mark}"].sum())
    if held:
        label = text("gap.in_todos", n=held, word=say_mark(chosen.mark, lists.rules))
        st.button(label, on_click=show, kwargs={"by": "todo", "state": ""}, key="to_todos")
