"""Making ready at start, in an own thread, what a first look needs: map, lists and board of the running round."""

from __future__ import annotations

import logging
import time
from contextlib import asynccontextmanager
from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

from geo.coverage import same_day_of
from geo.errors import GeoError
from geo.model import Scope
from geo.store.counted import count_leaves
from geo.store.gap_homes import read_gap_homes
from geo.store.issue_status import count_issues_once
from geo.store.land import draw_ahead
from geo.store.places import root_place
from geo.store.presence import read_presence
from geo.store.reads import read_figures, read_same_day
from geo.store.rounds import current_round, previous_round
from geo.store.traits import KINDS, keep_traits
from geo.tiles import MIN_ZOOM, POINTS_FROM_ZOOM
from geo.tiles.live import keep_index
from geo.ui import datasource
from geo.web import promptly

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import date

    from geo.model import Round
    from geo.store.database import Database

_LOOK_EVERY_S: Final = 30


@asynccontextmanager
async def warm_up(app: object) -> AsyncIterator[dict[str, Any]]:
    """Start the thread with the server; nobody waits for it, and it ends with the process."""
    Thread(target=_warm_in_thread, name="warm-up", daemon=True).start()
    async with promptly(app) as state:
        yield state


def _warm_in_thread() -> None:
    """Make ready, keep up with what is written, and make ready again on every new day."""
    while (day := _warm_all()) is not None:
        revision = -1
        while datasource.database().today() == day:
            # What only a whole reading can tell, after a large import, is read beside; and no look has much to amend.
            if revision != (now := datasource.database().revision()):
                revision = now
                _warm(warm_figures, warm_lists)
            time.sleep(_LOOK_EVERY_S)


def _warm_all() -> date | None:
    """Make everything ready and return the day it is ready for; None where there is nothing to make ready."""
    try:
        day = datasource.database().today()
    except GeoError:
        # There is no database yet, or none that can be read: whoever opens a page is told so.
        return None
    _warm(warm_map, warm_filters)
    return day


def _warm(*parts: Callable[[], int]) -> None:
    for warm in parts:
        try:
            warm()
        except Exception as error:  # noqa: BLE001 - the first look reads it then, and says what is wrong
            logging.getLogger(__name__).warning("%s failed: %s", warm.__name__, type(error).__name__)


def warm_map() -> int:
    """Read the index of the district's running round, today, and its land; return its households (0: no round)."""
    db, scope, round_ = _find_district()
    if round_ is None:
        return 0
    index = keep_index(db, scope, round_id=round_.id, as_of=db.today()).now()
    for zoom in range(MIN_ZOOM, POINTS_FROM_ZOOM):
        index.cells(zoom)
    draw_ahead(db, scope, round_id=round_.id)
    return len(index)


def warm_filters() -> int:
    """Read what the map's filters ask of the district's households today; return how many of those there are.

    At a million households 连漏 takes half a minute, the others seconds each, which the first to ask would wait for.
    """
    db, scope, round_ = _find_district()
    if round_ is None:
        return 0
    traits = keep_traits(db, scope, round_, db.today())
    for kind in KINDS:
        traits.now(kind)
    return len(traits.now("class").number)


def warm_figures() -> int:
    """Count the running round and the same day of the last one, of today and of tomorrow; return the places counted.

    So the first look of a new day has nothing to count but what was done since.
    """
    db, scope, round_ = _find_district()
    if round_ is None:
        return 0
    figures = read_figures(db, scope, round_id=round_.id, place_id=scope.area)
    read_same_day(db, scope, figures=figures)
    tomorrow = figures.as_of + timedelta(days=1)
    before = previous_round(db, scope, of=round_, place_id=scope.area)
    if before is not None:
        then = same_day_of(before, round_, tomorrow)
        count_leaves(db, before, then)
        count_issues_once(db, then)
    return len(count_leaves(db, round_, tomorrow)[1])


def warm_lists() -> int:
    """Read the gap list and who came where of the whole district in the running round; return the homes due."""
    db, scope, round_ = _find_district()
    if round_ is None:
        return 0
    read_gap_homes(db, scope, round_id=round_.id, place_id=scope.area)
    return read_presence(db, scope, round_id=round_.id, place_id=scope.area).roster


def _find_district() -> tuple[Database, Scope, Round | None]:
    """Return the data the app serves, the scope of its whole district, and the round that runs."""
    db = datasource.database()
    scope = Scope(actor="", role="planner", area=root_place(db).id)
    return db, scope, current_round(db, scope)
