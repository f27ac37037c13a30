"""The asking side: hands a file to the process that works on it (`program`) and yields what comes back."""

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
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from geo.apart.frames import CutOffError, hear_refused, read_frames
from geo.apart.limits import CPU_SECONDS, MEMORY_BYTES
from geo.errors import FileRefused, Key

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What the log says of every file: seconds and MB, no name.
PARSED: Final = "a file was parsed in %.2f s with %.0f MB"
_LOG: Final = logging.getLogger(__name__)
#: Seconds a file may take, whatever it does; 300,000 rows take some ten.
SECONDS: Final = 120
_PROGRAM: Final = Path(__file__).with_name("program.py")
_COMMAND: Final = [sys.executable, "-I", str(_PROGRAM)]
#: What the program is told of our environment: no keys and no addresses.
_TOLD: Final = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH")
CAN_FORK: Final = hasattr(os, "fork") and hasattr(socket, "send_fds")
_BUFFER: Final = 1 << 20
#: A parser that is refused memory aborts; a system that has none left kills.
_NO_MEMORY: Final = (signal.SIGABRT, getattr(signal, "SIGKILL", signal.SIGABRT))


def get_ready(work: str) -> None:
    """Start the program that waits, without waiting for it, with the module of a kind of work loaded."""
    if CAN_FORK:
        _WAITING.start(work)


def ask(work: str, path: Path, *, name: str = "", wanted: str = "", alone: bool = False) -> Iterator[dict[str, Any]]:
    """Have a module do its work on a file in a process of its own; yield the frames of its answer.

    The module `work` has `prepare(name)`, which loads what all such files need, and `answer(path, name=, wanted=)`,
    which yields the frames. `alone`: in a program of its own, because what it loads does not go with what other work
    has loaded. Raises `FileRefused`: what `answer` raises, E_TOO_LARGE where it needed more time or memory
    than it may have, E_CORRUPT where the file ended the process otherwise; and `RuntimeError` for a defect over there.
    """
    request = {"work": work, "path": str(path.resolve()), "name": name, "wanted": wanted}
    run = _Run(time.perf_counter())
    begin = _begin_forked if CAN_FORK and not alone else _begin_once
    trouble: Exception | None = None
    try:
        with begin(request, run) as stream:
            for frame in read_frames(stream):
                if "refused" in frame:
                    trouble = hear_refused(frame)
                elif "failed" in frame:
                    trouble = RuntimeError(frame["failed"])
                elif "end" in frame:
                    _LOG.info(PARSED, time.perf_counter() - run.start, frame["mb"])
                else:
                    yield frame
    except CutOffError as error:
        raise _explain(run, name) from error
    if trouble is not None:
        raise trouble


@dataclass(slots=True)
class _Run:
    """What is known of a process that answers: when it began, whether its time ran out, and the signal it ended by."""

    start: float
    late: threading.Event = field(default_factory=threading.Event)
    signal: int = 0


def _explain(run: _Run, name: str) -> FileRefused:
    """Return why an answer was cut off."""
    # Its system ends a process that works too long before we do.
    if run.late.is_set() or time.perf_counter() - run.start > CPU_SECONDS:
        return FileRefused("E_TOO_LARGE", name=name, seconds=CPU_SECONDS, said=Key("finding.E_TOO_LARGE.time"))
    if run.signal in _NO_MEMORY:
        return FileRefused("E_TOO_LARGE", name=name, gb=MEMORY_BYTES >> 30, said=Key("finding.E_TOO_LARGE.memory"))
    return FileRefused("E_CORRUPT", name=name)


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
def _begin_once(request: dict[str, Any], run: _Run) -> Iterator[BinaryIO]:
    """Start a program for this request alone."""
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
        try:
            with _ended_in_time(program.pid, run.late):
                program.stdin.write(json.dumps(request).encode() + b"\n")
                program.stdin.close()
                yield program.stdout  # type: ignore[misc]  # a buffered reader is a binary stream
        except CutOffError:
            run.signal = max(0, -program.wait())
            raise


@contextmanager
def _begin_forked(request: dict[str, Any], run: _Run) -> Iterator[BinaryIO]:
    """Have the waiting program fork a process for this request."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering=_BUFFER) as stream:
        try:
            number = _WAITING.fork(request, writing)
        finally:
            os.close(writing)
        try:
            with _ended_in_time(number, run.late):
                yield stream
        except CutOffError:
            run.signal = _WAITING.tell_signal(number)
            raise


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

    def tell_signal(self, number: int) -> int:
        """Return the signal that ended a process whose answer was cut off; 0 where nobody knows."""
        with self._lock:
            try:
                return self._say({"ended": number}, [])
            except OSError:
                self._close()
                return 0

    def _fork(self, request: dict[str, Any], writing: int) -> int:
        if not self._is_there():
            self._start(request["work"])
        return self._say(request, [writing])

    def _say(self, request: dict[str, Any], descriptors: list[int]) -> int:
        """Say something to the program and return the number it answers."""
        if not self._is_there() or self._socket is None:
            raise ConnectionError
        socket.send_fds(self._socket, [json.dumps(request).encode() + b"\n"], descriptors)
        said = b""
        while not said.endswith(b"\n"):
            part = self._socket.recv(64)
            if not part:
                raise ConnectionError
            said += part
        return int(said)

    def start(self, work: str) -> None:
        """Start the program, where it is not there yet."""
        with self._lock:
            if not self._is_there():
                self._start(work)

    def _is_there(self) -> bool:
        return self._socket is not None and self._owner == os.getpid()

    def _start(self, work: str) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._program = subprocess.Popen(  # noqa: S603 - our own program
                [*_COMMAND, work],
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
        if self._is_there() and self._socket is not None and self._program is not None:
            self._socket.close()
            try:
                self._program.wait(2)
            except subprocess.TimeoutExpired:
                self._program.kill()
                self._program.wait()
        self._socket = self._program = None


_WAITING: Final = _Waiting()
atexit.register(_WAITING.close)
