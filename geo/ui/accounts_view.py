"""账号 on the screen: the list, one account's acts, a new one, a sheet of new ones; first passwords are shown once."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import streamlit as st

from geo import codes
from geo.access import RIGHTS
from geo.accounts import (
    create_account,
    disable_account,
    enable_account,
    grant_exports,
    list_accounts,
    move_account,
    reset_account,
)
from geo.accounts.people import list_areas
from geo.accounts.sheet import import_accounts
from geo.errors import GeoError, Invalid
from geo.i18n import text
from geo.ui.accounts_online import draw_online
from geo.ui.done import note_done
from geo.ui.drop import drop_files
from geo.ui.overview_head import draw_head
from geo.ui.plain import show_error

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geo.accounts import Account
    from geo.ui.session import Session

_SHOWN: Final = ("name", "person_name", "role", "area_name", "state", "has_codes", "exports_personal")
_ENDINGS: Final = ["xlsx", "xls", "csv", "ods"]
_FIRST: Final = "_first_passwords"
_ROW: Final = 28


def draw_page(session: Session) -> None:
    """Draw the accounts of the scope's area, and what may be done with them."""
    if session.db.is_demo:
        draw_head(text("accounts.title"), text("account.demo"))
        return
    accounts = list_accounts(session.db, session.scope)
    draw_head(text("accounts.title"), text("accounts.note", n=len(accounts)))
    _draw_first_passwords()
    if not accounts:
        st.text(text("accounts.none"))
        return
    _draw_list(accounts)
    with st.container(key="sec_account", horizontal=True, vertical_alignment="bottom", gap="small"):
        _draw_acts(session, accounts)
    with st.container(key="sec_online"):
        draw_online(session)
    left, right = st.columns(2, gap="large")
    with left, st.container(key="sec_account_new"):
        _draw_new(session)
    with right, st.container(key="sec_account_sheet"):
        _draw_sheet(session)


def _draw_list(accounts: Sequence[Account]) -> None:
    frame = pd.DataFrame([{name: _say(one, name) for name in _SHOWN} for one in accounts])
    columns = {name: st.column_config.TextColumn(text(f"account.shown.{name}")) for name in _SHOWN}
    st.dataframe(frame, hide_index=True, row_height=_ROW, column_config=columns, key="accounts")


def _say(account: Account, name: str) -> str:
    if name == "role":
        return text(f"role.{account.role}")
    if name == "state":
        kind = "disabled" if account.disabled else "first" if account.must_change else "live"
        return text(f"account.state.{kind}")
    value = getattr(account, name)
    return text("account.shown.yes" if value else "account.shown.no") if isinstance(value, bool) else str(value)


def _draw_acts(session: Session, accounts: Sequence[Account]) -> None:
    known = {one.id: one for one in accounts}
    chosen = st.selectbox(
        text("accounts.which"), list(known), index=None, key="account_chosen", width=300,
        format_func=lambda one: f"{known[one].name} {known[one].person_name}", placeholder=text("accounts.pick"),
    )  # fmt: skip
    if chosen is None:
        return
    account, db, scope = known[chosen], session.db, session.scope
    if st.button(text("accounts.reset"), key="account_reset"):
        _do(lambda: {account.name: reset_account(db, scope, account_id=chosen)})
    if account.has_codes and st.button(text("accounts.reset_codes"), key="account_reset_codes"):
        _do(lambda: {account.name: reset_account(db, scope, account_id=chosen, codes_too=True)})
    _draw_areas(session, account)
    if account.role in RIGHTS["export_personal"]:
        word = "revoke" if account.exports_personal else "grant"
        if st.button(text(f"accounts.{word}"), key=f"account_{word}"):
            allows = not account.exports_personal
            _do(
                lambda: grant_exports(db, scope, account_id=chosen, allows=allows),
                said=text("cli.accounts.changed", name=account.name),
            )
    if account.disabled:
        if st.button(text("accounts.enable"), key="account_enable"):
            _do(
                lambda: enable_account(db, scope, account_id=chosen),
                said=text("cli.accounts.enabled", name=account.name),
            )
    elif st.button(text("accounts.disable"), key="account_disable"):
        _do(
            lambda: disable_account(db, scope, account_id=chosen), said=text("cli.accounts.disabled", name=account.name)
        )


def _draw_areas(session: Session, account: Account) -> None:
    """Draw the account's areas, to be changed."""
    areas = list_areas(session.db, session.scope)
    with st.popover(text("accounts.move")):
        chosen = st.multiselect(
            text("account.shown.area_name"), list(areas), key=f"account_areas_{account.id}", width=360,
            default=[one for one in (account.area, *account.further) if one in areas], format_func=areas.__getitem__,
        )  # fmt: skip
        if st.button(text("accounts.move.do"), key="account_move", type="primary", disabled=not chosen):
            area, *further = chosen
            _do(
                lambda: move_account(session.db, session.scope, account_id=account.id, area=area, further=further),
                said=text("cli.accounts.changed", name=account.name),
            )


def _draw_new(session: Session) -> None:
    st.markdown(f"#### {text('accounts.new')}")
    areas = list_areas(session.db, session.scope)
    with st.form("account_new", clear_on_submit=False, border=False):
        name = st.text_input(text("account.shown.name"), key="account_name")
        person = st.text_input(text("account.shown.person_name"), key="account_person")
        role = st.selectbox(
            text("account.shown.role"), codes.ROLES, key="account_role", format_func=lambda one: text(f"role.{one}")
        )
        chosen = st.multiselect(
            text("account.shown.area_name"), list(areas), key="account_area", format_func=areas.__getitem__,
            default=session.scope.area,
        )  # fmt: skip
        if st.form_submit_button(text("accounts.create"), type="primary"):
            _do(lambda: {name: _create(session, chosen, name=name, role=role, person_name=person)})


def _create(session: Session, areas: list[str], **said: str) -> str:
    if not areas:
        raise Invalid("account.pick_area")
    area, *further = areas
    return create_account(session.db, session.scope, area=area, further=further, **said)


def _draw_sheet(session: Session) -> None:
    st.markdown(f"#### {text('accounts.sheet')}")
    st.caption(text("accounts.sheet.how"))
    file = drop_files(text("upload.file"), text("upload.hint"), key="account_sheet", type=_ENDINGS)
    if file is not None and st.button(text("accounts.sheet.do"), key="account_sheet_do"):
        _do(lambda: _import(session, file))


def _import(session: Session, file: Any) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"accounts{Path(file.name).suffix.lower()}"
        path.write_bytes(file.getvalue())
        made = import_accounts(session.db, session.scope, path, name=file.name)
    return {one.name: one.password for one in made}


def _do(act: Callable[[], dict[str, str] | None], *, said: str = "") -> None:
    """Do an act; first passwords it returns are shown on the next run."""
    try:
        made = act()
    except GeoError as error:
        show_error(error)
        return
    if made:
        st.session_state[_FIRST] = made
    if said:
        note_done(said)
    st.rerun()


def _draw_first_passwords() -> None:
    """Show first passwords until they are put away; nothing else ever shows them again."""
    made: dict[str, str] = st.session_state.get(_FIRST, {})
    if not made:
        return
    with st.container(key="sec_first_passwords", border=True):
        st.text(text("accounts.first", n=len(made)))
        st.code("\n".join(f"{name}    {password}" for name, password in made.items()), language=None)
        if st.button(text("accounts.first.kept"), key="first_kept"):
            del st.session_state[_FIRST]
            st.rerun()
