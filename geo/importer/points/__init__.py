"""Points of a file: how its coordinates are meant, what they come to in WGS84, and what is left empty and listed.

`cells` reads numbers, `sources` what the file claims about them, `readings` are the ways to understand them, `evidence`
weighs these against what is known, `verdict` decides for one declared source, `located` carries it out, `listing` says
what came of each row, `surroundings` doubts points among the others, `rows` fits it all into the columns of a file.
"""

from geo.importer.points.located import Evidence, PointSource
from geo.importer.points.rows import Located, locate_rows
from geo.importer.points.verdict import READING

__all__ = ["READING", "Evidence", "Located", "PointSource", "locate_rows"]
