"""The asking side: hands a file to the process that parses (`reading`) and puts together what comes back."""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from geo.errors import FileRefused
from geo.importer.apart.limits import CPU_SECONDS
from geo.importer.apart.wire import CutOffError, hear_refused, hear_sheet, read_frames
from geo.importer.outlines.features import Layer, Layers
from geo.importer.progress import step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geo.importer.outlines.features import Feature
    from geo.importer.sheets import Sheet

#: What the log says of every file: seconds and MB, no name.
PARSED: Final = "a file was parsed in %.2f s with %.0f MB"
_LOG: Final = logging.getLogger(__name__)
#: Seconds a file may take, whatever it does; 300,000 rows take some ten.
SECONDS: Final = 120
_PROGRAM: Final = Path(__file__).with_name("reading.py")
_COMMAND: Final = [sys.executable, "-I", str(_PROGRAM)]
#: What the program is told of our environment: no keys and no addresses.
_TOLD: Final = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH")
CAN_FORK: Final = hasattr(os, "fork") and hasattr(socket, "send_fds")
_BUFFER: Final = 1 << 20


def get_ready() -> None:
    """Start the program that waits, without waiting for it: whoever will soon have a file to read calls this."""
    if CAN_FORK:
        _WAITING.start()


def read_sheets(path: Path, *, name: str = "", wanted: str = "") -> list[Sheet]:
    """Return the sheets of a table as `readers.read_sheets` does, read in a process of its own.

    Raises `FileRefused`; E_CORRUPT where the file ended that process, E_TOO_LARGE where it took too long.
    """
    sheets: list[Sheet] = []
    for frame in _ask("sheets", path, name or path.name, wanted):
        if "sheet" in frame:
            sheets.append(hear_sheet(frame))
        else:
            rows = sheets[-1].rows
            rows.extend(frame["rows"])
            if len(rows) < frame["of"]:
                step("read", len(rows), frame["of"])
    return sheets


def read_layer(path: Path, *, name: str, layer: str = "") -> Layer | Layers:
    """Return the layer of a map file as `outlines.files.read_layer` does, read in a process of its own."""
    from geo.importer.apart.layers import hear_features, hear_layer  # noqa: PLC0415 - tables need no shapes

    begun: dict[str, Any] = {}
    features: list[Feature] = []
    for frame in _ask("layer", path, name, layer):
        if "layers" in frame:
            return Layers(tuple(frame["layers"]))
        if "layer" in frame:
            begun = frame
        else:
            features += hear_features(frame["features"])
    return hear_layer(begun, features)


def _ask(kind: str, path: Path, name: str, wanted: str) -> Iterator[dict[str, Any]]:
    """Yield the frames of an answer. Raises `FileRefused`, and `RuntimeError` for a defect over there."""
    request = {"kind": kind, "path": str(path.resolve()), "name": name, "wanted": wanted}
    late, start = threading.Event(), time.perf_counter()
    begin = _begin_forked if CAN_FORK else _begin_once
    trouble: Exception | None = None
    try:
        with begin(request, late) as stream:
            for frame in read_frames(stream):
                if "refused" in frame:
                    trouble = hear_refused(frame)
                elif "failed" in frame:
                    trouble = RuntimeError(frame["failed"])
                elif "end" in frame:
                    _LOG.info(PARSED, time.perf_counter() - start, frame["mb"])
                else:
                    yield frame
    except CutOffError as error:
        # Its system ends a process that works too long before we do.
        slow = late.is_set() or time.perf_counter() - start > CPU_SECONDS
        raise FileRefused("E_TOO_LARGE" if slow else "E_CORRUPT", name=name, mb=0) from error
    if trouble is not None:
        raise trouble


@contextmanager
def _ended_in_time(number: int, late: threading.Event) -> Iterator[None]:
    """End a process whose answer is not there in time, or is no longer wanted."""

    def end() -> None:
        late.set()
        _kill(number)

    timer = threading.Timer(SECONDS, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except BaseException:
        _kill(number)
        raise
    finally:
        timer.cancel()


def _kill(number: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(number, getattr(signal, "SIGKILL", signal.SIGTERM))


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in _TOLD if name in os.environ}


@contextmanager
def _begin_once(request: dict[str, Any], late: threading.Event) -> Iterator[BinaryIO]:
    """Start a program for this request alone: where nothing can fork."""
    with subprocess.Popen(  # noqa: S603 - our own program
        [*_COMMAND, "--once"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=_BUFFER,
        env=_environment(),
    ) as program:
        assert program.stdin is not None  # noqa: S101 - both were asked for
        assert program.stdout is not None  # noqa: S101
        with _ended_in_time(program.pid, late):
            program.stdin.write(json.dumps(request).encode() + b"\n")
            program.stdin.close()
            yield program.stdout  # type: ignore[misc]  # a buffered reader is a binary stream


@contextmanager
def _begin_forked(request: dict[str, Any], late: threading.Event) -> Iterator[BinaryIO]:
    """Have the waiting program fork a process for this request."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering=_BUFFER) as stream:
        try:
            number = _WAITING.fork(request, writing)
        finally:
            os.close(writing)
        with _ended_in_time(number, late):
            yield stream


class _Waiting:
    """The program that waits, started with the first file and again when it is gone; one of each process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._program: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._owner = 0

    def fork(self, request: dict[str, Any], writing: int) -> int:
        """Hand a request and the writing end of a pipe over; return the number of the process that answers."""
        with self._lock:
            for nth in range(2):
                try:
                    return self._fork(request, writing)
                except OSError:
                    self._close()
                    if nth:
                        raise
        raise AssertionError

    def _fork(self, request: dict[str, Any], writing: int) -> int:
        if self._socket is None or self._owner != os.getpid():
            self._start()
        assert self._socket is not None  # noqa: S101 - `_start` made it
        socket.send_fds(self._socket, [json.dumps(request).encode() + b"\n"], [writing])
        said = b""
        while not said.endswith(b"\n"):
            part = self._socket.recv(64)
            if not part:
                raise ConnectionError
            said += part
        return int(said)

    def start(self) -> None:
        """Start the program, where it is not there yet."""
        with self._lock:
            if self._socket is None or self._owner != os.getpid():
                self._start()

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._program = subprocess.Popen(  # noqa: S603 - our own program
                _COMMAND,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_environment(),
            )
        self._socket, self._owner = ours, os.getpid()

    def close(self) -> None:
        """End the program."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._owner == os.getpid() and self._socket is not None and self._program is not None:
            self._socket.close()
            try:
                self._program.wait(2)
            except subprocess.TimeoutExpired:
                self._program.kill()
                self._program.wait()
        self._socket = self._program = None


_WAITING: Final = _Waiting()
atexit.register(_WAITING.close)
