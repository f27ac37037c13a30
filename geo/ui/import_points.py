"""The coordinate step of the import: how each source of points may be read, what speaks for it, and one choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo.crs import parse_system
from geo.errors import Invalid, NotFound
from geo.i18n import has_text, text
from geo.importer.meanings import SKIP
from geo.ui.import_points_map import draw_moves
from geo.ui.mapview import offer_map, show_map
from geo.ui.plain import escape

if TYPE_CHECKING:
    from geo.importer.points import PointSource
    from geo.importer.report import ImportReport
    from geo.mapspec import Facts
    from geo.ui.import_journey import Upload

_PLAIN: Final = "wgs84"
_OTHER: Final = "other"
#: Systems that can always be chosen, proven or not.
_ALWAYS: Final = ("gcj02", "bd09", "cgcs2000")
_HEIGHT: Final = 300
#: Findings that say that a point is missing which a reading might give.
_FAILED: Final = ("W_COORD_SWAPPED", "W_COORD_PROJECTED", "W_COORD_OUT_OF_AREA", "W_CRS_GCJ02")


def show_points(upload: Upload, report: ImportReport) -> bool:
    """Draw the step for every source whose points are not simply taken as they stand; say whether a choice changed.

    Nothing is drawn where all points are plain WGS84 and none failed. The choices of a file are kept with its upload.
    """
    changed = False
    for nth, source in enumerate(list_open(report)):
        with st.container(key=f"sec_points_{nth}"):
            changed = _show_source(upload, source, nth) or changed
    return changed


def list_open(report: ImportReport) -> list[PointSource]:
    """Return the sources that a person had better look at: asked, answered, or with points that failed."""
    failed = any(one.code in _FAILED for one in report.findings)
    return [
        one
        for one in report.points
        if one.usable and (one.how in ("asked", "answered") or (failed and one.proposed != ""))
    ]


def say_reading(key: str) -> str:
    """Return what a reading is called."""
    if has_text(f"points.reading.{key}"):
        return text(f"points.reading.{key}")
    head, _, rest = key.partition(":")
    return text("points.reading.swapped_of", system=say_reading(rest)) if head == "swapped" else key


def _show_source(upload: Upload, source: PointSource, nth: int) -> bool:
    st.markdown(f"**{text('import_points.title')}**")
    st.text(_say_lead(source))
    left, right = st.columns((460, 830), gap="medium")
    with left:
        _show_evidence(source, nth)
        changed = _show_choice(upload, source, nth)
    with right:
        if source.moves:
            _show_moves(upload, source, nth)
    return changed


def _say_lead(source: PointSource) -> str:
    """One sentence: where the points come from, how many they are, and what is proposed or was decided."""
    where = source.label or text("import_points.whole_column")
    if source.how == "answered":
        return text("import_points.lead.answered", source=where, n=source.usable, reading=say_reading(source.reading))
    if source.best:
        fits = next(one.fits for one in source.evidence if one.reading == source.best)
        return text(
            "import_points.lead.proven", source=where, n=source.usable, fits=fits, reading=say_reading(source.best)
        )
    key = "named" if source.how == "asked" else "open"
    return text(f"import_points.lead.{key}", source=where, n=source.usable)


def _show_evidence(source: PointSource, nth: int) -> None:
    rows = [
        {
            "reading": say_reading(one.reading), "inside": f"{one.inside:,} / {source.usable:,}",
            "fits": f"{one.fits:,} / {source.usable:,}",
            "distance": "—" if one.distance_m is None else text("import_points.metres", n=round(one.distance_m)),
        }
        for one in source.evidence
    ]  # fmt: skip
    config: dict[str, Any] = {
        name: st.column_config.TextColumn(text(f"import_points.col.{name}"), help=text(f"import_points.help.{name}"))
        for name in ("reading", "inside", "fits", "distance")
    }
    st.dataframe(rows, hide_index=True, row_height=28, column_config=config, key=f"points_evidence_{nth}",
                 height=40 + 28 * len(rows))  # fmt: skip


def _show_choice(upload: Upload, source: PointSource, nth: int) -> bool:
    """Draw the reading to choose and both buttons; keep what was chosen with the upload."""
    listed = [one.reading for one in source.evidence if one.inside and one.reading != _PLAIN]
    keys = list(dict.fromkeys([key for key in (source.proposed, *listed, *_ALWAYS, _OTHER) if key]))
    chosen = st.selectbox(
        text("import_points.choose"), keys, format_func=_say_choice, key=f"points_reading_{nth}", width=320,
    )  # fmt: skip
    other = st.text_input(text("import_points.epsg"), key=f"points_other_{nth}", width=320) if chosen == _OTHER else ""
    with st.container(horizontal=True):
        take = st.button(text("import_points.take"), type="primary", key=f"points_take_{nth}")
        leave = st.button(text("import_points.leave"), key=f"points_leave_{nth}")
    if leave:
        return _keep(upload, source, SKIP)
    if not take:
        return False
    if chosen != _OTHER:
        return _keep(upload, source, str(chosen))
    try:
        return _keep(upload, source, parse_system(other).name)
    except Invalid:
        st.error(escape(text("err.crs_unknown", value=other)))
        return False


def _say_choice(key: str) -> str:
    return text("import_points.other") if key == _OTHER else say_reading(key)


def _keep(upload: Upload, source: PointSource, answer: str) -> bool:
    if upload.readings.get(source.question) == answer:
        return False
    upload.readings[source.question] = answer
    return True


def _show_moves(upload: Upload, source: PointSource, nth: int) -> None:
    """Draw both places of the points; the view is offered once and kept while it stands."""
    kept: dict[str, tuple[object, str]] = st.session_state.setdefault("points_maps", {})
    name = f"{upload.path}:{nth}"
    seen = (source.proposed, source.moves, source.around)
    if kept.get(name, (None, ""))[0] != seen:
        spec, tiles, facts = draw_moves(source, say_reading(source.proposed))
        kept[name] = seen, offer_map(spec, tiles=tiles, find_facts=_teller(facts))
    show_map(kept[name][1], key=f"points_map_{nth}", height=_HEIGHT)


def _teller(facts: list[Facts]) -> Any:
    def tell(tile_id: int) -> Facts:
        if not 1 <= tile_id <= len(facts):
            raise NotFound("web.link_gone")
        return facts[tile_id - 1]

    return tell
