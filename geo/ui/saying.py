"""Days and rounds in words, as every page says them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geo.i18n import text

if TYPE_CHECKING:
    from geo.model import Round

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
