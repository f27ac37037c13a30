"""Features of map files whose unit nobody knows are kept aside: table `area_aside`."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; nothing was kept aside before."""
    op.create_table(
        "area_aside",
        sa.Column("batch", sa.String, sa.ForeignKey("import_batch.id"), primary_key=True),
        sa.Column("row", sa.Integer, primary_key=True),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("shape", sa.LargeBinary),
    )


def downgrade() -> None:
    """Older programs are not supported on newer files; a backup is the way back."""
    raise NotImplementedError
