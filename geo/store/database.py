"""One SQLite file: connections, transactions, settings, the configured day.

SQLite in WAL mode with `synchronous=FULL`; every write is `BEGIN IMMEDIATE`, waits for other writers and then gives
up with `Busy`. Nothing here knows what the tables mean.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import defaultdict, deque
from contextlib import closing, contextmanager, nullcontext, suppress
from datetime import UTC, date, datetime
from itertools import chain, islice
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, Integer, bindparam, cast, create_engine, event, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool

from geo import config
from geo.errors import Busy, NoRoom, NotAllowed, NotFound
from geo.prepared import Prepared
from geo.schema import setting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry


#: Built once: every transaction runs them.
_READ = Prepared(select(setting.c.value).where(setting.c.key == bindparam("of_key")))
_COUNT = Prepared(
    setting.update()
    .where(setting.c.key == "revision")
    .values(value=cast(cast(setting.c.value, Integer) + 1, setting.c.value.type))
)
_CHANGE = setting.update().where(setting.c.key == bindparam("of_key")).values(value=bindparam("value"))


def now() -> str:
    """Return the present moment as UTC ISO text with milliseconds and `Z`."""
    return as_moment(datetime.now(UTC))


def as_moment(at: datetime) -> str:
    """Return a moment (UTC) as it is stored: ISO text with milliseconds and `Z`."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _make_engine(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=16,
        connect_args={"timeout": config.BUSY_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        # SQLAlchemy begins transactions itself, so that reads are snapshots and writes take the lock at once.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "cache_size=-65536",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


class _Queue:
    """Whoever waited longest writes next.

    SQLite's own waiting sleeps and tries again, and a lock lets anybody pass who asks at the right moment: with twenty
    at once somebody could lose every race until the time is up.
    """

    def __init__(self) -> None:
        """Begin with nobody at work."""
        self._guard = Lock()
        self._waiting: deque[Lock] = deque()
        self._at_work = False
        self._turns = 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the turn; raises `Busy` when one before kept it for `config.BUSY_SECONDS`."""
        if (gate := self._stand_in_line()) is not None:
            self._wait(gate)
        try:
            yield
        finally:
            self._call_next()

    def _stand_in_line(self) -> Lock | None:
        """Return a closed gate that opens at the turn; None where nobody is before."""
        with self._guard:
            if not self._at_work:
                self._at_work = True
                return None
            gate = Lock()
            gate.acquire()
            self._waiting.append(gate)
            return gate

    def _wait(self, gate: Lock) -> None:
        """Wait at a gate for as long as the line moves."""
        seen = self._turns
        while not gate.acquire(timeout=config.BUSY_SECONDS):
            with self._guard:
                if gate not in self._waiting:
                    return
                if self._turns == seen:
                    self._waiting.remove(gate)
                    raise Busy("err.busy")
                seen = self._turns

    def _call_next(self) -> None:
        with self._guard:
            self._turns += 1
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._at_work = False


#: One queue a file for the writers of this process.
_TURNS: Final[defaultdict[Path, _Queue]] = defaultdict(_Queue)


@contextmanager
def _keep_log(connection: Connection) -> Iterator[None]:
    """Keep SQLite from folding its log into the file when a transaction is committed."""
    driver = _driver_of(connection)
    driver.execute("PRAGMA wal_autocheckpoint=0")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA wal_autocheckpoint={_LOG_PAGES}")


class Database:
    """A database file; `read` and `write` give connections, each block is one transaction."""

    def __init__(self, path: Path | str) -> None:
        """Open a file that exists. Raises `NotFound` when it does not (`store.create_database` makes one)."""
        self.path = Path(path)
        if not self.path.is_file():
            raise NotFound("err.no_database", path=self.path.name)
        self.engine = _make_engine(self.path)
        #: Why nothing may be changed now (`geo.health`), '' when it may.
        self.held = ""
        self._folding: Thread | None = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees one snapshot."""
        with self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self, *, counts: bool = True, much: bool = False) -> Iterator[Connection]:
        """Give a connection that holds the write lock; commits at the end, rolls back on any error.

        `counts` False: what is written (a line of a log) changes nothing that is shown, so the revision stays; it stays
        where nothing was written, too. `much`: a transaction of very many rows is stored once it is in SQLite's log;
        the log is folded into the file, which takes nearly as long again, beside what follows.

        Raises `Busy` when another writer kept the lock for `config.BUSY_SECONDS`, `NoRoom` when the disk is full, and
        `NotAllowed` while the app is read-only (what `counts` not is let through: people still come in and out).
        """
        if self.held and counts:
            raise NotAllowed(f"health.{self.held}")
        with _TURNS[self.path].turn(), self.engine.connect().execution_options(immediate=True) as connection:
            try:
                transaction = connection.begin()
            except OperationalError as error:
                raise _name_trouble(error) from error
            try:
                with _keep_log(connection) if much else nullcontext(), transaction:
                    before = _count_changes(connection)
                    yield connection
                    if counts and _count_changes(connection) != before:
                        raise_revision(connection)
            except OperationalError as error:
                raise _name_trouble(error) from error
        if much:
            self._folding = Thread(target=self._fold_log)
            self._folding.start()

    def _fold_log(self) -> None:
        # Where it cannot be done now (the disk is full), a later commit does it.
        with suppress(sqlite3.Error), closing(sqlite3.connect(self.path)) as own:
            own.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def close(self) -> None:
        """Close all connections, so that the file can be moved or deleted."""
        if self._folding is not None:
            self._folding.join()
        self.engine.dispose()

    def setting(self, key: str, default: str = "") -> str:
        """Return a setting's value."""
        with self.read() as connection:
            return read_setting(connection, key, default)

    def today(self) -> date:
        """Return the configured day: a fixed one for demo data, else today in the configured zone."""
        with self.read() as connection:
            return read_today(connection)

    @property
    def is_demo(self) -> bool:
        """Say whether the rows are invented."""
        return self.setting("kind") == "demo"

    def revision(self) -> int:
        """Return the counter that every write raises: what was computed under it holds until it changes."""
        return int(self.setting("revision", "0"))


def _count_changes(connection: Connection) -> int:
    """Return how many rows the connection has ever written."""
    return _driver_of(connection).total_changes


def _driver_of(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):  # pragma: no cover - only SQLite is built for now
        raise TypeError(type(driver))
    return driver


def _name_trouble(error: OperationalError) -> Exception:
    """Return what SQLite's trouble is for people: locked, no room on the disk; the error itself where it is neither."""
    said = str(error.orig)
    if "locked" in said or "busy" in said:
        return Busy("err.busy")
    if "disk is full" in said or "disk I/O error" in said:
        return NoRoom("err.no_room")
    return error


def read_setting(connection: Connection, key: str, default: str = "") -> str:
    """Return a setting's value inside a transaction."""
    found = _READ.value(connection, {"of_key": key})
    return default if found is None else str(found)


def write_setting(connection: Connection, key: str, value: str) -> None:
    """Set a setting inside a write transaction."""
    if not connection.execute(_CHANGE, {"of_key": key, "value": value}).rowcount:
        connection.execute(setting.insert().values(key=key, value=value))


def read_today(connection: Connection) -> date:
    """Return the configured day inside a transaction (`today`: `clock` or an ISO day)."""
    fixed = read_setting(connection, "today", "clock")
    if fixed != "clock":
        return date.fromisoformat(fixed)
    return datetime.now(ZoneInfo(read_setting(connection, "zone", config.ZONE))).date()


def raise_revision(connection: Connection) -> None:
    """Count one more write."""
    if not _COUNT.write(connection, {}):
        write_setting(connection, "revision", "1")


def bulk_insert(
    connection: Connection, table: str, columns: Sequence[str], rows: Any, *, same: Mapping[str, Any] | None = None
) -> int:
    """Insert many rows through the driver itself (a tenth of the time of the expression layer); return how many.

    Values must be what SQLite stores: days and moments as ISO text. `same` are further columns, alike in every row.
    """
    driver, same = _driver_of(connection), same or {}
    # Constants stand in the statement: a value bound for every row costs as much as one that differs.
    marks = ", ".join([*"?" * len(columns), *(_quote(driver, value) for value in same.values())])
    names = ", ".join(f'"{name}"' for name in (*columns, *same))
    start, source = f'INSERT INTO "{table}" ({names}) VALUES ', iter(rows)
    group, stored = list(islice(source, _TOGETHER)), 0

    def whole_groups() -> Iterator[tuple[Any, ...]]:
        nonlocal group
        while len(group) == _TOGETHER:
            yield tuple(chain.from_iterable(group))
            group = list(islice(source, _TOGETHER))

    if len(group) == _TOGETHER:
        stored = driver.executemany(start + ", ".join([f"({marks})"] * _TOGETHER), whole_groups()).rowcount
    return stored + max(driver.executemany(f"{start}({marks})", group).rowcount, 0)


#: Pages of SQLite's log from which on a commit folds it into the file: SQLite's own number.
_LOG_PAGES: Final = 1_000
#: Rows of one statement: beginning and ending one costs as much as writing a narrow row.
_TOGETHER: Final = 100


def _quote(driver: sqlite3.Connection, value: Any) -> str:
    return str(driver.execute("SELECT quote(?)", (value,)).fetchone()[0])


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
