"""From a workbook to the register: read, find the header, understand, propose, store in one transaction."""

from geo.importer.commit import import_file, import_files
from geo.importer.options import ImportOptions
from geo.importer.refused import dismiss_refused, list_refused
from geo.importer.report import ImportReport
from geo.importer.rounds import NewRound, RoundChoice
from geo.importer.undo import Undone, find_undoable, undo_last

__all__ = [
    "ImportOptions",
    "ImportReport",
    "NewRound",
    "RoundChoice",
    "Undone",
    "dismiss_refused",
    "find_undoable",
    "import_file",
    "import_files",
    "list_refused",
    "undo_last",
]
