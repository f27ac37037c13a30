"""Making ready at start what the first look at the map needs: the index of the running round, in an own thread."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any

from geo.errors import GeoError
from geo.model import Scope
from geo.store.land import draw_ahead
from geo.store.places import root_place
from geo.store.rounds import current_round
from geo.tiles import MIN_ZOOM, POINTS_FROM_ZOOM
from geo.tiles.live import keep_index
from geo.ui import datasource
from geo.web import promptly

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def warm_up(app: object) -> AsyncIterator[dict[str, Any]]:
    """Start the thread with the server; nobody waits for it, and it ends with the process."""
    Thread(target=_warm_in_thread, name="warm-up", daemon=True).start()
    async with promptly(app) as state:
        yield state


def _warm_in_thread() -> None:
    try:
        warm_map()
    except GeoError:
        # There is no database yet, or none that can be read: whoever opens a page is told so.
        return
    except Exception as error:  # noqa: BLE001 - the first look at the map reads it then, and says what is wrong
        logging.getLogger(__name__).warning("the map was not made ready: %s", type(error).__name__)


def warm_map() -> int:
    """Read the index of the district's running round, today, and its land; return its households (0: no round)."""
    db = datasource.database()
    scope = Scope(actor="", role="planner", area=root_place(db).id)
    round_ = current_round(db, scope)
    if round_ is None:
        return 0
    index = keep_index(db, scope, round_id=round_.id, as_of=db.today()).now()
    for zoom in range(MIN_ZOOM, POINTS_FROM_ZOOM):
        index.cells(zoom)
    draw_ahead(db, scope, round_id=round_.id)
    return len(index)
