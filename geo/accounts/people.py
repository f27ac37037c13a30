"""Accounts: made, listed, disabled and reset by whoever manages accounts, inside their own areas; never deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import exists, select

from geo import codes
from geo.access import RIGHTS, places_inside, require_areas, require_right, require_whole
from geo.accounts import factors
from geo.accounts.attempts import forget_attempts
from geo.accounts.passwords import fold_name, hash_password, make_first_password
from geo.accounts.sessions import end_sessions, further_areas, split_areas
from geo.audit import log_change
from geo.errors import Conflict, Invalid, NotFound
from geo.i18n import text
from geo.model import Scope, new_id
from geo.schema import account, account_area, place
from geo.store.database import now, read_setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from geo.store.database import Database

_LONGEST_NAME: Final = 40
_RIGHT: Final = "manage_accounts"
#: Roles an account of a whole file may be given only by one of the whole file.
_OF_THE_WHOLE: Final = frozenset({"system_admin", "auditor"})


@dataclass(frozen=True, slots=True)
class Account:
    """One account as the list shows it; `area` and `further` are place ids, `area_name` the names of them all."""

    id: str
    name: str
    person_name: str
    role: str
    area: str
    further: tuple[str, ...]
    area_name: str
    disabled: bool
    must_change: bool
    has_codes: bool
    exports_personal: bool


def list_accounts(db: Database, scope: Scope) -> list[Account]:
    """Return the accounts whose areas all lie in the scope's, by name. Raises `NotAllowed`."""
    require_right(scope, _RIGHT)
    inside = places_inside(scope)
    abroad = exists().where(account_area.c.account == account.c.id, account_area.c.place.not_in(inside))
    asked = select(
        account.c.id, account.c.name, account.c.person_name, account.c.role, account.c.area,
        further_areas().label("further"), account.c.disabled_at.is_not(None).label("disabled"), account.c.must_change,
        account.c.totp_secret.is_not(None).label("has_codes"), account.c.exports_personal,
    )  # fmt: skip
    with db.read() as connection:
        rows = connection.execute(asked.where(account.c.area.in_(inside), ~abroad).order_by(account.c.name)).all()
        names = _name_areas(connection)
    return [_as_account(dict(row._mapping), names) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name


def _as_account(row: dict[str, Any], names: dict[str, str]) -> Account:
    further = split_areas(row.pop("further"))
    said = text("list.comma").join(names[one] for one in (row["area"], *further))
    return Account(**row, further=further, area_name=said)


def _name_areas(connection: Connection) -> dict[str, str]:
    """Return how each unit is said: a village with its township, a group with its village."""
    rows = connection.execute(select(place.c.id, place.c.name, place.c.level, place.c.parent)).all()
    names = {row.id: row.name for row in rows}
    below = {"village", "group"}
    return {row.id: f"{names.get(row.parent, '')} {row.name}" if row.level in below else row.name for row in rows}


def list_areas(db: Database, scope: Scope) -> dict[str, str]:
    """Return the units an account may be given, those of the scope's areas, by id: highest first, then by code.

    A village is said with its township, a group with its village. Raises `NotAllowed`.
    """
    require_right(scope, _RIGHT)
    asked = select(place.c.id, place.c.level, place.c.code).where(
        place.c.id.in_(places_inside(scope)), place.c.valid_to.is_(None)
    )
    with db.read() as connection:
        rows = connection.execute(asked).all()
        names = _name_areas(connection)
    rows = sorted(rows, key=lambda row: (codes.LEVELS.index(row.level), row.code))
    return {row.id: names[row.id] for row in rows}


def create_account(
    db: Database, scope: Scope, *, name: str, role: str, area: str, further: Sequence[str] = (), person_name: str = ""
) -> str:
    """Make an account and return its first password, which must be changed; `further` are its other areas.

    Raises `Invalid`, `Conflict`, `NotAllowed`.
    """
    with db.write(counts=False) as connection:
        return add_account(connection, scope, name=name, role=role, area=area, further=further, person_name=person_name)


def add_account(
    connection: Connection, scope: Scope, *, name: str, role: str, area: str, further: Sequence[str] = (),
    person_name: str = "",
) -> str:  # fmt: skip
    """Make an account inside a transaction and return its first password."""
    require_right(scope, _RIGHT)
    require_areas(connection, scope, (area, *further), _RIGHT)
    if role in _OF_THE_WHOLE:
        require_whole(connection, scope, _RIGHT)
    password = make_first_password()
    account_id = _insert(
        connection, scope, name=name, role=role, area=area, person_name=person_name, password=password, must_change=True
    )
    diff = {"name": fold_name(name), "role": role, "areas": _set_further(connection, account_id, area, further)}
    log_change(connection, scope, action="create_account", object_id=account_id, diff=diff)
    return password


def move_account(db: Database, scope: Scope, *, account_id: str, area: str, further: Sequence[str] = ()) -> None:
    """Give an account other areas than it had; its sessions end. Raises `NotAllowed`, `NotFound`."""
    with db.write(counts=False) as connection:
        name = require_account(connection, scope, account_id)
        require_areas(connection, scope, (area, *further), _RIGHT)
        before = _areas_of(connection, account_id)
        _change(connection, scope, account_id, area=area)
        after = _set_further(connection, account_id, area, further)
        end_sessions(connection, account_id, why="changed")
        diff = {"name": name, "areas": [before, after]}
        log_change(connection, scope, action="move_account", object_id=account_id, diff=diff)


def grant_exports(db: Database, scope: Scope, *, account_id: str, allows: bool) -> None:
    """Give an account the right to take names and phones away in files, or take it back; its sessions end.

    At its next login it shows a second factor, or sets one up. Raises `NotAllowed`, `NotFound`, and `Invalid` for a
    role that can never hold the right.
    """
    with db.write(counts=False) as connection:
        name = require_account(connection, scope, account_id)
        role = connection.execute(select(account.c.role).where(account.c.id == account_id)).scalar_one()
        if allows and role not in RIGHTS["export_personal"]:
            raise Invalid("account.no_exports", role=role)
        _change(connection, scope, account_id, exports_personal=allows)
        end_sessions(connection, account_id, why="changed")
        diff = {"name": name, "exports_personal": allows}
        log_change(connection, scope, action="grant_exports", object_id=account_id, diff=diff)


def create_first_account(db: Database, *, name: str, password: str, person_name: str = "") -> str:
    """Make the first account of a file, an admin of all of it, with the password chosen at set-up; return its id.

    Whoever calls has seen the code of the terminal. Raises `Conflict` when there are accounts, `Invalid`.
    """
    with db.write(counts=False) as connection:
        if connection.execute(select(account.c.id).limit(1)).scalar() is not None:
            raise Conflict("account.not_first")
        root = connection.execute(select(place.c.id).where(place.c.parent.is_(None))).scalar()
        if root is None:
            raise NotFound("account.no_area")
        scope = Scope(fold_name(name), "admin", root)
        made = _insert(
            connection, scope, name=name, role="admin", area=root, person_name=person_name, password=password,
            must_change=False,
        )  # fmt: skip
        log_change(connection, scope, action="create_account", object_id=made, diff={"first": True, "role": "admin"})
        return made


def disable_account(db: Database, scope: Scope, *, account_id: str) -> None:
    """Shut an account out, and end its sessions. Raises `NotAllowed`, `NotFound`, `Invalid` for the own one."""
    with db.write(counts=False) as connection:
        name = require_account(connection, scope, account_id)
        if name == scope.actor:
            raise Invalid("account.own")
        _change(connection, scope, account_id, disabled_at=now())
        end_sessions(connection, account_id, why="disabled")
        log_change(connection, scope, action="disable_account", object_id=account_id, diff={"name": name})


def enable_account(db: Database, scope: Scope, *, account_id: str) -> None:
    """Let a disabled account in again. Raises `NotAllowed`, `NotFound`."""
    with db.write(counts=False) as connection:
        name = require_account(connection, scope, account_id)
        _change(connection, scope, account_id, disabled_at=None)
        log_change(connection, scope, action="enable_account", object_id=account_id, diff={"name": name})


def reset_account(db: Database, scope: Scope, *, account_id: str, codes_too: bool = False) -> str:
    """Return a new first password; sessions end and tries are forgotten. `codes_too`: the phone is set up anew.

    Raises `NotAllowed`, `NotFound`.
    """
    password = make_first_password()
    with db.write(counts=False) as connection:
        name = require_account(connection, scope, account_id)
        _change(connection, scope, account_id, password=hash_password(password), must_change=True, password_at=now())
        if codes_too:
            factors.drop_secret(connection, account_id)
        end_sessions(connection, account_id, why="reset")
        forget_attempts(connection, name=name)
        diff = {"name": name, "codes": codes_too}
        log_change(connection, scope, action="reset_account", object_id=account_id, diff=diff)
    return password


def find_account(db: Database, scope: Scope, *, name: str) -> str:
    """Return the id of an account by its login name. Raises `NotAllowed`, `NotFound`."""
    require_right(scope, _RIGHT)
    with db.read() as connection:
        found = connection.execute(select(account.c.id).where(account.c.name == fold_name(name))).scalar()
        if found is None:
            raise NotFound("account.unknown", name=name)
        require_account(connection, scope, found)
    return str(found)


def _insert(
    connection: Connection, scope: Scope, *, name: str, role: str, area: str, person_name: str, password: str,
    must_change: bool,
) -> str:  # fmt: skip
    if read_setting(connection, "kind") == "demo":
        raise Invalid("account.demo")
    folded = fold_name(name)
    if not folded or len(folded) > _LONGEST_NAME or not folded.isprintable():
        raise Invalid("account.bad_name", n=_LONGEST_NAME)
    if role not in codes.ROLES:
        raise Invalid("account.bad_role", role=role)
    if connection.execute(select(account.c.id).where(account.c.name == folded)).scalar() is not None:
        raise Conflict("account.taken", name=folded)
    made = new_id()
    values = {
        "id": made, "name": folded, "person_name": person_name.strip(), "role": role, "area": area,
        "password": hash_password(password), "must_change": must_change, "password_at": now(),
        "created_at": now(), "created_by": scope.actor,
    }  # fmt: skip
    connection.execute(account.insert().values(**values))
    return made


def _areas_of(connection: Connection, account_id: str) -> list[str]:
    home = connection.execute(select(account.c.area).where(account.c.id == account_id)).scalar_one()
    others = select(account_area.c.place).where(account_area.c.account == account_id).order_by(account_area.c.place)
    return [home, *connection.execute(others).scalars()]


def _set_further(connection: Connection, account_id: str, area: str, further: Sequence[str]) -> list[str]:
    """Keep the areas of an account besides its first; return all of them."""
    connection.execute(account_area.delete().where(account_area.c.account == account_id))
    rows = [{"account": account_id, "place": one} for one in sorted(set(further) - {area})]
    if rows:
        connection.execute(account_area.insert(), rows)
    return _areas_of(connection, account_id)


def require_account(connection: Connection, scope: Scope, account_id: str) -> str:
    """Return the login name of an account that the scope manages. Raises `NotAllowed`, `NotFound`."""
    require_right(scope, _RIGHT)
    found = connection.execute(select(account.c.name, account.c.role).where(account.c.id == account_id))
    row = found.one_or_none()
    if row is None:
        raise NotFound("account.unknown", name=account_id)
    require_areas(connection, scope, _areas_of(connection, account_id), _RIGHT)
    if row.role in _OF_THE_WHOLE:
        require_whole(connection, scope, _RIGHT)
    return str(row.name)


def _change(connection: Connection, scope: Scope, account_id: str, **values: object) -> None:
    changed = account.update().where(account.c.id == account_id)
    connection.execute(changed.values(**values, updated_at=now(), updated_by=scope.actor, rev=account.c.rev + 1))
