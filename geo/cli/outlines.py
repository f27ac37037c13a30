"""What `import` says of a map file beside what it says of every file: what was matched, overlaps, gaps, strangers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geo.i18n import text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geo.importer import ImportReport

_SHOWN: Final = 5


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
    for pair in areas["overlaps"][:_SHOWN]:
        yield text("cli.areas.overlap", one=pair["one"]["name"], other=pair["other"]["name"], m2=pair["m2"])
    for gap in areas["gaps"][:_SHOWN]:
        key = "cli.areas.gap" if gap["m2"] else "cli.areas.beyond"
        yield text(key, name=gap["name"], m2=gap["m2"], pieces=gap["pieces"], beyond=gap["beyond_m2"])
    if areas["outside"]["total"]:
        yield text("cli.areas.outside", n=areas["outside"]["total"])
