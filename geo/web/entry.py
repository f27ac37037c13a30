"""Coming in and going out: login, the second factor, a new password, set-up of the first account, logout.

Plain pages without a script. A form is taken only from a page of ours (Origin), and what a browser holds is strict.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocketDisconnect

from geo.accounts import create_first_account, entering, factors
from geo.accounts.passwords import check_password, fold_name
from geo.errors import GeoError, Invalid, NotAllowed
from geo.i18n import text
from geo.incidents import note_incident
from geo.store.database import write_setting
from geo.web import grants
from geo.web.callers import Caller, is_own_form
from geo.web.entry_pages import Field, draw_code, draw_entry, send_public
from geo.web.naming import STATE_COOKIE, drop_session_cookie, make_session_cookie, make_state_cookie, read_cookie
from geo.web.provider import Exchange, read_provider
from geo.web.repair import show_restore

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.websockets import WebSocket

    from geo.accounts import Entered
    from geo.web.door import Door

_SEE_OTHER: Final = 303
_MOST_BYTES: Final = 20_000

_EXCHANGE: Final = Exchange()

Form = dict[str, str]
Answer = Callable[["Visit"], Response]


class Visit:
    """One request to a page of coming in: who calls, which door, what was typed."""

    def __init__(self, request: Request, door: Door, form: Form) -> None:
        """Read what the gate knows."""
        known: dict[str, Any] = request.scope["geo"]
        self.door, self.form = door, form
        self.entered: Entered | None = known["entered"]
        self.caller: Caller = known["caller"]
        self.kind: str = known["door"]
        self.posted = request.method == "POST"
        self.query = dict(request.query_params)
        self.origin = f"{'https' if self.caller.secure else 'http'}://{self.caller.host}"
        self.next = _safe_next(form.get("next") or request.query_params.get("next", ""))

    def holder(self, *stages: str) -> Entered:
        """Return who holds the session, if it is of one of these stages. Raises `NotAllowed`."""
        if self.entered is None or self.entered.stage not in stages:
            raise NotAllowed("web.no_session")
        return self.entered

    def let_in(self, token: str) -> Response:
        """Give the browser its session and go on to what was asked for; the gate stops it at the stage in between."""
        answer = RedirectResponse(self.next, status_code=_SEE_OTHER)
        answer.headers.append("set-cookie", make_session_cookie(token, secure=self.caller.secure))
        return answer


def build_entry(door: Door) -> list[BaseRoute]:
    """Return the routes of coming in and going out."""
    pages: dict[str, Answer] = {
        "/login": show_login,
        "/login/code": show_second,
        "/account/password": show_password,
        "/account/codes": show_codes,
        "/login/office": go_to_provider,
        "/login/office/back": come_from_provider,
        "/logout": show_logout,
        "/setup": show_setup,
        "/restore": show_restore,
    }
    return [
        *(Route(path, _serve(door, page), methods=["GET", "POST"]) for path, page in pages.items()),
        Route("/public/{digest}/{name}", answer_public, methods=["GET"]),
        Route("/session/state", answer_state, methods=["GET"]),
        WebSocketRoute("/session/watch", wait_for_end),
    ]


def _serve(door: Door, page: Answer) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        form: Form = {}
        if request.method == "POST":
            known: Caller = request.scope["geo"]["caller"]
            if not is_own_form(known.headers):
                return PlainTextResponse(text("web.other_site"), status_code=403)
            if int(request.headers.get("content-length") or _MOST_BYTES + 1) > _MOST_BYTES:
                return PlainTextResponse(text("web.closed"), status_code=413)
            form = {name: str(value) for name, value in (await request.form()).items()}
        return await run_in_threadpool(_answer, page, Visit(request, door, form))

    return answer


def _answer(page: Answer, visit: Visit) -> Response:
    try:
        return page(visit)
    except NotAllowed as error:
        if error.key == "web.no_session":
            return RedirectResponse("/login", status_code=_SEE_OTHER)
        return draw_entry(text("entry.refused"), error=text(error.key, **error.params), status=403)
    except GeoError as error:
        return draw_entry(text("entry.refused"), error=text(error.key, **error.params), status=400)
    except Exception:  # noqa: BLE001 - the last stop: logged, and told by its code
        reference = note_incident("coming in failed")
        return draw_entry(text("entry.refused"), error=text("web.failed", id=reference), status=500)


def show_login(visit: Visit) -> Response:
    """Ask for name and password, and check them."""
    if visit.kind != "login":
        return RedirectResponse("/" if visit.kind == "open" else f"/{visit.kind}", status_code=_SEE_OTHER)
    error = ""
    if visit.posted:
        typed, password = visit.form.get("name", ""), visit.form.get("password", "")
        try:
            return visit.let_in(
                entering.enter(visit.door.database(), name=typed, password=password, address=visit.caller.address)
            )
        except NotAllowed as refusal:
            error = text(refusal.key, **refusal.params)
    elif visit.entered and visit.entered.stage == "full":
        return RedirectResponse(visit.next, status_code=_SEE_OTHER)
    fields = (
        Field("name", text("entry.name"), complete="username", value=visit.form.get("name", "")),
        Field("password", text("entry.password"), type="password", complete="current-password"),
    )
    return draw_entry(
        text("entry.login"), error=error, action="/login", fields=fields, button=text("entry.login.do"),
        hidden={"next": visit.next}, foot=text("entry.login.foot"), status=401 if error else 200,
        links=(("/login/office", text("oidc.go")),) if read_provider() else (),
    )  # fmt: skip


def go_to_provider(visit: Visit) -> Response:
    """Send the browser to the office's identity provider."""
    provider = read_provider()
    if provider is None or visit.kind != "login":
        return RedirectResponse("/login", status_code=_SEE_OTHER)
    url, state = _EXCHANGE.begin(provider, back=visit.origin + "/login/office/back", onward=visit.next)
    answer = RedirectResponse(url, status_code=_SEE_OTHER)
    answer.headers.append("set-cookie", make_state_cookie(state, secure=visit.caller.secure))
    return answer


def come_from_provider(visit: Visit) -> Response:
    """Let in whom the provider confirms, in the browser that was sent there; the session's other steps follow."""
    provider, state = read_provider(), visit.query.get("state", "")
    kept = read_cookie(visit.caller.headers, STATE_COOKIE) or ""
    if provider is None or not state or not secrets.compare_digest(state.encode(), kept.encode()):
        raise NotAllowed("oidc.stale")
    token, visit.next = _EXCHANGE.end(
        provider, visit.door.database(), state=state, code=visit.query.get("code", ""), address=visit.caller.address
    )
    # A page of ours goes on: to a redirect that another site began a browser would not bring the strict cookie.
    answer = draw_entry(text("entry.login"), onward=visit.next)
    answer.headers.append("set-cookie", make_session_cookie(token, secure=visit.caller.secure))
    return answer


def show_second(visit: Visit) -> Response:
    """Ask for six digits from the phone, or a recovery code."""
    holder, error = visit.holder("second"), ""
    if visit.posted:
        try:
            token = entering.show_code(
                visit.door.database(), holder, typed=visit.form.get("code", ""), address=visit.caller.address
            )
            return visit.let_in(token)
        except NotAllowed as refusal:
            error = text(refusal.key, **refusal.params)
    fields = (Field("code", text("entry.code"), complete="one-time-code"),)
    return draw_entry(
        text("entry.second"), lines=(text("entry.second.why"),), error=error, action="/login/code", fields=fields,
        button=text("entry.go_on"), hidden={"next": visit.next}, links=(("/logout", text("entry.other_person")),),
        status=401 if error else 200,
    )  # fmt: skip


def show_password(visit: Visit) -> Response:
    """Ask for a new password: where the first one must be changed, or at the holder's wish."""
    holder, error = visit.holder("password", "full"), ""
    if visit.posted:
        try:
            _require_alike(visit.form.get("new", ""), visit.form.get("again", ""))
            token = entering.change_password(
                visit.door.database(), holder, old=visit.form.get("old", ""), new=visit.form.get("new", ""),
                address=visit.caller.address,
            )  # fmt: skip
            grants.withdraw_all(holder.id)
            return visit.let_in(token)
        except (NotAllowed, Invalid) as refusal:
            error = text(refusal.key, **refusal.params)
    why = "entry.password.first" if holder.stage == "password" else "entry.password.why"
    fields = (
        Field("old", text("entry.password.old"), type="password", complete="current-password"),
        Field("new", text("entry.password.new"), type="password", complete="new-password"),
        Field("again", text("entry.password.again"), type="password", complete="new-password"),
    )
    links = (("/", text("entry.back")),) if holder.stage == "full" else (("/logout", text("entry.other_person")),)
    return draw_entry(
        text("entry.password.change"), lines=(text(why, name=holder.name),), error=error, action="/account/password",
        fields=fields, button=text("entry.password.do"), links=links, status=400 if error else 200,
    )  # fmt: skip


def show_codes(visit: Visit) -> Response:
    """Set up codes from a phone, and show the recovery codes once."""
    holder, error = visit.holder("enrol", "full"), ""
    if holder.stage == "full" and holder.has_codes:
        return draw_entry(text("entry.codes"), lines=(text("entry.codes.have"),), links=(("/", text("entry.back")),))
    sent = visit.form.get("secret", "")
    secret = sent if factors.is_secret(sent) else factors.make_secret()
    if visit.posted:
        try:
            typed, address = visit.form.get("code", ""), visit.caller.address
            token, codes = entering.enrol(visit.door.database(), holder, secret=secret, typed=typed, address=address)
        except NotAllowed as refusal:
            error = text(refusal.key, **refusal.params)
        else:
            answer = draw_entry(
                text("entry.recovery"), lines=(text("entry.recovery.why"),), codes=codes,
                links=(("/", text("entry.recovery.kept")),),
            )  # fmt: skip
            answer.headers.append("set-cookie", make_session_cookie(token, secure=visit.caller.secure))
            return answer
    for_phone = factors.address_for_phone(secret, name=holder.name, issuer=text("web.title"))
    return draw_entry(
        text("entry.codes"), lines=(text("entry.codes.why"),), error=error, picture=draw_code(for_phone), code=secret,
        action="/account/codes", fields=(Field("code", text("entry.code.six"), complete="one-time-code"),),
        button=text("entry.go_on"), hidden={"secret": secret}, status=401 if error else 200,
        links=(("/logout", text("entry.other_person")),),
    )  # fmt: skip


def show_logout(visit: Visit) -> Response:
    """End the session: at once when the form of a page of ours asks, else after one more click."""
    asked_here = visit.caller.headers.get("sec-fetch-site") == "same-origin"
    if visit.entered is not None and not visit.posted and not asked_here:
        return draw_entry(text("entry.logout"), action="/logout", button=text("entry.logout"))
    if visit.entered is not None:
        entering.leave(visit.door.database(), visit.entered)
        grants.withdraw_all(visit.entered.id)
    answer = RedirectResponse("/login", status_code=_SEE_OTHER)
    answer.headers.append("set-cookie", drop_session_cookie(secure=visit.caller.secure))
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def show_setup(visit: Visit) -> Response:
    """Make the first account of real data, by the code that stands in the terminal; or stay one person's machine."""
    if visit.kind not in {"setup", "open"} or (visit.kind == "open" and visit.door.database().is_demo):
        return RedirectResponse("/", status_code=_SEE_OTHER)
    error, db = "", visit.door.database()
    if visit.posted:
        try:
            if visit.form.get("alone"):
                return _stay_alone(visit)
            return _make_first(visit)
        except GeoError as refusal:
            error = text(refusal.key, **refusal.params)
    visit.door.print_code()
    fields = (
        Field("code", text("setup.code"), complete="one-time-code"),
        Field("name", text("setup.name"), complete="username", value=visit.form.get("name", "")),
        Field("person", text("setup.person"), complete="name", value=visit.form.get("person", ""), required=False),
        Field("password", text("entry.password"), type="password", complete="new-password"),
        Field("again", text("entry.password.again"), type="password", complete="new-password"),
    )
    second = text("setup.alone") if visit.kind == "setup" else ""
    return draw_entry(
        text("setup.title"), lines=(text("setup.why", path=db.path.name), text("setup.where")), error=error,
        action="/setup", fields=fields, button=text("setup.do"), second=second,
        foot=text("setup.alone.why") if second else "", status=400 if error else 200,
    )  # fmt: skip


def _make_first(visit: Visit) -> Response:
    name, password = visit.form.get("name", ""), visit.form.get("password", "")
    _require_alike(password, visit.form.get("again", ""))
    check_password(password, name=fold_name(name))
    if not visit.door.takes_code(visit.form.get("code", "")):
        raise NotAllowed("setup.code_wrong")
    db = visit.door.database()
    made = create_first_account(db, name=name, password=password, person_name=visit.form.get("person", ""))
    visit.door.forget()
    return visit.let_in(entering.open_for(db, made, address=visit.caller.address))


def _require_alike(password: str, again: str) -> None:
    if password != again:
        raise Invalid("account.password.unlike")


def _stay_alone(visit: Visit) -> Response:
    if not visit.door.takes_code(visit.form.get("code", "")):
        raise NotAllowed("setup.code_wrong")
    with visit.door.database().write() as connection:
        write_setting(connection, "alone", "1")
    visit.door.forget()
    return RedirectResponse("/", status_code=_SEE_OTHER)


async def answer_public(request: Request) -> Response:
    """Send a file that anybody may read."""
    return send_public(request.path_params["digest"], request.path_params["name"])


async def answer_state(_: Request) -> Response:
    """Say that the session lives; the gate has refused the request otherwise."""
    return JSONResponse({"session": "live"}, headers={"Cache-Control": "no-store"})


async def wait_for_end(socket: WebSocket) -> None:
    """Keep a socket open until the browser leaves or the gate ends it with the session."""
    await socket.accept()
    try:
        while True:
            await socket.receive_text()
    except (WebSocketDisconnect, RuntimeError):
        return


def _safe_next(asked: str) -> str:
    """Return an address of ours to go on to: a path, never another site."""
    if not asked.startswith("/") or asked.startswith(("//", "/\\", "/login", "/logout", "/setup", "/account")):
        return "/"
    return asked if asked.isprintable() and "\\" not in asked else "/"
