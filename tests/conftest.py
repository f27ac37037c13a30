"""Fixtures that several test modules share: a served app, a browser, a page that may not leave this machine."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from geo.store.database import Database

ROOT = Path(__file__).resolve().parent.parent
CI = os.environ.get("CI") == "true"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
START_SECONDS = 90
BROWSER_WAIT = 60_000
#: Both load all of Chicago, which takes ten seconds a process.
LOADING_CHICAGO = ("real/test_mapping_issues.py", "real/test_mapping_visits.py")
MEMORY = Path("/dev/shm")  # noqa: S108 - a place, no file
MEMORY_BYTES = 4 << 30
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
BROWSER_OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@dataclass(frozen=True, slots=True)
class ServedApp:
    """A running app: its address, its process and where it writes what it says."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_answering(address: str, *, trust: ssl.SSLContext | None = None) -> bool:
    direct = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), *([urllib.request.HTTPSHandler(context=trust)] if trust else [])
    )
    with suppress(OSError), direct.open(f"{address}/healthz", timeout=2) as answer:
        return bool(answer.status == 200)
    return False


@contextmanager
def serve(
    command: list[str], address: str, *, environment: dict[str, str], log: Path, trust: ssl.SSLContext | None = None
) -> Iterator[ServedApp]:
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        try:
            deadline = time.monotonic() + START_SECONDS
            while not is_answering(address, trust=trust):
                if process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"the app did not start:\n{log.read_text(errors='replace')}")
                time.sleep(0.1)
            yield ServedApp(address, process, log)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


@pytest.fixture(scope="session")
def served_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., ServedApp]]:
    """Start the app: `served_app(database, by="streamlit" | "uvicorn")`; one process each, another if `fresh`.

    Real data without accounts opens without set-up, unless `GEO_ALONE="0"` is among the further variables.
    """
    running: dict[tuple[Path, str], ServedApp] = {}
    open_ones: list[Any] = []

    def start(database: Path, *, by: str = "streamlit", fresh: bool = False, **environment: str) -> ServedApp:
        fresh = fresh or bool(environment)
        if not fresh and (database, by) in running:
            return running[database, by]
        port = str(find_free_port())
        commands = {
            "streamlit": ["-m", "streamlit", "run", "app.py", "--server.address", "127.0.0.1", "--server.port", port],
            "uvicorn": ["-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", port],
        }
        serving = serve(
            [sys.executable, *commands[by]],
            f"http://127.0.0.1:{port}",
            environment={"GEO_DB": str(database), "GEO_ALONE": "1", **environment},
            log=tmp_path_factory.mktemp("served") / "app.log",
        )
        app = serving.__enter__()
        open_ones.append(serving)
        if not fresh:
            running[database, by] = app
        return app

    yield start
    for serving in reversed(open_ones):
        serving.__exit__(None, None, None)


def find_browser() -> str | None:
    names = (os.environ.get("GEO_CHROMIUM", ""), *BROWSERS)
    return next((found for name in names if name and (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Return a running headless Chromium; skip without one (with CI=true: fail)."""
    executable = find_browser()
    if executable is None:
        (pytest.fail if CI else pytest.skip)("no Chromium, Chrome or Edge found (set GEO_CHROMIUM to its path)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=BROWSER_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def offline_page(chromium: Any) -> Iterator[Any]:
    """Return a page at 1366×768 that may only talk to this machine; at the end, no other request was attempted."""
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN", accept_downloads=True)
    context.set_default_timeout(BROWSER_WAIT)
    attempts: list[str] = []

    def judge(route: Any) -> None:
        address = urlsplit(route.request.url)
        if address.scheme in {"data", "blob"} or address.hostname in LOOPBACK:
            route.continue_()
        else:
            attempts.append(route.request.url)
            route.abort()

    context.route("**/*", judge)
    page = context.new_page()
    page.on("websocket", lambda socket: attempts.append(socket.url) if _leaves(socket.url) else None)
    yield page
    context.close()
    assert attempts == [], f"requests that left the machine: {attempts}"


def _leaves(url: str) -> bool:
    return urlsplit(url).hostname not in LOOPBACK


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let the databases and files of tests lie in memory where the system has such a place with room.

    Tests commit to thousands of databases, and waited for the disk a third of their time. The files go with the run;
    `--basetemp=DIR` keeps them. The folder for all temporary files stays as it is: processes empty it after the run.
    Garbage is looked for less often than by default, which took a fifth.
    """
    gc.set_threshold(20_000, 20, 20)
    if hasattr(config, "workerinput") or config.option.basetemp or not _has_room_in_memory():
        return
    folder = tempfile.mkdtemp(prefix="tests-", dir=MEMORY)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["PYTEST_DEBUG_TEMPROOT"] = folder


def _has_room_in_memory() -> bool:
    with suppress(OSError, AttributeError):  # other systems have neither the place nor the question
        may_run_there = not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC
        return may_run_there and shutil.disk_usage(MEMORY).free >= MEMORY_BYTES
    return False


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what lies in `tests/browser/`, and run it last; where processes share, spread among the others' files.

    A browser test that waited in vain is tried once more: a click can be lost to a page that runs again. The report
    lists each (RERUN); a wrong value is never tried again.
    """
    driving = [item for item in items if "browser" in item.path.parts]
    for item in driving:
        item.add_marker(pytest.mark.browser)
        item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=["TimeoutError"]))
    others = [item for item in items if "browser" not in item.path.parts]
    items[:] = [*others, *driving]
    if hasattr(config, "workerinput"):
        # A browser waits more than it works: one file of it at a time, beside the rest, keeps two processors busy.
        turn = {id(one): nth / len(tests) for tests in (driving, others) for nth, one in enumerate(tests)}
        items.sort(key=lambda one: turn[id(one)])


def pytest_collection_finish() -> None:
    """Let the collector of garbage look at what the tests make, not again and again at what was there before them."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each process whole files, in the order above; those that load the same large data go to one."""
    from xdist.scheduler import LoadFileScheduling

    class Files(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return "chicago" if file.endswith(LOADING_CHICAGO) else file

    config.option.loadscopereorder = False
    return Files(config, log)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a skipped browser test fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if CI and reporter and any("browser" in report.keywords for report in reporter.stats.get("skipped", ())):
        reporter.write_line("a browser test was skipped: with CI=true that is a failure", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def world_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small world of `tests/world.py`, built once; tests that write use `world`, a copy of their own."""
    from tests.world import build_world

    path = tmp_path_factory.mktemp("world") / "world.sqlite"
    db = build_world(path)
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return path


@pytest.fixture
def world(world_file: Path, tmp_path: Path) -> Iterator[Database]:
    """Give a copy of the small world to read and change."""
    path = tmp_path / "world.sqlite"
    shutil.copy(world_file, path)
    db = Database(path)
    yield db
    db.close()


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a password cost next to nothing."""
    monkeypatch.setenv("GEO_ARGON2", "1,8,1")


@pytest.fixture
def office(world: Database) -> Database:
    """Return the small world as real data with its first account."""
    from tests.gatehouse import add_boss, make_real

    make_real(world)
    add_boss(world)
    return world


@pytest.fixture(scope="session")
def empty_register(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an empty register on the day of `tests/workbooks.py`, to be copied."""
    from tests import workbooks

    path = tmp_path_factory.mktemp("empty") / "r.sqlite"
    workbooks.open_register(path)[0].close()
    return path
