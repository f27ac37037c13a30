"""Every point keeps the system it came in and what was written: `household.coord_system`, `household.coord_raw`.

Points that are there came as WGS84 degrees; what was written is not known any more. Undoing an import compares rows by
their hash and restores them from the journal, so both are brought forward with the rows.
"""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

#: The columns of a household in the order of revision 0001, over which its journal's hashes were taken.
_BEFORE = (
    "id", "tile_id", "code", "village", "place", "head_name", "phone", "id_hash", "id_last4", "size", "household_class",
    "residence", "lon", "lat", "coord_source", "dwelling", "note", "entered_on", "exited_on", "exit_reason",
    "predecessor", "successor", "created_at", "created_by", "updated_at", "updated_by", "rev",
)  # fmt: skip
_NEW = ("coord_system", "coord_raw")
_AT = _BEFORE.index("coord_source") + 1


def upgrade() -> None:
    """Add both columns, say that located households came as WGS84, and bring the journal forward."""
    op.add_column("household", sa.Column("coord_system", sa.String, nullable=False, server_default=""))
    op.add_column("household", sa.Column("coord_raw", sa.Text, nullable=False, server_default=""))
    op.execute("UPDATE household SET coord_system = 'wgs84' WHERE lon IS NOT NULL")
    op.execute(
        "UPDATE import_row SET before = json_set(before, '$.coord_raw', '', '$.coord_system',"
        " CASE WHEN json_extract(before, '$.lon') IS NULL THEN '' ELSE 'wgs84' END)"
        " WHERE table_name = 'household' AND before IS NOT NULL"
    )
    _rehash()


def _rehash() -> None:
    """Give journal rows that still describe their household the hash of the row as it is now."""
    connection = op.get_bind()
    names = ", ".join(f'h."{name}"' for name in _BEFORE)
    rows = connection.exec_driver_sql(
        f"SELECT j.batch, j.seq, j.after_hash, h.coord_system, {names} FROM import_row j"
        " JOIN household h ON h.id = j.row_id WHERE j.table_name = 'household'"
    ).all()
    for batch, seq, left, system, *values in rows:
        if _hash(values) == left:
            now = _hash([*values[:_AT], system, "", *values[_AT:]])
            connection.exec_driver_sql(
                "UPDATE import_row SET after_hash = ? WHERE batch = ? AND seq = ?", (now, batch, seq)
            )


def _hash(values: list[object]) -> str:
    return hashlib.sha256(repr(tuple(values)).encode()).hexdigest()


def downgrade() -> None:
    """Older programs are not supported on newer files; a backup is the way back."""
    raise NotImplementedError
