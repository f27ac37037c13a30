"""Who may come in: tables `account`, `account_recovery`, `account_session`, `login_attempt`."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, empty."""
    _make_accounts()
    _make_sessions()


def _make_accounts() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False, unique=True),
        sa.Column("person_name", sa.String, nullable=False, server_default=""),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("area", sa.String, sa.ForeignKey("place.id"), nullable=False),
        sa.Column("password", sa.String, nullable=False, server_default=""),
        sa.Column("must_change", sa.Boolean, nullable=False, server_default=sa.text("1")),
        sa.Column("password_at", sa.String),
        sa.Column("totp_secret", sa.String),
        sa.Column("totp_step", sa.Integer, nullable=False, server_default="0"),
        sa.Column("subject", sa.String, unique=True),
        sa.Column("disabled_at", sa.String),
        sa.Column("created_at", sa.String, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("updated_at", sa.String),
        sa.Column("updated_by", sa.String),
        sa.Column("rev", sa.Integer, nullable=False, server_default="1"),
    )
    op.create_table(
        "account_recovery",
        sa.Column("account", sa.String, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("hash", sa.String, primary_key=True),
        sa.Column("used_at", sa.String),
    )


def _make_sessions() -> None:
    op.create_table(
        "account_session",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("account", sa.String, sa.ForeignKey("account.id"), nullable=False),
        sa.Column("stage", sa.String, nullable=False),
        sa.Column("opened_at", sa.String, nullable=False),
        sa.Column("seen_at", sa.String, nullable=False),
        sa.Column("ended_at", sa.String),
        sa.Column("ended_by", sa.String),
        sa.Column("address", sa.String, nullable=False, server_default=""),
    )
    op.create_index("account_session_live", "account_session", ["account"], sqlite_where=sa.text("ended_at IS NULL"))
    op.create_table(
        "login_attempt",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name_hash", sa.String, nullable=False),
        sa.Column("address", sa.String, nullable=False),
        sa.Column("at", sa.String, nullable=False),
    )
    op.create_index("login_attempt_name", "login_attempt", ["name_hash", "at"])
    op.create_index("login_attempt_address", "login_attempt", ["address", "at"])


def downgrade() -> None:
    """Older programs are not supported on newer files; a backup is the way back."""
    raise NotImplementedError
