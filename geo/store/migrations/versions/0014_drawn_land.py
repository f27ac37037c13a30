"""Areas of units as they are drawn, kept (`land_sheet`)."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, empty: what is not drawn is drawn at the first look."""
    op.create_table(
        "land_sheet",
        sa.Column("place", sa.String, primary_key=True),
        sa.Column("level", sa.String, primary_key=True),
        sa.Column("round", sa.String, primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False, server_default="0"),
        sa.Column("seq", sa.Integer, nullable=False, server_default="0"),
        sa.Column("areas", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """Older programs are not supported on newer files; a backup is the way back."""
    raise NotImplementedError
