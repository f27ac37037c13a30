"""Which round a file is for, and which round each visit belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import select

from geo import config
from geo.errors import Invalid
from geo.model import Round
from geo.schema import place, place_path, round_
from geo.store.rounds import RoundPlan, find_round, insert_round

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy import Connection

    from geo.model import Scope


@dataclass(frozen=True, slots=True)
class NewRound:
    """A round to be made with the file: inclusive local days, target in basis points, scope (else the district)."""

    name: str
    starts_on: date
    ends_on: date
    scope: str = ""
    target_bp: int = config.TARGET_BP
    number: int | None = None


#: A round to be made, or the id or number of one that is there; None leaves the rosters as they are.
RoundChoice: TypeAlias = NewRound | str | None


def settle_round(connection: Connection, scope: Scope, choice: RoundChoice) -> tuple[Round | None, bool]:
    """Return the round a file is for and whether it was made just now (with an empty roster).

    The same round asked for again (name, days, scope) is the one that is there.

    Raises `Invalid` for a round that is not open, `NotFound` for one that is not there.
    """
    if choice is None:
        return None, False
    if isinstance(choice, NewRound):
        where = choice.scope or connection.execute(select(place.c.id).where(place.c.parent.is_(None))).scalar_one()
        same = select(round_.c.id).where(
            round_.c.name == choice.name, round_.c.starts_on == choice.starts_on, round_.c.ends_on == choice.ends_on,
            round_.c.scope == where, round_.c.status == "open",
        )  # fmt: skip
        known = connection.execute(same).scalar()
        if known is not None:
            return find_round(connection, known), False
        plan = RoundPlan(
            choice.name, choice.starts_on, choice.ends_on, where, number=choice.number, target_bp=choice.target_bp
        )
        return insert_round(connection, scope, plan=plan, baseline=[]), True
    found = find_round(connection, choice)
    if found.status != "open":
        raise Invalid("import.round_not_open", round=found.name)
    return found, False


class Calendar:
    """The rounds of the programme by their days and scopes."""

    def __init__(self, connection: Connection, villages: Iterable[str]) -> None:
        """Read the rounds that begin, and the units above the villages."""
        columns = (
            round_.c.id, round_.c.programme, round_.c.name, round_.c.number, round_.c.scope, round_.c.starts_on,
            round_.c.ends_on, round_.c.target_bp, round_.c.status, round_.c.away_phone_counts,
        )  # fmt: skip
        wanted = select(*columns).where(round_.c.programme == config.PROGRAMME, round_.c.status.in_(("open", "closed")))
        self.rounds = [Round(**row) for row in connection.execute(wanted).mappings()]
        self._above: dict[str, set[str]] = {}
        above = select(place_path.c.place, place_path.c.ancestor).where(place_path.c.place.in_(list(villages)))
        for village, ancestor in connection.execute(above):
            self._above.setdefault(village, set()).add(ancestor)

    def covers(self, one: Round, village: str) -> bool:
        """Say whether a village lies in a round's scope."""
        return one.scope in self._above.get(village, set())

    def round_of(self, village: str, day: date) -> str | None:
        """Return the round whose days and scope hold a visit; None is 不在轮次内. A locked round takes no more."""
        above = self._above.get(village, set())
        return next((one.id for one in self.rounds if one.starts_on <= day <= one.ends_on and one.scope in above), None)
