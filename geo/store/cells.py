"""Coverage cells: counts of every leaf and of all above it, kept true inside the transaction that changes them.

A cell `own` is the leaf's row of `coverage.roll_up`; the cell `all` of a place is the sum of the `own` cells under it.
Cells hold for the day in `coverage_day` only; a round whose day is not today's is rebuilt on its first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, Select, and_, bindparam, func, insert, literal, literal_column, or_, select, union_all

from geo.coverage import Counts, leaf_statement, leaf_values
from geo.prepared import Prepared
from geo.schema import CELL_COUNTS, coverage_cell, coverage_day, place_path
from geo.store.counted import count_leaves, read_leaves
from geo.store.database import bulk_insert, read_today
from geo.store.rounds import find_round
from geo.store.rules import read_pace_days
from geo.store.since import read_mark

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy import Connection

    from geo.model import Round
    from geo.store.counted import Leaves
    from geo.store.database import Database


def refresh_cells(
    connection: Connection, round_or_id: Round | str, as_of: date, places: Iterable[str] | None = None
) -> None:
    """Recompute the cells of some leaf places, and of all above them; without places, of the whole round."""
    round_ = find_round(connection, round_or_id) if isinstance(round_or_id, str) else round_or_id
    if places is None or _day_of(connection, round_.id) != as_of:
        rebuild_round(connection, round_.id, as_of)
        return
    for leaf in sorted(set(places)):
        _refresh_leaf(connection, round_, as_of, leaf)


def rebuild_round(connection: Connection, round_id: str, as_of: date, *, counted: Leaves | None = None) -> None:
    """Compute every cell of the round anew as of a day; `counted` are its leaves where they are known."""
    leaves = read_leaves(connection, find_round(connection, round_id), as_of) if counted is None else counted
    connection.execute(coverage_cell.delete().where(coverage_cell.c.round == round_id))
    columns = ["round", "place", "span", *CELL_COUNTS]
    rows = ((place, *counts) for place, counts in leaves.items())
    bulk_insert(connection, "coverage_cell", ["place", *CELL_COUNTS], rows, same={"round": round_id, "span": "own"})
    below = coverage_cell.alias("below")
    total = (
        select(
            literal(round_id),
            place_path.c.ancestor,
            literal("all"),
            *(func.sum(below.c[name]) for name in CELL_COUNTS),
        )
        .join(place_path, place_path.c.place == below.c.place)
        .where(below.c.round == round_id, below.c.span == "own")
        .group_by(place_path.c.ancestor)
    )
    connection.execute(insert(coverage_cell).from_select(columns, total))
    connection.execute(coverage_day.delete().where(coverage_day.c.round == round_id))
    connection.execute(coverage_day.insert().values(round=round_id, as_of=as_of))


def ensure_cells(db: Database, round_id: str) -> None:
    """Rebuild the round's cells if they are not of today, from what was counted ahead where that still holds."""
    with db.read() as connection:
        today, round_ = read_today(connection), find_round(connection, round_id)
        if _day_of(connection, round_id) == today:
            return
    mark, leaves = count_leaves(db, round_, today)
    # Nothing that is shown becomes another by it.
    with db.write(counts=False) as connection:
        if _day_of(connection, round_id) != read_today(connection):
            holds = (mark, today) == (read_mark(connection), read_today(connection))
            rebuild_round(connection, round_id, read_today(connection), counted=leaves if holds else None)


def read_cells(connection: Connection, round_id: str, places: Iterable[str], *, span: str = "all") -> dict[str, Counts]:
    """Return the counts of each place that has any; the caller has called `ensure_cells`."""
    wanted = select(coverage_cell).where(
        coverage_cell.c.round == round_id, coverage_cell.c.span == span, coverage_cell.c.place.in_(list(places))
    )
    return {
        row["place"]: Counts({name: row[name] for name in CELL_COUNTS}) for row in connection.execute(wanted).mappings()
    }


def differing_cells(connection: Connection, round_id: str) -> list[str]:
    """Return the places whose stored cells differ from a full recompute as of the cells' own day (`check`)."""
    day = _day_of(connection, round_id)
    if day is None:
        return []
    leaves = read_leaves(connection, find_round(connection, round_id), day)
    expected = {place_id: dict(zip(CELL_COUNTS, counts, strict=True)) for place_id, counts in leaves.items()}
    totals: dict[str, dict[str, int]] = {}
    paths = connection.execute(select(place_path.c.place, place_path.c.ancestor))
    for place_id, ancestor in paths:
        for name, value in expected.get(place_id, {}).items():
            totals.setdefault(ancestor, dict.fromkeys(CELL_COUNTS, 0))[name] += value
    stored = connection.execute(select(coverage_cell).where(coverage_cell.c.round == round_id)).mappings()
    found: dict[tuple[str, str], dict[str, int]] = {
        (row["place"], row["span"]): {name: row[name] for name in CELL_COUNTS} for row in stored
    }
    wanted = {(key, "own"): value for key, value in expected.items()}
    wanted |= {(key, "all"): value for key, value in totals.items()}
    nothing = dict.fromkeys(CELL_COUNTS, 0)
    keys = wanted.keys() | found.keys()
    return sorted({key[0] for key in keys if wanted.get(key, nothing) != found.get(key, nothing)})


def _day_of(connection: Connection, round_id: str) -> date | None:
    day: date | None = _DAY.value(connection, {"of_round": round_id})
    return day


def read_cell(connection: Connection, round_id: str, place_id: str, *, span: str = "all") -> Counts:
    """Return the counts of one place; the caller has called `ensure_cells`, or refreshed the cell just now."""
    row = _CELL.first(connection, {"of_round": round_id, "of_place": place_id, "of_span": span})
    return Counts(dict(zip(CELL_COUNTS, row, strict=True))) if row else Counts.empty()


def _refresh_leaf(connection: Connection, round_: Round, as_of: date, leaf: str) -> None:
    values = leaf_values(round_, as_of, leaf, pace_days=read_pace_days(connection, round_))
    fresh = _LEAF_COUNTS[round_.away_phone_counts].first(connection, values)
    # The place stands before the counts.
    new = fresh[1:] if fresh else (0,) * len(CELL_COUNTS)
    old = read_cell(connection, round_.id, leaf, span="own")
    delta = {name: value - old.values[name] for name, value in zip(CELL_COUNTS, new, strict=True)}
    if any(delta.values()):
        _add(connection, round_.id, leaf, delta)


def _add(connection: Connection, round_id: str, leaf: str, delta: dict[str, int]) -> None:
    """Add the difference to the leaf's own cell and to those of everything it lies in; make the cells that lack."""
    for place_id, span, present in _CELLS_ABOVE.all(connection, {"of_round": round_id, "of_leaf": leaf}):
        if present is None:
            connection.execute(coverage_cell.insert().values(round=round_id, place=place_id, span=span))
    changes = {f"add_{name}": value for name, value in delta.items()}
    _ADD.write(connection, {"of_round": round_id, "of_leaf": leaf, **changes})


# Built once: a save runs each of them, and building a statement costs more than running it.
_HERE = and_(
    coverage_cell.c.round == bindparam("of_round"),
    coverage_cell.c.place == bindparam("of_place"),
    coverage_cell.c.span == bindparam("of_span"),
)
_DAY = Prepared(select(coverage_day.c.as_of).where(coverage_day.c.round == bindparam("of_round")))
_CELL = Prepared(select(*(coverage_cell.c[name] for name in CELL_COUNTS)).where(_HERE))
_OVER = select(place_path.c.ancestor).where(place_path.c.place == bindparam("of_leaf"))
_ADD = Prepared(
    coverage_cell.update()
    .where(
        coverage_cell.c.round == bindparam("of_round"),
        coverage_cell.c.place.in_(_OVER),
        or_(
            coverage_cell.c.span == literal_column("'all'"),
            coverage_cell.c.place == bindparam("of_leaf"),
        ),
    )
    .values({name: coverage_cell.c[name] + bindparam(f"add_{name}", type_=Integer) for name in CELL_COUNTS})
)


def _cells_over(span: str, *, leaf_only: bool) -> Select[Any]:
    """One row per place a leaf lies in (or the leaf alone): ancestor, wanted span, span (empty where no cell is)."""
    cell = and_(
        coverage_cell.c.round == bindparam("of_round"),
        coverage_cell.c.place == place_path.c.ancestor,
        coverage_cell.c.span == literal_column(f"'{span}'"),
    )
    rows = (
        select(place_path.c.ancestor, literal_column(f"'{span}'").label("wanted"), coverage_cell.c.span)
        .select_from(place_path.outerjoin(coverage_cell, cell))
        .where(place_path.c.place == bindparam("of_leaf"))
    )
    return rows.where(place_path.c.depth == 0) if leaf_only else rows


_CELLS_ABOVE = Prepared(union_all(_cells_over("own", leaf_only=True), _cells_over("all", leaf_only=False)))
#: The roll-up of one leaf, by whether the round counts phone contacts.
_LEAF_COUNTS = {counts: Prepared(leaf_statement(phone_counts=counts)) for counts in (False, True)}
