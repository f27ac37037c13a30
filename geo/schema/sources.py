"""What is remembered of the files that come in: columns that were corrected, codes that were made."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text, UniqueConstraint

from geo.schema.base import PERSONAL, edited, id_column, metadata

#: The columns of a source's files as a user corrected them, by the signature of their headers.
import_mapping = Table(
    "import_mapping",
    metadata,
    id_column(),
    Column("source", String, nullable=False),
    Column("signature", String, nullable=False),
    Column("mapping", Text, nullable=False),
    *edited(),
    UniqueConstraint("source", "signature"),
    Index("import_mapping_signature", "signature"),
)

#: Household codes that were made for a file without any, and what its row is known again by (keyed hashes).
made_code = Table(
    "made_code",
    metadata,
    Column("village", ForeignKey("place.id"), primary_key=True),
    Column("code", String, primary_key=True),
    Column("file", String, nullable=False),
    Column("batch", ForeignKey("import_batch.id"), nullable=False),
    Column("id_hash", String, info=PERSONAL),
    Column("row_hash", String, nullable=False, info=PERSONAL),
    Column("home_hash", String, nullable=False, info=PERSONAL),
    Column("head_hash", String, nullable=False, info=PERSONAL),
    Index("made_code_batch", "batch"),
    sqlite_with_rowid=False,
)
