"""Ending sockets when the session behind them ends, whoever ended it: another tab, an admin, the command line, time.

One question to the file every 0.3 s for all open sockets together; so every tab is shut within a second. The browser
is told by close code 4401, and its guard script (`/own/guard.js`) blanks the page.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from geo.accounts import list_ended
from geo.errors import GeoError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from geo.web.door import Door

EVERY_S: Final = 0.3
#: In the range of private use: the session of this socket has ended.
ENDED: Final = 4401
#: Stands for the session of an open door, which ends when the door does.
NO_SESSION: Final = ""
_LOG: Final = logging.getLogger(__name__)


class Watch:
    """The open sockets of a process, by the id of their session."""

    def __init__(self, door: Door) -> None:
        """Watch nothing yet."""
        self._door = door
        self._open: dict[str, set[asyncio.Event]] = {}
        self._task: asyncio.Task[None] | None = None
        self._now: asyncio.Event | None = None

    def hurry(self) -> None:
        """Look at once: somebody has just come in or gone out."""
        if self._task is not None and self._now is not None and not self._task.done():
            with contextlib.suppress(RuntimeError):
                self._task.get_loop().call_soon_threadsafe(self._now.set)

    async def run(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, *, session: str) -> None:
        """Serve a socket until it closes or its session ends."""
        ended = asyncio.Event()
        self._open.setdefault(session, set()).add(ended)
        if self._task is None or self._task.done():
            self._now = asyncio.Event()
            self._task = asyncio.ensure_future(self._look(self._now))
        socket = _Socket(receive, send, ended)
        try:
            await app(scope, socket.receive, socket.send)
        finally:
            socket.forget()
            left = self._open[session]
            left.discard(ended)
            if not left:
                del self._open[session]

    async def _look(self, now: asyncio.Event) -> None:
        while self._open:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(now.wait(), EVERY_S)
            now.clear()
            try:
                ended = await run_in_threadpool(self._find_ended, set(self._open))
            except (GeoError, SQLAlchemyError):
                _LOG.exception("sessions could not be looked at")
                continue
            for session in ended:
                for one in self._open.get(session, ()):
                    one.set()

    def _find_ended(self, sessions: set[str]) -> set[str]:
        named = sessions - {NO_SESSION}
        ended = list_ended(self._door.database(), named) if named else set()
        if NO_SESSION in sessions and self._door.kind() != "open":
            ended.add(NO_SESSION)
        return ended


class _Socket:
    """One socket: what it receives ends when its session does, and nothing is sent after that."""

    def __init__(self, receive: Receive, send: Send, ended: asyncio.Event) -> None:
        self._receive, self._send, self._ended = receive, send, ended
        self._waiting = asyncio.ensure_future(ended.wait())
        self._closed = False

    async def receive(self) -> Message:
        """Return the next message, or that the socket is gone."""
        got = asyncio.ensure_future(self._receive())
        try:
            await asyncio.wait({got, self._waiting}, return_when=asyncio.FIRST_COMPLETED)
            if not self._ended.is_set():
                return got.result()
        finally:
            if not got.done():
                got.cancel()
        await self._close()
        return {"type": "websocket.disconnect", "code": ENDED}

    async def send(self, message: Message) -> None:
        """Send a message while the session lasts."""
        if not self._closed:
            await self._send(message)

    def forget(self) -> None:
        """Wait for nothing any more."""
        self._waiting.cancel()

    async def _close(self) -> None:
        if not self._closed:
            self._closed = True
            with contextlib.suppress(RuntimeError, OSError):
                await self._send({"type": "websocket.close", "code": ENDED})
