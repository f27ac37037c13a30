"""What a plan would be with other means (换个人手): so many days, one team more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from geo.i18n import text
from geo.planning.teams import Setup, TeamSetup, UnitSetup

_DAYS: Final = (3, 5)
_FIGURES: Final = ("served", "left_out", "team_days", "travel_s", "makespan_s", "over", "after_deadline", "top")


def list_changes(setup: Setup) -> list[tuple[str, Setup]]:
    """Return what might be otherwise, in words and as a setting: so many days, one team more in every village."""
    villages = {code: _one_more(one) for code, one in setup.villages.items()}
    more = replace(setup, common=_one_more(setup.common), villages=villages)
    days = [(text("plan.what_if.days", n=days), setup.with_all(days=days)) for days in _DAYS]
    return [*days, (text("plan.what_if.team"), more)]


def _one_more(unit: UnitSetup) -> UnitSetup:
    return replace(unit, teams=(*unit.teams, TeamSetup(f"+{len(unit.teams) + 1}")))


def shorten(total: Mapping[str, Any]) -> dict[str, Any]:
    """Return of the sums of a plan (`document.sum_metrics`) those that tell what its means are worth.

    `top_served`: how many of the `top` homes, those of the highest priority, are served.
    """
    return {**{name: total[name] for name in _FIGURES}, "top_served": (total["top_by_day"] or [0])[-1]}
