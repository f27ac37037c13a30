"""The main script of every session and every rerun: the navigation of the role, and the page that the address names."""

from __future__ import annotations

import logging
import uuid

import streamlit as st

from geo.errors import GeoError
from geo.i18n import text
from geo.ui import datasource
from geo.ui.navigation import list_pages
from geo.ui.session import read_role
from geo.ui.shell import show_error


def run_page() -> None:
    """Run the page of this address; what goes wrong becomes one sentence on it, and a traceback in the log only."""
    st.set_page_config(page_title=text("web.title"), layout="wide", initial_sidebar_state="collapsed")
    try:
        page = st.navigation(list_pages(read_role(datasource.database())), position="top")
        st.session_state["_page"] = page.url_path or "overview"
        page.run()
    except GeoError as error:
        show_error(error)
    except Exception:
        reference = uuid.uuid4().hex[:8]
        logging.getLogger(__name__).exception("a page failed, reference %s", reference)
        st.error(text("err.other", id=reference))


run_page()
