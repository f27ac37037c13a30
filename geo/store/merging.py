"""Two people on one household: which facts somebody changed after a revision, who and when.

Facts that nobody else touched merge; a fact that both changed is a conflict, told with both values.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from geo.schema import audit_log

if TYPE_CHECKING:
    from sqlalchemy import Connection

_ACTIONS: Final = ("household.edit", "household.move", "household.point")
#: In a line of the log: the revision before and after the change.
REV: Final = "rev"


def list_changed(connection: Connection, household_id: str, *, after: int, rev: int) -> dict[str, tuple[str, str]]:
    """Return fact → who changed it last and when, of the changes that made revisions `after` + 1 to `rev`.

    Where the log does not tell them all (an import raised the revision too), the fact '' stands for every one.
    """
    wanted = (
        select(audit_log.c.actor, audit_log.c.at, audit_log.c.diff)
        .where(audit_log.c.object == household_id, audit_log.c.action.in_(_ACTIONS))
        .order_by(audit_log.c.seq)
    )
    found: dict[str, tuple[str, str]] = {}
    told = set()
    for actor, at, diff in connection.execute(wanted):
        facts = json.loads(diff)
        made = facts.pop(REV, [0, 0])[1]
        if made > after:
            told.add(made)
            found |= dict.fromkeys(facts, (actor, at))
    return found if told >= set(range(after + 1, rev + 1)) else {"": ("", ""), **found}
