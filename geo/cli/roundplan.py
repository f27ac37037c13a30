"""`plan --db`: the gap list of a round as a plan of teams and days, village by village."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from geo import config
from geo.cli.exits import DONE
from geo.cli.session import Session, choose_place, choose_round, open_session, print_json, print_table, tell, to_json
from geo.exports.routes import RouteHead, write_route_files
from geo.i18n import text
from geo.plan.metrics import ORDERS
from geo.planning import (
    Order,
    PlanDocument,
    Setup,
    StopRow,
    VillagePlan,
    default_setup,
    kept_setup,
    plan_places,
    read_setup,
)
from geo.planning.whatif import list_changes, shorten
from geo.store.exportlog import log_export
from geo.store.ways import WayFiles
from geo.ways.legs import choose_ways

if TYPE_CHECKING:
    import argparse

    from geo.model import Round


def run_plan_round(options: argparse.Namespace) -> int:
    """Plan who of the gap list is visited by whom on which day; write it to a folder where one is named."""
    with open_session(options) as session:
        setup = _read_setup(session, options)
        document = _plan(session, options, setup)
        answer = _answer(document)
        if options.what_if:
            answer["what_if"] = [
                {"change": name, **shorten(_plan(session, options, other).total())}
                for name, other in list_changes(setup)
            ]
        if options.out is not None:
            options.out.mkdir(parents=True, exist_ok=True)
            (options.out / "plan.json").write_text(to_json(answer), encoding="utf-8")
            head = _head(session, choose_round(session, options.round))
            files = write_route_files(document, head, options.out)
            served = sum(len(one.stops) for one in document.villages)
            log_export(session.db, session.scope, what="plan", filters=head.round, rows=served)
            answer |= {"out": options.out, "files": sorted(["plan.json", *(path.name for path in files)])}
    if options.json:
        print_json(answer)
    else:
        _print(document, answer)
    return DONE


def _head(session: Session, round_: Round) -> RouteHead:
    return RouteHead(
        round_.number, round_.name, round_.starts_on, round_.ends_on, session.db.today(), text("cli.user"),
        config.app_address(), demo=session.db.setting("kind") == "demo",
    )  # fmt: skip


def _read_setup(session: Session, options: argparse.Namespace) -> Setup:
    """Return the setting: the one kept, of so many teams everywhere, or of the file; what was typed goes first."""
    if options.teams is None:
        setup = kept_setup(session.db)
    elif isinstance(options.teams, int):
        setup = default_setup().with_teams(options.teams)
    else:
        setup = read_setup(options.teams)
    files = WayFiles(options.roads, options.nodes, options.edges, options.elevation)
    if files != WayFiles():
        setup = replace(setup, files=files).with_all(ways=choose_ways(files))
    return setup.with_all(days=options.days, travel=options.travel, speed_kmh=options.speed_kmh, detour=options.detour)


def _plan(session: Session, options: argparse.Namespace, setup: Setup) -> PlanDocument:
    round_ = choose_round(session, options.round)
    place = choose_place(session, options.place)
    order = Order(options.mode or "balanced", options.seed, options.effort)
    show = None if options.json or not sys.stderr.isatty() else _show_progress
    return plan_places(
        session.db, session.scope, round_id=round_.id, place_id=place.id, setup=setup, order=order, tell=show
    )


def _show_progress(done: int, total: int) -> bool:
    tell(text("plan.progress", n=done, total=total))
    return False


def _answer(document: PlanDocument) -> dict[str, Any]:
    total = document.total()
    return {
        "round": document.round, "as_of": document.as_of, "mode": document.mode, "seed": document.seed,
        **total,
        **{order: document.total(order) for order in ORDERS},
        "villages": [_village(one) for one in document.villages],
    }  # fmt: skip


def _village(one: VillagePlan) -> dict[str, Any]:
    """Return a village by the codes of its households; heads are left out, they are personal."""
    return {
        "code": one.code, "name": one.name, "teams": one.teams, "days": one.days, "day_s": one.day_s,
        "start": one.start,
        "team_days": [
            {"day": row.day, "team": row.team, "travel_s": row.travel_s, "service_s": row.service_s,
             "load_s": row.load_s, "over_s": row.over_s, "stops": [_stop(stop) for stop in row.stops]}
            for row in one.team_days
        ],
        "unserved": [{"code": stop.code, "reason": stop.reason} for stop in one.unserved],
        "balance": one.metrics.balance, "travel_s": one.metrics.travel_s,
        **{order: {"travel_s": figures.travel_s, "team_days": figures.team_days, "balance": figures.balance}
           for order, figures in one.compared.items()},
    }  # fmt: skip


def _stop(stop: StopRow) -> dict[str, Any]:
    return {
        "seq": stop.seq, "household": stop.household, "code": stop.code, "group": stop.group, "lon": stop.lon,
        "lat": stop.lat, "arrive_s": stop.arrive_s, "service_s": stop.service_s, "priority": stop.priority,
        "terms": stop.terms, "owner": stop.owner, "due_on": stop.due_on, "late": stop.late,
    }  # fmt: skip


def _print(document: PlanDocument, answer: dict[str, Any]) -> None:
    heads = [text(f"plan.column.{name}") for name in ("village", "team_days", "served", "left", "travel", "balance")]
    print_table(heads, [
        [one.name, one.metrics.team_days, one.metrics.served, one.metrics.left_out, clock(one.metrics.travel_s),
         "—" if one.metrics.balance is None else f"{one.metrics.balance:.2f}"]
        for one in document.villages
    ])  # fmt: skip
    for name, total in (("this", answer), *((order, answer[order]) for order in ORDERS)):
        balance = "—" if total["balance"] is None else f"{total['balance']:.2f}"
        shown = {"travel": clock(total["travel_s"]), "longest": clock(total["makespan_s"]), "balance": balance}
        print(text("plan.figures", name=text(f"plan.{name}"), days=total["team_days"], n=total["served"],
                   left=total["left_out"], **shown))  # fmt: skip
    for one in answer.get("what_if", ()):
        shown = {"days": one["team_days"], "n": one["served"], "left": one["left_out"]}
        print(text("plan.what_if", change=one["change"], top=one["top"], met=one["top_served"], **shown))
    reasons = Counter(stop.reason for one in document.villages for stop in one.unserved)
    for reason, count in sorted(reasons.items()):
        tell(text(f"plan.left.{reason}", n=count))


def clock(seconds: int) -> str:
    """Return seconds as hours and minutes."""
    return f"{seconds // 3600}:{seconds % 3600 // 60:02d}"
