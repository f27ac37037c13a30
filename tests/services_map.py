"""Rows of the matrix of services for the map: rounds compared, areas kept (see tests/services.py)."""

from __future__ import annotations

import json
import uuid
from typing import Any

from geo.model import Scope
from geo.schema import zone
from geo.store import comparing, land, matching, zones
from geo.store.rounds import get_round
from tests.services import DUE, Case, Ground, of_db

RING = ((109.1, 27.1), (109.2, 27.1), (109.2, 27.2))


def _past(ground: Ground) -> str:
    return ground.past_round


def _name(_: Ground) -> str:
    return uuid.uuid4().hex


def _past_round(ground: Ground) -> Any:
    return get_round(ground.db, Scope("x", "planner", "d"), round_id=ground.past_round)


def _zone(ground: Ground) -> str:
    """Keep an area in v1 past the service, which would leave an act."""
    made = uuid.uuid4().hex
    with ground.db.write(counts=False) as connection:
        connection.execute(
            zone.insert().values(
                id=made, place="v1", name=made, ring=json.dumps(RING), created_at="2019-01-01T00:00:00.000Z",
                created_by="services",
            )
        )  # fmt: skip
    return made


MAP_CASES: dict[str, Case] = {
    "store.comparing.list_earlier": of_db(comparing.list_earlier, "view", of=_past_round),
    "store.comparing.read_then": of_db(comparing.read_then, "view", round_id=_past, earlier_id="66"),
    "store.comparing.read_reached_by_phone": of_db(
        comparing.read_reached_by_phone, "view", round_id=_past, as_of=DUE
    ),
    "store.matching.read_missed": of_db(matching.read_missed, "view", round_id=_past, as_of=DUE),
    "store.land.read_areas": of_db(land.read_areas, "view", place_id="v1", level="group"),
    "store.land.read_outlines": of_db(land.read_outlines, "view", place_id="v1"),
    "store.land.draw_ahead": of_db(land.draw_ahead, "view", blind=int),
    "store.matching.list_teams": of_db(matching.list_teams, "view", blind=[], place_id="v1"),
    "store.zones.list_zones": of_db(zones.list_zones, "view", blind=[]),
    "store.zones.save_zone": of_db(zones.save_zone, "assign", name=_name, place_id="v1", ring=RING),
    "store.zones.remove_zone": of_db(zones.remove_zone, "assign", zone_id=_zone),
}  # fmt: skip
