"""Planning from the store (计划): the gap list of a round becomes stops, village by village, and team-days."""

from geo.planning.document import PlanDocument, StopRow, TeamDayRow, VillagePlan
from geo.planning.draft import Draft, Order, draft_unit, from_content, to_content
from geo.planning.published import read_published
from geo.planning.run import draft_tasks, kept_setup, list_tasks, plan_places
from geo.planning.teams import Setup, UnitSetup, default_setup, make_setup, read_setup

__all__ = [
    "Draft",
    "Order",
    "PlanDocument",
    "Setup",
    "StopRow",
    "TeamDayRow",
    "UnitSetup",
    "VillagePlan",
    "default_setup",
    "draft_tasks",
    "draft_unit",
    "from_content",
    "kept_setup",
    "list_tasks",
    "make_setup",
    "plan_places",
    "read_published",
    "read_setup",
    "to_content",
]
