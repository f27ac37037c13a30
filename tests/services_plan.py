"""Rows of the matrix in test_access.py about plans, routes and the user's own ways; see tests/services.py."""

from __future__ import annotations

from geo.planning import default_setup, published, run
from geo.store import plansettings, routes, ways
from geo.ways import kept
from tests.services import DUE, H01, ROUND, V1, Case, Ground, of_db, round_2


def _route(ground: Ground) -> list[routes.Route]:
    return [routes.Route(ground.person, DUE, ("h01",))]


#: A stop as `routes.read_routes` gives it.
STOP = {
    "household": "h01", "status": "assigned", "day": DUE, "seq": 1, "person": "p", "team": None, "person_name": "周测",
    "team_name": None, "locked": False, "created_at": "", "route": None,
}  # fmt: skip

PLAN_CASES: dict[str, Case] = {
    "planning.published.read_published": of_db(
        published.read_published, "view", round_=round_2, place_id="v1", rows=[STOP]
    ),
    "planning.run.list_tasks": of_db(run.list_tasks, "view", round_=round_2, place_id="v1", setup=default_setup()),
    "planning.run.plan_places": of_db(
        run.plan_places, "view", **V1, setup=default_setup(), order=run.Order(effort=0.01)
    ),
    "store.routes.publish_routes": of_db(routes.publish_routes, "assign", **ROUND, routes=_route),
    "store.plansettings.keep_plan_settings": of_db(
        plansettings.keep_plan_settings, "assign", said={"v1": {"detour": 1.6}}
    ),
    "store.ways.keep_way_files": of_db(ways.keep_way_files, "assign", whole=True, files={}),
    "store.ways.drop_ways": of_db(ways.drop_ways, "assign", whole=True, kinds=("roads",)),
    "ways.kept.keep_ways": of_db(kept.keep_ways, "assign", whole=True, files={}),
    "store.routes.read_routes": of_db(routes.read_routes, "view", **V1),
    "store.routes.read_stops": of_db(routes.read_stops, "view", **ROUND, **H01),
    "store.routes.answer_route": of_db(
        routes.answer_route, "record_visit", assignment_id=lambda ground: ground.assignment, rev=1, accepts=True
    ),
}
