"""What given outlines change in the database: new groups, first outlines, proposals where one is given already."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import shapely

from geo.importer.outlines.measure import measure_area
from geo.importer.plan import choose_group_code
from geo.importer.progress import step
from geo.importer.proposals import Proposal
from geo.importer.report import Drawn
from geo.model import new_id

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry
    from sqlalchemy import Connection

    from geo.importer.outlines.understand import Aside, Given, Understood
    from geo.importer.register import Row
    from geo.units import UnitIndex

#: What is counted; all of it stands in every report about areas.
COUNTS: Final = (
    "groups_new", "outlines_new", "outlines_changed", "outlines_same", "outlines_proposed", "centres_new",
    "centres_changed", "centres_same", "centres_proposed", "kept_aside", "left_computed",
)  # fmt: skip
#: Degrees by which two shapes may differ and still be the same one (0.2 m): formats round differently.
_SAME_DEG: Final = 2e-6
_AT_ONCE: Final = 100
_MANY_CORNERS: Final = 4_000
OUTLINE: Final = "outline"


@dataclass(slots=True)
class OutlinePlan:
    """Rows to insert and to change, what is counted, proposed and listed; `rows` are place ids with their features."""

    inserts: list[Row] = field(default_factory=list)
    updates: list[tuple[Row, Row]] = field(default_factory=list)
    aside: list[Row] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(COUNTS, 0)))
    proposals: list[Proposal] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    listed: list[dict[str, Any]] = field(default_factory=list)
    drawn: list[Drawn] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Say whether nothing would change."""
        return not (self.inserts or self.updates or self.aside)


@dataclass(frozen=True, slots=True)
class Maker:
    """When, by whom and in which edition rows are made or changed."""

    stamp: str
    actor: str
    edition: str

    def made(self) -> Row:
        """Return what every new group has alike."""
        return {
            "level": "group", "edition": self.edition, "boundary_computed": 0, "created_at": self.stamp,
            "created_by": self.actor, "rev": 1,
        }  # fmt: skip

    def changed(self, row: Row) -> Row:
        """Return the stamps of a row that is changed."""
        return {"updated_at": self.stamp, "updated_by": self.actor, "rev": row["rev"] + 1}


def make_plan(
    connection: Connection, understood: Understood, index: UnitIndex, maker: Maker, *, replace: bool
) -> OutlinePlan:
    """Return what a file changes. With `replace`, outlines that are given already are replaced, else proposed."""
    plan = OutlinePlan()
    taken: dict[str, set[str]] = {}
    places = _read_places(connection, [one.match.unit.id for one in understood.given.values() if one.match.unit])
    for nth, given in enumerate(understood.given.values()):
        if nth % _AT_ONCE == 0:
            step("plan", nth, len(understood.given))
        if given.match.unit is None:
            _add_group(plan, given, index, taken)
        else:
            _change_place(plan, given, places[given.match.unit.id], maker, replace=replace)
    _plan_aside(connection, plan, understood.aside)
    plan.counts["left_computed"] = understood.computed
    return plan


def _read_places(connection: Connection, ids: list[str]) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for at in range(0, len(ids), 500):
        part = ids[at : at + 500]
        marks = ", ".join("?" * len(part))
        found = connection.exec_driver_sql(f"SELECT * FROM place WHERE id IN ({marks})", tuple(part))
        rows |= {row["id"]: dict(row) for row in found.mappings()}
    return rows


def _add_group(plan: OutlinePlan, given: Given, index: UnitIndex, taken: dict[str, set[str]]) -> None:
    village, group = given.match.village, given.match.group
    if village is None or group is None:
        raise ValueError(given.match)
    codes = taken.setdefault(village.id, {unit.code for unit in index.groups.get(village.id, {}).values()})
    lon, lat = _rounded(given.centre) if given.centre is not None else (None, None)
    row: Row = {
        "id": new_id(), "code": choose_group_code(village, group.key, codes), "name": group.name,
        "full_name": group.name, "parent": village.id, "lon": lon, "lat": lat,
        "boundary": None if given.outline is None else shapely.to_wkb(given.outline),
    }  # fmt: skip
    plan.counts["groups_new"] += 1
    plan.counts["outlines_new"] += given.outline is not None
    plan.counts["centres_new"] += given.centre is not None
    plan.inserts.append(row)
    plan.rows[row["id"]] = given.row
    _list(plan, given, {**row, "level": "group"}, "new_group")
    plan.drawn.append(Drawn("new_group", given.outline))


def _change_place(plan: OutlinePlan, given: Given, row: Row, maker: Maker, *, replace: bool) -> None:
    plan.rows[row["id"]] = given.row
    outline, changes = _change_outline(plan, given, row, replace=replace)
    centre, further = _change_centre(plan, given, row, replace=replace)
    changes |= further
    if changes:
        plan.updates.append((row, changes | maker.changed(row)))
    what = outline if outline != "same" else centre
    _list(plan, given, row, what)
    plan.drawn.append(Drawn(what, given.outline, _given_outline(row) if outline != "new" else None))


def _change_outline(plan: OutlinePlan, given: Given, row: Row, *, replace: bool) -> tuple[str, Row]:
    if given.outline is None:
        return "same", {}
    stored = _given_outline(row)
    same = stored is not None and is_same(stored, given.outline)
    what = _weigh(plan, "outlines", has=stored is not None, same=same, replace=replace)
    if stored is not None and not same:
        before, after = (f"{measure_area(one):.0f} m²" for one in (stored, given.outline))
        plan.proposals.append(Proposal(OUTLINE, given.row, row["code"], row["name"], before, after, replace))
    if what not in ("new", "changed"):
        return what, {}
    return what, {"boundary": shapely.to_wkb(given.outline), "boundary_computed": 0}


def _given_outline(row: Row) -> BaseGeometry | None:
    return shapely.from_wkb(row["boundary"]) if row["boundary"] and not row["boundary_computed"] else None


def _change_centre(plan: OutlinePlan, given: Given, row: Row, *, replace: bool) -> tuple[str, Row]:
    if given.centre is None:
        return "same", {}
    lon, lat = _rounded(given.centre)
    has = row["lon"] is not None and row["lat"] is not None
    same = has and abs(row["lon"] - lon) <= _SAME_DEG and abs(row["lat"] - lat) <= _SAME_DEG
    what = _weigh(plan, "centres", has=has, same=same, replace=replace)
    if has and not same:
        before, after = f"{row['lon']}, {row['lat']}", f"{lon}, {lat}"
        plan.proposals.append(Proposal(OUTLINE, given.row, row["code"], row["name"], before, after, replace))
    return what, {"lon": lon, "lat": lat} if what in ("new", "changed") else {}


def _weigh(plan: OutlinePlan, kind: str, *, has: bool, same: bool, replace: bool) -> str:
    what = "same" if same else "new" if not has else "changed" if replace else "proposed"
    plan.counts[f"{kind}_{what}"] += 1
    return what


def _rounded(centre: tuple[float, float]) -> tuple[float, float]:
    return round(centre[0], 7), round(centre[1], 7)


def _list(plan: OutlinePlan, given: Given, row: Row, what: str) -> None:
    plan.listed.append(
        {
            "row": given.row, "level": row["level"], "code": row["code"], "name": row["name"], "what": what,
            "m2": None if given.outline is None else round(measure_area(given.outline), 1),
        }
    )  # fmt: skip


def _plan_aside(connection: Connection, plan: OutlinePlan, aside: list[Aside]) -> None:
    """Keep features without a unit, unless just they are kept already."""
    known = connection.exec_driver_sql(
        "SELECT a.label, a.shape FROM area_aside a JOIN import_batch b ON b.id = a.batch WHERE b.undone_at IS NULL"
    ).all()
    kept = {(label, shape) for label, shape in known}
    for one in aside:
        shape = None if one.shape is None else shapely.to_wkb(one.shape)
        plan.listed.append(
            {
                "row": one.row, "level": "", "code": "", "name": one.label, "what": "aside", "m2": None,
                "nearest": list(one.nearest),
            }
        )  # fmt: skip
        if one.shape is not None and one.shape.geom_type != "Point":
            plan.drawn.append(Drawn("aside", one.shape))
        if (one.label, shape) not in kept:
            plan.aside.append({"row": one.row, "label": one.label, "shape": shape})
            plan.counts["kept_aside"] += 1


def is_same(one: BaseGeometry, other: BaseGeometry) -> bool:
    """Say whether two outlines are one, as formats write it: corner by corner, else by how far they lie apart."""
    if shapely.equals_exact(one, other, _SAME_DEG):
        return True
    first, second = shapely.normalize(one), shapely.normalize(other)
    if shapely.equals_exact(first, second, _SAME_DEG):
        return True
    few = max(shapely.get_num_coordinates(one), shapely.get_num_coordinates(other)) <= _MANY_CORNERS
    near = few and shapely.hausdorff_distance(one.boundary, other.boundary) <= _SAME_DEG
    return bool(near and abs(one.area - other.area) <= _SAME_DEG * one.length)
