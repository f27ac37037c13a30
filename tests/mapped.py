"""Small files and mappings to load, and a database for each; people in them are invented."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from textwrap import dedent

from geo.importer import ImportOptions, ImportReport
from geo.mapping import MappingSpec, load_file, read_mapping
from geo.mapping.parse import parse_mapping
from geo.model import Scope
from geo.store.create import create_database
from geo.store.database import Database
from geo.store.places import root_place

TODAY = date(2024, 7, 1)
UNITS = """
    units:
      district: {code: {value: D1}, name: {value: Harbour}}
      township: {code: {value: D1-T}, name: {value: Coast}}
      village: {name: village}
"""


def spec_of(text: str, *, name: str = "test.yaml") -> MappingSpec:
    """Return a mapping written in a test."""
    return parse_mapping(dedent(text), name=name)


def write(path: Path, text: str) -> Path:
    """Write a small text file, without the indentation of the test."""
    path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    return path


def open_mapped(path: Path, spec: MappingSpec, *, today: date = TODAY) -> tuple[Database, Scope]:
    """Make the database that a mapping with its own district asks for; return it and a planner of the district."""
    assert spec.district is not None
    db = create_database(path, kind="real", edition=spec.name, today=today, district=spec.district)
    return db, Scope("planner", "planner", root_place(db).id)


def load(db: Database, scope: Scope, path: Path, spec: MappingSpec, **options: object) -> ImportReport:
    """Load one file with some options."""
    return load_file(db, scope, path, spec=spec, options=ImportOptions(**options))


def rows(db: Database, sql: str) -> list[tuple[object, ...]]:
    """Return the rows of a statement."""
    with db.read() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]


__all__ = ["TODAY", "UNITS", "load", "open_mapped", "read_mapping", "rows", "spec_of", "write"]
