"""打印: the one-page 汇报页, and the map as it stands on the screen as a sheet (PDF) or a picture (PNG)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

import streamlit as st

from geo.access import may
from geo.basemaps import draw_ground
from geo.crs import WGS84
from geo.exports import ExportHead
from geo.exports.maps import (
    Briefing,
    Figure,
    MapSheet,
    MapShown,
    Viewport,
    Worst,
    cut_homes,
    print_briefing,
    print_map,
)
from geo.i18n import text
from geo.mapshift import carry_spec
from geo.ui.base_maps import carry_to, open_base
from geo.ui.export_menu import Export, draw_export
from geo.ui.mapdata import read_map
from geo.ui.overview_data import read_overview
from geo.ui.overview_next import list_steps, say_where
from geo.ui.saying import say_round, say_side
from geo.ui.share import say_sentence
from geo.ui.widgets import fraction

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from geo.exports import Progress
    from geo.store.database import Database
    from geo.ui.map_clicks import Standing
    from geo.ui.mapdata import MapView
    from geo.ui.overview_data import Overview
    from geo.ui.session import Session

_WORST: Final = 10
_STEPS: Final = 3
_FOUR: Final = ("kpi.coverage", "kpi.phone", "kpi.groups_complete", "kpi.clear")
Form = Literal["pdf", "png"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A view to print: where it stands, what it is of, what makes its one or two maps now, which of them told."""

    standing: Standing
    of: Hashable
    reads: tuple[Callable[[], MapView], ...]
    told: int = 0


def draw_prints(session: Session, kept: Kept | None = None, *, filters: str = "") -> None:
    """Draw what can be printed of the place in view; on the map also the view itself, as it was kept."""
    if session.round is None or not may(session.scope, "export"):
        st.caption(text("print.none"))
        return
    if kept is not None:
        st.caption(text("print.view.hint"))
        with st.container(key="print_view", horizontal=True, gap="small"):
            for form in ("pdf", "png"):
                make = partial(_make_view, form, session, kept, filters)
                head = _head(session, "print.view", filters)
                draw_export(
                    session,
                    text(f"print.view.{form}"),
                    Export("map", form, head, 1, (kept.of, kept.standing, kept.told), make),
                )
    st.caption(text("print.brief.hint"))
    brief = Export("briefing", "pdf", _head(session, "print.brief"), 1, session.place.id, partial(_make_brief, session))
    draw_export(session, text("print.brief.pdf"), brief)


def _head(session: Session, title: str, filters: str = "") -> ExportHead:
    if session.round is None:
        raise ValueError(session.round)
    return ExportHead(
        title=text(title), place=session.place.name, round=say_round(session.round, session.today),
        as_of=session.as_of, filters=filters, user=session.scope.actor,
    )  # fmt: skip


def _make_view(form: Form, session: Session, kept: Kept, filters: str, _: Progress | None) -> tuple[bytes, int]:
    views = [read() for read in kept.reads]
    found = views[-1]
    round_, share = found.figures.round, found.share
    sheet = MapSheet(
        title=text(f"print.title.{found.spec.data['view']}", place=session.place.name, r=round_.number),
        line=text("print.line", day=found.figures.as_of, round=say_round(round_, session.today),
                  filters=filters or text("exports.no_filter")),
        figures=f"{text(share.formula)} {share.percent} = {fraction(share)}",
        foot_left=text("print.demo") if session.db.is_demo else text("print.foot"),
        foot_right=text("print.by", user=session.scope.actor, day=session.today),
    )  # fmt: skip
    return print_map(sheet, _show_maps(session.db, kept, views), form=form), 1


def _show_maps(db: Database, kept: Kept, views: Sequence[MapView]) -> list[MapShown]:
    """Return the maps of the sheet; under both lies the same piece of the base map, in whose system they are drawn."""
    standing = kept.standing
    opened = open_base(db) if standing.based else None
    system = WGS84 if opened is None else opened[0].crs
    ((lon, lat),) = carry_to(system, [(standing.lon, standing.lat)])
    viewport = Viewport(lon, lat, standing.zoom, *standing.size)
    ground, credit = b"", ""
    if standing.based:
        ground = b"" if opened is None else draw_ground(opened[1], viewport.piece)
        credit = text(f"basemap.credit.{opened[0].kind}") if opened and ground else text("print.no_base")
    return [
        MapShown(
            viewport,
            carry_spec(one.spec, system),
            cut_homes(*one.tiles.now(), system=system),
            standing.hidden if nth == kept.told else standing.beside,
            caption=say_side(one),
            ground=ground,
            credit=credit,
        )
        for nth, one in enumerate(views)
    ]


def _make_brief(session: Session, _: Progress | None) -> tuple[bytes, int]:
    page, found = make_briefing(session)
    return print_briefing(page, found.spec, cut_homes(*found.tiles.now())).content, 1


def make_briefing(session: Session) -> tuple[Briefing, MapView]:
    """Return the 汇报页 of the session's place as its figures stand now, and the view on its map."""
    if session.round is None:
        raise ValueError(session.round)
    overview, found = read_overview(session, session.round), read_map(session, "visits")
    figures, counts = overview.figures, overview.figures.counts
    kept = [name for name in _FOUR if name != "kpi.groups_complete" or counts.groups]
    shares = [figures.share(name) for name in kept]
    steps = [(one, say_where(overview, one.of_unit)) for one in list_steps(overview)[:_STEPS]]
    page = Briefing(
        title=text("brief.title", place=session.place.name, r=session.round.number),
        sentence=say_sentence(overview),
        figures=[Figure(text(one.formula), one.percent, fraction(one)) for one in shares],
        worst_title=text("brief.worst", level=text(f"level.{overview.level}")) if overview.level else "",
        worst=_list_worst(overview, found),
        steps=[f"{text(f'ov.next.{one.name}', n=one.count)}{text('brief.where', where=where) if where else ''}"
               for one, where in steps],
        foot=text("brief.foot", user=session.scope.actor, day=session.today,
                  demo=text("print.demo") if session.db.is_demo else ""),
        formulas=text("brief.formulas", day=figures.as_of, id=found.figures_id, said=text("map.semicolon").join(
            f"{text(one.formula)} = {text(one.formula + '.n')} ÷ {text(one.formula + '.N')}" for one in shares)),
    )  # fmt: skip
    return page, found


def _list_worst(overview: Overview, found: MapView) -> list[Worst]:
    """Return the first ten units of 总览 with anything left, with their numbers on the map."""
    numbers = {place: nth for nth, place in enumerate(found.spec.places, start=1)}
    worst = []
    for one in overview.units[:_WORST]:
        counts, share = one.counts, one.share("kpi.coverage")
        left = overview.remaining_of(one)
        if counts.roster and left:
            said = text("brief.left", n=left)
            fractioned = f"{counts.effective:,}/{counts.roster:,}"
            worst.append(Worst(numbers.get(one.place.id, 0), one.place.name, share.percent, fractioned, said))
    return worst
