"""The second half of a plan: tags, visits, issues and roster rows that a file adds to its households."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

from geo import codes
from geo.i18n import text
from geo.importer.absent import list_without_round
from geo.importer.details import find_other_details, list_other_issue, propose_details
from geo.importer.findings import FIELDS
from geo.importer.journal import columns_of
from geo.importer.plan import home_of
from geo.importer.proposals import Proposal
from geo.importer.register import rows_of_visits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geo.importer.blocks import Block
    from geo.importer.plan import Bench, Home
    from geo.importer.register import Row

#: How an imported visit was entered: from a workbook, which stands for paper.
_ENTRY = "paper"
#: Why a household that a newer roster does not name is to leave the round, until somebody decides.
GONE: Final = "not_found"
#: A title no longer than this stands in the issue's list.
_TITLE: Final = 60


def plan_tags(bench: Bench) -> None:
    """Plan the care tags that a household does not hold yet, since the row's day, else the import's.

    An import never ends a tag, and the same file never brings one back that was ended.
    """
    planned: set[tuple[str, str]] = set()
    block = bench.block("household_tag", ("id", "household", "kind", "since"), status="active")
    tags, days = bench.understood.columns["tags"], bench.understood.columns["own_day"]
    for nth, home in _homes(bench):
        for kind in tags[nth]:
            held = (home.id, kind)
            if held in bench.register.tags or held in planned:
                continue
            planned.add(held)
            if not _takes_tag(bench, nth, home, kind):
                continue
            block.rows.append((bench.new_id(), home.id, kind, (days[nth] or bench.import_day).isoformat()))
    bench.plan.counts["tags_new"] += len(block.rows)


def _takes_tag(bench: Bench, nth: int, home: Home, kind: str) -> bool:
    """Say whether a tag is given; one that people ended by hand comes back only when that is chosen."""
    edit = bench.edits.find(home.id, [f"tag:{kind}"])
    if edit is None or edit.added:
        return not (bench.choices.again and (home.id, kind) in bench.register.ended_tags)
    unit = bench.background.units.by_id[home.village].name
    header = FIELDS["tags"].header
    bench.plan.counts["conflicts"] += 1
    return bench.propose(
        Proposal(
            "conflict", nth + 1, home.code, unit, "", text(f"tag.{kind}"), field=header, who=edit.who, when=edit.at
        )
    )


def plan_visits(bench: Bench) -> dict[int, str]:
    """Plan the visits: known by household, day and mode; return the id of the visit of each row.

    The same again changes nothing; another outcome is a proposed correction, and so is one that was taken back.
    """
    join_visits(bench)
    of_row: dict[int, str] = {}
    planned: dict[tuple[str, str, str], str] = {}
    block = _visit_block(bench)
    columns = bench.understood.columns
    visits, days, notes = (columns[key] for key in ("visit", "visited_on", "note"))
    answers = list(zip(*(columns[key] for key in ("reason", "respondent", "revisit_on")), strict=True))
    visited, days_as_text = bench.register.list_visited(), {day: str(day) for day in set(days)}
    for nth, home in _homes(bench):
        visit, day = visits[nth], days[nth]
        if visit is None or day is None:
            continue
        mode, outcome = visit
        key = (home.id, days_as_text[day], mode)
        if key in planned:
            of_row[nth] = planned[key]
            continue
        round_id = bench.calendar.round_of(home, day)
        if round_id is None:
            bench.plan.outside.append(nth + 1)
        known = bench.register.find_visit(key, outcome) if home.id in visited else None
        if not _enters(bench, nth, key, outcome, known):
            of_row[nth] = planned[key] = _keep(bench, nth, known, outcome)
            continue
        made = bench.new_id()
        block.rows.append(
            (made, "visit", round_id, home.id, key[1], bench.stamp, bench.actor, mode, outcome,
             *_answered(answers[nth], outcome), notes[nth] or "", None, None, _ENTRY, None)
        )  # fmt: skip
        if known is not None:
            void_visit(bench, known)
        if round_id and outcome in codes.EXCLUDING_OUTCOMES:
            _propose(bench, round_id, key, outcome)
        of_row[nth] = planned[key] = made
    return {nth: visit_id for nth, visit_id in of_row.items() if visit_id}


def _keep(bench: Bench, nth: int, known: Row | None, outcome: str) -> str:
    """Return the visit that a row repeats, entered again with the row's other details where that was chosen."""
    if known is None or known["outcome"] != outcome:
        return str(known["id"]) if known is not None else ""
    changes = find_other_details(bench, nth, known)
    if not changes or not propose_details(bench, nth, known, changes):
        return str(known["id"])
    made = re_enter(bench, known, **changes, recorded_at=bench.stamp, recorded_by=bench.actor)
    void_visit(bench, known)
    copy_company(bench, {known["id"]: made})
    if known["round"]:
        _propose(bench, known["round"], (known["household"], known["visited_on"], known["mode"]), outcome)
    bench.plan.counts["visits_same"] -= 1
    bench.plan.counts["visits_corrected"] += 1
    return made


def _answered(
    said: tuple[str | None, str | None, date | None], outcome: str
) -> tuple[str | None, str | None, str | None]:
    """Return reason (unknown where nothing is said), respondent and the day to come again of a row's visit."""
    reason, respondent, again = said
    if outcome == "effective":
        return None, respondent, None
    return reason or "unknown", respondent, again.isoformat() if again else None


def join_visits(bench: Bench) -> None:
    """Bring kept visits without a round into the round that holds their day by now: voided, and entered again with it.

    `store.proposals.adopt_visits` does the same when a round is made without a file.
    """
    joined: dict[str, str] = {}
    homes: dict[str, Home] = {}
    if bench.register.outside:
        homes = {home.id: home for home in (*map(home_of, bench.register.households.values()), *bench.homes.values())}
    for old in bench.register.outside:
        round_id = bench.calendar.round_of(homes[old["household"]], date.fromisoformat(old["visited_on"]))
        if round_id is None:
            continue
        joined[old["id"]] = re_enter(bench, old, round=round_id)
        void_visit(bench, old)
        _propose(bench, round_id, (old["household"], old["visited_on"], old["mode"]), old["outcome"])
        bench.plan.counts["visits_joined"] += 1
    copy_company(bench, joined)


def re_enter(bench: Bench, old: Row, **changes: str | None) -> str:
    """Plan a visit that is there once more, with another round or household; return its id. The old one is voided."""
    fresh = old | changes | {"id": bench.new_id()}
    _visit_block(bench).rows.append(tuple(fresh[name] for name in _VISIT))
    key = (fresh["household"], fresh["visited_on"], fresh["mode"])
    bench.register.visits[key] = bench.register.outcomes[(*key, fresh["outcome"])] = fresh
    return str(fresh["id"])


def copy_company(bench: Bench, joined: dict[str, str]) -> None:
    """Plan who came and what was told for visits that are entered anew (old id → new id)."""
    for table in ("visit_person", "visit_topic", "visit_check"):
        for row in rows_of_visits(bench.connection, table, joined):
            said = row | {"visit": joined[row["visit"]]}
            names = columns_of(table)
            bench.block(table, names, edited=False).rows.append(tuple(said[name] for name in names))


#: A visit's columns in the table's own order: what `plan_visits` puts together.
_VISIT: Final = (
    "id", "kind", "round", "household", "visited_on", "recorded_at", "recorded_by", "mode", "outcome", "reason",
    "respondent", "revisit_on", "note", "lon", "lat", "entry_kind", "void_of",
)  # fmt: skip


def _visit_block(bench: Bench) -> Block:
    return bench.block("visit", _VISIT, edited=False)


def _propose(bench: Bench, round_id: str, key: tuple[str, str, str], outcome: str) -> None:
    """Propose an exclusion from the round where a visit (household, day, mode) tells of one."""
    if outcome in codes.EXCLUDING_OUTCOMES and key[2] == "in_person":
        bench.plan.roster_marks.append(("propose", round_id, key[0], key[1], outcome))


def _enters(bench: Bench, nth: int, key: tuple[str, str, str], outcome: str, known: Row | None) -> bool:
    """Say whether a visit of the file is entered: a new one, or a correction that was chosen."""
    if known is not None and known["outcome"] == outcome:
        bench.plan.counts["visits_same"] += 1
        return False
    if known is None and (*key, outcome) not in bench.register.voided:
        bench.plan.counts["visits_new"] += 1
        return True
    unit, before = bench.value("village", nth).name, known["outcome"] if known is not None else ""
    correction = Proposal("correction", nth + 1, bench.value("code", nth), unit, before, outcome)
    taken = bench.propose_correction(correction, known)
    bench.plan.counts["visits_corrected"] += taken
    return taken


def void_visit(bench: Bench, known: Row) -> None:
    """Plan the row that voids a visit, and take back what the visit had proposed."""
    void = known | {
        "id": bench.new_id(), "kind": "void", "void_of": known["id"], "recorded_at": bench.stamp,
        "recorded_by": bench.actor, "note": "", "entry_kind": _ENTRY, "lon": None, "lat": None,
    }  # fmt: skip
    _visit_block(bench).rows.append(tuple(void[name] for name in _VISIT))
    if known["round"] and known["outcome"] in codes.EXCLUDING_OUTCOMES:
        bench.plan.roster_marks.append(
            ("withdraw", known["round"], known["household"], known["visited_on"], known["outcome"])
        )


def plan_issues(bench: Bench, visits: dict[int, str]) -> None:
    """Plan one household issue for each category a row names: open, undated, known by household, category and day.

    Without a day of its own the import day counts, and an open issue of the category is the same one.
    """
    numbers: dict[str, int] = {}
    planned: set[tuple[str, str, str]] = set()
    issues, days = bench.understood.columns["issues"], bench.understood.columns["own_day"]
    for nth, home in _homes(bench):
        for category, title in issues[nth]:
            day = days[nth]
            raised_on = (day or bench.import_day).isoformat()
            key = (home.id, category, raised_on)
            is_open = day is None and (home.id, category) in bench.register.open_issues
            if key in bench.register.issues or key in planned or is_open:
                bench.plan.counts["issues_same"] += key not in planned
                list_other_issue(bench, nth, key)
                continue
            planned.add(key)
            prefix = f"{bench.background.units.by_id[home.village].code}-{raised_on[:4]}-"
            number = f"{prefix}{_next_number(bench, prefix, numbers):04d}"
            made = (bench.new_id(), number, home.place, visits.get(nth), category, *_told(bench, nth, title), raised_on)
            _raise_issue(bench, home.id, made)


def _told(bench: Bench, nth: int, title: str) -> tuple[Any, ...]:
    """Return title, detail, route, due day and first due day of a row's issue."""
    said, due = bench.value("issue_title", nth), bench.value("issue_due", nth)
    day = due.isoformat() if due else None
    alone = len(bench.value("issues", nth)) == 1
    return (
        (said[:_TITLE] if said and alone else title),
        said,
        bench.value("issue_route", nth) or "time_limited",
        day,
        day,
    )


def _next_number(bench: Bench, prefix: str, numbers: dict[str, int]) -> int:
    if prefix not in numbers:
        last = bench.connection.exec_driver_sql(
            "SELECT max(number) FROM issue WHERE number >= ? AND number < ?", (prefix, f"{prefix}~")
        ).scalar()
        numbers[prefix] = int(last.rsplit("-", 1)[1]) if last else 0
    numbers[prefix] += 1
    return numbers[prefix]


def _raise_issue(bench: Bench, home: str, made: tuple[Any, ...]) -> None:
    """Plan an issue, whom it concerns and its first event; `made` is its row in the order of `_ISSUE`."""
    issues = bench.block(
        "issue", _ISSUE, scope="household", level_now="village", max_level="village", responsible="", state="open",
        reopen_count=0,
    )  # fmt: skip
    events = bench.block(
        "issue_event", ("issue", "on", "due_on"), edited=False, seq=1, at=bench.stamp, actor=bench.actor, kind="raised",
        to_level="village", to_state="open", note="",
    )  # fmt: skip
    issues.rows.append(made)
    bench.block("issue_household", ("issue", "household"), edited=False).rows.append((made[0], home))
    events.rows.append((made[0], made[-1], made[_ISSUE.index("due_on")]))
    bench.plan.counts["issues_new"] += 1


_ISSUE: Final = (
    "id", "number", "place", "raised_by_visit", "category", "title", "detail", "route", "due_on", "original_due_on",
    "raised_on",
)  # fmt: skip


def plan_roster(bench: Bench) -> None:
    """Plan roster rows of the chosen round.

    A village without a roster row gets its households as baseline, those of further files of the same drop too; in a
    village that has one, unknown households are proposed as 新增户, and households of the roster that the file does
    not name are only listed. Without a round both are (`absent`). A household whose move was not taken belongs to the
    village it is registered in.
    """
    if bench.round is None:
        list_without_round(bench)
        return
    block = bench.block("round_roster", ("household", "place", "baseline", "added_on"), edited=False,
                        round=bench.round.id, rev=1)  # fmt: skip
    added_on = (bench.choices.added_on or bench.background.today).isoformat()
    for first, home in bench.homes.items():
        village = home.village
        if home.id in bench.register.roster or home.exited_on or not bench.calendar.covers(bench.round, village):
            continue
        if village in bench.choices.begun or village not in bench.register.baseline_villages:
            block.rows.append((home.id, home.place, 1, None))
            bench.plan.counts["roster_baseline"] += 1
            bench.plan.begun.add(village)
            continue
        taken = bench.choices.take_additions
        unit = bench.background.units.by_id[village].name
        bench.plan.proposals.append(Proposal("addition", first + 1, home.code, unit, "", added_on, taken))
        if taken:
            block.rows.append((home.id, home.place, 0, added_on))
            bench.plan.counts["roster_added"] += 1
    _list_missing(bench, {home.id for home in bench.homes.values()})


def _list_missing(bench: Bench, named: set[str]) -> None:
    """List households of the roster that the file does not name, in its villages; those that have left are none."""
    units = bench.background.units.by_id
    known: dict[str, Row] = {row["id"]: row for row in bench.register.households.values()}
    for one, row in bench.register.roster.items():
        home = known.get(one)
        # A roster that began with an earlier file of the same drop goes on with this one: nobody is missing yet.
        if home is None or home["exited_on"] or row["approved_on"] or home["village"] in bench.choices.begun:
            continue
        if one not in named and one not in bench.gone and home["village"] in bench.plan.villages:
            unit = units[home["village"]].name
            bench.plan.counts["roster_missing"] += 1
            taken = bench.propose(Proposal("missing", 0, home["code"], unit, "", ""))
            if taken and row["excluded_on"] is None:
                day = bench.background.today.isoformat()
                bench.plan.roster_marks.append(("propose", row["round"], one, day, GONE))


def _homes(bench: Bench) -> Iterator[tuple[int, Home]]:
    for nth, first in bench.understood.firsts.items():
        yield nth, bench.homes[first]
