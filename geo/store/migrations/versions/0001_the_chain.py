"""The base: the schema of `geo.schema` as first released.

A new database is made from the schema itself and stamped with the newest revision;
migrations bring older files forward.
"""

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing comes before the base."""


def downgrade() -> None:
    """Nothing comes before the base."""
