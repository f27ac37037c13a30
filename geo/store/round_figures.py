"""Comparing two rounds in figures: coverage of both, newly missed, recovered, missed in a row; and whom each is of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from sqlalchemy import select

from geo.access import require_area, require_right
from geo.codes import COMPARED_KINDS
from geo.compare import name_kinds, sum_kinds
from geo.coverage import homes_under, household_status
from geo.errors import Invalid, NotFound
from geo.mask import mask_people
from geo.schema import household, place, place_path
from geo.store.comparing import list_earlier
from geo.store.database import read_today
from geo.store.frames import read_frame
from geo.store.homes import name_leaves
from geo.store.missed import ask_round, count_missed
from geo.store.reads import Figures, read_many
from geo.store.remember import Remembered, read_revision
from geo.store.rounds import visible_round
from geo.store.rules import read_rules

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from geo.model import Round, Scope
    from geo.store.database import Database

#: What a list of households may be of: a kind, or those that missed several rounds in a row.
PICKED: Final = (*COMPARED_KINDS, "in_a_row")


@dataclass(frozen=True, slots=True)
class UnitCompared:
    """One unit in two rounds: its figures in the earlier one as of its last day, in the later one as of the day.

    `kinds`: `codes.COMPARED_KINDS` (they sum to |D| of the later round), `in_a_row` of them missed two rounds or
    more in a row before the day; `left`: how many of the earlier round's D are not in the later one's, by the unit
    then.
    """

    then: Figures
    now: Figures
    kinds: dict[str, int]
    in_a_row: int
    left: int

    @property
    def points(self) -> float | None:
        """The difference of both coverages as printed, in points; None where one has no household."""
        before, after = (one.share("kpi.coverage").tenths for one in (self.then, self.now))
        return None if before is None or after is None else (after - before) / 10


@dataclass(frozen=True, slots=True)
class Compared:
    """Two rounds of one programme compared under a place as of a day: the whole, then its units by code.

    `mark`: from so many rounds missed in a row on a household counts as 连漏.
    """

    earlier: Round
    later: Round
    as_of: date
    mark: int
    whole: UnitCompared
    units: list[UnitCompared]


def compare_rounds(
    db: Database, scope: Scope, *, round_id: str, place_id: str, earlier_id: str = "", level: str = "village",
    as_of: date | None = None,
) -> Compared:  # fmt: skip
    """Compare a round with an earlier one of its programme (without one named: the last before it) under a place.

    Raises `Invalid` for a round that is not earlier, `NotFound` where there is none, `NotAllowed`.
    """
    earlier, later, day, mark = _choose(db, scope, round_id, earlier_id, place_id, as_of)
    with db.read() as connection:
        units = _units_under(connection, place_id, level)
        homes = _read_kinds(db, connection, scope, later, earlier, place_id, day)
        left = _count_left(db, connection, earlier, homes, units)
    ids = [*dict.fromkeys([place_id, *units.values()])]
    now = _figures(db, scope, later, ids, day)
    then = _figures(db, scope, earlier, ids, min(day, earlier.ends_on))
    summed = sum_kinds(homes, units, ids, mark=mark)
    by_unit: dict[str, dict[Any, Any]] = {row["unit"]: row for row in summed.to_dict("records")}
    whole: dict[Any, Any] = {
        **homes["kind"].value_counts().to_dict(),
        "in_a_row": int((homes["missed_rounds"] >= mark).sum()),
    }
    rows = [_unit(then[one], now[one], by_unit[one], left.get(one, 0)) for one in ids[1:] if one in now]
    held = [one for one in rows if one.then.counts.roster or one.now.counts.roster]
    total = _unit(then[place_id], now[place_id], whole, sum(left.values()))
    return Compared(earlier, later, day, mark, total, sorted(held, key=lambda one: one.now.place.code))


def list_compared(
    db: Database, scope: Scope, *, round_id: str, place_id: str, pick: str, earlier_id: str = "",
    as_of: date | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Return the households behind a number of `compare_rounds` (`PICKED`), in register order.

    Columns: household, code, head_name (masked), place, township, village, group, village_code, group_code,
    kind, missed_rounds, complete, last_outcome. Raises as `compare_rounds`; `Invalid` for an unknown number.
    """
    if pick not in PICKED:
        raise Invalid("err.unknown_code", value=pick)
    earlier, later, day, mark = _choose(db, scope, round_id, earlier_id, place_id, as_of)
    with db.read() as connection:
        homes = _read_kinds(db, connection, scope, later, earlier, place_id, day)
        kept = homes["missed_rounds"] >= mark if pick == "in_a_row" else homes["kind"] == pick
        homes = homes[kept]
        facts = select(household.c.id.label("household"), household.c.code, household.c.head_name)
        homes = homes.merge(read_frame(connection, facts), on="household", how="left")
        homes = homes.merge(name_leaves(connection, homes["place"].unique().tolist()), on="place", how="left")
    return mask_people(homes, scope).sort_values(["village_code", "group_code", "code"]).reset_index(drop=True)


def _choose(
    db: Database, scope: Scope, round_id: str, earlier_id: str, place_id: str, as_of: date | None
) -> tuple[Round, Round, date, int]:
    """Return the earlier and the later round, the day, and the figure of 口径 that says who counts as 连漏."""
    require_right(scope, "view")
    with db.read() as connection:
        require_area(connection, scope, place_id)
        later = visible_round(connection, scope, round_id)
        day = as_of or read_today(connection)
        mark = read_rules(connection, later)["missed_rounds_mark"]
    return _choose_earlier(db, scope, later, earlier_id), later, day, mark


def _choose_earlier(db: Database, scope: Scope, later: Round, earlier_id: str) -> Round:
    known = list_earlier(db, scope, of=later)
    if not earlier_id:
        if not known:
            raise NotFound("err.no_earlier", name=later.name)
        return known[0]
    with db.read() as connection:
        wanted = visible_round(connection, scope, earlier_id)
    if wanted.id not in {one.id for one in known}:
        raise Invalid("err.not_earlier", number=wanted.number)
    return wanted


_kept: Final[Remembered[pd.DataFrame]] = Remembered(8)


def _read_kinds(
    db: Database, connection: Connection, scope: Scope, later: Round, earlier: Round, place_id: str, day: date
) -> pd.DataFrame:
    """Return the households of the later round's D under a place: what became of them. Nobody may change it."""
    path = str(db.path)
    key = (path, read_revision(connection), scope.areas, later, earlier, place_id, day)
    known = _kept.get(key)
    if known is None:
        status = household_status(later, day, homes=homes_under(later, place_id)).subquery("status")
        names = ("household", "place", "complete", "last_outcome")
        known = read_frame(connection, select(*(status.c[name] for name in names)).where(status.c.roster == 1))
        known["kind"] = name_kinds(known, ask_round(path, connection, earlier))
        known["missed_rounds"] = count_missed(path, connection, later, day, known["household"].tolist())
        _kept.put(key, known)
    return known


def _units_under(connection: Connection, place_id: str, level: str) -> dict[str, str]:
    """Return each place under a place that lies in a unit of a level → that unit."""
    above, below = place_path.alias("above"), place_path.alias("below")
    rows = connection.execute(
        select(below.c.place, above.c.ancestor)
        .join(above, above.c.place == below.c.place)
        .join(place, place.c.id == above.c.ancestor)
        .where(below.c.ancestor == place_id, place.c.level == level)
    )
    return {row[0]: row[1] for row in rows}


def _count_left(
    db: Database, connection: Connection, earlier: Round, homes: pd.DataFrame, units: dict[str, str]
) -> dict[str, int]:
    """Return unit → how many of the earlier round's D are in no D of the later one; '' for places in no unit."""
    then = ask_round(str(db.path), connection, earlier)
    gone = sorted(then.keys() - set(homes["household"].tolist()))
    counts: dict[str, int] = {}
    roster = connection.exec_driver_sql("SELECT household, place FROM round_roster WHERE round = ?", (earlier.id,))
    wanted = set(gone)
    for one, where in roster:
        if one in wanted and where in units:
            counts[units[where]] = counts.get(units[where], 0) + 1
    return counts


def _figures(db: Database, scope: Scope, round_: Round, ids: list[str], day: date) -> dict[str, Figures]:
    return {one.place.id: one for one in read_many(db, scope, round_id=round_.id, place_ids=ids, as_of=day)}


def _unit(then: Figures, now: Figures, counts: dict[Any, Any], left: int) -> UnitCompared:
    kinds = {name: int(counts.get(name, 0)) for name in COMPARED_KINDS}
    return UnitCompared(then, now, kinds, int(counts.get("in_a_row", 0)), left)
