"""What a file suggests and a person decides."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something the file suggests.

    `kind`: correction (another outcome of a known visit), conflict (a fact that somebody edited in the app, with
    `field`, `who` and `when`), move (to another village), regroup (to another group), addition (新增户), split and
    merge (with the `evidence`), missing (only listed), outline. `before` is the register's, `after` the file's.
    `taken` says whether it is carried out with this import; row 0 stands for a household that no row names.
    """

    kind: str
    row: int
    code: str
    unit: str
    before: str
    after: str
    taken: bool
    field: str = ""
    who: str = ""
    when: str = ""
    evidence: str = ""
