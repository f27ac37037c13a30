"""Tables of what happens: people, assignments, visits, issues, logs."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    event,
    text,
)

from geo import codes
from geo.schema.base import (
    ADDED,
    PERSONAL,
    FreeText,
    FreeWord,
    category_column,
    code,
    count,
    edited,
    flag,
    forbid_deletes,
    forbid_updates,
    id_column,
    metadata,
    ref,
)

person = Table(
    "person",
    metadata,
    id_column(),
    Column("name", FreeWord, nullable=False),
    Column("phone", FreeWord, nullable=False, server_default="", info=PERSONAL),
    ref("place", "place", null=True),
    *edited(),
)

team = Table(
    "team", metadata, id_column(), Column("name", FreeWord, nullable=False), ref("village", "place"), *edited()
)

team_member = Table(
    "team_member",
    metadata,
    id_column(),
    ref("team", "team"),
    ref("person", "person"),
    code("role", codes.TEAM_ROLES),
    flag("leads"),
    ref("place", "place", null=True),
    ref("household", "household", null=True),
    Column("since", Date, nullable=False),
    Column("until", Date),
    *edited(),
    Index("team_member_team", "team"),
    Index("team_member_place", "place"),
    Index("team_member_household", "household", sqlite_where=text("household IS NOT NULL")),
)

_LIVE = text("status IN ('assigned', 'accepted')")
assignment = Table(
    "assignment",
    metadata,
    id_column(),
    ref("round", "round"),
    ref("household", "household", null=True),
    ref("place", "place", null=True),
    ref("person", "person", null=True),
    ref("team", "team", null=True),
    Column("day", Date),
    Column("seq", Integer),
    Column("due_on", Date),
    flag("locked"),
    code("status", codes.ASSIGNMENT_STATUSES, default="assigned"),
    Column("reason", FreeWord),
    Column("route", String),
    *edited(),
    CheckConstraint("(household IS NULL) <> (place IS NULL)"),
    CheckConstraint("(person IS NULL) <> (team IS NULL)"),
    Index(
        "assignment_live_household",
        "round",
        "household",
        unique=True,
        sqlite_where=_LIVE,
        postgresql_where=_LIVE,
    ),
    Index("assignment_household", "household", sqlite_where=text("household IS NOT NULL")),
    Index("assignment_live_place", "round", "place", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
)

visit = Table(
    "visit",
    metadata,
    id_column(),
    code("kind", ("visit", "void"), default="visit"),
    ref("round", "round", null=True),
    ref("household", "household"),
    Column("visited_on", Date, nullable=False),
    Column("recorded_at", String, nullable=False),
    Column("recorded_by", String, nullable=False),
    code("mode", codes.MODES, default="in_person"),
    code("outcome", codes.OUTCOMES),
    Column("reason", FreeWord),
    code("respondent", codes.RESPONDENTS, null=True),
    Column("revisit_on", Date),
    Column("note", FreeText, nullable=False, server_default=""),
    Column("lon", Float),
    Column("lat", Float),
    code("entry_kind", codes.ENTRY_KINDS, default="live"),
    ref("void_of", "visit", null=True),
    Column("approved_by", FreeWord, info=ADDED),
    CheckConstraint("(kind = 'void') = (void_of IS NOT NULL)"),
    Index("visit_household", "household", "round", "visited_on"),
    Index("visit_void_of", "void_of", unique=True, sqlite_where=text("void_of IS NOT NULL")),
    sqlite_with_rowid=False,
)

visit_person = Table(
    "visit_person",
    metadata,
    Column("visit", ForeignKey("visit.id"), primary_key=True),
    Column("person", ForeignKey("person.id"), primary_key=True),
    sqlite_with_rowid=False,
)

visit_topic = Table(
    "visit_topic",
    metadata,
    Column("visit", ForeignKey("visit.id"), primary_key=True),
    Column("topic", String, primary_key=True),
    sqlite_with_rowid=False,
)

visit_check = Table(
    "visit_check",
    metadata,
    Column("visit", ForeignKey("visit.id"), primary_key=True),
    Column("item", String, primary_key=True),
    code("result", codes.CHECK_RESULTS),
    sqlite_with_rowid=False,
)

draft = Table(
    "draft",
    metadata,
    Column("owner", String, primary_key=True),
    Column("object", String, primary_key=True),
    Column("content", FreeText, nullable=False),
    Column("at", String, nullable=False),
    sqlite_with_rowid=False,
)

issue = Table(
    "issue",
    metadata,
    id_column(),
    Column("number", String, nullable=False, unique=True),
    ref("place", "place"),
    ref("raised_by_visit", "visit", null=True),
    code("scope", codes.ISSUE_SCOPES),
    category_column(),
    Column("title", FreeWord, nullable=False),
    Column("detail", FreeText, nullable=False, server_default=""),
    Column("raised_on", Date, nullable=False),
    code("level_now", codes.ISSUE_LEVELS, default="village"),
    code("max_level", codes.ISSUE_LEVELS, default="village"),
    code("route", codes.ISSUE_ROUTES, default="time_limited"),
    Column("due_on", Date),
    Column("original_due_on", Date),
    Column("responsible", FreeWord, nullable=False, server_default=""),
    code("state", codes.ISSUE_STATES, default="open"),
    code("close_kind", codes.CLOSE_KINDS, null=True),
    Column("resolved_on", Date),
    Column("closed_on", Date),
    Column("verified_by", FreeWord),
    Column("satisfaction", Integer),
    ref("duplicate_of", "issue", null=True),
    count("reopen_count"),
    *edited(),
    Column("unit", FreeWord, nullable=False, server_default="", info=ADDED),
    Column("follows", ForeignKey("issue.id"), info=ADDED),
    Index("issue_place", "place"),
    Index("issue_visit", "raised_by_visit", sqlite_where=text("raised_by_visit IS NOT NULL")),
    Index("issue_duplicate", "duplicate_of", sqlite_where=text("duplicate_of IS NOT NULL")),
)

issue_household = Table(
    "issue_household",
    metadata,
    Column("issue", ForeignKey("issue.id"), primary_key=True),
    Column("household", ForeignKey("household.id"), primary_key=True),
    Index("issue_household_household", "household"),
    sqlite_with_rowid=False,
)

issue_event = Table(
    "issue_event",
    metadata,
    Column("issue", ForeignKey("issue.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("on", Date, nullable=False),
    Column("at", String, nullable=False),
    Column("actor", String, nullable=False),
    code("kind", codes.ISSUE_EVENT_KINDS),
    Column("from_level", String),
    Column("to_level", String, nullable=False),
    Column("from_state", String),
    Column("to_state", String, nullable=False),
    Column("note", FreeText, nullable=False, server_default=""),
    Column("act", String),
    Column("due_on", Date),
    Column("unit", FreeWord),
    Column("responsible", FreeWord),
    Column("close_kind", String),
    Column("approved_by", FreeWord),
    Column("verified_by", FreeWord),
    Column("satisfaction", Integer),
    Column("duplicate_of", String),
    Index("issue_event_act", "act", unique=True, sqlite_where=text("act IS NOT NULL")),
    sqlite_with_rowid=False,
)

measure = Table(
    "measure",
    metadata,
    id_column(),
    ref("issue", "issue"),
    Column("text", FreeText, nullable=False),
    Column("responsible", FreeWord, nullable=False, server_default=""),
    Column("due_on", Date),
    Column("done_on", Date),
    *edited(),
    Column("unit", FreeWord, nullable=False, server_default=""),
    Column("drawn_on", Date),
    Index("measure_issue", "issue"),
)

review = Table(
    "review",
    metadata,
    id_column(),
    ref("place", "place"),
    code("level", codes.ISSUE_LEVELS),
    Column("held_on", Date, nullable=False),
    Column("participants", FreeText, nullable=False, server_default=""),
    Column("minutes", FreeText, nullable=False, server_default=""),
    *edited(),
    Index("review_place", "place", "held_on"),
)

review_item = Table(
    "review_item",
    metadata,
    Column("review", ForeignKey("review.id"), primary_key=True),
    Column("issue", ForeignKey("issue.id"), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("reasons", String, nullable=False, server_default=""),
    code("decision", codes.REVIEW_DECISIONS),
    Column("decided_at", String, nullable=False),
    Column("decided_by", String, nullable=False),
    Index("review_item_issue", "issue"),
    sqlite_with_rowid=False,
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("at", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    Column("object", String, nullable=False),
    Column("diff", Text, nullable=False, server_default="{}"),
    Column("prev_hash", String, nullable=False),
    Column("hash", String, nullable=False),
)

export_log = Table(
    "export_log",
    metadata,
    id_column(),
    Column("at", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("what", String, nullable=False),
    Column("filter", Text, nullable=False, server_default=""),
    count("rows"),
)

event.listen(audit_log, "after_create", forbid_deletes(audit_log))
for _guarded in (visit, issue_event, audit_log):
    event.listen(_guarded, "after_create", forbid_updates(_guarded))
