"""The pages of the product: where their files are, their addresses, and who sees them in the navigation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st

from geo.access import RIGHTS
from geo.i18n import text

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOLDER: Final = Path(__file__).resolve().parents[2] / "pages"


@dataclass(frozen=True, slots=True)
class _Entry:
    file: str
    action: str = "view"
    hidden: bool = False


#: Address of a page → its file, the action its reader must be allowed, and whether the navigation leaves it out.
#: The first is the landing page, whose address is the root.
ENTRIES: Final[Mapping[str, _Entry]] = {
    "overview": _Entry("overview.py"),
    "map": _Entry("map.py"),
    "gaps": _Entry("gaps.py"),
    "plan": _Entry("plan.py", "assign"),
    "visits": _Entry("visits.py", "record_visit"),
    "clear": _Entry("clear.py"),
    "household": _Entry("household.py", hidden=True),
    "issue": _Entry("issue.py", hidden=True),
    "import": _Entry("import_.py", "import"),
    "admin": _Entry("admin.py", "manage_round"),
    "accounts": _Entry("accounts.py", "manage_accounts"),
    "audit": _Entry("audit.py", "audit"),
}


def find_page(name: str) -> st.Page:
    """Return a page by its name in `ENTRIES`, to switch or link to."""
    return _make_page(name, visible=not ENTRIES[name].hidden)


def has_page(name: str) -> bool:
    """Say whether the page is part of this build."""
    return (_FOLDER / ENTRIES[name].file).is_file()


def list_pages(role: str) -> list[st.Page]:
    """Return all pages in the order of the navigation; those a role lacks are not shown in it.

    They stay registered, so that their address is answered by their own refusal and not by another page.
    """
    return [
        _make_page(name, visible=not entry.hidden and role in RIGHTS[entry.action])
        for name, entry in ENTRIES.items()
        if has_page(name)
    ]


def _make_page(name: str, *, visible: bool) -> st.Page:
    is_first = name == next(iter(ENTRIES))
    return st.Page(
        _FOLDER / ENTRIES[name].file,
        title=text(f"web.page.{name}"),
        url_path=None if is_first else name,
        default=is_first,
        visibility="visible" if visible else "hidden",
    )
