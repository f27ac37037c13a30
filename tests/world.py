"""A small world whose totals a person checks by hand: 1 district, 2 townships, 5 villages, 12 groups, 60 households.

Today is 2019-11-20. Round 1 ran 2019-05-01 … 05-31; round 2 runs 2019-10-15 … 12-10, target 90 %, phone counts for
absent households. What happened in round 2, group by group (h01 … h60 are the households):

| place | households | what happened |
|---|---|---|
| g01 | h01–h05 | all effective |
| g02 | h06–h10 | h06 effective · h07 nobody home once · h08 twice · h09 refused · h10 nothing |
| g03 | h11–h15 | nothing |
| g04 | h16–h20 | h16 h17 effective · h18 found away, then phoned · h19 phoned, not away · h20 only others met |
| g05 | h21–h25 | h21–h24 effective · h25 tagged away, phoned |
| g06 | h26–h30 | h26 effective, voided · h27 effective, corrected to nobody home · h28 twice effective · h29 postponed · h30 effective on 10-01, outside every round |
| g07 | h31–h34 | h31 excluded (vacant) · h32 exclusion pending · h33 excluded after an effective visit, so it stays · h34 effective, merged, so it leaves |
| g08 | h35–h38 | all effective; h38 joined on 11-01 |
| g09 | h39–h42 | h39 effective · h40 h41 were due on 11-10 · h42 joins on 11-25 |
| g10 | h43–h46 | h43 effective · the group was due on 11-15, but h44 on 11-30 |
| g11 | h47–h51 | nothing; h51 has no point |
| g12 | h52–h55 | all excluded (destroyed): 无户 |
| v5 | h56–h60 | a village without groups: h56 effective · h57 nobody home |

Round 1: h38 and h42 were not yet there; h01–h30 effective on 05-10, h31–h45 nobody home on 05-12.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sqlalchemy import and_

from geo.access import GRANTED
from geo.model import IssueEntry, Scope, VisitEntry
from geo.schema import household, household_tag, issue, issue_event, round_roster
from geo.store.assignments import add_person, assign
from geo.store.cells import rebuild_round
from geo.store.create import create_database
from geo.store.database import Database
from geo.store.issues import raise_issue
from geo.store.places import insert_place
from geo.store.rounds import RoundPlan, create_round
from geo.store.visits import record_visit, void_visit

TODAY = date(2019, 11, 20)
PLANNER = Scope("planner", "planner", "d")
#: A planner who was given the right to take names away, as a file is made for.
TAKER = Scope("planner", "planner", "d", granted=GRANTED, sees_names=True)
LEADER = Scope("leader", "leader", "d")
STAMP = {"created_at": "2019-01-01T00:00:00.000Z", "created_by": "world"}
VILLAGES = {
    "v1": ("t1", "东测村"),
    "v2": ("t1", "西测村"),
    "v3": ("t2", "南测村"),
    "v4": ("t2", "北测村"),
    "v5": ("t2", "新测村"),
}
#: Group → (village, first household, last household).
GROUPS = {
    "g01": ("v1", 1, 5), "g02": ("v1", 6, 10), "g03": ("v1", 11, 15),
    "g04": ("v2", 16, 20), "g05": ("v2", 21, 25), "g06": ("v2", 26, 30),
    "g07": ("v3", 31, 34), "g08": ("v3", 35, 38), "g09": ("v3", 39, 42),
    "g10": ("v4", 43, 46), "g11": ("v4", 47, 51), "g12": ("v4", 52, 55),
    "v5": ("v5", 56, 60),
}  # fmt: skip
_NUMERALS = "一二三四五六七八九十"


def build_world(path: Path) -> Database:
    """Build the world through the store's own services and return it open."""
    db = create_database(path, kind="demo", edition="", today=TODAY)
    _add_places(db)
    _add_households(db)
    _add_rounds(db)
    _add_assignments(db)
    _add_visits(db)
    _add_issues(db)
    return db


def home(number: int) -> str:
    """Return the id of a household by its number."""
    return f"h{number:02d}"


def _add_places(db: Database) -> None:
    rows: list[tuple[str, str, str, str, str | None]] = [
        ("d", "900000", "测试区", "district", None),
        ("t1", "900000100", "甲测乡", "township", "d"),
        ("t2", "900000200", "乙测镇", "township", "d"),
    ]
    rows += [
        (vid, f"{'9000001' if up == 't1' else '9000002'}0020{vid[1]}", name, "village", up)
        for vid, (up, name) in VILLAGES.items()
    ]
    codes = {row[0]: row[1] for row in rows}
    for nth, (gid, (village, _first, _last)) in enumerate(GROUPS.items()):
        if gid != village:
            number = 1 + nth % 3
            rows.append((gid, f"{codes[village]}{number:02d}", f"{_NUMERALS[number - 1]}组", "group", village))
    with db.write() as connection:
        for place_id, code, name, level, parent in rows:
            values: dict[str, object] = {
                "id": place_id,
                "code": code,
                "name": name,
                "level": level,
                "edition": "test",
                **STAMP,
            }
            insert_place(connection, values, parent=parent)


def _add_households(db: Database) -> None:
    rows = []
    for gid, (village, first, last) in GROUPS.items():
        for number in range(first, last + 1):
            located = number != 51
            rows.append(
                {"id": home(number), "tile_id": number, "code": f"C-{number:03d}", "village": village, "place": gid,
                 "head_name": f"测{number:02d}", "phone": f"199000000{number:02d}", "size": 1 + number % 5,
                 "lon": 109.0 + number / 1000 if located else None, "lat": 27.6 + number / 2000 if located else None,
                 "coord_source": "gps" if located else "none", **STAMP}
            )  # fmt: skip
    tags = [(1, "elder_alone"), (10, "elder_alone"), (40, "dibao"), (25, "away_all")]
    with db.write() as connection:
        connection.execute(household.insert(), rows)
        for number, kind in tags:
            connection.execute(
                household_tag.insert().values(
                    id=f"tag{number}", household=home(number), kind=kind, since=date(2019, 1, 1), **STAMP
                )
            )


def _add_rounds(db: Database) -> None:
    early = [home(number) for number in range(1, 61) if number not in (38, 42)]
    first = RoundPlan("第1轮", date(2019, 5, 1), date(2019, 5, 31), "d", number=1, status="closed")
    second = RoundPlan(
        "第2轮", date(2019, 10, 15), date(2019, 12, 10), "d", number=2, target_bp=9000, away_phone_counts=True
    )
    create_round(db, PLANNER, plan=first, baseline=early)
    round_id = create_round(db, PLANNER, plan=second, baseline=early).id
    with db.write() as connection:
        for number, on in ((38, date(2019, 11, 1)), (42, date(2019, 11, 25))):
            place_id = "g08" if number == 38 else "g09"
            connection.execute(
                round_roster.insert().values(
                    round=round_id, household=home(number), place=place_id, baseline=False, added_on=on
                )
            )
        excluded = {
            31: "vacant",
            33: "vacant",
            34: "merged",
            52: "destroyed",
            53: "destroyed",
            54: "destroyed",
            55: "destroyed",
        }
        for number, reason in excluded.items():
            _exclude(connection, round_id, number, reason, approved_on=date(2019, 11, 5))
        _exclude(connection, round_id, 32, "moved_out", approved_on=None)
        rebuild_round(connection, round_id, TODAY)


def _exclude(connection, round_id: str, number: int, reason: str, *, approved_on: date | None) -> None:
    connection.execute(
        round_roster.update()
        .where(and_(round_roster.c.round == round_id, round_roster.c.household == home(number)))
        .values(
            excluded_on=date(2019, 11, 1),
            excluded_reason=reason,
            approved_on=approved_on,
            approved_by="admin" if approved_on else None,
        )
    )


def _add_assignments(db: Database) -> None:
    cadre = add_person(db, PLANNER, name="李测组", place_id="v3")
    other = add_person(db, PLANNER, name="王测组", place_id="v4")
    assign(db, PLANNER, round_id="2", assignee=cadre, due_on=date(2019, 11, 10), households=["h40", "h41"])
    assign(db, PLANNER, round_id="2", assignee=other, due_on=date(2019, 11, 15), groups=["g10"])
    assign(db, PLANNER, round_id="2", assignee=other, due_on=date(2019, 11, 30), households=["h44"])


def _visit(db: Database, number: int, on: date, outcome: str, *, mode: str = "in_person", suffix: str = "") -> str:
    reason = None if outcome == "effective" else "unknown"
    visit_id = f"v{number:02d}-{on.isoformat()}-{mode}{suffix}"
    entry = VisitEntry(visit_id, home(number), on, outcome, mode=mode, reason=reason)
    record_visit(db, PLANNER, entry=entry)
    return visit_id


def _add_visits(db: Database) -> None:
    for number in range(1, 31):
        _visit(db, number, date(2019, 5, 10), "effective")
    for number in (*range(31, 38), 39, 40, 41, 43, 44, 45):
        _visit(db, number, date(2019, 5, 12), "not_home")
    for number in (*range(1, 7), 16, 17, *range(21, 25), 28, 33, 34, 35, 36, 37):
        _visit(db, number, date(2019, 10, 20), "effective")
    for number, on in (
        (28, date(2019, 11, 2)),
        (38, date(2019, 11, 3)),
        (39, date(2019, 11, 18)),
        (43, date(2019, 11, 14)),
        (56, date(2019, 11, 13)),
    ):
        _visit(db, number, on, "effective", suffix="b")
    for number, outcome in (
        (7, "not_home"),
        (8, "not_home"),
        (9, "refused"),
        (18, "away_all"),
        (20, "partial_proxy"),
        (29, "postponed"),
        (57, "not_home"),
    ):
        _visit(db, number, date(2019, 10, 22), outcome)
    _visit(db, 8, date(2019, 10, 25), "no_access")
    for number in (18, 19, 25):
        _visit(db, number, date(2019, 11, 1), "effective", mode="phone")
    _visit(db, 30, date(2019, 10, 1), "effective")
    void_visit(db, PLANNER, visit_id=_visit(db, 26, date(2019, 10, 24), "effective"), void_id="void26")
    wrong = _visit(db, 27, date(2019, 10, 24), "effective")
    right = VisitEntry("v27-right", "h27", date(2019, 10, 24), "not_home", reason="unknown")
    void_visit(db, PLANNER, visit_id=wrong, void_id="void27", replacement=right)


def _add_issues(db: Database) -> None:
    """i1 overdue · i2 undated · i3 closed · i4 group, in time · i5 deferred · i6 duplicate · i7 invalid · i8 resolved."""
    entries = [
        ("i1", "g02", "household", "WATER", ("h10",), date(2019, 11, 10)),
        ("i2", "g02", "household", "MED", ("h07",), None),
        ("i3", "g01", "household", "EDU", ("h01",), date(2019, 11, 1)),
        ("i4", "g04", "group", "INF_R", (), date(2019, 12, 31)),
        ("i5", "g01", "household", "HOUSE", ("h02",), date(2019, 11, 1)),
        ("i6", "g02", "household", "WATER", ("h10",), date(2019, 11, 10)),
        ("i7", "g02", "household", "OTH", ("h09",), None),
        ("i8", "g02", "household", "INC", ("h10",), date(2019, 11, 10)),
    ]
    for issue_id, where, scope, category, homes, due in entries:
        raise_issue(
            db,
            PLANNER,
            entry=IssueEntry(
                issue_id, where, scope, category, f"测试问题 {issue_id}", date(2019, 10, 20), homes, due_on=due
            ),
        )
    _add_events(db)


def _add_events(db: Database) -> None:
    events = [
        ("i1", 2, date(2019, 11, 12), "escalated", "township", "in_progress"),
        ("i3", 2, date(2019, 10, 25), "resolved", "village", "resolved"),
        ("i3", 3, date(2019, 10, 28), "closed", "village", "closed"),
        ("i5", 2, date(2019, 10, 30), "deferred", "village", "deferred"),
        ("i7", 2, date(2019, 10, 21), "invalidated", "village", "invalid"),
        ("i8", 2, date(2019, 11, 5), "resolved", "village", "resolved"),
    ]
    with db.write() as connection:
        for issue_id, seq, on, kind, level, state in events:
            connection.execute(
                issue_event.insert().values(
                    issue=issue_id,
                    seq=seq,
                    on=on,
                    at=f"{on}T00:00:00.000Z",
                    actor="world",
                    kind=kind,
                    to_level=level,
                    to_state=state,
                )
            )
            connection.execute(
                issue.update().where(issue.c.id == issue_id).values(state=state, level_now=level, max_level=level)
            )
        connection.execute(
            issue.update()
            .where(issue.c.id == "i3")
            .values(close_kind="solved", resolved_on=date(2019, 10, 25), closed_on=date(2019, 10, 28))
        )
        connection.execute(issue.update().where(issue.c.id == "i6").values(duplicate_of="i1"))
