"""计划 asked: teams, days and hours in one row; days off, people, minutes at the door, ways and homes behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo.i18n import text
from geo.plan.travel import SPEEDS_KMH, WAYS
from geo.planning.markets import ANIMALS
from geo.planning.teams import MINUTES, STARTS, number_teams
from geo.store.assignments import list_assignees
from geo.store.gap_homes import read_gap_homes
from geo.store.teams import CADRE, HELPER, list_members
from geo.ui.plain import escape
from geo.ui.plan_settings import Kept
from geo.ui.plan_ways import draw_ways
from geo.ui.shell import say_day

if TYPE_CHECKING:
    from geo.model import Round
    from geo.ui.session import Session

_CODES: Final = "_plan_codes"
_NARROW: Final = 112
_MOST_TEAMS: Final = 20
#: Minutes that are asked for: by the last outcome instead of the usual ones, and more by class, tag and open issue.
_ASKED_MINUTES: Final = (*MINUTES, "registered_poor", "lifted")


@dataclass(frozen=True, slots=True)
class Asking:
    """What every part of the form needs: who asks, of which round, what is kept; `days` are those left of the round."""

    session: Session
    round: Round
    kept: Kept
    days: tuple[date, ...]

    def key(self, name: str) -> str:
        """Return the key of a field: another one for each place, whose settings differ."""
        return f"plan_{name}_{self.kept.place.id}"


def begin_asking(session: Session, round_: Round, kept: Kept) -> Asking:
    """Return what the form is about."""
    first = max(session.today + timedelta(days=1), round_.starts_on)
    days = tuple(first + timedelta(days=nth) for nth in range(max(0, (round_.ends_on - first).days + 1)))
    return Asking(session, round_, kept, days)


def ask_row(asking: Asking) -> dict[str, Any]:
    """Draw what most plans differ in: how many teams and days, how long a day is, how people move."""
    kept, teams = asking.kept, asking.kept.value("teams")
    count = teams if isinstance(teams, int) else len(teams)
    return {
        "teams": int(st.number_input(text("plan.ask.teams"), 1, _MOST_TEAMS, count, key=asking.key("teams"),
                                     width=_NARROW, help=text("plan.ask.teams.help"))),
        "days": int(st.number_input(text("plan.ask.days"), 1, 60, kept.value("days") or 3, key=asking.key("days"),
                                    width=_NARROW)),
        "hours": float(st.number_input(text("plan.ask.hours"), 1.0, 14.0, float(kept.value("hours")), 0.5,
                                       format="%.1f", key=asking.key("hours"), width=_NARROW)),
        "travel": _choose(asking, "travel", tuple(SPEEDS_KMH), width=_NARROW),
    }  # fmt: skip


def ask_more(asking: Asking, typed: dict[str, Any]) -> dict[str, Any]:
    """Draw what is seldom changed, a tab a subject; return it with what was typed in the row."""
    parts: dict[str, Callable[[Asking, dict[str, Any]], dict[str, Any]]] = {
        "days": _ask_days, "doors": _ask_minutes, "ways": _ask_ways,
    }  # fmt: skip
    if asking.kept.place.level == "village":
        parts |= {"people": _ask_people, "homes": _ask_homes}
    with st.expander(text("plan.more"), key="plan_more"):
        for tab, ask in zip(st.tabs([text(f"plan.more.{one}") for one in parts]), parts.values(), strict=True):
            with tab:
                typed = typed | ask(asking, typed)
    return typed


def _choose(asking: Asking, name: str, options: Sequence[str], *, width: int = 180) -> str:
    """Draw a choice of words, that which holds chosen."""
    value = asking.kept.value(name)
    return str(
        st.selectbox(text(f"plan.ask.{name}"), options, options.index(value) if value in options else 0,
                     key=asking.key(name), format_func=lambda one: text(f"plan.{name}.{one}"), width=width)
    )  # fmt: skip


def _ask_days(asking: Asking, _: dict[str, Any]) -> dict[str, Any]:
    kept, span = asking.kept, asking.days
    single, stretch = _split_off(kept.value("off"))
    with _line("days"):
        start = _read_day(kept.value("start_on"))
        begin = st.date_input(text("plan.ask.start_on"), start if start in span else None, key=asking.key("start_on"),
                              min_value=span[0] if span else None, max_value=span[-1] if span else None,
                              format="YYYY-MM-DD", width=150)  # fmt: skip
        off = st.multiselect(text("plan.ask.off"), span, [one for one in span if one in single],
                             format_func=say_day, key=asking.key("off"), placeholder=text("plan.ask.off.none"),
                             width=340)  # fmt: skip
        away = _ask_stretch(asking, "off_stretch", stretch)
        back = _ask_stretch(asking, "away_window", tuple(_read_day(one) for one in kept.value("away_window") or ()))
        due = st.date_input(text("plan.ask.due_tagged"), _read_day(kept.value("due_tagged")), format="YYYY-MM-DD",
                            key=asking.key("due_tagged"), width=150)  # fmt: skip
    with _line("weekly"):
        weekdays = st.pills(text("plan.ask.off_weekdays"), range(1, 8), selection_mode="multi",
                            default=kept.value("off_weekdays"), key=asking.key("off_weekdays"),
                            format_func=lambda one: text(f"plan.weekday.{one}"))  # fmt: skip
    return {
        "start_on": begin.isoformat() if begin else None,
        "off": [*(one.isoformat() for one in sorted(off)), *([away] if away else [])],
        "away_window": back, "due_tagged": due.isoformat() if due else None,
        "off_weekdays": sorted(weekdays), **_ask_markets(asking),
    }  # fmt: skip


def _ask_markets(asking: Asking) -> dict[str, Any]:
    """Draw how market days are told: by the solar or lunar day, by animals, or by one and how often they are."""
    kept, first = asking.kept, asking.kept.value("market_every")
    with _line("markets"):
        solar, lunar = (
            st.pills(text(f"plan.ask.{name}"), range(10), selection_mode="multi", default=kept.value(name),
                     key=asking.key(name), help=text(f"plan.ask.{name}.help"))
            for name in ("market", "market_lunar")
        )  # fmt: skip
        animals = st.pills(text("plan.ask.market_animals"), ANIMALS, selection_mode="multi",
                           default=kept.value("market_animals"), key=asking.key("market_animals"),
                           format_func=lambda one: text(f"plan.animal.{one}"))  # fmt: skip
        day = st.date_input(text("plan.ask.market_from"), _read_day(first[0]) if first else None, format="YYYY-MM-DD",
                            key=asking.key("market_from"), width=150)  # fmt: skip
        often = st.number_input(text("plan.ask.market_days"), 2, 60, int(first[1]) if first else 6,
                                key=asking.key("market_days"), width=_NARROW)  # fmt: skip
    return {
        "market": sorted(solar), "market_lunar": sorted(lunar), "market_animals": sorted(animals, key=ANIMALS.index),
        "market_every": [day.isoformat(), int(often)] if day else None,
    }  # fmt: skip


def _ask_stretch(asking: Asking, name: str, value: Any) -> list[str] | None:
    """Draw a first and a last day; None while one of them is missing."""
    chosen: Any = st.date_input(text(f"plan.ask.{name}"), value, key=asking.key(name), format="YYYY-MM-DD", width=230)
    return [one.isoformat() for one in chosen] if isinstance(chosen, tuple) and len(chosen) > 1 else None


def _split_off(off: Sequence[Any]) -> tuple[set[date | None], tuple[date | None, ...]]:
    """Return the single days off and the last stretch; other stretches day by day."""
    stretches = [[date.fromisoformat(one) for one in part] for part in off if isinstance(part, list)]
    single = {_read_day(one) for one in off if not isinstance(one, list)}
    for first, last in stretches[:-1]:
        single |= {first + timedelta(days=nth) for nth in range((last - first).days + 1)}
    return single, tuple(stretches[-1]) if stretches else ()


def _read_day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _ask_minutes(asking: Asking, _: dict[str, Any]) -> dict[str, Any]:
    held = asking.kept.value("minutes")
    st.caption(text("plan.minutes.note"))
    minutes = {}
    with _line("minutes"):
        for name in _ASKED_MINUTES:
            minutes[name] = int(st.number_input(text(f"plan.minutes.{name}"), 0, 240, int(held.get(name, 0)),
                                                key=asking.key(f"minutes_{name}"), width=_NARROW))  # fmt: skip
    # Classes count nothing more unless somebody says so; what only a file can say stays.
    kept = {name: value for name, value in held.items() if name not in _ASKED_MINUTES}
    return {"minutes": kept | {name: value for name, value in minutes.items() if value or name in MINUTES}}


def _ask_ways(asking: Asking, typed: dict[str, Any]) -> dict[str, Any]:
    kept = asking.kept
    with _line("ways"):
        start = kept.value("start")
        said = {"ways": _choose(asking, "ways", WAYS)}
        said["start"] = _choose(asking, "start", STARTS) if start in STARTS else start
        usual = f"{SPEEDS_KMH[typed['travel']]:g}"
        speed = st.number_input(
            text("plan.ask.speed_kmh"),
            0.5,
            120.0,
            kept.value("speed_kmh"),
            0.5,
            format="%.1f",
            key=asking.key("speed_kmh"),
            width=150,
            placeholder=text("plan.ask.speed.usual", n=usual),
        )
        detour = st.number_input(text("plan.ask.detour"), 1.0, 3.0, float(kept.value("detour")), 0.01, width=170,
                                 key=asking.key("detour"), help=text("plan.ask.detour.help"))  # fmt: skip
    draw_ways(asking.session)
    return {**said, "speed_kmh": speed, "detour": float(detour)}


def _ask_people(asking: Asking, typed: dict[str, Any]) -> dict[str, Any]:
    """Draw who goes in each team: homes that they answer for go to their own team where that costs little."""
    session, place = asking.session, asking.kept.place
    people = list_assignees(session.db, session.scope, place_id=place.id)
    names = sorted({str(one["name"]) for one in people if "role" in one})
    teams = name_teams(asking.kept.value("teams"), typed["teams"])
    if not names:
        st.caption(text("plan.people.none"))
        return {"teams": _as_said(teams)}
    st.caption(text("plan.people.note"))
    with _line("people"):
        chosen = [
            st.multiselect(escape(one["name"]), names, [who for who in one["people"] if who in names], width=300,
                           key=asking.key(f"people_{nth}"), placeholder=text("plan.people.pick"))
            for nth, one in enumerate(teams)
        ]  # fmt: skip
        st.button(text("plan.people.split", n=len(teams)), key="plan_split",
                  on_click=partial(_split_team, asking, len(teams)))  # fmt: skip
    return {"teams": _as_said([{**one, "people": who} for one, who in zip(teams, chosen, strict=True)])}


def _split_team(asking: Asking, count: int) -> None:
    """Deal the village's five to the teams, one after the other."""
    session = asking.session
    members = list_members(session.db, session.scope, place_id=asking.kept.place.id)
    five = members[~members["role"].isin((CADRE, HELPER))]["person_name"].drop_duplicates().tolist()
    for nth in range(count):
        st.session_state[asking.key(f"people_{nth}")] = five[nth::count]


def name_teams(said: Any, count: int) -> list[dict[str, Any]]:
    """Return so many teams with name and people: those that were kept first, then numbered ones."""
    known = [] if isinstance(said, int) else [dict(one) for one in said]
    more = [{"name": one.name, "people": []} for one in number_teams(count)]
    names = {one["name"] for one in known}
    return [*known, *(one for one in more if one["name"] not in names)][:count]


def _as_said(teams: Sequence[dict[str, Any]]) -> Any:
    """Return teams as a file of teams says them: their number where nothing else is known of them."""
    usual = [one.name for one in number_teams(len(teams))]
    plain = [one["name"] for one in teams] == usual and not any(one["people"] for one in teams)
    return len(teams) if plain else list(teams)


def _ask_homes(asking: Asking, typed: dict[str, Any]) -> dict[str, Any]:
    """Draw which homes a team must, and must not, visit."""
    said = typed["teams"]
    teams = [one["name"] for one in name_teams(said, said if isinstance(said, int) else len(said))]
    forced, forbidden = asking.kept.value("forced"), asking.kept.value("forbidden")
    listed = sorted({*_list_codes(asking), *forced, *forbidden})
    must: dict[str, Any] = {code: one for code, one in forced.items() if one.get("team") not in teams}
    never: dict[str, list[str]] = {}
    st.caption(text("plan.homes.note"))
    for nth, team in enumerate(teams):
        with _line(f"homes_{nth}"):
            held = [code for code, one in forced.items() if one.get("team") == team]
            for code in _pick_homes(asking, f"forced_{nth}", team, listed, held):
                must[code] = {**forced.get(code, {}), "team": team}
            held = [code for code, barred in forbidden.items() if team in barred]
            for code in _pick_homes(asking, f"forbidden_{nth}", team, listed, held):
                never.setdefault(code, []).append(team)
    return {"forced": must, "forbidden": never}


def _pick_homes(asking: Asking, name: str, team: str, listed: list[str], held: list[str]) -> list[str]:
    word = name.rpartition("_")[0]
    return st.multiselect(escape(text(f"plan.ask.{word}", team=team)), listed, held, key=asking.key(name),
                          placeholder=text("plan.move.pick"), width=420)  # fmt: skip


def _list_codes(asking: Asking) -> list[str]:
    """Return the codes of the homes on the gap list; read once while nothing changes."""
    session, place = asking.session, asking.kept.place
    stamp = (str(session.db.path), session.db.revision(), asking.round.id, place.id)
    known = st.session_state.get(_CODES)
    if known is None or known[0] != stamp:
        gaps = read_gap_homes(session.db, session.scope, round_id=asking.round.id, place_id=place.id)
        known = st.session_state[_CODES] = (stamp, gaps.waiting["code"].tolist())
    return list(known[1])


def _line(name: str) -> Any:
    return st.container(key=f"plan_line_{name}", horizontal=True, vertical_alignment="bottom", gap="small")
