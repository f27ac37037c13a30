"""A browser without a browser: requests and sockets to the product's own routes, behind its gate."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from starlette.applications import Starlette

from geo.web import build_middleware, build_routes
from geo.web.naming import COOKIE

OWNER = "a" * 43
OTHER = "b" * 43


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers in lower case, body."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(path: str, *, owner: str | None = None, query: str = "", **headers: str) -> Answer:
    """Ask the product's own routes behind the gate, as a browser with the cookie `owner` would."""
    sent = {"host": "127.0.0.1:8501", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if owner:
        sent["cookie"] = f"{COOKIE}={owner}"
    app = Starlette(routes=build_routes(), middleware=build_middleware())
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
    }
    messages: list[dict] = []

    waiting = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: dict) -> None:
        messages.append(message)

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, app(scope, receive, send)).result()
    found = {name.decode().lower(): value.decode() for name, value in messages[0]["headers"]}
    return Answer(messages[0]["status"], found, b"".join(message.get("body", b"") for message in messages[1:]))


def listen(path: str, *, owner: str, since: object, act: Callable[[], object]) -> tuple[float, dict] | None:
    """Open a socket behind the gate, do something, and return what it says and after how long; None if it is closed."""
    app = Starlette(routes=build_routes(), middleware=build_middleware())
    headers = {"host": "127.0.0.1:8501", "cookie": f"{COOKIE}={owner}"}
    scope = {
        "type": "websocket", "asgi": {"version": "3.0"}, "path": path, "raw_path": path.encode(), "root_path": "",
        "query_string": f"since={since}".encode(), "subprotocols": [], "scheme": "ws",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip

    async def run() -> tuple[float, dict] | None:
        sent: asyncio.Queue[dict] = asyncio.Queue()
        incoming: asyncio.Queue[dict] = asyncio.Queue()
        await incoming.put({"type": "websocket.connect"})
        serving = asyncio.ensure_future(app(scope, incoming.get, sent.put))
        message = await asyncio.wait_for(sent.get(), 10)
        if message["type"] == "websocket.accept":
            started = time.monotonic()
            await asyncio.to_thread(act)
            message = await asyncio.wait_for(sent.get(), 10)
        await incoming.put({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait_for(serving, 10)
        if message["type"] != "websocket.send":
            return None
        return time.monotonic() - started, json.loads(message["text"])

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, run()).result()
