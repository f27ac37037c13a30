"""Showing what is masked by default: the phone and the end of the ID number of one household, with a reason, logged."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from geo.access import require_home, require_right
from geo.audit import log_change
from geo.errors import Invalid
from geo.idnumbers import hide_id_numbers
from geo.schema import household

if TYPE_CHECKING:
    from geo.model import Scope
    from geo.store.database import Database

#: How long what was revealed stays on the screen.
SHOWN_SECONDS: Final = 60
#: Letters that a reason has at least, and at most.
_REASON: Final = (2, 200)
#: Digits that may be somebody's number: not kept in the log, which is read by others and never erased.
_DIGITS: Final = re.compile(r"\d{5,}")


@dataclass(frozen=True, slots=True)
class Revealed:
    """What was asked for, in full; of an ID number no more than its last four are known at all."""

    head_name: str
    phone: str
    id_last4: str


def reveal_person(db: Database, scope: Scope, *, household_id: str, reason: str) -> Revealed:
    """Return a household's head, phone and the last four of the ID number; who asked and why is logged first.

    Raises `NotAllowed`, `NotFound`, and `Invalid` without a reason.
    """
    require_right(scope, "reveal")
    said = _DIGITS.sub("…", hide_id_numbers(" ".join(reason.split())))
    if not _REASON[0] <= len(said) <= _REASON[1]:
        raise Invalid("err.reveal_reason")
    with db.write(counts=False) as connection:
        require_home(connection, scope, household_id, "reveal")
        wanted = select(household.c.head_name, household.c.phone, household.c.id_last4)
        row = connection.execute(wanted.where(household.c.id == household_id)).one()
        shown = [name for name, value in row._mapping.items() if value]  # noqa: SLF001 - SQLAlchemy's name for it
        log_change(connection, scope, action="reveal", object_id=household_id, diff={"reason": said, "fields": shown})
    return Revealed(row.head_name, row.phone, row.id_last4 or "")
