"""Households: facts, point, group, tags. Every change carries the row's `rev` and is logged; the roster place stays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.exc import IntegrityError

from geo import codes, config
from geo.access import may, places_inside, require_area, require_home, require_right
from geo.audit import log_change
from geo.errors import Conflict, Invalid, NotFound
from geo.idnumbers import hide_id_numbers
from geo.mask import mask_name, mask_phone, mask_value
from geo.model import new_id
from geo.schema import household, household_tag, place
from geo.store.area import district_area
from geo.store.cells import refresh_cells
from geo.store.database import now, read_today
from geo.store.merging import REV, list_changed
from geo.store.places import find_place
from geo.store.roster import add_to_roster, roster_places
from geo.store.rounds import open_rounds

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection, RowMapping

    from geo.model import Scope
    from geo.store.database import Database

_LON_LIMIT, _LAT_LIMIT = 180, 90
#: Columns that `edit_household` may change.
EDITABLE = ("head_name", "phone", "size", "household_class", "residence", "note")


@dataclass(frozen=True, slots=True)
class NewHousehold:
    """A household to add: its place is a group, or a village without groups."""

    id: str
    code: str
    place: str
    head_name: str
    size: int | None = None
    phone: str = ""
    household_class: str = "general"


def get_household(db: Database, scope: Scope, *, household_id: str) -> dict[str, Any]:
    """Return a household's row (columns of `household`), the phone masked, `has_id` in place of what is known of an ID.

    The head is masked too unless names were revealed; a leader gets no note. `store.reveal` gives the rest.
    Raises `NotFound`, `NotAllowed`.
    """
    require_right(scope, "view")
    with db.read() as connection:
        row = dict(_row(connection, household_id))
        require_area(connection, scope, row["place"])
    row |= {"phone": mask_phone(row["phone"]), "has_id": row["id_last4"] is not None, "id_hash": None, "id_last4": None}
    if not scope.sees_names:
        row["head_name"] = mask_name(row["head_name"])
    return row if may(scope, "see_details") else row | {"note": ""}


def find_code(db: Database, scope: Scope, *, code: str) -> str:
    """Return the id of the one household in the scope's area with a 户编号.

    Raises `NotFound` where there is none, `Invalid` where several villages have one.
    """
    require_right(scope, "view")
    with db.read() as connection:
        in_area = places_inside(scope)
        wanted = select(household.c.id).where(household.c.code == code, household.c.place.in_(in_area))
        found = connection.execute(wanted.limit(2)).scalars().all()
    if not found:
        raise NotFound("err.no_household", household=code)
    if len(found) > 1:
        raise Invalid("err.code_of_several", code=code)
    return str(found[0])


def household_by_tile_id(db: Database, scope: Scope, *, tile_id: int) -> str:
    """Return the id of the household a map symbol stands for. Raises `NotFound`, `NotAllowed`."""
    require_right(scope, "view")
    with db.read() as connection:
        row = connection.execute(
            select(household.c.id, household.c.place).where(household.c.tile_id == tile_id)
        ).first()
        if row is None:
            raise NotFound("err.no_household", household=tile_id)
        require_area(connection, scope, row.place)
        return str(row.id)


def list_tags(db: Database, scope: Scope, *, household_id: str) -> list[str]:
    """Return the tags the household holds today, in the order of `codes.TAG_KINDS`."""
    require_right(scope, "view")
    with db.read() as connection:
        require_home(connection, scope, household_id)
        today = read_today(connection)
        held = set(
            connection.execute(
                select(household_tag.c.kind).where(
                    household_tag.c.household == household_id,
                    household_tag.c.since <= today,
                    or_(household_tag.c.until.is_(None), household_tag.c.until >= today),
                )
            ).scalars()
        )
    return [kind for kind in codes.TAG_KINDS if kind in held]


def add_household(db: Database, scope: Scope, *, new: NewHousehold, join_round: bool = True) -> str:
    """Add a household as 新增户 from today, into the open round of its village and those to come; return its id.

    The same id again changes nothing. Raises `Invalid` for an empty or taken code or a place that is no leaf.
    """
    require_right(scope, "edit_household")
    with db.write() as connection:
        require_area(connection, scope, new.place)
        if connection.execute(select(household.c.id).where(household.c.id == new.id)).first():
            require_home(connection, scope, new.id)
            return new.id
        today = read_today(connection)
        insert_household(connection, scope, new=new, today=today)
        if join_round:
            for one in open_rounds(connection, programme=config.PROGRAMME, place_id=new.place, from_day=today):
                on = max(today, one.starts_on)
                add_to_roster(connection, round_id=one.id, household_id=new.id, place_id=new.place, on=on)
                refresh_cells(connection, one.id, today, [new.place])
        log_change(connection, scope, action="household.add", object_id=new.id, diff={"code": new.code})
        return new.id


def insert_household(connection: Connection, scope: Scope, *, new: NewHousehold, today: date) -> None:
    """Insert a household inside a write transaction; see `add_household`."""
    require_area(connection, scope, new.place)
    if not new.code.strip():
        raise Invalid("err.code_empty")
    _check_facts({"household_class": new.household_class, "size": new.size})
    village = village_of(connection, new.place)
    next_tile = 1 + (connection.execute(select(func.max(household.c.tile_id))).scalar() or 0)
    try:
        connection.execute(
            household.insert().values(
                id=new.id, tile_id=next_tile, code=new.code.strip(), village=village, place=new.place,
                head_name=new.head_name.strip(), phone=new.phone, size=new.size,
                household_class=new.household_class,
                entered_on=today, created_at=now(), created_by=scope.actor,
            )
        )  # fmt: skip
    except IntegrityError as error:
        raise Invalid("err.code_taken", code=new.code) from error


def village_of(connection: Connection, place_id: str) -> str:
    """Return the village of a leaf: a group's parent, or a village that has no groups.

    Raises `Invalid` for a township, a district, or a village with groups.
    """
    leaf = find_place(connection, place_id)
    if leaf.level == "group" and leaf.parent:
        return leaf.parent
    has_groups = connection.execute(select(place.c.id).where(place.c.parent == place_id).limit(1)).first()
    if leaf.level != "village" or has_groups:
        raise Invalid("err.not_a_leaf", place=leaf.name)
    return place_id


def edit_household(db: Database, scope: Scope, *, household_id: str, rev: int, changes: dict[str, Any]) -> int:
    """Change facts (`EDITABLE`) of a household; return the new rev: more than `rev` + 1 where others' changes merged.

    Raises `Conflict` when somebody else changed one of these facts since `rev` (`fields`: fact → who, when), `Invalid`
    for a fact that no list allows.
    """
    require_right(scope, "edit_household")
    unknown = set(changes) - set(EDITABLE)
    if unknown:
        raise Invalid("err.unknown_code", value=", ".join(sorted(unknown)))
    _check_facts(changes)
    with db.write() as connection:
        return _change(connection, scope, household_id, rev, changes, action="household.edit")


def _check_facts(facts: dict[str, Any]) -> None:
    for name, allowed in (("household_class", codes.HOUSEHOLD_CLASSES), ("residence", codes.RESIDENCES)):
        if name in facts and facts[name] not in allowed:
            raise Invalid("err.unknown_code", value=facts[name])
    size = facts.get("size")
    if size is not None and (not isinstance(size, int) or size < 0):
        raise Invalid("err.size")
    for name in ("head_name", "phone", "note"):
        if name in facts and not isinstance(facts[name], str):
            raise Invalid("err.unknown_code", value=facts[name])


def move_household(db: Database, scope: Scope, *, household_id: str, rev: int, place_id: str) -> int:
    """Move a household to another group of its village; its roster place stays. Returns the new rev."""
    require_right(scope, "edit_household")
    with db.write() as connection:
        row = _row(connection, household_id)
        for one in (row["place"], place_id):
            require_area(connection, scope, one)
        if village_of(connection, place_id) != row["village"]:
            raise Invalid("err.other_village")
        return _change(connection, scope, household_id, rev, {"place": place_id}, action="household.move")


def set_point(db: Database, scope: Scope, *, household_id: str, rev: int, lon: float, lat: float) -> int:
    """Set a household's point from a click on the map (lon, lat in WGS84 degrees); return the new rev.

    The same point again keeps its source. Raises `Invalid` for a point outside the district and its margin.
    """
    require_right(scope, "edit_household")
    if abs(lon) > _LON_LIMIT or abs(lat) > _LAT_LIMIT or (lon == 0 and lat == 0):
        raise Invalid("err.point")
    with db.write() as connection:
        area = district_area(connection)
        if area is not None and not area.holds(lon, lat):
            raise Invalid("err.point_outside")
        row = _row(connection, household_id)
        values: dict[str, Any] = {"lon": round(lon, 7), "lat": round(lat, 7)}
        if (row["lon"], row["lat"]) != (values["lon"], values["lat"]):
            values |= {"coord_source": "map_click", "coord_system": "wgs84", "coord_raw": ""}
        return _change(connection, scope, household_id, rev, values, action="household.point")


def set_tags(db: Database, scope: Scope, *, household_id: str, kinds: list[str]) -> None:
    """Make the household hold exactly these tags from today on; what ends keeps its history."""
    require_right(scope, "edit_household")
    unknown = set(kinds) - set(codes.TAG_KINDS)
    if unknown:
        raise Invalid("err.unknown_code", value=", ".join(sorted(unknown)))
    held = set(list_tags(db, scope, household_id=household_id))
    with db.write() as connection:
        row = _row(connection, household_id)
        require_area(connection, scope, row["place"])
        today = read_today(connection)
        stamp = {"created_at": now(), "created_by": scope.actor}
        for kind in sorted(set(kinds) - held):
            connection.execute(
                household_tag.insert().values(id=new_id(), household=household_id, kind=kind, since=today, **stamp)
            )
        ended = sorted(held - set(kinds))
        for kind in ended:
            _end_tag(connection, scope, household_id, kind, today)
        log_change(
            connection, scope, action="household.tags", object_id=household_id,
            diff={"added": sorted(set(kinds) - held), "ended": ended},
        )  # fmt: skip
        _refresh_all(connection, household_id, today)


def _end_tag(connection: Connection, scope: Scope, household_id: str, kind: str, today: date) -> None:
    """End a tag yesterday; one that began today was a slip and goes."""
    held = and_(
        household_tag.c.household == household_id, household_tag.c.kind == kind, household_tag.c.until.is_(None)
    )
    connection.execute(household_tag.delete().where(held, household_tag.c.since == today))
    yesterday = type(today).fromordinal(today.toordinal() - 1)
    connection.execute(
        household_tag.update()
        .where(held)
        .values(until=yesterday, status="ended", updated_at=now(), updated_by=scope.actor)
    )


def _row(connection: Connection, household_id: str) -> RowMapping:
    row = connection.execute(select(household).where(household.c.id == household_id)).mappings().first()
    if row is None:
        raise NotFound("err.no_household", household=household_id)
    return row


def _change(
    connection: Connection, scope: Scope, household_id: str, rev: int, changes: dict[str, Any], *, action: str
) -> int:
    row = _row(connection, household_id)
    require_area(connection, scope, row["place"])
    told = {name: hide_id_numbers(value) if isinstance(value, str) else value for name, value in changes.items()}
    if row["rev"] != rev:
        rev = _merge(connection, row, rev, told)
    changed = {name: value for name, value in told.items() if row[name] != value}
    if not changed:
        return rev
    connection.execute(
        household.update()
        .where(household.c.id == household_id)
        .values(**changed, rev=rev + 1, updated_at=now(), updated_by=scope.actor)
    )
    diff = {**_before_after(row, changed), REV: [rev, rev + 1]}
    log_change(connection, scope, action=action, object_id=household_id, diff=diff)
    _refresh_all(connection, household_id, read_today(connection))
    return rev + 1


def _merge(connection: Connection, row: RowMapping, rev: int, told: dict[str, Any]) -> int:
    """Return the present revision where nobody else touched these facts after `rev`. Raises `Conflict`."""
    others = list_changed(connection, row["id"], after=rev, rev=row["rev"])
    last = (row["updated_by"] or row["created_by"], row["updated_at"] or "")
    fields = {
        name: others.get(name, last)
        for name, value in told.items()
        if row[name] != value and (name in others or "" in others)
    }
    if fields or row["rev"] < rev:
        who, time = next(iter(fields.values()), last)
        raise Conflict("err.changed", who=who, time=time, fields=fields)
    return int(row["rev"])


def _before_after(row: RowMapping, changed: dict[str, Any]) -> dict[str, list[Any]]:
    """Return each changed fact with what it was and is, personal data masked: the log is kept, and read by auditors."""
    return {
        name: [mask_value(f"household.{name}", one) for one in (row[name], value)] for name, value in changed.items()
    }


def _refresh_all(connection: Connection, household_id: str, today: date) -> None:
    for round_id, leaf in roster_places(connection, household_id):
        refresh_cells(connection, round_id, today, [leaf])
