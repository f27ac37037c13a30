"""From a workbook to the register: read, find the header, understand, propose, store in one transaction.

What is named here is loaded when it is first used: the process that only parses files needs little of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
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
_PLACES: Final = {
    "commit": ("import_file", "import_files"), "options": ("ImportOptions",),
    "refused": ("dismiss_refused", "list_refused"), "report": ("ImportReport",), "rounds": ("NewRound", "RoundChoice"),
    "undo": ("Undone", "find_undoable", "undo_last"),
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Return what is named above from the module it is in. Raises `AttributeError` for anything else."""
    for module, names in _PLACES.items():
        if name in names:
            return getattr(import_module(f"geo.importer.{module}"), name)
    raise AttributeError(name)
