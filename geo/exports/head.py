"""What a file that is taken away says about itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from geo import config
from geo.i18n import text

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True)
class ExportHead:
    """What a file says about itself: title, the place and round it is about, its day, the filter in words, the user.

    An empty round stands for none: areas, and a roster where no round is made yet. `made_at` is the moment the file was
    made, in the configured zone, to be set when it is (`signed`): who let a list out, and when, stands on every page.
    """

    title: str
    place: str
    round: str
    as_of: date
    filters: str
    user: str
    made_at: str = ""

    def signed(self) -> ExportHead:
        """Return the head of a file that is being made now."""
        return replace(self, made_at=f"{datetime.now(ZoneInfo(config.ZONE)):%Y-%m-%d %H:%M}")

    @property
    def maker(self) -> str:
        """Who made the file and, once it is made, when."""
        return f"{self.user} {self.made_at}".rstrip()

    def line(self, rows: int, *, place: str = "") -> str:
        """Return the line 截至 · 轮次 · 范围 · 筛选 · 行数 · 制表人; `place` where a part of the file has its own."""
        return text(
            "exports.line",
            as_of=self.as_of,
            round=self.round or text("exports.no_round"),
            place=place or self.place,
            filters=self.filters or text("exports.no_filter"),
            rows=rows,
            user=self.maker,
        )

    def foot(self) -> str:
        """Return what stands at the foot of each page."""
        return text("exports.foot", user=self.maker, as_of=self.as_of)

    def as_dict(self, rows: int) -> dict[str, str | int]:
        """Return the same as plain values, for formats that keep facts rather than a line."""
        return {
            "title": self.title,
            "as_of": self.as_of.isoformat(),
            "round": self.round,
            "place": self.place,
            "filters": self.filters,
            "rows": rows,
            "user": self.user,
            **({"made_at": self.made_at} if self.made_at else {}),
        }

    def file_name(self, suffix: str) -> str:
        """Return a name for the file, e.g. 缺口清单_牛场村_2019-11-20.xlsx."""
        return f"{self.title}_{self.place}_{self.as_of.isoformat()}.{suffix}"
