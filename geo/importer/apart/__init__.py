"""Files of users are parsed in a process of their own: with limits, without network, and gone afterwards.

`read_sheets` and `read_layer` are what the importer calls; `readers` and `outlines.files` do the work, over there.
`get_ready` before somebody chooses a file spares its first reader the start.
"""

from geo.importer.apart.asking import get_ready, read_layer, read_sheets

__all__ = ["get_ready", "read_layer", "read_sheets"]
