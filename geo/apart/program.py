"""The program that works: it waits with its modules loaded and forks a process for every file, which limits itself.

`asking` starts this file as a program, with the module to load first. Its standard input is a socket: one request a
line, JSON with the descriptor of a pipe for the answer; it tells the number of the process that answers, and by which
signal one ended whose answer was cut off. With --once (where nothing can fork) standard input is one request and
standard output its answer. It ends when the other side does.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO, Final

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from geo.apart.frames import say_refused, write_frame
from geo.apart.limits import MEMORY_BYTES, limit_itself
from geo.errors import FileRefused, Key

_REQUEST: Final = 65_536
#: Seconds after which a forked process ends itself, whoever waits or not.
WALL_SECONDS: Final = 180
#: Seconds that one whose answer was cut off may take to be gone.
_DYING_SECONDS: Final = 2.0
#: GDAL knows one driver here and no way out; OpenBLAS starts no threads, which a fork would lose.
_ENVIRONMENT: Final = {
    "OGR_SQLITE_ALLOW_EXTERNAL_ACCESS": "NO", "GDAL_HTTP_PROXY": "127.0.0.1:9", "GDAL_DRIVER_PATH": "disable",
    "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1",
}  # fmt: skip


def answer(request: dict[str, Any], stream: BinaryIO) -> None:
    """Take the limits, do what is asked for and write the answer's frames."""
    limit_itself()
    try:
        work, path = importlib.import_module(request["work"]), Path(request["path"])
        for frame in work.answer(path, name=request["name"], wanted=request["wanted"]):
            write_frame(stream, frame)
    except FileRefused as refused:
        write_frame(stream, say_refused(refused))
    except (MemoryError, RecursionError) as error:
        said = Key(f"finding.E_TOO_LARGE.{'deep' if isinstance(error, RecursionError) else 'memory'}")
        write_frame(stream, say_refused(FileRefused("E_TOO_LARGE", gb=MEMORY_BYTES >> 30, said=said)))
    except Exception as error:  # noqa: BLE001 - said on the other side, where it is logged
        write_frame(stream, {"failed": f"{type(error).__name__}: {error}"})
    write_frame(stream, {"end": True, "mb": _peak_mb()})
    stream.flush()


def _peak_mb() -> float:
    try:
        import resource  # noqa: PLC0415 - Windows has none
    except ImportError:
        return 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1 << 20)


def _prepare(work: str, name: str) -> None:
    """Load in this process, once, what the forked ones will need; a file's bytes are not looked at here."""
    importlib.import_module(work).prepare(name)
    gc.freeze()


def serve(asked: socket.socket) -> None:
    """Fork a process for every request until the other side is gone."""
    gc.disable()
    ended: dict[int, int] = {}
    while True:
        said, descriptors, _, _ = socket.recv_fds(asked, _REQUEST, 1)
        while said and not said.endswith(b"\n"):
            said += asked.recv(_REQUEST)
        if not said:
            return
        request = json.loads(said)
        if "ended" in request:
            number = _find_signal(request["ended"], ended)
        else:
            _prepare(request["work"], request["name"])
            number = os.fork()
            if not number:
                _answer_and_end(request, asked, descriptors[0])
            os.close(descriptors[0])
        asked.sendall(f"{number}\n".encode())
        _bury(ended)


def _answer_and_end(request: dict[str, Any], asked: socket.socket, descriptor: int) -> None:
    status = 1
    try:
        asked.close()
        signal.alarm(WALL_SECONDS)
        with os.fdopen(descriptor, "wb", buffering=1 << 20) as stream:
            answer(request, stream)
        status = 0
    finally:
        os._exit(status)


def _bury(ended: dict[int, int]) -> None:
    """Take leave of the forked processes that are gone; keep the signals that ended some."""
    with contextlib.suppress(ChildProcessError):
        while (gone := os.waitpid(-1, os.WNOHANG))[0]:
            number, status = gone
            ended.pop(number, None)
            if os.WIFSIGNALED(status):
                ended[number] = os.WTERMSIG(status)


def _find_signal(number: int, ended: dict[int, int]) -> int:
    """Return the signal that ended a forked process, 0 for none."""
    last = time.monotonic() + _DYING_SECONDS
    _bury(ended)
    while number not in ended and time.monotonic() < last and _is_alive(number):
        time.sleep(0.005)
        _bury(ended)
    return ended.pop(number, 0)


def _is_alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def main() -> int:
    """Serve, or answer once."""
    os.environ.update(_ENVIRONMENT)
    if "--once" in sys.argv:
        request = json.loads(sys.stdin.buffer.readline())
        _prepare(request["work"], request["name"])
        answer(request, sys.stdout.buffer)
        return 0
    with socket.socket(fileno=os.dup(0)) as asked:
        # The forked ones close `asked`; nothing else may lead back to whoever asks.
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        _prepare(sys.argv[1], "")
        serve(asked)
    with contextlib.suppress(ChildProcessError):
        while os.wait()[0]:
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
