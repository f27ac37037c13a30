"""Files of users are parsed in a process of their own: with limits, without network, and gone afterwards.

`read_sheets` and `read_layer` are what the importer calls; `readers` and `outlines.files` do the work, over there.
"""

from geo.importer.apart.asking import read_layer, read_sheets

__all__ = ["read_layer", "read_sheets"]
