"""Coming in, step by step: name and password, a new password where it must be changed, the second factor.

Each step that succeeds opens a new session of the next stage and ends the one before, so that what a browser held
before a step is worth nothing after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from geo.access import may
from geo.accounts import factors
from geo.accounts.attempts import count_attempt, forget_attempts
from geo.accounts.passwords import check_password, fold_name, hash_password, verify_password
from geo.accounts.sessions import Stage, end_session, end_sessions, granted, open_session
from geo.audit import log_change
from geo.errors import Invalid, NotAllowed
from geo.model import Scope
from geo.schema import account
from geo.store.database import now

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geo.accounts.sessions import Entered
    from geo.store.database import Database


def has_accounts(db: Database) -> bool:
    """Say whether the file has any account; it then opens for nobody without one."""
    with db.read() as connection:
        return connection.execute(select(account.c.id).limit(1)).scalar() is not None


def enter(db: Database, *, name: str, password: str, address: str) -> str:
    """Check a name and a password typed at an address; return the token of a session of the stage that comes next.

    Raises `NotAllowed`: one sentence for a wrong name, a wrong password and a disabled account, another one after too
    many tries.
    """
    folded = fold_name(name)
    count_attempt(db, name=folded, address=address)
    asked = select(account.c.id, account.c.password, account.c.disabled_at, account.c.role, account.c.area)
    with db.read() as connection:
        found = connection.execute(asked.where(account.c.name == folded)).one_or_none()
    right = verify_password("" if found is None else found.password, password)
    with db.write(counts=False) as connection:
        if found is None or not right or found.disabled_at is not None:
            _log_refusal(connection, folded if found else "", address)
        else:
            # Wrong codes go on counting: a right password does not take them back.
            return _open_next(connection, found.id, after="password", address=address)
    raise NotAllowed("login.refused")


def change_password(db: Database, entered: Entered, *, old: str, new: str, address: str) -> str:
    """Set a new password; every session of the account ends, and the token of a new one comes back.

    Raises `NotAllowed` when the old one is wrong, `Invalid` when the new one is not good enough or the old one.
    """
    count_attempt(db, name=entered.name, address=address)
    with db.read() as connection:
        kept = connection.execute(select(account.c.password).where(account.c.id == entered.account)).scalar_one()
    if not verify_password(kept, old):
        raise NotAllowed("login.old_wrong")
    check_password(new, name=entered.name)
    if verify_password(kept, new):
        raise Invalid("account.password.same")
    hashed = hash_password(new)
    with db.write(counts=False) as connection:
        changed = account.update().where(account.c.id == entered.account)
        connection.execute(changed.values(password=hashed, must_change=False, password_at=now()))
        end_sessions(connection, entered.account, why="password")
        forget_attempts(connection, name=entered.name)
        _log(connection, entered, "change_password")
        done: Stage = "full" if entered.stage == "full" else "password"
        return _open_next(connection, entered.account, after=done, address=address)


def enrol(db: Database, entered: Entered, *, secret: str, typed: str, address: str) -> tuple[str, list[str]]:
    """Keep a phone whose code was typed; return the token of the next session and ten recovery codes, shown once.

    Raises `NotAllowed` when the code is wrong.
    """
    step = factors.find_step(secret, typed, after=0)
    if step is None:
        raise NotAllowed("login.code_wrong")
    with db.write(counts=False) as connection:
        made = factors.set_secret(connection, entered.account, secret=secret, step=step)
        end_session(connection, entered.id, why="step")
        _log(connection, entered, "enrol_codes")
        return open_session(connection, account_id=entered.account, stage="full", address=address), made


def show_code(db: Database, entered: Entered, *, typed: str, address: str) -> str:
    """Check a code of the phone or the paper; return the token of a full session. Raises `NotAllowed`."""
    count_attempt(db, name=entered.name, address=address)
    with db.write(counts=False) as connection:
        if factors.use_code(connection, entered.account, typed):
            end_session(connection, entered.id, why="step")
            return _open_next(connection, entered.account, after="full", address=address)
        _log_refusal(connection, entered.name, address)
    raise NotAllowed("login.code_wrong")


def leave(db: Database, entered: Entered) -> None:
    """End a session at its holder's wish."""
    with db.write(counts=False) as connection:
        end_session(connection, entered.id, why="logout")
        _log(connection, entered, "logout")


def open_for(db: Database, account_id: str, *, address: str) -> str:
    """Open a full session for an account that showed who it is elsewhere (set-up, identity provider)."""
    with db.write(counts=False) as connection:
        return _open_next(connection, account_id, after="password", address=address)


def enter_by_subject(db: Database, *, subject: str, name: str, address: str) -> str:
    """Open a session for whom the identity provider says it is, and return its token.

    It is the account of this subject, else the one of this name that has no subject yet and keeps this one from now on.
    Raises `NotAllowed` when there is none, or it is disabled.
    """
    folded = fold_name(name)
    with db.write(counts=False) as connection:
        asked = select(account.c.id, account.c.name, account.c.subject).where(account.c.disabled_at.is_(None))
        found = connection.execute(asked.where(account.c.subject == subject)).one_or_none()
        if found is None and folded:
            unbound = asked.where(account.c.name == folded, account.c.subject.is_(None))
            found = connection.execute(unbound).one_or_none()
        if found is not None:
            bound = {"subject": subject, "must_change": False}
            connection.execute(account.update().where(account.c.id == found.id).values(**bound))
            return _open_next(connection, found.id, after="password", address=address)
        _log_refusal(connection, "", address)
    raise NotAllowed("oidc.no_account")


def needs_codes(actor: Scope) -> bool:
    """Say whether somebody must show a second factor: who manages accounts, or may take names and phones away."""
    return may(actor, "manage_accounts") or may(actor, "export_personal")


def _open_next(connection: Connection, account_id: str, *, after: str, address: str) -> str:
    asked = select(
        account.c.name, account.c.role, account.c.area, account.c.must_change, account.c.totp_secret,
        account.c.exports_personal,
    )  # fmt: skip
    row = connection.execute(asked.where(account.c.id == account_id)).one()
    scope = Scope(row.name, row.role, row.area, granted=granted(row.exports_personal))
    stage: Stage = "full"
    if row.must_change:
        stage = "password"
    elif after != "full" and row.totp_secret:
        stage = "second"
    elif after != "full" and needs_codes(scope):
        stage = "enrol"
    if stage == "full":
        forget_attempts(connection, name=row.name)
        log_change(connection, scope, action="login", object_id=account_id)
    return open_session(connection, account_id=account_id, stage=stage, address=address)


def _log(connection: Connection, entered: Entered, action: str) -> None:
    log_change(connection, entered.scope(), action=action, object_id=entered.account)


def _log_refusal(connection: Connection, name: str, address: str) -> None:
    log_change(connection, Scope(name or "-", "", ""), action="login_refused", object_id=name or "-",
               diff={"address": address})  # fmt: skip
