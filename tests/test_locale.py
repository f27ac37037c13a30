"""The catalogue and the code know the same keys, so that no screen shows a bare key or a hole."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from geo import codes
from geo.codes import GAP_MARKS, TODO_MARKS
from geo.coverage import SHARES
from geo.gaps import PRIORITY_TERMS
from geo.i18n import has_text, load_catalogue, text
from geo.importer.report import LANGUAGES
from geo.issues import ISSUE_COUNTS, issue_shares

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted(path for folder in ("geo", "pages") for path in (ROOT / folder).rglob("*.py"))
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PLACEHOLDER = re.compile(r"\{(\w+)[^}]*\}")
#: Closed list → the prefix under which the catalogue holds its words.
WORDS = {
    "level": codes.LEVELS,
    "household_class": codes.HOUSEHOLD_CLASSES,
    "residence": codes.RESIDENCES,
    "coord_source": codes.COORD_SOURCES,
    "tag": codes.TAG_KINDS,
    "round_status": codes.ROUND_STATUSES,
    "mode": codes.MODES,
    "outcome": codes.OUTCOMES,
    "respondent": codes.RESPONDENTS,
    "entry_kind": codes.ENTRY_KINDS,
    "reason": codes.VISIT_REASONS,
    "assignment_status": codes.ASSIGNMENT_STATUSES,
    "team_role": codes.TEAM_ROLES,
    "issue_scope": codes.ISSUE_SCOPES,
    "category": codes.ISSUE_CATEGORIES,
    "issue_state": codes.ISSUE_STATES,
    "route": codes.ISSUE_ROUTES,
    "close_kind": codes.CLOSE_KINDS,
    "issue_level": codes.ISSUE_LEVELS,
    "event": codes.ISSUE_EVENT_KINDS,
    "topic": codes.TOPICS,
    "check": codes.CHECK_ITEMS,
    "check_result": codes.CHECK_RESULTS,
    "review_decision": codes.REVIEW_DECISIONS,
    "review_reason": codes.REVIEW_REASONS,
    "state": codes.VISIT_STATES,
    "compared": codes.COMPARED_STATES,
    "ring": codes.ISSUE_RINGS,
    "role": codes.ROLES,
    "import_outcome": codes.IMPORT_OUTCOMES,
    "finding": codes.FINDING_CODES,
    "mark": (*GAP_MARKS, *TODO_MARKS),
    "gap.term": PRIORITY_TERMS,
}


@pytest.fixture(scope="module")
def calls_of_text() -> list[tuple[str, ast.Call]]:
    """Every call of `text` in the product, each with its file."""
    return [
        (path.relative_to(ROOT).as_posix(), node)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and node.args and name_called(node) == "text"
    ]


def name_called(call: ast.Call) -> str:
    """Return the name of what is called, without what it is an attribute of."""
    called = call.func
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""


def test_every_key_has_a_sentence(calls_of_text: list[tuple[str, ast.Call]]) -> None:
    """A key written in the code is in the catalogue, and a key put together from parts has a beginning that is."""
    known = set(load_catalogue()._catalog)
    missing = []
    for file, call in calls_of_text:
        key = call.args[0]
        if isinstance(key, ast.Constant) and isinstance(key.value, str) and "." in key.value:
            missing += [(file, key.value)] if key.value not in known else []
        elif isinstance(key, ast.JoinedStr) and isinstance(key.values[0], ast.Constant):
            start = str(key.values[0].value)
            missing += [(file, start)] if not any(one.startswith(start) for one in known) else []
    assert missing == []
    assert len(calls_of_text) > 1000


def test_every_placeholder_is_filled(calls_of_text: list[tuple[str, ast.Call]]) -> None:
    """A sentence asked for by its key gets every value it has a place for."""
    holes = {}
    for file, call in calls_of_text:
        key = call.args[0]
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str) or not has_text(key.value):
            continue
        given = {word.arg for word in call.keywords}
        wanted = set(PLACEHOLDER.findall(load_catalogue().gettext(key.value)))
        if None not in given and not wanted <= given:
            holes[file, key.value] = wanted - given
    assert holes == {}


def test_every_error_has_a_sentence() -> None:
    """Every error key of the product, wherever it is raised, is a sentence of the catalogue."""
    keys = {
        key
        for path in SOURCES
        for key in re.findall(r'"((?:err|web|units|exports)\.[a-z_]+)"', path.read_text(encoding="utf-8"))
    }
    assert sorted(key for key in keys if not has_text(key)) == []
    assert "err.busy" in keys


@pytest.mark.parametrize("code", codes.FINDING_CODES)
def test_every_finding_is_said_in_both_languages(code: str) -> None:
    """Each finding has one Chinese and one English sentence with the same places to fill, and each says what to do."""
    said = {language: load_catalogue(language).gettext(f"finding.{code}") for language in LANGUAGES}
    assert f"finding.{code}" not in said.values()
    assert set(PLACEHOLDER.findall(said["zh"])) >= set(PLACEHOLDER.findall(said["en"]))
    assert CHINESE.search(said["zh"])
    assert not CHINESE.search(said["en"].replace("户编号", "").replace("户主", ""))


@pytest.mark.parametrize("prefix", WORDS)
def test_every_code_has_a_word(prefix: str) -> None:
    """Each code of a closed list has its word for people."""
    assert [code for code in WORDS[prefix] if not has_text(f"{prefix}.{code}")] == []


def test_every_metric_has_its_formula() -> None:
    """Each metric has a name and names for its numerator and its denominator, which stand under the percentage."""
    counts = dict.fromkeys(ISSUE_COUNTS, 0)
    for formula in (*SHARES, *issue_shares(counts)):
        assert [part for part in ("", ".n", ".N") if not has_text(f"{formula}{part}")] == [], formula


def test_numbers_are_printed_with_separators() -> None:
    """Counts in sentences carry thousands separators, days are ISO days."""
    said = text("kpi.fraction", word_n="n", n=24066, word_N="N", N=29755)
    assert "24,066" in said
    assert "29,755" in said
