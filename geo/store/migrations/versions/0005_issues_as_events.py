"""Events of issues carry what they decided, and are append-only; issues have a unit and the issue they follow.

Existing events get what the row of their issue knew: the first due day when it was raised, the present one where a
level took it over, how it was closed and who verified it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_OLD = '"issue", "seq", "on", "at", "actor", "kind", "from_level", "to_level", "from_state", "to_state", "note"'
_LAST = "(SELECT max(x.seq) FROM issue_event x WHERE x.issue = issue_event.issue AND x.kind IN ({kinds}))"


def upgrade() -> None:
    """Make the table of events anew with its wider list of kinds, and fill what is known."""
    op.add_column("issue", sa.Column("unit", sa.String, nullable=False, server_default=""))
    op.execute("ALTER TABLE issue ADD COLUMN follows VARCHAR REFERENCES issue (id)")
    op.add_column("measure", sa.Column("unit", sa.String, nullable=False, server_default=""))
    op.add_column("measure", sa.Column("drawn_on", sa.Date))
    op.execute("UPDATE measure SET drawn_on = date(created_at, '+8 hours')")
    op.rename_table("issue_event", "issue_event_before")
    _create_events()
    op.execute(f"INSERT INTO issue_event ({_OLD}) SELECT {_OLD} FROM issue_event_before")
    op.drop_table("issue_event_before")
    op.create_index("issue_event_act", "issue_event", ["act"], unique=True, sqlite_where=sa.text("act IS NOT NULL"))
    _fill_events()
    op.execute(
        "CREATE TRIGGER issue_event_append_only BEFORE UPDATE ON issue_event "
        "BEGIN SELECT RAISE(ABORT, 'issue_event is append-only'); END"
    )


def _create_events() -> None:
    kinds = (
        "raised", "assigned", "progress", "escalated", "returned", "resolved", "closed", "reworked", "deferred",
        "extended", "reopened", "invalidated", "duplicated", "defer_asked", "amended",
    )  # fmt: skip
    op.create_table(
        "issue_event",
        sa.Column("issue", sa.String, sa.ForeignKey("issue.id"), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("on", sa.Date, nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column(
            "kind", sa.String, sa.CheckConstraint(" OR ".join(f"kind = '{one}'" for one in kinds)), nullable=False
        ),
        sa.Column("from_level", sa.String),
        sa.Column("to_level", sa.String, nullable=False),
        sa.Column("from_state", sa.String),
        sa.Column("to_state", sa.String, nullable=False),
        sa.Column("note", sa.Text, nullable=False, server_default=""),
        sa.Column("act", sa.String),
        sa.Column("due_on", sa.Date),
        *(sa.Column(name, sa.String) for name in ("unit", "responsible", "close_kind", "approved_by", "verified_by")),
        sa.Column("satisfaction", sa.Integer),
        sa.Column("duplicate_of", sa.String),
        sqlite_with_rowid=False,
    )


def _fill_events() -> None:
    of_issue = "(SELECT i.{column} FROM issue i WHERE i.id = issue_event.issue)"
    op.execute(f"UPDATE issue_event SET due_on = {of_issue.format(column='original_due_on')} WHERE kind = 'raised'")
    moved = "SELECT id FROM issue WHERE due_on IS NOT original_due_on"
    taking = _LAST.format(kinds="'raised', 'escalated', 'extended'")
    op.execute(
        f"UPDATE issue_event SET due_on = {of_issue.format(column='due_on')} "
        f"WHERE issue IN ({moved}) AND seq > 1 AND seq = {taking}"
    )
    handed = _LAST.format(kinds="'raised', 'assigned', 'escalated'")
    op.execute(
        f"UPDATE issue_event SET responsible = nullif({of_issue.format(column='responsible')}, '') WHERE seq = {handed}"
    )
    closing = _LAST.format(kinds="'closed'")
    columns = ", ".join(
        f"{name} = {of_issue.format(column=name)}" for name in ("close_kind", "verified_by", "satisfaction")
    )
    op.execute(f"UPDATE issue_event SET {columns} WHERE kind = 'closed' AND seq = {closing}")


def downgrade() -> None:
    """Older programs are not supported on newer files; a backup is the way back."""
    raise NotImplementedError
