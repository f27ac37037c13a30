#!/usr/bin/env python3
"""Set up and start the app (`python3 run.py`), or set up and run every test (`python3 run.py test`).

It needs Python 3.11 or newer and nothing else. It makes `.venv` beside itself, installs the pinned requirements, makes
the demo database where there is none, and starts the app on 127.0.0.1. A second run finds all of it done and is quick.
On Windows: `py run.py`.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import hashlib
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
VAR = ROOT / "var"
STAMP = VENV / "installed.json"
WINDOWS = os.name == "nt"
PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
OLDEST = (3, 11)
FIRST_PORT = 8501
PORTS_TRIED = 50
START_SECONDS = 120
PRESET = "bijiang_rural"
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"%ProgramFiles%\Google\Chrome\Application\chrome.exe",
    r"%ProgramFiles(x86)%\Google\Chrome\Application\chrome.exe",
    r"%LocalAppData%\Google\Chrome\Application\chrome.exe",
    r"%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe",
    r"%ProgramFiles%\Microsoft\Edge\Application\msedge.exe",
)
NETWORK_MARKS = (
    "Temporary failure in name resolution",
    "getaddrinfo failed",
    "Failed to establish a new connection",
    "NewConnectionError",
    "Network is unreachable",
    "Connection refused",
    "timed out",
    "ProxyError",
    "SSLError",
    "Max retries exceeded",
)
DISK_MARKS = ("No space left on device", "Errno 28", "not enough space on the disk", "Disk quota exceeded")


class SetupError(Exception):
    """Something the person at the terminal has to do; the text says what."""


def say(chinese: str, english: str) -> None:
    """Print a line in Chinese where the terminal can show it, else in English."""
    print(_told(chinese, english), flush=True)


def _told(chinese: str, english: str) -> str:
    try:
        chinese.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return english
    return chinese


def main(arguments: list[str]) -> int:
    """Do what the command line asks and return the exit status."""
    testing = arguments[:1] == ["test"]
    try:
        check_python()
        if testing:
            return run_tests(*_read_test_options(arguments[1:]))
        return run_app(_read_app_options(arguments))
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        return 130


def _read_app_options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="run.py", description="Set up and start the app; `run.py test` runs the tests."
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="use your own data in DIR instead of the demo")
    parser.add_argument("--port", type=int, default=FIRST_PORT, help="the port to try first (default: %(default)s)")
    parser.add_argument("--wheels", type=Path, metavar="DIR", help="install from a folder, without network")
    parser.add_argument("--host", metavar="ADDRESS", help="serve a network, by the options of `python -m geo serve`")
    options, options.network = parser.parse_known_args(arguments)
    if options.network and not options.host:
        parser.error(f"unrecognized arguments: {' '.join(options.network)}")
    return options


def _read_test_options(arguments: list[str]) -> tuple[Path | None, list[str]]:
    parser = argparse.ArgumentParser(
        prog="run.py test", description="Set up and run every check; the rest goes to pytest."
    )
    parser.add_argument("--wheels", type=Path, metavar="DIR", help="install from a folder, without network")
    known, rest = parser.parse_known_args(arguments)
    return known.wheels, rest


def check_python() -> None:
    """Refuse a Python that is too old."""
    if sys.version_info < OLDEST:
        found, oldest = ".".join(map(str, sys.version_info[:2])), ".".join(map(str, OLDEST))
        raise SetupError(
            _told(
                f"这里的 Python 是 {found}，需要 {oldest} 或更新的版本。装好后再运行一次。",
                f"This is Python {found}; {oldest} or newer is needed. Install it and run this again.",
            )
        )


def ensure_venv() -> None:
    """Make `.venv` unless a working one is there."""
    if (
        PYTHON.exists()
        and subprocess.run([PYTHON, "-c", "import pip"], capture_output=True, check=False).returncode == 0
    ):
        return
    if importlib.util.find_spec("ensurepip") is None:
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        install_by_apt([package], why=_told("这个 Python 不带 venv。", "This Python comes without venv."))
    say("建立 .venv …", "Making .venv ...")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise SetupError(explain_failure(made.stdout + made.stderr))


def install_by_apt(packages: list[str], *, why: str) -> None:
    """Install Debian packages as root; raises `SetupError` with the one command to run where that can't be done."""
    command = f"apt-get install -y --no-install-recommends {' '.join(packages)}"
    if not can_use_apt():
        raise SetupError(_told(f"{why}先运行：sudo {command}", f"{why} Run first: sudo {command}"))
    say(f"{why}安装 {' '.join(packages)} …", f"{why} Installing {' '.join(packages)} ...")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in ("apt-get update -q", command):
        done = subprocess.run(
            step.split(), env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    if done.returncode != 0:
        raise SetupError(explain_failure(done.stdout + done.stderr))


def can_use_apt() -> bool:
    """Say whether this is Debian (or a child of it) and we may install packages."""
    return not WINDOWS and shutil.which("apt-get") is not None and os.geteuid() == 0


def ensure_requirements(name: str, *, wheels: Path | None) -> None:
    """Install a requirements file into `.venv` unless exactly that was installed last time."""
    wanted = _fingerprint(name)
    if _read_stamp().get(name) == wanted:
        return
    source = ["--no-index", "--find-links", str(wheels.resolve())] if wheels else ["--retries", "3"]
    command = [PYTHON, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", *source, "-r", ROOT / name]
    _follow_pip(command, total=_count_pins(name))
    done = {name: wanted, **({"requirements.txt": _fingerprint("requirements.txt")} if "dev" in name else {})}
    STAMP.write_text(json.dumps({**_read_stamp(), **done}), encoding="utf-8")


def _follow_pip(command: list[str | Path], *, total: int) -> None:
    log: list[str] = []
    seen = 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, errors="replace"
    ) as pip:
        for line in pip.stdout or ():
            log.append(line)
            if line.startswith(("Collecting ", "Processing ", "Requirement already satisfied")):
                seen += 1
                _show_progress(seen, total, Path(line.split()[1]).name if line[0] in "CP" else "")
            elif line.startswith("Installing collected packages"):
                say(f"\n写入 {line.count(',') + 1} 个包 …", f"\nWriting {line.count(',') + 1} packages ...")
    VAR.mkdir(exist_ok=True)
    (VAR / "setup.log").write_text("".join(log), encoding="utf-8")
    if pip.returncode != 0:
        raise SetupError(explain_failure("".join(log)))


def _show_progress(done: int, total: int, name: str) -> None:
    text = _told(f"安装依赖 {min(done, total)}/{total}  {name}", f"Installing {min(done, total)}/{total}  {name}")
    if sys.stdout.isatty():
        print(f"\r{text[:70]:<70}", end="", flush=True)
    elif done % 10 == 1:
        print(text, flush=True)


def explain_failure(log: str) -> str:
    """Return what to tell a person about a failed installation: network, disk, or the tool's own last words."""
    if any(mark in log for mark in DISK_MARKS):
        return _told("磁盘满了。腾出约 2 GB，再运行一次。", "The disk is full. Free about 2 GB and run this again.")
    if any(mark in log for mark in NETWORK_MARKS):
        return _told(
            "连不上软件源。检查网络后再运行一次；没有网络就用 --wheels 目录 从下载好的文件夹安装。",
            "No connection to the package index. Check the network and run this again, or use --wheels DIR.",
        )
    last = "".join(log.splitlines(keepends=True)[-15:])
    return last + _told(
        "安装没有完成。修好上面的问题后再运行一次。", "Setup did not finish. See above, then run this again."
    )


def _count_pins(name: str) -> int:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    own = sum("==" in line for line in lines)
    return own + sum(_count_pins(line[3:].strip()) for line in lines if line.startswith("-r "))


def _fingerprint(name: str) -> str:
    names = ["requirements.txt", name] if "dev" in name else [name]
    digest = hashlib.sha256(str(sys.implementation.cache_tag).encode())
    for each in names:
        digest.update((ROOT / each).read_bytes())
    return digest.hexdigest()


def _read_stamp() -> dict[str, str]:
    try:
        return dict(json.loads(STAMP.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def ensure_database(data: Path | None) -> Path:
    """Return the database to serve: the demo's, or the one of the own-data folder; make it where there is none."""
    path = (data.resolve() / "geo.sqlite") if data else VAR / "demo.sqlite"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    if data:
        say(f"新建空库 {path}（含行政区划）…", f"Making an empty database {path} ...")
        command = ["check"]
    else:
        say("生成演示数据（一次，约一分钟）…", "Making the demo data (once, about a minute) ...")
        command = ["demo", "--preset", PRESET]
    draft = path.with_name(f"{path.stem}.new.sqlite")
    for part in _list_parts(draft):
        part.unlink(missing_ok=True)
    full = [PYTHON, "-m", "geo", *command, "--db", draft]
    made = subprocess.run(full, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if made.returncode != 0 or not draft.exists():
        raise SetupError(explain_failure(made.stdout + made.stderr))
    # Renamed when whole, so that an interrupted run leaves no half-filled database behind.
    for part, whole in zip(_list_parts(draft), _list_parts(path), strict=True):
        if part.exists():
            part.replace(whole)
    return path


def _list_parts(path: Path) -> list[Path]:
    """Return the files of an SQLite database, the main one last."""
    return [path.with_name(path.name + suffix) for suffix in ("-shm", "-wal", "")]


def find_port(first: int) -> int:
    """Return the first free port of 127.0.0.1 from `first` on."""
    for port in range(first, first + PORTS_TRIED):
        with socket.socket() as probe, contextlib.suppress(OSError):
            if not WINDOWS:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    last = first + PORTS_TRIED - 1
    raise SetupError(_told(f"端口 {first} 到 {last} 都被占用。", f"Ports {first} to {last} are all taken."))


def run_app(options: argparse.Namespace) -> int:
    """Set up, start the app, print its address when it answers, and stay until it ends."""
    ensure_venv()
    ensure_requirements("requirements.txt", wheels=options.wheels)
    database = ensure_database(options.data)
    if options.host:
        serve = [PYTHON, "-m", "geo", "serve", "--db", database, "--host", options.host, "--port", str(options.port)]
        return subprocess.run([*serve, *options.network], cwd=ROOT, check=False).returncode
    port = find_port(options.port)
    address = f"http://127.0.0.1:{port}"
    command = [PYTHON, "-m", "streamlit", "run", "app.py", "--server.address", "127.0.0.1", "--server.port", str(port)]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "GEO_DB": str(database)}, stdout=subprocess.DEVNULL)
    try:
        wait_for_answer(address, server)
        say(
            f"\n已启动：{address}\n数据在 {database}\n按 Ctrl+C 停止。",
            f"\nRunning: {address}\nData: {database}\nCtrl+C stops.",
        )
        return server.wait()
    finally:
        if server.poll() is None:
            server.terminate()
            server.wait(10)


def wait_for_answer(address: str, server: subprocess.Popen[bytes]) -> None:
    """Return when the app answers; raises `SetupError` when it ends first or stays silent."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(OSError, ValueError), direct.open(f"{address}/healthz", timeout=2) as answer:
            if json.load(answer).get("app") == "geo":
                return
        time.sleep(0.2)
    raise SetupError(_told("应用没有启动，原因见上面几行。", "The app did not start; see the lines above."))


def find_browser() -> str | None:
    """Return an installed Chromium, Chrome or Edge: `GEO_CHROMIUM`, else the usual places."""
    for name in (os.environ.get("GEO_CHROMIUM", ""), *BROWSERS):
        if name and (found := shutil.which(os.path.expandvars(name))):
            return found
    return None


def has_chinese_font() -> bool:
    """Say whether screenshots can show Chinese; taken for granted outside Linux."""
    folders = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts")
    marks = ("cjk", "wqy", "sourcehan", "source-han", "arphic", "droidsansfallback")
    return sys.platform != "linux" or any(
        any(mark in file.name.lower() for mark in marks) for folder in folders for file in folder.rglob("*.[ot]t[cf]")
    )


def has_libatomic() -> bool:
    """Say whether the library is there that Playwright's own node needs and a small Debian lacks."""
    if sys.platform != "linux":
        return True
    try:
        ctypes.CDLL("libatomic.so.1")
    except OSError:
        return False
    return True


def ensure_browser() -> str | None:
    """Return the browser of the tests, installed by apt where that is ours to do; None where there is none."""
    wanted = {"chromium": find_browser(), "fonts-wqy-microhei": has_chinese_font(), "libatomic1": has_libatomic()}
    missing = [package for package, found in wanted.items() if not found]
    if missing and can_use_apt():
        install_by_apt(missing, why=_told("浏览器测试要用：", "For the browser tests:"))
    browser = find_browser()
    if browser is None:
        names = ", ".join(sorted(path.name for path in (ROOT / "tests" / "browser").glob("test_*.py")))
        say(
            f"没有 Chrome、Edge 或 Chromium，这些测试不能运行：tests/browser/ 的 {names}",
            f"No Chrome, Edge or Chromium: these tests cannot run: tests/browser/ {names}",
        )
    return browser


def run_tests(wheels: Path | None, arguments: list[str]) -> int:
    """Set up, run every check, then pytest, whose summary is the last line printed; return 1 if anything failed."""
    ensure_venv()
    ensure_requirements("requirements-dev.txt", wheels=wheels)
    browser = ensure_browser()
    environment = {**os.environ, "GEO_CHROMIUM": browser or "", "PYTHONUTF8": "1"}
    scripts = PYTHON.parent
    checks: list[tuple[str, list[str | Path]]] = [
        ("ruff", [PYTHON, "-m", "ruff", "check", "."]),
        ("ruff format", [PYTHON, "-m", "ruff", "format", "--check", "."]),
        ("mypy", [PYTHON, "-m", "mypy"]),
        ("lint-imports", [scripts / ("lint-imports.exe" if WINDOWS else "lint-imports")]),
    ]
    failed = []
    for name, command in checks:
        print(f"== {name}", flush=True)
        if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode != 0:
            failed.append(name)
    if failed:
        say(f"没有通过：{'、'.join(failed)}", f"Failed: {', '.join(failed)}")
    print("== pytest", flush=True)
    processes = ["-n", "2"] if not arguments and (os.cpu_count() or 1) > 1 else []
    tested = subprocess.run([PYTHON, "-m", "pytest", *processes, *arguments], cwd=ROOT, env=environment, check=False)
    return tested.returncode or int(bool(failed))


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    sys.exit(main(sys.argv[1:]))
