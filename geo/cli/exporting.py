"""`export`: the lists of the app as files of any format, without a browser."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geo import config, exports
from geo.cli.exits import DONE
from geo.cli.reports import choose_day
from geo.cli.session import choose_place, choose_round, open_session, print_json
from geo.codes import GAP_MARKS, GAP_STATES, TODO_MARKS
from geo.errors import Invalid, NotFound
from geo.gaps import list_todos, rank_gaps, rank_places
from geo.i18n import text
from geo.store.exportlog import log_export
from geo.store.gap_homes import read_gap_homes, read_todo_homes
from geo.store.ledger import read_ledger
from geo.store.matter_reads import read_matters
from geo.store.reads import read_figures
from geo.store.register import read_roster
from geo.store.rounds import list_rounds
from geo.store.rules import load_rules
from geo.store.teams import list_members

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from datetime import date

    from geo.cli.session import Session
    from geo.model import Place, Round
    from geo.rules import Rules

#: Endings that name a format otherwise than the format does.
_ENDINGS: Final = {"zip": "shp", "json": "geojson"}


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is asked for: the session, the place, the day, the round where the list needs one, and what was typed."""

    session: Session
    place: Place
    day: date
    round: Round | None
    options: argparse.Namespace

    @property
    def round_id(self) -> str:
        """The id of the round; raises `NotFound` where there is none."""
        if self.round is None:
            raise NotFound("cli.no_rounds")
        return self.round.id


def run_export(options: argparse.Namespace) -> int:
    """Write one list to a file and say how many rows it has; the export is logged before the file is there."""
    form = _read_format(options)
    _check_filter(options)
    with open_session(options) as session:
        wish = _Wish(
            session, choose_place(session, options.place), choose_day(session, options.as_of),
            _choose_round(session, options), options,
        )  # fmt: skip
        table = _TABLES[options.list](wish)
        head = _head(wish)
        content = exports.write_table(table, head=head.signed(), form=form, progress=_tell_progress(len(table)))
        what = f"{table.kind}.{form}"
        log_export(session.db, session.scope, what=what, filters=head.line(len(table)), rows=len(table))
        options.out.write_bytes(content)
    if options.json:
        about = head.as_dict(len(table))
        print_json({"list": options.list, "format": form, "out": options.out, **about})
    else:
        print(text("cli.export.done", path=options.out, n=len(table)))
    return DONE


def _read_format(options: argparse.Namespace) -> str:
    form: str = options.format or options.out.suffix.lower().removeprefix(".")
    form = _ENDINGS.get(form, form)
    if form not in exports.FORMATS:
        raise Invalid("cli.export.suffix", path=options.out.name, formats=text("list.comma").join(exports.FORMATS))
    return form


def _check_filter(options: argparse.Namespace) -> None:
    """Refuse a filter that the list does not have on screen: its file would say what it does not hold."""
    known = {"homes": (GAP_STATES, GAP_MARKS), "todos": ((), TODO_MARKS)}
    states, marks = known.get(options.kind, ((), ())) if options.list == "gaps" else ((), ())
    for name, allowed in (("state", states), ("mark", marks)):
        value = getattr(options, name)
        if value and value not in allowed:
            raise Invalid("cli.export.no_filter", name=name, value=value)


def _choose_round(session: Session, options: argparse.Namespace) -> Round | None:
    """Return the round; areas and issues have none, and a roster may be asked for before there is one."""
    if options.list in ("areas", "ledger", "matters", "teams"):
        return None
    if options.list == "roster" and options.round is None and not list_rounds(session.db, session.scope):
        return None
    return choose_round(session, options.round)


def _rules(wish: _Wish) -> Rules:
    return load_rules(wish.session.db, wish.session.scope, round_id=wish.round_id)


def _head(wish: _Wish) -> exports.ExportHead:
    options = wish.options
    title = {"homes": "gaps"}.get(options.kind, options.kind) if options.list == "gaps" else options.list
    words = [text(f"state.{options.state}")] if options.state else []
    words += [exports.say_mark(options.mark, _rules(wish))] if options.mark else []
    if options.list in ("coverage", "areas") and options.level:
        words.append(text("exports.by_level", level=text(f"level.{options.level}")))
    return exports.ExportHead(
        text(f"exports.title.{title}"), wish.place.name, wish.round.name if wish.round else "", wish.day,
        text("list.comma").join(words), text("cli.user"),
    )  # fmt: skip


def _tell_progress(rows: int) -> Callable[[int, int], None] | None:
    """Return what says on stderr, a tenth at a time, how far a long file is; None for a short one."""
    if rows <= exports.SHOW_PROGRESS_FROM:
        return None
    told = -1

    def tell_progress(done: int, total: int) -> None:
        nonlocal told
        if done * 10 // total != told:
            told = done * 10 // total
            print(text("cli.export.progress", n=done, rows=total), file=sys.stderr)

    return tell_progress


def _tabulate_gaps(wish: _Wish) -> exports.Table:
    db, scope, options = wish.session.db, wish.session.scope, wish.options
    where: dict[str, Any] = {"round_id": wish.round_id, "place_id": wish.place.id, "as_of": wish.day}
    if options.kind == "todos":
        rows = list_todos(read_todo_homes(db, scope, **where))
    else:
        found = read_gap_homes(db, scope, **where)
        rows = rank_gaps(found.waiting, wish.day, found.rules)
        if options.kind == "groups":
            draw = exports.draw_outlines(db, scope, place_id=wish.place.id, level="group", round_id=wish.round_id)
            target_bp = wish.round.target_bp if wish.round else config.TARGET_BP
            return exports.tabulate_groups(rank_places(found.places, rows), draw, target_bp=target_bp)
    if options.state:
        rows = rows[rows["state"] == options.state]
    if options.mark:
        rows = rows[rows[f"m_{options.mark}"]]
    return exports.tabulate_gaps(rows.reset_index(drop=True), rules=_rules(wish))


def _tabulate_roster(wish: _Wish) -> exports.Table:
    frame = read_roster(
        wish.session.db, wish.session.scope, place_id=wish.place.id, round_id=wish.round.id if wish.round else None,
        as_of=wish.day,
    )  # fmt: skip
    return exports.tabulate_roster(frame)


def _tabulate_coverage(wish: _Wish) -> exports.Table:
    db, scope = wish.session.db, wish.session.scope
    level = wish.options.level or "township"
    total = read_figures(db, scope, round_id=wish.round_id, place_id=wish.place.id, as_of=wish.day)
    draw = exports.draw_outlines(db, scope, place_id=wish.place.id, level=level, round_id=wish.round_id)
    return exports.tabulate_coverage(exports.list_units(db, scope, total=total, level=level), draw)


def _tabulate_ledger(wish: _Wish) -> exports.Table:
    return exports.tabulate_ledger(
        read_ledger(wish.session.db, wish.session.scope, place_id=wish.place.id, as_of=wish.day)
    )


def _tabulate_matters(wish: _Wish) -> exports.Table:
    return exports.tabulate_matters(
        read_matters(wish.session.db, wish.session.scope, place_id=wish.place.id, as_of=wish.day)
    )


def _tabulate_teams(wish: _Wish) -> exports.Table:
    return exports.tabulate_teams(
        list_members(wish.session.db, wish.session.scope, place_id=wish.place.id, on=wish.day)
    )


def _tabulate_areas(wish: _Wish) -> exports.Table:
    frame = exports.list_areas(wish.session.db, wish.session.scope, place_id=wish.place.id, level=wish.options.level)
    return exports.tabulate_areas(frame, exports.draw_shapes)


_TABLES: Final[dict[str, Callable[[_Wish], exports.Table]]] = {
    "gaps": _tabulate_gaps,
    "roster": _tabulate_roster,
    "coverage": _tabulate_coverage,
    "ledger": _tabulate_ledger,
    "areas": _tabulate_areas,
    "matters": _tabulate_matters,
    "teams": _tabulate_teams,
}
