"""Routes beside Streamlit's own: exports and tiles by grant, static files of this product and of its pinned packages.

`/static`, `/media`, `/component` and `/_stcore` belong to Streamlit, so our own files are under `/own`.
"""

from __future__ import annotations

import gzip
import mimetypes
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from geo.errors import GeoError, NotAllowed, NotFound
from geo.i18n import text
from geo.incidents import note_incident
from geo.store.auditlog import log_act
from geo.web import grants
from geo.web.bundle import LEAFLET, OWN_FILES, find_package_files, send_bundle
from geo.web.changes import tell_changes
from geo.web.door import Door
from geo.web.entry import build_entry
from geo.web.naming import COOKIE

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute

_NOT_IN_NAMES: Final = frozenset('\\/:*?"<>|')
#: Above one packet, and as fast as it goes: the way is short.
_WORTH_PACKING: Final = 1500
_LIGHTLY: Final = 1
#: The address of a tile holds the version of its data: it never changes. Private, and gone within the hour.
_KEPT_BY_BROWSER: Final = "private, max-age=3600, immutable"
_STATUS: Final = {NotFound: 404, NotAllowed: 403}


def build_routes(door: Door | None = None) -> list[BaseRoute]:
    """Return the routes of the product, to stand before Streamlit's; `door` as the gate's."""
    # Windows may know .js as text/plain by its registry, which a browser then refuses to run.
    mimetypes.add_type("text/javascript", ".js")
    return [
        *build_entry(door or Door(None)),
        Route("/healthz", answer_health, methods=["GET"]),
        Route("/overview", open_landing_page, methods=["GET"]),
        Route("/exports/{token}", send_export, methods=["GET"]),
        Route("/exports/{token}/{name}", send_photo, methods=["GET"]),
        WebSocketRoute("/tiles/{token}/changes", tell_changes),
        Route("/tiles/{token}/{name:path}", send_tile, methods=["GET"]),
        Mount("/vendor/leaflet", StaticFiles(directory=find_package_files(*LEAFLET))),
        Mount("/vendor/jquery", StaticFiles(directory=find_package_files("xstatic.pkg.jquery", "data"))),
        Route("/own/{digest}/{name}", send_bundle, methods=["GET"]),
        Mount("/own", StaticFiles(directory=OWN_FILES)),
    ]


async def answer_health(_: Request) -> Response:
    """Say that the server answers, and that it is this product."""
    return JSONResponse({"app": "geo", "status": "ok"})


async def open_landing_page(request: Request) -> Response:
    """Send a link that names the landing page to its address, the root; Streamlit would call the name unknown."""
    return RedirectResponse(f"/?{request.url.query}" if request.url.query else "/")


async def send_export(request: Request) -> Response:
    """Send the file offered under a token, once, to the browser it was offered to."""
    return await _send_granted(request, kind="export", name="")


async def send_photo(request: Request) -> Response:
    """Send one photo of a page's grant, by its id: the scope of the session that offered it is asked each time."""
    return await _send_granted(request, kind="photos", name=request.path_params["name"])


async def send_tile(request: Request) -> Response:
    """Send one named answer of a map's grant (`view.json`, `t/81/14/13159/6884`, `facts/17.json`)."""
    return await _send_granted(request, kind="tiles", name=request.path_params["name"])


async def _send_granted(request: Request, *, kind: grants.Kind, name: str) -> Response:
    owner = request.cookies.get(COOKIE, "")
    try:
        made = await run_in_threadpool(grants.take, request.path_params["token"], owner, kind=kind, name=name)
    except GeoError as error:
        if isinstance(error, NotAllowed):
            await run_in_threadpool(_note_refusal, request.scope.get("geo", {}), kind)
        return PlainTextResponse(text(error.key, **error.params), status_code=_status_of(error))
    except Exception:  # noqa: BLE001 (the last stop: a browser gets a sentence, the log gets the traceback)
        return PlainTextResponse(text("web.failed", id=note_incident(f"making {kind} failed")), status_code=500)
    headers = {"Content-Disposition": name_download(made.filename)} if made.filename else {}
    body = made.body
    if kind == "tiles":
        headers["Vary"] = "Accept-Encoding"
        if len(body) > _WORTH_PACKING and "gzip" in request.headers.get("accept-encoding", ""):
            body = await run_in_threadpool(gzip.compress, body, _LIGHTLY, mtime=0)
            headers["Content-Encoding"] = "gzip"
        if made.lasts:
            headers["Cache-Control"] = _KEPT_BY_BROWSER
    return Response(body, media_type=made.media_type, headers=headers)


def _note_refusal(known: dict[str, Any], kind: grants.Kind) -> None:
    """Log that somebody who came in followed a link that was made for another."""
    entered = known.get("entered")
    if entered is None:
        return
    with suppress(GeoError, SQLAlchemyError):
        log_act(known["database"](), entered.scope(), action="refusal", object_id=kind, diff={"action": "export"})


def _status_of(error: GeoError) -> int:
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 400)


def name_download(filename: str) -> str:
    """Return the `Content-Disposition` of a download whose name may be Chinese (RFC 6266 with RFC 5987)."""
    clean = (
        "".join(sign for sign in filename if sign.isprintable() and sign not in _NOT_IN_NAMES).strip(". ") or "export"
    )
    plain = clean.encode("ascii", "ignore").decode().strip(". _-") or "export"
    if "." not in plain and "." in clean:
        plain = f"export.{plain}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(clean, safe='')}"
