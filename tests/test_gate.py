"""The gate with accounts: nothing without a session, nothing of another's, and no name but the session's."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.routing import Mount, Route, WebSocketRoute

from geo import codes
from geo.accounts import create_account, disable_account
from geo.accounts.people import find_account
from geo.accounts.sessions import open_session
from geo.i18n import text
from geo.schema import account_session, setting
from geo.store.database import Database
from geo.ui.navigation import ENTRIES
from geo.web import grants
from geo.web.entry_pages import public_address
from geo.web.gate import find_area
from geo.web.grants import Payload
from geo.web.naming import COOKIE
from geo.web.settings import Settings
from geo.web.told import Told
from tests.gatehouse import (
    ADMIN_PASSWORD,
    BOSS,
    OWN_PASSWORD,
    Browser,
    add_boss,
    let_in,
    let_in_boss,
    make_real,
    open_gatehouse,
)

#: Every address that answers without a session, and what it says.
PUBLIC = {"/healthz": 200, "/_stcore/health": 200, "/favicon.ico": 200, "/login": 200, public_address("entry.css"): 200}
PAGES = ["/", "/login/../", *(f"/{name}" for name in ENTRIES), "/nothing", "/geo/ui/main.py"]
THINGS = [
    "/_stcore/host-config", "/_stcore/stream", "/_stcore/upload_file/s/f", "/_stcore/bidi-components/x", "/media/a.png",
    "/component/streamlit_folium.st_folium/index.html", "/exports/x", "/tiles/x/view.json", "/static/js/index.js",
    "/own/page.js", "/own/guard.js", "/vendor/leaflet/leaflet.js", "/vendor/jquery/jquery.min.js", "/session/state",
]  # fmt: skip
CLOSED = ["/_stcore/metrics", "/_stcore/agent/openapi.json", "/app/static/x", "/auth/login", "/oauth2callback"]
BIG = b"x" * 700_000


pytestmark = pytest.mark.usefixtures("cheap_passwords")


@pytest.fixture
def office(world: Database) -> Iterator[Starlette]:
    """Give the gate over the small world as real data with its first account."""
    make_real(world)
    add_boss(world)
    with open_gatehouse(world) as app:
        yield app


def who(browser: Browser, **headers: str) -> dict:
    """Return what a request looks like behind the gate."""
    return json.loads(browser.get("/_stcore/host-config", **headers).text)


class TestWithoutASession:
    """The crawl."""

    def test_every_path(self, office: Starlette) -> None:
        """Without a session a page leads to the login, a thing is refused, and only the list of public addresses answers."""
        stranger = Browser(office)
        for path in PAGES:
            answer = stranger.get(path)
            assert answer.status == 303, path
            assert answer.headers["location"].startswith("/login"), path
            assert answer.cookies == []
        for path in THINGS:
            answer = stranger.get(path)
            assert (path, answer.status, answer.text) == (path, 401, text("web.no_session"))
        assert {path: stranger.get(path).status for path in PUBLIC} == PUBLIC
        assert [stranger.get(path).status for path in CLOSED] == [404] * len(CLOSED)
        assert stranger.get("/public/0000000000000000/entry.css").status == 404
        assert stranger.get(public_address("entry.css") + "/../../templates/page.html").status == 404

    def test_every_path_as_each_role(self, office: Starlette) -> None:
        """As each role pages and the program's files open; nobody's export, map, picture or upload does, nor what is closed."""
        db = office.state.door.database()
        for role in codes.ROLES:
            create_account(db, BOSS, name=f"as-{role}", role=role, area="d")
            account = find_account(db, BOSS, name=f"as-{role}")
            with db.write() as connection:
                token = open_session(connection, account_id=account, stage="full", address="127.0.0.1")
            browser = Browser(office, cookies={"geo_session": token})
            assert {browser.get(path).status for path in PAGES} <= {200, 307}
            statuses = {path: browser.get(path).status for path in (*THINGS, *CLOSED)}
            assert statuses == {
                path: 403 if path.startswith(("/media", "/_stcore/upload"))
                else 404 if path in CLOSED or path.startswith(("/exports", "/tiles"))
                else 200
                for path in statuses
            }, role  # fmt: skip

    def test_every_route_is_known_to_the_crawl(self, office: Starlette) -> None:
        """A route of ours that none of the lists above names fails here: it must be crawled too."""
        listed = ["/login/office/back", *PUBLIC, *THINGS, "/overview", "/logout", "/setup", "/account/password", "/account/codes",
                  "/login/code", "/session/watch", "/restore", "/login/office"]  # fmt: skip
        for route in office.routes[:-3]:
            assert isinstance(route, Route | WebSocketRoute | Mount)
            start = route.path.split("{")[0]
            assert any(path.startswith(start) for path in listed), route.path

    def test_made_up_cookies(self, office: Starlette) -> None:
        """A cookie that nobody gave out, the cookie of an open door, and the kept hash open nothing."""
        for name in (COOKIE, "geo_session", "__Host-geo_session"):
            stranger = Browser(office, cookies={name: "a" * 43})
            assert stranger.get("/tiles/x/y").status == 401
        browser = Browser(office)
        browser.log_in("boss", ADMIN_PASSWORD)
        with office.state.door.database().read() as connection:
            kept = connection.execute(select(account_session.c.id)).scalar_one()
        for name in ("geo_session", COOKIE):
            assert Browser(office, cookies={name: kept}).get("/static/x").status == 401

    def test_the_stages_open_only_their_page(self, office: Starlette) -> None:
        """After the password alone nothing opens but the page of the next step, whatever address is tried."""
        browser = Browser(office)
        browser.log_in("boss", ADMIN_PASSWORD)
        assert {browser.get(path).headers["location"] for path in PAGES} == {"/account/codes"}
        assert {browser.get(path).status for path in THINGS} == {401}
        assert browser.get("/login/code").headers["location"] == "/login"
        assert browser.get("/account/password").headers["location"] == "/login"


class TestComingIn:
    """Login, second factor, logout."""

    def test_in_and_out(self, office: Starlette) -> None:
        """The token changes at every step, works until logout, and then never again, in no tab."""
        browser = Browser(office)
        let_in_boss(browser)
        token = browser.cookies["geo_session"]
        assert browser.get("/").text.endswith("page</body></html>")
        assert "no-store" in browser.get("/").headers["cache-control"]
        tab = Browser(office, cookies=dict(browser.cookies))
        assert tab.get("/session/state").status == 200
        left = browser.post("/logout", {})
        assert (left.headers["location"], left.headers["clear-site-data"]) == ("/login", '"cache"')
        assert browser.cookies == {}
        assert tab.get("/session/state").status == 401
        assert tab.get("/gaps").headers["location"].startswith("/login")
        assert browser.log_in("boss", ADMIN_PASSWORD).status == 303
        assert browser.cookies["geo_session"] != token
        assert browser.get("/").headers["location"] == "/login/code"

    def test_the_cookie(self, office: Starlette) -> None:
        """The session's cookie is hidden from scripts, strict, ends with the browser, and behind TLS secure."""
        cookie = Browser(office).log_in("boss", ADMIN_PASSWORD).cookies[0]
        assert cookie.endswith("; Path=/; HttpOnly; SameSite=Strict")
        named = Settings(hosts=frozenset({"visits.example"}), tls=True)
        with open_gatehouse(office.state.door.database(), named) as app:
            outside = Browser(app, address="10.1.1.1", host="visits.example", scheme="https")
            answer = outside.log_in("boss", ADMIN_PASSWORD)
        assert answer.cookies[0].startswith("__Host-geo_session=")
        assert answer.cookies[0].endswith("; Secure")
        assert "max-age" in answer.headers["strict-transport-security"]

    def test_forms_of_other_sites(self, office: Starlette) -> None:
        """A form that another site sends is refused, also one that names no origin."""
        for headers in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}):
            assert Browser(office).post("/login", {"name": "boss", "password": ADMIN_PASSWORD}, **headers).status == 403
        old = Browser(office)
        form = {"name": "boss", "password": ADMIN_PASSWORD}
        assert old._ask("POST", "/login", b"", {"content-type": "application/x-www-form-urlencoded"}).status == 403
        assert old.post("/login", form, origin="http://127.0.0.1:8501").status == 303

    @pytest.mark.parametrize("asked", ["//evil.example", "https://evil.example", "/\\evil.example", "/login", "/\tx"])
    def test_it_goes_on_to_pages_of_ours_only(self, office: Starlette, asked: str) -> None:
        """What is to be opened after the login is a path of this app, or else the landing page."""
        answer = Browser(office).post("/login", {"name": "boss", "password": ADMIN_PASSWORD, "next": asked})
        assert answer.headers["location"] == "/"

    def test_what_was_asked_for_is_opened(self, office: Starlette) -> None:
        """A link followed without a session is opened after the login, with its view."""
        asked = Browser(office).get("/gaps?place=v1&state=unvisited").headers["location"]
        assert asked == "/login?next=%2Fgaps%3Fplace%3Dv1%26state%3Dunvisited"
        page = Browser(office).get(asked).text
        assert 'name="next" value="/gaps?place=v1&amp;state=unvisited"' in page

    def test_what_is_typed_stays_text(self, office: Starlette) -> None:
        """A name of markup or of a template comes back as the text it is."""
        page = Browser(office).log_in('"><script>x</script>{{ 7*7 }}', "x").text
        assert "<script" not in page
        assert "{{ 7*7 }}" in page


class TestBehind:
    """What comes through."""

    def test_the_session_names_the_browser(self, office: Starlette) -> None:
        """Behind the gate the browser's name is the session's, whatever cookie was sent, and no token is seen."""
        browser = Browser(office)
        let_in_boss(browser)
        token = browser.cookies["geo_session"]
        browser.cookies[COOKIE] = "b" * 43
        seen = who(browser)
        assert set(seen["cookies"]) == {COOKIE}
        assert seen["cookies"][COOKIE] not in {"b" * 43, token}
        assert token not in json.dumps(seen)

    def test_headers_that_name_a_user(self, office: Starlette) -> None:
        """Headers by which a proxy would name a user, or its own way, are taken away, in any spelling."""
        browser = Browser(office)
        let_in_boss(browser)
        sent = {"x-forwarded-user": "boss", "Remote-User": "boss", "x_remote_user": "boss", "x-auth-request-email": "b",
                "x-forwarded-for": "10.0.0.1", "x-streamlit-user": "boss", "authorization": "Basic x"}  # fmt: skip
        assert not {name.lower() for name in sent} & set(who(browser, **sent)["headers"])

    def test_exports_of_another(self, office: Starlette) -> None:
        """Two big exports that differ in the middle go each to its own; one's link as the other is refused and stays good."""
        db = office.state.door.database()
        first, second = Browser(office), Browser(office)
        let_in(first, db, name="ann", role="leader", area="v1")
        let_in(second, db, name="bob", role="leader", area="v2")
        bodies = {"ann": BIG + b"A" + BIG, "bob": BIG + b"B" + BIG}
        owners = {name: who(browser)["cookies"][COOKIE] for name, browser in (("ann", first), ("bob", second))}
        tokens = {
            name: grants.offer(owners[name], "export", lambda body=body: Payload(body, "text/csv", "x.csv"))
            for name, body in bodies.items()
        }
        assert second.get(f"/exports/{tokens['ann']}").status == 403
        assert first.get(f"/exports/{tokens['bob']}").status == 403
        with db.read() as connection:
            acts = connection.exec_driver_sql("SELECT actor, object FROM audit_log WHERE action = 'refusal'").all()
        assert [tuple(one) for one in acts] == [("bob", "export"), ("ann", "export")]
        assert first.get(f"/exports/{tokens['ann']}").text.encode() == bodies["ann"]
        assert second.get(f"/exports/{tokens['bob']}").text.encode() == bodies["bob"]

    def test_media_of_another(self, office: Starlette) -> None:
        """Media go to the browser whose socket was told their address, and to no other, with a session or not."""
        told, address = Told(), f"/media/{'0a' * 28}.png"
        told.note("ann", b"\x0a\x40" + address.encode() + b"2\x02ok")
        assert told.knows("ann", address)
        assert not told.knows("bob", address)
        assert not told.knows("ann", address[:-10] + "ffffff.png")
        assert not told.knows("ann", "/media/")
        browser = Browser(office)
        let_in_boss(browser)
        assert browser.get(address).status == 403

    def test_a_disabled_account(self, office: Starlette) -> None:
        """An account that is disabled is out with its next request."""
        db = office.state.door.database()
        browser = Browser(office)
        let_in(browser, db, name="ann", role="leader", area="v1")
        assert browser.get("/session/state").status == 200
        disable_account(db, BOSS, account_id=find_account(db, BOSS, name="ann"))
        assert browser.get("/session/state").status == 401

    def test_a_changed_password(self, office: Starlette) -> None:
        """A changed password ends every other session of the account and keeps the browser that changed it."""
        db = office.state.door.database()
        browser = Browser(office)
        let_in(browser, db, name="ann", role="leader", area="v1")
        other = Browser(office)
        other.log_in("ann", OWN_PASSWORD)
        assert other.get("/session/state").status == 200
        wrong = browser.post("/account/password", {"old": "x", "new": "eight old boats", "again": "eight old boats"})
        assert (wrong.status, text("login.old_wrong") in wrong.text) == (400, True)
        form = {"old": OWN_PASSWORD, "new": "eight old boats", "again": "eight old boats"}
        assert browser.post("/account/password", form).status == 303
        assert (browser.get("/session/state").status, other.get("/session/state").status) == (200, 401)


class TestNetwork:
    """Who may ask from where."""

    def test_this_machine_only(self, world: Database) -> None:
        """Without a declared name nobody else is answered, with demo data or accounts, whatever name they use."""
        with open_gatehouse(world) as app:
            assert Browser(app).get("/healthz").status == 200
            assert Browser(app, address="10.1.1.1").get("/").status == 421
            assert Browser(app, host="visits.example").get("/").status == 421
        make_real(world)
        add_boss(world)
        with open_gatehouse(world) as app:
            assert Browser(app, address="10.1.1.1").get("/login").status == 421

    def test_a_declared_name(self, world: Database) -> None:
        """With accounts a declared name is served encrypted, or through the declared proxy that was; else refused."""
        make_real(world)
        add_boss(world)
        settings = Settings(hosts=frozenset({"visits.example"}), proxies=frozenset({"10.0.0.2"}))
        with open_gatehouse(world, settings) as app:
            proxy = Browser(app, address="10.0.0.2", host="visits.example")
            assert proxy.get("/login", x_forwarded_proto="https", x_forwarded_for="10.7.7.7").status == 200
            assert proxy.get("/login", x_forwarded_proto="http", x_forwarded_for="10.7.7.7").status == 421
            stranger = Browser(app, address="10.0.0.3", host="visits.example")
            assert stranger.get("/login", x_forwarded_proto="https").status == 421
            assert (
                Browser(app, address="10.0.0.2", host="other.example").get("/", x_forwarded_proto="https").status == 421
            )

    def test_demo_stays_here(self, world: Database) -> None:
        """Demo data is served to this machine only, also where a name is declared."""
        with open_gatehouse(world, Settings(hosts=frozenset({"visits.example"}), tls=True)) as app:
            outside = Browser(app, address="10.1.1.1", host="visits.example", scheme="https")
            assert outside.get("/").status == 421
            assert Browser(app).get("/").status == 200

    def test_tries_count_for_the_address_behind_the_proxy(self, world: Database) -> None:
        """The address that is counted is the caller's, not the proxy's, and not one that the caller made up."""
        make_real(world)
        add_boss(world)
        settings = Settings(hosts=frozenset({"visits.example"}), proxies=frozenset({"10.0.0.2"}))
        with open_gatehouse(world, settings) as app:
            proxy = Browser(app, address="10.0.0.2", host="visits.example")
            way = {"x-forwarded-proto": "https", "x-forwarded-for": "1.2.3.4, 10.7.7.7"}
            proxy.post("/login", {"name": "boss", "password": "x"}, **way)
        with world.read() as connection:
            assert connection.exec_driver_sql("SELECT address FROM login_attempt").scalar_one() == "10.7.7.7"


class TestSetUp:
    """The first start with real data."""

    def test_the_first_account(
        self, world: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
    ) -> None:
        """Real data without accounts opens the set-up only; the terminal's code makes the first admin, once."""
        make_real(world)
        monkeypatch.setenv("GEO_DB", str(world.path))
        with open_gatehouse(world) as app:
            browser = Browser(app)
            assert browser.get("/gaps").headers["location"] == "/setup"
            assert browser.get("/tiles/x/y").status == 401
            assert browser.get("/login").headers["location"] == "/setup"
            assert text("setup.code") in browser.get("/setup").text
            code = capsys.readouterr().err.split("：")[-1].strip()
            form = {"code": code, "name": "Chief", "password": ADMIN_PASSWORD, "again": ADMIN_PASSWORD}
            for wrong in ({"code": "0000-0000"}, {"password": "short", "again": "short"}, {"again": "other"}):
                assert browser.post("/setup", form | wrong).status == 400
            assert browser.post("/setup", form).headers["location"] == "/"
            assert browser.get("/").headers["location"] == "/account/codes"
            assert Browser(app).post("/setup", form).headers["location"] == "/"
            assert Browser(app).get("/").headers["location"] == "/login"

    def test_one_person_alone(
        self, world: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
    ) -> None:
        """Who has the code may choose to work without accounts, on this machine only."""
        make_real(world)
        monkeypatch.setenv("GEO_DB", str(world.path))
        with open_gatehouse(world) as app:
            browser = Browser(app)
            browser.get("/setup")
            code = capsys.readouterr().err.split("：")[-1].strip()
            assert browser.post("/setup", {"alone": "1", "code": "0"}).status == 400
            assert browser.post("/setup", {"alone": "1", "code": code}).headers["location"] == "/"
            assert browser.get("/").status == 200
            assert Browser(app, address="10.1.1.1").get("/").status == 421
        with world.read() as connection:
            assert connection.execute(select(setting.c.value).where(setting.c.key == "alone")).scalar_one() == "1"

    def test_own_data_begun_from_the_demo(self, world: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        """Own data that the demo's app has begun stays one person's on this machine until there are accounts."""
        make_real(world)
        monkeypatch.setenv("GEO_DB", str(world.path.with_name("demo.sqlite")))
        with open_gatehouse(world) as app:
            browser = Browser(app)
            assert browser.get("/").status == 200
            add_boss(world)
            app.state.door.forget()
            assert browser.get("/").headers["location"] == "/login"
            create_account(world, BOSS, name="ann", role="leader", area="v1")


def test_areas_of_coming_in() -> None:
    """Only whole names are open: what merely looks like a public address is a page and needs a session."""
    assert [find_area(path) for path in ("/login", "/health", "/publicx", "/loginx")] == [
        "entry",
        "document",
        "document",
        "document",
    ]
