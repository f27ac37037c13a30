"""Which round a file is for, and which round each visit belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sqlalchemy import exists, select

from geo import config
from geo.errors import Invalid
from geo.model import Round
from geo.schema import household, place, place_path, round_, round_roster
from geo.store.rounds import RoundPlan, insert_round, visible_round

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy import Connection

    from geo.importer.plan import Home
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


#: Values of one statement.
_PART: Final = 500

#: A round to be made, or the id or number of one that is there; None leaves the rosters as they are.
RoundChoice: TypeAlias = NewRound | str | None


def settle_round(connection: Connection, scope: Scope, choice: RoundChoice) -> tuple[Round | None, bool]:
    """Return the round a file is for and whether it was made just now (with an empty roster).

    The same round asked for again (name, days, scope) is the one that is there. Visits from before it was made are
    not brought into it here: that is part of the plan, so that it can be undone.

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
            return visible_round(connection, scope, known), False
        plan = RoundPlan(
            choice.name, choice.starts_on, choice.ends_on, where, number=choice.number, target_bp=choice.target_bp
        )
        return insert_round(connection, scope, plan=plan, baseline=[], adopt=False), True
    found = visible_round(connection, scope, choice)
    if found.status != "open":
        raise Invalid("import.round_not_open", round=found.name)
    return found, False


class Calendar:
    """The rounds of the programme by their days and scopes, and by the rosters of households that moved away.

    `rounds` are those that take visits; `locked` names those whose visits nobody may touch.
    """

    def __init__(self, connection: Connection, villages: Iterable[str], *, moving: Iterable[str] = ()) -> None:
        """Read the rounds that begin, the units above the villages, the rosters of households that may move."""
        columns = (
            round_.c.id, round_.c.programme, round_.c.name, round_.c.number, round_.c.scope, round_.c.starts_on,
            round_.c.ends_on, round_.c.target_bp, round_.c.status, round_.c.away_phone_counts,
        )  # fmt: skip
        wanted = select(*columns).where(round_.c.programme == config.PROGRAMME, round_.c.status != "draft")
        begun = [Round(**row) for row in connection.execute(wanted).mappings()]
        self.rounds = [one for one in begun if one.status != "locked"]
        self.locked = frozenset(one.id for one in begun if one.status == "locked")
        self._above: dict[str, set[str]] = {}
        above = select(place_path.c.place, place_path.c.ancestor).where(place_path.c.place.in_(list(villages)))
        for village, ancestor in connection.execute(above):
            self._above.setdefault(village, set()).add(ancestor)
        self._of_day: dict[tuple[str, date], tuple[list[str], list[str]]] = {}
        self._strays = self._find_strays(connection, villages, moving)

    def covers(self, one: Round, village: str) -> bool:
        """Say whether a village lies in a round's scope."""
        return one.scope in self._above.get(village, set())

    def round_of(self, home: Home, day: date) -> str | None:
        """Return the round whose days hold a visit and whose roster or scope holds the household.

        None is 不在轮次内. A locked round takes no more. As in `store.visits`, the round where the household lives
        comes before another one whose roster still holds it, and that one before none.
        """
        asked = (home.village, day)
        if asked not in self._of_day:
            above = self._above.get(home.village, set())
            running = [one for one in self.rounds if one.starts_on <= day <= one.ends_on]
            here = [one.id for one in running if one.scope in above]
            self._of_day[asked] = here, [one.id for one in running]
        here, running_ids = self._of_day[asked]
        rosters = self._strays.get(home.id)
        if rosters:
            both = [one for one in here if one in rosters]
            here = [*both, *(one for one in running_ids if one in rosters), *here]
        return here[0] if here else None

    def _find_strays(
        self, connection: Connection, villages: Iterable[str], moving: Iterable[str]
    ) -> dict[str, set[str]]:
        """Return the rounds of households that are moving, or on the roster of a round their village is not in."""
        here, going = sorted(villages), sorted(moving)
        if not going and all(one.scope in self._above.get(village, set()) for one in self.rounds for village in here):
            return {}
        abroad = (
            select(round_roster.c.household)
            .join(household, household.c.id == round_roster.c.household)
            .join(round_, round_.c.id == round_roster.c.round)
            .where(household.c.village.in_(here))
            .where(~exists().where(place_path.c.place == household.c.village, place_path.c.ancestor == round_.c.scope))
        )
        wanted = select(round_roster.c.household, round_roster.c.round)
        groups: list[Any] = [abroad]
        groups += [going[start : start + _PART] for start in range(0, len(going), _PART)]
        found: dict[str, set[str]] = {}
        for homes in groups:
            for home, round_id in connection.execute(wanted.where(round_roster.c.household.in_(homes))):
                found.setdefault(home, set()).add(round_id)
        return found
