"""What people take away: lists of households, groups, units, issues and areas, in every format alike.

A list (`Table`) is made once: rows in the order of the screen, columns of `schema.columns`, words of the catalogue.
A format is a thin writer of such a list (`FORMATS`); each file says title, date, round, place, filter, rows and user.
"""

from geo.exports.formats import FORMATS, SHOW_PROGRESS_FROM, XLSX_TYPE, Format, write_table
from geo.exports.head import ExportHead
from geo.exports.homes import tabulate_gaps, tabulate_groups, tabulate_roster
from geo.exports.ledger import tabulate_ledger
from geo.exports.matters import tabulate_matters
from geo.exports.outlines import draw_outlines, draw_shapes, list_areas
from geo.exports.review import tabulate_review
from geo.exports.said import say_mark
from geo.exports.sheets import assignment_sheets
from geo.exports.table import Progress, Table
from geo.exports.teams import tabulate_teams
from geo.exports.units import UnitFigures, list_units, name_units, tabulate_areas, tabulate_coverage
from geo.exports.work import tabulate_work

__all__ = [
    "FORMATS",
    "SHOW_PROGRESS_FROM",
    "XLSX_TYPE",
    "ExportHead",
    "Format",
    "Progress",
    "Table",
    "UnitFigures",
    "assignment_sheets",
    "draw_outlines",
    "draw_shapes",
    "list_areas",
    "list_units",
    "name_units",
    "say_mark",
    "tabulate_areas",
    "tabulate_coverage",
    "tabulate_gaps",
    "tabulate_groups",
    "tabulate_ledger",
    "tabulate_matters",
    "tabulate_review",
    "tabulate_roster",
    "tabulate_teams",
    "tabulate_work",
    "write_table",
]
