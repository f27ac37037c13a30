"""What people write: openpyxl, a loop over the rows, a look-up and an INSERT for each. It does the same work.

It knows the layout of the file and trusts it (fixed columns, one spelling of a unit), keeps no journal to undo the
import by, changes no household that is there already, and asks no questions. Its checks are the product's. Through
SQLAlchemy it is written as its manual writes it: `select` and `insert` of the product's own tables, in one transaction.
Through sqlite3 it gives the driver the text of each statement, which is as little as a loop can do.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import shapely
from sqlalchemy import Connection, TextClause, insert, select, text

from benchmarks.register import ROUND
from benchmarks.world import TODAY
from geo import config
from geo.model import new_id
from geo.schema import household, metadata, place, place_path, setting
from geo.store.cells import rebuild_round
from geo.store.database import Database, now
from geo.units import parse_group

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_PHONE = re.compile(r"1[3-9]\d{9}")
_CLASSES = {
    "一般户": "general", "脱贫户": "lifted", "脱贫不稳定户": "mon_unstable", "边缘易致贫户": "mon_marginal",
    "突发严重困难户": "mon_sudden",
}  # fmt: skip
_OUTCOMES = {"见面": "effective", "未见面": "not_home", "举家外出": "away_all"}
_ISSUES = {
    "道路": "INF_R", "饮水": "WATER", "住房": "HOUSE", "医疗": "MED", "教育": "EDU", "收入": "INC", "用电": "INF_E",
    "通信": "INF_T",
}  # fmt: skip

#: Ways of `load_workbook` by the word for them: the usual one, and the one that gives rows as they are read.
MODES = {"default": {}, "read-only": {"read_only": True}}


@dataclass
class Loop:
    """What the loop carries along from row to row."""

    store: Store
    units: dict[tuple[str, str], tuple[str, str]]
    district: Any
    id_key: bytes
    round_id: str
    groups: dict[tuple[str, str], str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)
    paths: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    findings: list[tuple[int, str, str]] = field(default_factory=list)
    stamp: str = field(default_factory=now)

    def insert(self, table: str, row: dict[str, Any]) -> None:
        """Insert one row."""
        self.store.insert(table, row)


class Core:
    """Looks up and inserts through SQLAlchemy Core."""

    def __init__(self, connection: Connection) -> None:
        """Work in the transaction of a connection."""
        self._connection = connection

    def insert(self, table: str, row: dict[str, Any]) -> None:
        """Insert one row."""
        self._connection.execute(insert(metadata.tables[table]), row)

    def find(self, village: str, code: str) -> Any:
        """Return the household of a village with this code."""
        known = select(household.c.id).where(household.c.village == village, household.c.code == code)
        return self._connection.execute(known).first()


class Driver:
    """Looks up and inserts through sqlite3 itself; a text that was run before is not prepared again."""

    def __init__(self, connection: Connection) -> None:
        """Work in the transaction of a connection."""
        self._connection = connection
        self._driver: Any = connection.connection.driver_connection
        self._texts: dict[str, str] = {}

    def insert(self, table: str, row: dict[str, Any]) -> None:
        """Insert one row."""
        if table not in self._texts:
            names, marks = ", ".join(f'"{name}"' for name in row), ", ".join(f":{name}" for name in row)
            self._texts[table] = f'INSERT INTO "{table}" ({names}) VALUES ({marks})'
        self.run(self._texts[table], {name: _stored(value) for name, value in row.items()})

    def find(self, village: str, code: str) -> Any:
        """Return the household of a village with this code."""
        known = "SELECT id FROM household WHERE village = :village AND code = :code"
        return self.run(known, {"village": village, "code": code}).fetchone()

    def run(self, sql: str, values: dict[str, Any]) -> Any:
        """Run one statement."""
        return self._driver.execute(sql, values)


class Texts(Driver):
    """Looks up and inserts by SQL texts through SQLAlchemy, each made into a statement once."""

    def __init__(self, connection: Connection) -> None:
        """Work in the transaction of a connection."""
        super().__init__(connection)
        self._made: dict[str, TextClause] = {}

    def run(self, sql: str, values: dict[str, Any]) -> Any:
        """Run one statement."""
        if sql not in self._made:
            self._made[sql] = text(sql)
        return self._connection.execute(self._made[sql], values)


def _stored(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


Store = Core | Driver


def import_by_loop(db: Database, path: Path, *, mode: str, through: type[Store]) -> int:
    """Import the workbook row by row in one transaction; return how many findings."""
    sheet = openpyxl.load_workbook(path, data_only=True, **MODES[mode]).active
    with db.write() as connection:
        loop = _begin(connection, through(connection))
        rows = sheet.iter_rows(values_only=True)
        next(rows)
        for number, row in enumerate(rows, start=1):
            _store_row(loop, number, row)
        rebuild_round(connection, loop.round_id, TODAY)
    return len(loop.findings)


def _begin(connection: Connection, store: Store) -> Loop:
    places = connection.execute(select(place.c.id, place.c.code, place.c.name, place.c.level, place.c.parent)).all()
    names = {row.id: row.name for row in places}
    units = {(names[row.parent], row.name): (row.id, row.code) for row in places if row.level == "village"}
    root = next(row.id for row in places if row.parent is None)
    key = connection.execute(select(setting.c.value).where(setting.c.key == "id_key")).scalar_one()
    outline = (config.DATA_DIR / "demo" / "bijiang_outline.geojson").read_text(encoding="utf-8")
    district = shapely.union_all([shapely.from_geojson(outline)]).buffer(0.03)
    shapely.prepare(district)
    loop = Loop(store, units, district, bytes.fromhex(key), new_id())
    name, starts_on, ends_on = ROUND
    loop.insert(
        "round",
        {"id": loop.round_id, "programme": "visits", "name": name, "number": 1, "scope": root, "status": "open",
         "starts_on": starts_on, "ends_on": ends_on, "target_bp": 9500, **_made(loop)},
    )  # fmt: skip
    for row in connection.execute(select(place_path)):
        loop.paths.setdefault(row.place, []).append((row.ancestor, row.depth))
    return loop


def _made(loop: Loop) -> dict[str, Any]:
    return {"created_at": loop.stamp, "created_by": "loop"}


def _store_row(loop: Loop, number: int, row: tuple[Any, ...]) -> None:
    """Check one row and insert what it says."""
    township, village, group, code, head, id_number, size, phone, kind, lon, lat, day, outcome, issue, note = row
    unit = loop.units.get((str(township).strip(), str(village).strip()))
    code = str(code or "").strip()
    if unit is None or not code or (unit[0], code) in loop.seen:
        loop.findings.append((number, "R_REQUIRED", code))
        return
    loop.seen.add((unit[0], code))
    if loop.store.find(unit[0], code) is not None:
        return
    home = new_id()
    group_id = _group(loop, unit, str(group or ""))
    day = _day(loop, number, day)
    loop.insert(
        "household",
        {"id": home, "tile_id": len(loop.seen), "code": code, "village": unit[0], "place": group_id,
         "head_name": str(head or "").strip(), "phone": _phone(loop, number, phone),
         **_identity(loop, number, str(id_number or "").strip().upper()), "size": _size(loop, number, size),
         "household_class": _CLASSES.get(str(kind or "").strip(), "general"), **_point(loop, number, lon, lat),
         "note": "" if outcome in _OUTCOMES else str(note or ""), **_made(loop)},
    )  # fmt: skip
    loop.insert("round_roster", {"round": loop.round_id, "household": home, "place": group_id, "baseline": True})
    visit = _visit(loop, home, day, str(outcome or "").strip(), str(note or "").strip())
    if issue in _ISSUES:
        _raise_issue(loop, (home, group_id, unit[1], visit), str(issue), day or TODAY)


def _group(loop: Loop, unit: tuple[str, str], said: str) -> str:
    group = parse_group(said)
    if group is None:
        return unit[0]
    known = loop.groups.get((unit[0], group.key))
    if known is not None:
        return known
    made = loop.groups[unit[0], group.key] = new_id()
    loop.insert(
        "place",
        {"id": made, "code": f"{unit[1]}{int(group.key[1:]):03d}", "name": group.name, "level": "group",
         "parent": unit[0], "edition": "2019-10-31", **_made(loop)},
    )  # fmt: skip
    for ancestor, depth in [(made, 0), *((one, depth + 1) for one, depth in loop.paths[unit[0]])]:
        loop.insert("place_path", {"place": made, "ancestor": ancestor, "depth": depth})
    return made


def _phone(loop: Loop, number: int, cell: Any) -> str:
    phone = str(cell or "").strip()
    if phone and not _PHONE.fullmatch(phone):
        loop.findings.append((number, "W_PHONE", phone))
        return ""
    return phone


def _identity(loop: Loop, number: int, said: str) -> dict[str, Any]:
    try:
        total = sum(int(digit) * weight for digit, weight in zip(said[:17], _WEIGHTS, strict=True))
        date(int(said[6:10]), int(said[10:12]), int(said[12:14]))
        good = len(said) == 18 and "10X98765432"[total % 11] == said[17]
    except ValueError:
        good = False
    if not good:
        loop.findings.append((number, "W_ID_CHECKSUM", said[-4:]))
        return {"id_hash": None, "id_last4": None}
    return {"id_hash": hmac.new(loop.id_key, said.encode(), "sha256").hexdigest(), "id_last4": said[-4:]}


def _size(loop: Loop, number: int, cell: Any) -> int | None:
    try:
        size = int(cell)
    except (TypeError, ValueError):
        size = 0
    if not 1 <= size <= 60:
        loop.findings.append((number, "W_RANGE", str(cell)))
        return None
    return size


def _point(loop: Loop, number: int, lon: Any, lat: Any) -> dict[str, Any]:
    try:
        x, y = float(lon), float(lat)
    except (TypeError, ValueError):
        loop.findings.append((number, "W_COORD_MISSING", ""))
        return {"lon": None, "lat": None, "coord_source": "none"}
    if not shapely.contains_xy(loop.district, x, y):
        loop.findings.append((number, "W_COORD_OUT_OF_AREA", f"{x}, {y}"))
        return {"lon": None, "lat": None, "coord_source": "none"}
    return {"lon": round(x, 7), "lat": round(y, 7), "coord_source": "import"}


def _day(loop: Loop, number: int, cell: Any) -> date | None:
    if cell in (None, ""):
        return None
    try:
        day = cell.date() if isinstance(cell, datetime) else date.fromisoformat(str(cell))
    except ValueError:
        loop.findings.append((number, "W_DATE_IMPOSSIBLE", str(cell)))
        return None
    if day > TODAY:
        loop.findings.append((number, "W_DATE_FUTURE", str(cell)))
        return None
    return day


def _visit(loop: Loop, home: str, day: date | None, outcome: str, note: str) -> str | None:
    """Insert the visit a row tells of; without a day or an outcome there is none."""
    known = _OUTCOMES.get(outcome)
    if known is None or day is None:
        return None
    made = new_id()
    inside = ROUND[1] <= day <= ROUND[2]
    loop.insert(
        "visit",
        {"id": made, "kind": "visit", "round": loop.round_id if inside else None, "household": home,
         "visited_on": day, "recorded_at": loop.stamp, "recorded_by": "loop", "mode": "in_person",
         "outcome": known, "reason": None if known == "effective" else "unknown", "note": note, "entry_kind": "paper"},
    )  # fmt: skip
    return made


def _raise_issue(loop: Loop, home: tuple[str, str, str, str | None], title: str, raised_on: date) -> None:
    home_id, group_id, code, visit = home
    prefix = f"{code}-{raised_on.year}-"
    loop.numbers[prefix] = loop.numbers.get(prefix, 0) + 1
    made = new_id()
    loop.insert(
        "issue",
        {"id": made, "number": f"{prefix}{loop.numbers[prefix]:04d}", "place": group_id, "raised_by_visit": visit,
         "scope": "household", "category": _ISSUES[title], "title": title, "raised_on": raised_on, **_made(loop)},
    )  # fmt: skip
    loop.insert("issue_household", {"issue": made, "household": home_id})
    loop.insert(
        "issue_event",
        {"issue": made, "seq": 1, "on": raised_on, "at": loop.stamp, "actor": "loop", "kind": "raised",
         "to_level": "village", "to_state": "open"},
    )  # fmt: skip
