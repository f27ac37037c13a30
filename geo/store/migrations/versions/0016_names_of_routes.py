"""Published stops know what the sheet of their route calls it: `assignment.route`."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty: routes published before are found by their village."""
    op.add_column("assignment", sa.Column("route", sa.String))


def downgrade() -> None:
    """Older programs are not supported on newer files; a backup is the way back."""
    raise NotImplementedError
