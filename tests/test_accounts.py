"""Accounts below the screens: passwords, tries counted before the check, second factors, sessions that end."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from argon2 import extract_parameters
from sqlalchemy import func, select

from geo import codes, config
from geo.access import GRANTED
from geo.accounts import (
    create_account,
    create_first_account,
    disable_account,
    enable_account,
    end_session,
    enter,
    entering,
    factors,
    find_session,
    list_accounts,
    list_ended,
    reset_account,
)
from geo.accounts.passwords import check_password, hash_password, make_first_password, verify_password
from geo.accounts.people import find_account
from geo.accounts.sessions import session_id
from geo.errors import Conflict, Invalid, NotAllowed, NotFound
from geo.model import Scope
from geo.schema import account, account_recovery, account_session, audit_log, login_attempt
from geo.store.database import Database
from tests.gatehouse import ADMIN_PASSWORD, BOSS, add_boss, make_real

HERE = "127.0.0.1"

pytestmark = pytest.mark.usefixtures("cheap_passwords")


def try_enter(db: Database, name: str, password: str, address: str = HERE) -> str:
    """Try to come in; return the key of the refusal, or `in`."""
    try:
        enter(db, name=name, password=password, address=address)
    except NotAllowed as refusal:
        return refusal.key
    return "in"


class TestPasswords:
    """What is good enough, and how it is kept."""

    @pytest.mark.parametrize(
        ("password", "key"),
        [
            ("short1234", "account.password.short"),
            ("九个字符的密码不够", "account.password.short"),
            ("x" * 129, "account.password.long"),
            ("1234567890", "account.password.common"),
            ("qwertyuiop", "account.password.common"),
            ("Password2024!", "account.password.common"),
            ("TONGREN2024!", "account.password.common"),
            ("aaaaaaaaaaaa", "account.password.common"),
            ("0987654321", "account.password.common"),
            ("wangwu-2024-x", "account.password.name"),
        ],
    )
    def test_refused(self, password: str, key: str) -> None:
        """A password that is short, long, common, a run, or made of the name is refused with its reason."""
        with pytest.raises(Invalid) as refusal:
            check_password(password, name="wangwu")
        assert refusal.value.key == key

    @pytest.mark.parametrize(
        "password",
        ["three blue herons", "山高水长路远人稀灯火", "k7#mQ2!vLp", pytest.param(make_first_password(), id="first")],
    )
    def test_taken(self, password: str) -> None:
        """What is long and not common is taken, whatever signs it is made of."""
        check_password(password, name="wangwu")

    def test_kept_by_argon2id(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without the switch of tests a password is kept by argon2id at the default cost, with its own salt."""
        monkeypatch.delenv("GEO_ARGON2")
        kept = hash_password("three blue herons")
        found = extract_parameters(kept)
        assert kept.startswith("$argon2id$")
        assert (found.time_cost, found.memory_cost, found.parallelism) == config.ARGON2_COST == (3, 65536, 4)
        assert verify_password(kept, "three blue herons")
        assert not verify_password(kept, "three blue heron")
        assert not verify_password("", "")


class TestTries:
    """Tries are counted before the check."""

    def test_forty_at_once(self, office: Database) -> None:
        """Of forty parallel wrong passwords at most five are checked; then the right one is refused unchecked too."""
        with ThreadPoolExecutor(40) as threads:
            keys = list(threads.map(lambda nth: try_enter(office, "boss", f"wrong {nth}", f"10.0.0.{nth}"), range(40)))
        assert sorted(set(keys)) == ["login.locked", "login.refused"]
        assert keys.count("login.refused") <= 5
        assert try_enter(office, "boss", ADMIN_PASSWORD) == "login.locked"

    def test_an_unknown_name_locks_the_same(self, office: Database) -> None:
        """A name that does not exist is answered and locked as one that does: nobody learns which names there are."""
        said = {name: [try_enter(office, name, "wrong") for _ in range(7)] for name in ("boss", "nobody")}
        assert said["boss"] == said["nobody"] == ["login.refused"] * 5 + ["login.locked"] * 2

    def test_fifty_of_one_address(self, office: Database) -> None:
        """One address gets fifty tries over all names; another address is not held up by it."""
        keys = [try_enter(office, f"name{nth // 4}", "wrong", "10.9.9.9") for nth in range(52)]
        assert keys == ["login.refused"] * 50 + ["login.locked"] * 2
        assert try_enter(office, "boss", ADMIN_PASSWORD, "10.9.9.8") == "in"

    def test_tries_are_forgotten(self, office: Database) -> None:
        """After fifteen minutes tries do not count, and a reset by an admin forgets them at once."""
        for _ in range(5):
            try_enter(office, "boss", "wrong")
        assert try_enter(office, "boss", ADMIN_PASSWORD) == "login.locked"
        past = (datetime.now(UTC) - timedelta(minutes=config.ATTEMPT_MINUTES, seconds=1)).isoformat()
        with office.write() as connection:
            connection.execute(login_attempt.update().values(at=past.replace("+00:00", "Z")))
        assert try_enter(office, "boss", ADMIN_PASSWORD) == "in"

    def test_as_slow_for_an_unknown_name(self, office: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        """A wrong password takes as much work for a name that does not exist as for one that does: within 20 %."""
        monkeypatch.setenv("GEO_ARGON2", "3,32768,1")
        with office.write() as connection:
            connection.execute(account.update().values(password=hash_password(ADMIN_PASSWORD)))
        verify_password("", "warm")
        spent: dict[str, list[float]] = {"boss": [], "nobody": []}
        for nth in range(8):
            for name, times in spent.items():
                with office.write() as connection:
                    connection.execute(login_attempt.delete())
                start = time.thread_time()
                assert try_enter(office, name, f"wrong {nth}") == "login.refused"
                times.append(time.thread_time() - start)
        known, unknown = min(spent["boss"]), min(spent["nobody"])
        assert abs(known - unknown) < 0.2 * max(known, unknown), spent


class TestSecondFactor:
    """Codes of a phone and of a paper."""

    def test_the_standard(self) -> None:
        """Codes are those of RFC 6238 (its test vectors, six digits)."""
        secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        for moment, code in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")):
            assert factors.find_step(secret, code, after=0, moment=moment) == moment // 30

    def test_a_code_is_good_once(self, office: Database) -> None:
        """A code of the phone opens one session and no second; so does each recovery code."""
        token = enter(office, name="boss", password=ADMIN_PASSWORD, address=HERE)
        first = find_session(office, session_id(token))
        assert first is not None
        assert first.stage == "enrol"
        secret = factors.make_secret()
        code = pyotp.TOTP(secret).now()
        token, papers = entering.enrol(office, first, secret=secret, typed=code, address=HERE)
        assert find_session(office, first.id) is None
        full = find_session(office, session_id(token))
        assert full is not None
        assert full.stage == "full"
        assert len(set(papers)) == 10

        def show(typed: str) -> str:
            begun = find_session(office, session_id(enter(office, name="boss", password=ADMIN_PASSWORD, address=HERE)))
            assert begun is not None
            assert begun.stage == "second"
            try:
                return find_session(
                    office, session_id(entering.show_code(office, begun, typed=typed, address=HERE))
                ).stage
            except NotAllowed as refusal:
                return refusal.key

        assert show(code) == "login.code_wrong"
        assert show(papers[3].upper()) == "full"
        assert show(papers[3]) == "login.code_wrong"
        assert [show("000000") for _ in range(1)] == ["login.code_wrong"]
        with office.read() as connection:
            kept = connection.execute(select(account_recovery.c.hash)).scalars().all()
        assert not set(kept) & set(papers)

    def test_who_needs_one(self) -> None:
        """Whoever manages accounts shows a second factor, and whoever was given the right to take names away."""
        needing = [role for role in codes.ROLES if entering.needs_codes(Scope("", role, ""))]
        assert needing == ["admin", "system_admin"]
        given = [role for role in codes.ROLES if entering.needs_codes(Scope("", role, "", granted=GRANTED))]
        assert given == ["planner", "recorder", "admin", "system_admin"]


class TestSessions:
    """Sessions end by an act and by time."""

    def open(self, db: Database) -> str:
        """Return the id of a session in its first stage."""
        return session_id(enter(db, name="boss", password=ADMIN_PASSWORD, address=HERE))

    def test_only_the_hash_is_kept(self, office: Database) -> None:
        """The file holds no token that a browser could show."""
        token = enter(office, name="boss", password=ADMIN_PASSWORD, address=HERE)
        assert len(token) == 43
        with office.read() as connection:
            kept = connection.execute(select(account_session)).mappings().one()
        assert token not in map(str, kept.values())
        assert find_session(office, token) is None
        assert find_session(office, session_id(token)) is not None

    @pytest.mark.parametrize(
        ("column", "age", "lives"),
        [
            ("seen_at", timedelta(minutes=29), True),
            ("seen_at", timedelta(minutes=30, seconds=1), False),
            ("opened_at", timedelta(hours=11, minutes=59), True),
            ("opened_at", timedelta(hours=12, seconds=1), False),
        ],
    )
    def test_time_ends_it(self, office: Database, column: str, age: timedelta, lives: bool) -> None:  # noqa: FBT001
        """Thirty minutes without an act end a session, and twelve hours end it whatever was done."""
        sid = self.open(office)
        with office.write() as connection:
            past = (datetime.now(UTC) - age).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            connection.execute(account_session.update().values({column: past}))
        assert (find_session(office, sid) is not None) is lives
        assert (list_ended(office, [sid]) == set()) is lives

    def test_acts_end_it(self, office: Database) -> None:
        """Logout ends one session; a reset, a disabled account and a changed password end all of an account."""
        create_account(office, BOSS, name="Second", role="admin", area="d")
        other = Scope("second", "admin", "d")
        boss = find_account(office, BOSS, name="BOSS ")
        for end in (
            lambda: reset_account(office, other, account_id=boss),
            lambda: disable_account(office, other, account_id=boss),
        ):
            with office.write() as connection:
                values = {"password": hash_password(ADMIN_PASSWORD), "must_change": False, "disabled_at": None}
                connection.execute(account.update().where(account.c.id == boss).values(**values))
            sids = [self.open(office) for _ in range(2)]
            end()
            assert list_ended(office, sids) == set(sids)
        assert try_enter(office, "boss", ADMIN_PASSWORD) == "login.refused"
        enable_account(office, other, account_id=boss)
        sids = [self.open(office) for _ in range(2)]
        with office.write() as connection:
            end_session(connection, sids[0], why="logout")
        assert list_ended(office, sids) == {sids[0]}


class TestManaging:
    """Who may make whom."""

    def test_the_first_account(self, world: Database) -> None:
        """Real data gets one first account, an admin of all; a second first one, and one in demo data, is refused."""
        with pytest.raises(Invalid, match="demo"):
            add_boss(world)
        make_real(world)
        add_boss(world)
        with pytest.raises(Conflict):
            create_first_account(world, name="other", password=ADMIN_PASSWORD)
        assert [(one.name, one.role, one.area) for one in list_accounts(world, BOSS)] == [("boss", "admin", "d")]

    def test_a_first_password_is_used_once(self, office: Database) -> None:
        """A new account comes in with its first password only as far as the page that changes it."""
        first = create_account(office, BOSS, name="新人", role="leader", area="v1", person_name="测新人")
        begun = find_session(office, session_id(enter(office, name="新人", password=first, address=HERE)))
        assert begun is not None
        assert begun.stage == "password"
        with pytest.raises(Invalid, match="same"):
            entering.change_password(office, begun, old=first, new=first, address=HERE)
        token = entering.change_password(office, begun, old=first, new="four green doors", address=HERE)
        changed = find_session(office, session_id(token))
        assert changed is not None
        assert (changed.stage, changed.role, changed.area) == ("full", "leader", "v1")
        assert find_session(office, begun.id) is None
        assert try_enter(office, "新人", first) == "login.refused"

    def test_inside_the_own_area(self, office: Database) -> None:
        """A township's admin makes, sees, disables and resets accounts of that township only, and makes no auditor."""
        create_account(office, BOSS, name="t1admin", role="admin", area="t1")
        township = Scope("t1admin", "admin", "t1")
        create_account(office, township, name="clerk", role="recorder", area="v1")
        assert [one.name for one in list_accounts(office, township)] == ["clerk", "t1admin"]
        boss = find_account(office, BOSS, name="boss")
        for area in ("d", "t2"):
            with pytest.raises(NotAllowed):
                create_account(office, township, name="x", role="recorder", area=area)
        for act in (disable_account, enable_account, reset_account):
            with pytest.raises(NotAllowed):
                act(office, township, account_id=boss)
            with pytest.raises(NotFound):
                act(office, township, account_id="nobody")
        with pytest.raises(Conflict):
            create_account(office, township, name="CLERK", role="recorder", area="v1")
        with pytest.raises(Invalid):
            create_account(office, township, name="x", role="king", area="v1")
        with pytest.raises(Invalid):
            disable_account(office, township, account_id=find_account(office, township, name="t1admin"))

    def test_it_is_logged(self, office: Database) -> None:
        """Logins, refusals and what is done to accounts stand in the log, without a password or a name typed wrong."""
        first = create_account(office, BOSS, name="clerk", role="leader", area="v1")
        try_enter(office, "hunter2hunter2", "x")
        try_enter(office, "clerk", "y")
        entered = find_session(office, session_id(enter(office, name="clerk", password=first, address=HERE)))
        assert entered is not None
        entering.change_password(office, entered, old=first, new="four green doors", address=HERE)
        with office.read() as connection:
            rows = connection.execute(select(audit_log.c.action, audit_log.c.actor, audit_log.c.diff)).all()
            tries = connection.execute(select(func.count()).select_from(login_attempt)).scalar_one()
        said = " ".join(map(str, rows))
        assert {"create_account", "login_refused", "change_password", "login"} <= {row.action for row in rows}
        assert not any(word in said for word in ("hunter2", first, "four green"))
        assert tries == 1
