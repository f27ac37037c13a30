"""Practical matters (实事, `matter`) and photos of evidence (`attachment`)."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_EVIDENT = ("issue", "visit", "measure", "matter")


def upgrade() -> None:
    """Make both tables, empty."""
    op.create_table(
        "matter",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("number", sa.String, nullable=False, unique=True),
        sa.Column("place", sa.String, sa.ForeignKey("place.id"), nullable=False),
        sa.Column("issue", sa.String, sa.ForeignKey("issue.id")),
        sa.Column("category", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("unit", sa.String, nullable=False, server_default=""),
        sa.Column("responsible", sa.String, nullable=False, server_default=""),
        sa.Column("funds_fen", sa.BigInteger),
        sa.Column("source", sa.String, nullable=False, server_default=""),
        sa.Column("homes", sa.Integer),
        sa.Column("started_on", sa.Date),
        sa.Column("done_on", sa.Date),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        *_edited(),
        sa.CheckConstraint("funds_fen >= 0"),
        sa.CheckConstraint("homes >= 0"),
        sa.CheckConstraint("started_on <= done_on"),
    )
    op.create_index("matter_place", "matter", ["place"])
    op.create_index("matter_issue", "matter", ["issue"], sqlite_where=sa.text("issue IS NOT NULL"))
    _make_attachments()


def _make_attachments() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.String, primary_key=True),
        *(sa.Column(name, sa.String, sa.ForeignKey(f"{name}.id")) for name in _EVIDENT),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("media_type", sa.String, nullable=False),
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("bytes", sa.Integer, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("removed_at", sa.String),
        sa.Column("removed_by", sa.String),
        *_edited(),
        sa.CheckConstraint(" + ".join(f"({name} IS NOT NULL)" for name in _EVIDENT) + " = 1"),
    )
    for name in _EVIDENT:
        op.create_index(f"attachment_{name}", "attachment", [name], sqlite_where=sa.text(f"{name} IS NOT NULL"))


def _edited() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("updated_at", sa.String),
        sa.Column("updated_by", sa.String),
        sa.Column("rev", sa.Integer, nullable=False, server_default="1"),
    )


def downgrade() -> None:
    """Older programs are not supported on newer files; a backup is the way back."""
    raise NotImplementedError
