"""Telling open maps that the data became different: a WebSocket a map, which waits and says one line a save.

Not a long request: a browser opens six of those to a server, and a seventh tab would wait for the first to close.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocketDisconnect

from geo.errors import GeoError
from geo.web import grants
from geo.web.naming import COOKIE

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

#: How often the store is asked (one row); a save is on every open map within a second.
EVERY_S: Final = 0.4
_GONE: Final = 1008
_LONGEST: Final = 12


async def tell_changes(socket: WebSocket) -> None:
    """Say after each save what became different in a view: what its grant answers to `changes/{version}.json`.

    `?since=` is the version the map shows. Closes with 1008 when the link is not this browser's, or is gone.
    """
    since = socket.query_params.get("since", "0")
    if not since.isdecimal() or len(since) > _LONGEST:
        await socket.close(_GONE)
        return
    await socket.accept()
    leaving = asyncio.ensure_future(_wait_for_close(socket))
    try:
        await _tell(socket, leaving, since=int(since))
    except GeoError:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(_GONE)
    finally:
        leaving.cancel()


async def _tell(socket: WebSocket, leaving: asyncio.Future[None], *, since: int) -> None:
    token, owner = socket.path_params["token"], socket.cookies.get(COOKIE, "")
    while not leaving.done():
        name = f"changes/{since}.json"
        made = await run_in_threadpool(grants.take, token, owner, kind="tiles", name=name)
        version = int(json.loads(made.body)["version"])
        if version != since:
            since = version
            with contextlib.suppress(WebSocketDisconnect):
                await socket.send_text(made.body.decode())
        await asyncio.wait([leaving], timeout=EVERY_S)


async def _wait_for_close(socket: WebSocket) -> None:
    """Return when the browser has gone; what it says is not listened to."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            await socket.receive_text()
