"""Accounts from a sheet: one row a person (login name, name, role, units); all of them or none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from geo import codes
from geo.access import require_right
from geo.accounts.people import add_account
from geo.errors import GeoError, Invalid, NotAllowed
from geo.i18n import text
from geo.importer.apart import read_sheets
from geo.schema import place

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from geo.model import Scope
    from geo.store.database import Database
    from geo.validate import Cell

COLUMNS: Final = ("name", "person", "role", "area")
_NEEDED: Final = ("name", "role", "area")
_SAID: Final = 5
_BETWEEN: Final = re.compile(r"[,，、;；\n]")


@dataclass(frozen=True, slots=True)
class NewAccount:
    """One account that was made: its login name, the person's name, role, units as written, and first password."""

    name: str
    person_name: str
    role: str
    area: str
    password: str


def import_accounts(db: Database, scope: Scope, path: Path, *, name: str = "") -> list[NewAccount]:
    """Make the accounts of a sheet and return them with their first passwords; nothing is stored when a row is wrong.

    A role is its code or its word; a unit its code, its name where only one unit has it, or its name after that of the
    unit above (东测村 一组). Several units stand in one cell, with a comma, 、 or ； between them.
    Raises `FileRefused`, `NotAllowed`, and `Invalid`, which names the first rows that are wrong and why.
    """
    require_right(scope, "manage_accounts")
    rows = _read_rows(path, name)
    made, wrong = [], []
    with db.write(counts=False) as connection:
        for number, row in rows:
            try:
                made.append(_add(connection, scope, row))
            except NotAllowed:
                raise
            except GeoError as error:
                wrong.append(text("account.sheet.row", row=str(number), why=text(error.key, **error.params)))
        if wrong:
            raise Invalid("account.sheet.wrong", n=len(wrong), rows=" ".join(wrong[:_SAID]))
    return made


def _read_rows(path: Path, name: str) -> list[tuple[int, dict[str, str]]]:
    heads = {text(f"account.col.{column}"): column for column in COLUMNS}
    for sheet in read_sheets(path, name=name):
        for at, cells in enumerate(sheet.rows):
            found = {heads[said]: nth for nth, cell in enumerate(cells) if (said := _said(cell)) in heads}
            if set(_NEEDED) <= set(found):
                below = enumerate(sheet.rows[at + 1 :], start=at + 2)
                rows = [(number, _pick(found, row)) for number, row in below]
                return [(number, row) for number, row in rows if any(row.values())]
    raise Invalid("account.sheet.no_head", columns=text("list.stop").join(heads))


def _pick(columns: dict[str, int], row: list[Cell]) -> dict[str, str]:
    return {column: _said(row[nth]) if nth < len(row) else "" for column, nth in columns.items()}


def _said(cell: Cell) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


def _add(connection: Connection, scope: Scope, row: dict[str, str]) -> NewAccount:
    roles = {text(f"role.{role}"): role for role in codes.ROLES}
    role = roles.get(row["role"], row["role"])
    person = row.get("person", "")
    area, *further = [_find_area(connection, said) for said in _BETWEEN.split(row["area"]) if said.strip()] or [""]
    password = add_account(
        connection, scope, name=row["name"], role=role, area=area, further=further, person_name=person
    )
    return NewAccount(row["name"], person, role, row["area"], password)


def _find_area(connection: Connection, said: str) -> str:
    *above, own = said.split() or [""]
    parent = place.alias("parent_place")
    named = select(place.c.id).outerjoin(parent, parent.c.id == place.c.parent).where(place.c.valid_to.is_(None))
    called = parent.c.name.in_(above[-1:]) & (place.c.name == own) if above else place.c.name == own
    found = connection.execute(named.where((place.c.code == said.strip()) | called)).scalars().all()
    if len(found) != 1:
        raise Invalid("account.sheet.many_units" if found else "account.sheet.no_unit", name=said)
    return str(found[0])
