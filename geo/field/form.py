"""What a form lists and asks: the households of a place in register order, and the columns to fill in at the door.

The workbook, the paper sheet and the phone form ask the same things under the same words, which the importer reads.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from geo import codes
from geo.i18n import text
from geo.schema import IMPORT_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import pandas as pd

#: Columns that tell which household a row is: known to the importer, not to be changed.
KNOWN: Final = ("row_key", "village_code", "township", "village", "group", "code", "head_name")
#: Columns to be read at the door and not by the importer.
TOLD: Final = ("tags", "last_on", "last_outcome", "open_issues")
#: Columns to fill in, in the order of a visit.
FILLED: Final = (
    "visited_on", "mode", "outcome", "respondent", "reason", "revisit_on", "issue", "issue_title", "issue_route",
    "issue_due", "note",
)  # fmt: skip
DAYS: Final = frozenset({"visited_on", "revisit_on", "issue_due"})
#: Column to fill in → the closed list it is chosen from, and how its words are called in the catalogue.
LISTS: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "mode": (codes.MODES, "mode"),
    "outcome": (codes.OUTCOMES, "outcome"),
    "respondent": (codes.RESPONDENTS, "respondent"),
    "reason": (codes.VISIT_REASONS, "reason"),
    "issue": (codes.ISSUE_CATEGORIES, "category"),
    "issue_route": (codes.ISSUE_ROUTES, "route"),
}


@dataclass(frozen=True, slots=True)
class Form:
    """One form: where and for which round it is, the day it was made, and its rows in register order.

    `rows`: one dict a household with number and the keys of `KNOWN` and `told`, all text; `row_key` is its id.
    """

    place: str
    round_name: str
    starts_on: date
    ends_on: date
    made_on: date
    made_by: str
    rows: tuple[dict[str, str], ...]
    #: What is told of a household, in the order of the columns; a key each of `rows`.
    told: tuple[str, ...] = TOLD
    #: Code → name of the categories that new issues are offered; none: those that ship.
    categories: Mapping[str, str] = field(default_factory=dict)

    def by_group(self) -> dict[tuple[str, str], list[dict[str, str]]]:
        """Return the rows of each (village, group), in order."""
        groups: dict[tuple[str, str], list[dict[str, str]]] = {}
        for row in self.rows:
            groups.setdefault((row["village"], row["group"]), []).append(row)
        return groups

    def line(self, rows: int) -> str:
        """Return the line under a title: round, its days, how many rows follow, when and by whom the form was made."""
        return text(
            "field.line", round=self.round_name, starts=self.starts_on, ends=self.ends_on, rows=rows,
            made=self.made_on, user=self.made_by,
        )  # fmt: skip


def make_form(homes: pd.DataFrame, **head: Any) -> Form:
    """Return the form of some homes (`store.reads.read_homes`, register order); `head`: the other fields of `Form`."""
    return Form(rows=tuple(_row(nth, home) for nth, home in enumerate(homes.to_dict("records"), start=1)), **head)


def _row(nth: int, home: dict[Any, Any]) -> dict[str, str]:
    return {
        "number": str(nth),
        "row_key": home["household"],
        "village_code": home["village_code"],
        "township": home["township"],
        "village": home["village"],
        "group": home["group"] or "",
        "code": home["code"],
        "head_name": home["head_name"] or "",
        "tags": text("list.comma").join(text(f"tag.{kind}") for kind in home["tags"].split(",") if kind),
        "last_on": str(home["last_on"]) if isinstance(home["last_on"], str) or _is_day(home["last_on"]) else "",
        "last_outcome": text(f"outcome.{home['last_outcome_ever']}") if _says(home["last_outcome_ever"]) else "",
        "open_issues": str(home["open_issues"] or ""),
    }


def _is_day(value: object) -> bool:
    return hasattr(value, "isoformat") and value == value  # noqa: PLR0124 - NaT alone differs


def _says(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def header_of(key: str) -> str:
    """Return the header of a column of the form: the importer's where it reads the column, else the form's own."""
    return next((one.header for one in IMPORT_FIELDS if one.key == key), "") or text(f"field.{key}")


def words_of(key: str, form: Form) -> dict[str, str]:
    """Return code → word of the closed list that a column is filled from, in its order."""
    if key == "issue" and form.categories:
        return dict(form.categories)
    listed, name = LISTS[key]
    return {code: text(f"{name}.{code}") for code in listed}
