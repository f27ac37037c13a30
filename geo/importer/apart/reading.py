"""The program that parses: it waits with its modules loaded and forks a process for every file, which limits itself.

`asking` starts this file as a program. Its standard input is a socket: one request a line, JSON with the descriptor of
a pipe for the answer; it tells the number of the process that answers. With --once (where nothing can fork) standard
input is one request and standard output its answer. It ends when the other side does.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[3]))

from geo.errors import FileRefused
from geo.importer.apart.limits import limit_itself
from geo.importer.apart.wire import say_refused, say_sheets, write_frame
from geo.importer.readers import read_sheets

_REQUEST: Final = 65_536
#: Seconds after which a forked process ends itself, whoever waits or not.
WALL_SECONDS: Final = 180
#: GDAL knows one driver here and no way out; OpenBLAS starts no threads, which a fork would lose.
_ENVIRONMENT: Final = {
    "OGR_SQLITE_ALLOW_EXTERNAL_ACCESS": "NO", "GDAL_HTTP_PROXY": "127.0.0.1:9", "GDAL_DRIVER_PATH": "disable",
    "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1",
}  # fmt: skip


def answer(request: dict[str, Any], stream: BinaryIO) -> None:
    """Take the limits, read the file that is asked for and write the answer's frames."""
    limit_itself()
    try:
        for frame in _read(request):
            write_frame(stream, frame)
    except FileRefused as refused:
        write_frame(stream, say_refused(refused))
    except (MemoryError, RecursionError):
        write_frame(stream, say_refused(FileRefused("E_TOO_LARGE", mb=0)))
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


def _read(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    path, name = Path(request["path"]), request["name"]
    if request["kind"] == "sheets":
        return say_sheets(read_sheets(path, name=name, wanted=request["wanted"]))
    read_layer, say_layer = _load_maps()
    frames: Iterator[dict[str, Any]] = say_layer(read_layer(path, name=name, layer=request["wanted"]))
    return frames


def _load_maps() -> tuple[Any, Any]:
    """Return what reads map files: loaded when the first one comes, for it takes longer than tables."""
    from geo.importer.apart.layers import say_layer  # noqa: PLC0415
    from geo.importer.outlines.files import read_layer  # noqa: PLC0415

    return read_layer, say_layer


def _load_package() -> None:
    from geo.importer.outlines.geopackage import load_driver  # noqa: PLC0415

    load_driver()


def _prepare(request: dict[str, Any]) -> None:
    """Load in this process, once, what the forked ones will need; a file's bytes are not looked at here."""
    if request["kind"] == "layer":
        _load_maps()
        if request["name"].lower().endswith((".gpkg", ".zip")):
            _load_package()
    gc.freeze()


def serve(asked: socket.socket) -> None:
    """Fork a process for every request until the other side is gone."""
    gc.disable()
    while True:
        said, descriptors, _, _ = socket.recv_fds(asked, _REQUEST, 1)
        while said and not said.endswith(b"\n"):
            said += asked.recv(_REQUEST)
        if not said:
            return
        request = json.loads(said)
        _prepare(request)
        number = os.fork()
        if not number:
            _answer_and_end(request, asked, descriptors[0])
        os.close(descriptors[0])
        asked.sendall(f"{number}\n".encode())
        _bury()


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


def _bury() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def main() -> int:
    """Serve, or answer once."""
    os.environ.update(_ENVIRONMENT)
    if "--once" in sys.argv:
        request = json.loads(sys.stdin.buffer.readline())
        _prepare(request)
        answer(request, sys.stdout.buffer)
        return 0
    with socket.socket(fileno=os.dup(0)) as asked:
        # The forked ones close `asked`; nothing else may lead back to whoever asks.
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        serve(asked)
    with contextlib.suppress(ChildProcessError):
        while os.wait()[0]:
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
