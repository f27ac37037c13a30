"""`issues` and `ledger`: how many issues are closed, how far up they went, and the list of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from geo.cli.exits import DONE
from geo.cli.matters import run_matters
from geo.cli.reports import choose_day
from geo.cli.session import choose_place, open_session, print_json, print_table
from geo.coverage import Share
from geo.errors import Invalid
from geo.i18n import text
from geo.issues import issue_shares
from geo.mask import mask_name
from geo.schema import LEDGER_COLUMNS
from geo.store.clearance import read_clearance
from geo.store.ledger import read_ledger

if TYPE_CHECKING:
    import argparse

    from geo.store.clearance import Clearance

_HEADS: Final = ("level", "reached", "stopped")
#: What `ledger --json` says of an issue.
_LEDGER: Final = (
    "issue_number", "township", "village", "group", "head_name", "category", "title", "detail", "raised_on", "route",
    "level_now", "unit", "responsible", "due_on", "resolved_on", "state", "close_kind", "duplicate_of", "reopened",
)  # fmt: skip


def run_issues(options: argparse.Namespace) -> int:
    """Print the clearance of a place, or with `--funnel` the escalation funnel in both readings."""
    with open_session(options) as session:
        place = choose_place(session, options.place)
        day = choose_day(session, options.as_of)
        found = read_clearance(session.db, session.scope, place_id=place.id, as_of=day)
    if options.json:
        print_json(_funnel_of(found) if options.funnel else _answer(found, place.code, place.name))
        return DONE
    clear = found.share("kpi.clear")
    said = f"{clear.numerator:,} ÷ {clear.denominator:,} = {clear.percent}"
    print(text("cli.issues.line", place=place.name, as_of=found.as_of, fraction=said, m=found.measures))
    if options.funnel:
        for key, funnel in (("homes", found.households), ("issues", found.issues)):
            print(text(f"cli.issues.{key}"))
            rows = [
                (text(f"issue_level.{one['level']}"), int(one["reached"]), int(one["stopped"])) for one in funnel.rows()
            ]
            print_table([text(f"cli.head.{key}") for key in _HEADS], rows)
    else:
        _print_figures(found)
    return DONE


def _funnel_of(found: Clearance) -> dict[str, Any]:
    return {
        "as_of": found.as_of,
        **{name: found.counts[name] for name in ("valid", "closed", "open")},
        "measures": found.measures,
        "households": found.households.rows(),
        "issues": found.issues.rows(),
    }


def _answer(found: Clearance, code: str, name: str) -> dict[str, Any]:
    shares = [*issue_shares(found.counts).values(), found.share("kpi.measures")]
    return {
        "place": {"code": code, "name": name},
        **_funnel_of(found),
        "measures_done": found.measures_done,
        "counts": found.counts,
        "days": {"resolved": found.spans.count, "median": found.spans.median, "p90": found.spans.p90},
        "shares": {
            one.formula.removeprefix("kpi."): {
                "numerator": one.numerator, "denominator": one.denominator, "percent": _percent(one),
            }
            for one in shares
        },
    }  # fmt: skip


def _percent(share: Share) -> str:
    return share.percent_fine if share.formula == "kpi.satisfaction" else share.percent


def _print_figures(found: Clearance) -> None:
    for share in (*issue_shares(found.counts).values(), found.share("kpi.measures")):
        print(f"  {text(share.formula)} {_percent(share)} · {share.numerator:,} ÷ {share.denominator:,}")
    buckets = ((text(f"bucket.{name}"), found.counts[name]) for name in ("overdue", "undated", "in_time"))
    print("  " + " · ".join(f"{word} {count:,}" for word, count in buckets))
    days = (found.spans.median, found.spans.p90)
    if None not in days:
        print(text("cli.issues.days", median=days[0], p90=days[1]))


def run_ledger(options: argparse.Namespace) -> int:
    """Print the ledger of issues (台账) of a place as of a day, heads of households masked; or that of matters."""
    if options.kind == "matters":
        return run_matters(options)
    if options.since is not None:
        raise Invalid("cli.ledger.no_since")
    with open_session(options) as session:
        place = choose_place(session, options.place)
        day = choose_day(session, options.as_of)
        frame = read_ledger(session.db, session.scope, place_id=place.id, as_of=day)
    if options.state:
        frame = frame[frame["state"] == options.state]
    frame["head_name"] = frame["head_name"].map(mask_name)
    rows = frame[[*_LEDGER]].astype(object).where(frame[[*_LEDGER]].notna(), None).to_dict("records")
    if options.json:
        answer = {"place": {"code": place.code, "name": place.name}, "as_of": day, "rows": len(rows), "issues": rows}
        print_json(answer)
        return DONE
    heads = {one.key: one.header for one in LEDGER_COLUMNS}
    shown = ("issue_number", "village", "category", "raised_on", "level_now", "due_on", "state")
    lines = [[_word(name, row[name]) for name in shown] for row in rows]
    print_table([heads.get(name, name) for name in shown], lines)
    return DONE


_CODED: Final = {"category": "category", "level_now": "issue_level", "state": "issue_state"}


def _word(name: str, value: object) -> str:
    if value is None:
        return ""
    return text(f"{_CODED[name]}.{value}") if name in _CODED else str(value)
