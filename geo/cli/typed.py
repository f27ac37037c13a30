"""Days, and pairs that are typed as NAME=VALUE: answers to questions, meanings of columns."""

from __future__ import annotations

import argparse
import re
from datetime import date
from typing import Final

from geo.i18n import text
from geo.importer.proposals import APPLICABLE
from geo.schema import IMPORT_FIELDS

#: A column that is left out.
LEFT_OUT: Final = "-"


def read_answer(value: str) -> tuple[str, str]:
    """Return the id of a question and its answer, typed as ID=VALUE. Raises what argparse turns into a sentence."""
    name, mark, answer = value.rpartition("=")
    if not mark or not name:
        raise argparse.ArgumentTypeError(text("cli.no_answer", value=value))
    return name, answer


def read_choice(value: str) -> str:
    """Return a proposal to carry out, typed as KIND or KIND:CODE. Raises what argparse turns into a sentence."""
    if value.partition(":")[0] not in APPLICABLE:
        raise argparse.ArgumentTypeError(text("cli.no_kind", value=value, kinds=text("list.comma").join(APPLICABLE)))
    return value


def read_column(value: str) -> tuple[int, str | None]:
    """Return index and field of a column typed as C=户主, by header or key; C=- leaves it out.

    Raises what argparse turns into a sentence.
    """
    letters, _, said = value.partition("=")
    keys = {name: field.key for field in IMPORT_FIELDS for name in (field.header, field.key)}
    if not re.fullmatch(r"[A-Za-z]{1,3}", letters) or (said != LEFT_OUT and said not in keys):
        raise argparse.ArgumentTypeError(text("cli.no_column", value=value))
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1, keys.get(said)


#: Days of other years are slips, and near the ends of the calendar there is nothing to reckon with.
_YEARS: Final = range(1900, 2200)


def read_day(value: str) -> date:
    """Return a day typed as YYYY-MM-DD. Raises what argparse turns into a sentence."""
    try:
        return parse_day(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(text("cli.no_day", value=value)) from error


def parse_day(value: str) -> date:
    """Return a day of ISO form in the years that visits can lie in. Raises `ValueError`."""
    day = date.fromisoformat(value)
    if day.year not in _YEARS:
        raise ValueError(value)
    return day
