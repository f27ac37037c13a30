"""The way in: who may ask, what they get, and that nobody gets another browser's exports or tiles."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote

import pytest

from geo.errors import NotAllowed, NotFound
from geo.i18n import text
from geo.web import grants
from geo.web.bundle import script, style
from geo.web.front import build_policy, rewrite_index
from geo.web.gate import find_area
from geo.web.grants import MAX_OFFERS, Grants, Payload
from geo.web.naming import is_loopback
from geo.web.routes import name_download
from tests.asking import OTHER, OWNER, ask


def make_sheet() -> Payload:
    """Return a small download with a Chinese name."""
    return Payload(b"PK", "application/zip", "缺口 2019-11-20.xlsx")


class TestGrants:
    """The registry of offers."""

    def test_single_use(self) -> None:
        """A single-use offer is served once."""
        registry = Grants()
        token = registry.offer(OWNER, "export", make_sheet)
        assert registry.take(token, OWNER).body == b"PK"
        with pytest.raises(NotFound):
            registry.take(token, OWNER)

    def test_another_owner_gets_nothing_and_spoils_nothing(self) -> None:
        """Another browser's try is refused, and the owner's link still works."""
        registry = Grants()
        token = registry.offer(OWNER, "export", make_sheet)
        for stranger in (OTHER, ""):
            with pytest.raises(NotAllowed):
                registry.take(token, stranger)
        assert registry.take(token, OWNER).filename == "缺口 2019-11-20.xlsx"

    def test_expiry(self) -> None:
        """An offer ends after its minutes, to the second."""
        now = [0.0]
        registry = Grants(clock=lambda: now[0])
        token = registry.offer(OWNER, "export", make_sheet, minutes=10, single_use=False)
        now[0] = 599.9
        registry.take(token, OWNER)
        now[0] = 600.0
        with pytest.raises(NotFound):
            registry.take(token, OWNER)

    def test_tiles_get_the_name(self) -> None:
        """The maker of tiles is told what was asked for, as often as it is asked."""
        registry = Grants()
        token = registry.offer(OWNER, "tiles", lambda name: Payload(name.encode(), "text/plain"), single_use=False)
        bodies = [registry.take(token, OWNER, kind="tiles", name=name).body for name in ("points.bin", "facts/7.json")]
        assert bodies == [b"points.bin", b"facts/7.json"]

    def test_kinds_do_not_mix(self) -> None:
        """A token of tiles opens no export."""
        registry = Grants()
        token = registry.offer(OWNER, "tiles", lambda name: Payload(name.encode(), "text/plain"), single_use=False)
        with pytest.raises(NotFound):
            registry.take(token, OWNER, kind="export")

    def test_the_oldest_goes_first(self) -> None:
        """One browser holds so many offers and no more, and pushes out nobody else's."""
        registry = Grants()
        kept = registry.offer(OTHER, "export", make_sheet)
        tokens = [registry.offer(OWNER, "export", make_sheet, single_use=False) for _ in range(MAX_OFFERS + 1)]
        with pytest.raises(NotFound):
            registry.take(tokens[0], OWNER)
        assert registry.take(tokens[1], OWNER)
        assert registry.take(kept, OTHER)

    def test_withdrawn(self) -> None:
        """A withdrawn offer is gone."""
        registry = Grants()
        token = registry.offer(OWNER, "export", make_sheet)
        registry.withdraw(token)
        with pytest.raises(NotFound):
            registry.take(token, OWNER)

    def test_no_owner(self) -> None:
        """Nothing can be offered to nobody."""
        with pytest.raises(NotAllowed):
            Grants().offer("", "export", make_sheet)

    def test_two_takers_at_once(self) -> None:
        """Of many simultaneous takers of a single-use link exactly one gets it."""
        registry = Grants()
        token = registry.offer(OWNER, "export", make_sheet)

        def take(_: int) -> bool:
            try:
                return registry.take(token, OWNER).body == b"PK"
            except NotFound:
                return False

        with ThreadPoolExecutor(8) as threads:
            assert sum(threads.map(take, range(40))) == 1


class TestExports:
    """The route of exports and tiles behind the gate."""

    def test_a_download(self) -> None:
        """The owner gets the file with its Chinese name, marked not to be stored."""
        answer = ask(f"/exports/{grants.offer(OWNER, 'export', make_sheet)}", owner=OWNER)
        assert (answer.status, answer.body) == (200, b"PK")
        assert unquote(answer.headers["content-disposition"].split("UTF-8''")[1]) == "缺口 2019-11-20.xlsx"
        assert answer.headers["cache-control"] == "no-store"
        assert "sandbox" in answer.headers["content-security-policy"]

    def test_another_browser(self) -> None:
        """Another browser, or none, gets a sentence and no file."""
        token = grants.offer(OWNER, "export", make_sheet)
        answers = [ask(f"/exports/{token}", owner=owner) for owner in (OTHER, None)]
        assert [answer.status for answer in answers] == [403, 403]
        assert [answer.body.decode() for answer in answers] == [text("web.link_other"), text("web.no_cookie")]
        grants.withdraw(token)

    def test_used_link(self) -> None:
        """A used link says so in a sentence."""
        token = grants.offer(OWNER, "export", make_sheet)
        ask(f"/exports/{token}", owner=OWNER)
        answer = ask(f"/exports/{token}", owner=OWNER)
        assert (answer.status, answer.body.decode()) == (404, text("web.link_gone"))

    def test_another_site_cannot_use_the_cookie(self) -> None:
        """A request that another page of the same browser started is refused even with the cookie."""
        token = grants.offer(OWNER, "export", make_sheet)
        assert ask(f"/exports/{token}", owner=OWNER, sec_fetch_site="cross-site").status == 403
        assert ask(f"/exports/{token}", owner=OWNER, sec_fetch_site="same-site").status == 403
        assert ask(f"/exports/{token}", owner=OWNER, sec_fetch_site="same-origin").status == 200

    def test_tiles(self) -> None:
        """A tiles link serves every name under it, and only what its maker knows."""

        def make(name: str) -> Payload:
            if name != "facts/7.json":
                raise NotFound("web.link_gone")
            return Payload(b"{}", "application/json")

        token = grants.offer(OWNER, "tiles", make, single_use=False)
        assert ask(f"/tiles/{token}/facts/7.json", owner=OWNER).body == b"{}"
        assert ask(f"/tiles/{token}/facts/7.json", owner=OWNER).headers["cache-control"] == "no-store"
        assert ask(f"/tiles/{token}/facts/8.json", owner=OWNER).status == 404
        grants.withdraw(token)

    def test_no_traceback(self, caplog: pytest.LogCaptureFixture) -> None:
        """When making the file fails, the browser gets a sentence with a reference that the log has too."""

        def fail() -> Payload:
            raise ZeroDivisionError("secret detail")

        answer = ask(f"/exports/{grants.offer(OWNER, 'export', fail)}", owner=OWNER)
        assert answer.status == 500
        assert "secret detail" not in answer.body.decode()
        reference = caplog.records[-1].args[0]
        assert answer.body.decode() == text("web.failed", id=reference)

    @pytest.mark.parametrize("name", ["缺口.xlsx", "gaps 1.csv", '引号".xlsx', "换\r\n行.csv", "..", "表"])
    def test_download_names(self, name: str) -> None:
        """A name can end neither the header nor its quotes, and Chinese survives."""
        header = name_download(name)
        assert header.isascii()
        assert "\r" not in header
        assert "\n" not in header
        assert header.count('"') == 2
        assert unquote(header.split("UTF-8''")[1]).strip(".")


class TestGate:
    """Who is let in."""

    @pytest.mark.parametrize("host", ["127.0.0.1:8501", "localhost", "[::1]:8501", "LOCALHOST:1"])
    def test_loopback_names(self, host: str) -> None:
        """The names of this machine are let in."""
        assert is_loopback(host)

    @pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost@evil.example", "[::1"])
    def test_other_names(self, host: str) -> None:
        """A name that somebody else pointed here (DNS rebinding) gets nothing of any area."""
        assert not is_loopback(host)
        for path in ("/healthz", "/", "/own/page.js", "/exports/x"):
            assert ask(path, owner=OWNER, host=host).status == 421

    @pytest.mark.parametrize(
        ("path", "area"),
        [
            ("/", "document"),
            ("/gaps", "document"),
            ("/_stcore/stream", "cookie"),
            ("/_stcore/upload_file/s/f", "session"),
            ("/_stcore/agent/interact", "closed"),
            ("/_stcore/metrics", "closed"),
            ("/_stcore/script-health-check", "closed"),
            ("/media/x.png", "session"),
            ("/component/streamlit_folium.st_folium/index.html", "cookie"),
            ("/app/static/x", "closed"),
            ("/auth/login", "closed"),
        ],
    )
    def test_areas(self, path: str, area: str) -> None:
        """Every prefix of Streamlit asks what it should, and what we do not know of is closed."""
        assert find_area(path) == area

    def test_media_needs_a_live_session(self) -> None:
        """A cookie alone opens neither media nor uploads: the browser must have a session now."""
        assert ask("/media/abc.png", owner=OWNER).status == 403
        assert ask("/_stcore/upload_file/s/f", owner=OWNER).status == 403

    def test_a_malformed_cookie_is_none(self) -> None:
        """A cookie that is not of our form counts as none."""
        for value in ("x", "a" * 44, "a" * 42 + "%"):
            assert ask("/tiles/t/view.json", owner=value).status == 403

    def test_the_landing_page_by_name(self) -> None:
        """A link that names the landing page leads to the root and keeps its view."""
        assert ask("/overview").headers["location"] == "/"
        assert ask("/overview", query="place=d&round=2").headers["location"] == "/?place=d&round=2"

    def test_headers(self) -> None:
        """Every answer says that it is not to be sniffed, framed elsewhere or told to others."""
        headers = ask("/healthz").headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'self'" in headers["content-security-policy"]

    def test_vendor_files(self) -> None:
        """The map's libraries come from the installed packages, as scripts, and nothing else of a package does."""
        leaflet, jquery = ask("/vendor/leaflet/leaflet.js"), ask("/vendor/jquery/jquery.min.js")
        assert b"Leaflet 1.9.4" in leaflet.body
        assert b"jQuery v3.7.1" in jquery.body
        assert {answer.headers["content-type"].split(";")[0] for answer in (leaflet, jquery)} == {"text/javascript"}
        for path in ("/vendor/leaflet/../../__init__.py", "/vendor/jquery/../__init__.py", "/own/../shell.py"):
            assert ask(path).status == 404


class TestFront:
    """The index page on its way out."""

    def test_rewrite(self) -> None:
        """The page becomes Chinese, is named, and runs our script before Streamlit's."""
        page = '<html lang="en"><head><script type="module" src="m.js"></script><title>Streamlit</title></head></html>'
        html = rewrite_index(page)
        assert '<html lang="zh-CN"' in html
        assert f"<title>{text('web.title')}</title>" in html
        assert html.index("/own/page.js") < html.index("m.js")

    def test_other_pages_stay(self) -> None:
        """What is not the index page is left alone."""
        assert rewrite_index("<p>x</p>") == "<p>x</p>"

    def test_policy_names_inline_scripts(self) -> None:
        """The policy allows the page's inline scripts by hash and no other inline script."""
        policy = build_policy("<script>window.x = 1</script>")
        scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
        assert "'sha256-" in scripts
        assert "'unsafe-inline'" not in scripts


class TestServed:
    """The whole thing as it is started."""

    @pytest.mark.parametrize("by", ["streamlit", "uvicorn"])
    def test_both_servers(self, served_app: Callable, tmp_path_factory: pytest.TempPathFactory, by: str) -> None:
        """Streamlit and uvicorn serve the app behind the gate: page, cookie, health; agents and metrics stay closed."""
        address = served_app(tmp_path_factory.getbasetemp() / "served.sqlite", by=by).address
        with urllib.request.urlopen(f"{address}/gaps") as answer:
            body, headers = answer.read().decode(), answer.headers
        assert '<html lang="zh-CN"' in body
        assert "HttpOnly; SameSite=Strict" in headers["set-cookie"]
        assert "unsafe-inline" not in headers["content-security-policy"].split("style-src")[0]
        with urllib.request.urlopen(f"{address}/healthz") as answer:
            assert json.load(answer)["app"] == "geo"
        for path in ("/_stcore/agent/openapi.json", "/_stcore/metrics", "/app/static/x"):
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(address + path)


class TestBundle:
    """The map's scripts and styles as one file each."""

    def test_kept_for_good_under_a_name_that_tells_what_is_in_it(self) -> None:
        """Leaflet comes before our layer; browsers keep the file; another digest in its name is nothing."""
        made = ask(script().address)
        assert made.status == 200
        assert b"Leaflet 1.9.4" in made.body
        assert made.body.index(b"Leaflet 1.9.4") < made.body.index(b"L.householdTiles = ")
        assert made.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert b"url(/vendor/leaflet/images/" in ask(style().address).body
        assert ask("/own/0123456789abcdef/map.js").status == 404

    def test_asked_for_ahead(self) -> None:
        """The index page asks for the map's files, and for the parts of Streamlit that it will need and does not name."""
        html = rewrite_index('<html lang="en"><head><title>Streamlit</title></head></html>')
        assert f'<link rel="prefetch" href="{script().address}">' in html
        part = re.search(r'<link rel="modulepreload" crossorigin href="./static/js/(ComponentInstance[\w.-]+)">', html)
        assert part is not None
        assert part[0] not in rewrite_index(f"<html><head><title>S</title>{part[1]}</head></html>")
