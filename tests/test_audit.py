"""The log of acts: what is in it, that nobody can change it unseen, and how it is verified, listed and taken away."""

from __future__ import annotations

import json
import runpy
import sqlite3
from argparse import Namespace
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations

from geo.access import require_right
from geo.audit import HEAD, KINDS, inspect_log, kind_of, log_change
from geo.cli import main
from geo.cli.session import open_session
from geo.errors import NotAllowed
from geo.model import Scope
from geo.store.auditlog import Wanted, list_acts, log_act, take_acts, verify_audit
from geo.store.create import MIGRATIONS
from geo.store.database import Database
from geo.store.exportlog import log_export
from geo.store.households import edit_household
from tests.test_backup import alter
from tests.world import PLANNER

AUDITOR = Scope("auditor", "auditor", "d")
#: What somebody with the file and a database program could do to it, and what is found.
FORGERIES = {
    "an actor": ("UPDATE audit_log SET actor = 'nobody' WHERE seq = 7", "changed", 7),
    "a moment": ("UPDATE audit_log SET at = '2019-01-01T00:00:00.000Z' WHERE seq = 7", "changed", 7),
    "an action": ("UPDATE audit_log SET action = 'view' WHERE seq = 7", "changed", 7),
    "an object": ("UPDATE audit_log SET object = 'h99' WHERE seq = 7", "changed", 7),
    "a diff": ("UPDATE audit_log SET diff = '{}' WHERE seq = 9 AND diff <> '{}'", "changed", 9),
    "a hash": ("UPDATE audit_log SET hash = 'f' || substr(hash, 2) || '0' WHERE seq = 7", "changed", 7),
    "a link": ("UPDATE audit_log SET prev_hash = '' WHERE seq = 7", "missing", 7),
    "the first": ("DELETE FROM audit_log WHERE seq = 1", "missing", 2),
    "one within": ("DELETE FROM audit_log WHERE seq = 7", "missing", 8),
    "some within": ("DELETE FROM audit_log WHERE seq BETWEEN 4 AND 9", "missing", 10),
    "the last": ("DELETE FROM audit_log WHERE seq = (SELECT max(seq) FROM audit_log)", "cut", None),
    "the end": ("DELETE FROM audit_log WHERE seq > 5", "cut", 6),
    "all of it": ("DELETE FROM audit_log", "cut", 1),
    "the order": ("UPDATE audit_log SET seq = -seq WHERE seq = 7", "missing", -7),
    "a row more": (
        "INSERT INTO audit_log SELECT max(seq) + 1, max(at), 'x', 'view', 'h01', '{}', hash, hash FROM audit_log",
        "changed", None,
    ),
    "only guards": ("SELECT 1", "unguarded", None),
}  # fmt: skip


@pytest.mark.parametrize("forgery", FORGERIES)
def test_tampering_is_found(world: Database, forgery: str) -> None:
    """Any field of any row, any row, and the end of the log: what somebody changes in the file is found, with its place."""
    statement, fault, seq = FORGERIES[forgery]
    assert verify_audit(world, AUDITOR).fault == ""
    alter(world, statement)
    found = verify_audit(world, AUDITOR)
    assert found.fault == fault
    assert seq is None or found.seq == seq


def test_the_log_refuses_to_be_changed(world: Database) -> None:
    """A statement that changes or deletes a row is refused by the database itself, whoever runs it."""
    world.close()
    with closing(sqlite3.connect(world.path)) as connection:
        for statement in (
            "UPDATE audit_log SET actor = 'x'",
            "DELETE FROM audit_log WHERE seq = 3",
            "DELETE FROM audit_log",
        ):
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute(statement)


def test_a_cut_end_stays_found(world: Database) -> None:
    """Acts after a cut follow the head, not the row that is now the last, so the gap cannot be grown over."""
    alter(world, "DELETE FROM audit_log WHERE seq > 5")
    log_act(world, PLANNER, action="view", object_id="h01")
    assert verify_audit(world, AUDITOR).fault == "missing"


def test_a_log_written_anew_is_found_by_its_anchor(world: Database) -> None:
    """Whoever writes every row, hash and the head anew has a log that follows; a head kept elsewhere says it is another."""
    anchor = verify_audit(world, AUDITOR).head
    assert verify_audit(world, AUDITOR, anchor=anchor).fault == ""
    log_act(world, PLANNER, action="view", object_id="h01")
    assert verify_audit(world, AUDITOR, anchor=anchor).fault == ""
    guards = "SELECT sql FROM sqlite_master WHERE type = 'trigger'"
    with world.read() as connection:
        kept = connection.exec_driver_sql(guards).scalars().all()
        rows = connection.exec_driver_sql("SELECT actor, action, object FROM audit_log ORDER BY seq").all()
    alter(world, "DELETE FROM audit_log")
    with world.write() as connection:
        connection.exec_driver_sql("DELETE FROM setting WHERE key = ?", (HEAD,))
        for actor, action, about in rows:
            log_change(connection, Scope(actor, "", ""), action=action, object_id=about)
        for trigger in kept:
            connection.exec_driver_sql(trigger)
    assert verify_audit(world, AUDITOR).fault == ""
    assert verify_audit(world, AUDITOR, anchor=anchor).fault == "anchor"
    assert verify_audit(world, AUDITOR, anchor="not one").fault == "anchor"


def test_a_refusal_of_a_command_is_noted(world: Database) -> None:
    """What a command is refused stands in the log under its name, and is refused all the same."""
    with pytest.raises(NotAllowed), open_session(Namespace(db=world.path, command="undo")) as session:
        require_right(replace(session.scope, role="leader"), "import")
    (line,) = list_acts(world, AUDITOR, wanted=Wanted(kind="refusal"))
    assert (line["actor"], line["object"], json.loads(line["diff"])) == ("cli", "undo", {"action": "import"})


def test_acts_of_each_kind(world: Database) -> None:
    """A change keeps before and after, masked where personal; kinds choose rows; an export and a taken log are in it."""
    edit_household(world, PLANNER, household_id="h01", rev=1, changes={"phone": "13812345678", "size": 9, "note": "病"})
    log_export(world, PLANNER, what="gaps.xlsx", filters="", rows=3)
    log_act(world, PLANNER, action="refusal", object_id="admin", diff={"action": "manage_round"})
    (change,) = list_acts(world, AUDITOR, wanted=Wanted(kind="change", about="h01"))
    assert json.loads(change["diff"]) == {
        "note": ["", "…"], "phone": ["199****0001", "138****5678"], "size": [2, 9], "rev": [1, 2]
    }  # fmt: skip
    assert [one["action"] for one in list_acts(world, AUDITOR, wanted=Wanted(), limit=3)] == [
        "refusal", "export", "household.edit"
    ]  # fmt: skip
    assert [one["kind"] for one in list_acts(world, AUDITOR, wanted=Wanted(kind="refusal"))] == ["refusal"]
    assert list_acts(world, AUDITOR, wanted=Wanted(actor="nobody")) == []
    taken = take_acts(world, AUDITOR, wanted=Wanted(since="2026-01-01"))
    assert taken[0]["action"] == "refusal"
    assert list_acts(world, AUDITOR, wanted=Wanted(), limit=1)[0]["action"] == "audit.export"
    assert {kind_of(one["action"]) for one in taken} <= set(KINDS)
    with pytest.raises(NotAllowed):
        list_acts(world, PLANNER, wanted=Wanted())


def test_a_refused_act_leaves_no_trace_of_having_been_done(world: Database) -> None:
    """The row stands in the transaction of the act: an act that fails has neither changed nor logged anything."""
    before = verify_audit(world, AUDITOR).rows

    def fail() -> None:
        with world.write() as connection:
            log_change(connection, PLANNER, action="household.edit", object_id="h01")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert verify_audit(world, AUDITOR).rows == before


def test_the_command(world: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`audit verify` says yes with the head, then no with exit code 1; `list` and `export` give the rows."""
    world.close()
    assert main(["audit", "verify", "--db", str(world.path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["ok"]
    assert main(["audit", "verify", "--db", str(world.path), "--anchor", said["head"]]) == 0
    assert said["head"] in capsys.readouterr().out
    out = tmp_path / "log.csv"
    assert main(["audit", "export", "--db", str(world.path), "--out", str(out)]) == 0
    assert len(out.read_text(encoding="utf-8-sig").splitlines()) == said["rows"] + 1
    assert main(["audit", "list", "--db", str(world.path), "--limit", "1", "--json"]) == 0
    alter(world, "DELETE FROM audit_log WHERE seq > 5")
    capsys.readouterr()
    assert main(["audit", "verify", "--db", str(world.path), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["ok"], found["fault"], found["seq"]) == (False, "cut", 6)


def test_a_file_of_before_gets_head_and_guard(world: Database) -> None:
    """The migration guards the rows of an older file and notes the head of its log as it is."""
    alter(world, "DELETE FROM setting WHERE key = 'audit_head'")
    (path,) = MIGRATIONS.glob("versions/*_the_log_is_kept.py")
    upgrade = runpy.run_path(str(path))["upgrade"]
    with world.write() as connection:
        connection.exec_driver_sql(GUARD)
        with Operations.context(MigrationContext.configure(connection)):
            upgrade()
    with world.read() as connection:
        state = inspect_log(connection)
        head = connection.exec_driver_sql("SELECT value FROM setting WHERE key = 'audit_head'").scalar_one()
    assert (state.fault, head) == ("", state.head)


#: The guard that older files have.
GUARD = "CREATE TRIGGER audit_log_append_only BEFORE UPDATE ON audit_log BEGIN SELECT RAISE(ABORT, 'append-only'); END"
