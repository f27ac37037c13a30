"""Tables of what was done for people: practical matters (实事), and the photos that show what was found and done."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, Index, Integer, String, Table, text

from geo.schema.base import FreeText, FreeWord, category_column, edited, id_column, metadata, ref

matter = Table(
    "matter",
    metadata,
    id_column(),
    Column("number", String, nullable=False, unique=True),
    ref("place", "place"),
    ref("issue", "issue", null=True),
    category_column(),
    Column("title", FreeWord, nullable=False),
    Column("unit", FreeWord, nullable=False, server_default=""),
    Column("responsible", FreeWord, nullable=False, server_default=""),
    # Fen (0.01 yuan), so that sums are exact; empty where nobody wrote down what it cost.
    Column("funds_fen", BigInteger),
    Column("source", FreeWord, nullable=False, server_default=""),
    # How many households it serves, as reported.
    Column("homes", Integer),
    Column("started_on", Date),
    Column("done_on", Date),
    Column("note", FreeText, nullable=False, server_default=""),
    *edited(),
    CheckConstraint("funds_fen >= 0"),
    CheckConstraint("homes >= 0"),
    CheckConstraint("started_on <= done_on"),
    Index("matter_place", "place"),
    Index("matter_issue", "issue", sqlite_where=text("issue IS NOT NULL")),
)

#: What a photo may show: the tables it may belong to.
EVIDENT: Final = ("issue", "visit", "measure", "matter")

#: A photo of evidence. The file is in the folder beside the database, under the hash of its content.
attachment = Table(
    "attachment",
    metadata,
    id_column(),
    *(ref(name, name, null=True) for name in EVIDENT),
    Column("name", FreeWord, nullable=False),
    Column("media_type", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("removed_at", String),
    Column("removed_by", String),
    *edited(),
    CheckConstraint(" + ".join(f"({name} IS NOT NULL)" for name in EVIDENT) + " = 1"),
    *(Index(f"attachment_{name}", name, sqlite_where=text(f"{name} IS NOT NULL")) for name in EVIDENT),
)

__all__ = ["EVIDENT", "attachment", "matter"]
