"""What keeps the code readable and safe to change, checked on the text of the repository."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

FOLDERS = ("geo", "pages", "tests", "benchmarks")
SOURCES = sorted(
    [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")] + [ROOT / "app.py", ROOT / "run.py"]
)
PRODUCT = [path for path in SOURCES if path.relative_to(ROOT).parts[0] in {"geo", "pages", "app.py"}]
PAGES = sorted((ROOT / "pages").glob("*.py"))
MAY_HOLD_CHINESE = {"geo/schema/columns.py", "geo/schema/columns_work.py", "geo/schema/words.py"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
#: Assembled here so that this file does not find itself.
OUTSIDE = re.compile("|".join(["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/\\w", "C:\\\\" + "Users", "py" + "pi\\.org"]))
TEXT_ENDINGS = {".py", ".md", ".toml", ".po", ".js", ".css", ".json", ".txt", ".html", ".yml", ".yaml", ""}


def name_of(path: Path) -> str:
    """Return a path as the repository names it."""
    return path.relative_to(ROOT).as_posix()


def parse(path: Path) -> ast.Module:
    """Return the syntax tree of a source file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def list_functions(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Return every function and method of a module, nested ones too."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def list_docstrings(tree: ast.Module) -> set[int]:
    """Return the ids of the constants that are docstrings."""
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, owners)]
    return {
        id(body[0].value)
        for body in bodies
        if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    }


def test_size() -> None:
    """A file has at most 400 lines and a function at most 40."""
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}
    long = {
        f"{name_of(path)}: {function.name}": function.end_lineno - function.lineno + 1
        for path in SOURCES
        for function in list_functions(parse(path))
        if function.end_lineno - function.lineno + 1 > 40
    }
    assert long == {}
    assert len(lengths) > 400


def test_text_for_people_is_in_the_catalogue() -> None:
    """No string literal of the product holds Chinese, outside docstrings and the list of columns."""
    found = []
    for path in PRODUCT:
        if name_of(path) in MAY_HOLD_CHINESE or not CHINESE.search(path.read_text(encoding="utf-8")):
            continue
        tree = parse(path)
        docstrings = list_docstrings(tree)
        found += [
            f"{name_of(path)}:{node.lineno}: {node.value}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings
            and CHINESE.search(node.value)
        ]
    assert found == []


def list_repository_files() -> list[Path]:
    """Return the text files of the repository: what git would take in; without git, the sources only."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = (
        subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False) if shutil.which("git") else None
    )
    names = listed.stdout.split("\0") if listed and listed.returncode == 0 else [name_of(path) for path in SOURCES]
    paths = [ROOT / name for name in names if name]
    return [path for path in paths if path.suffix in TEXT_ENDINGS and path.is_file()]


def test_nothing_names_a_machine() -> None:
    """No file of the repository holds the path of a machine or the host of a package index."""
    found = [
        f"{name_of(path)}: {match.group()}"
        for path in list_repository_files()
        if (match := OUTSIDE.search(path.read_text(encoding="utf-8", errors="replace")))
    ]
    assert found == []


def test_imports_only_go_down() -> None:
    """The layers of the architecture hold, and only the screens know Streamlit and folium."""
    program = Path(sys.executable).parent / ("lint-imports.exe" if sys.platform == "win32" else "lint-imports")
    checked = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_page_starts_with_require(path: Path) -> None:
    """The first thing a page does after its imports is to ask whether it may run."""
    skipped = ast.Import | ast.ImportFrom
    body = [node for node in parse(path).body if not isinstance(node, skipped) and not _is_docstring(node)]
    first = body[0].value if isinstance(body[0], ast.Expr | ast.Assign) else None
    assert isinstance(first, ast.Call), f"{name_of(path)} starts with something else than require(...)"
    assert ast.unparse(first.func).split(".")[-1] == "require"


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def test_cached_functions_take_the_scope_first() -> None:
    """What is cached for everybody is keyed by who asks: the first argument is `scope`."""
    found = [
        f"{name_of(path)}: {function.name}"
        for path in PRODUCT
        if "cache_data" in path.read_text(encoding="utf-8")
        for function in list_functions(parse(path))
        if any("cache_data" in ast.unparse(decorator) for decorator in function.decorator_list)
        and [argument.arg for argument in function.args.args][:1] != ["scope"]
    ]
    assert found == []
