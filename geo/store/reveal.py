"""Showing what is masked by default, with a reason, logged: data of one household, heads of a place, heads in files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from geo.access import for_files, places_inside, require_area, require_home, require_right
from geo.audit import log_change
from geo.errors import Invalid
from geo.idnumbers import hide_id_numbers
from geo.mask import mask_people
from geo.schema import household

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Select

    from geo.model import Scope
    from geo.store.database import Database

#: How long what was revealed stays on the screen.
SHOWN_SECONDS: Final = 60
#: Letters that a reason has at least, and at most.
_REASON: Final = (2, 200)
#: What is shown of a list of people.
_LISTED: Final = ["head_name"]
_MOST_IDS: Final = 5000
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
    said = _read_reason(reason)
    with db.write(counts=False) as connection:
        require_home(connection, scope, household_id, "reveal")
        wanted = select(household.c.head_name, household.c.phone, household.c.id_last4)
        row = connection.execute(wanted.where(household.c.id == household_id)).one()
        shown = [name for name, value in row._mapping.items() if value]  # noqa: SLF001 - SQLAlchemy's name for it
        log_change(connection, scope, action="reveal", object_id=household_id, diff={"reason": said, "fields": shown})
    return Revealed(row.head_name, row.phone, row.id_last4 or "")


def reveal_names(db: Database, scope: Scope, *, place_id: str, reason: str) -> None:
    """Log that the heads of a place are to be shown, and why: then whoever draws the page may show them for a minute.

    Raises `NotAllowed`, `NotFound`, and `Invalid` without a reason.
    """
    require_right(scope, "reveal")
    said = _read_reason(reason)
    with db.write(counts=False) as connection:
        require_area(connection, scope, place_id, "reveal")
        log_change(connection, scope, action="reveal", object_id=place_id, diff={"reason": said, "fields": _LISTED})


def take_people(db: Database, scope: Scope, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with columns household and head_name as a file of the scope may hold it.

    Heads are in full with the right to take them away, as far as their homes lie in the scope's areas; else masked,
    also those that are revealed on the screen just now.
    """
    taking = for_files(scope)
    if not taking.sees_names:
        return mask_people(frame, taking)
    inside = household.c.place.in_(places_inside(scope))
    with db.read() as connection:
        homes = select(household.c.id, household.c.head_name).where(inside)
        rows = connection.execute(_among(homes, frame["household"].dropna().unique().tolist())).all()
    names = {row.id: row.head_name for row in rows}
    pairs = zip(frame["household"], frame["head_name"], strict=True)
    return frame.assign(head_name=[names.get(home, masked) for home, masked in pairs])


def _among(homes: Select[Any], ids: list[str]) -> Select[Any]:
    """Limit a choice of homes to some; beyond what one statement takes, all of the area are read."""
    return homes.where(household.c.id.in_(ids)) if len(ids) <= _MOST_IDS else homes


def _read_reason(reason: str) -> str:
    said = _DIGITS.sub("…", hide_id_numbers(" ".join(reason.split())))
    if not _REASON[0] <= len(said) <= _REASON[1]:
        raise Invalid("err.reveal_reason")
    return said
