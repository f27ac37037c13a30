"""Issue figures on random histories: equal to a reading of the formulas one issue at a time, on any day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo import codes
from geo.issues import ISSUE_COUNTS, highest_levels, issue_shares, roll_up_issues
from geo.schema import household, issue, issue_event, issue_household
from geo.store.create import create_database
from geo.store.database import Database
from tests.random_worlds import STAMP, day, make_places, passing

FEW = settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
#: Kind of event → the state it leaves.
LEAVES = {
    "assigned": "assigned", "progress": "in_progress", "escalated": "in_progress", "returned": "returned",
    "resolved": "resolved", "closed": "closed", "reworked": "in_progress", "deferred": "deferred", "reopened": "open",
    "invalidated": "invalid",
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One issue: its place, household or none, due day, how it closes, whether a duplicate, and (kind, days later, level)."""

    place: str
    home: int | None
    raised: int
    due: int | None
    first_due: int | None
    close_kind: str
    duplicate: bool
    events: tuple[tuple[str, int, int], ...]

    def history(self, as_of: date) -> list[tuple[date, str, str, int]]:
        """Return (day, kind, state, level) of the events up to a day."""
        found, on = [(day(self.raised), "raised", "open", 0)], self.raised
        for kind, later, level in self.events:
            on += later
            found.append((day(on), kind, LEAVES[kind], level))
        return [one for one in found if one[0] <= as_of]


_days = st.integers(-5, 40)
_events = st.lists(st.tuples(st.sampled_from(sorted(LEAVES)), st.integers(0, 9), st.integers(0, 2)), max_size=6)
_cases = st.builds(
    Case, place=st.sampled_from(("a1", "a2", "c")), home=st.none() | st.integers(0, 2), raised=_days,
    due=st.none() | _days, first_due=st.none() | _days, close_kind=st.sampled_from(codes.CLOSE_KINDS), duplicate=st.sampled_from((False, False, True)),
    events=_events.map(tuple),
)  # fmt: skip


def resolved_on(history: list[tuple[date, str, str, int]]) -> date | None:
    """Return the last resolution with no later rework or reopening; a closing without one is its own."""
    if history[-1][2] not in {"resolved", "closed"}:
        return None
    since = max((nth for nth, one in enumerate(history) if one[2] not in {"resolved", "closed"}), default=-1)
    done = history[since + 1 :]
    return max((one[0] for one in done if one[1] == "resolved"), default=done[-1][0])


def expected(cases: list[Case], as_of: date) -> dict[str, dict[str, int]]:
    """Return place → counts, read off the formulas."""
    found: dict[str, dict[str, int]] = {}
    for one in cases:
        history = one.history(as_of)
        if not history:
            continue
        cell, state = found.setdefault(one.place, dict.fromkeys(ISSUE_COUNTS, 0)), history[-1][2]
        if state == "invalid" or one.duplicate:
            continue
        names = {"valid"}
        done, due = resolved_on(history), None if one.due is None else day(one.due)
        names |= {"reworked"} if any(kind == "reworked" for _on, kind, _state, _level in history) else set()
        if state == "closed":
            names |= {"closed", one.close_kind}
        else:
            measured = done if state == "resolved" else as_of
            names |= {"open", "undated" if due is None else "overdue" if due < measured else "in_time"}
            names |= {name for name, there in (("deferred", "deferred"), ("unverified", "resolved")) if state == there}
        for limit, ending in ((due, ""), (None if one.first_due is None else day(one.first_due), "_original")):
            if limit is not None and (done is not None or limit < as_of):
                names |= {f"judged{ending}"} | ({f"on_time{ending}"} if done is not None and done <= limit else set())
        for name in names:
            cell[name] += 1
    return found


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """Return a database with units and three households."""
    path = Path(tmp_path_factory.mktemp("issues")) / "r.sqlite"
    made = create_database(path, kind="demo", edition="", today=day(40))
    make_places(made)
    with made.write() as connection:
        for nth in range(3):
            connection.execute(
                household.insert().values(
                    id=f"h{nth}", tile_id=nth + 1, code=f"{nth}", village="a", place="a1", **STAMP
                )
            )
    return made


def insert_cases(connection, cases: list[Case]) -> None:
    """Insert issues with their whole histories."""
    for nth, one in enumerate(cases):
        connection.execute(
            issue.insert().values(
                id=f"i{nth}", number=f"{nth}", place=one.place, scope="village" if one.home is None else "household",
                category="OTH", title="测", raised_on=day(one.raised), close_kind=one.close_kind,
                due_on=None if one.due is None else day(one.due), original_due_on=None if one.first_due is None else day(one.first_due),
                duplicate_of="i0" if one.duplicate else None, **STAMP,
            )
        )  # fmt: skip
        if one.home is not None:
            connection.execute(issue_household.insert().values(issue=f"i{nth}", household=f"h{one.home}"))
        for seq, (on, kind, state, level) in enumerate(one.history(day(400)), start=1):
            connection.execute(
                issue_event.insert().values(
                    issue=f"i{nth}", seq=seq, on=on, at="2019-01-01T00:00:00.000Z", actor="t", kind=kind,
                    to_level=codes.ISSUE_LEVELS[level], to_state=state,
                )
            )  # fmt: skip


@FEW
@given(cases=st.lists(_cases, min_size=1, max_size=8), offset=st.integers(-8, 70))
def test_issue_counts_equal_the_formulas(db, cases, offset):
    """Every count of every place equals the formulas; open splits three ways, closed four; the funnel falls with level."""
    as_of = day(offset)
    with passing(db) as connection:
        insert_cases(connection, cases)
        rows = [dict(row) for row in connection.execute(roll_up_issues(as_of)).mappings()]
        found = {row["place"]: {name: int(row[name]) for name in ISSUE_COUNTS} for row in rows}
        assert found == expected(cases, as_of)
        for cell in found.values():
            assert cell["overdue"] + cell["undated"] + cell["in_time"] == cell["open"] == cell["valid"] - cell["closed"]
            assert sum(cell[kind] for kind in codes.CLOSE_KINDS) == cell["closed"]
            shares = issue_shares(cell)
            assert (shares["kpi.clear"].numerator, shares["kpi.clear"].denominator) == (cell["closed"], cell["valid"])
            assert (shares["kpi.ontime"].numerator, shares["kpi.ontime"].denominator) == (
                cell["on_time"],
                cell["judged"],
            )
        levels = {row.household: row.level for row in connection.execute(highest_levels(as_of))}
    told: dict[str, int] = {}
    for one in cases:
        history = one.history(as_of)
        if one.home is not None and history and history[-1][2] != "invalid" and not one.duplicate:
            highest = max(level for _on, _kind, _state, level in history)
            told[f"h{one.home}"] = max(told.get(f"h{one.home}", 0), highest)
    assert levels == told
