"""Fields of a target, row by row: days, words of closed lists, numbers; what is not understood is listed."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from geo.mapping.evaluate import UNKNOWN, evaluate, read_distinct
from geo.schema.words import load_words
from geo.signs import clean_name
from geo.validate import (
    is_blank,
    parse_code,
    parse_day,
    parse_id_number,
    parse_phone,
    parse_size,
    parse_text,
    split_words,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from geo.mapping.ledger import Ledger
    from geo.mapping.spec import Target, Value
    from geo.schema.mapped import MappedField

#: A date cell of a workbook as text.
_CELL: Final = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d:\d\d)?")
#: What a rule gives for a word that must be decided by a person.
_ASK: Final = "ask"


def read_fields(
    ledger: Ledger, target: Target, fields: dict[str, MappedField], mask: NDArray[np.bool_], *, today: date
) -> dict[str, list[Any]]:
    """Return every field of a target but its points, one value a row; what is wrong in a row of the mask is listed."""
    return {
        key: read_field(ledger, fields[key], value, mask, today=today)
        for key, value in target.fields.items()
        if fields[key].kind != "degrees"
    }


def read_field(ledger: Ledger, field: MappedField, value: Value, mask: NDArray[np.bool_], *, today: date) -> list[Any]:
    """Return one field, one value a row: None (a text: '') where nothing is said or understood."""
    texts = evaluate(value, ledger.table)
    if field.kind not in ("word", "words", "flag"):
        texts = [said.removeprefix(UNKNOWN) for said in texts]
    own = ledger.categories if field.key == "category" else {}
    read = read_distinct(texts, _rule_of(field, value, today, own))
    for nth, ((_, code), inside) in enumerate(zip(read, mask.tolist(), strict=True)):
        if not code or not inside:
            continue
        said = texts[nth].removeprefix(UNKNOWN)
        ledger.faulty.add((field.target, field.key, nth))
        if code == _ASK:
            ledger.ask(field, nth, said, value)
        else:
            ledger.warn(code, nth, field.header, said, value=value)
    return [found for found, _ in read]


def _rule_of(field: MappedField, value: Value, today: date, own: Mapping[str, str]) -> Callable[[str], tuple[Any, str]]:
    rules: dict[str, Callable[[str], tuple[Any, str]]] = {
        "text": lambda said: parse_text(said, longest=field.longest),
        "key": lambda said: parse_code(said, longest=field.longest),
        "day": lambda said: read_day(said, value, date.max if field.ahead else today),
        "flag": lambda said: _read_flag(said, field),
        "word": lambda said: _read_word(said, field, own),
        "words": lambda said: _read_words(said, field),
        "size": parse_size,
        "phone": parse_phone,
        "id_number": parse_id_number,
    }
    return rules[field.kind]


def read_day(said: str, value: Value, latest: date) -> tuple[str | None, str]:
    """Return a day as ISO text, and the code of what is wrong with it; declared formats are tried alone."""
    if value.formats:
        if is_blank(said):
            return None, ""
        found, code = _read_formats(said, value.formats)
    else:
        found, code = parse_day(said, date.max)
    if found is None:
        return None, code
    try:
        found += timedelta(days=value.add_days)
    except OverflowError:
        return None, "W_DATE_IMPOSSIBLE"
    return (None, "W_DATE_FUTURE") if found > latest else (found.isoformat(), "")


def _read_formats(said: str, formats: tuple[str, ...]) -> tuple[date | None, str]:
    for form in formats:
        try:
            return datetime.strptime(said, form).date(), ""  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    # A date cell of a workbook, with or without an hour, which no format is meant for.
    try:
        return (datetime.fromisoformat(said).date(), "") if _CELL.fullmatch(said) else (None, "W_DATE_IMPOSSIBLE")
    except ValueError:
        return None, "W_DATE_IMPOSSIBLE"


def _read_word(said: str, field: MappedField, own: Mapping[str, str]) -> tuple[str | None, str]:
    """Return a word of the closed list: as mapped, as it is, or as the importer's word list knows it.

    `own`: what the database itself calls its categories → their codes. A word of the list comes before the words for
    nothing: `none` may be one.
    """
    word = said.removeprefix(UNKNOWN)
    mode, _, outcome = word.rpartition(":")
    if word in field.allowed or (field.key == "outcome" and mode in ("phone", "video") and outcome in field.allowed):
        return word, ""
    if (code := own.get(clean_name(word).upper())) is not None:
        return code, ""
    if is_blank(said):
        return None, ""
    if said.startswith(UNKNOWN):
        return None, _ASK
    known = _known_words(field).get(clean_name(word))
    return (known, "") if known is not None else (None, _ASK)


def _read_flag(said: str, field: MappedField) -> tuple[int | None, str]:
    """Return a word of 0 and 1 as a number."""
    word, code = _read_word(said, field, {})
    return (None, code) if word is None else (int(word), "")


def _known_words(field: MappedField) -> dict[str, str]:
    words = load_words()
    lists = {
        "outcome": words.outcome, "household_class": words.household_class, "category": words.issue, "tags": words.tags,
    }  # fmt: skip
    return lists.get(field.key, {})


def _read_words(said: str, field: MappedField) -> tuple[tuple[str, ...], str]:
    found: list[str] = []
    for one in split_words(said.removeprefix(UNKNOWN)):
        known = one if one in field.allowed else _known_words(field).get(clean_name(one))
        if known is None:
            return (), _ASK
        found.append(known)
    return tuple(dict.fromkeys(found)), ""
