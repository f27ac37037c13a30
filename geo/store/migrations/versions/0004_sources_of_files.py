"""What is remembered of files: columns that were corrected (`import_mapping`), codes that were made (`made_code`)."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both tables, empty."""
    op.create_table(
        "import_mapping",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("signature", sa.String, nullable=False),
        sa.Column("mapping", sa.Text, nullable=False),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("updated_at", sa.String),
        sa.Column("updated_by", sa.String),
        sa.Column("rev", sa.Integer, nullable=False, server_default="1"),
        sa.UniqueConstraint("source", "signature"),
    )
    op.create_index("import_mapping_signature", "import_mapping", ["signature"])
    op.create_table(
        "made_code",
        sa.Column("village", sa.String, sa.ForeignKey("place.id"), primary_key=True),
        sa.Column("code", sa.String, primary_key=True),
        sa.Column("file", sa.String, nullable=False),
        sa.Column("batch", sa.String, sa.ForeignKey("import_batch.id"), nullable=False),
        sa.Column("id_hash", sa.String),
        sa.Column("row_hash", sa.String, nullable=False),
        sa.Column("home_hash", sa.String, nullable=False),
        sa.Column("head_hash", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("made_code_batch", "made_code", ["batch"])


def downgrade() -> None:
    """Older programs are not supported on newer files; a backup is the way back."""
    raise NotImplementedError
