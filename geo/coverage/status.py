"""Expressions: one row per household of a round as of a day, and its sums by leaf place (domain §3).

`household_status` is one SQLAlchemy expression: one row per household of a round's roster as of a day. `roll_up` is
the same expression summed by leaf place. Nothing here executes, reads a clock or knows a database.

Words of the formulas, as of t, for round R = [s, e]:

- `v(h)`: rows of kind visit, of R, with s ≤ visited_on ≤ min(t, e), that no void row names.
- `D`: roster rows with added_on ≤ t (baseline rows: from s), less those that have left: excluded_on ≤ t and
  approved_on ≤ t, except where v(h) holds an effective in-person visit dated ≤ excluded_on; merged and duplicate
  always leave.
- `C`: effective in person; where the round sets `away_phone_counts` also absent households reached by phone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    literal_column,
    not_,
    null,
    or_,
    select,
    true,
)

from geo import codes, config
from geo.schema import CELL_COUNTS, assignment, household, household_tag, place, place_path, round_roster, visit

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import FromClause

    from geo.model import Round

#: Literals, not bound values: only so does SQLite recognise its partial indexes.
_LIVE: tuple[ColumnElement[str], ...] = tuple(literal_column(f"'{status}'") for status in codes.LIVE_ASSIGNMENTS)


Homes: TypeAlias = "Select[tuple[str]]"


def homes_at(round_: Round, leaf: str) -> Homes:
    """Households whose roster place in the round is exactly this place."""
    return select(round_roster.c.household).where(round_roster.c.round == round_.id, round_roster.c.place == leaf)


def homes_under(round_: Round, *place_ids: str) -> Homes:
    """Households whose roster place in the round is one of these places or below one."""
    places = select(place_path.c.place).where(place_path.c.ancestor.in_(place_ids))
    return select(round_roster.c.household).where(round_roster.c.round == round_.id, round_roster.c.place.in_(places))


def one_home(household_id: str) -> Homes:
    """One household alone."""
    return select(household.c.id).where(household.c.id == household_id)


def _among(column: ColumnElement[Any], words: tuple[str, ...]) -> ColumnElement[bool]:
    """Whether a column holds one of some codes: written into the statement, which then needs no work per execution."""
    return column.in_([literal_column(f"'{word}'") for word in words])


def is_live(rows: FromClause) -> ColumnElement[bool]:
    """Whether an assignment row is the one in force."""
    return rows.c.status.in_(_LIVE)


@dataclass(frozen=True, slots=True)
class _Terms:
    """What a statement is about: values, or named parameters for a statement that is built once and run often."""

    id: Any
    starts_on: Any
    ends_on: Any
    as_of: Any
    phone_counts: bool


def _terms(round_: Round, as_of: date) -> _Terms:
    return _Terms(round_.id, round_.starts_on, round_.ends_on, as_of, round_.away_phone_counts)


@cache
def leaf_statement(*, phone_counts: bool) -> Select[Any]:
    """Return `roll_up` of one leaf with named parameters (`leaf_values`): built once, for use inside every save."""
    named = {name: bindparam(f"cov_{name}", type_=Date) for name in ("starts_on", "ends_on", "as_of", "since")}
    since = named.pop("since")
    terms = _Terms(bindparam("cov_round", type_=String), phone_counts=phone_counts, **named)
    leaf = bindparam("cov_leaf", type_=String)
    homes = select(round_roster.c.household).where(round_roster.c.round == terms.id, round_roster.c.place == leaf)
    return _roll_up(terms, since, homes)


def leaf_values(round_: Round, as_of: date, leaf: str, *, pace_days: int = config.PACE_DAYS) -> dict[str, object]:
    """Return the parameters of `leaf_statement`."""
    days = {"starts_on": round_.starts_on, "ends_on": round_.ends_on, "as_of": as_of, "since": _since(as_of, pace_days)}
    return {"cov_round": round_.id, "cov_leaf": leaf, **{f"cov_{name}": day for name, day in days.items()}}


def _since(as_of: date, pace_days: int) -> date:
    """Return the last day before those over which the present pace is measured."""
    return as_of - timedelta(days=pace_days)


def household_status(round_: Round, as_of: date, *, homes: Homes | None = None) -> Select[Any]:
    """One row per roster row of the round that has entered by `as_of`: flags are 0/1, days are local dates.

    `homes` narrows it (`homes_at`, `homes_under`, `one_home`). Columns: household, place, baseline, added_on, tile_id,
    lon, lat, roster (in D), left, pending, keeps (an effective visit keeps it in D whatever is approved), attempted,
    contacted, effective, phone, complete, away, attempts, misses, last_attempt_on, last_outcome, revisit_on,
    complete_on, due_on, assigned, overdue, state
    (`codes.VISIT_STATES`), located, priority (holds a care tag). `place` is the frozen `round_roster.place`.
    """
    return _household_status(_terms(round_, as_of), homes)


def standing(round_: Round, as_of: date, *, homes: Homes | None = None) -> Select[Any]:
    """One row per roster row as `household_status`, with what a round leaves behind.

    Columns: household, roster, left, pending, keeps, effective, complete. The same terms without facts, assignments and
    the order of visits: a few columns of a whole round, in a third of the time.
    """
    terms = _terms(round_, as_of)
    base, home = _entered(terms, homes), _visits_by_household(terms, homes, in_order=False)
    flags = _flags(terms, base, home, assignment.alias("own"), assignment.alias("for_group"))
    kept = (flags[name].label(name) for name in ("roster", "left", "pending", "keeps", "effective", "complete"))
    return select(base.c.household, *kept).select_from(base.outerjoin(home, home.c.household == base.c.household))


def _household_status(terms: _Terms, homes: Homes | None) -> Select[Any]:
    base = _entered(terms, homes)
    home = _visits_by_household(terms, homes)
    own, group = assignment.alias("own"), assignment.alias("for_group")
    flags = _flags(terms, base, home, own, group)
    joined = (
        base.join(household, household.c.id == base.c.household)
        .outerjoin(home, home.c.household == base.c.household)
        .outerjoin(own, and_(own.c.round == terms.id, own.c.household == base.c.household, is_live(own)))
        .outerjoin(group, and_(group.c.round == terms.id, group.c.place == base.c.place, is_live(group)))
    )
    inner = select(
        base.c.household, base.c.place, base.c.baseline, base.c.added_on,
        household.c.tile_id, household.c.lon, household.c.lat,
        *(value.label(name) for name, value in flags.items()),
    ).select_from(joined).subquery("flagged")  # fmt: skip
    state = _state(inner)
    overdue = _bit(state == literal_column("'overdue'"))
    return select(*inner.c, overdue.label("overdue"), state.label("state"))


def roll_up(
    round_: Round, as_of: date, *, homes: Homes | None = None, pace_days: int = config.PACE_DAYS
) -> Select[Any]:
    """One row per leaf place (group, or a village with households of its own): the counts of `schema.CELL_COUNTS`.

    `rows` = roster rows entered by t; `roster` = |D|; `left` = rows that have left D; `pending` = exclusions awaiting
    approval (still in D); attempted … partial count h ∈ D by their state; `entered_7d` = entered C in (t − 7, t], or
    in as many days as `pace_days` says; `unassigned` = h ∈ D, not effective, nobody responsible; `groups` counts groups
    with D not empty, `groups_touched` those with D ∩ C not empty, `groups_complete` those with D ⊆ C. Every count is
    additive over places.
    """
    return _roll_up(_terms(round_, as_of), _since(as_of, pace_days), homes)


def _roll_up(terms: _Terms, since: Any, homes: Homes | None) -> Select[Any]:
    status = _household_status(terms, homes).subquery("status")
    d = status.c.roster == 1
    not_yet = and_(d, status.c.effective == 0)
    cells: dict[str, ColumnElement[Any]] = {
        "rows": func.count(),
        "roster": _sum(d),
        "baseline": _sum(and_(d, status.c.baseline == true())),
        "added": _sum(and_(d, status.c.baseline == false())),
        "left": _sum(status.c.left == 1),
        "pending": _sum(and_(d, status.c.pending == 1)),
    }
    for name in ("attempted", "contacted", "effective", "phone", "complete", "located", "priority"):
        cells[name] = _sum(and_(d, status.c[name] == 1))
    for name in ("overdue", "unvisited", "missed", "refused", "partial"):
        cells[name] = _sum(status.c.state == name)
    cells["away"] = _sum(and_(not_yet, status.c.away == 1))
    # C holds only h ∈ D: a household that joined after it was reached first entered C when it joined.
    entered = or_(status.c.complete_on > since, status.c.added_on > since)
    cells["entered_7d"] = _sum(and_(d, status.c.complete == 1, entered))
    cells["priority_effective"] = _sum(and_(d, status.c.priority == 1, status.c.effective == 1))
    cells["unassigned"] = _sum(and_(not_yet, status.c.assigned == 0))
    summed = select(status.c.place, *(cells[name].label(name) for name in cells)).group_by(status.c.place)
    leaves = summed.subquery("leaves")
    is_group = and_(place.c.level == "group", leaves.c.roster > 0)
    groups = {
        "groups": _bit(is_group),
        "groups_touched": _bit(and_(is_group, leaves.c.complete > 0)),
        "groups_complete": _bit(and_(is_group, leaves.c.complete == leaves.c.roster)),
    }
    counts = {**{name: leaves.c[name] for name in cells}, **groups}
    return select(leaves.c.place, *(counts[name].label(name) for name in CELL_COUNTS)).join(
        place, place.c.id == leaves.c.place
    )


def _day(value: date | ColumnElement[Any]) -> ColumnElement[Any]:
    return value if isinstance(value, ColumnElement) else literal(value, Date)


def _bit(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(_bit(condition)), 0)


def _entered(terms: _Terms, homes: Homes | None) -> FromClause:
    """Roster rows with added_on ≤ t; baseline rows count from the round's first day."""
    rows = select(round_roster).where(
        round_roster.c.round == terms.id,
        or_(
            and_(round_roster.c.baseline == true(), _day(terms.as_of) >= terms.starts_on),
            and_(round_roster.c.baseline == false(), round_roster.c.added_on <= terms.as_of),
        ),
    )
    if homes is not None:
        rows = rows.where(round_roster.c.household.in_(homes))
    return rows.subquery("entered")


def tag_holds(home: ColumnElement[str], day: ColumnElement[Any] | date, *kinds: str) -> ColumnElement[bool]:
    """Whether the household has one of the tags on the day (since ≤ day ≤ until)."""
    return exists().where(
        household_tag.c.household == home,
        _among(household_tag.c.kind, kinds),
        household_tag.c.since <= day,
        or_(household_tag.c.until.is_(None), household_tag.c.until >= day),
    )


def not_voided(row: FromClause) -> ColumnElement[bool]:
    """Whether a visit row counts at all: of kind visit, and no void row names it."""
    void = visit.alias("void")
    return and_(row.c.kind == "visit", not_(exists().where(void.c.void_of == row.c.id)))


def _rank_visits(in_person: ColumnElement[bool]) -> ColumnElement[int]:
    newest_first = (visit.c.visited_on.desc(), visit.c.recorded_at.desc(), visit.c.id.desc())
    return func.row_number().over(partition_by=(visit.c.household, in_person), order_by=newest_first).label("nth")


def _visits_by_household(terms: _Terms, homes: Homes | None, *, in_order: bool = True) -> CTE:
    """v(h) summed: one row per household with any kept visit of the round; `in_order`: knows which was the last."""
    in_person = visit.c.mode == "in_person"
    ranked = (
        select(
            visit.c.household, visit.c.visited_on, visit.c.outcome, visit.c.revisit_on,
            _bit(in_person).label("in_person"),
            *([_rank_visits(in_person)] if in_order else ()),
        )
        .where(
            visit.c.round == terms.id,
            visit.c.visited_on.between(terms.starts_on, terms.ends_on),
            visit.c.visited_on <= terms.as_of,
            not_voided(visit),
            true() if homes is None else visit.c.household.in_(homes),
        )
        .subquery("ranked")
    )  # fmt: skip
    here, outcome = ranked.c.in_person == 1, ranked.c.outcome
    by_phone = and_(ranked.c.in_person == 0, outcome == "effective")
    tagged = tag_holds(ranked.c.household, ranked.c.visited_on, "away_all")
    last = and_(here, ranked.c.nth == 1) if in_order else false()
    return (
        select(
            ranked.c.household,
            func.sum(ranked.c.in_person).label("attempts"),
            _sum(and_(here, not_(_among(outcome, codes.CONTACT_OUTCOMES)))).label("misses"),
            func.max(_bit(and_(here, _among(outcome, codes.CONTACT_OUTCOMES)))).label("contacted"),
            func.min(case((and_(here, outcome == "effective"), ranked.c.visited_on))).label("effective_on"),
            func.min(case((and_(here, outcome == "away_all"), ranked.c.visited_on))).label("away_on"),
            func.min(case((by_phone, ranked.c.visited_on))).label("phone_on"),
            func.min(case((and_(by_phone, tagged), ranked.c.visited_on))).label("tagged_phone_on"),
            func.max(case((here, ranked.c.visited_on))).label("last_attempt_on"),
            func.max(case((last, outcome))).label("last_outcome"),
            func.max(case((last, ranked.c.revisit_on))).label("revisit_on"),
        )
        .group_by(ranked.c.household)
        .cte("home")
    )


def _flags(
    terms: _Terms, base: FromClause, home: CTE, own: FromClause, group: FromClause
) -> dict[str, ColumnElement[Any]]:
    """Every flag of a household but its state; the order is the order of the columns."""
    ends_on = _day(terms.ends_on)
    stays = and_(not_(_among(base.c.excluded_reason, codes.ALWAYS_LEAVE)), home.c.effective_on <= base.c.excluded_on)
    asked = and_(base.c.excluded_on.is_not(None), base.c.excluded_on <= terms.as_of)
    approved = and_(asked, base.c.approved_on.is_not(None), base.c.approved_on <= terms.as_of)
    left = and_(approved, not_(func.coalesce(stays, false())))
    phone_on = _phone_on(home)
    complete_on = _earlier(home.c.effective_on, phone_on) if terms.phone_counts else home.c.effective_on
    due = func.coalesce(own.c.due_on, group.c.due_on, ends_on)
    away = or_(home.c.away_on.is_not(None), tag_holds(base.c.household, terms.as_of, "away_all"))
    return {
        "roster": _bit(not_(left)),
        "left": _bit(left),
        "pending": _bit(and_(asked, not_(approved))),
        "keeps": _bit(func.coalesce(stays, false())),
        "attempted": _bit(home.c.attempts > 0),
        "contacted": func.coalesce(home.c.contacted, 0),
        "effective": _bit(home.c.effective_on.is_not(None)),
        "phone": _bit(or_(home.c.effective_on.is_not(None), phone_on.is_not(None))),
        "complete": _bit(complete_on.is_not(None)),
        "away": _bit(away),
        "attempts": func.coalesce(home.c.attempts, 0),
        "misses": func.coalesce(home.c.misses, 0),
        "last_attempt_on": home.c.last_attempt_on,
        "last_outcome": home.c.last_outcome,
        "revisit_on": home.c.revisit_on,
        "complete_on": complete_on,
        "due_on": _earlier(due, ends_on),
        "assigned": _bit(or_(own.c.id.is_not(None), group.c.id.is_not(None))),
        "late": _bit(_day(terms.as_of) > _earlier(due, ends_on)),
        "located": _bit(and_(household.c.lon.is_not(None), household.c.lat.is_not(None))),
        "priority": _bit(tag_holds(base.c.household, terms.as_of, *codes.CARE_TAGS)),
    }


def _earlier(first: ColumnElement[Any], second: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the earlier of two days; an empty one is no day."""
    return case(
        (first.is_(None), second),
        (second.is_(None), first),
        (first <= second, first),
        else_=second,
    )


def _phone_on(home: CTE) -> ColumnElement[Any]:
    """Return the day an absent household counts as reached by phone: by its tag at once, else once found away."""
    found_away = case(
        (or_(home.c.away_on.is_(None), home.c.phone_on.is_(None)), cast(null(), Date)),
        (home.c.away_on >= home.c.phone_on, home.c.away_on),
        else_=home.c.phone_on,
    )
    return _earlier(home.c.tagged_phone_on, found_away)


def _state(flagged: FromClause) -> ColumnElement[str]:
    """Name the first state of domain §6 that holds: excluded, effective, overdue, then by the last outcome."""
    return case(
        (flagged.c.roster == 0, "excluded"),
        (flagged.c.effective == 1, "effective"),
        (and_(flagged.c.complete == 0, flagged.c.late == 1), "overdue"),
        (flagged.c.last_outcome == "refused", "refused"),
        (_among(flagged.c.last_outcome, codes.PARTIAL_OUTCOMES), "partial"),
        (flagged.c.last_outcome.is_not(None), "missed"),
        else_="unvisited",
    )
