"""Answers that leave at once."""

from __future__ import annotations

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import pytest

from geo.web import promptly


@asynccontextmanager
async def plain(_app: object) -> Any:
    """Stand in for a lifespan that changes nothing."""
    yield {}


async def ask_held_back(lifespan: Any) -> bool:
    """Open a socket as Streamlit does, connect to it, and say whether its answers wait for acknowledgements."""
    asked: asyncio.Queue[int] = asyncio.Queue()

    class Answerer(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            own = transport.get_extra_info("socket")
            asked.put_nowait(own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            transport.close()

    listening = socket.socket(family=socket.AF_INET)
    listening.bind(("127.0.0.1", 0))
    async with lifespan(None):
        server = await asyncio.get_running_loop().create_server(Answerer, sock=listening)
    async with server:
        _, writer = await asyncio.open_connection(*listening.getsockname())
        switched_off = await asyncio.wait_for(asked.get(), 5)
        writer.close()
        await writer.wait_closed()
    return not switched_off


@pytest.mark.parametrize(("lifespan", "held_back"), [(plain, True), (promptly, False)], ids=["without", "with"])
def test_nothing_is_held_back(*, lifespan: Any, held_back: bool) -> None:
    """Connections of Streamlit's socket send at once under our lifespan, and would not without it."""
    # A browser test before this one may have left its loop in the main thread.
    with ThreadPoolExecutor(1) as apart:
        assert apart.submit(asyncio.run, ask_held_back(lifespan)).result() is held_back
