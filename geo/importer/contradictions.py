"""Where the columns or the 户编号 tell another village than the user, the title or a name: asked or listed.

The user's word for the whole file against its rows is asked about. A title that no row agrees with may be a leftover:
the rows count, and it is listed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo.importer.meanings import SKIP

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from geo.importer.findings import Ledger
    from geo.importer.places import Locator
    from geo.importer.unitsource import UnitSource
    from geo.units import Unit, UnitIndex


def settle_contradictions(
    ledger: Ledger, locator: Locator, villages: list[Unit | None], codes: Sequence[str], *,
    sources: Callable[[int], UnitSource], answers: Mapping[str, str], index: UnitIndex, named: bool,
) -> None:  # fmt: skip
    """Ask or list where the village of a row and the one told for its file differ; `named`: a column tells villages."""
    listed: set[tuple[str, str]] = set()
    among = {unit.id for unit in villages if unit is not None} if named else set()
    for nth, unit in enumerate(villages):
        source = sources(nth)
        told = source.said or source.unit
        if unit is None or told is None or told == unit:
            continue
        if not named and index.coded(codes[nth]).unit != unit:
            continue
        if source.said is not None:
            villages[nth] = _ask(ledger, locator, nth, (unit, source.said), answers)
        elif told.id not in among and (unit.id, told.id) not in listed:
            listed.add((unit.id, told.id))
            ledger.warn("W_UNIT_DIFFERS", nth, "village", f"{told.name} / {unit.name}")


def _ask(
    ledger: Ledger, locator: Locator, nth: int, units: tuple[Unit, Unit], answers: Mapping[str, str]
) -> Unit | None:
    """Return the village that was answered of the row's and the user's; else ask, once for each village."""
    value = f"{units[0].name}/{units[1].code}"
    answer = answers.get(f"unit:{value}", "")
    if answer == SKIP:
        ledger.refuse("R_UNKNOWN_VALUE", nth, "village", value)
        return None
    chosen = next((one for one in units if answer and answer in (one.id, one.code)), None)
    if chosen is None:
        ledger.ask("unit", nth, "village", value, options=locator.offer(units))
    return chosen
