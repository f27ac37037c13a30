"""Sockets behind the gate: who may open one, and that they end with the session, whoever ends it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from geo.accounts import disable_account
from geo.accounts.people import find_account, reset_account
from geo.schema import account_session
from geo.store.database import Database
from geo.web import Door, build_middleware, build_routes
from geo.web.watch import ENDED
from tests.gatehouse import BOSS, Browser, add_boss, let_in, make_real

MEDIA = f"/media/{'0a' * 28}.png"
SECONDS = 1.0


pytestmark = pytest.mark.usefixtures("cheap_passwords")


@dataclass
class Stand:
    """The gate over a file, before a stand-in for Streamlit's socket, which says a medium's address and listens."""

    app: Starlette
    db: Database
    left: list[int]


async def show_medium(socket: WebSocket) -> None:
    """Stand in for a page: name a picture, then wait for what the browser does."""
    await socket.accept()
    await socket.send_bytes(b"\x0a\x42" + MEDIA.encode() + b"\x12\x01x")
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect as gone:
        socket.app.state.left.append(gone.code)


@pytest.fixture
def stand(world: Database) -> Stand:
    """Give the stand over the small world as real data with its first account."""
    make_real(world)
    add_boss(world)
    door = Door(lambda: world)
    routes = [*build_routes(door), WebSocketRoute("/_stcore/stream", show_medium)]
    app = Starlette(routes=routes, middleware=build_middleware(door))
    app.state.left = []
    return Stand(app, world, app.state.left)


def hold(stand: Stand, cookies: dict[str, str], paths: list[str], act: Callable[[], object], **headers: str) -> list:
    """Open sockets, do something, and return of each its closing code and how long after the act; None: not opened."""
    sent = {
        "host": "127.0.0.1:8501",
        "cookie": "; ".join(f"{key}={value}" for key, value in cookies.items()),
        **headers,
    }

    async def one(path: str, opened: asyncio.Barrier) -> tuple[int, float] | None:
        scope = {
            "type": "websocket", "asgi": {"version": "3.0"}, "path": path, "raw_path": path.encode(), "root_path": "",
            "query_string": b"", "subprotocols": [], "scheme": "ws", "client": ("127.0.0.1", 1),
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        }  # fmt: skip
        incoming: asyncio.Queue[dict] = asyncio.Queue()
        said: asyncio.Queue[dict] = asyncio.Queue()
        await incoming.put({"type": "websocket.connect"})
        serving = asyncio.ensure_future(stand.app(scope, incoming.get, said.put))
        is_open = (await asyncio.wait_for(said.get(), 10))["type"] == "websocket.accept"
        await opened.wait()
        if not is_open:
            await serving
            return None
        message = await asyncio.wait_for(said.get(), 10)
        while message["type"] == "websocket.send":
            message = await asyncio.wait_for(said.get(), 10)
        at = time.monotonic()
        await asyncio.wait_for(serving, 10)
        return message["code"], at

    async def all_of_them() -> list:
        opened = asyncio.Barrier(len(paths) + 1)
        waiting = [asyncio.ensure_future(one(path, opened)) for path in paths]
        await opened.wait()
        await asyncio.to_thread(act)
        acted = time.monotonic()
        return [(ended := await done) and (ended[0], ended[1] - acted) for done in waiting]

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, all_of_them()).result()


def test_without_a_session_no_socket_opens(stand: Stand) -> None:
    """Pages' socket, the guard's and the maps' open for nobody without a full session, and for no other site with one."""
    browser = Browser(stand.app)
    let_in(browser, stand.db, name="ann", role="leader", area="v1")
    begun = Browser(stand.app)
    begun.log_in("boss", "three blue herons")
    paths = ["/_stcore/stream", "/session/watch", "/tiles/x/changes"]
    for cookies, headers in (
        ({}, {}),
        ({"geo_browser": "a" * 43}, {}),
        (begun.cookies, {}),
        (browser.cookies, {"origin": "http://evil.example"}),
    ):
        assert hold(stand, cookies, paths, lambda: None, **headers) == [None] * 3


def test_every_tab_ends_within_a_second(stand: Stand) -> None:
    """Logout, a reset, a disabled account, and time end every socket of the session within a second, with code 4401."""
    browser = Browser(stand.app)
    let_in(browser, stand.db, name="ann", role="leader", area="v1")
    ann = find_account(stand.db, BOSS, name="ann")
    paths = ["/_stcore/stream", "/session/watch", "/_stcore/stream"]

    def grow_old() -> None:
        with stand.db.write() as connection:
            connection.execute(account_session.update().values(seen_at="2019-01-01T00:00:00.000Z"))

    for act in (
        lambda: browser.post("/logout", {}),
        grow_old,
        lambda: reset_account(stand.db, BOSS, account_id=ann),
        lambda: disable_account(stand.db, BOSS, account_id=ann),
    ):
        ended = hold(stand, dict(browser.cookies), paths, act)
        assert [code for code, _ in ended] == [ENDED] * 3
        # The best of three: a busy machine may hold one of them up.
        assert min(spent for _, spent in ended) < SECONDS, ended
        first = reset_account(stand.db, BOSS, account_id=ann)
        browser.cookies.clear()
        browser.log_in("ann", first)
        browser.post("/account/password", {"old": first, "new": "nine slow trains", "again": "nine slow trains"})
    assert len(stand.left) == 8
    assert set(stand.left) == {ENDED}


def test_an_open_door_that_shuts(world: Database) -> None:
    """Sockets of one person's machine end when the file gets its first account: who was in must come in."""
    make_real(world)
    door = Door(lambda: world)
    app = Starlette(
        routes=[*build_routes(door), WebSocketRoute("/_stcore/stream", show_medium)], middleware=build_middleware(door)
    )
    app.state.left = []
    with world.write() as connection:
        connection.exec_driver_sql("INSERT INTO setting (key, value) VALUES ('alone', '1')")
    ended = hold(Stand(app, world, []), {"geo_browser": "a" * 43}, ["/_stcore/stream"], lambda: add_boss(world))
    assert ended[0][0] == ENDED


def test_media_go_to_whom_they_were_shown(stand: Stand) -> None:
    """The address of a picture passes for the browser whose page named it; another's session gets nothing of it."""
    ann, bob = Browser(stand.app), Browser(stand.app)
    for browser, name in ((ann, "ann"), (bob, "bob")):
        let_in(browser, stand.db, name=name, role="leader", area="v1")
    got = []

    def ask_both() -> None:
        # 404: let through, to where the stand keeps no media.
        got.extend(browser.get(MEDIA).status for browser in (ann, bob))
        ann.post("/logout", {})

    assert ann.get(MEDIA).status == 403
    hold(stand, dict(ann.cookies), ["/_stcore/stream"], ask_both)
    assert got == [404, 403]
