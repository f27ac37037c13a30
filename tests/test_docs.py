"""What the documents say is what the product does: commands, options, columns, codes and words are all there."""

from __future__ import annotations

import argparse
import ast
import re
import shlex
from collections.abc import Iterator

import pytest

from geo import codes
from geo.access import RIGHTS
from geo.cli import parser
from geo.cli.exporting import _TABLES
from geo.cli.importing import EXIT_CODES
from geo.cli.parser import build_parser
from geo.codes import GAP_MARKS, TODO_MARKS
from geo.coverage import SHARES
from geo.exports import FORMATS
from geo.i18n import has_text, text
from geo.importer.asread import AsRead
from geo.issues import ISSUE_COUNTS, issue_shares
from geo.schema import (
    AREA_COLUMNS,
    AREA_FIELDS,
    CELL_COUNTS,
    COVERAGE_COLUMNS,
    GAP_COLUMNS,
    GROUP_COLUMNS,
    IGNORED_HEADERS,
    IMPORT_FIELDS,
    LEDGER_COLUMNS,
    REFUSED_HEADERS,
    REVIEW_COLUMNS,
    ROSTER_COLUMNS,
)
from geo.schema.columns_work import (
    LEDGER_FIELDS,
    MATTER_COLUMNS,
    MATTER_FIELDS,
    TEAM_COLUMNS,
    TEAM_FIELDS,
    WORK_COLUMNS,
)
from geo.web import front
from tests.conftest import ROOT

DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
#: The columns of every list that is taken away.
OUT = (
    GAP_COLUMNS, GROUP_COLUMNS, ROSTER_COLUMNS, COVERAGE_COLUMNS, LEDGER_COLUMNS, REVIEW_COLUMNS, AREA_COLUMNS,
    MATTER_COLUMNS, TEAM_COLUMNS, WORK_COLUMNS,
)  # fmt: skip
#: Prefix of the words in the catalogue → closed list.
LISTS = {
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
    "assignment_status": codes.ASSIGNMENT_STATUSES,
    "team_role": codes.TEAM_ROLES,
    "issue_scope": codes.ISSUE_SCOPES,
    "category": codes.ISSUE_CATEGORIES,
    "issue_state": codes.ISSUE_STATES,
    "route": codes.ISSUE_ROUTES,
    "close_kind": codes.CLOSE_KINDS,
    "issue_level": codes.ISSUE_LEVELS,
    "review_decision": codes.REVIEW_DECISIONS,
    "review_reason": codes.REVIEW_REASONS,
    "state": codes.VISIT_STATES,
    "ring": codes.ISSUE_RINGS,
    "mark": tuple(dict.fromkeys((*GAP_MARKS, *TODO_MARKS))),
    "role": codes.ROLES,
    "import_outcome": codes.IMPORT_OUTCOMES,
}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def list_commands(parser: argparse.ArgumentParser, words: str = "") -> Iterator[tuple[str, argparse.Action]]:
    """Yield every command with each of its options and arguments."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, child in action.choices.items():
                yield from list_commands(child, f"{words} {name}".strip())
        elif action.dest != "help":
            yield words, action


def test_every_command_is_documented():
    """docs/cli.md has a section for each command, which names each of its options and every value they take."""
    page = read("docs/cli.md")
    general, *parts = re.split(r"^## ", page, flags=re.MULTILINE)
    sections = {part.split("\n", 1)[0].strip(): part for part in parts}
    missing = []
    for words, action in list_commands(build_parser()):
        section = general + sections.get(words.split()[0], "")
        names = [max(action.option_strings, key=len)] if action.option_strings else [str(action.metavar)]
        names += [str(choice) for choice in action.choices or ()]
        missing += [(words, name) for name in names if name not in section]
        assert all(word in section for word in words.split())
    assert missing == []


def test_every_exit_code_is_documented():
    """docs/cli.md lists the exit codes that an import can end with, and those of trouble."""
    listed = {int(code) for code in re.findall(r"^\| (\d) \|", read("docs/cli.md"), flags=re.MULTILINE)}
    assert listed == {0, 1, 2, *EXIT_CODES.values()}


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_commands_in_the_documents_can_be_typed(path):
    """Every `python -m geo …` line in a code block is accepted by the parser."""
    blocks = re.findall(r"```\n(.*?)```", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("python -m geo ")]
    for line in lines:
        assert build_parser().parse_args(shlex.split(line)[3:]).command


@pytest.mark.parametrize(
    "field", [*IMPORT_FIELDS, *LEDGER_FIELDS, *MATTER_FIELDS, *TEAM_FIELDS], ids=lambda field: field.key
)
def test_every_import_column_is_documented(field):
    """docs/formats.md has the header, the field and every other header that is understood, in one row."""
    assert f"| {field.header} | `{field.key}` | {'、'.join(field.aliases)} |" in read("docs/formats.md").splitlines()


@pytest.mark.parametrize("field", AREA_FIELDS, ids=lambda field: field.key)
def test_every_name_in_map_files_is_documented(field):
    """docs/formats.md has every name by which a map file says which unit a feature is."""
    assert f"| {field.header} | `{field.key}` | {'、'.join(field.aliases)} |" in read("docs/formats.md").splitlines()


def test_every_column_as_understood_is_documented():
    """docs/formats.md has every column that --understood writes, in one table."""
    (part,) = re.findall(r"### As understood\n(.*?)\n## ", read("docs/formats.md"), flags=re.DOTALL)
    listed = [
        name for row in re.findall(r"^\| (`.*?) \|", part, flags=re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    ]
    assert sorted(listed) == sorted(AsRead._fields)


def test_columns_left_out_are_documented():
    """docs/formats.md names every header that is known and left out, and every one that is never taken."""
    lines = read("docs/formats.md").splitlines()
    assert f"Known and left out: {'、'.join(IGNORED_HEADERS)}." in lines
    assert any(line.endswith(f"there is no field for them: {'、'.join(REFUSED_HEADERS)}.") for line in lines)


@pytest.mark.parametrize("columns", OUT, ids=lambda columns: columns[-1].key)
def test_every_export_column_is_documented(columns):
    """docs/formats.md has the columns of each list in their order, with their short field names."""
    rows = [f"| {column.header} | `{column.key}` | `{column.field}` |" for column in columns]
    assert "\n".join(rows) in read("docs/formats.md")


def test_every_export_format_is_documented():
    """docs/formats.md says of each format what it is, and the command line knows the same formats and lists."""
    lines = read("docs/formats.md").splitlines()
    assert [form for form in FORMATS if not any(line.startswith(f"| `{form}` |") for line in lines)] == []
    assert tuple(FORMATS) == parser.FORMATS
    assert tuple(_TABLES) == parser.EXPORTED


def test_every_finding_is_documented():
    """docs/formats.md has every finding code with its sentence."""
    lines = read("docs/formats.md").splitlines()
    known = [code for code in codes.FINDING_CODES if has_text(f"finding.{code}")]
    assert [code for code in known if f"| `{code}` | {text(f'finding.{code}')} |" not in lines] == []


@pytest.mark.parametrize("prefix", LISTS)
def test_every_code_is_in_the_glossary(prefix):
    """docs/glossary.md has each closed list with the words that the screens show until somebody changes 口径."""
    row = " · ".join(f"`{code}` {text(f'{prefix}.{code}', k=2)}" for code in LISTS[prefix])
    assert f"| {row} |" in read("docs/glossary.md")


def test_every_right_is_documented():
    """docs/rights.md has each action with exactly the roles that may do it."""
    listed = re.findall(r"^\| `(\w+)` \|.*\| (.*) \|$", read("docs/rights.md"), flags=re.MULTILINE)
    assert {action: set(re.findall(r"`(\w+)`", roles)) for action, roles in listed} == RIGHTS


def test_every_permission_of_the_policy_has_its_reason():
    """docs/security.md lists exactly what the policies allow besides this host, each with a reason."""
    policies = {
        "page": front.build_policy("<script>x</script>"), "frame of the map": front.policy_of("/component/x"),
        "page of coming in": front.policy_of("/login"), "data": front.policy_of("/exports/x"),
    }  # fmt: skip
    granted = {}
    for answer, policy in policies.items():
        for directive, *sources in (part.split() for part in policy.split("; ")):
            besides = [re.sub("sha256-[^']+", "sha256-…", one) for one in sources if one not in ("'self'", "'none'")]
            if besides and (answer != "frame of the map" or directive == "script-src"):
                granted[answer, directive] = besides
    rows = re.findall(r"^\| ([\w ]+) \| `([\w-]+)` \| (.*?) \| .+ \|$", read("docs/security.md"), flags=re.MULTILINE)
    assert {(answer, name): re.findall("`([^`]+)`", listed) for answer, name, listed in rows} == granted


def test_every_test_named_for_the_law_exists():
    """Each line of docs/security.md that maps an article or a control names a test that is there, by its id."""
    page = read("docs/security.md")
    lines = [line for part in page.split("\n## ")[3:] for line in part.splitlines() if line.startswith("| ")]
    rows = [line for line in lines if not line.startswith(("| Article", "| Control"))]
    ids = [re.findall(r"`(tests/[\w/]+\.py(?:::\w+)+)`", row) for row in rows]
    assert [row for row, found in zip(rows, ids, strict=True) if not found] == []
    assert len(rows) > 30
    assert sorted({one for found in ids for one in found if not has_test(one)}) == []


def has_test(test_id: str) -> bool:
    """Say whether a file holds a test (of a class, where one is named)."""
    path, *names = test_id.split("::")
    if not (ROOT / path).is_file():
        return False
    nodes: list[ast.AST] = [ast.parse(read(path))]
    for name in names:
        nodes = [
            child
            for node in nodes
            for child in getattr(node, "body", ())
            if isinstance(child, ast.ClassDef | ast.FunctionDef) and child.name == name
        ]
    return bool(nodes)


def test_every_figure_is_in_the_glossary():
    """docs/glossary.md has each percentage with its formula as the screens show it."""
    page = read("docs/glossary.md")
    shares = [*SHARES, *issue_shares(dict.fromkeys(ISSUE_COUNTS, 0))]
    rows = [f"| {text(key)} | `{key}` | {text(f'{key}.n')} ÷ {text(f'{key}.N')} |" for key in shares]
    assert [row for row in rows if row not in page] == []


def test_the_answer_of_coverage_is_documented():
    """The counts that docs/cli.md names are counts that `coverage --json` gives."""
    (listed,) = re.findall(r"the counts \((.*?)…", read("docs/cli.md"), flags=re.DOTALL)
    assert set(re.findall(r"`(\w+)`", listed)) <= set(CELL_COUNTS)


def test_every_page_is_named():
    """README.md names every page of the app by its word in the navigation."""
    pages = {path.stem.rstrip("_") for path in (ROOT / "pages").glob("*.py")}
    page = read("README.md")
    assert [name for name in pages if text(f"web.page.{name}") not in page] == []


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(path):
    """Every relative link and picture of a document is there."""
    links = re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (path.parent / link).exists()] == []


def test_contributing_and_architecture_stay_short():
    """CONTRIBUTING.md keeps to 80 lines, the architecture to one page with one figure."""
    assert len(read("CONTRIBUTING.md").splitlines()) <= 80
    page = read("docs/architecture.md")
    assert len(page.splitlines()) <= 100
    assert page.count("```mermaid") == 1
