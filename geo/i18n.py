"""Text for people, from gettext catalogues (`locale/<language>/*.po`); the message id is a key such as `gap.lead`."""

from __future__ import annotations

import gettext
import io
from datetime import date
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from geo.errors import Key

LOCALE_DIR = Path(__file__).parent / "locale"
LANGUAGE = "zh"


@cache
def load_catalogue(language: str = LANGUAGE) -> gettext.GNUTranslations:
    """Return the merged catalogue of a language: one .po file an area, compiled in memory.

    Raises `ValueError` when two files define the same key.
    """
    merged = Catalog(locale=language)
    for path in sorted((LOCALE_DIR / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language):
                if not message.id:
                    continue
                if message.id in merged:
                    raise ValueError(f"{path.name}: {message.id!r} is defined twice")
                merged.add(message.id, message.string)
    compiled = io.BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def text(key: str, **params: object) -> str:
    """Return the sentence of a key with its placeholders filled; ints get thousands separators.

    Raises `KeyError` for a key without a sentence: a bare key on a screen would be a defect.
    """
    return text_in(LANGUAGE, key, **params)


def text_in(language: str, key: str, **params: object) -> str:
    """Return the sentence of a key in a language, its placeholders filled. Raises `KeyError` when it has none."""
    found = load_catalogue(language).gettext(key)
    if found == key:
        raise KeyError(key)
    return found.format(**{name: _shown(value, language) for name, value in params.items()}) if params else found


def has_text(key: str) -> bool:
    """Say whether the catalogue has a sentence for the key."""
    return load_catalogue().gettext(key) != key


def _shown(value: object, language: str) -> object:
    if isinstance(value, Key):
        return text_in(language, value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, date):
        return value.isoformat()
    return value
