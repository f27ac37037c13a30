"""The exit codes that a command returns; 2, a wrong line, is the parser's."""

from __future__ import annotations

from typing import Final

DONE: Final = 0
#: Refused, or something was found that is not in order.
FAILED: Final = 1
