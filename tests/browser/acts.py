"""How a person acts on a page that may run again at any moment: wait until it is quiet, act, see that it took."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import TimeoutError as TooLong

#: The page has run to its end and shows nothing of the run before.
_QUIET = """() => document.querySelector('.stApp')?.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-stale=true]')"""
#: So many looks in a row, so far apart (ms), have to find the page quiet: a map that has loaded asks for one more run.
_LOOKS, _APART = 5, 100
#: How often an act is tried whose effect a run in between can undo: a list that was open is closed by it.
_TRIES = 6


def settle(page: Any) -> None:
    """Wait until the page has finished its runs (at most a minute)."""
    page.locator(".stApp").first.wait_for(timeout=60_000)
    quiet = 0
    for _ in range(600):
        page.wait_for_timeout(_APART)
        quiet = quiet + 1 if page.evaluate(_QUIET) else 0
        if quiet == _LOOKS:
            return


def press(page: Any, key: str) -> None:
    """Press the button with a key, and wait for what it does."""
    page.locator(f".st-key-{key} button").first.click()
    settle(page)


def choose(page: Any, box: Any, words: str) -> None:
    """Choose an entry of a select box by typing it; once more where a run of the page closed the list."""
    settle(page)
    for _ in range(_TRIES):
        try:
            box.locator("input").click(timeout=10_000)
            box.locator("input").fill(words, timeout=5_000)
            page.get_by_role("option", name=words, exact=True).first.click(timeout=5_000)
        except TooLong:
            settle(page)
        else:
            settle(page)
            return
    pytest.fail(f"the entry {words} could not be chosen")


def enter(page: Any, field: Any, words: str) -> None:
    """Type into a field and confirm with Enter; once more where a run of the page put the old text back."""
    for _ in range(_TRIES):
        field.fill(words)
        field.press("Enter")
        settle(page)
        if not field.count() or field.input_value() == words:
            return
    pytest.fail(f"the field does not keep {words}")
