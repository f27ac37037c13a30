"""`import --mapping`: which mapping was named, the files it loads, and what is wrong in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from geo.cli.progress import tell_progress
from geo.cli.rounds import read_round
from geo.cli.session import print_json, tell
from geo.crs import ASK, AUTO
from geo.errors import Invalid
from geo.i18n import has_text, text
from geo.importer import import_files
from geo.importer.progress import listening
from geo.importer.report import add_up
from geo.importer.together import ALL
from geo.mapping import MappingInvalid, describe_problems, find_mapping, load_file, register_options
from geo.mapping.spec import RoundPlanned
from geo.store.rounds import get_round

if TYPE_CHECKING:
    import argparse

    from geo.cli.session import Session
    from geo.importer import ImportOptions, ImportReport
    from geo.mapping import MappingSpec

#: Counts of a report that are worth a word after a load, in this order.
_LOADED: Final = (
    "places_new", "households_new", "households_changed", "rounds_new", "roster_baseline", "roster_added", "visits_new",
    "visits_joined", "visits_outside", "visits_unmatched", "issues_new", "issues_changed", "issues_reopened",
    "issues_duplicate",
)  # fmt: skip


def choose_mapping(options: argparse.Namespace) -> MappingSpec | None:
    """Return the mapping that was named; None without one. What is wrong in it is said line by line.

    Raises `Invalid` when there is none, `MappingInvalid` when it cannot be used.
    """
    if options.mapping is None:
        return None
    try:
        spec = find_mapping(options.mapping)
    except MappingInvalid as error:
        sentences = describe_problems(error)
        if options.json:
            listed = zip(error.problems, sentences, strict=True)
            print_json({"problems": [{"line": one.line, "path": one.path, "message": said} for one, said in listed]})
        for one in sentences:
            tell(one)
        raise
    _refuse_options(options, spec)
    return spec


def _refuse_options(options: argparse.Namespace, spec: MappingSpec) -> None:
    """Refuse options that have no meaning with a mapping, rather than pass them over. Raises `Invalid`."""
    typed = {"--column": options.column, "--source": options.source}
    if spec.register is None:
        typed |= {
            "--sheet all": options.sheet == ALL, "--unit": options.unit, "--make-codes": options.make_codes,
            "--answer": options.answer, "--apply": options.apply, "--layer": options.layer,
            "--replace-outlines": options.replace_outlines,
        }  # fmt: skip
    for name, value in typed.items():
        if value:
            raise Invalid("mapping.not_with", option=name, name=spec.name)


def load_files(
    session: Session, options: argparse.Namespace, choice: ImportOptions, spec: MappingSpec
) -> tuple[list[ImportReport], dict[str, int]]:
    """Load the files one after the other; return one report each, and the sum of their counts."""
    if spec.register is not None:
        told = register_options(choice, spec)
        return import_files(session.db, session.scope, options.files, options=told, progress=tell_progress())
    spec = _add_round(session, spec, options.round)
    if choice.crs not in ("", AUTO, ASK):
        spec = spec.with_crs(choice.crs)
    reports = []
    for path in options.files:
        with listening(tell_progress()):
            report = load_file(session.db, session.scope, path, spec=spec, options=choice)
        reports.append(report)
        choice = replace(choice, begun=choice.begun | report.begun)
    return reports, add_up(reports)


def _add_round(session: Session, spec: MappingSpec, typed: str | None) -> MappingSpec:
    """Return the mapping with the round that was typed; one that has rounds of its own takes none."""
    if typed is None:
        return spec
    if spec.rounds:
        raise Invalid("mapping.has_rounds", name=spec.name)
    roster = "file" if "households" in spec.targets else "registered"
    if ":" in typed:
        return replace(spec, rounds=(RoundPlanned(*read_round(typed), roster=roster),))
    one = get_round(session.db, session.scope, round_id=typed)
    return replace(spec, rounds=(RoundPlanned(one.name, one.starts_on, one.ends_on, one.number, roster=roster),))


def list_loaded(report: ImportReport) -> list[str]:
    """Return what a load changed, one phrase a kind."""
    return [
        text(f"cli.loaded.{name}", n=report.changes[name])
        for name in _LOADED
        if report.changes.get(name) and has_text(f"cli.loaded.{name}")
    ]
