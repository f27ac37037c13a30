"""Coming in and going out in a real browser, on real data: set-up, login, and every tab shut when the session ends."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
from playwright.sync_api import expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from geo.accounts import create_account, disable_account
from geo.accounts.people import find_account
from geo.i18n import text
from geo.store.database import Database
from tests.conftest import ServedApp
from tests.gatehouse import ADMIN_PASSWORD, BOSS, OWN_PASSWORD, make_real

CHEAP = {"GEO_ARGON2": "1,1024,1", "GEO_ALONE": "0"}


@pytest.fixture(scope="module")
def office(
    world_file: Path, tmp_path_factory: pytest.TempPathFactory, served_app: Callable[..., ServedApp]
) -> Iterator[tuple[ServedApp, Database]]:
    """Return the app of the small world as real data without accounts, and its file."""
    path = Path(shutil.copy(world_file, tmp_path_factory.mktemp("office") / "world.sqlite"))
    db = Database(path)
    make_real(db)
    yield served_app(path, **CHEAP), db
    db.close()


def test_from_the_first_start_to_the_last_tab(
    office: tuple[ServedApp, Database], offline_page: Any, monkeypatch: Any
) -> None:
    """The terminal's code makes the first admin, who comes in by codes; a logout and a disabled account blank every tab.

    Every tab is emptied and at the login page after the act; the socket that runs pages opens for nobody without a session.
    """
    app, db = office
    page = offline_page
    page.goto(f"{app.address}/gaps")
    expect(page).to_have_url(re.compile("/setup$"))
    code = re.search(r"[0-9a-f]{4}(-[0-9a-f]{4}){3}", app.log.read_text(encoding="utf-8", errors="replace"))
    assert code is not None
    for name, value in {
        "code": code.group(),
        "name": "boss",
        "password": ADMIN_PASSWORD,
        "again": ADMIN_PASSWORD,
    }.items():
        page.locator(f"[name={name}]").fill(value)
    page.get_by_role("button", name=text("setup.do")).click()
    expect(page).to_have_url(re.compile("/account/codes$"))
    page.locator("[name=code]").fill(pyotp.TOTP(page.locator("code").inner_text()).now())
    page.get_by_role("button", name=text("entry.go_on")).click()
    expect(page.locator("ul.codes li")).to_have_count(10)
    page.get_by_role("link", name=text("entry.recovery.kept")).click()
    expect(page.locator("h1.lead").filter(visible=True).first).to_be_visible(timeout=30_000)
    tab = page.context.new_page()
    tab.goto(f"{app.address}/gaps")
    expect(tab.locator(".st-key-gap_lead").filter(visible=True).first).to_be_visible(timeout=30_000)
    page.get_by_role("link", name=text("who.logout")).click()
    wait_until_shut(tab)
    expect(page).to_have_url(re.compile("/login$"))
    expect(tab.locator(".st-key-gap_lead")).to_have_count(0)
    shut_by_an_admin(page, app, db, monkeypatch)


def shut_by_an_admin(page: Any, app: ServedApp, db: Database, monkeypatch: Any) -> None:
    """Bring a leader in with a first password, disable the account from outside the process, and see the tab shut."""
    monkeypatch.setenv("GEO_ARGON2", CHEAP["GEO_ARGON2"])
    first = create_account(db, BOSS, name="ann", role="leader", area="t1", person_name="安<b>测")
    page.goto(f"{app.address}/gaps?place=v1")
    page.locator("[name=name]").fill("ann")
    page.locator("[name=password]").fill(first)
    page.get_by_role("button", name=text("entry.login.do")).click()
    page.locator("[name=old]").fill(first)
    for name in ("new", "again"):
        page.locator(f"[name={name}]").fill(OWN_PASSWORD)
    page.get_by_role("button", name=text("entry.password.do")).click()
    expect(page.get_by_text("安<b>测")).to_be_visible(timeout=30_000)
    assert open_socket(app.address) == 403
    disable_account(db, BOSS, account_id=find_account(db, BOSS, name="ann"))
    wait_until_shut(page)
    expect(page).to_have_url(re.compile("/login$"))


def wait_until_shut(tab: Any) -> None:
    """Wait until a tab no longer shows what it showed. How soon is measured without a browser (test_gate_sockets.py)."""
    tab.locator("#root").wait_for(state="detached", timeout=20_000)


def open_socket(address: str) -> int:
    """Return how the socket that runs pages answers somebody without a session."""
    try:
        with connect(f"ws{address.removeprefix('http')}/_stcore/stream", subprotocols=["streamlit"], proxy=None):
            return 101
    except InvalidStatus as refusal:
        return refusal.response.status_code
