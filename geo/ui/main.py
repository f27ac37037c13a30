"""The main script of every session and every rerun: the navigation of the role, and the page that the address names."""

from __future__ import annotations

import streamlit as st

from geo.errors import GeoError
from geo.i18n import text
from geo.incidents import note_incident
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
    except Exception:  # noqa: BLE001 - the last stop: logged, and told by its code
        st.error(text("err.other", id=note_incident("a page failed")))


run_page()
