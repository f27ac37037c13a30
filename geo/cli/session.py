"""What every command needs: the database it works on, in whose name, and a way to print an answer."""

from __future__ import annotations

import json
import sys
import unicodedata
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from geo import config
from geo.access import GRANTED
from geo.errors import GeoError, Invalid, NotAllowed, NotFound
from geo.i18n import text
from geo.model import Scope
from geo.schema import place
from geo.store.auditlog import log_act
from geo.store.create import create_database, open_database
from geo.store.database import Database
from geo.store.editions import DEFAULT_EDITION, choose_edition
from geo.store.places import get_place, root_place
from geo.store.rounds import current_round, get_round

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from geo.mapping import MappingSpec
    from geo.model import Place, Round


@dataclass(frozen=True, slots=True)
class Session:
    """An open database and the scope of the command line: planner of the whole district, `cli`, who has the file."""

    db: Database
    scope: Scope


@contextmanager
def open_session(
    options: argparse.Namespace, *, edition: str | None = None, spec: MappingSpec | None = None
) -> Iterator[Session]:
    """Open the database of `--db`, which is made with the shipped units of an edition where there is none.

    With a mapping that brings its own district, a new one holds that district instead.
    Without `--db` it is the one the app serves, which is never made here. Closed at the end; a refusal is noted in the
    log of acts. Raises `NotFound`, and `Invalid` when the database has other units than `edition` asks for.
    """
    db = _open_database(options, edition, spec)
    try:
        scope = Scope("cli", "planner", root_place(db).id, granted=GRANTED, sees_names=True)
        try:
            yield Session(db, scope)
        except NotAllowed as error:
            asked = str(error.params.get("action", error.key))
            # A file that cannot be written must not hide why the command was refused.
            with suppress(GeoError, SQLAlchemyError):
                log_act(db, scope, action="refusal", object_id=options.command, diff={"action": asked})
            raise
    finally:
        db.close()


def _open_database(options: argparse.Namespace, edition: str | None, spec: MappingSpec | None) -> Database:
    path = options.db or config.database_path()
    if not path.exists() and options.db is not None:
        if spec is not None and spec.brings_units:
            return _create_own(path, edition, spec)
        chosen = choose_edition(edition or DEFAULT_EDITION)
        db = create_database(path, kind="real", edition=chosen)
        tell(text("cli.created", path=path.name, edition=chosen))
        return db
    db = open_database(path)
    if edition and not (stored := db.setting("edition")).startswith(edition):
        db.close()
        raise Invalid("cli.edition_differs", stored=stored, edition=edition)
    return db


def _create_own(path: Path, edition: str | None, spec: MappingSpec) -> Database:
    """Make the database of a mapping that brings its own units: its district and nothing else. Raises `Invalid`."""
    own = spec.district
    if own is None:
        raise Invalid("mapping.no_district", name=spec.name)
    if edition:
        raise Invalid("mapping.edition", edition=edition, district=own[1])
    db = create_database(path, kind="real", edition=spec.name, district=own)
    tell(text("cli.created_own", path=path.name, district=own[1]))
    return db


def choose_round(session: Session, wanted: str | None) -> Round:
    """Return the round with this number or id, else the one running today. Raises `NotFound`."""
    if wanted is not None:
        return get_round(session.db, session.scope, round_id=wanted)
    found = current_round(session.db, session.scope)
    if found is None:
        raise NotFound("cli.no_rounds")
    return found


def choose_place(session: Session, code: str | None) -> Place:
    """Return the unit with this code or id, else the district. Raises `NotFound`."""
    if code is None:
        return get_place(session.db, session.scope, place_id=session.scope.area)
    with session.db.read() as connection:
        # A code that an earlier edition gave to another unit means the one that has it today.
        today_first = (place.c.valid_to.is_not(None), place.c.valid_to.desc())
        named = select(place.c.id).where((place.c.code == code) | (place.c.id == code)).order_by(*today_first)
        found = connection.execute(named).scalar()
    if found is None:
        raise NotFound("cli.no_place", code=code)
    return get_place(session.db, session.scope, place_id=found)


def tell(sentence: str) -> None:
    """Say something beside the answer: on stderr, so that stdout stays the answer alone."""
    print(sentence, file=sys.stderr)


def print_json(answer: object) -> None:
    """Print one JSON document; days are ISO text, Chinese stays Chinese."""
    print(to_json(answer))


def to_json(answer: object) -> str:
    """Return a JSON document; days are ISO text, Chinese stays Chinese."""
    return json.dumps(answer, ensure_ascii=False, indent=1, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, date | Path):
        return str(value)
    raise TypeError(type(value))


def print_table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table with aligned columns, numbers to the right; a Han character is two columns wide."""
    lines = [[_shown(value) for value in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(heads, *lines, strict=True)]
    numeric = [bool(rows) and not isinstance(value, str) for value in (rows[0] if rows else heads)]
    for line in [list(heads), *lines]:
        cells = zip(line, widths, numeric, strict=True)
        print("  ".join(_pad(cell, width, right=right) for cell, width, right in cells).rstrip())


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _width(shown: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in shown)


def _pad(shown: str, width: int, *, right: bool) -> str:
    blank = " " * (width - _width(shown))
    return blank + shown if right else shown + blank
