"""A newer roster without a round: who of its villages it does not name, and whom the running round does not count.

Nothing of that is carried out: which round it concerns is said with the file.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from geo.importer.proposals import Proposal

if TYPE_CHECKING:
    from geo.importer.plan import Bench
    from geo.importer.register import Row
    from geo.model import Round


def list_without_round(bench: Bench) -> None:
    """Propose what a round would have to decide: missing households of the register, and additions to its roster.

    A form that came back from the field, and a gap list of our own, name only some: there nobody is missing.
    """
    header = bench.understood.header
    if header.index_of("row_key") is not None or header.is_gap_list:
        return
    running = {village: found for village in bench.plan.villages if (found := _find_running(bench, village))}
    rosters = {one.id: _read_roster(bench, one) for one in running.values()}
    _list_missing(bench, {home for roster in rosters.values() for home, row in roster.items() if row["approved_on"]})
    _list_uncounted(bench, running, rosters)


def _find_running(bench: Bench, village: str) -> Round | None:
    """Return the open round of a village that runs today, else the last one that has begun."""
    today = bench.background.today
    begun = [
        one for one in bench.calendar.rounds
        if one.status == "open" and one.starts_on <= today and bench.calendar.covers(one, village)
    ]  # fmt: skip
    return max(begun, key=lambda one: (one.ends_on >= today, one.starts_on), default=None)


def _read_roster(bench: Bench, of: Round) -> dict[str, Row]:
    """Return the roster rows of a round by household, each with the village the household lives in."""
    what = "r.household, r.approved_on, h.village FROM round_roster r JOIN household h ON h.id = r.household"
    return {row["household"]: row for row in bench.fetch(f"SELECT {what} WHERE r.round = ?", of.id)}


def _list_missing(bench: Bench, left: set[str]) -> None:
    """List registered households of the file's villages that it does not name; those that have left are none."""
    named = {home.id for home in bench.homes.values()} | bench.gone | left
    told = _find_told(bench, named)
    for row in bench.register.households.values():
        if row["village"] in told and not row["exited_on"] and row["id"] not in named:
            unit = bench.background.units.by_id[row["village"]].name
            bench.plan.counts["roster_missing"] += 1
            bench.plan.proposals.append(Proposal("missing", 0, row["code"], unit, "", ""))
    known = {row["village"] for row in bench.register.households.values()}
    bench.plan.begun.update(bench.plan.villages - known)


def _find_told(bench: Bench, named: set[str]) -> set[str]:
    """Return the villages that the file lists: not those an earlier file of the same drop began.

    A file of visits that names less than half of a village's households lists visits, not the village.
    """
    here: Counter[str] = Counter()
    unnamed: Counter[str] = Counter()
    for row in bench.register.households.values():
        if not row["exited_on"]:
            here[row["village"]] += 1
            unnamed[row["village"]] += row["id"] not in named
    of_visits = any(bench.understood.columns["visit"])
    told = {one for one in bench.plan.villages if not of_visits or unnamed[one] * 2 <= here[one]}
    return told - bench.choices.begun


def _list_uncounted(bench: Bench, running: dict[str, Round], rosters: dict[str, dict[str, Row]]) -> None:
    """List new households that the running round of their village does not count, where it counts others."""
    known = {row["id"] for row in bench.register.households.values()}
    counted = {(of, row["village"]) for of, roster in rosters.items() for row in roster.values()}
    for first, home in bench.homes.items():
        one = running.get(home.village)
        if one is None or home.id in known or (one.id, home.village) not in counted:
            continue
        unit = bench.background.units.by_id[home.village].name
        bench.plan.proposals.append(Proposal("addition", first + 1, home.code, unit, "", one.name))
