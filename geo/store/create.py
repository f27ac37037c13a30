"""Making a database: the file, its tables by migration, its settings, its units."""

from __future__ import annotations

import secrets
import sqlite3
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from geo import config
from geo.errors import Invalid
from geo.schema import metadata
from geo.store.database import Database, write_setting
from geo.store.units import insert_district, load_edition

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

MIGRATIONS = Path(__file__).parent / "migrations"


def create_database(
    path: Path | str, *, kind: str, edition: str, today: date | None = None, district: tuple[str, str] | None = None
) -> Database:
    """Make a new database of a kind (`demo` or `real`) with the shipped units of an edition; return it open.

    With a `district` (code, name) it holds that one unit and nothing shipped; the edition is then a label of the units
    that somebody brings. An empty edition loads no units at all.
    `today` fixes the configured day; without it the clock decides. The file appears whole or not at all.
    Raises `Invalid` when something is at the path already.
    """
    path = Path(path)
    if path.exists():
        raise Invalid("err.database_exists", path=path.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    sqlite3.connect(draft).close()
    database = Database(draft)
    try:
        make_tables(database)
        with database.write() as connection:
            _write_settings(connection, kind, edition, today)
            if district is not None:
                insert_district(connection, edition, *district)
            elif edition:
                load_edition(connection, edition)
    except BaseException:
        _remove(database)
        raise
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    draft.rename(path)
    return Database(path)


def open_database(path: Path | str) -> Database:
    """Open a database that exists; a file of an older program is brought forward first.

    Raises `NotFound` when there is none, `Invalid` for a file of a newer program.
    """
    database = Database(path)
    with database.read() as connection:
        known = connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").scalar()
        stored = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() if known else None
    revisions = known_revisions()
    if stored is not None and stored != revisions[0]:
        if stored not in revisions:
            database.close()
            raise Invalid("err.newer_database", path=database.path.name)
        migrate(database)
    return database


@cache
def known_revisions() -> tuple[str, ...]:
    """Return every revision of the schema, the newest first."""
    alembic = Config()
    alembic.set_main_option("script_location", str(MIGRATIONS))
    return tuple(one.revision for one in ScriptDirectory.from_config(alembic).walk_revisions())


def _write_settings(connection: Connection, kind: str, edition: str, today: date | None) -> None:
    settings = {
        "kind": kind,
        "edition": edition,
        "zone": config.ZONE,
        "today": today.isoformat() if today else "clock",
        "id_key": secrets.token_hex(32),
    }
    for key, value in settings.items():
        write_setting(connection, key, value)


def make_tables(database: Database) -> None:
    """Make every table of the schema and stamp the file with the newest revision."""
    with database.engine.begin() as connection:
        metadata.create_all(connection)
        command.stamp(_alembic(connection), "head")


def migrate(database: Database) -> None:
    """Bring an older file to the newest revision of the schema."""
    with database.write() as connection:
        command.upgrade(_alembic(connection), "head")


def _alembic(connection: Connection) -> Config:
    alembic = Config()
    alembic.set_main_option("script_location", str(MIGRATIONS))
    alembic.attributes["connection"] = connection
    return alembic


def _remove(database: Database) -> None:
    database.close()
    for suffix in ("", "-wal", "-shm"):
        database.path.with_name(database.path.name + suffix).unlink(missing_ok=True)
