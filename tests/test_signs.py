"""Signs that a format cannot hold are shown; what a spreadsheet would run is defused, and comes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.signs import defuse, hold_no_zero, restore, show_controls


def test_signs_are_shown_or_held():
    """Controls become pictures, half of a pair the sign for unknown; a text for terminated strings loses no more."""
    assert show_controls("a\0b\x1fc\x7f\ud800\t\r\n") == "a\u2400b\u241fc\u2421\ufffd\t\r\n"
    assert hold_no_zero("a\0b\x01\n") == "a\u2400b\x01\n"
    assert show_controls(text := "普通 plain \U00020bb7") is text


@pytest.mark.parametrize("said", ["=1", "+1", "-1", "@x", "\t=1", " =1", "\uff1d1", "'=1", "''@", "\r", "\n=1"])
def test_what_a_spreadsheet_would_run_is_defused(said):
    """A text that begins like a formula, behind blanks or apostrophes too, gets one apostrophe more."""
    assert defuse(said) == f"'{said}"


@given(st.one_of(st.text(max_size=8), st.text("'=+-@ \t\n\uff1dab", max_size=6)))
def test_a_defused_text_comes_back(said):
    """Whatever the text, taking the apostrophe away gives it back; a plain text is left as it is."""
    assert restore(defuse(said)) == said
    assert defuse(said) in (said, f"'{said}")
