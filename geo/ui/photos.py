"""Photos of evidence on a page: small pictures that open large, adding one, taking one out of sight for a reason."""

from __future__ import annotations

from html import escape as html
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo import config
from geo.access import may
from geo.errors import GeoError
from geo.i18n import text
from geo.model import new_id
from geo.store.attachments import add_photo, list_photos, read_photo, remove_photo
from geo.ui.done import note_done
from geo.ui.drop import drop_files
from geo.ui.plain import escape, show_error
from geo.web import grants

if TYPE_CHECKING:
    from geo.model import Scope
    from geo.store.attachments import Evident
    from geo.store.database import Database

_TYPES: Final = ["jpg", "jpeg", "png", "webp"]
_GRANT: Final = "_photo_grant"
_MINUTES: Final = 60.0


def draw_photos(db: Database, scope: Scope, *, about: Evident, about_id: str, adds: bool) -> None:
    """Draw the photos of something; `adds`: whoever may can add and remove them. Nothing for a leader."""
    if not may(scope, "see_details"):
        return
    found = list_photos(db, scope, about=about, about_id=about_id)
    if found:
        st.html(f'<div class="photos">{"".join(_picture(db, scope, one) for one in found)}</div>')
    if adds and may(scope, "record_visit" if about == "visit" else "act_on_issue"):
        label = text("photo.more", n=len(found)) if found else text("photo.add")
        with st.popover(label, key=f"photos_{about}_{about_id}"):
            if len(found) < config.PHOTOS_MOST:
                _offer_adding(db, scope, about, about_id)
            if found:
                _offer_removing(db, scope, found)


def _picture(db: Database, scope: Scope, one: dict[str, Any]) -> str:
    address = f"/exports/{_token(db, scope)}/{one['id']}"
    said = html(text("photo.of", name=one["name"], who=one["created_by"], day=one["created_at"][:10]), quote=True)
    return f'<a href="{address}" target="_blank" title="{said}"><img src="{address}" alt="{said}" loading="lazy"></a>'


def _token(db: Database, scope: Scope) -> str:
    """Return the grant by which this browser gets photos; each is asked for in this scope when it is fetched."""
    kept = st.session_state.get(_GRANT)
    if kept and kept[0] == (scope, str(db.path)) and grants.holds(kept[1]):
        return str(kept[1])

    def make(name: str) -> grants.Payload:
        return grants.Payload(read_photo(db, scope, photo_id=name), "image/jpeg")

    token = grants.offer(scope.owner, "photos", make, minutes=_MINUTES, single_use=False)
    st.session_state[_GRANT] = ((scope, str(db.path)), token)
    return token


def choose_photos(key: str) -> None:
    """Draw the field for photos of something that is not stored yet; `store_photos` takes them once it is."""
    drop_files(
        text("photo.add"), text("photo.hint", mb=config.PHOTO_MB), key=_field(key), type=_TYPES,
        accept_multiple_files=True,
    )  # fmt: skip


def store_photos(db: Database, scope: Scope, *, about: Evident, about_id: str) -> list[GeoError]:
    """Store what stands in the field of `choose_photos` under the id it was drawn for; return what went wrong."""
    wrong: list[GeoError] = []
    for nth, file in enumerate(st.session_state.get(_field(about_id)) or []):
        photo = {"content": file.getvalue(), "name": file.name, "photo_id": f"{about_id}-{nth}"}
        try:
            add_photo(db, scope, about=about, about_id=about_id, **photo)
        except GeoError as error:
            wrong.append(error)
    return wrong


def _field(key: str) -> str:
    return f"photos:{key}"


def _offer_adding(db: Database, scope: Scope, about: Evident, about_id: str) -> None:
    rounds = st.session_state.setdefault(f"photo_round_{about_id}", new_id())
    files = drop_files(
        text("photo.add"), text("photo.hint", mb=config.PHOTO_MB), key=f"photos:{rounds}", type=_TYPES,
        accept_multiple_files=True,
    )  # fmt: skip
    if not files or not st.button(text("photo.do", n=len(files)), type="primary", key=f"photo_do_{about_id}"):
        return
    added = 0
    for nth, file in enumerate(files):
        try:
            add_photo(
                db, scope, about=about, about_id=about_id, content=file.getvalue(), name=file.name,
                photo_id=f"{rounds}-{nth}",
            )  # fmt: skip
            added += 1
        except GeoError as error:
            show_error(error)
    if added:
        st.session_state[f"photo_round_{about_id}"] = new_id()
        note_done(text("photo.added", n=added))
    if added == len(files):
        st.rerun()


def _offer_removing(db: Database, scope: Scope, found: list[dict[str, Any]]) -> None:
    names = {one["id"]: text("photo.nth", n=nth, name=one["name"]) for nth, one in enumerate(found, start=1)}
    chosen = st.selectbox(
        text("photo.which"), list(names), key=f"photo_gone_{found[0]['id']}", index=None,
        format_func=lambda one: escape(names[one]), placeholder=text("issue_form.choose"),
    )  # fmt: skip
    reason = st.text_input(text("photo.why"), key=f"photo_why_{found[0]['id']}", max_chars=200)
    if chosen and st.button(text("photo.remove"), key=f"photo_remove_{found[0]['id']}"):
        try:
            remove_photo(db, scope, photo_id=chosen, reason=reason)
        except GeoError as error:
            show_error(error)
            return
        note_done(text("photo.removed"))
        st.rerun()
