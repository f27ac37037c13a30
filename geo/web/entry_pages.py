"""The pages of coming in, as HTML: one template, no script; every value is escaped by the template."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import jinja2
import segno
from starlette.responses import HTMLResponse, Response

from geo.i18n import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PUBLIC: Final = Path(__file__).parent / "public"
_LOADER: Final = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
_TEMPLATES: Final = jinja2.Environment(loader=_LOADER, autoescape=True, undefined=jinja2.StrictUndefined)
_DIGEST_SIGNS: Final = 16


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form."""

    name: str
    label: str
    type: str = "text"
    complete: str = "off"
    value: str = ""
    required: bool = True
    options: tuple[tuple[str, str], ...] = ()


def draw_entry(
    title: str, *, lines: Sequence[str] = (), error: str = "", action: str = "", fields: Sequence[Field] = (),
    button: str = "", hidden: Mapping[str, str] | None = None, status: int = 200, **more: Any,
) -> HTMLResponse:  # fmt: skip
    """Return a page with a title, sentences, perhaps an error, and perhaps a form."""
    values = {"picture": "", "code": "", "codes": (), "second": "", "links": (), "foot": "", "onward": "", **more}
    page = _TEMPLATES.get_template("page.html").render(
        t=text, title=title, lines=lines, error=error, action=action, fields=fields, button=button,
        hidden=hidden or {}, style=public_address("entry.css"), **values,
    )  # fmt: skip
    return HTMLResponse(page, status_code=status)


def draw_code(address: str) -> str:
    """Return a QR code of an address as the source of an image."""
    return str(segno.make(address, error="m").svg_data_uri(scale=4, border=2))


def public_address(name: str) -> str:
    """Return the address of a file that anybody may read: it holds the hash of what it says."""
    return f"/public/{_digest(name)}/{name}"


def send_public(digest: str, name: str) -> Response:
    """Return a public file under exactly its address; anything else is unknown."""
    known = {path.name for path in PUBLIC.iterdir()}
    if name not in known or digest != _digest(name):
        return Response(text("web.closed"), status_code=404, media_type="text/plain; charset=utf-8")
    media = "text/css" if name.endswith(".css") else "application/octet-stream"
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response((PUBLIC / name).read_bytes(), media_type=media, headers=headers)


def _digest(name: str) -> str:
    return hashlib.sha256((PUBLIC / name).read_bytes()).hexdigest()[:_DIGEST_SIGNS]
