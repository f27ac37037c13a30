"""Issues (问题): what may happen to one (`course`), and every figure of many (`figures`). Nothing here executes."""

from geo.issues.course import ACTS, Act, Event, Standing, act_of_route, fold, is_same_name, list_acts, replay, take_step
from geo.issues.figures import (
    ISSUE_COUNTS,
    highest_levels,
    issue_flags,
    issue_shares,
    issue_status,
    rings,
    roll_up_issues,
)
from geo.issues.funnel import Funnel, Spans

__all__ = [
    "ACTS",
    "ISSUE_COUNTS",
    "Act",
    "Event",
    "Funnel",
    "Spans",
    "Standing",
    "act_of_route",
    "fold",
    "highest_levels",
    "is_same_name",
    "issue_flags",
    "issue_shares",
    "issue_status",
    "list_acts",
    "replay",
    "rings",
    "roll_up_issues",
    "take_step",
]
