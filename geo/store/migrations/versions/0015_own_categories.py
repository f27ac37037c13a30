"""Categories of issues are a list that can be added to: the database no longer checks them against those that ship.

Only the text of the definition changes, the way SQLite describes for taking a CHECK away; no row is touched.
"""

import re

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_CHECK = re.compile(r"\s*CHECK \(category = '[^)]*\)")


def upgrade() -> None:
    """Take the check of `category` out of both tables, where it is there."""
    connection = op.get_bind()
    version = int(connection.exec_driver_sql("PRAGMA schema_version").scalar_one())
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    for table in ("issue", "matter"):
        made = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).scalar_one()
        connection.exec_driver_sql(
            "UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", (_CHECK.sub("", made), table)
        )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")


def downgrade() -> None:
    """Older programs are not supported on newer files; a backup is the way back."""
    raise NotImplementedError
