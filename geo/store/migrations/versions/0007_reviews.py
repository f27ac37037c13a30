"""Joint reviews (研判): tables `review` and `review_item`."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables, empty."""
    op.create_table(
        "review",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("place", sa.String, sa.ForeignKey("place.id"), nullable=False),
        sa.Column("level", sa.String, nullable=False),
        sa.Column("held_on", sa.Date, nullable=False),
        sa.Column("participants", sa.Text, nullable=False, server_default=""),
        sa.Column("minutes", sa.Text, nullable=False, server_default=""),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("updated_at", sa.String),
        sa.Column("updated_by", sa.String),
        sa.Column("rev", sa.Integer, nullable=False, server_default="1"),
    )
    op.create_index("review_place", "review", ["place", "held_on"])
    op.create_table(
        "review_item",
        sa.Column("review", sa.String, sa.ForeignKey("review.id"), primary_key=True),
        sa.Column("issue", sa.String, sa.ForeignKey("issue.id"), primary_key=True),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("reasons", sa.String, nullable=False, server_default=""),
        sa.Column("decision", sa.String, nullable=False),
        sa.Column("decided_at", sa.String, nullable=False),
        sa.Column("decided_by", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("review_item_issue", "review_item", ["issue"])


def downgrade() -> None:
    """Older programs are not supported on newer files; a backup is the way back."""
    raise NotImplementedError
