"""A field for files in our own words: Streamlit's are English."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import streamlit as st

from geo.i18n import text

_STYLE: Final = Path(__file__).parent / "static" / "forms.css"


def drop_files(label: str, hint: str, *, key: str, **options: Any) -> Any:
    """Draw the field and return what is in it, as `st.file_uploader`; `hint` stands where files are dropped."""
    st.html(_STYLE)
    hints = {
        "hint": hint, "button": text("import_page.browse"),
        "failed": text("import_page.not_sent", mb=st.get_option("server.maxUploadSize")),
    }  # fmt: skip
    said = " ".join(f'--drop-{name}: "{words}";' for name, words in hints.items())
    name = f"import_drop_{key.replace(':', '_')}"
    st.html(f"<style>.st-key-{name} {{ {said} }}</style>")
    with st.container(key=name):
        return st.file_uploader(label, key=key, **options)
