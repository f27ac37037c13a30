"""Units of every level: look-ups, breadcrumb, children, search."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from geo.access import may, places_inside, require_area, require_right
from geo.errors import NotFound
from geo.mask import mask_name
from geo.model import Place
from geo.schema import household, place, place_path
from geo.units import shorten_township

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, RowMapping

    from geo.model import Scope
    from geo.store.database import Database

_COLUMNS = (place.c.id, place.c.code, place.c.name, place.c.level, place.c.parent, place.c.edition)


def _as_place(row: RowMapping) -> Place:
    return Place(**row)


def find_place(connection: Connection, place_id: str) -> Place:
    """Return a unit by id. Raises `NotFound`."""
    row = connection.execute(select(*_COLUMNS).where(place.c.id == place_id)).mappings().first()
    if row is None:
        raise NotFound("err.no_place", place=place_id)
    return _as_place(row)


def get_place(db: Database, scope: Scope, *, place_id: str) -> Place:
    """Return a unit within the scope's area. Raises `NotFound`, `NotAllowed`."""
    require_right(scope, "view")
    with db.read() as connection:
        found = find_place(connection, place_id)
        require_area(connection, scope, place_id)
        return found


def find_by_code(db: Database, scope: Scope, *, code: str) -> str | None:
    """Return the id of the unit of today with a code, where the scope may see it."""
    require_right(scope, "view")
    inside = places_inside(scope)
    named = select(place.c.id).where(place.c.code == code, place.c.valid_to.is_(None), place.c.id.in_(inside))
    with db.read() as connection:
        found: str | None = connection.execute(named).scalar()
        return found


def root_place(db: Database) -> Place:
    """Return the one unit without a parent: the district."""
    with db.read() as connection:
        row = connection.execute(select(*_COLUMNS).where(place.c.parent.is_(None))).mappings().first()
    if row is None:
        raise NotFound("err.no_place", place="")
    return _as_place(row)


def list_children(db: Database, scope: Scope, *, place_id: str) -> list[Place]:
    """Return the units directly below one that are there today, by code."""
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        here = (place.c.parent == place_id, place.c.valid_to.is_(None))
        rows = connection.execute(select(*_COLUMNS).where(*here).order_by(place.c.code))
        return [_as_place(row) for row in rows.mappings()]


def list_below(db: Database, scope: Scope, *, place_id: str, level: str, with_closed: bool = False) -> list[Place]:
    """Return the units of a level under one (itself included when it is of the level), by code.

    `with_closed`: also those that an earlier edition had and a later one has not, which old rounds lie in.
    """
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        wanted = (
            select(*_COLUMNS)
            .join(place_path, place_path.c.place == place.c.id)
            .where(place_path.c.ancestor == place_id, place.c.level == level)
            .order_by(place.c.code)
        )
        rows = connection.execute(wanted if with_closed else wanted.where(place.c.valid_to.is_(None)))
        return [_as_place(row) for row in rows.mappings()]


def list_inside(db: Database, scope: Scope, *, level: str, with_closed: bool = False) -> list[Place]:
    """Return the units of a level in the scope's areas, by code; `with_closed` as in `list_below`."""
    require_right(scope, "view")
    wanted = select(*_COLUMNS).where(place.c.level == level, place.c.id.in_(places_inside(scope)))
    with db.read() as connection:
        rows = connection.execute(
            (wanted if with_closed else wanted.where(place.c.valid_to.is_(None))).order_by(place.c.code)
        )
        return [_as_place(row) for row in rows.mappings()]


def name_own(db: Database, scope: Scope) -> dict[str, str]:
    """Return id → name of the scope's areas, the one where pages open first; a group is said with its village."""
    require_right(scope, "view")
    parent = place.alias("parent_place")
    named = select(place.c.id, place.c.name, place.c.level, parent.c.name.label("above"))
    named = named.outerjoin(parent, parent.c.id == place.c.parent).where(place.c.id.in_(scope.areas))
    with db.read() as connection:
        found = {row.id: row for row in connection.execute(named)}
    return {one: _say(found[one].name, found[one].level, found[one].above) for one in scope.areas}


def _say(name: str, level: str, above: str | None) -> str:
    """Return a unit as one says it outside its tree: a group's name is no name without its village's."""
    return f"{above} {name}" if level == "group" else name


def breadcrumb(db: Database, scope: Scope, *, place_id: str) -> list[Place]:
    """Return the unit and those above it within the scope's area, highest first."""
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        rows = connection.execute(
            select(*_COLUMNS, place_path.c.depth)
            .join(place_path, place_path.c.ancestor == place.c.id)
            .where(place_path.c.place == place_id)
            .order_by(place_path.c.depth.desc())
        ).all()
    found = [Place(*row[:6]) for row in rows]
    start = next((nth for nth, one in enumerate(found) if one.id in scope.areas), 0)
    return found[start:]


def insert_place(connection: Connection, values: dict[str, object], *, parent: str | None) -> None:
    """Insert a unit with its path rows; `values` are columns of `place`."""
    connection.execute(place.insert().values(**values, parent=parent))
    paths = [{"place": values["id"], "ancestor": values["id"], "depth": 0}]
    if parent is not None:
        above = connection.execute(
            select(place_path.c.ancestor, place_path.c.depth).where(place_path.c.place == parent)
        )
        paths += [{"place": values["id"], "ancestor": row.ancestor, "depth": row.depth + 1} for row in above]
    connection.execute(place_path.insert(), paths)


@lru_cache(maxsize=20_000)
def initials(name: str) -> str:
    """Return the pinyin initials of a name: 和平乡 → hpx."""
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 - its dictionary takes a quarter of a second to load

    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()


def search(db: Database, scope: Scope, *, words: str, limit: int = 8) -> list[dict[str, str]]:
    """Return up to `limit` hits by name, code or pinyin initials: kind (place / household), id, label, place.

    Heads are matched for roles that may have them revealed, and shown masked; codes match from their beginning or end.
    """
    require_right(scope, "view")
    words = words.strip()
    if not words:
        return []
    with db.read() as connection:
        hits = _search_places(connection, scope, words, limit)
        return hits + _search_households(connection, scope, words, limit - len(hits))


def _search_places(connection: Connection, scope: Scope, words: str, limit: int) -> list[dict[str, str]]:
    parent = place.alias("parent_place")
    rows = connection.execute(
        select(place.c.id, place.c.code, place.c.name, place.c.level, parent.c.name.label("parent_name"))
        .outerjoin(parent, parent.c.id == place.c.parent)
        .where(place.c.id.in_(places_inside(scope)))
        .order_by(place.c.valid_to.is_not(None), func.length(place.c.code), place.c.code)
    )
    hits = []
    for row in rows:
        if row.code.startswith(words) or any(_is_called(name, words) for name in _names(row.name, row.level)):
            label = _say(row.name, row.level, row.parent_name)
            hits.append({"kind": "place", "id": row.id, "label": label, "place": row.id})
            if len(hits) == limit:
                break
    return hits


def _names(name: str, level: str) -> tuple[str, ...]:
    """Return what people call a unit: its name, and of a township also the short one (和平土家族侗族乡: 和平乡)."""
    short = shorten_township(name) if level == "township" else name
    return (name,) if short == name else (name, short)


def _is_called(name: str, words: str) -> bool:
    return words in name or initials(name).startswith(words.lower())


def _search_households(connection: Connection, scope: Scope, words: str, limit: int) -> list[dict[str, str]]:
    if limit <= 0:
        return []
    matches = household.c.code.startswith(words, autoescape=True) | household.c.code.endswith(words, autoescape=True)
    if may(scope, "reveal"):
        matches = matches | household.c.head_name.startswith(words, autoescape=True)
    rows = connection.execute(
        select(household.c.id, household.c.code, household.c.head_name, household.c.place)
        .where(household.c.place.in_(places_inside(scope)), matches)
        .order_by(household.c.code)
        .limit(limit)
    )
    say = str if scope.sees_names else mask_name
    return [
        {"kind": "household", "id": row.id, "label": f"{row.code} {say(row.head_name)}".strip(), "place": row.place}
        for row in rows
    ]


def places_by_id(connection: Connection, ids: Iterable[str]) -> dict[str, Place]:
    """Return the units with these ids."""
    rows = connection.execute(select(*_COLUMNS).where(place.c.id.in_(list(ids))))
    return {row["id"]: _as_place(row) for row in rows.mappings()}
