"""From the text of a mapping file to a `MappingSpec`; everything that is wrong is told at once, with its line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from geo import config
from geo.i18n import text
from geo.mapping.checker import Checker
from geo.mapping.document import MappingInvalid, parse_document
from geo.mapping.parse_targets import parse_target
from geo.mapping.parse_units import parse_units
from geo.mapping.parse_values import parse_conditions, parse_value
from geo.mapping.register import register_field
from geo.mapping.spec import MappingSpec, RoundPlanned, Source
from geo.schema import IMPORT_FIELDS
from geo.schema.mapped import TARGETS

if TYPE_CHECKING:
    from geo.mapping.document import Node
    from geo.mapping.spec import Target, Value

#: Sections of a mapping file.
SECTIONS: Final = ("name", "about", "source", "where", "units", "rounds", *TARGETS, "register")
SOURCE_KEYS: Final = ("sheet", "header_row", "nothing")
ROUND_KEYS: Final = ("name", "number", "from", "to", "target", "roster")
ROSTERS: Final = ("file", "registered", "none")
_HUNDRED: Final = 100


def parse_mapping(written: str, *, name: str) -> MappingSpec:
    """Return the mapping that a file's text describes; `name` is the file's, its stem the mapping's where none is said.

    Raises `MappingInvalid` with every problem, its line and what may have been meant.
    """
    root = parse_document(written, name=name)
    checker = Checker()
    entries = checker.table(root, SECTIONS)
    stem = checker.text(entries["name"]) if "name" in entries else Path(name).stem
    if not re.fullmatch(r"[\w.-]{1,80}", stem):
        checker.tell(entries.get("name", root), "bad_name", value=stem)
    targets = {one: parse_target(checker, entries[one], one) for one in TARGETS if one in entries}
    units = parse_units(checker, entries["units"]) if "units" in entries else None
    spec = MappingSpec(
        stem,
        checker.text(entries["about"]) if "about" in entries else "",
        _parse_source(checker, entries["source"]) if "source" in entries else Source(),
        parse_conditions(checker, entries["where"]) if "where" in entries else (),
        units,
        _parse_rounds(checker, entries["rounds"], targets) if "rounds" in entries else (),
        targets,
        _parse_register(checker, entries["register"]) if "register" in entries else None,
        written,
    )
    _check_together(checker, root, entries, spec)
    if checker.problems:
        raise MappingInvalid(name, checker.problems)
    return spec


def _parse_source(checker: Checker, node: Node) -> Source:
    entries = checker.table(node, SOURCE_KEYS)
    return Source(
        checker.text(entries["sheet"]) if "sheet" in entries else "",
        checker.whole(entries["header_row"]) if "header_row" in entries else 0,
        checker.texts(entries["nothing"]) if "nothing" in entries else (),
    )


def _parse_rounds(checker: Checker, node: Node, targets: dict[str, Target]) -> tuple[RoundPlanned, ...]:
    if node.kind != "list":
        checker.tell(node, "want_list")
        return ()
    usual = "file" if "households" in targets else "registered"
    rounds: list[RoundPlanned] = []
    for one in node.items:
        planned = _parse_round(checker, one, usual)
        if planned is None:
            continue
        for other in rounds:
            if other.starts_on <= planned.ends_on and planned.starts_on <= other.ends_on:
                checker.tell(one, "rounds_overlap", other=other.name)
        rounds.append(planned)
    return tuple(rounds)


def _parse_round(checker: Checker, node: Node, roster: str) -> RoundPlanned | None:
    entries = checker.table(node, ROUND_KEYS, ("name", "from", "to"))
    if not {"name", "from", "to"} <= set(entries):
        return None
    start, end = checker.day(entries["from"]), checker.day(entries["to"])
    if start is None or end is None:
        return None
    if end < start:
        checker.tell(entries["to"], "reversed", start=start, end=end)
    return RoundPlanned(
        checker.text(entries["name"]), start, end,
        checker.whole(entries["number"]) if "number" in entries else None,
        _parse_percent(checker, entries["target"]) if "target" in entries else config.TARGET_BP,
        checker.word(entries["roster"], ROSTERS) if "roster" in entries else roster,
    )  # fmt: skip


def _parse_percent(checker: Checker, node: Node) -> int:
    percent = checker.number(node)
    if percent > _HUNDRED:
        checker.tell(node, "bad_percent", value=node.text)
    return round(percent * _HUNDRED)


def _parse_register(checker: Checker, node: Node) -> dict[str, Value]:
    """Return the columns of the register (schema's import fields) with where they come from."""
    known = tuple(one.key for one in IMPORT_FIELDS)
    entries = checker.table(node, known)
    return {key: parse_value(checker, value, register_field(key)) for key, value in entries.items()}


def _check_together(checker: Checker, root: Node, entries: dict[str, Node], spec: MappingSpec) -> None:
    """Tell what single sections cannot know."""
    if spec.register is not None:
        for name in ("units", *TARGETS):
            if name in entries:
                checker.tell(entries[name], "register_alone", name=name)
        return
    if not spec.targets and spec.units is None:
        checker.tell(root, "nothing_loaded", sections=text("list.comma").join(("units", *TARGETS, "register")))
    has_place = spec.units is not None and any(one.level == "village" for one in spec.units.levels)
    if "households" in spec.targets and not has_place:
        checker.tell(entries["households"], "households_nowhere")
    issues, visits = spec.targets.get("issues"), spec.targets.get("visits")
    if issues is not None and not has_place and "household" not in issues.fields and "households" not in spec.targets:
        checker.tell(entries["issues"], "issues_nowhere")
    own_home = visits is None or "household" in visits.fields or visits.match is not None
    if not own_home and "households" not in spec.targets:
        checker.tell(entries["visits"], "visits_nowhere")
    if any(one.roster == "file" for one in spec.rounds) and "households" not in spec.targets:
        checker.tell(entries["rounds"], "no_file_roster")
