"""The log of acts refuses deletions, and its head (seq and hash of the last row) stands in the settings."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the trigger, and note the head of the log as it is."""
    op.execute(
        "CREATE TRIGGER IF NOT EXISTS audit_log_kept BEFORE DELETE ON audit_log "
        "BEGIN SELECT RAISE(ABORT, 'audit_log is kept'); END"
    )
    op.execute(
        "INSERT OR REPLACE INTO setting (key, value) "
        "SELECT 'audit_head', seq || ':' || hash FROM audit_log ORDER BY seq DESC LIMIT 1"
    )


def downgrade() -> None:
    """Older programs are not supported on newer files; a backup is the way back."""
    raise NotImplementedError
