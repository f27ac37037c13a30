"""The rounds of a mapping and their rosters: made where there are none, used where they are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from geo import config
from geo.importer.proposals import Proposal
from geo.mapping.desk import Home
from geo.schema import round_
from geo.store.rounds import RoundPlan, find_round, insert_round

if TYPE_CHECKING:
    from datetime import date

    from geo.importer.register import Row
    from geo.mapping.desk import Desk, PlaceBook
    from geo.mapping.spec import RoundPlanned
    from geo.model import Round, Scope


def settle_rounds(desk: Desk, scope: Scope) -> list[tuple[RoundPlanned, Round]]:
    """Return the mapping's rounds; those that are not there are made (with an empty roster).

    A round is known by programme, scope, name and days. `desk.rounds` gets every round that takes visits, those that
    were there too. Raises `Invalid` where a new round overlaps another one.
    """
    settled = []
    for planned in desk.spec.rounds:
        known = desk.connection.execute(
            select(round_.c.id).where(
                round_.c.programme == config.PROGRAMME, round_.c.scope == desk.root, round_.c.name == planned.name,
                round_.c.starts_on == planned.starts_on, round_.c.ends_on == planned.ends_on,
            )
        ).scalar()  # fmt: skip
        if known is not None:
            settled.append((planned, find_round(desk.connection, known)))
            continue
        plan = RoundPlan(
            planned.name, planned.starts_on, planned.ends_on, desk.root, number=planned.number,
            target_bp=planned.target_bp,
        )  # fmt: skip
        made = insert_round(desk.connection, scope, plan=plan, baseline=[], adopt=False)
        desk.made_rounds.append(made)
        desk.plan.counts["rounds_new"] += 1
        settled.append((planned, made))
    taking = select(round_.c.id).where(round_.c.programme == config.PROGRAMME, round_.c.status.in_(("open", "closed")))
    desk.rounds = [find_round(desk.connection, one) for one in desk.connection.execute(taking).scalars()]
    return settled


def plan_rosters(desk: Desk, book: PlaceBook, settled: list[tuple[RoundPlanned, Round]]) -> None:
    """Plan the roster rows of the mapping's open rounds.

    A new round takes the households of the file, or all that are registered, as its baseline. Later, households of a
    village without a roster row join the baseline; in a village that has one, unknown households are 新增户 from today.
    """
    for planned, one in settled:
        is_new = one in desk.made_rounds
        if planned.roster == "none" or one.status != "open" or (planned.roster == "registered" and not is_new):
            continue
        homes = _list_registered(desk, book) if planned.roster == "registered" else _list_named(desk)
        rostered, villages = ({}, set()) if is_new else _read_roster(desk, book, one)
        for home in homes.values():
            if home.id in rostered or not book.is_under(home.place, one.scope):
                continue
            is_baseline = home.village in desk.begun or home.village not in villages
            if is_baseline:
                desk.plan.begun.add(home.village)
            desk.insert("round_roster", _roster_row(one, home, None if is_baseline else desk.today))
            desk.plan.counts["roster_baseline" if is_baseline else "roster_added"] += 1
            if not is_baseline:
                desk.plan.proposals.append(
                    Proposal("addition", 0, home.code, one.name, "", desk.today.isoformat(), taken=True)
                )  # fmt: skip


def _list_named(desk: Desk) -> dict[str, Home]:
    return {home.id: home for home in desk.homes if home is not None}


def _list_registered(desk: Desk, book: PlaceBook) -> dict[str, Home]:
    """Return every household that is registered and has not left, with those the file adds."""
    rows = desk.connection.exec_driver_sql("SELECT id, village, place, code FROM household WHERE exited_on IS NULL")
    found = {row[0]: Home(*row) for row in rows if row[2] in book.by_id}
    return found | _list_named(desk)


def _read_roster(desk: Desk, book: PlaceBook, one: Round) -> tuple[dict[str, str], set[str]]:
    """Return household → place of a round's roster, and the villages that have a row."""
    rows = desk.connection.exec_driver_sql("SELECT household, place FROM round_roster WHERE round = ?", (one.id,))
    rostered = {row[0]: row[1] for row in rows}
    return rostered, {book.village_of(place) for place in set(rostered.values()) if place in book.by_id}


def _roster_row(one: Round, home: Home, added_on: date | None) -> Row:
    return {
        "round": one.id, "household": home.id, "place": home.place, "baseline": int(added_on is None),
        "added_on": None if added_on is None else added_on.isoformat(), "excluded_on": None, "excluded_reason": None,
        "approved_by": None, "approved_on": None, "rev": 1,
    }  # fmt: skip


def round_of(desk: Desk, book: PlaceBook, place: str, day: str) -> str | None:
    """Return the id of the round whose days and scope hold a visit; None is 不在轮次内."""
    for one in desk.rounds:
        if one.starts_on.isoformat() <= day <= one.ends_on.isoformat() and book.is_under(place, one.scope):
            return one.id
    return None
