"""`coverage` and `gaps`: the figures and the lists of the app, from the same functions, without a browser."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from geo import exports
from geo.cli.exits import DONE
from geo.cli.session import choose_place, choose_round, open_session, print_json, print_table, tell
from geo.codes import GAP_STATES
from geo.coverage import remaining_to_target
from geo.errors import Invalid
from geo.gaps import list_todos, rank_gaps, rank_places
from geo.i18n import text
from geo.store.exportlog import log_export
from geo.store.gap_homes import read_gap_homes, read_todo_homes
from geo.store.reads import read_by_tag, read_figures

if TYPE_CHECKING:
    import argparse
    from datetime import date

    import pandas as pd

    from geo.cli.session import Session
    from geo.model import Place, Round
    from geo.rules import Rules
    from geo.store.reads import Figures

_HEADS: Final = ("code", "parent", "name", "roster", "effective", "coverage", "remaining", "overdue")
_TITLES: Final = {"homes": "gaps", "groups": "groups", "todos": "todos", "sheets": "assigned"}
_SUFFIXES: Final = ("xlsx", "csv")


def run_coverage(options: argparse.Namespace) -> int:
    """Print the figures of a place and of every unit of a level under it."""
    with open_session(options) as session:
        return _report_coverage(session, options)


def _report_coverage(session: Session, options: argparse.Namespace) -> int:
    round_ = choose_round(session, options.round)
    place = choose_place(session, options.place)
    day = choose_day(session, options.as_of)
    total = read_figures(session.db, session.scope, round_id=round_.id, place_id=place.id, as_of=day)
    level, rows = _list_rows(session, total, options.level)
    if options.json:
        shares = read_by_tag(session.db, session.scope, round_id=round_.id, place_id=place.id, as_of=day)
        tags = {
            kind: {"roster": one.denominator, "effective": one.numerator, "coverage": one.percent}
            for kind, one in shares.items()
        }
        print_json(
            {
                "round": {"id": round_.id, "number": round_.number, "name": round_.name},
                "as_of": total.as_of,
                "level": level,
                "total": {"code": place.code, "name": place.name, **_counts(total)},
                "tags": tags,
                "rows": [
                    {"code": one.code, "name": one.name, "parent": one.parent, **_counts(one.figures)} for one in rows
                ],
            }
        )
        return DONE
    coverage = total.share("kpi.coverage")
    fraction = f"{coverage.numerator:,} ÷ {coverage.denominator:,} = {coverage.percent}"
    print(text("cli.coverage.line", place=place.name, round=round_.name, as_of=total.as_of, fraction=fraction))
    print_table([text(f"cli.head.{key}") for key in _HEADS], [_row(one) for one in rows])
    return DONE


def _list_rows(session: Session, total: Figures, wanted: str | None) -> tuple[str, list[exports.UnitFigures]]:
    """Return the level and its units; without a level the townships, or the villages of a place that has none."""
    level, rows = wanted or "township", []
    for level in (wanted,) if wanted else ("township", "village"):
        rows = exports.list_units(session.db, session.scope, total=total, level=level)
        if rows:
            break
    return level, rows


def choose_day(session: Session, wanted: date | None) -> date:
    """Return the day asked for, with a word about one after today; without one, today."""
    today = session.db.today()
    if wanted is not None and wanted > today:
        tell(text("cli.coverage.future", as_of=wanted, today=today))
    return wanted or today


def _counts(figures: Figures) -> dict[str, Any]:
    return {
        **figures.counts.values,
        "remaining": remaining_to_target(figures.counts, figures.round.target_bp),
        "coverage": figures.share("kpi.coverage").percent,
    }


def _row(one: exports.UnitFigures) -> tuple[object, ...]:
    counts = one.figures.counts
    left = remaining_to_target(counts, one.figures.round.target_bp)
    share = one.figures.share("kpi.coverage").percent
    return one.code, one.parent, one.name, counts.roster, counts.effective, share, left, counts.overdue


def run_gaps(options: argparse.Namespace) -> int:
    """Print how many households are still to be reached, by state, and write the list to a file where one is named."""
    suffix = _read_suffix(options)
    with open_session(options) as session:
        return _report_gaps(session, options, suffix)


def _report_gaps(session: Session, options: argparse.Namespace, suffix: str) -> int:
    round_ = choose_round(session, options.round)
    place = choose_place(session, options.place)
    day = choose_day(session, options.as_of)
    where: dict[str, Any] = {"round_id": round_.id, "place_id": place.id, "as_of": day}
    found = read_gap_homes(session.db, session.scope, **where)
    gaps = rank_gaps(found.waiting, day, found.rules)
    answer = {
        "round": {"id": round_.id, "number": round_.number, "name": round_.name},
        "as_of": day,
        "place": {"code": place.code, "name": place.name},
        "roster": int(found.places["roster"].sum()),
        "effective": int(found.places["effective"].sum()),
        "gaps": len(gaps),
        "states": {state: int((gaps["state"] == state).sum()) for state in GAP_STATES},
    }
    if suffix:
        rows = gaps
        if options.kind == "groups":
            rows = rank_places(found.places, gaps)
        elif options.kind == "todos":
            rows = list_todos(read_todo_homes(session.db, session.scope, **where))
        head = _head(options.kind, place, round_, day)
        _hand_over(
            session, _make_file(options.kind, rows, head, suffix, found.rules), head.line(len(rows)), len(rows), options
        )
        answer |= {"out": options.out, "kind": options.kind, "rows": len(rows)}
    if options.json:
        print_json(answer)
    else:
        _print_gaps(answer, place)
    return DONE


def _hand_over(session: Session, content: bytes, line: str, rows: int, options: argparse.Namespace) -> None:
    """Log the export, then write it: what cannot be logged is not handed over."""
    what = f"{_TITLES[options.kind]}{options.out.suffix.lower()}"
    log_export(session.db, session.scope, what=what, filters=line, rows=rows)
    options.out.write_bytes(content)


def _read_suffix(options: argparse.Namespace) -> str:
    if options.out is None:
        return ""
    suffix: str = options.out.suffix.lower().removeprefix(".")
    if suffix not in _SUFFIXES or (suffix, options.kind) == ("csv", "sheets"):
        raise Invalid("cli.gaps.suffix", path=options.out.name)
    return suffix


def _head(kind: str, place: Place, round_: Round, day: date) -> exports.ExportHead:
    return exports.ExportHead(
        text(f"exports.title.{_TITLES[kind]}"), place.name, round_.name, day, "", text("cli.user")
    )


def _make_file(kind: str, rows: pd.DataFrame, head: exports.ExportHead, suffix: str, rules: Rules) -> bytes:
    """Return the file; unlike `export`, a workbook has one sheet, whatever it spans."""
    if kind == "sheets":
        return exports.assignment_sheets(rows, head=head.signed(), rules=rules)
    table = exports.tabulate_groups(rows) if kind == "groups" else exports.tabulate_gaps(rows, rules=rules)
    return exports.write_table(replace(table, sheets=""), head=head.signed(), form=suffix)


def _print_gaps(answer: dict[str, Any], place: Place) -> None:
    print(text("cli.gaps.line", place=place.name, m=answer["gaps"], N=answer["roster"], n=answer["effective"]))
    for state, count in answer["states"].items():
        if count:
            print(f"  {text(f'state.{state}')} {count:,}")
    if "out" in answer:
        print(text("cli.gaps.written", path=answer["out"], n=answer["rows"]))
