"""What a file suggests and a person decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

#: Kinds of proposals that are carried out only when they are chosen, in the order they are told.
APPLICABLE: Final = ("conflict", "correction", "move", "regroup", "split", "merge", "missing")


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user decided about a file besides its answers.

    `apply` holds the proposals to carry out (`APPLICABLE`, and outlines): a whole kind (`merge`), those of one
    household (`merge:HP3`), of one row (`merge:12`), or a single one by its key. Additions (新增户) are stored unless
    `take_additions` is off. `begun` holds villages whose baseline began with an earlier file of the same drop: it goes
    on with this one. `again` says that the very same file was imported before: what was changed since then is newer
    than the file.
    """

    apply: frozenset[str] = frozenset()
    take_additions: bool = True
    added_on: date | None = None
    begun: frozenset[str] = frozenset()
    again: bool = False

    def takes(self, proposal: Proposal) -> bool:
        """Say whether a proposal is carried out."""
        kind = proposal.kind
        return bool(self.apply) and not self.apply.isdisjoint(
            (kind, f"{kind}:{proposal.code}", f"{kind}:{proposal.row}", proposal.key)
        )


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something the file suggests.

    `kind`: conflict (a fact that somebody edited in the app since, with `field`, `who` and `when` in UTC), correction
    (another outcome of a known visit, or with `field` another detail of it), move (to another village), regroup (to
    another group), split and merge (with the `evidence`), addition (新增户), missing (the file does not name it),
    outline. `before` is the register's, `after` the file's. `taken` says whether it is carried out with this import;
    row 0 stands for a household that no row names.
    """

    kind: str
    row: int
    code: str
    unit: str
    before: str
    after: str
    taken: bool = False
    field: str = ""
    who: str = ""
    when: str = ""
    evidence: str = ""

    @property
    def key(self) -> str:
        """Return what names this proposal alone among those of a file."""
        return f"{self.kind}:{self.unit}/{self.code}" + (f"/{self.field}{self.after}" if self.field else "")
