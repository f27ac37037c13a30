"""Days, rounds and maps in words, as every page says them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geo.i18n import text
from geo.ui.widgets import fraction

if TYPE_CHECKING:
    from geo.model import Round
    from geo.ui.mapdata import MapView

_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def say_day(day: object) -> str:
    """Return a day with its weekday: `2019-11-20 周三`; an empty one is a dash."""
    if not hasattr(day, "weekday"):
        return "—"
    return f"{day:%Y-%m-%d} {text('weekday.' + _WEEKDAYS[day.weekday()])}"


def say_round(round_: Round, today: object) -> str:
    """Return a round with its days and whether it runs: `第4轮 10-15 至 12-10 进行中`."""
    if str(today) < round_.starts_on.isoformat():
        when = "ahead"
    elif str(today) > round_.ends_on.isoformat():
        when = "over"
    else:
        when = "running"
    return text(
        "shell.round",
        number=round_.number,
        starts=f"{round_.starts_on:%m-%d}",
        ends=f"{round_.ends_on:%m-%d}",
        status=text(f"shell.round.{when}"),
    )


def say_side(shown: MapView) -> str:
    """Return what stands over one of two maps: the round, the day it is of, its coverage."""
    round_, day, share = shown.figures.round, shown.figures.as_of, shown.share
    key = "map.compare.ended" if day >= round_.ends_on else "map.compare.until"
    return f"{text(key, r=round_.number, day=min(day, round_.ends_on))} · {share.percent} · {fraction(share)}"
