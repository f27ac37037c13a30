"""计划 by the user's own ways: which files of roads and heights there are, others to keep, those to do without."""

from __future__ import annotations

import zlib
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo import config
from geo.errors import GeoError
from geo.i18n import text
from geo.store.places import root_place
from geo.store.ways import drop_ways, list_ways
from geo.ui.done import note_done
from geo.ui.drop import drop_files
from geo.ui.plain import escape, say
from geo.ways.kept import keep_ways

if TYPE_CHECKING:
    from geo.ui.session import Session

_FIELD: Final = "plan_way_files"
_ENDINGS: Final = {".tif": "elevation", ".tiff": "elevation", ".pbf": "roads", ".osm": "roads"}
#: A column that a table of edges has, and a table of nodes has not.
_OF_EDGES: Final = b"length_m"
_HEAD_BYTES: Final = 4096
_GZIP: Final = 31


def draw_ways(session: Session) -> None:
    """Draw the files that plans may go by; who is there for the whole district may change them."""
    kept = list_ways(session.db)
    with st.container(key="plan_line_way_files", horizontal=True, vertical_alignment="center", gap="small"):
        if not kept:
            st.caption(text("ways.nothing"), width="content")
        for kind, name in kept.items():
            st.caption(f"{text(f'ways.kind.{kind}')}: {escape(name)}", width="content")
    if session.scope.area != root_place(session.db).id:
        return
    with st.container(key="plan_line_way_field", horizontal=True, vertical_alignment="bottom", gap="small"):
        files = drop_files(text("plan.ways.files"), text("plan.ways.hint"), key=_FIELD, accept_multiple_files=True,
                           max_upload_size=config.WAYS_MB)  # fmt: skip
        st.button(text("plan.ways.keep"), key="plan_ways_keep", disabled=not files,
                  on_click=partial(_keep, session, files))  # fmt: skip
        st.button(text("plan.ways.drop"), key="plan_ways_drop", type="tertiary", disabled=not kept,
                  on_click=partial(drop_ways, session.db, session.scope, kinds=tuple(kept)))  # fmt: skip


def _keep(session: Session, files: list[Any]) -> None:
    given = {kind_of(one.name, one.getvalue()[:_HEAD_BYTES]): (one.name, one.getvalue()) for one in files}
    try:
        keep_ways(session.db, session.scope, files=given)
    except GeoError as error:
        note_done(say(error))
        return
    note_done(text("plan.ways.kept", n=len(given)))


def kind_of(name: str, head: bytes) -> str:
    """Return what a file is kept as (`store.ways.WAY_KINDS`): by its name's ending, a table by its header."""
    known = next((kind for ending, kind in _ENDINGS.items() if name.lower().endswith(ending)), None)
    with suppress(zlib.error):
        head = zlib.decompressobj(wbits=_GZIP).decompress(head)
    return known or ("edges" if _OF_EDGES in head.lower() else "nodes")
