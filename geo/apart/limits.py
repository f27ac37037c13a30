"""What a process that works on a user's file may not do: much memory, long work, writing, starting others, any network.

Limits of memory, time and files exist on every POSIX system. Linux refuses the calls themselves too (seccomp): a fault
in a parser that runs foreign code still finds no socket, no program to start and no file to write. Elsewhere, on
Windows above all, only the asking side's clock ends it.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import struct
import sys
from typing import Final

#: Bytes of address space, seconds of CPU, open files.
MEMORY_BYTES: Final = 2 * 1024**3
CPU_SECONDS: Final = 60
OPEN_FILES: Final = 64
#: Machine → what the kernel calls it; calls that are refused: sockets, programs, other processes, changed files; which
#: argument of a call that opens holds its flags; and the call that sends a signal, which may go to the process itself.
_REFUSED: Final = {
    "x86_64": (
        0xC000003E,
        (41, 42, 43, 44, 46, 49, 50, 53, 57, 58, 59, 62, 76, 82, 83, 84, 85, 86, 87, 88, 90, 92, 101, 165, 200,
         258, 259, 260, 263, 264, 265, 266, 268, 310, 311, 316, 322, 425, 437),
        {2: 1, 257: 2},
        234,
    ),
    "aarch64": (
        0xC00000B7,
        (33, 34, 35, 36, 37, 38, 40, 45, 53, 54, 117, 129, 130, 198, 199, 200, 201, 202, 203, 206, 211, 221, 270,
         271, 276, 281, 425, 437),
        {56: 2},
        131,
    ),
}  # fmt: skip
#: O_WRONLY, O_RDWR and O_CREAT: whoever only reads sets none of them.
_WRITING: Final = 0x1 | 0x2 | 0x40
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_OTHER_ABI: Final = 0x40000000


def limit_itself() -> tuple[str, ...]:
    """Take every limit that this system has, for good; return which: memory, cpu, files, calls."""
    taken: list[str] = []
    with contextlib.suppress(ImportError):
        import resource  # noqa: PLC0415 - Windows has none

        for name, kind, most in (
            ("memory", resource.RLIMIT_AS, MEMORY_BYTES),
            ("cpu", resource.RLIMIT_CPU, CPU_SECONDS),
            ("files", resource.RLIMIT_FSIZE, 0),
            ("", resource.RLIMIT_NOFILE, OPEN_FILES),
            ("", resource.RLIMIT_CORE, 0),
        ):
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(kind, (most, most))
                taken.append(name)
    if sys.platform == "linux" and _refuse_calls():
        taken.append("calls")
    return tuple(name for name in taken if name)


def _refuse_calls() -> bool:
    known = _REFUSED.get(platform.machine())
    if known is None:
        return False
    code = ctypes.create_string_buffer(_write_filter(*known))
    program = ctypes.create_string_buffer(struct.pack("HP", len(code.raw) // 8, ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_SECCOMP, _FILTER, ctypes.byref(program), 0, 0) == 0)


def _write_filter(architecture: int, refused: tuple[int, ...], opening: dict[int, int], signalling: int) -> bytes:
    """Return the program the kernel runs at every call."""
    denied = _ERROR | errno.EPERM
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _OTHER_ABI), (_RETURN, 0, 0, denied),
    ]  # fmt: skip
    for number in refused:
        steps += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, denied)]
    for number, nth in opening.items():
        steps += [
            (_EQUAL, 0, 4, number), (_LOAD, 0, 0, _ARGUMENTS + 8 * nth), (_ANY_BIT, 0, 1, _WRITING),
            (_RETURN, 0, 0, denied), (_RETURN, 0, 0, _ALLOW),
        ]  # fmt: skip
    steps += [
        (_EQUAL, 0, 3, signalling), (_LOAD, 0, 0, _ARGUMENTS), (_EQUAL, 1, 0, os.getpid()), (_RETURN, 0, 0, denied),
        (_RETURN, 0, 0, _ALLOW),
    ]  # fmt: skip
    return b"".join(struct.pack("HBBI", *step) for step in steps)
