"""What a locked round published: its figures have an id, and whoever asks for the id later gets the same ones."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import func, select

from geo.access import places_inside, require_area, require_right
from geo.audit import log_change
from geo.coverage import Counts, by_tag
from geo.errors import Invalid, NotFound
from geo.schema import coverage_cell, place, place_path, round_, round_figures
from geo.store.cells import read_cells, rebuild_round
from geo.store.database import now, read_today
from geo.store.issues import NO_ISSUES, count_issues
from geo.store.rounds import find_round, visible_round
from geo.store.rules import FROZEN, read_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Connection, RowMapping

    from geo.model import Round, Scope
    from geo.store.database import Database

_COVERAGE, _ISSUES, _TAGS = "coverage", "issues", "tags"

#: Care tag → households of D that hold it, and how many of them effective.
Tags: TypeAlias = "dict[str, list[int]]"


@dataclass(frozen=True, slots=True)
class PlaceFigures:
    """What was published of one place: `counts` are `schema.CELL_COUNTS`, `issues` are `geo.issues.ISSUE_COUNTS`.

    `tags`: of each care tag the households of D that hold it, and how many of them effective.
    """

    place: str
    code: str
    name: str
    level: str
    counts: Counts
    issues: dict[str, int]
    tags: Tags


@dataclass(frozen=True, slots=True)
class Published:
    """The figures of a locked round by their id: as of which day, when and by whom, one entry a place, by code.

    `rules`: the 口径 in force at the lock, by key.

    `intact`: every stored row still has the hash it was stored with, and together they have that of the id.
    """

    id: str
    round: Round
    as_of: date
    locked_at: str
    locked_by: str
    intact: bool
    places: list[PlaceFigures]
    rules: dict[str, int]


def close_round(db: Database, scope: Scope, *, round_id: str) -> None:
    """Close a round that has ended: it waits for late entries and its lock. Raises `Invalid`, `NotFound`."""
    require_right(scope, "manage_round")
    with db.write() as connection:
        found = _own_round(connection, scope, round_id)
        if found.status != "open":
            raise Invalid("err.round_status", name=found.name)
        if found.ends_on > read_today(connection):
            raise Invalid("err.round_runs", name=found.name, ends=found.ends_on)
        _set_status(connection, scope, found, "closed")


def reopen_round(db: Database, scope: Scope, *, round_id: str) -> None:
    """Open a closed round again; a locked one stays locked. Raises `Invalid`, `NotFound`."""
    require_right(scope, "manage_round")
    with db.write() as connection:
        found = _own_round(connection, scope, round_id)
        if found.status != "closed":
            raise Invalid("err.round_status", name=found.name)
        _set_status(connection, scope, found, "open")


def lock_round(db: Database, scope: Scope, *, round_id: str) -> str:
    """Lock a closed round and publish its figures as of today; return their id. Once locked, always the same id.

    Raises `Invalid` for a round that is not closed, `NotFound`.
    """
    require_right(scope, "manage_round")
    with db.write() as connection:
        found = _own_round(connection, scope, round_id)
        if found.status == "locked":
            known = _id_of(connection, found.id)
            if known is not None:
                return known
        elif found.status != "closed":
            raise Invalid("err.round_not_closed", name=found.name)
        day = read_today(connection)
        rebuild_round(connection, found.id, day)
        rows = _figures_of(connection, found, day)
        figures_id = _make_id(found, day, rows)
        stamp = {"id": figures_id, "round": found.id, "as_of": day, "locked_at": now(), "locked_by": scope.actor}
        hashed = [{**one, "sha256": _hash(figures_id, one)} for one in rows]
        connection.execute(round_figures.insert(), [{**stamp, **one} for one in hashed])
        _set_status(connection, scope, found, "locked", figures=figures_id)
        return figures_id


def read_published(db: Database, scope: Scope, *, figures_id: str) -> Published:
    """Return the figures with an id, of the places in the scope's area. Raises `NotFound`."""
    require_right(scope, "view")
    with db.read() as connection:
        stored = connection.execute(select(round_figures).where(round_figures.c.id == figures_id)).mappings().all()
        inside = set(connection.execute(places_inside(scope)).scalars())
        shown = [row for row in stored if row["place"] in inside]
        if not shown:
            raise NotFound("err.no_figures", id=figures_id)
        about = {
            row.id: row for row in connection.execute(select(place.c.id, place.c.code, place.c.name, place.c.level))
        }
        found = find_round(connection, stored[0]["round"])
        first = stored[0]
    rules: dict[str, int] = next(
        (json.loads(row["counts"])[FROZEN] for row in stored if FROZEN in json.loads(row["counts"])), {}
    )
    places = [_read_row(row, about[row["place"]]) for row in shown]
    return Published(
        figures_id, found, first["as_of"], first["locked_at"], first["locked_by"], _is_intact(found, stored),
        sorted(places, key=lambda one: one.code), rules,
    )  # fmt: skip


def list_published(db: Database, scope: Scope) -> dict[str, str]:
    """Return round id → id of its published figures, of rounds that concern the scope's area."""
    require_right(scope, "view")
    with db.read() as connection:
        in_area = places_inside(scope)
        wanted = select(round_figures.c.round, func.max(round_figures.c.id)).where(round_figures.c.place.in_(in_area))
        return {row[0]: row[1] for row in connection.execute(wanted.group_by(round_figures.c.round))}


def frozen_counts(
    connection: Connection, round_: Round, day: date, place_ids: Iterable[str]
) -> tuple[date, dict[str, tuple[Counts, dict[str, int]]]] | None:
    """Return day and published counts of places of a locked round; None for a day before it, or without them."""
    found = _frozen_rows(connection, round_, day, place_ids)
    return None if found is None else (found[0], {row["place"]: _counts(row) for row in found[1]})


def _frozen_rows(
    connection: Connection, round_: Round, day: date, place_ids: Iterable[str]
) -> tuple[date, Sequence[RowMapping]] | None:
    figures_id = _id_of(connection, round_.id) if round_.status == "locked" else None
    if figures_id is None:
        return None
    as_of = connection.execute(select(round_figures.c.as_of).where(round_figures.c.id == figures_id)).scalars().first()
    if as_of is None or day < as_of:
        return None
    wanted = select(round_figures).where(round_figures.c.id == figures_id, round_figures.c.place.in_(list(place_ids)))
    return as_of, connection.execute(wanted).mappings().all()


def broken_figures(connection: Connection) -> list[str]:
    """Return the ids of published figures that are not what they were when they were published (`check`)."""
    stored: dict[str, list[RowMapping]] = {}
    for row in connection.execute(select(round_figures).order_by(round_figures.c.id)).mappings():
        stored.setdefault(row["id"], []).append(row)
    return [one for one, rows in stored.items() if not _is_intact(find_round(connection, rows[0]["round"]), rows)]


def _own_round(connection: Connection, scope: Scope, round_id: str) -> Round:
    found = visible_round(connection, scope, round_id)
    require_area(connection, scope, found.scope)
    return found


def _set_status(connection: Connection, scope: Scope, found: Round, status: str, **more: str) -> None:
    connection.execute(
        round_.update()
        .where(round_.c.id == found.id)
        .values(status=status, rev=round_.c.rev + 1, updated_at=now(), updated_by=scope.actor)
    )
    log_change(connection, scope, action=f"round.{status}", object_id=found.id, diff={"was": found.status, **more})


def _id_of(connection: Connection, round_id: str) -> str | None:
    wanted = select(round_figures.c.id).where(round_figures.c.round == round_id).limit(1)
    return connection.execute(wanted).scalar()


def _figures_of(connection: Connection, found: Round, day: date) -> list[dict[str, str]]:
    """Return place and counts (JSON) of every place that has a cell in the round, by place."""
    held = select(coverage_cell.c.place).where(coverage_cell.c.round == found.id, coverage_cell.c.span == "all")
    places = sorted(connection.execute(held).scalars())
    cells, issues = read_cells(connection, found.id, places), count_issues(connection, day)
    tags = _count_tags(connection, found, day)
    said: dict[str, dict[str, Any]] = {
        one: {_COVERAGE: dict(cells[one].values), _ISSUES: issues.get(one, NO_ISSUES), _TAGS: tags.get(one, {})}
        for one in places
    }
    if found.scope in said:
        said[found.scope][FROZEN] = read_rules(connection).as_dict()
    return [{"place": one, "counts": _json(counts)} for one, counts in said.items()]


def _count_tags(connection: Connection, found: Round, day: date) -> dict[str, Tags]:
    """Return what each place and all above it have of each care tag."""
    leaves = by_tag(found, day, by_place=True).subquery("leaves")
    sums = (func.sum(leaves.c.roster), func.sum(leaves.c.effective))
    rows = connection.execute(
        select(place_path.c.ancestor, leaves.c.kind, *sums)
        .join(leaves, leaves.c.place == place_path.c.place)
        .group_by(place_path.c.ancestor, leaves.c.kind)
    )
    tags: dict[str, Tags] = {}
    for one, kind, roster, effective in rows:
        tags.setdefault(one, {})[kind] = [int(roster), int(effective)]
    return tags


def frozen_tags(connection: Connection, round_: Round, day: date, place_id: str) -> Tags | None:
    """Return what a locked round published of care tags under a place; None as for `frozen_counts`."""
    found = _frozen_rows(connection, round_, day, [place_id])
    if found is None:
        return None
    return next((_tags(row) for row in found[1]), {})


def _make_id(found: Round, day: date, rows: Iterable[Mapping[Any, Any]]) -> str:
    whole = _json([found.id, day.isoformat(), [[one["place"], one["counts"]] for one in rows]])
    return f"R{found.number}-{day:%Y%m%d}-{hashlib.sha256(whole.encode()).hexdigest()[:12]}"


def _hash(figures_id: str, row: Mapping[Any, Any]) -> str:
    return hashlib.sha256(_json([figures_id, row["place"], row["counts"]]).encode()).hexdigest()


def _is_intact(found: Round, stored: Iterable[RowMapping]) -> bool:
    rows = sorted(stored, key=lambda row: str(row["place"]))
    whole = _make_id(found, rows[0]["as_of"], rows)
    return whole == rows[0]["id"] and all(row["sha256"] == _hash(row["id"], row) for row in rows)


def _counts(row: Mapping[Any, Any]) -> tuple[Counts, dict[str, int]]:
    said = json.loads(row["counts"])
    return Counts(said[_COVERAGE]), {**NO_ISSUES, **said[_ISSUES]}


def _tags(row: Mapping[Any, Any]) -> Tags:
    said: Tags = json.loads(row["counts"])[_TAGS]
    return said


def _read_row(row: RowMapping, about: Any) -> PlaceFigures:
    counts, issues = _counts(row)
    return PlaceFigures(row["place"], about.code, about.name, about.level, counts, issues, _tags(row))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
