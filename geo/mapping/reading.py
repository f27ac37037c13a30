"""Everything a file says, field by field, before the database is asked: pure but for the ledger it fills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geo.mapping.evaluate import UNKNOWN, evaluate, holds, read_distinct
from geo.mapping.fields import read_fields
from geo.mapping.points import read_points
from geo.mapping.spec import Target
from geo.schema.columns import MAPPED_UNITS
from geo.schema.mapped import MAPPED_FIELDS
from geo.validate import parse_code, parse_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from numpy.typing import NDArray

    from geo.mapping.ledger import Ledger
    from geo.mapping.spec import MappingSpec, UnitLevel, UnitTree, Value
    from geo.store.area import Area

#: Letters of a unit's code or name.
_LONGEST: Final = 200
#: Code, name, lon and lat of one unit as the file says it.
Said = tuple[str, str, float | None, float | None]


@dataclass(frozen=True, slots=True)
class Rows:
    """One target, row by row: which rows count, what each field says, the point (WGS84 degrees) and how it is written.

    `written` is empty where the point is in WGS84 already.
    """

    mask: NDArray[np.bool_]
    values: dict[str, list[Any]]
    lon: list[float | None]
    lat: list[float | None]
    written: list[str]

    def get(self, key: str, nth: int, default: Any = None) -> Any:
        """Return one field of a row; the default where the mapping does not have it or it says nothing."""
        column = self.values.get(key)
        said = column[nth] if column is not None else None
        return default if said in (None, "", ()) else said


@dataclass(frozen=True, slots=True)
class Reading:
    """What the whole file says: the targets, and the units of every row, highest level first.

    `units` of a tree that the file brings along holds `Said` a level; of registered ones the texts of a level.
    `counts` says which rows become anything; `left_out` are those (from 0) that the mapping's conditions leave out:
    `where`, or `when` of every target. Rows of another length are in neither.
    """

    targets: dict[str, Rows]
    units: dict[str, list[Any]]
    counts: NDArray[np.bool_]
    left_out: tuple[int, ...] = ()


def read_file(ledger: Ledger, spec: MappingSpec, *, today: date, area: Area | None) -> Reading:
    """Return what every row says. Nothing is guessed; what is not understood stands in the ledger."""
    whole = np.ones(len(ledger.table), dtype=bool)
    for nth, width in ledger.table.ragged.items():
        ledger.refuse("R_COLUMN_COUNT", nth, "", str(width))
        whole[nth] = False
    inside = whole & holds(spec.where, ledger.table)
    masks = {name: inside & holds(target.when, ledger.table) for name, target in spec.targets.items()}
    counts = np.logical_or.reduce(list(masks.values())) if masks else inside
    targets = {}
    for name, target in spec.targets.items():
        fields, mask = MAPPED_FIELDS[name], masks[name]
        values = read_fields(ledger, target, fields, mask, today=today)
        targets[name] = Rows(mask, values, *read_points(ledger, target, fields, mask, area=area))
    units = _read_units(ledger, spec.units, counts) if spec.units is not None else {}
    return Reading(targets, units, counts, tuple(np.flatnonzero(whole & ~counts).tolist()))


def _read_units(ledger: Ledger, tree: UnitTree, inside: NDArray[np.bool_]) -> dict[str, list[Any]]:
    if not tree.registered:
        return {one.level: _read_level(ledger, one, inside) for one in tree.levels}
    texts = {one.level: _texts(one.name, ledger) for one in tree.levels}
    return texts | {"village_code": _texts(tree.village_code, ledger)}


def _texts(value: Value | None, ledger: Ledger) -> list[str]:
    """Return the texts of a unit's value; a word that its map does not know stays as it is."""
    if value is None:
        return [""] * len(ledger.table)
    return [said.removeprefix(UNKNOWN) for said in evaluate(value, ledger.table)]


def _read_level(ledger: Ledger, level: UnitLevel, inside: NDArray[np.bool_]) -> list[Said]:
    fields = MAPPED_FIELDS["places"]
    middle = {name: value for name, value in (("lon", level.lon), ("lat", level.lat)) if value is not None}
    target = Target(level.level, 0, middle)
    lon, lat, _ = read_points(ledger, target, fields, inside, area=None)
    codes = _read_names(ledger, level.level, level.code, inside, parse_code)
    return list(zip(codes, _read_names(ledger, level.level, level.name, inside, parse_text), lon, lat, strict=True))


def _read_names(
    ledger: Ledger, level: str, value: Value | None, inside: NDArray[np.bool_], parse: Callable[..., tuple[str, str]]
) -> list[str]:
    """Return the codes or names of a level as they are stored; what is lost or taken out of one is listed."""
    if value is None:
        return [""] * len(ledger.table)
    texts = _texts(value, ledger)
    chosen = (value.text, value.default)
    read = read_distinct(texts, lambda said: (said, "") if said in chosen else parse(said, longest=_LONGEST))
    for nth in np.flatnonzero(inside).tolist():
        if read[nth][1]:
            ledger.warn(read[nth][1], nth, MAPPED_UNITS[level], texts[nth], value=value)
    return [said for said, _ in read]
