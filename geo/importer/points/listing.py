"""What is said about points: left empty, repaired or in question, row by row, with what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from geo.importer.findings import FIELDS, Option, Question
from geo.importer.meanings import SKIP
from geo.importer.points.readings import PLAIN, SWAPPED, Reading, are_metres
from geo.importer.points.verdict import READING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.crs.shifted import Floats
    from geo.importer.findings import Ledger
    from geo.importer.points.cells import Writing, Written
    from geo.importer.points.evidence import Flags, Rows
    from geo.importer.points.verdict import Verdict
    from geo.store.area import Area

_CHINA_LON: Final = (73.0, 136.0)
_CHINA_LAT: Final = (3.0, 54.0)
_DIGITS: Final = 6
#: Letters of what was written that a finding shows.
_SHOWN: Final = 80


class Listing:
    """Lists findings about points and asks for what only a person can say."""

    def __init__(
        self, ledger: Ledger, written: Written, writing: Writing, area: Area | None, answers: Mapping[str, str]
    ) -> None:
        """Keep where to list, what was written, the district's area, and what was answered."""
        self._ledger, self._written, self._writing, self._area, self._answers = ledger, written, writing, area, answers
        self._key = next((key for key in ("lon", "point") if key in ledger.letters), "lon")

    def list_unusable(self, rows: Rows) -> None:
        """List rows without two numbers, or with a zero."""
        for nth in rows.tolist():
            if nth in self._ledger.refusals:
                continue
            zero = self._written.x[nth] == 0 or self._written.y[nth] == 0
            usual = "W_COORD_ZERO" if zero else "W_COORD_RANGE"
            code, key = self._written.problems.get(nth, (usual, self._key))
            key = key if key in self._ledger.letters else self._key
            self._ledger.warn(code, nth, key, self._say(nth).strip(", "))

    def _say(self, nth: int) -> str:
        return self._writing.of(nth)[:_SHOWN]

    def ask(self, verdict: Verdict) -> None:
        """Ask how a source is meant; until it is answered nothing enters."""
        lot = verdict.lot
        if not len(lot.rows):
            return
        keys = [one.reading.key for one in verdict.weighed if one.fits.any() or one.reading.key == verdict.best]
        named = lot.source.named if lot.source.claims_shift else ""
        keys = list(dict.fromkeys([key for key in (verdict.best, named, *keys) if key and key != PLAIN.key]))
        best = next((one.reading for one in verdict.weighed if one.reading.key == verdict.best), None)
        shifted = lot.source.claims_shift or (best is not None and best.system.is_shifted)
        code = "W_CRS_GCJ02" if shifted else "W_COORD_SWAPPED" if best == SWAPPED else "W_COORD_PROJECTED"
        options = tuple(Option(key, key) for key in (*keys, SKIP))
        self._ledger.questions[lot.question] = Question(
            lot.question, READING, code, FIELDS[self._key].header, lot.source.label,
            self._ledger.cell(int(lot.rows[0]), self._key), len(lot.rows), blocking=True, options=options,
            suggestion=verdict.best,
        )  # fmt: skip

    def take(self, verdict: Verdict) -> tuple[Flags, Floats, Floats]:
        """Return which rows of a lot get a point, and their lon, lat; list what was repaired and what stays empty."""
        chosen, plain = verdict.chosen(), verdict.weighed[0]
        lon, lat = chosen.lon.copy(), chosen.lat.copy()
        applied = verdict.how == "applied"
        taken = chosen.fits.copy() if applied else np.isfinite(lon) & _holds(self._area, lon, lat)
        if applied:
            self._list_repaired(verdict, taken)
            if not verdict.reading.needs_neighbours:
                stays = ~taken & np.isfinite(plain.lon) & _holds(self._area, plain.lon, plain.lat)
                lon[stays], lat[stays], taken = plain.lon[stays], plain.lat[stays], taken | stays
        bad = np.flatnonzero(~taken)
        if len(bad):
            codes = self._codes(verdict, bad)
            for index, code in zip(bad.tolist(), codes, strict=True):
                point = self._list_bad(verdict, index, code)
                if point is not None:
                    lon[index], lat[index] = point
                    taken[index] = True
        return taken, lon, lat

    def _list_repaired(self, verdict: Verdict, taken: Flags) -> None:
        """List every row that a proven reading moved: what was written, and where that is."""
        chosen = verdict.chosen()
        codes = _codes_of(verdict.reading)
        for index in np.flatnonzero(taken).tolist():
            nth = int(verdict.lot.rows[index])
            where = f"{chosen.lon[index]:.{_DIGITS}f}, {chosen.lat[index]:.{_DIGITS}f}"
            for code in codes:
                self._ledger.warn(code, nth, self._key, f"{self._say(nth)} → {where}")

    def _codes(self, verdict: Verdict, bad: Rows) -> list[str]:
        """Return why each of some rows of a lot has no point."""
        chosen, reading, lot = verdict.chosen(), verdict.reading, verdict.lot
        x, y = lot.x[bad], lot.y[bad]
        codes = np.where(np.isfinite(chosen.lon[bad]), "W_COORD_OUT_OF_AREA", "W_COORD_RANGE").astype("U24")
        if not reading.system.is_metric:
            codes[are_metres(x, y)] = "W_COORD_PROJECTED"
            if not reading.swapped:
                codes[self._are_swapped(x, y) & ~lot.fixed[bad]] = "W_COORD_SWAPPED"
        if verdict.how == "applied" and reading.needs_neighbours:
            codes[chosen.inside[bad]] = _codes_of(reading)[0]
        return [str(code) for code in codes.tolist()]

    def _are_swapped(self, x: Floats, y: Floats) -> Flags:
        """Say which degrees make sense turned: in the area, or anywhere in China."""
        turned: Flags = (x >= _CHINA_LAT[0]) & (x <= _CHINA_LAT[1]) & (y >= _CHINA_LON[0]) & (y <= _CHINA_LON[1])
        return turned if self._area is None else turned | _holds(self._area, y, x)

    def _list_bad(self, verdict: Verdict, index: int, code: str) -> tuple[float, float] | None:
        """List a row without a point; return one where a repair of single points was chosen."""
        nth = int(verdict.lot.rows[index])
        x, y = float(verdict.lot.x[index]), float(verdict.lot.y[index])
        within = code == "W_COORD_RANGE" and abs(x) <= 180 and "lat" in self._ledger.letters  # noqa: PLR2004 - the globe
        self._ledger.warn(code, nth, "lat" if within else self._key, self._say(nth))
        if code == "W_COORD_SWAPPED" and verdict.how != "applied":
            self._offer(nth, "swapped", "swap")
            if self._answers.get("points:swapped") == "swap":
                turned = Reading(verdict.reading.system, swapped=True).points(np.array([x]), np.array([y]))
                return float(turned[0][0]), float(turned[1][0])
        elif code == "W_COORD_OUT_OF_AREA":
            self._offer(nth, "outside", "keep")
            if self._answers.get("points:outside") == "keep":
                chosen = verdict.chosen()
                return float(chosen.lon[index]), float(chosen.lat[index])
        return None

    def _offer(self, nth: int, value: str, repair: str) -> None:
        options = (Option(repair, repair), Option(SKIP, SKIP))
        code = "W_COORD_SWAPPED" if value == "swapped" else "W_COORD_OUT_OF_AREA"
        self._ledger.ask("points", nth, self._key, value, options=options, suggestion=SKIP, blocking=False, code=code)

    def list_turned(self, lon: Floats, lat: Floats) -> None:
        """List located rows that wrote the latitude first in one cell, or named the axes themselves."""
        for nth in sorted(self._written.turned):
            if np.isfinite(lon[nth]):
                where = f"{lon[nth]:.{_DIGITS}f}, {lat[nth]:.{_DIGITS}f}"
                self._ledger.warn("W_NORMALISED", nth, self._key, f"{self._say(nth)} → {where}")


def _codes_of(reading: Reading) -> list[str]:
    """Return the codes under which rows of a reading are listed."""
    found = ["W_CRS_GCJ02"] if reading.system.is_shifted else ["W_COORD_PROJECTED"] if reading.system.is_metric else []
    return [*found, *(["W_COORD_SWAPPED"] if reading.swapped else [])]


def _holds(area: Area | None, lon: Floats, lat: Floats) -> Flags:
    """Say which points lie in the area; on the globe where none is known."""
    if area is None:
        inside: Flags = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)  # noqa: PLR2004 - degrees of the globe
        return inside
    return np.asarray(area.holds(lon, lat), dtype=bool)
