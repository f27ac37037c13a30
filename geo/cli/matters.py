"""`ledger --kind matters`: practical matters (实事) counted and summed from the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from geo.cli.exits import DONE
from geo.cli.reports import choose_day
from geo.cli.session import choose_place, open_session, print_json, print_table
from geo.errors import Invalid
from geo.i18n import text
from geo.store.categories import name_categories
from geo.store.matter_reads import MatterSum, read_matters, sum_matters

if TYPE_CHECKING:
    import argparse

_SHOWN: Final = (
    "matter_number", "township", "village", "group", "category", "title", "unit", "responsible", "funds", "source",
    "homes", "started_on", "done_on", "issue_number", "note",
)  # fmt: skip
_FEN: Final = 100
_HUNDRED_MILLION: Final = 10_000_000_000


def run_matters(options: argparse.Namespace) -> int:
    """Print the matters of a place by a day: how many, for how much, by category; with `--json` each of them."""
    if options.state:
        raise Invalid("cli.ledger.no_state")
    with open_session(options) as session:
        place = choose_place(session, options.place)
        day = choose_day(session, options.as_of)
        asked: dict[str, Any] = {"place_id": place.id, "as_of": day, "since": options.since}
        sums = sum_matters(session.db, session.scope, **asked)
        named = name_categories(session.db, session.scope)
        frame = read_matters(session.db, session.scope, **asked) if options.json else None
    if frame is None:
        print(_say(place.name, day, sums.whole))
        rows = [_row(named(one), found) for one, found in sums.by_category.items()]
        rows.append(_row(text("matter.infrastructure"), sums.infrastructure))
        print_table([text(f"cli.head.{name}") for name in ("category", "matters", "done", "funds")], rows)
        return DONE
    frame["funds"] = [None if fen is None or fen != fen else yuan(int(fen)) for fen in frame["funds_fen"]]  # noqa: PLR0124
    frame["homes"] = [None if one is None or one != one else int(one) for one in frame["homes"]]  # noqa: PLR0124
    shown = frame[[*_SHOWN]].astype(object)
    print_json(
        {
            "place": {"code": place.code, "name": place.name}, "kind": "matters", "as_of": day,
            "since": options.since, "rows": len(frame), **_sum(sums.whole),
            "by_category": [{"category": one, **_sum(found)} for one, found in sums.by_category.items()],
            "infrastructure": _sum(sums.infrastructure),
            "matters": shown.where(shown.notna(), None).to_dict("records"),
        }
    )  # fmt: skip
    return DONE


def yuan(fen: int) -> int | float:
    """Return yuan: a whole number where there is no fen."""
    return fen // _FEN if fen % _FEN == 0 else fen / _FEN


def _sum(found: MatterSum) -> dict[str, int | float]:
    return {
        "count": found.matters, "done": found.done, "funds": yuan(found.funds_fen),
        "funds_done": yuan(found.done_fen), "without_funds": found.unpriced, "homes": found.homes,
    }  # fmt: skip


def _say(place: str, day: object, found: MatterSum) -> str:
    hundred_million = f"{found.done_fen / _HUNDRED_MILLION:,.2f}"
    return text(
        "cli.matters.line", place=place, as_of=day, n=found.matters, done=found.done,
        yuan=f"{found.done_fen / _FEN:,.2f}", yi=hundred_million, without=found.unpriced,
    )  # fmt: skip


def _row(word: str, found: MatterSum) -> tuple[object, ...]:
    return word, found.matters, found.done, f"{found.done_fen / _FEN:,.2f}"
