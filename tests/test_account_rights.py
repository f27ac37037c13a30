"""What an account has besides its role: several areas, the right to take names away, and a sealed second factor."""

from __future__ import annotations

import os

import pyotp
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from geo.access import may
from geo.accounts import (
    create_account,
    disable_account,
    enter,
    entering,
    factors,
    find_session,
    grant_exports,
    list_accounts,
    move_account,
    reset_account,
)
from geo.accounts.people import find_account
from geo.accounts.sealing import key_path, unseal
from geo.accounts.sessions import session_id
from geo.errors import Invalid, NotAllowed
from geo.model import Scope
from geo.schema import account
from geo.store.database import Database
from tests.gatehouse import BOSS

HERE = "127.0.0.1"

pytestmark = pytest.mark.usefixtures("cheap_passwords")


def test_several_areas(office: Database) -> None:
    """An account of a village and a group of another reaches both and nothing else; its areas can be changed.

    A township's admin who lacks one of its areas neither sees nor changes it.
    """
    first = create_account(office, BOSS, name="clerk", role="recorder", area="v1", further=["g08", "v1", "v5"])
    chosen = find_account(office, BOSS, name="clerk")
    made = find_session(office, session_id(enter(office, name="clerk", password=first, address=HERE)))
    assert (made.area, made.further) == ("v1", ("g08", "v5"))
    township = Scope("t1admin", "admin", "t1")
    assert "clerk" not in [one.name for one in list_accounts(office, township)]
    for act in (disable_account, reset_account):
        with pytest.raises(NotAllowed):
            act(office, township, account_id=chosen)
    with pytest.raises(NotAllowed):
        move_account(office, township, account_id=chosen, area="v1")
    move_account(office, BOSS, account_id=chosen, area="g01", further=["v2"])
    assert find_session(office, made.id) is None
    now = next(one for one in list_accounts(office, township) if one.name == "clerk")
    assert (now.area, now.further, now.area_name) == ("g01", ("v2",), "东测村 一组、甲测乡 西测村")
    with pytest.raises(NotAllowed):
        move_account(office, township, account_id=chosen, area="v1", further=["v5"])


def test_given_with_the_right(office: Database) -> None:
    """The right to take names away ends the sessions, asks for a second factor at the next login, and is logged."""
    first = create_account(office, BOSS, name="clerk", role="planner", area="v1")
    chosen = find_account(office, BOSS, name="clerk")
    token = entering.change_password(
        office, find_session(office, session_id(enter(office, name="clerk", password=first, address=HERE))),
        old=first, new="four green doors", address=HERE,
    )  # fmt: skip
    entered = find_session(office, session_id(token))
    assert entered.stage == "full"
    assert not may(entered.scope(), "export_personal")
    grant_exports(office, BOSS, account_id=chosen, allows=True)
    assert find_session(office, entered.id) is None
    token = enter(office, name="clerk", password="four green doors", address=HERE)
    entered = find_session(office, session_id(token))
    assert entered.stage == "enrol"
    assert may(entered.scope(), "export_personal")
    grant_exports(office, BOSS, account_id=chosen, allows=False)
    assert not next(one for one in list_accounts(office, BOSS) if one.name == "clerk").exports_personal
    create_account(office, BOSS, name="chief", role="leader", area="v1")
    with pytest.raises(Invalid):
        grant_exports(office, BOSS, account_id=find_account(office, BOSS, name="chief"), allows=True)


def test_the_secret_is_sealed(office: Database) -> None:
    """The file holds no secret in clear and only its owner reads the key beside it; without the key no code opens.

    A secret of another account, or of before it was sealed, is told apart: the one opens nothing, the other is sealed.
    """
    secret = factors.make_secret()
    boss = find_account(office, BOSS, name="boss")
    with office.write() as connection:
        factors.set_secret(connection, boss, secret=secret, step=0)
    assert secret.encode() not in b"".join(one.read_bytes() for one in office.path.parent.glob("*") if one.is_file())
    key = key_path(office.path)
    assert os.name == "nt" or key.stat().st_mode & 0o777 == 0o600
    kept_key = key.read_bytes()
    key.write_bytes(Fernet.generate_key())
    with office.write() as connection:
        assert not factors.use_code(connection, boss, pyotp.TOTP(secret).now())
    key.write_bytes(kept_key)
    with office.write() as connection:
        kept = connection.execute(select(account.c.totp_secret).where(account.c.id == boss)).scalar_one()
        assert unseal(connection, "somebody", kept) is None
        connection.execute(account.update().values(totp_secret=secret))
        assert factors.use_code(connection, boss, pyotp.TOTP(secret).now())
        kept = connection.execute(select(account.c.totp_secret)).scalar_one()
    assert unseal(connection, boss, kept) == secret != kept
