"""Expression: a round's effective coverage over each care tag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, and_, func, or_, select

from geo import codes
from geo.coverage.status import Homes, standing
from geo.schema import household_tag, round_roster

if TYPE_CHECKING:
    from datetime import date

    from geo.model import Round


def by_tag(round_: Round, as_of: date, *, homes: Homes | None = None, by_place: bool = False) -> Select[Any]:
    """One row per care tag that households of D hold as of the day: kind, roster, effective.

    With `by_place` one row per tag and roster place, with its place.

    重点户覆盖率 over each tag set: |{h ∈ D with the tag: effective in person}| / |{h ∈ D with the tag}|. A household
    with two tags is in both sets.
    """
    now = standing(round_, as_of, homes=homes).subquery("now")
    held = (
        select(household_tag.c.household, household_tag.c.kind)
        .where(
            household_tag.c.kind.in_(codes.CARE_TAGS),
            household_tag.c.since <= as_of,
            or_(household_tag.c.until.is_(None), household_tag.c.until >= as_of),
        )
        .distinct()
        .subquery("held")
    )
    counted = (
        select(held.c.kind, func.count().label("roster"), func.sum(now.c.effective).label("effective"))
        .join(now, now.c.household == held.c.household)
        .where(now.c.roster == 1)
        .group_by(held.c.kind)
    )
    if not by_place:
        return counted
    row = round_roster
    here = and_(row.c.household == held.c.household, row.c.round == round_.id)
    return counted.add_columns(row.c.place).join(row, here).group_by(row.c.place)
