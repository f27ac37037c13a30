"""Categories of issues (问题类别): those that ship and those that somebody added, each with criteria, source and year.

A code stays for good: what was filed under it stays under it, whatever it is called and whether or not it is offered.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from geo import codes
from geo.access import require_right, require_whole
from geo.audit import log_change
from geo.errors import Invalid
from geo.i18n import text
from geo.idnumbers import hide_id_numbers
from geo.rules import USUAL_YEAR
from geo.schema import setting
from geo.signs import clean_name
from geo.store.database import now, write_setting
from geo.store.rules import check_source, tell_change

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection

    from geo.model import Scope
    from geo.store.database import Database

_CATEGORY: Final = "category."
_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{1,15}")
_LONGEST: Final = 2000
_LONGEST_NAME: Final = 20


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """One category of issues: what it is called, when something is one, where that comes from, and if it is offered."""

    code: str
    name: str
    criteria: str
    source: str
    year: int
    offered: bool = True
    changed_at: str = ""
    changed_by: str = ""


def list_categories(db: Database, scope: Scope) -> list[CategoryRow]:
    """Return every category: those of `codes.ISSUE_CATEGORIES` in their order, then those that were added, by code."""
    require_right(scope, "view")
    with db.read() as connection:
        return list(read_categories(connection).values())


def name_categories(db: Database, scope: Scope) -> Callable[[str], str]:
    """Return what says the name of a category by its code, also of one that is retired; the code itself for another."""
    names = {one.code: one.name for one in list_categories(db, scope)}
    return lambda code: names.get(code, code)


def offer_categories(db: Database, scope: Scope) -> dict[str, str]:
    """Return code → name of the categories that new issues are offered."""
    return {one.code: one.name for one in list_categories(db, scope) if one.offered}


def write_category(
    db: Database, scope: Scope, *, code: str, criteria: str, source: str, year: int, offered: bool = True,
    name: str = "",
) -> CategoryRow:  # fmt: skip
    """Write when an issue is of a category, where that comes from, and whether new issues are offered it.

    A new code is a new category; `name` empty leaves it called as it is. The same again changes nothing. Raises
    `Invalid` for a code that is none, a new one without a name, a name that another has, no criteria, no source or no
    year, `NotAllowed`.
    """
    require_right(scope, "manage")
    code, name = code.strip(), " ".join(name.split())
    if not criteria.strip() or len(criteria) > _LONGEST:
        raise Invalid("rules.no_criteria")
    source = check_source(source, year)
    with db.write() as connection:
        require_whole(connection, scope)
        known = read_categories(connection)
        was = known.get(code)
        if was is None:
            _check_new(code, name)
        _check_name(name, code, known)
        before = was or CategoryRow(code, "", "", "", year)
        chosen = replace(
            before,
            name=name or before.name,
            criteria=hide_id_numbers(criteria.strip()),
            source=source,
            year=year,
            offered=offered,
        )
        if chosen == was:
            return was
        chosen = replace(chosen, changed_at=now(), changed_by=scope.actor)
        write_setting(connection, f"{_CATEGORY}{code}", json.dumps(asdict(chosen), ensure_ascii=False))
        diff = tell_change(asdict(before), asdict(chosen))
        log_change(connection, scope, action="category.write", object_id=code, diff=diff)
    return chosen


def read_categories(connection: Connection) -> dict[str, CategoryRow]:
    """Return every category by its code, in the order of `list_categories`."""
    stored = connection.execute(select(setting.c.key, setting.c.value).where(setting.c.key.startswith(_CATEGORY)))
    written = {str(key).removeprefix(_CATEGORY): CategoryRow(**json.loads(value)) for key, value in stored}
    added = sorted(written.keys() - set(codes.ISSUE_CATEGORIES))
    return {code: written.get(code) or _usual(code) for code in (*codes.ISSUE_CATEGORIES, *added)}


def read_category_words(connection: Connection) -> dict[str, str]:
    """Return the codes of the categories by what a file may call them: the names that somebody gave, and new codes."""
    rows = [one for one in read_categories(connection).values() if one.changed_at]
    words = {clean_name(one.name).upper(): one.code for one in rows if one.name}
    return {one.code: one.code for one in rows} | words


def is_category_code(said: str) -> bool:
    """Say whether a text can be the code of a category; whether there is one, a database knows."""
    return _CODE.fullmatch(said) is not None


def check_category(connection: Connection, code: str, *, new: bool) -> None:
    """Refuse a code that is none, and for something `new` one that is not offered any more. Raises `Invalid`."""
    found = read_categories(connection).get(code)
    if found is None:
        raise Invalid("err.unknown_code", value=code)
    if new and not found.offered:
        raise Invalid("err.category_retired", name=found.name)


def _usual(code: str) -> CategoryRow:
    return CategoryRow(code, text(f"category.{code}"), text(f"criteria.{code}"), text("rules.usual"), USUAL_YEAR)


def _check_new(code: str, name: str) -> None:
    if not is_category_code(code):
        raise Invalid("rules.bad_code", code=code)
    if not name:
        raise Invalid("rules.no_name")


def _check_name(name: str, code: str, known: Mapping[str, CategoryRow]) -> None:
    if len(name) > _LONGEST_NAME:
        raise Invalid("rules.no_name")
    taken = next((one for one in known.values() if one.name == name and one.code != code), None)
    if taken is not None:
        raise Invalid("rules.name_taken", name=name, code=taken.code)
