"""The first request after a start, and what a browser without the cookie gets: nothing of a page."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from geo.ui.navigation import ENTRIES, has_page
from geo.web.naming import COOKIE
from tests.conftest import ROOT

#: Every name a page could be asked by: its address, and the stem of its file, by which Streamlit would find it.
NAMES = sorted({name for name in ENTRIES if has_page(name)} | {path.stem for path in (ROOT / "pages").glob("*.py")})


@pytest.fixture(scope="module")
def database(world_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the small world for the apps of this module."""
    return Path(shutil.copy(world_file, tmp_path_factory.mktemp("first") / "world.sqlite"))


def wait_for_frame(page: Any) -> None:
    """Wait for what a page shows when the main script started it: the wide layout it sets, and the page's strip."""
    page.locator("[data-layout=wide]").first.wait_for(timeout=30_000)
    page.locator(".st-key-demo_banner").wait_for(timeout=30_000)


@pytest.mark.parametrize("name", NAMES)
def test_the_first_request_of_a_process_runs_the_main_script(
    served_app: Callable, database: Path, offline_page: Any, name: str
) -> None:
    """Asked for first after a start, no page runs but through the main script: the frame is there, and no error."""
    app = served_app(database, by="uvicorn", fresh=True)
    offline_page.goto(f"{app.address}/{name}")
    wait_for_frame(offline_page)
    assert offline_page.get_by_test_id("stException").count() == 0
    assert "Traceback" not in app.log.read_text(errors="replace")
    app.process.terminate()


def test_no_pages_beside_the_main_script() -> None:
    """Streamlit finds no page by its name alone: there is no `pages` folder beside the main script."""
    assert (ROOT / "geo" / "ui" / "main.py").is_file()
    assert not (ROOT / "geo" / "ui" / "pages").exists()


def open_socket(address: str, **headers: str) -> int:
    """Open the socket by which Streamlit runs pages; return 101 when it opens, else the status of the refusal."""

    async def attempt() -> int:
        try:
            async with connect(
                f"ws://{address.removeprefix('http://')}/_stcore/stream",
                subprotocols=["streamlit"],
                additional_headers={name.replace("_", "-"): value for name, value in headers.items()},
                proxy=None,
            ):
                return 101
        except InvalidStatus as refusal:
            return refusal.response.status_code

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, attempt()).result()


def test_without_the_cookie_no_session_opens(served_app: Callable, database: Path) -> None:
    """The socket that runs pages opens only with the cookie, and not for a page of another origin that has it."""
    address = served_app(database).address
    cookie = f"{COOKIE}={'a' * 43}"
    assert open_socket(address) == 403
    assert open_socket(address, cookie=cookie, origin="http://evil.example") == 403
    assert open_socket(address, cookie=cookie, origin=address) == 101


def test_a_browser_gets_one_cookie_and_keeps_it(served_app: Callable, database: Path, offline_page: Any) -> None:
    """A browser is named on its first page, no script can read the name, and a reload or second page keeps it."""
    address = served_app(database).address
    offline_page.goto(address)
    wait_for_frame(offline_page)
    first = {one["name"]: one for one in offline_page.context.cookies()}[COOKIE]
    assert first["httpOnly"]
    assert first["sameSite"] == "Strict"
    assert COOKIE not in offline_page.evaluate("document.cookie")
    offline_page.goto(f"{address}/household")
    wait_for_frame(offline_page)
    assert {one["name"]: one["value"] for one in offline_page.context.cookies()}[COOKIE] == first["value"]


def test_a_link_from_elsewhere_keeps_the_cookie(served_app: Callable, database: Path, offline_page: Any) -> None:
    """Following a link from another site, which brings no strict cookie along, does not rename the browser."""
    address = served_app(database).address
    offline_page.goto(address)
    wait_for_frame(offline_page)
    before = {one["name"]: one["value"] for one in offline_page.context.cookies()}[COOKIE]
    elsewhere = served_app(database, by="uvicorn").address.replace("127.0.0.1", "localhost")
    offline_page.goto(f"{elsewhere}/own/page.js")
    offline_page.evaluate("target => { location.href = target }", address)
    wait_for_frame(offline_page)
    after = {one["name"]: one["value"] for one in offline_page.context.cookies(address)}[COOKIE]
    assert after == before


#: What came with Chrome 110 and later, and could be called by a page.
LATER = {
    "Array.prototype": "toSorted toReversed toSpliced with", "URL": "canParse parse", "Object": "groupBy", "Map": "groupBy",
    "Promise": "withResolvers try", "Array": "fromAsync", "AbortSignal": "any", "String.prototype": "isWellFormed toWellFormed",
    "Set.prototype": "union intersection difference symmetricDifference isSubsetOf isSupersetOf isDisjointFrom",
    "Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()))": "map filter take drop flatMap toArray some every",
}  # fmt: skip


def test_an_old_browser_starts_the_app(served_app: Callable, database: Path, offline_page: Any) -> None:
    """A browser without what came after Chrome 109 gets from us what Streamlit calls of it, and the map draws its tiles."""
    deletions = (f"delete {owner}.{name};" for owner, names in LATER.items() for name in names.split())
    offline_page.add_init_script("".join(deletions))
    failures: list[str] = []
    offline_page.on("pageerror", lambda error: failures.append(str(error)))
    offline_page.goto(f"{served_app(database).address}/map")
    wait_for_frame(offline_page)
    inner = offline_page.locator("iframe[title*=st_folium]")
    inner.wait_for(timeout=60_000)
    frame = inner.element_handle().content_frame()
    frame.wait_for_function("window.map_div && map_div._geoStage && map_div._geoStage.view")
    frame.wait_for_function("map_div._geoStage.grid.current().some(({ el }) => el.rows && el.rows.count)")
    assert failures == []
    assert offline_page.evaluate("[3, 1].toSorted().join() + [1, 2].with(-1, 9) + [1, 2].toSpliced(0, 1)") == "1,31,92"
    assert offline_page.evaluate("[URL.canParse('a:b'), URL.canParse('b'), URL.canParse('b', 'http://a')]") == [
        True,
        False,
        True,
    ]
    assert (
        offline_page.evaluate(
            "(() => { const { promise, resolve } = Promise.withResolvers(); resolve(7); return promise; })()"
        )
        == 7
    )
    assert "native code" not in offline_page.evaluate("Array.prototype.toSorted.toString()")
