"""Sheets of paper (A4, PDF) set by typst from shipped templates: `geo/printout/*.typ`.

A template reads its data as JSON and prints it as text: what a name holds is never markup. Typst runs in a process of
its own, in a new folder that holds the templates and the data and outside of which it can open nothing: it keeps what
it has laid out in memory, about 10 kB a cell, until its process ends.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from geo.errors import Invalid
from geo.printout.glyphs import name_unshaped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_LOG: Final = logging.getLogger(__name__)
_HERE: Final = Path(__file__).parent
_TYPESETTER: Final = _HERE / "typesetter.py"
#: Seconds a document may take; the longest that the product makes takes a tenth of it.
_PATIENCE: Final = 120


@dataclass(frozen=True, slots=True)
class Printed:
    """A PDF and how many pages it has."""

    content: bytes
    pages: int


def print_png(template: str, data: Mapping[str, Any], *, files: Mapping[str, bytes] | None = None) -> bytes:
    """Return the only page of a document as a picture (PNG, 200 dots an inch); else as `print_pdf`."""
    return _print(template, data, files, "png").content


def print_pdf(template: str, data: Mapping[str, Any], *, files: Mapping[str, bytes] | None = None) -> Printed:
    """Return a PDF made from `geo/printout/<template>.typ`, which reads the data as `json("data.json")`.

    `files`: further files beside it (pictures, other PDFs) by name. Signs of texts that the font has no shape for are
    printed by their number. Raises `Invalid` when no document comes out.
    """
    return _print(template, data, files, "pdf")


def _print(template: str, data: Mapping[str, Any], files: Mapping[str, bytes] | None, form: str) -> Printed:
    with tempfile.TemporaryDirectory(prefix="geo-print-") as name:
        folder = Path(name)
        for source in _HERE.glob("*.typ"):
            (folder / source.name).write_bytes(source.read_bytes())
        for file_name, content in (files or {}).items():
            (folder / file_name).write_bytes(content)
        (folder / "data.json").write_text(json.dumps(_printable(data), ensure_ascii=False), encoding="utf-8")
        target = folder / f"printed.{form}"
        pages = _run_typst(folder / f"{template}.typ", target)
        return Printed(target.read_bytes(), pages)


def bind_pages(parts: Sequence[Printed], *, flipped: bool, page_words: Sequence[str]) -> Printed:
    """Return the pages of several PDFs of A4 as one, numbered in the right corner of the foot.

    `page_words`: what stands before the number, between it and the number of pages, and after.
    """
    files = {f"part{nth}.pdf": part.content for nth, part in enumerate(parts)}
    data = {"parts": [part.pages for part in parts], "flipped": flipped, "page_words": list(page_words)}
    return print_pdf("bound", data, files=files)


def _run_typst(source: Path, target: Path) -> int:
    command = [sys.executable, "-P", str(_TYPESETTER), str(source), str(target)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=False)  # noqa: S603 - own program
    except subprocess.TimeoutExpired as error:
        raise Invalid("exports.pdf_too_long") from error
    if done.returncode:
        _LOG.error("typst: %s", done.stderr.decode("utf-8", "replace"))
        raise Invalid("exports.pdf_failed")
    return int(done.stdout)


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return name_unshaped(value)
    if isinstance(value, dict):
        return {key: _printable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(one) for one in value]
    return value
