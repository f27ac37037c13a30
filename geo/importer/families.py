"""Households that a newer roster has divided or joined: proposed with their evidence, carried out when it is chosen.

Nothing is joined because two names look alike: people must add up, or the head of one must stand at the head of the
other, or the code must say it. A household that leaves another is new, with the other as its predecessor. A household
that went into another leaves the open rounds (`merged`), its successor takes over its visits there and its issues; what
lies in closed rounds stays where it was counted.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final

from geo import codes
from geo.i18n import text
from geo.importer.events import copy_company, re_enter, void_visit
from geo.importer.plan import home_of
from geo.importer.proposals import Proposal

if TYPE_CHECKING:
    from geo.importer.plan import Bench
    from geo.importer.register import Row

#: What a derived code may add to the old one: two digits to a code of this length, or something that is no digit.
_LONG_CODE: Final = 12
_TAIL: Final = 3
_TAIL_DIGITS: Final = 2
#: How near two points are one dwelling, in decimal places of a degree (about a metre).
_PLACES: Final = 5


@dataclass(frozen=True, slots=True)
class _Member:
    """A household of one group: its row, how many people it has now (None: the file does not say), its row in the file.

    `row` is the register's, or the planned one of a new household; `first` is -1 where the file does not name it.
    """

    row: Row
    now: int | None
    first: int = -1

    @property
    def before(self) -> int:
        """Return how many people were registered; 0 where that is unknown."""
        return int(self.row["size"] or 0)

    @property
    def change(self) -> int:
        """Return how many people came, or went (below 0); 0 where one of the two is not known."""
        return self.now - self.before if self.now and self.before else 0


@dataclass(slots=True)
class _Group:
    """The households of one group: known ones that the file names, known ones that it does not, new ones."""

    named: list[_Member] = field(default_factory=list)
    missing: list[_Member] = field(default_factory=list)
    fresh: list[_Member] = field(default_factory=list)


def plan_families(bench: Bench) -> None:
    """Propose splits (分户) and mergers (并户) among the households of groups that are registered already."""
    if not bench.register.households:
        return
    heads = {known["id"]: facts.get("id_hash") for _, known, facts in bench.waiting}
    for group in _compare(bench).values():
        for new in group.fresh:
            origins = (*group.named, *group.missing)
            _propose_split(bench, new, [(one, _evidence_of_split(one, new, group)) for one in origins])
        for gone in group.missing:
            _propose_merge(bench, gone, [(one, _evidence_of_merge(gone, one, group, heads)) for one in group.named])


def _compare(bench: Bench) -> dict[str, _Group]:
    """Return the groups in which the file and the register differ in who is there."""
    groups: dict[str, _Group] = defaultdict(_Group)
    homes = {home.id: first for first, home in bench.homes.items()}
    sizes = bench.understood.columns["size"]
    for row in bench.register.households.values():
        if row["exited_on"] or row["village"] not in bench.plan.villages:
            continue
        first = homes.get(row["id"])
        if first is None:
            groups[row["place"]].missing.append(_Member(row, None))
        else:
            groups[row["place"]].named.append(_Member(row, sizes[first], first))
    block = bench.plan.inserts["household"]
    for values in block.rows:
        row = dict(zip(block.names, values, strict=True))
        if row["place"] in groups:
            groups[row["place"]].fresh.append(_Member(row, row["size"], homes[row["id"]]))
    return groups


def _propose_split(bench: Bench, new: _Member, found: list[tuple[_Member, tuple[str, ...]]]) -> None:
    origin, evidence = _choose(found)
    if origin is None:
        return
    row = new.row
    unit = bench.background.units.by_id[row["village"]].name
    about = row["code"], unit, origin.row["code"], row["code"]
    if bench.propose(Proposal("split", new.first + 1, *about, evidence=evidence)):
        block = bench.plan.inserts["household"]
        nth = next(nth for nth, values in enumerate(block.rows) if values[0] == row["id"])
        block.rows[nth] = tuple((row | {"predecessor": origin.row["id"]}).values())
        bench.plan.acts.append(("household.split", row["id"], {"from": origin.row["id"]}))
        bench.plan.counts["households_split"] += 1


def _propose_merge(bench: Bench, gone: _Member, found: list[tuple[_Member, tuple[str, ...]]]) -> None:
    into, evidence = _choose(found)
    if into is None:
        return
    row = gone.row
    unit = bench.background.units.by_id[row["village"]].name
    about = row["code"], unit, row["code"], into.row["code"]
    if bench.propose(Proposal("merge", into.first + 1, *about, evidence=evidence)):
        _merge(bench, row, into.row)


def _choose(found: list[tuple[_Member, tuple[str, ...]]]) -> tuple[_Member | None, str]:
    """Return the household that most speaks for, and what; none where nothing does, or two are as likely."""
    most = max((len(evidence) for _, evidence in found), default=0)
    best = [one for one in found if len(one[1]) == most]
    if not most or len(best) > 1:
        return None, ""
    return best[0][0], text("list.semicolon").join(best[0][1])


def _evidence_of_split(origin: _Member, new: _Member, group: _Group) -> tuple[str, ...]:
    """Return what says that a new household was part of a registered one; nothing where it is too little.

    As many people as the new one has left the other, and that fits no other pair (of relatives, where several do); or
    the other's head is now this one's; or the code says it.
    """
    found = []
    if new.before and origin.change == -new.before:
        origins = [one for one in group.named if one.change == origin.change]
        others = [one for one in group.fresh if one.before == new.before]
        if _is_only_pair(origin, new, origins, others):
            found.append(text("import.evidence.left", before=origin.before, now=origin.now, n=new.before))
    if origin.row["id_hash"] and origin.row["id_hash"] == new.row["id_hash"]:
        found.append(text("import.evidence.head", code=origin.row["code"]))
    if _is_derived(origin.row["code"], new.row["code"]):
        found.append(text("import.evidence.code", code=origin.row["code"]))
    return (*found, *_in_common(origin.row, new.row)) if found else ()


def _evidence_of_merge(gone: _Member, into: _Member, group: _Group, heads: dict[str, str | None]) -> tuple[str, ...]:
    """Return what says that a household the file does not name went into another; nothing where it is too little.

    As many people as it had came to the other, and that fits no other pair (of relatives, where several do); or its
    head is now the other's.
    """
    found = []
    if gone.before and into.change == gone.before:
        grown = [one for one in group.named if one.change == into.change]
        others = [one for one in group.missing if one.before == gone.before]
        if _is_only_pair(into, gone, grown, others):
            found.append(text("import.evidence.joined", before=into.before, now=into.now, n=gone.before))
    if gone.row["id_hash"] and gone.row["id_hash"] == heads.get(into.row["id"]):
        found.append(text("import.evidence.head", code=gone.row["code"]))
    return (*found, *_in_common(gone.row, into.row)) if found else ()


def _is_only_pair(one: _Member, other: _Member, ones: list[_Member], others: list[_Member]) -> bool:
    """Say whether two households are the only ones that fit, or the only ones with something in common that do."""
    if len(ones) == len(others) == 1:
        return True
    if not _in_common(one.row, other.row):
        return False
    near = [member for member in others if _in_common(one.row, member.row)]
    return len(near) == 1 and [member for member in ones if _in_common(member.row, other.row)] == [one]


def _in_common(one: Row, other: Row) -> tuple[str, ...]:
    """Return what two households have in common that proves nothing by itself: the place, the head's surname."""
    found = []
    points = [(row["lon"], row["lat"]) for row in (one, other)]
    if None not in points[0] + points[1] and len({(round(x, _PLACES), round(y, _PLACES)) for x, y in points}) == 1:
        found.append(text("import.evidence.point"))
    if one["head_name"] and one["head_name"][:1] == other["head_name"][:1]:
        found.append(text("import.evidence.surname", name=one["head_name"][:1]))
    return tuple(found)


def _is_derived(old: str, new: str) -> bool:
    """Say whether a code is another one and something more: HP1-1 and HP1A of HP1, not HP12."""
    tail = new[len(old) :]
    if not new.startswith(old) or not 0 < len(tail) <= _TAIL:
        return False
    return not tail[0].isdigit() or (len(old) >= _LONG_CODE and len(tail) <= _TAIL_DIGITS)


def _merge(bench: Bench, row: Row, into: Row) -> None:
    """Plan that a household goes into another: it leaves, its visits of open rounds and its issues go along."""
    day = bench.background.today.isoformat()
    changes = {"exited_on": day, "exit_reason": "merged", "successor": into["id"], "updated_at": bench.stamp,
               "updated_by": bench.actor, "rev": row["rev"] + 1}  # fmt: skip
    bench.plan.updates.append(("household", row, changes))
    open_rounds = {one.id for one in bench.calendar.rounds if one.status == "open"}
    for roster in bench.fetch("SELECT * FROM round_roster WHERE household = ?", row["id"]):
        if roster["round"] in open_rounds and roster["approved_on"] is None:
            left = {"excluded_on": day, "excluded_reason": "merged", "approved_by": bench.actor, "approved_on": day}
            bench.plan.updates.append(("round_roster", roster, left | {"rev": roster["rev"] + 1}))
    _hand_over_visits(bench, row, into, open_rounds)
    _hand_over_issues(bench, row, into)
    bench.gone.add(row["id"])
    bench.plan.acts.append(("household.merge", row["id"], {"into": into["id"]}))
    bench.plan.counts["households_merged"] += 1


def _hand_over_visits(bench: Bench, row: Row, into: Row, open_rounds: set[str]) -> None:
    """Enter the kept visits of open rounds anew for the successor; what proposes to leave a round stays behind."""
    kept = "kind = 'visit' AND NOT EXISTS (SELECT 1 FROM visit v WHERE v.void_of = visit.id)"
    handed: dict[str, str] = {}
    for old in bench.fetch(f"SELECT * FROM visit WHERE household = ? AND {kept} ORDER BY id", row["id"]):
        round_id = old["round"]
        if round_id is None:
            round_id = bench.calendar.round_of(home_of(into), date.fromisoformat(old["visited_on"]))
        elif round_id not in open_rounds:
            continue
        if old["outcome"] in codes.EXCLUDING_OUTCOMES:
            continue
        key = (into["id"], old["visited_on"], old["mode"])
        known = bench.register.find_visit(key, old["outcome"])
        if known is None or known["outcome"] != old["outcome"]:
            handed[old["id"]] = re_enter(bench, old, household=into["id"], round=round_id)
        void_visit(bench, old)
    copy_company(bench, handed)
    bench.register.outside[:] = [old for old in bench.register.outside if old["household"] != row["id"]]


def _hand_over_issues(bench: Bench, row: Row, into: Row) -> None:
    """Make the successor the household of every issue that concerned the one that leaves."""
    theirs = "SELECT issue FROM issue_household WHERE household = ?"
    both = {one["issue"] for one in bench.fetch(theirs, into["id"])}
    block = bench.block("issue_household", ("issue", "household"), edited=False)
    issues = "SELECT x.issue, i.category, i.raised_on, i.state FROM issue_household x JOIN issue i ON i.id = x.issue"
    for one in bench.fetch(f"{issues} WHERE x.household = ?", row["id"]):
        bench.plan.removals.append(("issue_household", {"issue": one["issue"], "household": row["id"]}))
        if one["issue"] not in both:
            block.rows.append((one["issue"], into["id"]))
        bench.register.issues.add((into["id"], one["category"], one["raised_on"]))
        if one["state"] not in ("closed", "invalid"):
            bench.register.open_issues.add((into["id"], one["category"]))
