"""A map file in the import journey: what was matched, before and after on a small map, and what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo.i18n import text
from geo.importer.followed import say_followed
from geo.importer.outlines.aside import list_aside
from geo.palette import AREA_LINE, INK
from geo.ui.import_marked import offer_marked
from geo.ui.import_questions import show_counts, show_findings, show_questions
from geo.ui.paper_map import PaperMap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geo.importer.report import Drawn, ImportReport
    from geo.model import Scope
    from geo.store.database import Database
    from geo.ui.import_journey import Journey
    from geo.ui.session import Session

_SIZE: Final = (560, 330)
#: How a new, a replaced and an unmatched outline are filled; what stands already is dashed and empty.
_FILLS: Final = {"aside": "#D9DDE2", "proposed": "#F5E6C8"}
_NEW_FILL: Final = "#C9DCEF"
_MOST_SHAPES: Final = 1_500
_OWN: Final = frozenset({"layer", "crs"})
_SHOWN: Final = 500


def show_areas(session: Session, journey: Journey, report: ImportReport, *, nth: int) -> None:
    """Draw one map file: counts; on the left map, questions and units; on the right what was measured and found."""
    show_counts(report)
    left, right = st.columns((842, 448), gap="medium")
    with left, st.container(key="sec_areas"):
        st.markdown(f"**{text('import_page.areas')}**")
        _show_map(report.drawn)
        changed = show_questions(journey, report)
        # Layer and system are one file's: another one of the same drop has its own.
        for own in _OWN & journey.answers.keys():
            journey.uploads[nth].readings[own] = journey.answers.pop(own)
        _show_units(report)
    with right:
        _show_measured(report)
        offer_marked(session, journey, nth, report)
        show_findings(report)
    if changed:
        st.rerun()


def _show_map(drawn: Sequence[Drawn]) -> None:
    """Draw the outlines of the file, and dashed below them those that they meet or replace."""
    shapes = [shape for one in drawn for shape in (one.before, one.after) if shape is not None][:_MOST_SHAPES]
    if not shapes:
        return
    paper = PaperMap(shapes, _SIZE, cropped=True)
    dash = " ".join(map(str, AREA_LINE.dash))
    paths = [
        f'<path d="{paper.trace(one.after)}" fill="{_FILLS.get(one.what, _NEW_FILL)}" fill-opacity="0.75" '
        f'stroke="{INK}" stroke-width="1.2"></path>'
        for one in drawn[:_MOST_SHAPES]
        if one.after is not None
    ]
    paths += [
        f'<path d="{paper.trace(one.before)}" fill="none" stroke="{AREA_LINE.stroke}" stroke-width="1.4" '
        f'stroke-dasharray="{dash}"></path>'
        for one in drawn[:_MOST_SHAPES]
        if one.before is not None
    ]
    st.image(paper.frame("".join(paths)), width=_SIZE[0])
    st.caption(text("import_page.areas.key"))


def _show_units(report: ImportReport) -> None:
    """List what each feature is: its unit, and what becomes of the unit's outline."""
    features = [] if report.areas is None else report.areas.get("features", [])
    rows = [
        {
            "row": one["row"], "level": text(f"level.{one['level']}") if one["level"] else "", "code": one["code"],
            "name": one["name"], "what": text(f"import_page.area.{one['what']}"),
            "m2": None if one["m2"] is None else round(one["m2"] / 1e4, 2),
            "nearest": text("list.comma").join(one.get("nearest", [])),
        }
        for one in sorted(features, key=lambda one: one["what"] != "aside")[:_SHOWN]
    ]  # fmt: skip
    if not rows:
        return
    aside = sum(one["what"] == "aside" for one in features)
    if aside:
        st.warning(text("import_page.areas.aside", n=aside))
    config: dict[str, Any] = {
        name: st.column_config.TextColumn(text(f"import_page.areas.{name}"))
        for name in ("row", "level", "code", "name", "what", *(("nearest",) if aside else ()))
    }
    if not aside:
        config["nearest"] = None
    config["m2"] = st.column_config.NumberColumn(text("import_page.areas.ha"), format="%.2f")
    st.dataframe(rows, hide_index=True, row_height=28, column_config=config, height=38 + 28 * min(len(rows), 12))


def _show_measured(report: ImportReport) -> None:
    """Say the system, overlaps, gaps and households outside their unit, largest first."""
    areas = report.areas or {}
    if "features" not in areas:
        return
    lines = [text("cli.areas.system" if areas["datum_known"] else "cli.areas.old_datum", crs=areas["crs"])]
    lines += say_followed(report.followed)
    lines += [
        text("cli.areas.overlap", one=pair["one"]["name"], other=pair["other"]["name"], m2=pair["m2"])
        for pair in areas["overlaps"]
    ]
    lines += [
        text("cli.areas.gap", name=gap["name"], pieces=gap["pieces"], m2=gap["m2"], beyond=gap["beyond_m2"])
        for gap in areas["gaps"]
    ]
    if areas["outside"]["total"]:
        lines.append(text("import_page.areas.outside", n=areas["outside"]["total"]))
    with st.container(key="sec_measured"):
        st.markdown(f"**{text('import_page.areas.measured')}**")
        for line in lines[:8]:
            st.text(line)


def show_aside(db: Database, scope: Scope) -> None:
    """Draw the list of features that were kept aside; nothing where there is none."""
    rows = list_aside(db, scope)
    if not rows:
        return
    heads = {"file_name": "file", "row": "row", "label": "name", "day": "day"}
    config: dict[str, Any] = {
        key: st.column_config.TextColumn(text(f"import_page.areas.{name}")) for key, name in heads.items()
    }
    with st.expander(text("import_page.areas.kept", n=len(rows)), key="aside_list"):
        st.caption(text("import_page.areas.aside_how"))
        st.dataframe(
            [{key: row[key] for key in heads} for row in rows[:_SHOWN]], hide_index=True, row_height=28,
            column_config=config, height=38 + 28 * min(len(rows), 10),
        )  # fmt: skip
