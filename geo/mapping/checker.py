"""Small checks on the nodes of a mapping file: every problem is kept with its line, so that all are told at once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING

from geo.crs.systems import parse_system
from geo.errors import Invalid
from geo.i18n import text
from geo.mapping.document import Node, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def find_near(word: str, known: Iterable[str]) -> str:
    """Return the known word that looks most like one, or ''."""
    by_fold = {one.casefold(): one for one in known}
    close = get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[close[0]] if close else ""


def say_near(word: str, known: Iterable[str]) -> str:
    """Return the half sentence that points to the known word that looks most like one, or ''."""
    near = find_near(word, known)
    return text("mapping.near", near=near) if near else ""


@dataclass(slots=True)
class Checker:
    """Gathers what is wrong."""

    problems: list[Problem] = field(default_factory=list)

    def tell(self, node: Node, key: str, **params: object) -> None:
        """Keep one problem."""
        self.problems.append(Problem(node.line, node.path, f"mapping.{key}", params))

    def table(self, node: Node, known: Sequence[str], needed: Sequence[str] = ()) -> dict[str, Node]:
        """Return the entries of a table that has only known keys and all needed ones; what is wrong is told."""
        if node.kind != "table":
            self.tell(node, "want_table", keys=text("list.comma").join(known[:6]))
            return {}
        for name, value in node.entries.items():
            if name not in known:
                keys = text("list.comma").join(known)
                self.tell(value, "unknown_key", name=name, near=say_near(name, known), keys=keys)
        for name in needed:
            if name not in node.entries:
                self.tell(node, "needed", name=name)
        return {name: value for name, value in node.entries.items() if name in known}

    def texts(self, node: Node) -> tuple[str, ...]:
        """Return one text or a list of texts."""
        items = node.items if node.kind == "list" else (node,)
        if any(one.kind != "text" for one in items):
            self.tell(node, "want_texts")
            return ()
        return tuple(one.text for one in items)

    def text(self, node: Node, *, empty: bool = False) -> str:
        """Return one text."""
        if node.kind != "text":
            self.tell(node, "want_text")
            return ""
        if not node.text and not empty:
            self.tell(node, "want_some")
        return node.text

    def word(self, node: Node, known: Sequence[str]) -> str:
        """Return one word of a closed list; the first of them where it is none."""
        said = self.text(node)
        if said and said not in known:
            self.tell_word(node, said, known)
        return said if said in known else known[0]

    def tell_word(self, node: Node, said: str, known: Sequence[str]) -> None:
        """Say that a word is not of the closed list, and which it may be."""
        shown = text("list.comma").join(known)
        self.tell(node, "bad_word", value=said, near=say_near(said, known), words=shown)

    def flag(self, node: Node) -> bool:
        """Return true or false, written so or as yes and no."""
        said = self.text(node).lower()
        if said not in ("true", "false", "yes", "no"):
            self.tell(node, "bad_word", value=said, near="", words="true, false")
        return said in ("true", "yes")

    def number(self, node: Node, *, least: float = 0.0) -> float:
        """Return a number above `least`."""
        said = self.text(node)
        try:
            number = float(said)
        except ValueError:
            number = float("nan")
        if not number > least:
            self.tell(node, "bad_number", value=said, least=f"{least:g}")
            return 1.0
        return number

    def whole(self, node: Node, *, least: int = 1) -> int:
        """Return a whole number from `least` on."""
        said = self.text(node)
        if re.fullmatch(r"-?\d{1,9}", said) is None or int(said) < least:
            self.tell(node, "bad_whole", value=said, least=str(least))
            return least
        return int(said)

    def day(self, node: Node) -> date | None:
        """Return a day written as YYYY-MM-DD."""
        said = self.text(node)
        try:
            return date.fromisoformat(said)
        except ValueError:
            self.tell(node, "bad_day", value=said)
            return None

    def pattern(self, node: Node) -> re.Pattern[str] | None:
        """Return a regular expression."""
        said = self.text(node)
        try:
            return re.compile(said)
        except re.error as error:
            self.tell(node, "bad_pattern", value=said, detail=str(error))
            return None

    def crs(self, node: Node, *, metric: bool = False) -> str:
        """Return the name of a coordinate system; `metric` asks for one of metres."""
        said = self.text(node)
        try:
            fits = parse_system(said).is_metric or not metric
        except Invalid:
            fits = False
        if not fits:
            self.tell(node, "bad_grid" if metric else "bad_crs", value=said)
            return "wgs84"
        return said
