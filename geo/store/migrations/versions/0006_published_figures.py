"""What a locked round published (`round_figures`); who approved a late visit; what an exclusion by hand rests on."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, append-only, and both columns; nothing was locked with figures before."""
    op.add_column("visit", sa.Column("approved_by", sa.String))
    op.add_column("round_roster", sa.Column("excluded_note", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "round_figures",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("place", sa.String, sa.ForeignKey("place.id"), primary_key=True),
        sa.Column("round", sa.String, sa.ForeignKey("round.id"), nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("locked_at", sa.String, nullable=False),
        sa.Column("locked_by", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("round_figures_round", "round_figures", ["round"])
    op.execute(
        "CREATE TRIGGER round_figures_append_only BEFORE UPDATE ON round_figures "
        "BEGIN SELECT RAISE(ABORT, 'round_figures is append-only'); END"
    )


def downgrade() -> None:
    """Older programs are not supported on newer files; a backup is the way back."""
    raise NotImplementedError
