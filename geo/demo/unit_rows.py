"""Writing one unit: its groups, households, people, rosters, visits, assignments and issues."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geo.demo.issue_rows import (
    EVENT_COLUMNS,
    ISSUE_COLUMNS,
    concern_rows,
    event_rows,
    issue_rows,
    measure_rows,
    open_ledger,
)
from geo.demo.issues import make_issues
from geo.demo.matters import MATTER_COLUMNS, matter_rows
from geo.demo.parameters import ACTOR, RUNNING, iso_day, stamp
from geo.demo.people import assignment_table, hire, member_table, person_table
from geo.demo.rosters import approve, baseline_stamp, draw_stay, roster_rows
from geo.demo.schedule import plan_round
from geo.demo.traits import draw_traits, tag_rows
from geo.demo.village import TILE_STEP
from geo.demo.visit_rows import VISIT_COLUMNS, check_rows, keep_book, person_rows, topic_rows, visit_rows
from geo.demo.visits import found_empty, make_visits
from geo.i18n import text
from geo.store.database import bulk_insert

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from sqlalchemy import Connection

    from geo.demo.issue_slots import Slot
    from geo.demo.people import Staff
    from geo.demo.rosters import Stay
    from geo.demo.traits import Traits
    from geo.demo.village import Village
    from geo.demo.visits import Visits

_STAMP = ["created_at", "created_by"]
_ROSTER = [
    "round", "household", "place", "baseline", "added_on", "excluded_on", "excluded_reason", "approved_by",
    "approved_on",
]  # fmt: skip
_HOUSEHOLD = [
    "id", "tile_id", "code", "village", "place", "head_name", "phone", "size", "household_class", "residence", "lon",
    "lat", "coord_source", "coord_system", "dwelling", "entered_on", "exited_on", "exit_reason", *_STAMP,
]  # fmt: skip


def write_unit(connection: Connection, village: Village, slots: list[Slot]) -> None:
    """Write every row of a unit as it stands on the demo's day."""
    traits = draw_traits(village)
    staff = hire(village, traits)
    last = plan_round(village, RUNNING)
    stay = draw_stay(village, unswept=last.unswept(village.groups))
    _write_groups(connection, village)
    left_on = np.zeros(village.size, dtype=np.int64)
    rounds: dict[int, Visits] = {}
    exclusions = {}
    for number in range(1, len(village.world.rounds) + 1):
        schedule = last if number == RUNNING else plan_round(village, number)
        rounds[number] = make_visits(village, traits, stay, schedule)
        found = found_empty(village, stay, rounds[number])
        approved = approve(village, stay, number, found)
        exclusions[number] = found, approved
        left_on = np.maximum(left_on, approved)
    bulk_insert(connection, "household", _HOUSEHOLD, _household_rows(village, traits, stay, left_on))
    tag_columns = ["id", "household", "kind", "since", *_STAMP]
    bulk_insert(connection, "household_tag", tag_columns, tag_rows(village, traits, stay.joined_on))
    _write_people(connection, village, stay, staff)
    for number, (found, approved) in exclusions.items():
        rows = roster_rows(village, stay, number, found_on=found, approved_on=approved)
        bulk_insert(connection, "round_roster", _ROSTER, rows)
    _write_visits(connection, village, rounds, staff)
    _write_issues(connection, village, staff, slots, traits, rounds)
    bulk_insert(connection, "matter", MATTER_COLUMNS, matter_rows(village, staff))


def _write_groups(connection: Connection, village: Village) -> None:
    at = stamp(baseline_stamp(village))
    district, township = (f"u{village.world.edition}-{village.unit.code[:digits]}" for digits in (6, 9))
    columns = [
        "id", "code", "name", "full_name", "level", "parent", "edition", "lon", "lat", "boundary_computed", *_STAMP,
    ]  # fmt: skip
    names = village.name_groups()
    rows = (
        (one, code, *name, "group", village.place_id, village.world.edition, *centre, False, at, ACTOR)
        for one, code, name, centre in zip(
            village.group_ids.tolist(), village.group_codes, names, village.centres.tolist(), strict=True
        )
    )
    bulk_insert(connection, "place", columns, rows)
    paths = (
        (one, above, depth)
        for one in village.group_ids.tolist()
        for depth, above in enumerate((one, village.place_id, township, district))
    )
    bulk_insert(connection, "place_path", ["place", "ancestor", "depth"], paths)


def _household_rows(
    village: Village, traits: Traits, stay: Stay, left_on: NDArray[np.int64]
) -> Iterator[tuple[object, ...]]:
    """Yield rows of `household` in the order of `_HOUSEHOLD`; lon, lat in WGS84 degrees."""
    until, unit, host = village.world.today.toordinal(), village.unit, village.homes.host
    located = ~np.isnan(village.homes.lonlat[:, 0])
    clicked = village.stream("attributes", 1).random(village.size)
    clicked = clicked < village.world.decided["clusters"]["coord_source_map_click"]
    sources = np.where(located, np.where(clicked, "map_click", "gps"), "none").tolist()
    lonlat = zip(village.homes.lonlat.tolist(), located.tolist(), strict=True)
    points = [point if known else (None, None) for point, known in lonlat]
    shared = (np.bincount(host, minlength=village.size)[host] > 1).tolist()
    baseline = baseline_stamp(village)
    columns = zip(
        village.household_ids.tolist(), village.place_ids.tolist(), traits.heads, traits.phones,
        traits.sizes.tolist(), traits.classes.tolist(), traits.residences.tolist(), points, sources, host.tolist(),
        shared, stay.joined_on.tolist(), left_on.tolist(), stay.reasons.tolist(), strict=True,
    )  # fmt: skip
    for nth, (home, place, *facts, point, source, host_at, is_shared, joined, left, reason) in enumerate(columns, 1):
        exited = iso_day(left or None, until=until)
        yield (
            home, unit.index * TILE_STEP + nth, f"{village.short}-{nth:04d}", village.place_id, place, *facts, *point,
            source, "" if source == "none" else "wgs84", f"d{village.short}-{host_at + 1:04d}" if is_shared else None,
            iso_day(joined or None), exited, reason if exited else None, stamp(joined or baseline), ACTOR,
        )  # fmt: skip


def _write_people(connection: Connection, village: Village, stay: Stay, staff: Staff) -> None:
    columns = ["id", "name", "phone", "place", *_STAMP]
    people = list(person_table(village, staff))
    bulk_insert(connection, "person", columns, people)
    name = text("demo.team", village=village.unit.name)
    team = (f"team{village.short}", name, village.place_id, *people[0][4:])
    bulk_insert(connection, "team", ["id", "name", "village", *_STAMP], [team])
    columns = ["id", "team", "person", "role", "leads", "place", "household", "since", *_STAMP]
    bulk_insert(connection, "team_member", columns, member_table(village, staff))
    columns = ["id", "round", "household", "person", "due_on", "status", *_STAMP]
    bulk_insert(connection, "assignment", columns, assignment_table(village, stay, staff))


def _write_visits(connection: Connection, village: Village, rounds: dict[int, Visits], staff: Staff) -> None:
    book = keep_book(village, rounds).until(village.world.today.toordinal())
    bulk_insert(connection, "visit", VISIT_COLUMNS, visit_rows(village, book))
    bulk_insert(connection, "visit_person", ["visit", "person"], person_rows(book, staff.team))
    bulk_insert(connection, "visit_topic", ["visit", "topic"], topic_rows(village, book))
    bulk_insert(connection, "visit_check", ["visit", "item", "result"], check_rows(village, book))


def _write_issues(
    connection: Connection,
    village: Village,
    staff: Staff,
    slots: list[Slot],
    traits: Traits,
    rounds: dict[int, Visits],
) -> None:
    ledger = open_ledger(village, staff, make_issues(village, slots, traits, rounds))
    bulk_insert(connection, "issue", ISSUE_COLUMNS, issue_rows(ledger))
    bulk_insert(connection, "issue_household", ["issue", "household"], concern_rows(ledger))
    bulk_insert(connection, "issue_event", EVENT_COLUMNS, event_rows(ledger))
    columns = ["id", "issue", "text", "responsible", "due_on", "done_on", "drawn_on", *_STAMP]
    bulk_insert(connection, "measure", columns, measure_rows(ledger))
