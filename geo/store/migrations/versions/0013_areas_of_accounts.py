"""Accounts of several areas, and the right to take names away: table `account_area`, `account.exports_personal`."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, empty; nobody may take names away until somebody says so."""
    op.create_table(
        "account_area",
        sa.Column("account", sa.String, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("place", sa.String, sa.ForeignKey("place.id"), nullable=False),
        sa.PrimaryKeyConstraint("account", "place"),
    )
    op.add_column("account", sa.Column("exports_personal", sa.Boolean, nullable=False, server_default=sa.text("0")))


def downgrade() -> None:
    """Older programs are not supported on newer files; a backup is the way back."""
    raise NotImplementedError
