"""Personal data in one table (`FIELD_CLASSES`), and how each class is shown to whom it is not revealed.

A name is 张*, a phone 138****5678, an identity number nothing at all; free text, which may say anything, is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.model import Scope

_PHONE_DIGITS = 11
_HIDDEN: Final = "…"
_WIDE: Final = frozenset({"district", "township"})

#: Column → class of personal data. `name` and `phone` are masked, `number` is a keyed hash or the last four digits of
#: an identity number, `text` is free text about people, `home` where somebody lives, `staff` who does the work,
#: `photo` a picture. What is not named holds none; a test asks for every column that sounds like it.
FIELD_CLASSES: Final[dict[str, str]] = {
    "household.head_name": "name",
    "household.phone": "phone",
    "household.id_hash": "number",
    "household.id_last4": "number",
    "household.note": "text",
    "household.lon": "home",
    "household.lat": "home",
    "household.coord_raw": "home",
    "household_tag.kind": "text",
    "made_code.id_hash": "number",
    "made_code.row_hash": "number",
    "made_code.home_hash": "number",
    "made_code.head_hash": "number",
    "person.name": "staff",
    "person.phone": "phone",
    "account.person_name": "staff",
    "visit.note": "text",
    "visit.lon": "home",
    "visit.lat": "home",
    "issue.title": "text",
    "issue.detail": "text",
    "issue_event.note": "text",
    "measure.text": "text",
    "review.participants": "staff",
    "review.minutes": "text",
    "matter.note": "text",
    "round_roster.excluded_note": "text",
    "import_refused.value": "text",
    "import_row.before": "text",
    "draft.content": "text",
    "attachment.name": "photo",
}


def mask_name(name: str) -> str:
    """Return the first character and an asterisk; an empty name stays empty."""
    return f"{name[0]}*" if name else ""


def mask_phone(phone: str) -> str:
    """Return the first three and last four digits of a phone; a short number is hidden whole."""
    if not phone:
        return ""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= _PHONE_DIGITS else "****"


def mask_people(frame: pd.DataFrame, reader: Scope, columns: tuple[str, ...] = ("head_name",)) -> pd.DataFrame:
    """Return a table as the reader may see it: another, with heads (or phones) masked, unless these were revealed."""
    if reader.sees_names:
        return frame
    return frame.assign(**{column: _mask_each(frame[column], _IN_TABLES[column]) for column in columns})


def _mask_each(values: pd.Series, mask: Callable[[str], str]) -> pd.Series:
    """Mask a column; of what stands in it many times only once."""
    codes, known = pd.factorize(values)
    return pd.Series([mask(one) for one in known], dtype="str").take(codes).set_axis(values.index)


def is_small(count: int, level: str, *, least: int) -> bool:
    """Say whether a count by a trait of people (tag, class, problem) is too small to be said of such a place."""
    return 0 < count < least and level in _WIDE


def say_count(count: int, level: str, *, least: int) -> str:
    """Return a count by a trait of people as it may be said of a place of this level."""
    return f"<{least}" if is_small(count, level, least=least) else f"{count:,}"


def hide(value: str) -> str:
    """Return a mark for a text that is left out; an empty one stays empty."""
    return _HIDDEN if value else ""


_IN_TABLES: Final[dict[str, Callable[[str], str]]] = {"head_name": mask_name, "phone": mask_phone}
_MASKS: Final[dict[str, Callable[[str], str]]] = {"name": mask_name, "phone": mask_phone, "staff": mask_name}


def mask_value(column: str, value: Any) -> Any:
    """Return the value of a column (`table.column`) as who may not see more sees it; what is not personal stays."""
    found = FIELD_CLASSES.get(column)
    if found is None or found == "home" or not isinstance(value, str):
        return value
    return _MASKS.get(found, hide)(value)
