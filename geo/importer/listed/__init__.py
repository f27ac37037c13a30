"""Lists of work that come in as sheets: issues (问题台账), practical matters (实事), the people of teams (队伍)."""

from typing import Final

from geo.importer.listed.issues import import_issues
from geo.importer.listed.matters import import_matters
from geo.importer.listed.teams import import_teams

#: Kind of a list → what imports it.
LISTS: Final = {"issues": import_issues, "matters": import_matters, "teams": import_teams}

__all__ = ["LISTS", "import_issues", "import_matters", "import_teams"]
