"""Answers leave the server at once.

The kernel holds back a small packet while an earlier one is unacknowledged, and the other side acknowledges some 40 ms
late: every answer sent as head and body, and every message in pieces, waits that long. asyncio switches this off, but
only on sockets that name TCP as their protocol, and the one that Streamlit opens does not.
"""

from __future__ import annotations

import asyncio
import gc
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from geo.web.heap import Heap

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def promptly(_app: object) -> AsyncIterator[dict[str, Any]]:
    """Be the lifespan of an application whose sockets, opened after it has begun, hold nothing back."""
    loop = asyncio.get_running_loop()
    create_server = loop.create_server

    async def create_prompt(factory: Any, *args: Any, sock: socket.socket | None = None, **options: Any) -> Any:
        # What a listening socket is told, its connections inherit.
        if sock is not None and sock.family in {socket.AF_INET, socket.AF_INET6}:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return await create_server(factory, *args, sock=sock, **options)

    loop.create_server = create_prompt  # type: ignore[method-assign,assignment]
    heap = Heap()
    gc.callbacks.append(heap)
    yield {}
    gc.callbacks.remove(heap)
    gc.unfreeze()
