"""Who may do what, where: one function, default deny, asked by every service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, func, select

from geo.errors import NotAllowed, NotFound
from geo.prepared import Prepared
from geo.schema import household, place, place_path

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from geo.model import Scope

#: Action → the roles that may do it. What is not listed is refused.
RIGHTS: Final[dict[str, frozenset[str]]] = {
    "view": frozenset({"planner", "leader", "recorder", "admin"}),
    "see_names": frozenset({"planner", "recorder", "admin"}),
    "export": frozenset({"planner", "leader", "recorder", "admin"}),
    "record_visit": frozenset({"planner", "recorder", "admin"}),
    "raise_issue": frozenset({"planner", "recorder", "admin"}),
    "act_on_issue": frozenset({"planner", "recorder", "admin"}),
    "approve_issue": frozenset({"planner", "admin"}),
    "edit_household": frozenset({"planner", "recorder", "admin"}),
    "assign": frozenset({"planner", "admin"}),
    "manage_round": frozenset({"planner", "admin"}),
    "import": frozenset({"planner", "admin"}),
    "manage": frozenset({"admin", "planner"}),
}


#: Built once: every service runs it.
_INSIDE = Prepared(
    select(place_path.c.depth).where(
        place_path.c.place == bindparam("place"), place_path.c.ancestor == bindparam("area")
    )
)


def may(scope: Scope, action: str) -> bool:
    """Say whether the role may do the action at all."""
    return scope.role in RIGHTS.get(action, frozenset())


def require_right(scope: Scope, action: str) -> None:
    """Refuse an action the role may not do. Raises `NotAllowed`."""
    if not may(scope, action):
        raise NotAllowed("err.right", action=action)


def require_whole(connection: Connection, scope: Scope) -> None:
    """Refuse an act on the whole file (backup, check, undo) to a scope of less. Raises `NotAllowed`."""
    if not is_whole(connection, scope):
        raise NotAllowed("err.right", action="area")


def is_whole(connection: Connection, scope: Scope) -> bool:
    """Say whether the scope's area is the whole file, also while that holds no unit yet."""
    root = connection.execute(select(place.c.id).where(place.c.parent.is_(None))).scalar()
    return root is None or root == scope.area


def require_home(connection: Connection, scope: Scope, household_id: str) -> None:
    """Refuse a household outside the scope's area or not there at all. Raises `NotAllowed`, `NotFound`."""
    place_id = connection.execute(select(household.c.place).where(household.c.id == household_id)).scalar()
    if place_id is None:
        raise NotFound("err.no_household", household=household_id)
    require_area(connection, scope, place_id)


def require_areas(connection: Connection, scope: Scope, place_ids: Collection[str]) -> None:
    """Refuse a list of places of which any lies outside the scope's area. Raises `NotAllowed`."""
    wanted = list(set(place_ids))
    inside = select(func.count()).select_from(place_path)
    inside = inside.where(place_path.c.ancestor == scope.area, place_path.c.place.in_(wanted))
    if connection.execute(inside).scalar_one() != len(wanted):
        raise NotAllowed("err.right", action="area")


def require_area(connection: Connection, scope: Scope, place_id: str) -> None:
    """Refuse a place outside the scope's area. Raises `NotAllowed`."""
    if _INSIDE.first(connection, {"place": place_id, "area": scope.area}) is None:
        raise NotAllowed("err.right", action="area")
