"""Tables of who may come in: accounts, their areas, recovery codes and sessions, and tries, counted before a check."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, String, Table, text

from geo.schema.base import PERSONAL, edited, flag, id_column, metadata, ref

account = Table(
    "account",
    metadata,
    id_column(),
    #: What is typed to come in, folded (NFKC, lower case); it is the actor of the log and is never given anew.
    Column("name", String, nullable=False, unique=True),
    Column("person_name", String, nullable=False, server_default="", info=PERSONAL),
    Column("role", String, nullable=False),
    ref("area", "place"),
    #: Argon2id with its parameters and salt; empty for who comes in by the identity provider only.
    Column("password", String, nullable=False, server_default=""),
    flag("must_change", default=True),
    Column("password_at", String),
    #: Sealed with the key beside the file (`geo.accounts.sealing`).
    Column("totp_secret", String),
    #: The last time step whose code was taken: a code is good once.
    Column("totp_step", Integer, nullable=False, server_default="0"),
    #: Whether files this account takes away say names and phones in full; whoever may, shows a second factor.
    flag("exports_personal"),
    #: Who the identity provider says it is (issuer and subject), where one is used.
    Column("subject", String, unique=True),
    Column("disabled_at", String),
    *edited(),
)

#: Where else than in `account.area` the account works: a recorder of two villages, or of three groups.
account_area = Table(
    "account_area",
    metadata,
    ref("account", "account"),
    ref("place", "place"),
    PrimaryKeyConstraint("account", "place"),
)

account_recovery = Table(
    "account_recovery",
    metadata,
    ref("account", "account"),
    #: SHA-256 of a code of 80 random bits.
    Column("hash", String, nullable=False, primary_key=True),
    Column("used_at", String),
)

account_session = Table(
    "account_session",
    metadata,
    #: SHA-256 of what the browser holds, so that reading this table lets nobody in.
    id_column(),
    ref("account", "account"),
    Column("stage", String, nullable=False),
    Column("opened_at", String, nullable=False),
    Column("seen_at", String, nullable=False),
    Column("ended_at", String),
    Column("ended_by", String),
    Column("address", String, nullable=False, server_default=""),
    Index("account_session_live", "account", sqlite_where=text("ended_at IS NULL")),
)

login_attempt = Table(
    "login_attempt",
    metadata,
    Column("id", Integer, primary_key=True),
    #: SHA-256 of the name that was typed, for a password typed into the wrong field must not stand here.
    Column("name_hash", String, nullable=False),
    Column("address", String, nullable=False),
    Column("at", String, nullable=False),
    Index("login_attempt_name", "name_hash", "at"),
    Index("login_attempt_address", "address", "at"),
)
