"""Chicago's sanitation requests through `import --mapping`, against pandas alone, per row and per issue."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from geo.issues import Spans, issue_status, roll_up_issues
from geo.model import Scope
from geo.store.clearance import read_clearance
from geo.store.database import Database
from geo.store.places import root_place

NAME = "chicago_sanitation_311.csv.gz"
AS_OF = date(2015, 1, 1)
DAYS = [AS_OF, date(2014, 1, 15), date(2012, 6, 30)]


@pytest.fixture(scope="module")
def table(shared_data: Path) -> pd.DataFrame:
    """Return the file as pandas reads it, with the day each request is due."""
    found = pd.read_csv(shared_data / "issues" / NAME, dtype=str, keep_default_na=False)
    found["created"] = pd.to_datetime(found["created"])
    found["completed"] = pd.to_datetime(found["completed"].replace("", None))
    found["due"] = found["created"] + pd.Timedelta(days=30)
    found["dup"] = found["status"].str.endswith("- Dup")
    return found


@pytest.fixture(scope="module")
def loaded(chicago: tuple[Path, dict[str, dict]]) -> tuple[Database, dict]:
    """Return the database with both files of Chicago, and the report of this one."""
    path, reports = chicago
    return Database(path), reports[NAME]


@pytest.fixture(scope="module")
def events(loaded) -> pd.DataFrame:
    """Return every event with its issue's number and due day."""
    db, _ = loaded
    with db.read() as connection:
        rows = connection.exec_driver_sql(
            'SELECT i.number, i.due_on, e.seq, e."on", e.kind, e.to_state FROM issue_event e JOIN issue i ON i.id = e.issue'
        ).all()
    found = pd.DataFrame([tuple(row) for row in rows], columns=["number", "due_on", "seq", "on", "kind", "to_state"])
    return found.assign(on=pd.to_datetime(found["on"]), due_on=pd.to_datetime(found["due_on"]))


@pytest.fixture(scope="module", params=DAYS, ids=str)
def as_of(request: pytest.FixtureRequest, table: pd.DataFrame) -> tuple[date, pd.DataFrame]:
    """Return a day, and one row per issue raised by then: ended (its last end by then), due, dup, open, overdue."""
    return request.param, per_issue(table, request.param)


def per_issue(table: pd.DataFrame, day: date) -> pd.DataFrame:
    day_ = pd.Timestamp(day)
    raised = table[table["created"] <= day_]
    raised = raised.assign(ended=raised["completed"].where(raised["completed"] <= day_))
    groups = raised.groupby("issue_id")
    found = groups[["ended", "dup"]].max().assign(due=groups["due"].first())
    found["open"] = found["ended"].isna() & ~found["dup"]
    found["overdue"] = found["open"] & (found["due"] < day_)
    return found


def test_one_id_is_one_issue(loaded, table):
    """74,401 rows are 74,026 issues; the 375 further rows reopen them; 3,633 are duplicates; nothing is refused."""
    _, report = loaded
    assert (report["rows_total"], report["rows_ok"]) == (74_401, 74_401) == (len(table), len(table))
    ids = table["issue_id"].nunique()
    assert (report["changes"]["issues_new"], report["changes"]["issues_reopened"]) == (ids, len(table) - ids)
    dups = table.loc[table["dup"], "issue_id"].nunique()
    assert report["changes"]["issues_duplicate"] == dups


def test_every_row_is_in_the_history(events, table):
    """Per row: each completed row is one closing on its own day, each issue is raised on the day it was created."""
    closings = events[events["kind"] == "closed"]
    told = table.dropna(subset="completed")
    assert sorted(zip(closings["number"], closings["on"], strict=True)) == sorted(
        zip(told["issue_id"], told["completed"], strict=True)
    )
    raised = events[events["kind"] == "raised"].set_index("number")["on"]
    assert raised.sort_index().equals(
        table.drop_duplicates("issue_id").set_index("issue_id")["created"].sort_index().rename("on")
    )


def test_late_rows_equal_pandas(events, table):
    """Per row: closed after the due day, closed in time, still open and over it, still open and within it."""
    closings = events[events["kind"] == "closed"]
    late = int((closings["on"] > closings["due_on"]).sum())
    assert late == int((table["completed"] > table["due"]).sum())
    assert len(closings) - late == int((table["completed"] <= table["due"]).sum())
    last = events.sort_values(["on", "seq"]).groupby("number").last()
    still = last[last["to_state"] != "closed"]
    waiting = table[table["completed"].isna()]
    assert len(still) == len(waiting)
    assert int((still["due_on"] < pd.Timestamp(AS_OF)).sum()) == int((waiting["due"] < pd.Timestamp(AS_OF)).sum())


def test_status_of_each_issue_equals_pandas(loaded, as_of):
    """Per issue, as of three days: valid, open, overdue or in time, and the day it was resolved."""
    db, _ = loaded
    day, expected = as_of
    with db.read() as connection:
        numbers = dict(map(tuple, connection.exec_driver_sql("SELECT id, number FROM issue")))
        rows = connection.execute(issue_status(day)).mappings().all()
    found = pd.DataFrame([dict(row) for row in rows])
    found.index = pd.Index(found["issue"].map(numbers), name="issue_id")
    found = found.loc[expected.index]
    assert len(rows) == len(expected)
    assert ((found["valid"] == 0) == expected["dup"]).all()
    assert ((found["open"] == 1) == expected["open"]).all()
    assert ((found["bucket"] == "overdue") == expected["overdue"]).all()
    assert ((found["bucket"] == "in_time") == (expected["open"] & ~expected["overdue"])).all()
    assert (pd.to_datetime(found["resolved_on"]).fillna(pd.NaT) == expected["ended"]).sum() == expected[
        "ended"
    ].notna().sum()
    assert found["resolved_on"].isna().equals(expected["ended"].isna())


def test_sums_of_the_district_equal_pandas(loaded, as_of):
    """Valid, closed, open, overdue, in time, judged and on time over all wards, and they add up."""
    db, _ = loaded
    day, expected = as_of
    valid = expected[~expected["dup"]]
    with db.read() as connection:
        rows = [dict(row) for row in connection.execute(roll_up_issues(day)).mappings()]
    sums = {name: sum(row[name] for row in rows) for name in rows[0] if name != "place"}
    judged = valid[valid["ended"].notna() | (valid["due"] < pd.Timestamp(day))]
    assert {name: sums[name] for name in ("valid", "closed", "open", "overdue", "in_time", "undated", "judged", "on_time")} == {
        "valid": len(valid), "closed": int(valid["ended"].notna().sum()), "open": int(valid["open"].sum()),
        "overdue": int(valid["overdue"].sum()), "in_time": int((valid["open"] & ~valid["overdue"]).sum()), "undated": 0,
        "judged": len(judged), "on_time": int((judged["ended"] <= judged["due"]).sum()),
    }  # fmt: skip
    assert (sums["closed"] + sums["open"], sums["solved"]) == (sums["valid"], sums["closed"])


def nearest(days: pd.Series, share: float) -> int:
    """Return the least number of days that at least this share took at most, by sorting alone."""
    ordered = sorted(days)
    return ordered[math.ceil(round(share * len(ordered), 9)) - 1]


def test_median_and_p90_per_issue_equal_pandas(loaded, table):
    """Per issue, as of 2015-01-01: how many stand resolved, and the days that half and nine tenths of them took at most."""
    db, _ = loaded
    day, expected = AS_OF, per_issue(table, AS_OF)
    valid = expected[~expected["dup"] & expected["ended"].notna()]
    took = (valid["ended"] - (valid["due"] - pd.Timedelta(days=30))).dt.days
    scope = Scope("planner", "planner", root_place(db).id)
    found = read_clearance(db, scope, place_id=scope.area, as_of=day)
    assert found.spans == Spans(len(took), nearest(took, 0.5), nearest(took, 0.9))
    assert found.spans.median == took.quantile(0.5, interpolation="lower")
    assert (found.counts["open"], found.counts["overdue"]) == (
        int(expected["open"].sum()), int(expected["overdue"].sum()),
    )  # fmt: skip
    assert found.issues.rows()[0]["reached"] == found.counts["valid"] == int((~expected["dup"]).sum())


def test_median_and_p90_per_row_equal_pandas(events, table):
    """Per row: each closing against the day its issue was raised, over all rows that were completed."""
    raised = events[events["kind"] == "raised"].set_index("number")["on"]
    closings = events[events["kind"] == "closed"]
    took = (closings["on"] - closings["number"].map(raised)).dt.days
    told = table.dropna(subset="completed")
    expected = (told["completed"] - told["created"]).dt.days
    spans = Spans.of((int(days), int(times)) for days, times in took.value_counts().items())
    assert spans == Spans(len(expected), nearest(expected, 0.5), nearest(expected, 0.9))


def test_every_ward_has_its_issues(loaded, table):
    """Valid issues ward by ward equal pandas; requests without a ward are in a unit of their own."""
    db, _ = loaded
    with db.read() as connection:
        names = dict(map(tuple, connection.exec_driver_sql("SELECT id, name FROM place")))
        found = {names[row["place"]]: row["valid"] for row in connection.execute(roll_up_issues(AS_OF)).mappings()}
    expected = per_issue(table, AS_OF)
    ward = table.drop_duplicates("issue_id").set_index("issue_id")["ward"].replace("", "unknown")
    counts = ward[~expected["dup"].reindex(ward.index)].value_counts()
    assert found == {f"Ward {name}": int(count) for name, count in counts.items()}
