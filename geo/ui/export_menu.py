"""The export menu: one click for a workbook, the other formats behind a second; each a single-use link of this browser.

A long list is made while the reader watches how far it is, and can then be saved; a short one is made when its link is
followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

import streamlit as st

from geo.errors import GeoError
from geo.exports import FORMATS, SHOW_PROGRESS_FROM, ExportHead, write_table
from geo.i18n import text
from geo.store.exportlog import log_export
from geo.store.reveal import take_people
from geo.ui.plain import show_error
from geo.web import grants

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    import pandas as pd

    from geo.exports import Progress, Table
    from geo.model import Scope
    from geo.store.database import Database
    from geo.ui.session import Session

_MB: Final = 1e6
#: Media types of what is no list.
_OTHERS: Final = {"png": "image/png"}
_PACKED: Final = "application/zip"


@dataclass(frozen=True, slots=True)
class Export:
    """One file that can be taken: its name in the log, its format, what it says of itself, about how many rows.

    `stamp` is another one whenever the rows are. `make` gives the file and how many rows it has.
    """

    what: str
    form: str
    head: ExportHead
    rows: int
    stamp: Hashable
    make: Callable[[Progress | None], tuple[bytes, int]]


def offer_table(
    what: str, head: ExportHead, *, rows: int, stamp: Hashable, tabulate: Callable[[], Table], forms: Sequence[str]
) -> list[Export]:
    """Return a list in several formats; `tabulate` makes it when a link is followed, in a thread of the server."""

    def make(form: str, progress: Progress | None) -> tuple[bytes, int]:
        table = tabulate()
        return write_table(table, head=head.signed(), form=form, progress=progress), len(table)

    return [Export(what, form, head, rows, stamp, partial(make, form)) for form in forms]


def offer_people(
    session: Session, what: str, head: ExportHead, *, frame: pd.DataFrame, stamp: Hashable,
    tabulate: Callable[[pd.DataFrame], Table], forms: Sequence[str],
) -> list[Export]:  # fmt: skip
    """Return a list of the screen that names people, as `offer_table`: in full only for who may take names away."""

    def make() -> Table:
        return tabulate(take_people(session.db, session.scope, frame))

    return offer_table(what, head, rows=len(frame), stamp=stamp, tabulate=make, forms=forms)


def draw_menu(
    session: Session, label: str, exports: Sequence[Export], *, more: Sequence[tuple[str, Export]] = ()
) -> None:
    """Draw the first export as a button with a label, the rest, and `more` with labels of their own, as formats."""
    first, *others = exports
    draw_export(session, label, first)
    with st.popover(text("gap.formats")):
        draw_formats(session, others)
        for said, one in more:
            draw_export(session, said, one)


def draw_formats(session: Session, exports: Sequence[Export]) -> None:
    """Draw a button a format, side by side."""
    with st.container(key=f"formats_{exports[0].what}", horizontal=True, gap="small"):
        for one in exports:
            draw_export(session, text(f"exports.format.{one.form}"), one)


def draw_export(session: Session, label: str, export: Export) -> None:
    """Draw a button that downloads; for a long list first one that makes the file, then one that saves it."""
    key = f"export_{export.what}_{export.form}"
    if export.rows > SHOW_PROGRESS_FROM:
        _draw_making(session, label, export, key)
        return
    kept = _find_offer(session, export, key)
    if kept is None:
        payload = partial(_pack, session.db, session.scope, export)
        kept = _keep_offer(session, export, key, grants.offer(session.scope.owner, "export", payload), label)
    _draw_link(label, kept[1], key, disabled=not export.rows)


#: What the rows of an offer depend on, its token, what its link is called.
_Kept: TypeAlias = "tuple[tuple[object, ...], str, str]"


def _signature(session: Session, export: Export) -> tuple[object, ...]:
    return session.db.revision(), session.scope, export.head, export.stamp


def _find_offer(session: Session, export: Export, key: str) -> _Kept | None:
    """Return the offer of an earlier run where it gives these rows and can still be taken; another is withdrawn."""
    kept: _Kept | None = st.session_state.get(f"_{key}")
    if kept is None:
        return None
    if kept[0] == _signature(session, export) and grants.holds(kept[1]):
        return kept
    grants.withdraw(kept[1])
    return None


def _keep_offer(session: Session, export: Export, key: str, token: str, said: str) -> _Kept:
    kept = (_signature(session, export), token, said)
    st.session_state[f"_{key}"] = kept
    return kept


def _draw_link(label: str, token: str, key: str, *, disabled: bool = False) -> None:
    forget = partial(st.session_state.pop, f"_{key}", None)
    st.link_button(label, f"/exports/{token}", key=key, on_click=forget, disabled=disabled)


def _draw_making(session: Session, label: str, export: Export, key: str) -> None:
    kept = _find_offer(session, export, key)
    if kept is not None:
        _draw_link(kept[2], kept[1], key)
        return
    if not st.button(label, key=f"make_{key}"):
        return
    bar = st.progress(0.0, text("exports.making", n=0, rows=export.rows))

    def show(done: int, total: int) -> None:
        bar.progress(done / total, text("exports.making", n=done, rows=total))

    try:
        made = _pack(session.db, session.scope, export, progress=show)
    except GeoError as error:
        show_error(error)
        return
    token = grants.offer(session.scope.owner, "export", lambda: made)
    said = text("exports.save", mb=f"{len(made.body) / _MB:.1f}")
    _keep_offer(session, export, key, token, said)
    bar.empty()
    _draw_link(said, token, key)


def _pack(db: Database, scope: Scope, export: Export, *, progress: Progress | None = None) -> grants.Payload:
    """Log the export and make the file; runs when the link is followed, or while its reader watches."""
    body, rows = export.make(progress)
    log_export(db, scope, what=f"{export.what}.{export.form}", filters=export.head.line(rows), rows=rows)
    form = FORMATS.get(export.form)
    suffix, media_type = (form.suffix, form.media_type) if form else (export.form, _OTHERS.get(export.form, _PACKED))
    return grants.Payload(body, media_type, export.head.file_name(suffix))
