"""Tables of what stands: settings, units, households, rounds, rosters, coverage cells, imports."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)

from geo import codes
from geo.schema.base import (
    ADDED,
    PERSONAL,
    FreeText,
    FreeWord,
    code,
    count,
    edited,
    flag,
    forbid_updates,
    id_column,
    metadata,
    ref,
)

setting = Table("setting", metadata, Column("key", String, primary_key=True), Column("value", Text, nullable=False))

place = Table(
    "place",
    metadata,
    id_column(),
    Column("code", String, nullable=False),
    Column("name", String, nullable=False),
    Column("full_name", String, nullable=False, server_default=""),
    code("level", codes.LEVELS),
    ref("parent", "place", null=True),
    Column("edition", String, nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date),
    ref("successor", "place", null=True),
    Column("boundary", LargeBinary),
    flag("boundary_computed"),
    Column("lon", Float),
    Column("lat", Float),
    *edited(),
    UniqueConstraint("edition", "code"),
    Index("place_parent", "parent"),
)

place_path = Table(
    "place_path",
    metadata,
    Column("place", ForeignKey("place.id"), primary_key=True),
    Column("ancestor", ForeignKey("place.id"), primary_key=True),
    Column("depth", Integer, nullable=False),
    Index("place_path_ancestor", "ancestor", "place"),
)

import_batch = Table(
    "import_batch",
    metadata,
    id_column(),
    Column("seq", Integer, nullable=False, unique=True),
    Column("file_name", String, nullable=False),
    Column("file_hash", String, nullable=False),
    Column("sheet", String, nullable=False, server_default=""),
    Column("mapping", Text, nullable=False, server_default="{}"),
    Column("edition", String, nullable=False, server_default=""),
    ref("round", "round", null=True),
    count("rows_total"),
    count("rows_ok"),
    count("rows_bad"),
    count("rows_warned"),
    Column("report", Text, nullable=False, server_default="{}"),
    Column("undone_at", String),
    *edited(),
)

import_row = Table(
    "import_row",
    metadata,
    Column("batch", ForeignKey("import_batch.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("table_name", String, nullable=False),
    Column("row_id", String, nullable=False),
    Column("before", Text),
    Column("after_hash", String, nullable=False),
    Index("import_row_target", "table_name", "row_id"),
)

import_refused = Table(
    "import_refused",
    metadata,
    Column("batch", ForeignKey("import_batch.id"), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("field", String, nullable=False),
    Column("code", String, nullable=False),
    Column("value", Text, nullable=False, server_default=""),
    Column("unit", String, nullable=False, server_default=""),
    code("status", ("open", "repaired", "dismissed"), default="open"),
)

#: Features of map files whose unit nobody knows, with their shapes (WKB, lon, lat in WGS84 degrees).
area_aside = Table(
    "area_aside",
    metadata,
    Column("batch", ForeignKey("import_batch.id"), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("label", String, nullable=False),
    Column("shape", LargeBinary),
)

#: 片区: areas drawn on the map and kept under a name; `ring` is a JSON list of lon, lat corners.
zone = Table(
    "zone",
    metadata,
    id_column(),
    ref("place", "place"),
    Column("name", String, nullable=False),
    Column("ring", Text, nullable=False),
    *edited(),
    UniqueConstraint("place", "name"),
)

#: Areas as they are drawn, computed from what else is in the file: a unit's land shared out among the units of a level.
#: No keys to other tables: an import that is undone takes its units away, and what was drawn of them is drawn anew.
land_sheet = Table(
    "land_sheet",
    metadata,
    Column("place", String, primary_key=True),
    Column("level", String, primary_key=True),
    Column("round", String, primary_key=True),
    count("revision"),
    count("seq"),
    Column("areas", LargeBinary, nullable=False),
)

household = Table(
    "household",
    metadata,
    id_column(),
    Column("tile_id", Integer, nullable=False, unique=True),
    Column("code", String, nullable=False),
    ref("village", "place"),
    ref("place", "place"),
    Column("head_name", FreeWord, nullable=False, server_default="", info=PERSONAL),
    Column("phone", FreeWord, nullable=False, server_default="", info=PERSONAL),
    Column("id_hash", String, info=PERSONAL),
    Column("id_last4", String, info=PERSONAL),
    Column("size", Integer),
    code("household_class", codes.HOUSEHOLD_CLASSES, default="general"),
    code("residence", codes.RESIDENCES, default="at_home"),
    Column("lon", Float),
    Column("lat", Float),
    code("coord_source", codes.COORD_SOURCES, default="none"),
    # The system the point came in (wgs84, gcj02, EPSG:4524 …; empty without a point), and what was written.
    Column("coord_system", String, nullable=False, server_default=""),
    Column("coord_raw", Text, nullable=False, server_default=""),
    Column("dwelling", String),
    Column("note", FreeText, nullable=False, server_default=""),
    Column("entered_on", Date),
    Column("exited_on", Date),
    Column("exit_reason", FreeWord),
    ref("predecessor", "household", null=True),
    ref("successor", "household", null=True),
    *edited(),
    UniqueConstraint("village", "code"),
    Index("household_place", "place"),
    Index("household_code", "code"),
    Index("household_predecessor", "predecessor", sqlite_where=text("predecessor IS NOT NULL")),
    Index("household_successor", "successor", sqlite_where=text("successor IS NOT NULL")),
)

household_tag = Table(
    "household_tag",
    metadata,
    id_column(),
    ref("household", "household"),
    code("kind", codes.TAG_KINDS),
    Column("status", String, nullable=False, server_default="active"),
    Column("since", Date, nullable=False),
    Column("until", Date),
    *edited(),
    Index("household_tag_kind", "household", "kind"),
)

round_ = Table(
    "round",
    metadata,
    id_column(),
    Column("programme", String, nullable=False),
    Column("name", String, nullable=False),
    Column("number", Integer, nullable=False),
    ref("scope", "place"),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    Column("target_bp", Integer, nullable=False),
    code("status", codes.ROUND_STATUSES, default="open"),
    flag("away_phone_counts"),
    *edited(),
    CheckConstraint("starts_on <= ends_on"),
    CheckConstraint("target_bp BETWEEN 0 AND 10000"),
)

round_roster = Table(
    "round_roster",
    metadata,
    Column("round", ForeignKey("round.id"), primary_key=True),
    Column("household", ForeignKey("household.id"), primary_key=True),
    ref("place", "place"),
    flag("baseline", default=True),
    Column("added_on", Date),
    Column("excluded_on", Date),
    Column("excluded_reason", String),
    Column("approved_by", FreeWord),
    Column("approved_on", Date),
    Column("rev", Integer, nullable=False, server_default="1"),
    Column("excluded_note", FreeText, nullable=False, server_default="", info=ADDED),
    Index("round_roster_place", "place", "round"),
    Index("round_roster_household", "household"),
    sqlite_with_rowid=False,
)

round_figures = Table(
    "round_figures",
    metadata,
    Column("id", String, primary_key=True),
    Column("place", ForeignKey("place.id"), primary_key=True),
    ref("round", "round"),
    Column("as_of", Date, nullable=False),
    Column("counts", Text, nullable=False),
    Column("sha256", String, nullable=False),
    Column("locked_at", String, nullable=False),
    Column("locked_by", String, nullable=False),
    Index("round_figures_round", "round"),
    sqlite_with_rowid=False,
)
event.listen(round_figures, "after_create", forbid_updates(round_figures))

#: The counts of one coverage cell; their meaning stands in `coverage.roll_up`.
CELL_COUNTS: Final = (
    "rows", "roster", "baseline", "added", "left", "pending",
    "attempted", "contacted", "effective", "phone", "complete", "away",
    "overdue", "unvisited", "missed", "refused", "partial",
    "entered_7d", "located", "priority", "priority_effective", "unassigned",
    "groups", "groups_touched", "groups_complete",
)  # fmt: skip

coverage_cell = Table(
    "coverage_cell",
    metadata,
    Column("round", ForeignKey("round.id"), primary_key=True),
    Column("place", ForeignKey("place.id"), primary_key=True),
    Column("span", String, CheckConstraint("span IN ('own', 'all')"), primary_key=True),
    *(count(name) for name in CELL_COUNTS),
    sqlite_with_rowid=False,
)

coverage_day = Table(
    "coverage_day",
    metadata,
    Column("round", ForeignKey("round.id"), primary_key=True),
    Column("as_of", Date, nullable=False),
)
