"""What a file says of households that are registered already: changes, moves, and conflicts with newer edits.

What people changed by hand since a file last wrote it is never overwritten: it is listed with both values, who changed
it and when, and the file's value is taken only when it is chosen. A household moves only when that is chosen, too.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from geo.i18n import has_text, text
from geo.importer.edits import Edit, Edits
from geo.importer.findings import FIELDS
from geo.importer.plan import NOTHING, POINT, Home, home_of
from geo.importer.proposals import Proposal
from geo.validate import parse_name, parse_phone, parse_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.importer.plan import Bench
    from geo.importer.register import Row
    from geo.validate import Cell

#: The facts of a household: the field that tells each, and the columns it is kept in.
_FACTS: Final[dict[str, tuple[str, ...]]] = {
    "head_name": ("head_name",), "id_number": ("id_hash", "id_last4"), "size": ("size",), "phone": ("phone",),
    "household_class": ("household_class",), "lon": POINT, "group": ("place",), "note": ("note",),
}  # fmt: skip
_FACT_OF: Final = {column: fact for fact, columns in _FACTS.items() for column in columns}


def plan_registered(bench: Bench) -> None:
    """Plan the changes of every household of the file that is registered; groups that nobody lives in are not made."""
    differing = []
    for first, known, facts in bench.waiting:
        if known["village"] != bench.value("village", first).id:
            _propose_village(bench, first, known, facts)
        differing.append((first, known, _find_changes(known, facts)))
    edited = {known["id"] for _, known, changed in differing if changed}
    bench.edits = Edits(bench.connection, edited | _find_tagged(bench))
    for first, known, changed in differing:
        taken = _settle(bench, first, known, changed)
        _list_new_head(bench, first, known, taken)
        bench.homes[first] = _change(bench, known, taken)
    lived_in = {home.place for home in bench.homes.values()}
    groups = bench.plan.inserts["place"].rows
    groups[:] = [row for row in groups if row[0] in lived_in]
    bench.plan.counts["groups_new"] = len(groups)
    bench.plan.leaves.update(lived_in)


def _list_new_head(bench: Bench, first: int, known: Row, taken: Row) -> None:
    """List a household whose head has another name and another ID number: perhaps one key, two households."""
    if known["head_name"] and known["id_hash"] and taken.get("head_name") and taken.get("id_hash"):
        bench.warn("W_HEAD_CHANGED", first, "head_name", f"{known['head_name']} → {taken['head_name']}")


def _find_tagged(bench: Bench) -> set[str]:
    """Return the registered households that get a tag which they do not hold."""
    tags, held = bench.understood.columns["tags"], bench.register.tags
    registered = {first: known["id"] for first, known, _ in bench.waiting}
    found = ((registered.get(first), tags[nth]) for nth, first in bench.understood.firsts.items() if tags[nth])
    return {home for home, kinds in found if home and any((home, kind) not in held for kind in kinds)}


def _find_changes(known: Row, facts: Row) -> Row:
    """Return what the file says otherwise; the same fact written in another form, typed by hand, is no change.

    A measured point is better than the file's; the same point again keeps its source.
    """
    same_point = (known["lon"], known["lat"]) == (facts.get("lon"), facts.get("lat"))
    if known["coord_source"] == "gps" or same_point:
        facts = {name: value for name, value in facts.items() if name not in POINT}
    changed = {name: value for name, value in facts.items() if known[name] != value}
    return {name: value for name, value in changed.items() if not _reads_alike(name, known[name], value)}


def _reads_alike(name: str, stored: Any, value: Any) -> bool:
    """Say whether an import of the stored text of a fact would understand the value that the file says."""
    if name not in _RULES or not stored:
        return False
    understood: bool = _RULES[name](stored)[0] == value
    return understood


_RULES: Final[dict[str, Callable[[Cell], tuple[Any, str]]]] = {
    "head_name": partial(parse_name, longest=FIELDS["head_name"].longest),
    "note": partial(parse_text, longest=FIELDS["note"].longest),
    "phone": parse_phone,
}


def _settle(bench: Bench, first: int, known: Row, changed: Row) -> Row:
    """Return what of the changes is carried out: conflicts and moves only where they are chosen."""
    if not changed:
        return changed
    by_fact: dict[str, Row] = {}
    for name, value in changed.items():
        by_fact.setdefault(_FACT_OF.get(name, name), {})[name] = value
    taken: Row = {}
    for fact, values in by_fact.items():
        # A move that was chosen takes the group along, whoever put the household into the one before.
        moves = "village" in changed and fact in ("village", "group")
        edit = None if moves else _find_edit(bench, known, fact, values)
        if edit is not None:
            chosen = _list_conflict(bench, first, known, (fact, values), edit)
        elif fact == "lon" and known["coord_source"] == "map_click":
            chosen = False
        elif fact == "group" and "village" not in changed and known["place"] != known["village"]:
            chosen = _propose_group(bench, first, known, values["place"])
        else:
            chosen = True
        if chosen:
            taken |= values
    if "place" in changed and "place" not in taken:
        # Where the household would live is of no use without the move.
        taken = {name: value for name, value in taken.items() if name not in POINT}
    return taken


def _find_edit(bench: Bench, known: Row, fact: str, values: Row) -> Edit | None:
    """Return who changed a fact since a file wrote it; of a file that came before, anything is newer."""
    edit = bench.edits.find(known["id"], _FACTS.get(fact, (fact,)))
    blank = all(known[name] in NOTHING for name in values)
    if edit is not None and not (edit.added and blank):
        return edit
    if bench.choices.again and not blank:
        return Edit(known["updated_by"] or known["created_by"], known["updated_at"] or known["created_at"])
    return None


def _list_conflict(bench: Bench, first: int, known: Row, said: tuple[str, Row], edit: Edit) -> bool:
    fact, values = said
    bench.plan.counts["conflicts"] += 1
    return bench.propose(
        Proposal(
            "conflict", first + 1, known["code"], bench.background.units.by_id[known["village"]].name,
            show_fact(bench, fact, known), show_fact(bench, fact, known | values),
            field=FIELDS[fact].header if fact in FIELDS else fact, who=edit.who, when=edit.at,
        )
    )  # fmt: skip


def show_fact(bench: Bench, fact: str, row: Row) -> str:
    """Return a fact of a household's row as people read it; of an ID number the last four characters."""
    if fact == "id_number":
        return f"…{row['id_last4']}" if row["id_last4"] else ""
    if fact == "lon":
        return "" if row["lon"] is None else f"{row['lon']}, {row['lat']}"
    if fact == "group":
        return _name_place(bench, row["place"])
    value = row[fact]
    word = f"{fact}.{value}"
    return text(word) if has_text(word) else "" if value is None else str(value)


def _name_place(bench: Bench, place: str) -> str:
    known = bench.background.units.by_id.get(place)
    if known is not None:
        return known.name
    return next((row[2] for row in bench.plan.inserts["place"].rows if row[0] == place), "")


def _propose_group(bench: Bench, first: int, known: Row, place: str) -> bool:
    """A household that the file has in another group of its village has perhaps moved; its roster place stays."""
    unit = bench.background.units.by_id[known["village"]].name
    before, after = _name_place(bench, known["place"]), _name_place(bench, place)
    return bench.propose(Proposal("regroup", first + 1, known["code"], unit, before, after))


def _propose_village(bench: Bench, first: int, known: Row, facts: Row) -> None:
    """A district-wide code that is registered in another village is the same household, perhaps moved."""
    village = bench.value("village", first)
    before = bench.background.units.by_id[known["village"]].name
    taken = bench.propose(Proposal("move", first + 1, known["code"], before, before, village.name))
    if taken:
        facts.setdefault("place", village.id)
        facts["village"] = village.id
    else:
        for name in ("place", *POINT):
            facts.pop(name, None)


def _change(bench: Bench, known: Row, changed: Row) -> Home:
    if not changed:
        bench.plan.counts["households_same"] += 1
        return home_of(known)
    changes = changed | {"updated_at": bench.stamp, "updated_by": bench.actor, "rev": known["rev"] + 1}
    bench.plan.updates.append(("household", known, changes))
    bench.plan.counts["households_changed"] += 1
    return home_of(known | changes)
