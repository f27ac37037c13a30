"""The one definition of every coverage figure (domain §3): expressions to execute elsewhere, and metrics from counts.

Nothing here executes, reads a clock or knows a database. Words of the formulas, as of t, for round R = [s, e]:

- `v(h)`: rows of kind visit, of R, with s ≤ visited_on ≤ min(t, e), that no void row names.
- `D`: roster rows with added_on ≤ t (baseline rows: from s), less those that have left: excluded_on ≤ t and
  approved_on ≤ t, except where v(h) holds an effective in-person visit dated ≤ excluded_on; merged and duplicate
  always leave.
- `C`: effective in person; where the round sets `away_phone_counts` also absent households reached by phone.
"""

from geo.coverage.history import fared, last_effective, last_seen
from geo.coverage.metrics import (
    SHARES,
    Counts,
    Pace,
    Share,
    is_cleared,
    is_much_excluded,
    pace,
    remaining_to_target,
    same_day_of,
)
from geo.coverage.status import (
    Homes,
    homes_at,
    homes_under,
    household_status,
    is_live,
    leaf_statement,
    leaf_values,
    not_voided,
    one_home,
    roll_up,
    standing,
    tag_holds,
)
from geo.coverage.tags import by_tag

__all__ = [
    "SHARES",
    "Counts",
    "Homes",
    "Pace",
    "Share",
    "by_tag",
    "fared",
    "homes_at",
    "homes_under",
    "household_status",
    "is_cleared",
    "is_live",
    "is_much_excluded",
    "last_effective",
    "last_seen",
    "leaf_statement",
    "leaf_values",
    "not_voided",
    "one_home",
    "pace",
    "remaining_to_target",
    "roll_up",
    "same_day_of",
    "standing",
    "tag_holds",
]
