"""Random files with three targets, judged row by row by a few lines of plain Python that share nothing with the product."""

from __future__ import annotations

import csv
import io
import random
from datetime import datetime

import pytest

from geo.importer import undo_last
from tests import workbooks
from tests.mapped import TODAY, UNITS, load, open_mapped, rows, spec_of

MAPPING = f"""
{UNITS}
    rounds: [{{name: spring, from: 2024-02-01, to: 2024-03-31}}, {{name: summer, from: 2024-05-01, to: 2024-05-31}}]
    where: {{column: kind, is: home}}
    households: {{key: id, unique_in: district, size: people}}
    visits:
      key: {{text: "{{id}}/{{day}}"}}
      visited_on: {{column: day, format: ["%d/%m/%Y", "%Y.%m.%d"]}}
      outcome: {{column: result, map: {{ok: effective, out: not_home, "-": none}}}}
    issues:
      key: {{text: "{{id}}-{{no}}"}}
      category: {{column: about, map: {{road: INF_R, "-": none}}}}
      raised_on: {{column: asked, format: "%d/%m/%Y"}}
      closed_on: {{column: done, format: "%d/%m/%Y"}}
"""
COLUMNS = {
    "kind": ["home"] * 9 + ["shop", ""],
    "id": ["A", "B", "C", "D", "E", "F", "G", ""],
    "village": ["North"] * 6 + ["South"] * 3 + [""],
    "people": ["4", "", "x", "0", "61"],
    "day": ["03/02/2024", "31/02/2024", "2024.03.31", "01/04/2024", "2024.05.01", "01/01/2030", ""],
    "result": ["ok", "out", "-", ""],
    "no": ["1", "2", "3", ""],
    "about": ["road", "road", "-", ""],
    "asked": ["03/02/2024", "10/02/2024", "40/01/2024", ""],
    "done": ["05/02/2024", "12/03/2024", "", ""],
}
HOMES = "SELECT h.code, p.name FROM household h JOIN place p ON p.id = h.place"
VISITS = """SELECT h.code, v.visited_on, v.outcome, r.name FROM visit v
JOIN household h ON h.id = v.household LEFT JOIN round r ON r.id = v.round"""
ISSUES = "SELECT number, raised_on, closed_on, reopen_count FROM issue"


def day_of(said: str) -> str:
    """Return a day as ISO text; '' where it is none, or after the day of the tests."""
    for form in ("%d/%m/%Y", "%Y.%m.%d"):
        try:
            found = datetime.strptime(said, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        return found.isoformat() if found <= TODAY else ""
    return ""


def round_of(day: str) -> str | None:
    return "spring" if "2024-02" <= day < "2024-04" else "summer" if day.startswith("2024-05") else None


class Judge:
    """What the rows of a file must become."""

    def __init__(self, table: list[dict[str, str]]) -> None:
        self.bad: set[int] = set()
        self.out: list[int] = []
        self.homes: dict[str, str] = {}
        self.visits: dict[tuple[str, str], tuple[str, str, str, str | None]] = {}
        self.issues: dict[str, list[tuple[str, str]]] = {}
        self.made: dict[int, tuple[str, bool]] = {}
        for nth, row in enumerate(table, start=1):
            if row["kind"] != "home":
                self.out.append(nth + 1)
            elif not row["id"] or (not row["village"] and row["id"] not in self.homes):
                self.bad.add(nth)
            else:
                self.homes.setdefault(row["id"], row["village"])
                self.take(nth, row)

    def take(self, nth: int, row: dict[str, str]) -> None:
        """Take one row of a household."""
        day, outcome = day_of(row["day"]), {"ok": "effective", "out": "not_home"}.get(row["result"], "")
        if day and outcome:
            self.visits.setdefault((row["id"], row["day"]), (row["id"], day, outcome, round_of(day)))
        asked, done = day_of(row["asked"]), day_of(row["done"])
        is_issue = bool(row["about"] == "road" and row["no"] and asked)
        if is_issue:
            ended = done if done >= asked else ""
            self.issues.setdefault(f"{row['id']}-{row['no']}", []).append((asked, ended))
        self.made[nth] = (day if day and outcome else "", is_issue)

    def histories(self) -> list[tuple[str, str, str | None, int]]:
        """Return number, day of raising, day of the last closing (none while open) and reopenings of each issue.

        Each row that ends it after the first reopens it; so does one that leaves it open, where another has ended it.
        """
        found = []
        for number, told in self.issues.items():
            ends = [ended for _, ended in told if ended]
            is_open = len(ends) < len(told)
            again = 0 if not ends else len(ends) if is_open else len(ends) - 1
            found.append((number, min(asked for asked, _ in told), None if is_open else max(ends), again))
        return sorted(found)


@pytest.mark.parametrize("seed", range(6))
def test_report_store_and_rows_as_understood_agree(tmp_path, seed):
    """Each row is accepted, refused or left out as the judge says, and the store holds exactly what accepted rows make."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, no secret
    table = [{name: chance.choice(words) for name, words in COLUMNS.items()} for _ in range(60)]
    written = io.StringIO()
    csv.DictWriter(written, list(COLUMNS), lineterminator="\n").writeheader()
    csv.DictWriter(written, list(COLUMNS), lineterminator="\n").writerows(table)
    path = tmp_path / "f.csv"
    path.write_text(written.getvalue(), encoding="utf-8")
    spec, judge = spec_of(MAPPING), Judge(table)
    db, scope = open_mapped(tmp_path / "d.sqlite", spec)
    empty = workbooks.dump(db, without=("setting", "audit_log"))
    trial = load(db, scope, path, spec, good_rows=True, understood=True, dry_run=True)
    assert workbooks.dump(db, without=("setting", "audit_log")) == empty
    report = load(db, scope, path, spec, good_rows=True, understood=True)
    assert (trial.as_dict()["findings"], trial.changes, trial.as_read) == (
        report.as_dict()["findings"], report.changes, report.as_read,
    )  # fmt: skip
    assert ({one.row for one in report.rows_bad}, list(report.left_out)) == (judge.bad, judge.out)
    assert report.rows_ok == report.rows_total - len(judge.bad) == len(table) - len(judge.out) - len(judge.bad)
    assert sorted(rows(db, HOMES)) == sorted(judge.homes.items())
    assert sorted(rows(db, VISITS)) == sorted(judge.visits.values())
    assert sorted(rows(db, ISSUES)) == judge.histories()
    assert {one.row: (one.visited_on, bool(one.issue)) for one in report.as_read} == judge.made
    outside = [one for one in report.as_read if one.visited_on and round_of(one.visited_on) is None]
    assert list(report.outside) == [one.row for one in outside]
    assert report.changes["visits_new"] == len(judge.visits)
    assert not load(db, scope, path, spec, good_rows=True).changed
    undo_last(db, scope)
    kept = ("setting", "audit_log", "import_batch", "import_row", "import_refused")
    assert workbooks.dump(db, without=kept) == {name: told for name, told in empty.items() if name not in kept}
    db.close()
