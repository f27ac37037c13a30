"""Two rounds compared in figures: kinds that sum to the households due, equal to a count by hand, on screen and in files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from geo.cli import main
from geo.codes import COMPARED_KINDS
from geo.errors import Invalid, NotFound
from geo.i18n import text
from geo.model import VisitEntry
from geo.store.database import Database
from geo.store.reads import read_homes
from geo.store.round_figures import PICKED, compare_rounds, list_compared
from geo.store.rounds import list_rounds
from geo.store.visits import record_visit
from tests.ui.test_pages import open_page, read_words
from tests.world import LEADER, PLANNER, TODAY


def count_by_hand(db: Database) -> dict[str, int]:
    """Return the kinds of round 2 against round 1 from the tables of homes of both, each as of its own day."""
    rounds = {one.number: one for one in list_rounds(db, PLANNER)}
    then, now = (
        dict(zip(homes["household"], homes["complete"], strict=True))
        for homes in (
            read_homes(db, PLANNER, round_id=rounds[n].id, place_id="d", as_of=min(TODAY, rounds[n].ends_on))
            for n in (1, 2)
        )
    )
    names = {(1, 1): "kept", (1, 0): "newly_missed", (0, 1): "recovered", (0, 0): "missed_again"}
    found = [names.get((then.get(one, -1), done), "new_reached" if done else "new_missed") for one, done in now.items()]
    return {kind: found.count(kind) for kind in COMPARED_KINDS}


def test_the_kinds_are_those_counted_by_hand(world: Database) -> None:
    """Of the district as of today; kinds and units sum to D; each number has as many households; a leader sees no names."""
    found = compare_rounds(world, LEADER, round_id="2", place_id="d")
    whole = found.whole
    assert sum(whole.kinds.values()) == whole.now.counts.roster == 53
    assert whole.kinds == count_by_hand(world)
    for name in COMPARED_KINDS:
        assert sum(one.kinds[name] for one in found.units) == whole.kinds[name], name
    for pick in PICKED:
        homes = list_compared(world, LEADER, round_id="2", place_id="d", pick=pick)
        assert len(homes) == (whole.in_a_row if pick == "in_a_row" else whole.kinds[pick])
        assert all("*" in one for one in homes["head_name"])
    assert whole.now.counts.effective == 21


def test_a_visit_moves_one_household(world: Database) -> None:
    """Somebody missed in the earlier round and reached now is 补上, and no longer among those missed in both."""
    (home, *_) = list_compared(world, PLANNER, round_id="2", place_id="d", pick="missed_again")["household"]
    before = compare_rounds(world, PLANNER, round_id="2", place_id="d").whole.kinds
    record_visit(world, PLANNER, entry=VisitEntry("v-new", home, TODAY, "effective"))
    after = compare_rounds(world, PLANNER, round_id="2", place_id="d").whole.kinds
    moved = {"recovered": 1, "missed_again": -1}
    assert {name: after[name] - before[name] for name in COMPARED_KINDS if after[name] != before[name]} == moved
    with pytest.raises(NotFound):
        compare_rounds(world, PLANNER, round_id="1", place_id="d")
    with pytest.raises(Invalid):
        compare_rounds(world, PLANNER, round_id="1", earlier_id="2", place_id="d")
    with pytest.raises(Invalid):
        list_compared(world, PLANNER, round_id="2", place_id="d", pick="all")


def test_the_command_line_the_page_and_the_file_say_the_same(
    world: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`rounds compare --json`, its workbook and 清零 › 轮次对比 have the same numbers; a number opens its households."""
    out = tmp_path / "a.xlsx"
    assert main(["rounds", "compare", "2", "--with", "1", "--json", "--out", str(out), "--db", str(world.path)]) == 0
    said = json.loads(capsys.readouterr().out)
    found = compare_rounds(world, PLANNER, round_id="2", place_id="d").whole
    assert {name: said[name] for name in COMPARED_KINDS} == found.kinds
    assert (said["now_effective"], said["earlier"]["number"], len(said["units"])) == (21, 1, 5)
    assert said["points"] == pytest.approx(said["now_coverage"] - said["then_coverage"])
    last = CalamineWorkbook.from_path(out).get_sheet_by_index(0).to_python()[-1]
    assert found.now.counts.roster in last
    assert found.kinds["newly_missed"] in last
    monkeypatch.setenv("GEO_DB", str(world.path))
    app = open_page("clear", role="leader", tab="rounds")
    assert not app.exception
    assert app.dataframe[0].value["newly_missed"].tolist()[-1] == found.kinds["newly_missed"]
    opened = open_page("clear", role="leader", tab="rounds", pick="newly_missed")
    assert len(opened.dataframe[0].value) == found.kinds["newly_missed"]
    assert text("compare.homes", n=found.kinds["newly_missed"]) in read_words(opened)
    listing = ["rounds", "compare", "--list", "recovered", "--json", "--db", str(world.path)]
    assert main(listing) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == found.kinds["recovered"]
    assert main(["rounds", "compare", "--db", str(world.path)]) == 0
