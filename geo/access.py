"""Who may do what, where: `allowed` is the one function, default deny, asked by every service (docs/rights.md)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from sqlalchemy import bindparam, func, select

from geo.errors import NotAllowed, NotFound
from geo.prepared import Prepared
from geo.schema import household, place, place_path

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection, Select

    from geo.model import Scope

_PLANNING: Final = frozenset({"planner", "admin"})
_WORKING: Final = _PLANNING | {"recorder"}
_READING: Final = _WORKING | {"leader"}

#: Action → the roles that may do it. What is not listed is refused.
RIGHTS: Final[dict[str, frozenset[str]]] = {
    "reach": _READING,
    "view": _READING,
    "see_details": _WORKING,
    "reveal": _WORKING,
    "export": _READING,
    "export_personal": _WORKING,
    "record_visit": _WORKING,
    "raise_issue": _WORKING,
    "act_on_issue": _WORKING,
    "approve_issue": _PLANNING,
    "edit_household": _WORKING,
    "assign": _PLANNING,
    "manage_round": _PLANNING,
    "import": _PLANNING,
    "manage": _PLANNING,
    "erase": frozenset({"admin"}),
    "manage_accounts": frozenset({"admin", "system_admin"}),
    "operate": _PLANNING | {"system_admin"},
    "audit": frozenset({"auditor"}),
}

#: Actions that the role alone does not allow: somebody gave the account the right.
GRANTED: Final = frozenset({"export_personal"})


class Resource(Protocol):
    """What an action is about; it knows whether it lies in an area."""

    def lies_in(self, areas: tuple[str, ...]) -> bool:
        """Say whether all of it lies in the areas (place ids) together."""
        ...


@dataclass(frozen=True, slots=True)
class Somewhere:
    """No place yet: asks whether a role may do the action at all, to draw a button or before a file is opened."""

    def lies_in(self, areas: tuple[str, ...]) -> bool:  # noqa: ARG002 - a resource is asked for its areas
        """Say yes: the service asks again about the place."""
        return True


@dataclass(frozen=True, slots=True)
class Unit:
    """One place by its id, with all below it."""

    connection: Connection
    place: str

    def lies_in(self, areas: tuple[str, ...]) -> bool:
        """Say whether the place is one of the areas or below one; an unknown place is not."""
        return any(_INSIDE.first(self.connection, {"place": self.place, "area": area}) is not None for area in areas)


@dataclass(frozen=True, slots=True)
class Units:
    """Several places by their ids."""

    connection: Connection
    places: Collection[str]

    def lies_in(self, areas: tuple[str, ...]) -> bool:
        """Say whether every one is one of the areas or below one."""
        wanted = list(set(self.places))
        inside = select(func.count(place_path.c.place.distinct()))
        inside = inside.where(place_path.c.ancestor.in_(areas), place_path.c.place.in_(wanted))
        return bool(self.connection.execute(inside).scalar_one() == len(wanted))


@dataclass(frozen=True, slots=True)
class WholeFile:
    """The file as such: backups, checks, undoing an import, the log."""

    connection: Connection

    def lies_in(self, areas: tuple[str, ...]) -> bool:
        """Say whether the whole file is an area, also while that holds no unit yet."""
        root = self.connection.execute(select(place.c.id).where(place.c.parent.is_(None))).scalar()
        return root is None or root in areas


SOMEWHERE: Final = Somewhere()

#: Built once: every service runs it.
_INSIDE = Prepared(
    select(place_path.c.depth).where(
        place_path.c.place == bindparam("place"), place_path.c.ancestor == bindparam("area")
    )
)


def allowed(actor: Scope, action: str, resource: Resource) -> bool:
    """Say whether an actor may do an action to a resource: by role (`RIGHTS`), right given and areas, else no."""
    by_role = actor.role in RIGHTS.get(action, frozenset())
    return by_role and (action not in GRANTED or action in actor.granted) and resource.lies_in(actor.areas)


def may(scope: Scope, action: str) -> bool:
    """Say whether the role may do the action at all."""
    return allowed(scope, action, SOMEWHERE)


def for_files(scope: Scope) -> Scope:
    """Return the scope that a file is made for: names and phones in full only where they may be taken away.

    What is revealed on the screen just now is not for files.
    """
    return replace(scope, sees_names=may(scope, "export_personal"))


def require_right(scope: Scope, action: str) -> None:
    """Refuse an action the role may not do. Raises `NotAllowed`."""
    if not may(scope, action):
        raise NotAllowed("err.right", action=action)


def require_whole(connection: Connection, scope: Scope, action: str = "reach") -> None:
    """Refuse an act on the whole file (backup, check, undo) to a scope of less. Raises `NotAllowed`."""
    _require(scope, action, WholeFile(connection))


def places_inside(scope: Scope) -> Select[tuple[str]]:
    """Choose the places of the scope's areas and all below them."""
    return select(place_path.c.place).where(place_path.c.ancestor.in_(scope.areas))


def places_around(scope: Scope) -> Select[tuple[str]]:
    """Choose the places of the scope's areas and all above them."""
    return select(place_path.c.ancestor).where(place_path.c.place.in_(scope.areas))


def is_whole(connection: Connection, scope: Scope) -> bool:
    """Say whether the scope's area is the whole file, also while that holds no unit yet."""
    return WholeFile(connection).lies_in(scope.areas)


def require_home(connection: Connection, scope: Scope, household_id: str, action: str = "reach") -> None:
    """Refuse a household outside the scope's area or not there at all. Raises `NotAllowed`, `NotFound`."""
    place_id = connection.execute(select(household.c.place).where(household.c.id == household_id)).scalar()
    if place_id is None:
        raise NotFound("err.no_household", household=household_id)
    require_area(connection, scope, place_id, action)


def require_areas(connection: Connection, scope: Scope, place_ids: Collection[str], action: str = "reach") -> None:
    """Refuse a list of places of which any lies outside the scope's area. Raises `NotAllowed`."""
    _require(scope, action, Units(connection, place_ids))


def require_area(connection: Connection, scope: Scope, place_id: str, action: str = "reach") -> None:
    """Refuse a place outside the scope's area. Raises `NotAllowed`."""
    _require(scope, action, Unit(connection, place_id))


def _require(scope: Scope, action: str, resource: Resource) -> None:
    """Ask for an action in an area: `reach` where the service has asked for its own action before."""
    if not allowed(scope, action, resource):
        raise NotAllowed("err.right", action="area" if may(scope, action) else action)
