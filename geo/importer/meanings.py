"""What the words of a file mean: outcomes, issues, classes, tags. Unknown words are asked about, never guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from geo import codes
from geo.importer.findings import Option
from geo.schema.words import load_words
from geo.signs import clean_name
from geo.validate import is_blank, split_words, to_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.importer.findings import Ledger
    from geo.validate import Cell

#: An answer that leaves a word out.
SKIP: Final = "skip"
#: What "no visit was made" is called among outcomes.
NO_VISIT: Final = "none"
#: A title no longer than this stands in the issue's list.
_TITLE: Final = 60


class Meanings:
    """Looks words up and asks for what is unknown, once for each word."""

    def __init__(
        self, ledger: Ledger, answers: Mapping[str, str], *, outcome_header: str, categories: Mapping[str, str]
    ) -> None:
        """Keep where to ask, what was answered, the header that √ and × are read by, and own words for categories."""
        self._ledger = ledger
        self._answers = answers
        self._header = outcome_header
        self._categories = categories
        self._added = {code: word for word, code in categories.items() if code not in codes.ISSUE_CATEGORIES}
        self._words = load_words()
        self._asked = 0
        self._read: dict[str, dict[Cell, Any]] = {}

    def read(self, kind: str, cells: Sequence[Cell]) -> list[Any]:
        """Return the meaning of every cell of a column; `kind` names the method. Asked words are counted."""
        rule, known = getattr(self, kind), self._read.setdefault(kind, {})
        found = []
        for nth, cell in enumerate(cells):
            if cell in known:
                found.append(known[cell])
                continue
            asked = self._asked
            found.append(rule(nth, cell))
            if asked == self._asked:
                known[cell] = found[-1]
        return found

    def _ask(
        self, kind: str, nth: int, key: str, word: str, hints: Mapping[str, str], allowed: tuple[str, ...],
        added: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self._asked += 1
        suggestion = next((value for hint, value in hints.items() if hint in word), "")
        named = {**{value: value for value in allowed}, **(added or {}), SKIP: SKIP}
        options = tuple(Option(value, label) for value, label in named.items())
        self._ledger.ask(kind, nth, key, word, options=options, suggestion=suggestion)

    def outcome(self, nth: int, cell: Cell) -> tuple[str, str] | None:
        """Return (mode, outcome) of a visit, or None where none was made or nothing is said."""
        word = clean_name(to_text(cell)).strip("。.!;；").lower()
        if is_blank(word):
            return None
        meaning = self._words.outcome.get(word) or self._by_header(word) or self._answers.get(f"outcome:{word}", "")
        if not meaning:
            allowed = (*codes.OUTCOMES, "phone:effective", NO_VISIT)
            self._ask("outcome", nth, "outcome", word, self._words.outcome_hints, allowed)
        if meaning in ("", NO_VISIT, SKIP):
            return None
        mode, _, outcome = meaning.rpartition(":")
        return mode or "in_person", outcome

    def _by_header(self, word: str) -> str:
        if word in self._words.yes:
            known = self._header in self._words.met_headers or self._header in self._words.visited_headers
            return "effective" if known else ""
        if word in self._words.no:
            if self._header in self._words.met_headers:
                return "not_home"
            return NO_VISIT if self._header in self._words.visited_headers else ""
        return ""

    def issues(self, nth: int, cell: Cell) -> tuple[tuple[str, str], ...]:
        """Return the (category, title) of each issue a cell names, one of each category."""
        text = to_text(cell).strip()
        if is_blank(text):
            return ()
        parts = [text] if self._issue(text) else split_words(text)
        if not any(self._issue(part) for part in parts):
            parts = [text] if parts else []
        found: dict[str, str] = {}
        for part in parts:
            category = self._issue(part)
            if not category:
                self._ask("issue", nth, "issue", part, self._words.issue_hints, codes.ISSUE_CATEGORIES, self._added)
            elif category != SKIP:
                found.setdefault(category, part[:_TITLE])
        return tuple(found.items())

    def _issue(self, word: str) -> str:
        plain = clean_name(word)
        known = self._categories.get(plain.upper()) or self._words.issue.get(plain)
        said = known or self._answers.get(f"issue:{word}", "") or self._answers.get("issue:*", "")
        return said if said in (*codes.ISSUE_CATEGORIES, *self._categories.values(), SKIP) else ""

    def household_class(self, nth: int, cell: Cell) -> tuple[str, tuple[str, ...]]:
        """Return the class ('' where nothing is said) and the care tags of a cell: 五保户 is general and tekun."""
        text = to_text(cell)
        if is_blank(text):
            return "", ()
        classes, tags = [], []
        for word in split_words(clean_name(text)):
            meaning = self._words.household_class.get(word) or self._answers.get(f"class:{word}", "")
            tag = self._words.tags.get(word, "")
            if meaning:
                classes.append(meaning)
            elif tag:
                tags.append(tag)
            else:
                self._ask("class", nth, "household_class", word, self._words.class_hints, codes.HOUSEHOLD_CLASSES)
        named = [one for one in classes if one != SKIP]
        return (named[0] if named else "general" if tags else ""), tuple(tags)

    def tags(self, nth: int, cell: Cell) -> tuple[str, ...]:
        """Return the care tags a cell lists."""
        text = to_text(cell)
        found = []
        for word in split_words(clean_name(text)):
            meaning = self._words.tags.get(word) or self._answers.get(f"tag:{word}", "")
            if not meaning:
                self._ask("tag", nth, "tags", word, {}, codes.TAG_KINDS)
            elif meaning != SKIP:
                found.append(meaning)
        return tuple(dict.fromkeys(found))
