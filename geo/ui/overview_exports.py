"""What can be taken away from 总览: the coverage of its units in their order, the roster, the ledger, the areas."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import streamlit as st

from geo.access import for_files
from geo.exports import (
    FORMATS,
    ExportHead,
    draw_outlines,
    draw_shapes,
    list_areas,
    name_units,
    tabulate_areas,
    tabulate_coverage,
    tabulate_ledger,
    tabulate_roster,
)
from geo.i18n import text
from geo.store.ledger import read_ledger
from geo.store.register import read_roster
from geo.ui.export_menu import draw_export, draw_formats, offer_table
from geo.ui.field_forms import has_forms, offer_forms
from geo.ui.shell import say_round

if TYPE_CHECKING:
    from geo.exports import Table
    from geo.ui.overview_data import Overview
    from geo.ui.session import Session

_LISTS: Final = ("coverage", "roster", "ledger", "areas")


def draw_overview_exports(session: Session, overview: Overview) -> None:
    """Draw the menu: which list, then its formats, a workbook first."""
    with st.popover(text("ov.export")):
        lists = (*_LISTS, "forms") if has_forms(session) else _LISTS
        what = st.selectbox(
            text("ov.export.what"), lists, format_func=lambda one: text(f"exports.title.{one}"), key="export_list"
        )
        if what == "forms":
            roster = overview.figures.counts.roster
            for one in offer_forms(session, overview.round, rows=roster):
                draw_export(session, text(f"field.offer.{one.form}"), one)
            return
        counts = {
            "coverage": len(overview.units), "roster": overview.figures.counts.roster,
            "ledger": overview.figures.issues["valid"], "areas": 1,
        }  # fmt: skip
        exports = offer_table(
            what, _head(session, overview, what), rows=counts[what], stamp=(session.place.id, session.as_of),
            tabulate=partial(_tabulate, session, overview, what), forms=list(FORMATS),
        )  # fmt: skip
        draw_formats(session, exports)


def _head(session: Session, overview: Overview, what: str) -> ExportHead:
    in_round = what in ("coverage", "roster")
    return ExportHead(
        title=text(f"exports.title.{what}"),
        place=session.place.name,
        round=say_round(overview.round, session.today) if in_round else "",
        as_of=session.as_of,
        filters=text("exports.by_level", level=text(f"level.{overview.level}")) if what == "coverage" else "",
        user=session.scope.actor,
    )


def _tabulate(session: Session, overview: Overview, what: str) -> Table:
    db, scope, place_id = session.db, for_files(session.scope), session.place.id
    if what == "coverage":
        draw = draw_outlines(db, scope, place_id=place_id, level=overview.level, round_id=overview.round.id)
        listed = [one for one in overview.units if one.counts.roster]
        return tabulate_coverage(name_units(db, scope, listed), draw)
    if what == "roster":
        return tabulate_roster(
            read_roster(db, scope, place_id=place_id, round_id=overview.round.id, as_of=session.as_of)
        )
    if what == "ledger":
        return tabulate_ledger(read_ledger(db, scope, place_id=place_id, as_of=session.as_of))
    return tabulate_areas(list_areas(db, scope, place_id=place_id), draw_shapes)
