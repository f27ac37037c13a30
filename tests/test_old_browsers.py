"""Our scripts and styles run in Chrome 109, the last on Windows 7: no built-in and no syntax that came later."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

FILES = sorted(one for one in (ROOT / "geo" / "ui" / "static").iterdir() if one.suffix in {".js", ".css"})
#: What came with Chrome 110 and later (the copying array methods are given to Streamlit by page.js itself).
LATER = {
    ".js": (
        r"\.toSorted\(", r"\.toReversed\(", r"\.toSpliced\(", r"\bObject\.groupBy\b", r"\bMap\.groupBy\b",
        r"\bPromise\.withResolvers\b", r"\bPromise\.try\b", r"\bArray\.fromAsync\b", r"\bURL\.canParse\b", r"\bURL\.parse\b",
        r"\.isWellFormed\(", r"\.toWellFormed\(", r"\bAbortSignal\.any\b", r"\bIterator\.from\b", r"\bRegExp\.escape\b",
        r"\.intersection\(", r"\.symmetricDifference\(", r"\.isSubsetOf\(", r"\.checkVisibility\(\{",
        r"\bawait using\b", r"\bstartViewTransition\b", r"\.transferToFixedLength\(",
    ),
    ".css": (
        r"(?m)^\s*&", r"\bcolor-mix\(", r"\boklch\(", r"\boklab\(", r"@scope\b", r"@starting-style\b", r"\btext-wrap:\s*balance",
        r"\blight-dark\(", r"\binterpolate-size\b", r"\bfield-sizing\b", r"\bview-transition-name\b", r"\banchor-name\b",
    ),
}  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=lambda one: one.name)
def test_nothing_younger_than_chrome_109(path: Path) -> None:
    """No file names a built-in or a rule that Chrome 109 lacks; page.js alone defines the copying methods it polyfills."""
    source = re.sub(
        r"//.*|/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL if path.suffix == ".css" else 0
    )
    found = [pattern for pattern in LATER[path.suffix] if re.search(pattern, source)]
    assert found == []


def test_the_list_finds_them() -> None:
    """The patterns do find what they name."""
    samples = {
        ".js": ["rows.toSorted()", "Object.groupBy(rows, one)", "await using file"],
        ".css": ["  & a {", "color: oklch(1 0 0)"],
    }
    for suffix, lines in samples.items():
        for line in lines:
            assert [one for one in LATER[suffix] if re.search(one, line)], line
