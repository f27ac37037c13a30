"""What a visit looked into (大排查, `visit_check`), and forms that are not saved yet (`draft`)."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables, empty."""
    op.create_table(
        "visit_check",
        sa.Column("visit", sa.String, sa.ForeignKey("visit.id"), primary_key=True),
        sa.Column("item", sa.String, primary_key=True),
        sa.Column("result", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "draft",
        sa.Column("owner", sa.String, primary_key=True),
        sa.Column("object", sa.String, primary_key=True),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Older programs are not supported on newer files; a backup is the way back."""
    raise NotImplementedError
