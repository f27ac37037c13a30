"""Coming in through an identity provider: a real one of a few lines on this machine, honest and not."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import select
from starlette.applications import Starlette

from geo.accounts import create_account, disable_account
from geo.accounts.people import find_account
from geo.i18n import text
from geo.schema import account
from geo.store.database import Database
from tests.gatehouse import BOSS, Browser, add_boss, make_real, open_gatehouse


class Provider(HTTPServer):
    """An identity provider: discovery, keys, and a token for any code; tests bend what it says."""

    def __init__(self) -> None:
        """Listen on a free port of this machine."""
        super().__init__(("127.0.0.1", 0), Answers)
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.issuer = f"http://127.0.0.1:{self.server_port}"
        self.nonce = ""
        self.bent: dict[str, object] = {}
        self.signer = self.key
        self.asked: dict[str, list[str]] = {}

    def make_token(self) -> str:
        """Return the token of whoever comes in."""
        moment = int(time.time())
        claims = {
            "iss": self.issuer, "aud": "geo", "sub": "u-17", "preferred_username": "Ann", "nonce": self.nonce,
            "iat": moment, "exp": moment + 60, **self.bent,
        }  # fmt: skip
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.signer)


class Answers(BaseHTTPRequestHandler):
    """What the provider answers."""

    server: Provider

    def do_GET(self) -> None:
        """Say where things are, and the keys."""
        issuer = self.server.issuer
        known = {
            "authorization_endpoint": f"{issuer}/authorize", "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/keys",
        }  # fmt: skip
        keys = {"keys": [self.server.key.as_dict(private=False)]}
        self.say(keys if self.path == "/keys" else known)

    def do_POST(self) -> None:
        """Give a token for a code."""
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.server.asked = parse_qs(body)
        self.say({"access_token": "x", "token_type": "bearer", "id_token": self.server.make_token()})

    def say(self, answer: object) -> None:
        """Send JSON."""
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """Return a running provider."""
    made = Provider()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.fixture
def office(world: Database, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Iterator[Starlette]:
    """Give the gate over real data with accounts and the provider named."""
    for name, value in {
        "GEO_ARGON2": "1,8,1",
        "GEO_OIDC_ISSUER": provider.issuer,
        "GEO_OIDC_CLIENT": "geo",
        "NO_PROXY": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    provider.bent, provider.signer = {}, provider.key
    make_real(world)
    add_boss(world)
    create_account(world, BOSS, name="ann", role="leader", area="t1")
    with open_gatehouse(world) as app:
        yield app


def begin(browser: Browser, provider: Provider) -> dict[str, str]:
    """Go to the provider; return what it was told."""
    answer = browser.get("/login/office")
    assert answer.status == 303
    assert answer.headers["location"].startswith(f"{provider.issuer}/authorize?")
    told = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    provider.nonce = told["nonce"]
    return told


def test_it_opens_the_same_sessions(office: Starlette, provider: Provider) -> None:
    """Whom the provider confirms comes in to the account of that name, which keeps the subject; PKCE and nonce are used."""
    browser, db = Browser(office), office.state.door.database()
    assert text("oidc.go") in browser.get("/login").text
    told = begin(browser, provider)
    assert (told["code_challenge_method"], told["redirect_uri"]) == ("S256", "http://127.0.0.1:8501/login/office/back")
    page = browser.get(f"/login/office/back?state={told['state']}&code=c", sec_fetch_site="cross-site")
    assert page.status == 200
    assert 'http-equiv="refresh"' in page.text
    assert provider.asked["code_verifier"]
    assert browser.get("/session/state").status == 200
    with db.read() as connection:
        subject = connection.execute(select(account.c.subject).where(account.c.name == "ann")).scalar_one()
    assert subject == f"{provider.issuer} u-17"
    again = browser.get(f"/login/office/back?state={told['state']}&code=c")
    assert (again.status, text("oidc.stale") in again.text) == (403, True)
    disable_account(db, BOSS, account_id=find_account(db, BOSS, name="ann"))
    assert browser.get("/session/state").status == 401
    told = begin(browser, provider)
    assert text("oidc.no_account") in browser.get(f"/login/office/back?state={told['state']}&code=c").text


def test_another_browser_cannot_end_it(office: Starlette, provider: Provider) -> None:
    """A login is ended in the browser that began it: the address given to another opens nothing there."""
    told = begin(Browser(office), provider)
    answer = Browser(office).get(f"/login/office/back?state={told['state']}&code=c")
    assert (answer.status, answer.cookies) == (403, [])


@pytest.mark.parametrize(
    "bent",
    [{"nonce": "other"}, {"aud": "another"}, {"iss": "http://evil.example"}, {"exp": 1}, {"sub": None}, {}],
    ids=["nonce", "audience", "issuer", "old", "nobody", "signature"],
)
def test_what_is_not_right_is_refused(office: Starlette, provider: Provider, bent: dict[str, object]) -> None:
    """A token of another login, app or issuer, an old one, one of nobody and one signed by a stranger open nothing."""
    provider.bent = bent
    if not bent:
        provider.signer = RSAKey.generate_key(2048, {"kid": "one"})
    browser = Browser(office)
    told = begin(browser, provider)
    answer = browser.get(f"/login/office/back?state={told['state']}&code=c")
    assert (answer.status, text("oidc.refused") in answer.text) == (403, True)
    assert browser.get("/session/state").status == 401


def test_a_name_is_bound_once(office: Starlette, provider: Provider) -> None:
    """An account that has a subject is not opened by another person of the provider with the same name."""
    first = Browser(office)
    told = begin(first, provider)
    first.get(f"/login/office/back?state={told['state']}&code=c")
    provider.bent = {"sub": "u-18"}
    other = Browser(office)
    told = begin(other, provider)
    assert text("oidc.no_account") in other.get(f"/login/office/back?state={told['state']}&code=c").text


def test_without_a_provider(world: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none is named the login offers none, and its addresses lead back to the login."""
    monkeypatch.setenv("GEO_ARGON2", "1,8,1")
    make_real(world)
    add_boss(world)
    with open_gatehouse(world) as app:
        assert text("oidc.go") not in Browser(app).get("/login").text
        assert Browser(app).get("/login/office").headers["location"] == "/login"
        assert Browser(app).get("/login/office/back?state=x").status == 403
