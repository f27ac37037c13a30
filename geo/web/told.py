"""Which addresses of media and uploads a browser's own sockets were told: nobody else may use them.

Streamlit names media by a hash of their content and keeps them for every session. What a session shows or may fill is
named in what its socket sends; so the owner of an address is whoever was told it.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import Final

_ADDRESS: Final = re.compile(rb"/(?:media|_stcore/upload_file)/[A-Za-z0-9_./-]{8,200}")
_MARKS: Final = (b"/media/", b"/upload_file/")
_KEPT: Final = 500
_OWNERS: Final = 1000
_SHORTEST: Final = 40


class Told:
    """Owner → the addresses told to it, the oldest forgotten first, of owners as of addresses."""

    def __init__(self) -> None:
        """Nobody was told anything yet."""
        self._of: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()

    def note(self, owner: str, said: bytes) -> None:
        """Note the addresses in what a socket of the owner sends."""
        if not any(mark in said for mark in _MARKS):
            return
        kept = self._of.setdefault(owner, OrderedDict())
        self._of.move_to_end(owner)
        for found in _ADDRESS.findall(said):
            kept[found.decode()] = None
        while len(kept) > _KEPT:
            kept.popitem(last=False)
        while len(self._of) > _OWNERS:
            self._of.popitem(last=False)

    def knows(self, owner: str, path: str) -> bool:
        """Say whether an address was told to the owner; what followed it in the message may look like part of it."""
        return len(path) >= _SHORTEST and any(told.startswith(path) for told in self._of.get(owner, ()))

    def forget(self, owner: str) -> None:
        """Forget an owner whose session has ended."""
        self._of.pop(owner, None)
