"""Loading a newer list of units: what goes on stays the same row, what changed gets a new one with a successor link.

A unit whose code, name and place in the hierarchy are unchanged keeps its row. Any other one is closed (`valid_to`) and
points at its successor; its groups are made anew below that, and households, open issues and teams go along. Rosters,
visits, closed issues and assignments stay where they are: history stays under the old unit.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from geo.access import require_right, require_whole
from geo.audit import log_change
from geo.editions import Fate
from geo.errors import Invalid
from geo.i18n import text
from geo.importer.apply import store_batch
from geo.importer.descent import Descent, plan_descent, write_descent
from geo.model import new_id
from geo.store.database import now, read_setting, read_today
from geo.store.editions import check_drawn
from geo.units import parse_group

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

    from geo.editions import EditionBook, ListedUnit
    from geo.importer.register import Row
    from geo.model import Scope
    from geo.store.database import Database

KIND: Final = "edition"


@dataclass(frozen=True, slots=True)
class UnitChange:
    """What became of one township or village of the database; empty codes where nobody knows or nothing was."""

    level: str
    code: str
    name: str
    how: str
    successor_code: str = ""
    successor_name: str = ""
    households: int = 0
    groups: int = 0
    candidates: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class UnitPart:
    """One group that leaves its village for another one than the rest, as somebody drew it."""

    code: str
    name: str
    group: str
    successor_code: str
    successor_name: str
    households: int


@dataclass(frozen=True, slots=True)
class EditionReport:
    """What loading an edition does or did. `outcome` is accept, or ask: units with households whose successor is open.

    `changes` holds every unit that does not stay as it is, `new` those nobody became, `reused` codes of another meaning
    (code, old name, new name), `clashes` household codes that two merging villages both have (code, village, village),
    `parts` groups that go elsewhere than the rest of their village.
    """

    edition: str
    to: str
    outcome: str = "accept"
    counts: dict[str, int] = field(default_factory=dict)
    changes: tuple[UnitChange, ...] = ()
    new: tuple[tuple[str, str], ...] = ()
    reused: tuple[tuple[str, str, str], ...] = ()
    clashes: tuple[tuple[str, str, str], ...] = ()
    parts: tuple[UnitPart, ...] = ()
    moved: dict[str, int] = field(default_factory=dict)
    stored: bool = False
    changed: bool = False
    batch: str = ""
    message: str = ""

    @property
    def asks(self) -> list[UnitChange]:
        """Return the units that keep the edition out until somebody draws their successor.

        A village whose groups were all drawn apart needs one, too: for its issues, its team, and files that name it.
        """
        split = {one.code for one in self.parts}
        return [one for one in self.changes if one.how == "ask" and (one.households or one.code in split)]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        named = {
            "new": ("code", "name"),
            "reused": ("code", "name", "new_name"),
            "clashes": ("household", "one", "other"),
        }
        listed = {
            key: [dict(zip(names, row, strict=True)) for row in getattr(self, key)] for key, names in named.items()
        }
        changes = [
            asdict(one) | {"candidates": [{"code": c, "name": n} for c, n in one.candidates]} for one in self.changes
        ]
        plain = {
            "edition": self.edition, "to": self.to, "outcome": self.outcome, "counts": self.counts, "moved": self.moved,
            "stored": self.stored, "changed": self.changed, "message": self.message,
        }  # fmt: skip
        return {**plain, "changes": changes, "parts": [asdict(one) for one in self.parts], **listed}


class _Undecided(Exception):
    """Rolls a trial back; nothing is stored."""


def load_newer(
    db: Database, scope: Scope, *, book: EditionBook, to: str, dry_run: bool = False, name: str = ""
) -> EditionReport:
    """Bring the units of a database to a newer edition of `book` in one transaction, and return what came of it.

    `book.drawn` are the successors somebody drew. Nothing is stored while a unit with households has none, or while two
    villages that merge have households of one code. Taken back like an import (`undo_last`). Raises `NotAllowed`,
    `Invalid` (an edition that is not newer, another district, demo data).
    """
    require_right(scope, "import")
    report = EditionReport("", to)
    try:
        with db.write() as connection:
            require_whole(connection, scope)
            report = _load(connection, scope, book, to, name or f"units_{to}.csv")
            if dry_run or not report.changed or report.outcome != "accept":
                raise _Undecided  # noqa: TRY301 - only an exception takes a transaction back
            if read_setting(connection, "kind") == "demo":
                raise Invalid("import.demo")
            report = _with(report, stored=True)
    except _Undecided:
        report = _with(report, batch="")
    return _with(report, message=_conclude(report))


def _with(report: EditionReport, **changes: Any) -> EditionReport:
    return EditionReport(**{**{name: getattr(report, name) for name in EditionReport.__slots__}, **changes})


def _conclude(report: EditionReport) -> str:
    if report.clashes:
        return text("units.clashes", n=len(report.clashes))
    if report.outcome == "ask":
        return text("units.load.ask", n=len(report.asks))
    key = "stored" if report.stored else "would" if report.changed else "same"
    return text(f"units.load.{key}", to=report.to, n=len(report.changes), households=report.moved.get("households", 0))


def _load(connection: Connection, scope: Scope, book: EditionBook, to: str, name: str) -> EditionReport:
    start = read_setting(connection, "edition")
    if start == to:
        return EditionReport(start, to)
    _check(book, start, to)
    root, places = _read_places(connection)
    target = {code: unit for code, unit in book.edition(to).units.items() if code.startswith(root["code"])}
    if root["code"] not in target:
        raise Invalid("units.other_district", to=to, name=root["name"])
    fates = {row["id"]: _fate(book, row, start, to, target) for row in places}
    parts = _find_parts(connection, places, fates, book.parts)
    descent = plan_descent(connection, root, places, fates=fates, target=target, edition=to, parts=parts)
    report = _describe(book, places, fates, descent, start=start, to=to, target=target)
    if report.outcome != "accept" or report.clashes:
        return _with(report, outcome="ask")
    batch = new_id()
    _store_batch(connection, scope, report, batch, name)
    write_descent(connection, descent, batch=batch, actor=scope.actor, today=read_today(connection))
    log_change(
        connection, scope, action="edition.load", object_id=batch, diff={"to": to, **report.counts, **report.moved}
    )
    return _with(report, batch=batch)


def _check(book: EditionBook, start: str, to: str) -> None:
    if start not in book.days():
        raise Invalid("err.no_edition", edition=start, editions=", ".join(book.days()))
    try:
        day = date.fromisoformat(to)
    except ValueError as error:
        raise Invalid("units.needs_day", to=to) from error
    if to <= start:
        raise Invalid("units.not_newer", to=day, edition=start)
    check_drawn(book, to)


def _read_places(connection: Connection) -> tuple[Row, list[Row]]:
    """Return the district and every township and village that is there today, townships first."""
    rows = connection.exec_driver_sql(
        "SELECT * FROM place WHERE valid_to IS NULL AND level IN ('district', 'township', 'village')"
        " ORDER BY length(code), code"
    ).mappings()
    found = [dict(row) for row in rows]
    root = next(row for row in found if row["parent"] is None)
    return root, [row for row in found if row is not root]


def _find_parts(
    connection: Connection, places: list[Row], fates: Mapping[str, Fate], drawn: Mapping[tuple[str, str], str]
) -> dict[tuple[str, str], str]:
    """Return (village's id, group's key) → code for the groups that were drawn apart. Raises `Invalid` for no group.

    A group that goes where its village goes is no part.
    """
    ids = {row["code"]: row["id"] for row in places if row["level"] == "village"}
    rows = connection.exec_driver_sql("SELECT parent, name FROM place WHERE level = 'group' AND valid_to IS NULL").all()
    known = {(parent, group.key) for parent, name in rows if (group := parse_group(name)) is not None}
    found = {}
    for (code, name), successor in drawn.items():
        group = parse_group(name)
        rest = fates[ids[code]].unit if code in ids else None
        if rest is not None and rest.code == successor:
            continue
        if group is None or (ids.get(code), group.key) not in known:
            raise Invalid("units.no_group", code=code, group=name)
        found[ids[code], group.key] = successor
    return found


def _fate(book: EditionBook, row: Row, start: str, to: str, target: dict[str, ListedUnit]) -> Fate:
    """What became of a unit of the database: by the lists, as its code and name stand in the list it came from."""
    listed = book.edition(start).units.get(row["code"])
    if listed is None or listed.name != row["name"]:
        drawn = target.get(book.drawn.get(row["code"], ""))
        return Fate(drawn, "merged" if drawn else "ask")
    fate = book.follow(row["code"], start, to)
    return fate if fate.unit is None or fate.unit.code in target else Fate(None, "ask", (fate.unit,))


def _describe(
    book: EditionBook, places: list[Row], fates: dict[str, Fate], descent: Descent, *, start: str, to: str,
    target: dict[str, ListedUnit],
) -> EditionReport:  # fmt: skip
    changes = tuple(
        UnitChange(
            row["level"], row["code"], row["name"], fate.how, fate.unit.code if fate.unit else "",
            fate.unit.name if fate.unit else "", descent.households_of[row["id"]], descent.groups_of[row["id"]],
            tuple((unit.code, unit.name) for unit in fate.candidates),
        )
        for row in places
        if (fate := fates[row["id"]]).how != "same"
    )  # fmt: skip
    told = {fate.unit.code for fate in fates.values() if fate.unit}
    new = tuple((code, unit.name) for code, unit in target.items() if code not in told and unit.level != "district")
    before = book.edition(start).units
    reused = tuple(
        (code, before[code].name, target[code].name) for code in book.reused_codes(start, to) if code in target
    )
    counts = Counter(fates[row["id"]].how for row in places)
    counts["new"] = len(new)
    report = EditionReport(
        start, to, "accept", dict(counts), changes, new, reused, descent.clashes,
        tuple(_list_parts(places, descent, target)), descent.count(), changed=True,
    )  # fmt: skip
    return _with(report, outcome="ask") if report.asks else report


def _list_parts(places: list[Row], descent: Descent, target: dict[str, ListedUnit]) -> Iterable[UnitPart]:
    """Yield the groups that go elsewhere than their village."""
    villages = {row["id"]: row for row in places}
    codes = {row["id"]: row["code"] for row in (*places, *descent.made)}
    for group in descent.closed:
        heir = descent.villages.get(descent.goes[group["id"]] or "")
        old = villages.get(group["parent"] or "")
        if heir is None or old is None or heir == descent.goes.get(old["id"]):
            continue
        unit = target[codes[heir]]
        yield UnitPart(
            old["code"], old["name"], group["name"], unit.code, unit.name, descent.households_of[group["id"]]
        )


def _store_batch(connection: Connection, scope: Scope, report: EditionReport, batch: str, name: str) -> None:
    summary = {"kind": KIND, "from": report.edition, "counts": report.counts, "moved": report.moved}
    store_batch(
        connection,
        {
            "id": batch, "file_name": name, "file_hash": "", "sheet": "", "mapping": {}, "edition": report.to,
            "round": None, "rows_total": len(report.changes) + len(report.new), "rows_bad": 0, "rows_warned": 0,
            "rows_ok": len(report.changes) + len(report.new),
            "report": summary | {"day": read_today(connection).isoformat()},
            "created_at": now(), "created_by": scope.actor,
        },
    )  # fmt: skip
