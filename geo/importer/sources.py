"""Columns that a user corrected, kept for each source of files and proposed again for the same header."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from geo.access import require_right, require_whole
from geo.audit import log_change
from geo.errors import Invalid
from geo.importer.findings import FIELDS
from geo.importer.headernames import normalise_header
from geo.model import new_id
from geo.schema import import_mapping
from geo.store.database import now

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from geo.importer.headers import Column
    from geo.model import Scope
    from geo.store.database import Database

LONGEST_SOURCE = 60


@dataclass(frozen=True, slots=True)
class SavedMapping:
    """Corrected columns of a source: column index → field key, or None for a column that is left out."""

    source: str
    mapping: dict[int, str | None]


def sign_headers(headers: Iterable[str]) -> str:
    """Return the signature of a header: the same for the same words in the same order, however they are spaced."""
    plain = "\x1f".join(normalise_header(header) for header in headers)
    return hashlib.sha256(plain.encode()).hexdigest()


def save_mapping(
    db: Database, scope: Scope, *, source: str, columns: Sequence[Column], mapping: Mapping[int, str | None]
) -> None:
    """Keep corrected columns for a source and this header; an earlier correction of both is replaced.

    They are proposed to everybody, so only a planner of the whole district may keep them.
    Raises `Invalid` for a source without a name and for a field that there is not.
    """
    require_right(scope, "import")
    source = source.strip()[:LONGEST_SOURCE]
    unknown = [key for key in mapping.values() if key is not None and key not in FIELDS]
    if not source or unknown:
        raise Invalid("import.bad_mapping", source=source or "-", fields=", ".join(unknown) or "-")
    signature = sign_headers(column.header for column in columns)
    kept = json.dumps({str(index): key for index, key in sorted(mapping.items())})
    with db.write(counts=False) as connection:
        require_whole(connection, scope)
        found = _find(connection, signature, source)
        if found is None:
            row = {"id": new_id(), "source": source, "signature": signature, "mapping": kept, "rev": 1}
            connection.execute(import_mapping.insert().values(**row, created_at=now(), created_by=scope.actor))
        elif found[1] == kept:
            return
        else:
            change = import_mapping.update().where(import_mapping.c.id == found[0])
            connection.execute(
                change.values(mapping=kept, updated_at=now(), updated_by=scope.actor, rev=import_mapping.c.rev + 1)
            )
        log_change(connection, scope, action="import.mapping", object_id=signature[:12], diff={"source": source})


def find_mapping(db: Database, scope: Scope, *, columns: Sequence[Column], source: str = "") -> SavedMapping | None:
    """Return what was corrected for this header in files of a source, or, without one, of any source, the newest."""
    require_right(scope, "import")
    with db.read() as connection:
        require_whole(connection, scope)
        return look_up_mapping(connection, sign_headers(column.header for column in columns), source)


def look_up_mapping(connection: Connection, signature: str, source: str) -> SavedMapping | None:
    """Return what was corrected for a signature inside a transaction; '' for any source."""
    found = _find(connection, signature, source.strip())
    if found is None:
        return None
    mapping = {int(index): key for index, key in json.loads(found[1]).items() if key is None or key in FIELDS}
    return SavedMapping(found[2], mapping)


def _find(connection: Connection, signature: str, source: str) -> tuple[str, str, str] | None:
    wanted = select(import_mapping.c.id, import_mapping.c.mapping, import_mapping.c.source)
    wanted = wanted.where(import_mapping.c.signature == signature)
    if source:
        wanted = wanted.where(import_mapping.c.source == source)
    newest = import_mapping.c.updated_at.desc().nulls_last(), import_mapping.c.created_at.desc()
    row = connection.execute(wanted.order_by(*newest).limit(1)).first()
    return None if row is None else (row[0], row[1], row[2])
