"""The command line (`python -m geo`): see docs/cli.md, which a test keeps complete.

Answers go to stdout, sentences about trouble to stderr. Exit codes: 0 done · 1 refused, or `check` found something ·
2 the command itself is wrong · 3 some rows of an import are refused and nothing was stored · 4 the file is refused or a
question is open, nothing was stored.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
import tempfile
import time
import traceback
import uuid
from pathlib import Path

from sqlalchemy.exc import DatabaseError, OperationalError

from geo.cli.commands import run_command
from geo.cli.exits import DONE, FAILED
from geo.cli.parser import build_parser
from geo.errors import GeoError
from geo.i18n import has_text, text


def main(arguments: list[str], *, began: float | None = None) -> int:
    """Run one command and return its exit code; whatever happens, a person reads one sentence and no traceback.

    `began`: the `time.perf_counter()` at which the process began, where it is not now.
    """
    began = time.perf_counter() if began is None else began
    _speak_utf8()
    options = build_parser().parse_args(arguments, argparse.Namespace(began=began))
    try:
        return run_command(options)
    except GeoError as error:
        sentence = text(error.key, **error.params) if has_text(error.key) else _report_defect()
    except (OperationalError, sqlite3.OperationalError):
        sentence = text("cli.no_access", path=options.db)
    except (DatabaseError, sqlite3.DatabaseError):
        sentence = text("cli.damaged", path=options.db)
    except BrokenPipeError:
        # Whoever read the answer has read enough; what is left in the buffer must not raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except OSError as error:
        sentence = text("cli.no_access", path=error.filename or options.db)
    except KeyboardInterrupt:
        sentence = text("cli.stopped")
    except Exception:  # noqa: BLE001 - the last stop: a person gets a sentence, a file the traceback
        sentence = _report_defect()
    print(sentence, file=sys.stderr)
    return FAILED


def _speak_utf8() -> None:
    """Print Chinese whatever the terminal's code page is; a sign it cannot show becomes a question mark."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _report_defect() -> str:
    reference = uuid.uuid4().hex[:8]
    path = Path(tempfile.gettempdir()) / f"geo-{reference}.log"
    path.write_text(traceback.format_exc(), encoding="utf-8")
    return text("cli.defect", id=reference, path=path)
