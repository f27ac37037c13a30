"""Accounts from the command line and from a sheet, and the start on a network that is refused when unsafe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from geo import config
from geo.accounts import create_account, list_accounts
from geo.accounts.sheet import import_accounts
from geo.cli import main
from geo.errors import FileRefused, Invalid, NotAllowed
from geo.i18n import text
from geo.model import Scope
from geo.store.database import Database
from geo.web.settings import Settings, find_unsafe, is_this_machine, read_settings
from tests.conftest import ROOT
from tests.gatehouse import BOSS, make_real
from tests.workbooks import write_csv

HEAD = ["登录名", "姓名", "角色", "单位"]
SAFE = {
    "server.address": "0.0.0.0",
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
    "client.allowedOrigins": [],
    "browser.gatherUsageStats": False,
    "runner.magicEnabled": False,
    "server.enableXsrfProtection": True,
    "server.enableStaticServing": False,
    "server.fileWatcherType": "none",
    "server.trustedUserHeaders": {},
    "global.developmentMode": False,
}
STANDING = Settings(hosts=frozenset({"visits.example"}), tls=True)

pytestmark = pytest.mark.usefixtures("cheap_passwords")


def run(db: Database, capsys: pytest.CaptureFixture, *words: str) -> tuple[int, str, str]:
    """Run a command on the file; return its code and what it said."""
    code = main([*words, "--db", str(db.path)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_life_of_an_account(office: Database, capsys: pytest.CaptureFixture) -> None:
    """An account is made, listed, disabled, enabled and reset by name, each with its answer for people and machines."""
    code, out, _ = run(
        office, capsys, "accounts", "create", "Clerk", "--role", "recorder", "--area", "900000100", "--json"
    )
    made = json.loads(out)
    assert (code, made["name"], len(made["password"])) == (0, "Clerk", 14)
    assert "clerk" in run(office, capsys, "accounts", "list")[1]
    for action, state in (("disable", True), ("enable", False)):
        assert run(office, capsys, "accounts", action, "CLERK")[0] == 0
        listed = json.loads(run(office, capsys, "accounts", "list", "--json")[1])["accounts"]
        found = next(one for one in listed if one["name"] == "clerk")
        assert (found["disabled"], found["area_name"], found["role"]) == (state, "甲测乡", "recorder")
    words = ("--area", "900000100201", "--area", "900000200", "--exports", "--json")
    assert json.loads(run(office, capsys, "accounts", "change", "clerk", *words)[1])["state"] == "changed"
    found = next(one for one in list_accounts(office, BOSS) if one.name == "clerk")
    assert (found.area_name, found.exports_personal) == ("甲测乡 东测村、乙测镇", True)
    assert run(office, capsys, "accounts", "change", "clerk", "--no-exports")[0] == 0
    assert run(office, capsys, "accounts", "change", "clerk")[0] == 1
    again = json.loads(run(office, capsys, "accounts", "reset", "clerk", "--codes", "--json")[1])
    assert again["password"] != made["password"]
    assert run(office, capsys, "accounts", "disable", "nobody")[::2] == (
        1,
        text("account.unknown", name="nobody") + "\n",
    )
    assert run(office, capsys, "accounts", "create", "clerk", "--role", "leader")[0] == 1


def test_from_a_sheet(office: Database, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """A sheet makes all its accounts, with passwords in a file only its owner reads; one wrong row and none is made."""
    rows = [["li", "李测", "记录员", "东测村"], ["wang", "王测", "leader", 900000100], ["", "", "", ""]]
    good = write_csv(tmp_path / "a.csv", rows, header=HEAD)
    out = tmp_path / "first.csv"
    code, said, _ = run(office, capsys, "accounts", "import", str(good), "--out", str(out), "--json")
    assert (code, json.loads(said)) == (0, {"created": 2, "accounts": [{"name": "li"}, {"name": "wang"}]})
    assert os.name == "nt" or out.stat().st_mode & 0o777 == 0o600
    assert [line.split(",")[:2] for line in out.read_text(encoding="utf-8-sig").splitlines()[1:]] == [
        ["li", "李测"],
        ["wang", "王测"],
    ]
    several = [["zhou", "", "记录员", "西测村、东测村 一组"]]
    import_accounts(office, BOSS, write_csv(tmp_path / "s.csv", several, header=HEAD))
    zhou = next(one for one in list_accounts(office, BOSS) if one.name == "zhou")
    assert (zhou.area, zhou.further) == ("v2", ("g01",))
    bad = [
        ["zhao", "", "记录员", "没有村"],
        ["qian", "", "国王", "东测村"],
        ["sun", "", "记录员", "东测村"],
        ["li", "", "记录员", "东测村"],
    ]
    with pytest.raises(Invalid) as refusal:
        import_accounts(office, BOSS, write_csv(tmp_path / "b.csv", bad, header=HEAD))
    assert refusal.value.params["n"] == 3
    assert all(f"第 {row} 行" in str(refusal.value.params["rows"]) for row in (2, 3, 5))
    assert {one.name for one in list_accounts(office, BOSS)} == {"boss", "li", "wang", "zhou"}
    with pytest.raises(Invalid):
        import_accounts(office, BOSS, write_csv(tmp_path / "c.csv", [["x", "y"]], header=["名", "号"]))
    (tmp_path / "d.xlsx").write_bytes(b"MZ\x00\x01 no workbook")
    with pytest.raises(FileRefused):
        import_accounts(office, BOSS, tmp_path / "d.xlsx")


def test_a_township_imports_its_own(office: Database, tmp_path: Path) -> None:
    """A township's admin imports accounts of that township; one row of another and nothing is made; others may not."""
    township = Scope("t1", "admin", "t1")
    own, other = ["li", "", "记录员", "东测村"], ["wang", "", "记录员", "乙测镇"]
    with pytest.raises(NotAllowed):
        import_accounts(office, township, write_csv(tmp_path / "a.csv", [own, other], header=HEAD))
    assert len(import_accounts(office, township, write_csv(tmp_path / "b.csv", [own], header=HEAD))) == 1
    with pytest.raises(NotAllowed):
        import_accounts(office, Scope("p", "planner", "d"), tmp_path / "b.csv")


class TestUnsafe:
    """What the app does not start with on a network."""

    def test_this_machine_needs_nothing(self) -> None:
        """On a loopback address every setting is let be."""
        options: dict[str, Any] = dict.fromkeys(SAFE, "odd") | {"server.address": "127.0.0.1"}
        assert find_unsafe(Settings(), option=options.get, has_accounts=False, is_demo=True) == []
        assert [is_this_machine(one) for one in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "10.0.0.1", "", None)] == [
            True, True, True, False, False, False, False,
        ]  # fmt: skip

    def test_a_safe_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """With accounts, a name, encryption and the shipped options it starts."""
        monkeypatch.delenv("GEO_ARGON2")
        assert find_unsafe(STANDING, option=SAFE.get, has_accounts=True, is_demo=False) == []

    @pytest.mark.parametrize("name", [name for name in SAFE if name != "server.address"])
    def test_each_option(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        """Any one Streamlit option that is not as shipped is named."""
        monkeypatch.delenv("GEO_ARGON2")
        options = SAFE | {name: "full" if isinstance(SAFE[name], str) else not SAFE[name] or ["x"]}
        assert find_unsafe(STANDING, option=options.get, has_accounts=True, is_demo=False) == [(name, "unsafe.option")]

    @pytest.mark.parametrize(
        ("settings", "known", "reason"),
        [
            (STANDING, {"is_demo": True}, "unsafe.demo"),
            (STANDING, {"has_accounts": False}, "unsafe.no_accounts"),
            (Settings(hosts=frozenset({"visits.example"})), {}, "unsafe.plain"),
            (Settings(tls=True), {}, "unsafe.hosts"),
            (Settings(hosts=frozenset({"*"}), tls=True), {}, "unsafe.hosts"),
            (Settings(hosts=frozenset({"v.example"}), proxies=frozenset({"*"})), {}, "unsafe.proxies"),
        ],
    )
    def test_each_reason(
        self, monkeypatch: pytest.MonkeyPatch, settings: Settings, known: dict[str, bool], reason: str
    ) -> None:
        """Demo data, no accounts, no encryption, no name or any name, any proxy: each is named alone."""
        monkeypatch.delenv("GEO_ARGON2")
        said = {"has_accounts": True, "is_demo": False} | known
        assert [key for _, key in find_unsafe(settings, option=SAFE.get, **said)] == [reason]

    def test_cheap_passwords(self) -> None:
        """What makes tests quick is refused on a network."""
        found = find_unsafe(STANDING, option=SAFE.get, has_accounts=True, is_demo=False)
        assert found == [("GEO_ARGON2", "unsafe.argon2")]

    def test_the_process_ends_and_says_why(self, office: Database) -> None:
        """The app itself, however it is started, ends before it listens and names every unsafe setting."""
        environment = {**os.environ, "GEO_DB": str(office.path), "GEO_HOSTS": "visits.example", "GEO_ARGON2": "1,8,1"}
        command = [sys.executable, "-c", "import app"]
        ended = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )
        assert ended.returncode == 78
        assert text("unsafe.head") in ended.stderr
        assert "GEO_TLS, GEO_PROXY" in ended.stderr
        assert "GEO_ARGON2" in ended.stderr
        assert "Traceback" not in ended.stderr

    @pytest.mark.parametrize(
        ("words", "key"),
        [
            (["--host", "0.0.0.0", "--name", "v.example"], "unsafe.plain"),
            (["--host", "0.0.0.0", "--behind-proxy", "10.0.0.2"], "unsafe.hosts"),
            (["--host", "10.0.0.9", "--tls-cert", "c.pem"], "unsafe.plain"),
            (["--name", "v.example"], "unsafe.plain"),
        ],
    )
    def test_serve(self, office: Database, capsys: pytest.CaptureFixture, words: list[str], key: str) -> None:
        """`serve` on a network says in one sentence what is missing and starts nothing."""
        assert run(office, capsys, "serve", *words)[::2] == (1, text(key) + "\n")

    def test_serve_without_accounts(self, world: Database, capsys: pytest.CaptureFixture) -> None:
        """Demo data and real data without accounts are served to this machine only."""
        words = ["serve", "--host", "0.0.0.0", "--name", "v", "--behind-proxy", "10.0.0.2"]
        assert run(world, capsys, *words)[::2] == (1, text("unsafe.demo") + "\n")
        make_real(world)
        assert run(world, capsys, *words)[::2] == (1, text("unsafe.no_accounts") + "\n")
        create = ["accounts", "create", "x", "--role", "admin"]
        assert run(world, capsys, *create)[0] == 0

    def test_reading_the_environment(self) -> None:
        """Names and proxies are read with commas, in lower case; without them nothing is public."""
        settings = read_settings({"GEO_HOSTS": "Visits.example, b.example", "GEO_PROXY": "10.0.0.2", "GEO_TLS": "1"})
        assert settings == Settings(frozenset({"visits.example", "b.example"}), frozenset({"10.0.0.2"}), tls=True)
        assert not read_settings({}).is_public


def test_the_default_cost(monkeypatch: pytest.MonkeyPatch, office: Database) -> None:
    """Without the variable of tests the cost is the default, whatever was used before."""
    create_account(office, BOSS, name="a", role="leader", area="v1")
    monkeypatch.delenv("GEO_ARGON2")
    assert config.argon2_cost() == config.ARGON2_COST
