"""底图 on the screen: what lies under the households on the map, for the whole file; the key goes in and never out.

Neither an address nor a path is taken from a browser: services are the known ones, archives those in one folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st

from geo import config
from geo.basemaps import list_archives, open_source
from geo.crs import GCJ02, WGS84
from geo.errors import GeoError
from geo.i18n import text
from geo.store.basemap import KINDS, BaseMap, read_basemap, read_basemap_key, set_basemap, system_of
from geo.ui.done import note_done
from geo.ui.overview_head import draw_head
from geo.ui.plain import show_error

if TYPE_CHECKING:
    from geo.ui.session import Session

_WIDTH: Final = 320
_SYSTEMS: Final = (WGS84.name, GCJ02.name)


def draw_basemap(session: Session) -> None:
    """Draw what the base map is, and the way to choose another or none."""
    base = read_basemap(session.db)
    with st.container(key="sec_basemap"):
        draw_head(text("basemap.name"), text("basemap.note"))
        kind = st.selectbox(
            text("basemap.name"), KINDS, index=KINDS.index(base.kind), key="basemap_kind", width=_WIDTH,
            format_func=lambda one: text(f"basemap.kind.{one}"),
        )  # fmt: skip
        chosen, key = _ask(session, kind, base)
        if st.button(text("basemap.use"), key="basemap_use", type="primary", disabled=chosen is None):
            _use(session, chosen, key)


def _ask(session: Session, kind: str, base: BaseMap) -> tuple[BaseMap | None, str | None]:
    """Draw what a kind needs besides; return the choice (None while something is missing) and a new key, if any."""
    key = ""
    if kind == "tianditu":
        kept = text("basemap.key.kept" if read_basemap_key(session.db) else "basemap.key.none")
        key = st.text_input(text("basemap.key"), type="password", key="basemap_key", placeholder=kept, width=_WIDTH)
    if kind != "file":
        url = base.url if kind == base.kind else ""
        return BaseMap(kind, system_of(kind), url=url), key.strip() or None
    folder = config.basemap_folder(session.db.path)
    archives = list_archives(folder)
    if not archives:
        st.caption(text("basemap.no_files", folder=str(folder)))
        return None, None
    names = {one.name: one for one in archives}
    now = Path(base.file).name
    name = st.selectbox(
        text("basemap.kind.file"), list(names), index=list(names).index(now) if now in names else 0, key="basemap_file",
        width=_WIDTH,
    )  # fmt: skip
    system = st.selectbox(
        text("basemap.drawn_in"), _SYSTEMS, index=_SYSTEMS.index(base.system), key="basemap_system", width=_WIDTH,
        format_func=lambda one: text(f"basemap.system.{one}"),
    )  # fmt: skip
    return BaseMap(kind, system, file=str(names[name])), None


def _use(session: Session, chosen: BaseMap | None, key: str | None) -> None:
    if chosen is None:
        return
    try:
        if chosen.kind == "file":
            open_source(chosen)
        set_basemap(session.db, session.scope, base=chosen, key=key)
    except GeoError as error:
        show_error(error)
        return
    note_done(text("basemap.used", name=text(f"basemap.kind.{chosen.kind}")))
    st.session_state.pop("basemap_key", None)
    st.rerun()
