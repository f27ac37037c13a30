"""Work on bytes of strangers in a process of its own: with limits, without network, and gone afterwards.

`ask` has a module do it over there; `get_ready` before somebody chooses a file spares its first reader the start.
"""

from geo.apart.asking import ask, get_ready

__all__ = ["ask", "get_ready"]
