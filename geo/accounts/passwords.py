"""Passwords: what is good enough, how they are kept (argon2id), and first passwords that are used once."""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import Argon2Error, InvalidHashError
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from geo import config
from geo.errors import Invalid

_LONGEST: Final = 128
#: Without what looks alike on paper: 0 O, 1 l I.
_SIGNS: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_FIRST_BLOCKS: Final = 3
_BLOCK: Final = 4
_RUNS: Final = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb",
)
_FEW_SIGNS: Final = 5
#: Stems that stand first in lists of this country and of this product.
_LOCAL: Final = frozenset(
    {"admin", "administrator", "woaini", "zoufang", "bijiang", "tongren", "guizhou", "cunwei", "aini", "geovisit"}
)
#: What people put around a word: "password2024!" is the word "password".
_TRIMMINGS: Final = "0123456789!@#$%^&*()_+-=.,?~ "


def fold_name(name: str) -> str:
    """Return a login name as it is kept and compared: NFKC, lower case, no space around."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def check_password(password: str, *, name: str) -> None:
    """Refuse a password that is too short, too long, too common, or made of the name. Raises `Invalid`."""
    password = unicodedata.normalize("NFKC", password)
    if len(password) < config.PASSWORD_LENGTH:
        raise Invalid("account.password.short", n=config.PASSWORD_LENGTH)
    if len(password) > _LONGEST:
        raise Invalid("account.password.long", n=_LONGEST)
    folded = password.casefold()
    if _is_common(folded):
        raise Invalid("account.password.common")
    stem = folded.strip(_TRIMMINGS)
    if name and stem and (name in folded or stem in name):
        raise Invalid("account.password.name")


def _is_common(folded: str) -> bool:
    stem = folded.strip(_TRIMMINGS)
    listed = _common()
    return (
        folded in listed
        or stem in listed
        or stem in _LOCAL
        or len(set(folded)) < _FEW_SIGNS
        or any(folded in run or folded in run[::-1] for run in _RUNS)
    )


@cache
def _common() -> frozenset[str]:
    return frozenset(FREQUENCY_LISTS["passwords"])


def make_first_password() -> str:
    """Return a password to be used once: three blocks that can be read out over the telephone (59 bits)."""
    blocks = ("".join(secrets.choice(_SIGNS) for _ in range(_BLOCK)) for _ in range(_FIRST_BLOCKS))
    return "-".join(blocks)


def hash_password(password: str) -> str:
    """Return the argon2id text of a password: parameters, salt and hash."""
    return _hasher().hash(unicodedata.normalize("NFKC", password))


def verify_password(kept: str, password: str) -> bool:
    """Say whether this is the password; with nothing kept it takes as long and is not."""
    try:
        return _hasher().verify(kept or _nobody(), unicodedata.normalize("NFKC", password[: 4 * _LONGEST])) and bool(
            kept
        )
    except (Argon2Error, InvalidHashError):
        return False


@cache
def _hasher_of(cost: tuple[int, int, int]) -> PasswordHasher:
    passes, memory, lanes = cost
    return PasswordHasher(time_cost=passes, memory_cost=memory, parallelism=lanes, type=Type.ID)


def _hasher() -> PasswordHasher:
    return _hasher_of(config.argon2_cost())


@cache
def _nobody_of(cost: tuple[int, int, int]) -> str:
    return _hasher_of(cost).hash(secrets.token_urlsafe(32))


def _nobody() -> str:
    """A hash that no password fits, so that an unknown name takes as long as a known one."""
    return _nobody_of(config.argon2_cost())
