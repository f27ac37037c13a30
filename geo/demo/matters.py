"""What was done for people in a unit (实事): invented like all of the demo, and each title says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from geo.demo.parameters import ACTOR, draw_days, iso_day, ordinal, stamp
from geo.i18n import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geo.demo.people import Staff
    from geo.demo.village import Village

MATTER_COLUMNS: Final = [
    "id", "number", "place", "category", "title", "unit", "responsible", "funds_fen", "source", "homes", "started_on",
    "done_on", "created_at", "created_by",
]  # fmt: skip
_FEN: Final = 100


def matter_rows(village: Village, staff: Staff) -> Iterator[tuple[object, ...]]:
    """Yield rows of `matter` in the order of `MATTER_COLUMNS`: those begun by the demo's day, done if done by then."""
    rng, given = village.stream("matters"), village.world.decided["matters"]
    count = 1 + village.size // given["households_a_matter"]
    kinds = rng.choice(np.array(given["categories"], dtype=object), size=count).tolist()
    first = draw_days(rng, [ordinal(day) for day in given["begun"]], count).tolist()
    took = draw_days(rng, given["days"], count).tolist()
    thousands = draw_days(rng, given["thousand_yuan"], count).tolist()
    homes = draw_days(rng, [5, max(5, village.size)], count).tolist()
    today = village.world.today.toordinal()
    places = village.group_ids[rng.integers(0, len(village.group_ids), count)].tolist()
    columns = zip(kinds, first, took, thousands, homes, places, strict=True)
    for nth, (kind, begun, days, money, served, place) in enumerate(columns, start=1):
        if begun > today:
            continue
        started = str(iso_day(begun))
        yield (
            f"s{village.short}-{nth:04d}", f"{village.unit.code}-S{started[:4]}-{nth:04d}", place, kind,
            text(f"demo.matter.{kind}"), text(f"demo.bureau.{kind}"), staff.names[3], money * 1000 * _FEN,
            text("demo.matter.source"), served, started, iso_day(begun + days, until=today), stamp(begun), ACTOR,
        )  # fmt: skip
