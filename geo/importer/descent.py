"""Which rows a newer list of units makes, closes and moves: places with their groups, households, issues, teams."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from geo.importer.apply import insert_paths
from geo.importer.blocks import Block
from geo.importer.journal import Journal, columns_of, fetch_row
from geo.importer.plan import choose_group_code
from geo.model import new_id
from geo.store.database import now
from geo.store.units import unit_id
from geo.units import Unit, parse_group

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from sqlalchemy import Connection

    from geo.editions import Fate, ListedUnit
    from geo.importer.register import Row

_PLACED: Final = ("boundary", "boundary_computed", "lon", "lat")


@dataclass(slots=True)
class Descent:
    """The plan: new places (parents first), places to close with their successor, and where what belongs to them goes.

    `goes` maps the id of every closed place, groups too, to that of its successor (None: it has none). `villages` maps
    every group that is made to the village it is made in. `parts` are the groups that leave their village for another
    one than the rest: the village's id → key of the group's name → the other village's id.
    """

    edition: str
    made: list[Row] = field(default_factory=list)
    closed: list[Row] = field(default_factory=list)
    renamed: list[tuple[Row, Row]] = field(default_factory=list)
    goes: dict[str, str | None] = field(default_factory=dict)
    villages: dict[str, str] = field(default_factory=dict)
    parts: dict[str, dict[str, str]] = field(default_factory=dict)
    homes: list[Row] = field(default_factory=list)
    issues: list[Row] = field(default_factory=list)
    teams: list[Row] = field(default_factory=list)
    members: list[Row] = field(default_factory=list)
    clashes: tuple[tuple[str, str, str], ...] = ()
    households_of: Counter[str] = field(default_factory=Counter)
    groups_of: Counter[str] = field(default_factory=Counter)

    def find_home(self, row: Row) -> tuple[str, str] | None:
        """Return the village and place that a household goes to; None for one that nobody takes in, or that stays."""
        place = self.goes.get(row["place"])
        village = self.goes.get(row["village"]) if place is None else self.villages.get(place, place)
        return None if village is None else (village, place or village)

    def count(self) -> dict[str, int]:
        """Return how many rows are made and moved."""
        groups = sum(row["level"] == "group" for row in self.made)
        return {
            "units": len(self.made) - groups, "groups": groups, "households": len(self.homes),
            "issues": len(self.issues), "teams": len(self.teams),
        }  # fmt: skip


def plan_descent(
    connection: Connection, root: Row, places: list[Row], *, fates: dict[str, Fate], target: dict[str, ListedUnit],
    edition: str, parts: Mapping[tuple[str, str], str] | None = None,
) -> Descent:  # fmt: skip
    """Plan from the fates of the townships and villages (`places`, townships first) what becomes of every row.

    `parts`: groups of a village that go elsewhere than the rest ((its id, group's key) → code of the new list).
    """
    plan = Descent(edition)
    ids = _keep_or_make(plan, root, places, fates, target)
    for (village, key), code in (parts or {}).items():
        plan.parts.setdefault(village, {})[key] = ids[code]
    kept = set(ids.values())
    groups = _read_groups(connection)
    for row in places:
        plan.groups_of[row["id"]] = len(groups.get(row["id"], ()))
        if row["id"] not in kept:
            unit = fates[row["id"]].unit
            plan.closed.append(row)
            plan.goes[row["id"]] = None if unit is None else ids[unit.code]
    _hand_down(plan, places, fates)
    _plan_groups(plan, places, groups, {place: code for code, place in ids.items()})
    _plan_belongings(connection, plan)
    return plan


def _keep_or_make(
    plan: Descent, root: Row, places: list[Row], fates: dict[str, Fate], target: dict[str, ListedUnit]
) -> dict[str, str]:
    """Return code → place id of every unit of the new list; units that are not there unchanged are made."""
    there = {row["code"]: row for row in places if fates[row["id"]].how == "same"}
    ids = {root["code"]: root["id"]}
    for code, unit in sorted(target.items(), key=lambda item: (len(item[0]), item[0])):
        row = root if code == root["code"] else there.get(code)
        if row is not None and (row is root or row["parent"] == ids[unit.parent]):
            ids[code] = row["id"]
            if row["full_name"] != unit.full_name and row is not root:
                plan.renamed.append((row, {"full_name": unit.full_name}))
            continue
        ids[code] = unit_id(plan.edition, code)
        plan.made.append(
            {
                "id": ids[code], "code": code, "name": unit.name, "full_name": unit.full_name, "level": unit.level,
                "parent": ids[unit.parent], "boundary": None, "boundary_computed": 0, "lon": None, "lat": None,
            }
        )  # fmt: skip
    return ids


def _hand_down(plan: Descent, places: list[Row], fates: dict[str, Fate]) -> None:
    """A unit that goes on alone under another name or code keeps its outline and centre."""
    heirs = Counter(fate.unit.code for fate in fates.values() if fate.unit is not None)
    made = {row["id"]: row for row in plan.made}
    for row in places:
        unit, heir = fates[row["id"]].unit, made.get(plan.goes.get(row["id"]) or "")
        is_whole = row["id"] not in plan.parts
        if unit is not None and heir is not None and heirs[unit.code] == 1 and is_whole:
            heir.update({name: row[name] for name in _PLACED})


def _read_groups(connection: Connection) -> dict[str, list[Row]]:
    rows = connection.exec_driver_sql("SELECT * FROM place WHERE valid_to IS NULL AND level = 'group' ORDER BY code")
    found: dict[str, list[Row]] = {}
    for row in rows.mappings():
        found.setdefault(row["parent"], []).append(dict(row))
    return found


def _plan_groups(plan: Descent, places: list[Row], groups: dict[str, list[Row]], codes: dict[str, str]) -> None:
    """Make the groups of closed villages anew under the successor; one of a name that is taken keeps its village's."""
    names = {row["id"]: row["name"] for row in places}
    keys: dict[str, set[str]] = {}
    taken: dict[str, set[str]] = {}
    for village in [row["id"] for row in places if row["level"] == "village"]:
        apart = plan.parts.get(village, {})
        for group in groups.get(village, ()):
            heir = apart.get(_key(group["name"]), plan.goes.get(village, village))
            if heir == village:
                continue
            plan.closed.append(group)
            plan.goes[group["id"]] = None
            if heir is None:
                continue
            leaving = plan.parts.get(heir, {})
            known = groups.get(heir, []) if heir not in plan.goes else []
            used = keys.setdefault(heir, {_key(one["name"]) for one in known} - set(leaving))
            name = group["name"]
            if _key(name) in used:
                name = f"{names[village]}{name}"
            used.add(_key(name))
            spent = taken.setdefault(heir, {one["code"] for one in known})
            above = Unit(heir, codes[heir], "", "", "village", None)
            row = {
                "id": new_id(), "code": choose_group_code(above, _key(name), spent), "name": name, "full_name": name,
                "level": "group", "parent": heir, **{column: group[column] for column in _PLACED},
            }  # fmt: skip
            plan.goes[group["id"]] = row["id"]
            plan.villages[row["id"]] = heir
            plan.made.append(row)


def _key(name: str) -> str:
    group = parse_group(name)
    return group.key if group is not None else name


def _plan_belongings(connection: Connection, plan: Descent) -> None:
    """Find the households, open issues and teams of closed units, and household codes that would meet."""
    closed = set(plan.goes)
    for row in _all(connection, "SELECT * FROM household"):
        if row["village"] not in closed and row["place"] not in closed:
            continue
        goes = plan.find_home(row)
        lives = row["exited_on"] is None
        if goes is not None:
            plan.homes.append(row)
        if row["place"] in closed and row["place"] != row["village"]:
            plan.households_of[row["place"]] += lives
        # Who is taken in apart waits for nobody to say where the rest goes.
        if goes is None or plan.goes.get(row["village"]) is not None:
            plan.households_of[row["village"]] += lives
    plan.clashes = tuple(_find_clashes(connection, plan))
    plan.issues = [
        row
        for row in _all(connection, "SELECT * FROM issue WHERE state NOT IN ('closed', 'invalid')")
        if plan.goes.get(row["place"]) is not None
    ]
    plan.teams = [row for row in _all(connection, "SELECT * FROM team") if plan.goes.get(row["village"])]
    teams = {row["id"] for row in plan.teams}
    plan.members = [
        row for row in _all(connection, "SELECT * FROM team_member WHERE until IS NULL") if row["team"] in teams
    ]


def _all(connection: Connection, statement: str) -> Iterable[Row]:
    return [dict(row) for row in connection.exec_driver_sql(statement).mappings()]


def _find_clashes(connection: Connection, plan: Descent) -> Iterable[tuple[str, str, str]]:
    """Yield household codes that two households of one new village would share, with the villages they come from."""
    names = {row["id"]: row["name"] for row in _all(connection, "SELECT id, name FROM place WHERE level = 'village'")}
    moving = {row["id"] for row in plan.homes}
    heirs = {goes[0] for row in plan.homes if (goes := plan.find_home(row)) is not None}
    held = {
        (row["village"], row["code"]): row["village"]
        for row in _all(connection, "SELECT id, village, code FROM household")
        if row["village"] in heirs and row["id"] not in moving
    }
    for row in plan.homes:
        goes = plan.find_home(row)
        key = (goes[0] if goes else row["village"], row["code"])
        if key in held:
            yield row["code"], names[held[key]], names[row["village"]]
        held.setdefault(key, row["village"])


def write_descent(connection: Connection, plan: Descent, *, batch: str, actor: str, today: date) -> None:
    """Carry a plan out with its journal; the edition of the database is that of the list from then on."""
    journal = Journal(connection, batch)
    made = {"created_at": now(), "created_by": actor, "rev": 1}
    changed = {"updated_at": now(), "updated_by": actor}
    for level in ("township", "village", "group"):
        rows = [row for row in plan.made if row["level"] == level]
        if rows:
            same = {"edition": plan.edition, "valid_from": plan.edition, **made}
            journal.insert(Block("place", tuple(rows[0]), same, [tuple(row.values()) for row in rows]))
            insert_paths(connection, [(row["id"], row["parent"]) for row in rows])
    for row in plan.closed:
        values = {"valid_to": plan.edition, "successor": plan.goes[row["id"]], **changed, "rev": row["rev"] + 1}
        journal.update("place", row, values)
    for row, values in plan.renamed:
        journal.update("place", row, {**values, **changed, "rev": row["rev"] + 1})
    for row in plan.homes:
        goes = plan.find_home(row)
        there = {"village": goes[0], "place": goes[1]} if goes else {}
        journal.update("household", row, {**there, **changed, "rev": row["rev"] + 1})
    for row in plan.issues:
        journal.update("issue", row, {"place": plan.goes[row["place"]], **changed, "rev": row["rev"] + 1})
    _copy_teams(journal, plan, made, today)
    setting = fetch_row(connection, "setting", "edition")
    if setting is not None:
        journal.update("setting", setting, {"value": plan.edition})
    journal.write()


def _copy_teams(journal: Journal, plan: Descent, made: Row, today: date) -> None:
    """Give each successor a team like the old one with those who are in it today; the old one stays as it was."""
    ids = {row["id"]: new_id() for row in plan.teams}
    teams = [row | {"id": ids[row["id"]], "village": plan.goes[row["village"]]} for row in plan.teams]
    members = [
        row | {"id": new_id(), "team": ids[row["team"]], "since": today.isoformat(),
               "place": plan.goes.get(row["place"]) or row["place"]}
        for row in plan.members
    ]  # fmt: skip
    for table, rows in (("team", teams), ("team_member", members)):
        names = [name for name in columns_of(table) if name not in ("updated_at", "updated_by", *made)]
        if rows:
            journal.insert(Block(table, tuple(names), dict(made), [_pick(row, names) for row in rows]))


def _pick(row: Row, names: list[str]) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)
