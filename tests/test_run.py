"""`run.py`: what it decides and says without installing anything, and one real start of the app."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.conftest import ROOT

POSIX_ONLY = pytest.mark.skipif(os.name == "nt", reason="ends the app by a POSIX signal")
#: Starts the app with the Python of this test and a folder of its own, as if all had been installed there.
DRIVER = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import run
run.PYTHON, run.VAR, run.STAMP = Path(sys.executable), Path(sys.argv[2]), Path(sys.argv[2]) / "installed.json"
run.STAMP.write_text(json.dumps({"requirements.txt": run._fingerprint("requirements.txt")}), encoding="utf-8")
sys.exit(run.main(sys.argv[3:]))
"""


@pytest.fixture
def run() -> ModuleType:
    """Return a fresh copy of the module, so that a test may change where it looks."""
    spec = importlib.util.spec_from_file_location("run_under_test", ROOT / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("log", "word"),
    [
        ("WARNING: Retrying … NewConnectionError(…): Failed to establish a new connection", "--wheels"),
        ("Temporary failure in name resolution", "--wheels"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "2 GB"),
    ],
)
def test_known_failures_say_what_to_do(run: ModuleType, log: str, word: str) -> None:
    """A failed download names the network and the way without it; a full disk says how much to free."""
    told = run.explain_failure(log)
    assert word in told
    assert log not in told


def test_an_unknown_failure_shows_the_last_words(run: ModuleType) -> None:
    """What we do not know is shown as the tool said it, its last lines only."""
    told = run.explain_failure("".join(f"line {number}\n" for number in range(100)))
    assert "line 99" in told
    assert "line 50" not in told


def test_a_full_disk_is_not_called_a_network_failure(run: ModuleType) -> None:
    """When both are in the log, the disk is the cause."""
    assert "2 GB" in run.explain_failure("Read timed out\n[Errno 28] No space left on device")


def test_the_next_port_when_taken(run: ModuleType) -> None:
    """A taken port is passed over, a free one is kept."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        assert run.find_port(taken) > taken
    assert run.find_port(taken) == taken


def test_requirements_are_installed_once(run: ModuleType, tmp_path: Path) -> None:
    """With the stamp of exactly these requirements nothing is started; with another one, pip is."""
    run.STAMP = tmp_path / "installed.json"
    run.PYTHON = tmp_path / "no such python"
    run.VAR = tmp_path
    run.STAMP.write_text(json.dumps({"requirements.txt": run._fingerprint("requirements.txt")}), encoding="utf-8")
    run.ensure_requirements("requirements.txt", wheels=None)
    run.STAMP.write_text(json.dumps({"requirements.txt": "older"}), encoding="utf-8")
    with pytest.raises(FileNotFoundError):
        run.ensure_requirements("requirements.txt", wheels=None)


def test_the_stamp_follows_the_pins(run: ModuleType, tmp_path: Path) -> None:
    """A changed pin changes the stamp of the file and of the one that includes it."""
    run.ROOT = tmp_path
    for name in ("requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    before = [run._fingerprint(name) for name in ("requirements.txt", "requirements-dev.txt")]
    with (tmp_path / "requirements.txt").open("a", encoding="utf-8") as file:
        file.write("one-more==1\n")
    after = [run._fingerprint(name) for name in ("requirements.txt", "requirements-dev.txt")]
    assert all(old != new for old, new in zip(before, after, strict=True))


def test_every_requirement_is_pinned() -> None:
    """Each line names one exact version, so that two installations are the same."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        wanted = [line.split("#")[0].strip() for line in lines]
        loose = [line for line in wanted if line and not line.startswith("-r ") and "==" not in line]
        assert loose == []


def test_without_root_the_one_command(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where we may not install, the message is the one command to run."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    with pytest.raises(run.SetupError, match=r"sudo apt-get install -y --no-install-recommends python3\.11-venv$"):
        run.install_by_apt(["python3.11-venv"], why="")


def test_an_old_python_is_refused(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Below 3.11 nothing is tried: one sentence names both versions."""
    monkeypatch.setattr(run.sys, "version_info", (3, 10, 4))
    assert run.main([]) == 1
    told = capsys.readouterr().err
    assert "3.10" in told
    assert "3.11" in told


def test_a_terminal_without_chinese_gets_english() -> None:
    """On a terminal that cannot show Chinese, the same lines come in English, and nothing fails."""
    command = [sys.executable, "-c", "import run; run.say('已启动', 'Running')"]
    for encoding, expected in (("cp437", b"Running"), ("utf-8", "已启动".encode())):
        environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
        told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True).stdout
        assert told.strip() == expected


def start(folder: Path, *arguments: str) -> Any:
    """Start `run.py` with a folder of its own and return the process when it has printed its address."""
    return subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(ROOT), str(folder), *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def read_address(process: Any) -> str:
    """Return the address the process prints."""
    for line in process.stdout:
        if "http://127.0.0.1:" in line:
            return "http" + line.strip().split("http")[1]
    pytest.fail(f"no address; it said: {process.stderr.read()}")


@POSIX_ONLY
def test_it_starts_the_app_and_ends_with_it(world_file: Path, tmp_path: Path) -> None:
    """The address printed answers, a taken port is avoided, and ending `run.py` ends the app."""
    shutil.copy(world_file, tmp_path / "demo.sqlite")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with start(tmp_path, "--port", str(taken)) as process:
            address = read_address(process)
            assert not address.endswith(f":{taken}")
            with urllib.request.urlopen(f"{address}/healthz") as answer:
                assert json.load(answer)["app"] == "geo"
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 130
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{address}/healthz")


@POSIX_ONLY
def test_own_data_starts_empty(tmp_path: Path) -> None:
    """`--data DIR` makes an empty real database with the shipped units there, and no demo."""
    own = tmp_path / "own"
    with start(tmp_path, "--data", str(own), "--port", "8700") as process:
        read_address(process)
        process.send_signal(signal.SIGTERM)
        process.wait(20)
    from geo.store.database import Database

    database = Database(own / "geo.sqlite")
    assert not database.is_demo
    assert not (tmp_path / "demo.sqlite").exists()
    assert sorted(path.name for path in own.iterdir() if "new" in path.name) == []
    database.close()
