"""The preset `stress`: the whole demo district several times over, side by side, for tests of speed.

The rows of the first are copied inside the database, with other ids, codes, tile ids and longitudes; a copy's townships
lie under the one district. Who came to a visit and what was talked about are left out of the copies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import shapely
from shapely.affinity import translate
from sqlalchemy import ColumnElement, Table, case, func, insert, literal, select

from geo.schema import (
    CELL_COUNTS,
    assignment,
    coverage_cell,
    household,
    household_tag,
    issue,
    issue_event,
    issue_household,
    measure,
    person,
    place,
    place_path,
    round_roster,
    team,
    team_member,
    visit,
)

if TYPE_CHECKING:
    from sqlalchemy import Column, Connection

    from geo.demo.parameters import World

#: What is copied, parents first.
TABLES: Final[tuple[Table, ...]] = (
    place, place_path, household, household_tag, person, team, team_member, round_roster, assignment, visit, issue,
    issue_household, issue_event, measure, coverage_cell,
)  # fmt: skip
#: From copy to copy; more than the units of an edition need.
TILE_STEP: Final = 1 << 21


def multiply(connection: Connection, world: World) -> None:
    """Put the copies beside the district that is there, and give the district the outline and counts of all."""
    given = world.params["presets"]["stress"]
    root = connection.execute(select(place.c.id, place.c.code, place.c.boundary).where(place.c.parent.is_(None))).one()
    step = float(given["shift_lon_deg"].removesuffix("k"))
    copies = [
        _Copy(root.id, root.code, _numbered(given["code"], nth), nth, step * nth, _numbered(given["name"], nth))
        for nth in range(1, given["copies"])
    ]
    for one in copies:
        for table in TABLES:
            connection.execute(one.insert_rows(table))
    whole = coverage_cell.c.place == root.id
    sums = {name: coverage_cell.c[name] * given["copies"] for name in CELL_COUNTS}
    connection.execute(coverage_cell.update().where(whole).values(**sums))
    outline = shapely.from_wkb(root.boundary)
    parts = [outline, *(translate(outline, one.shift_deg) for one in copies)]
    connection.execute(
        place.update().where(place.c.id == root.id).values(boundary=shapely.to_wkb(shapely.union_all(parts)))
    )


def _numbered(words: str, nth: int) -> str:
    """Return "99k602" of "copy k: 520602 -> 99k602" with its number, or another word with its k."""
    return words.rpartition("->")[2].strip().replace("k", str(nth))


class _Copy:
    """One copy: how each column of its rows is made from that of the first district."""

    def __init__(self, root: str, first: str, code: str, nth: int, shift_deg: float, name: str) -> None:
        self.root, self.first, self.code, self.nth, self.shift_deg, self.name = root, first, code, nth, shift_deg, name

    def insert_rows(self, table: Table) -> Any:
        """Return the statement that inserts the copy of a table's rows, in the order of their keys."""
        columns = list(table.columns)
        # What a copy before brought is told by its ids, all of which are longer.
        first = select(*(self._value(table, column) for column in columns)).order_by(*table.primary_key.columns)
        return insert(table).from_select([column.name for column in columns], first.where(*self._original(table)))

    def _original(self, table: Table) -> list[ColumnElement[bool]]:
        if table in (place, place_path, coverage_cell):
            own = table.c.id if table is place else table.c.place
            return [own != self.root, own.startswith(self.root, autoescape=True)]
        key = next(column for column in table.primary_key.columns if self._is_own(table, column))
        return [~key.startswith("s")]

    def _value(self, table: Table, column: Column[Any]) -> ColumnElement[Any]:
        if table is place and column.name in ("name", "full_name"):
            return case((place.c.level == "group", column), else_=column + self.name).label(column.name)
        if column.name == "lon" and table in (place, household):
            return (column + self.shift_deg).label("lon")
        if column is household.c.tile_id:
            return (column + self.nth * TILE_STEP).label("tile_id")
        if column is household.c.code:
            return (self.code + column).label("code")
        if column is place.c.code or column is issue.c.number:
            return (self.code + func.substr(column, len(self.first) + 1)).label(column.name)
        if _target(table, column) is place:
            moved = func.replace(column, self.root, self.root.removesuffix(self.first) + self.code)
            return case((column == self.root, literal(self.root)), else_=moved).label(column.name)
        return (f"s{self.nth}-" + column).label(column.name) if self._is_own(table, column) else column

    @staticmethod
    def _is_own(table: Table, column: Column[Any]) -> bool:
        return _target(table, column) in TABLES


def _target(table: Table, column: Column[Any]) -> Table | None:
    """Return the table whose row a column names: its own by its id, another by a foreign key; None for others."""
    if column.name == "id":
        return table
    return next((key.column.table for key in column.foreign_keys), None)
