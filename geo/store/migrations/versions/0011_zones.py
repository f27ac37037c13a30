"""Areas drawn on the map and kept under a name (片区, `zone`)."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, empty."""
    op.create_table(
        "zone",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("place", sa.String, sa.ForeignKey("place.id"), nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("ring", sa.Text, nullable=False),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("updated_at", sa.String),
        sa.Column("updated_by", sa.String),
        sa.Column("rev", sa.Integer, nullable=False, server_default="1"),
        sa.UniqueConstraint("place", "name"),
    )


def downgrade() -> None:
    """Older programs are not supported on newer files; a backup is the way back."""
    raise NotImplementedError
