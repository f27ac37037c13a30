"""分享: a link to just this view, its QR code, the sentence that says it; whoever opens it sees it by own rights."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

import segno
import streamlit as st

from geo import config
from geo.i18n import text
from geo.ui.navigation import ENTRIES
from geo.ui.overview_view import say_lead
from geo.ui.session import AT

if TYPE_CHECKING:
    from geo.ui.map_clicks import Standing
    from geo.ui.overview_data import Overview

_QR_SCALE: Final = 4
#: Signs of a link beyond which its code does without spare dots, so that they stay as large.
_WITH_SPARE: Final = 500


def draw_share(overview: Overview, *, standing: Standing | None = None, also: str = "") -> None:
    """Draw the link, the code and the sentence; `also` is a further sentence about what a filter leaves."""
    link = make_link(standing)
    st.caption(text("share.link"))
    st.code(link, language=None, wrap_lines=True)
    st.image(draw_code(link))
    st.caption(text("share.sentence"))
    st.code(say_sentence(overview) + also, language=None, wrap_lines=True)
    st.caption(text("share.rights"))


def make_link(standing: Standing | None = None) -> str:
    """Return the address of the page as it is, with where the map stands."""
    params = {name: str(value) for name, value in st.query_params.to_dict().items()}
    if standing is not None:
        params[AT] = f"{standing.lat:.5f},{standing.lon:.5f},{standing.zoom:g}"
    name = str(st.session_state.get("_page", ""))
    path = "" if name not in ENTRIES or name == next(iter(ENTRIES)) else name
    return f"{_root()}/{path}?{urlencode(params, safe=',;')}"


def say_sentence(overview: Overview) -> str:
    """Return the first sentence of 总览 so that it stands alone: with its place and day."""
    return text("share.said", place=overview.figures.place.name, lead=say_lead(overview), day=overview.figures.as_of)


def draw_code(link: str) -> bytes:
    """Return the QR code of a link: PNG."""
    target = io.BytesIO()
    error = "m" if len(link) <= _WITH_SPARE else "l"
    segno.make(link, micro=False, error=error, boost_error=False).save(target, kind="png", scale=_QR_SCALE, border=2)
    return target.getvalue()


def _root() -> str:
    """Return where others reach the app: as the settings say, else as this browser does."""
    here = urlsplit(str(st.context.url or ""))
    if config.has_address() or not here.netloc:
        return config.app_address().rstrip("/")
    return f"{here.scheme}://{here.netloc}"
