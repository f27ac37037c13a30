"""Lists that a database may have as its own (口径): what is told at the door, what is looked into."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from geo import codes
from geo.access import require_right, require_whole
from geo.audit import log_change
from geo.errors import Invalid
from geo.idnumbers import hide_id_numbers
from geo.store.database import read_setting, write_setting

if TYPE_CHECKING:
    from geo.model import Scope
from geo.store.database import Database

#: List → what stands in it until somebody writes another: codes, whose words are in the catalogue.
DEFAULTS: Final[dict[str, tuple[str, ...]]] = {"topic": codes.TOPICS, "check": codes.CHECK_ITEMS}


def read_list(db: Database, scope: Scope, *, name: str) -> tuple[str, ...]:
    """Return the entries of a list (`DEFAULTS`) in their order: codes, or words that somebody wrote."""
    require_right(scope, "view")
    with db.read() as connection:
        kept = read_setting(connection, f"list.{name}")
    return tuple(json.loads(kept)) if kept else DEFAULTS[name]


def write_list(db: Database, scope: Scope, *, name: str, entries: list[str]) -> tuple[str, ...]:
    """Write a list anew; what earlier visits said of entries that are gone stays on record. Returns what is kept.

    Raises `Invalid` for an unknown or an empty list, `NotAllowed` to who does not manage the whole file.
    """
    require_right(scope, "manage")
    kept = tuple(dict.fromkeys(hide_id_numbers(" ".join(one.split())) for one in entries if one.strip()))
    if name not in DEFAULTS or not kept:
        raise Invalid("err.list_empty")
    with db.write() as connection:
        require_whole(connection, scope)
        before = read_setting(connection, f"list.{name}")
        write_setting(connection, f"list.{name}", json.dumps(kept, ensure_ascii=False))
        diff = {"was": json.loads(before) if before else list(DEFAULTS[name]), "is": list(kept)}
        log_change(connection, scope, action="list.write", object_id=name, diff=diff)
    return kept
