"""`rounds compare`: two rounds in figures, by unit; or the households behind one of the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geo import exports
from geo.cli.exits import DONE
from geo.cli.reports import choose_day
from geo.cli.session import choose_place, open_session, print_json, print_table
from geo.errors import Invalid
from geo.exports.compared import tabulate_compared, tell_compared
from geo.i18n import text
from geo.mask import mask_name
from geo.schema.columns_work import COMPARED_COLUMNS
from geo.store.exportlog import log_export
from geo.store.round_figures import compare_rounds, list_compared
from geo.store.rounds import current_round

if TYPE_CHECKING:
    import argparse

    from geo.cli.session import Session
    from geo.model import Place, Round
    from geo.store.round_figures import Compared

_LISTED = ("code", "head_name", "village", "group", "kind", "missed_rounds", "last_outcome")


def run_compare(options: argparse.Namespace) -> int:
    """Print a round beside an earlier one, unit by unit, or the households of one kind; write it to a file if named."""
    with open_session(options) as session:
        place, day = choose_place(session, options.place), choose_day(session, options.as_of)
        where: dict[str, Any] = {
            "round_id": options.which or _current(session), "earlier_id": options.earlier or "",
            "place_id": place.id, "as_of": day,
        }  # fmt: skip
        if options.list:
            return _print_homes(session, options, where)
        found = compare_rounds(session.db, session.scope, level=options.level, **where)
        if options.out is not None:
            _write(session, options, place, found)
    if options.json:
        print_json(_answer(found))
        return DONE
    rows = [tell_compared(one) for one in (*found.units, found.whole)]
    print(text("cli.compare.line", then=found.earlier.name, now=found.later.name, as_of=found.as_of))
    shown = [one for one in COMPARED_COLUMNS if one.key != "number"]
    print_table([one.header for one in shown], [[_word(row[one.key]) for one in shown] for row in rows])
    return DONE


def _current(session: Session) -> str:
    found = current_round(session.db, session.scope)
    return found.id if found is not None else ""


def _answer(found: Compared) -> dict[str, Any]:
    return {
        "earlier": _round(found.earlier),
        "later": _round(found.later),
        "as_of": found.as_of,
        **{name: value for name, value in tell_compared(found.whole).items() if name != "place"},
        "units": [
            {name: value for name, value in tell_compared(one).items() if name != "place"} for one in found.units
        ],
    }


def _round(one: Round) -> dict[str, Any]:
    return {"id": one.id, "number": one.number, "name": one.name}


def _print_homes(session: Session, options: argparse.Namespace, where: dict[str, Any]) -> int:
    frame = list_compared(session.db, session.scope, pick=options.list, **where)
    frame["head_name"] = frame["head_name"].map(mask_name)
    rows = frame[[*_LISTED]].astype(object).where(frame[[*_LISTED]].notna(), None).to_dict("records")
    if options.json:
        print_json({"list": options.list, "rows": len(rows), "households": rows})
    else:
        print_table(
            [text(f"cli.head.{name}") for name in _LISTED], [[_word(row[name]) for name in _LISTED] for row in rows]
        )
    return DONE


def _write(session: Session, options: argparse.Namespace, place: Place, found: Compared) -> None:
    form = options.out.suffix.lower().removeprefix(".")
    if form not in ("xlsx", "csv", "pdf"):
        raise Invalid("cli.export.suffix", path=options.out.name, formats="xlsx, csv, pdf")
    table = tabulate_compared(found)
    names = text("cli.compare.rounds", then=found.earlier.name, now=found.later.name)
    head = exports.ExportHead(
        text("exports.title.compared"), place.name, names, found.as_of, "", text("cli.user")
    )  # fmt: skip
    content = exports.write_table(table, head=head, form=form)
    log_export(session.db, session.scope, what=f"compared.{form}", filters=head.line(len(table)), rows=len(table))
    options.out.write_bytes(content)


def _word(value: object) -> str:
    return "" if value is None else str(value)
