"""What `import` says of a map file beside what it says of every file: what was matched, overlaps, gaps, strangers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from geo.i18n import text
from geo.importer.outlines.aside import say_nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geo.importer import ImportReport

_SHOWN: Final = 5
#: Features without a unit that are named; the report and the list of findings have them all.
_MOST_ASIDE: Final = 50


def _list_aside(features: list[dict[str, Any]]) -> Iterable[str]:
    """Name each feature without a unit, what is like it, and what to do."""
    for one in features[:_MOST_ASIDE]:
        yield text("areas.aside", row=one["row"], name=one["name"], nearest=say_nearest(one["nearest"]))
    if features[_MOST_ASIDE:]:
        yield text("areas.aside.more", n=len(features) - _MOST_ASIDE)


def list_outlines(report: ImportReport) -> Iterable[str]:
    """Yield the lines about the areas of a report; none for a table."""
    if report.areas is None or "features" not in report.areas:
        return
    areas = report.areas
    yield text("cli.areas.system" if areas["datum_known"] else "cli.areas.old_datum", crs=areas["crs"])
    counts = report.changes
    yield text(
        "cli.areas.counts", groups=counts["groups_new"], new=counts["outlines_new"], changed=counts["outlines_changed"],
        same=counts["outlines_same"], centres=counts["centres_new"] + counts["centres_changed"],
    )  # fmt: skip
    yield from _list_aside([one for one in areas["features"] if one["what"] == "aside"])
    for pair in areas["overlaps"][:_SHOWN]:
        yield text("cli.areas.overlap", one=pair["one"]["name"], other=pair["other"]["name"], m2=pair["m2"])
    for gap in areas["gaps"][:_SHOWN]:
        key = "cli.areas.gap" if gap["m2"] else "cli.areas.beyond"
        yield text(key, name=gap["name"], m2=gap["m2"], pieces=gap["pieces"], beyond=gap["beyond_m2"])
    if areas["outside"]["total"]:
        yield text("cli.areas.outside", n=areas["outside"]["total"])
