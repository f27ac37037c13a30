"""What every file of a plan says of itself, and how its routes are called: by numbers, so that no name is in a code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from geo.i18n import text
from geo.planning import TeamDayRow


@dataclass(frozen=True, slots=True)
class RouteHead:
    """The round (number, name, its first and last day), the day and user of the file, where the app is served.

    `demo`: the people are invented, and every sheet says so.
    """

    number: int
    round: str
    starts_on: date
    ends_on: date
    as_of: date
    user: str
    address: str
    demo: bool = False

    def made(self) -> str:
        """Return who made the file and on which day, in words."""
        return text("route.made", day=self.as_of, user=self.user)


def route_id(head: RouteHead, row: TeamDayRow) -> str:
    """Return what a route is called: number of the round and what `call_route` says. It holds no name."""
    return f"R{head.number}-{row.route}"


def route_link(head: RouteHead, row: TeamDayRow) -> str:
    """Return the address that opens a route in the app."""
    return f"{head.address.rstrip('/')}/visits?route={route_id(head, row)}"
