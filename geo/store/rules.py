"""口径 as it stands in a database: weights, deadlines, thresholds, target; each with source and year.

Every change is a line of the log. A locked round keeps the figures that were in force when it was locked.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from geo.access import require_right, require_whole
from geo.audit import log_change
from geo.errors import Invalid
from geo.i18n import text
from geo.idnumbers import hide_id_numbers
from geo.rules import BY_KEY, CHOICES, USUAL_YEAR, Rules
from geo.schema import audit_log, coverage_day, round_figures, setting
from geo.store.database import now, read_setting, write_setting
from geo.store.rounds import visible_round

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geo.model import Round, Scope
    from geo.store.database import Database

_RULE: Final = "rule."
_YEARS: Final = range(1949, 2200)
#: What the counts of a locked round's own place hold besides: the figures in force.
FROZEN: Final = "rules"
_LOGGED: Final = ("rule.write", "category.write", "list.write")


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One figure in force (in the unit of its choice), where it comes from, and who chose it when ('' for nobody)."""

    key: str
    value: int
    source: str
    year: int
    changed_at: str = ""
    changed_by: str = ""


def read_rules(connection: Connection, round_: Round | None = None) -> Rules:
    """Return the figures in force; of a locked round those that were when it was locked."""
    if round_ is not None and round_.status == "locked":
        wanted = select(round_figures.c.counts).where(
            round_figures.c.round == round_.id, round_figures.c.place == round_.scope
        )
        frozen = json.loads(connection.execute(wanted).scalar() or "{}").get(FROZEN)
        if frozen is not None:
            return Rules(frozen)
    stored = connection.execute(select(setting.c.key, setting.c.value).where(setting.c.key.startswith(_RULE)))
    return Rules({key.removeprefix(_RULE): json.loads(value)["value"] for key, value in stored})


def load_rules(db: Database, scope: Scope, *, round_id: str = "") -> Rules:
    """Return the figures in force in a round, or at all. Raises `NotFound`."""
    require_right(scope, "view")
    with db.read() as connection:
        return read_rules(connection, visible_round(connection, scope, round_id) if round_id else None)


def read_pace_days(connection: Connection, round_: Round) -> int:
    """Return over how many days the present pace of a round is measured; every save asks."""
    if round_.status == "locked":
        return read_rules(connection, round_)["pace_days"]
    return _read_rule(connection, "pace_days").value


def list_rules(db: Database, scope: Scope) -> list[RuleRow]:
    """Return every figure in force in the order of `CHOICES`."""
    require_right(scope, "view")
    with db.read() as connection:
        return [_read_rule(connection, one.key) for one in CHOICES]


def write_rule(db: Database, scope: Scope, *, key: str, value: int, source: str, year: int) -> RuleRow:
    """Choose a figure; the same again changes nothing. Returns what is in force.

    Raises `Invalid` for an unknown key, a value outside its bounds, no source or no year, `NotAllowed`.
    """
    require_right(scope, "manage")
    if key not in BY_KEY:
        raise Invalid("err.unknown_code", value=key)
    choice = BY_KEY[key]
    if not choice.least <= value <= choice.most:
        raise Invalid("rules.outside", least=choice.least, most=choice.most)
    source = check_source(source, year)
    with db.write() as connection:
        require_whole(connection, scope)
        was = _read_rule(connection, key)
        if (was.value, was.source, was.year) == (value, source, year):
            return was
        chosen = RuleRow(key, value, source, year, now(), scope.actor)
        write_setting(connection, f"{_RULE}{key}", json.dumps(asdict(chosen), ensure_ascii=False))
        diff = tell_change(asdict(was), asdict(chosen))
        log_change(connection, scope, action="rule.write", object_id=key, diff=diff)
        if key == "pace_days":
            # Cells hold what entered within these days: they are made anew on their next use.
            connection.execute(coverage_day.delete())
    return chosen


def list_rule_changes(db: Database, scope: Scope) -> list[dict[str, Any]]:
    """Return every change of 口径, the newest first: at, actor, action, object, was, is."""
    require_right(scope, "manage")
    with db.read() as connection:
        require_whole(connection, scope)
        wanted = select(audit_log).where(audit_log.c.action.in_(_LOGGED)).order_by(audit_log.c.seq.desc())
        rows = connection.execute(wanted).mappings().all()
    return [
        {"at": row["at"], "actor": row["actor"], "action": row["action"], "object": row["object"],
         **{name: json.loads(row["diff"]).get(name) for name in ("was", "is")}}
        for row in rows
    ]  # fmt: skip


def check_source(source: str, year: int) -> str:
    """Return a source as it is kept. Raises `Invalid` without one, or without a year that can be."""
    if not source.strip():
        raise Invalid("rules.no_source")
    if year not in _YEARS:
        raise Invalid("rules.no_year", year=year)
    return hide_id_numbers(source.strip())[:200]


def _read_rule(connection: Connection, key: str) -> RuleRow:
    stored = read_setting(connection, f"{_RULE}{key}")
    if stored:
        return RuleRow(**json.loads(stored))
    return RuleRow(key, BY_KEY[key].usual, text("rules.usual"), USUAL_YEAR)


def tell_change(was: dict[str, Any], chosen: dict[str, Any]) -> dict[str, Any]:
    """Return what the log says of a change: what stood and what stands, without who chose it when."""
    told = {name: chosen[name] for name in chosen if not name.startswith("changed_")}
    return {"was": {name: was[name] for name in told}, "is": told}
