"""The second factor: six digits from a phone (TOTP, RFC 6238), each good once, and ten recovery codes on paper."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import time
from typing import TYPE_CHECKING, Final

import pyotp
from sqlalchemy import select

from geo.accounts.sealing import seal, unseal
from geo.schema import account, account_recovery
from geo.store.database import now

if TYPE_CHECKING:
    from sqlalchemy import Connection

_STEP_S: Final = 30
#: Steps before and after the present one that are taken: a phone's clock is not exact.
_DRIFT: Final = 1
_RECOVERY_CODES: Final = 10
_RECOVERY_BYTES: Final = 10
_DIGITS: Final = 6
_SECRET: Final = re.compile("[A-Z2-7]{32}")


def make_secret() -> str:
    """Return a new secret for a phone (160 bits, base32)."""
    return pyotp.random_base32()


def is_secret(text: str) -> bool:
    """Say whether a text has the form of a secret."""
    return _SECRET.fullmatch(text) is not None


def address_for_phone(secret: str, *, name: str, issuer: str) -> str:
    """Return what the QR code says to the phone's program (an `otpauth://` address)."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def find_step(secret: str, typed: str, *, after: int, moment: float | None = None) -> int | None:
    """Return the time step whose code was typed; None where it is wrong or of a step not after `after`."""
    digits = "".join(sign for sign in typed if sign.isdigit())
    if len(digits) != _DIGITS or len(digits) != len(typed.replace(" ", "")):
        return None
    present = int(time.time() if moment is None else moment) // _STEP_S
    made = pyotp.TOTP(secret)
    for step in range(present - _DRIFT, present + _DRIFT + 1):
        if step > after and secrets.compare_digest(made.at(step * _STEP_S).encode(), digits.encode()):
            return step
    return None


def use_code(connection: Connection, account_id: str, typed: str) -> bool:
    """Take a code of the phone or of the paper; each is good once. False where it is neither."""
    asked = select(account.c.totp_secret, account.c.totp_step).where(account.c.id == account_id)
    kept, after = connection.execute(asked).one()
    # Of a file of before it was sealed: it is from now on.
    secret = kept if kept is None or is_secret(kept) else unseal(connection, account_id, kept)
    step = None if secret is None else find_step(secret, typed, after=after)
    if secret is not None and step is not None:
        _keep(connection, account_id, secret=secret, step=step)
        return True
    unused = account_recovery.update().where(
        account_recovery.c.account == account_id,
        account_recovery.c.hash == _hash(typed),
        account_recovery.c.used_at.is_(None),
    )
    return connection.execute(unused.values(used_at=now())).rowcount == 1


def set_secret(connection: Connection, account_id: str, *, secret: str, step: int) -> list[str]:
    """Keep a phone's secret, and return ten new recovery codes; those before are void."""
    _keep(connection, account_id, secret=secret, step=step)
    connection.execute(account_recovery.delete().where(account_recovery.c.account == account_id))
    made = [_make_recovery() for _ in range(_RECOVERY_CODES)]
    connection.execute(account_recovery.insert(), [{"account": account_id, "hash": _hash(code)} for code in made])
    return made


def _keep(connection: Connection, account_id: str, *, secret: str, step: int) -> None:
    sealed = seal(connection, account_id, secret)
    connection.execute(account.update().where(account.c.id == account_id).values(totp_secret=sealed, totp_step=step))


def drop_secret(connection: Connection, account_id: str) -> None:
    """Forget the phone and the paper: the account sets them up anew."""
    connection.execute(account.update().where(account.c.id == account_id).values(totp_secret=None, totp_step=0))
    connection.execute(account_recovery.delete().where(account_recovery.c.account == account_id))


def _make_recovery() -> str:
    text = base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def _hash(typed: str) -> str:
    folded = "".join(sign for sign in typed.casefold() if sign.isalnum())
    return hashlib.sha256(folded.encode()).hexdigest()
