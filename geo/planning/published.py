"""Published routes (派工路线) as plans again: what their teams still have to do, in order, to print and take away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from geo import codes
from geo.i18n import text
from geo.plan.stops import Bounds
from geo.planning.document import PlanDocument, VillagePlan
from geo.planning.draft import Order, from_content
from geo.planning.run import kept_setup, list_tasks
from geo.planning.teams import TeamSetup

if TYPE_CHECKING:
    from geo.model import Round, Scope
    from geo.planning.stops import UnitTask
    from geo.store.database import Database

_ORDER: Final = Order()


def read_published(
    db: Database, scope: Scope, *, round_: Round, place_id: str, rows: Iterable[Mapping[Any, Any]]
) -> PlanDocument:
    """Return routes (`store.routes.read_routes` of the place) as a plan of each village, less what is visited or back.

    Teams are called after their people, in the order in which they were published. Raises `NotFound`, `NotAllowed`.
    """
    live = [one for one in rows if one["status"] in codes.LIVE_ASSIGNMENTS]
    days = sorted({one["day"] for one in live})
    # What must be where is settled: nothing is planned here.
    setup = kept_setup(db).with_all(forced={}, forbidden={})
    wanted = {one["household"]: one for one in live}
    tasks = list_tasks(db, scope, round_=round_, place_id=place_id, setup=setup, only=wanted, days=days) if live else []
    villages = tuple(_to_village(one, wanted) for one in tasks)
    return PlanDocument(round_.id, db.today(), _ORDER.mode, _ORDER.seed, villages)


def _to_village(task: UnitTask, wanted: Mapping[str, Mapping[Any, Any]]) -> VillagePlan:
    rows = sorted((wanted[one.household] for one in task.rows), key=lambda one: (one["day"], one["seq"]))
    names = name_teams(rows)
    whose = list(names)
    # Somebody may have two routes on a day, of two teams or of two plans: each is a sheet of its own.
    routes: dict[tuple[Any, int, str], list[Mapping[Any, Any]]] = {}
    for one in rows:
        key = (one["day"], whose.index(assignee_of(one)), one["route"] or "")
        routes.setdefault(key, []).append(one)
    ordered = sorted(routes.items(), key=lambda one: one[0][:2])
    content = {
        "routes": [
            [day.isoformat(), names[whose[who]], [one["household"] for one in some], any(one["locked"] for one in some)]
            for (day, who, _), some in ordered
        ],
        "unserved": [], "fixed": [], "barred": [], "mark": "",
    }  # fmt: skip
    setup = replace(task.setup, teams=tuple(TeamSetup(name) for name in names.values()))
    village = from_content(replace(task, setup=setup, bounds=Bounds()), _ORDER, content).village()
    called = [route for (_, _, route), _ in ordered]
    team_days = [replace(row, route=route or row.route) for row, route in zip(village.team_days, called, strict=True)]
    return replace(village, team_days=tuple(team_days))


def assignee_of(row: Mapping[Any, Any]) -> str:
    """Return the id of the person or team that a published stop was given to."""
    return str(row["person"] or row["team"])


def name_teams(rows: Iterable[Mapping[Any, Any]]) -> dict[str, str]:
    """Return how those are called whom stops of a village were given to, by id, in the order of publishing."""
    ordered = sorted(rows, key=lambda one: (one["created_at"], one["day"], one["seq"], assignee_of(one)))
    names: dict[str, str] = {}
    for one in ordered:
        name = str(one["person_name"] or one["team_name"] or text("exports.team"))
        same = sum(known == name or known.startswith(f"{name} ") for known in names.values())
        names.setdefault(assignee_of(one), f"{name} {same + 1}" if same else name)
    return names
