"""Accounts: made, listed, disabled and reset by whoever manages accounts, inside their own area; never deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from geo import codes
from geo.access import require_area, require_right, require_whole
from geo.accounts import factors
from geo.accounts.attempts import forget_attempts
from geo.accounts.passwords import fold_name, hash_password, make_first_password
from geo.accounts.sessions import end_sessions
from geo.audit import log_change
from geo.errors import Conflict, Invalid, NotFound
from geo.model import Scope, new_id
from geo.schema import account, place, place_path
from geo.store.database import now, read_setting

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geo.store.database import Database

_LONGEST_NAME: Final = 40
_RIGHT: Final = "manage_accounts"
#: Roles an account of a whole file may be given only by one of the whole file.
_OF_THE_WHOLE: Final = frozenset({"system_admin", "auditor"})


@dataclass(frozen=True, slots=True)
class Account:
    """One account as the list shows it; `area` is a place id."""

    id: str
    name: str
    person_name: str
    role: str
    area: str
    area_name: str
    disabled: bool
    must_change: bool
    has_codes: bool


def list_accounts(db: Database, scope: Scope) -> list[Account]:
    """Return the accounts whose area lies in the scope's, by name. Raises `NotAllowed`."""
    require_right(scope, _RIGHT)
    inside = select(place_path.c.place).where(place_path.c.ancestor == scope.area)
    asked = (
        select(
            account.c.id, account.c.name, account.c.person_name, account.c.role, account.c.area,
            place.c.name.label("area_name"), account.c.disabled_at.is_not(None).label("disabled"),
            account.c.must_change, account.c.totp_secret.is_not(None).label("has_codes"),
        )
        .select_from(account.join(place, place.c.id == account.c.area))
        .where(account.c.area.in_(inside))
        .order_by(account.c.name)
    )  # fmt: skip
    with db.read() as connection:
        return [Account(**row._mapping) for row in connection.execute(asked)]  # noqa: SLF001


def list_areas(db: Database, scope: Scope) -> dict[str, str]:
    """Return the units an account may be given: district, townships and villages of the scope's area, by id.

    A village is said with its township. Raises `NotAllowed`.
    """
    require_right(scope, _RIGHT)
    inside = select(place_path.c.place).where(place_path.c.ancestor == scope.area)
    asked = select(place.c.id, place.c.name, place.c.level, place.c.parent).where(
        place.c.id.in_(inside), place.c.level != "group", place.c.valid_to.is_(None)
    )
    with db.read() as connection:
        rows = connection.execute(asked.order_by(place.c.code)).all()
    names = {row.id: row.name for row in rows}
    return {row.id: f"{names.get(row.parent, '')} {row.name}" if row.level == "village" else row.name for row in rows}


def create_account(db: Database, scope: Scope, *, name: str, role: str, area: str, person_name: str = "") -> str:
    """Make an account and return its first password, which must be changed.

    Raises `Invalid`, `Conflict`, `NotAllowed`.
    """
    with db.write(counts=False) as connection:
        return add_account(connection, scope, name=name, role=role, area=area, person_name=person_name)


def add_account(connection: Connection, scope: Scope, *, name: str, role: str, area: str, person_name: str = "") -> str:
    """Make an account inside a transaction and return its first password."""
    require_right(scope, _RIGHT)
    require_area(connection, scope, area, _RIGHT)
    if role in _OF_THE_WHOLE:
        require_whole(connection, scope, _RIGHT)
    password = make_first_password()
    account_id = _insert(
        connection, scope, name=name, role=role, area=area, person_name=person_name, password=password, must_change=True
    )
    diff = {"name": fold_name(name), "role": role, "area": area}
    log_change(connection, scope, action="create_account", object_id=account_id, diff=diff)
    return password


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
        name = _require_account(connection, scope, account_id)
        if name == scope.actor:
            raise Invalid("account.own")
        _change(connection, scope, account_id, disabled_at=now())
        end_sessions(connection, account_id, why="disabled")
        log_change(connection, scope, action="disable_account", object_id=account_id, diff={"name": name})


def enable_account(db: Database, scope: Scope, *, account_id: str) -> None:
    """Let a disabled account in again. Raises `NotAllowed`, `NotFound`."""
    with db.write(counts=False) as connection:
        name = _require_account(connection, scope, account_id)
        _change(connection, scope, account_id, disabled_at=None)
        log_change(connection, scope, action="enable_account", object_id=account_id, diff={"name": name})


def reset_account(db: Database, scope: Scope, *, account_id: str, codes_too: bool = False) -> str:
    """Return a new first password; sessions end and tries are forgotten. `codes_too`: the phone is set up anew.

    Raises `NotAllowed`, `NotFound`.
    """
    password = make_first_password()
    with db.write(counts=False) as connection:
        name = _require_account(connection, scope, account_id)
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
        _require_account(connection, scope, found)
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


def _require_account(connection: Connection, scope: Scope, account_id: str) -> str:
    require_right(scope, _RIGHT)
    found = connection.execute(select(account.c.name, account.c.area, account.c.role).where(account.c.id == account_id))
    row = found.one_or_none()
    if row is None:
        raise NotFound("account.unknown", name=account_id)
    require_area(connection, scope, row.area, _RIGHT)
    if row.role in _OF_THE_WHOLE:
        require_whole(connection, scope, _RIGHT)
    return str(row.name)


def _change(connection: Connection, scope: Scope, account_id: str, **values: object) -> None:
    changed = account.update().where(account.c.id == account_id)
    connection.execute(changed.values(**values, updated_at=now(), updated_by=scope.actor, rev=account.c.rev + 1))
