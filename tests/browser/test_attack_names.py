"""Names that attack, in every text of the small world, as every role: pages, lists, cards, search, print and files."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pypdf
import pytest
from defusedxml import ElementTree

from geo import codes
from geo.accounts.people import find_account
from geo.accounts.sessions import open_session
from geo.i18n import text
from geo.store.database import Database
from tests.attacks import MARK, attack_names
from tests.browser.acts import enter, settle
from tests.browser.test_map_layer import drag
from tests.conftest import ServedApp
from tests.gatehouse import BOSS

#: Role → pages it opens; each page and part stands once, where it shows most. With GEO_LONG=1 every role opens all.
ADDRESSES = {
    "leader": ("/?place=v1", "/gaps?place=t1&by=group", "/clear?place=d&tab=matters"),
    "recorder": ("/visits?place=v1", "/household?h=h01", "/gaps?place=v1&by=todo", "/clear?place=v1&tab=ledger"),
    "admin": ("/admin?tab=lists", "/accounts", "/import", "/clear?place=d&tab=review&review=r1"),
    "auditor": ("/audit",),
    "system_admin": (),
    "planner": ("/plan?place=v3", "/issue?i=i1", "/map?place=v1&h=h01", "/map?place=t2&view=people"),
}
#: Their other parts, lists and views: with GEO_LONG=1.
FURTHER = (
    "/?place=d", "/clear?place=d&tab=board", "/gaps?place=t2&by=todo", "/gaps?place=v1", "/clear?place=d&tab=measures", "/clear?place=d&tab=rounds",
    "/household?h=h26", "/household?h=h40", "/admin", "/admin?tab=teams", "/visits?place=v1&tab=many",
    "/visits?place=v1&tab=work", "/map?place=t1&view=issues", "/map?place=t2&view=compare",
)  # fmt: skip
LONG = bool(os.environ.get("GEO_LONG"))
#: The map has its view and nothing under way.
SETTLED = """() => window.map_div && map_div._geoStage && map_div._geoStage.view
    && map_div.getContainer().getAttribute('aria-busy') === 'false'"""
#: What makes a program that opens a PDF act.
ACTING = re.compile(rb"/(JavaScript|JS|Launch|URI|SubmitForm|EmbeddedFile)\b")


@dataclass
class Walk:
    """A browser that walks as one role after the other, and what it noticed."""

    page: Any
    app: ServedApp
    db: Database
    made: Path
    seen: list[str] = field(default_factory=list)
    taken: dict[str, set[str]] = field(default_factory=dict)

    def become(self, role: str) -> None:
        """Go on as another role, by a session of its account."""
        account = find_account(self.db, BOSS, name=f"as-{role}")
        with self.db.write() as connection:
            token = open_session(connection, account_id=account, stage="full", address="127.0.0.1")
        self.page.context.clear_cookies()
        self.page.context.add_cookies([{"name": "geo_session", "value": token, "url": self.app.address}])

    def look(self, role: str, address: str) -> None:
        """Open a page with all that it unfolds, take every file it offers, and see that nothing ran."""
        self.page.goto(f"{self.app.address}{address}")
        settle(self.page)
        self.require_nothing_ran(address)
        links = {self._link(one) for one in self.page.locator("a[href*='/exports/']").all()}
        for one in self.page.locator("[data-testid=stPopover] button").all():
            if one.is_visible():
                one.click()
                settle(self.page)
                links |= {self._link(each) for each in self.page.locator("a[href*='/exports/']").all()}
                self.page.keyboard.press("Escape")
        self.require_nothing_ran(address)
        for link in sorted(links):
            self._take(role, link)

    def _link(self, one: Any) -> str:
        return str(one.get_attribute("href"))

    def _take(self, role: str, link: str) -> None:
        answer = self.page.request.get(f"{self.app.address}{link}")
        if answer.status == 404:
            # An older link of a list that was drawn anew.
            return
        assert answer.status == 200, (role, link, answer.text())
        name = answer.headers.get("content-disposition", "").rpartition(".")[2] or answer.headers["content-type"]
        require_harmless(name, answer.body())
        self.taken.setdefault(role, set()).add(name)

    def require_nothing_ran(self, where: str) -> None:
        """No script ran in any frame, no incident is on the page, no folder was made."""
        assert self.page.get_by_text(text("err.other", id="")[:6]).count() == 0, where
        assert self.page.locator("[data-testid=stException]").count() == 0, where
        ran = [frame.evaluate(f"'{MARK}' in window") for frame in self.page.frames]
        assert (ran, self.seen, self.made.exists()) == ([False] * len(ran), [], False), where

    def print_page(self) -> str:
        """Print the page as the browser does, and return the words on the paper."""
        self.page.emulate_media(media="print")
        paper = self.page.pdf()
        self.page.emulate_media(media="screen")
        return "".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(paper)).pages)


def require_harmless(name: str, content: bytes) -> None:
    """Refuse a file in which any cell is a formula, any text a command, or that makes its reader fetch something."""
    if name == "xlsx":
        _require_no_formula(content)
    elif name == "csv":
        cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row]
        assert [one for one in cells if one.lstrip("\t\r\n ")[:1] in tuple("=+-@\uff1d\uff0b\uff0d\uff20")] == []
    elif name == "pdf":
        assert ACTING.findall(content) == []
    elif name == "zip":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                assert not re.search(r"^/|\.\.|[\\:]", member), member
                require_harmless(member.rpartition(".")[2], archive.read(member))
    elif name in {"kml", "gpx"}:
        assert b"<!DOCTYPE" not in content
        assert not [one for one in ElementTree.fromstring(content).iter() if re.search("NetworkLink|href", one.tag)]


def _require_no_formula(content: bytes) -> None:
    """Refuse a workbook with a formula or a link in any part; texts stand in the shared strings, or in the cells."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        parts = {name: book.read(name).decode("utf-8", "replace") for name in book.namelist()}
    sheets = [said for name, said in parts.items() if name.startswith("xl/worksheets/")]
    assert sheets
    assert [said for said in sheets if re.search(r"<f[ >/]|<hyperlink", said)] == []
    assert not any(re.search("externalLink|vbaProject|connections", name) for name in parts)


@pytest.fixture
def walk(world_file: Path, tmp_path: Path, served_app: Callable[..., ServedApp], offline_page: Any,
         monkeypatch: pytest.MonkeyPatch) -> Iterator[Walk]:  # fmt: skip
    """Return a browser before the small world, made real, whose every text attacks; what runs makes the folder `made`."""
    monkeypatch.setenv("GEO_ARGON2", "1,1024,1")
    path = Path(shutil.copy(world_file, tmp_path / "geo.sqlite"))
    db = Database(path)
    attack_names(db, tmp_path / "made")
    walk = Walk(offline_page, served_app(path), db, tmp_path / "made")
    offline_page.on("dialog", lambda dialog: (walk.seen.append(dialog.message), dialog.dismiss()))
    offline_page.on("pageerror", lambda error: walk.seen.append(str(error)))
    yield walk
    db.close()


def test_attack_names_run_nowhere(walk: Walk) -> None:
    """As every role: no dialog, script, request or folder by any page, card, search or print; no formula in any file."""
    # The page of the map last, in either case: a rectangle is drawn on it.
    everything = FURTHER + tuple(one for some in ADDRESSES.values() for one in some)
    assert set(ADDRESSES) == set(codes.ROLES)
    for role, addresses in ADDRESSES.items():
        walk.become(role)
        for address in everything if LONG else addresses:
            walk.look(role, address)
        if role == "recorder":
            _search(walk)
        if role == "leader":
            walk.page.goto(f"{walk.app.address}/clear?place=d&tab=ledger")
            settle(walk.page)
            assert "cycler" in walk.print_page()
    _draw_rectangle(walk.page)
    walk.require_nothing_ran("rectangle")
    assert {"xlsx", "csv", "pdf"} <= set.union(*walk.taken.values())
    assert "Traceback" not in walk.app.log.read_text(errors="replace")


def _search(walk: Walk) -> None:
    enter(walk.page, walk.page.locator(".st-key-find input"), "cycler")
    walk.page.locator("[class*=st-key-hit_]").first.wait_for()
    walk.require_nothing_ran("search")


def _draw_rectangle(page: Any) -> None:
    """Select households on the map, so that the panel of the selection shows their names."""
    iframe = page.locator("iframe[title*=st_folium]")
    frame = iframe.element_handle().content_frame()
    frame.wait_for_function(SETTLED)
    frame.locator(".geo-draw").first.click()
    box = iframe.bounding_box()
    left, top = box["x"] + box["width"] / 4, box["y"] + box["height"] / 4
    drag(page, [(left, top), (left + box["width"] / 2, top + box["height"] / 2)])
    page.locator(".st-key-drawn_actions").wait_for()
    settle(page)
