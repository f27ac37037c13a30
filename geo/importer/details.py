"""What a file says otherwise of a visit or an issue that is stored already: proposed or listed, never overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from geo.i18n import has_text, text
from geo.importer.findings import FIELDS
from geo.importer.proposals import Proposal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.importer.plan import Bench
    from geo.importer.register import Row

#: What is told of a visit beside its outcome, and how the words of a closed list are called in the catalogue.
_DETAILS: Final = {"reason": "reason", "respondent": "respondent", "revisit_on": "", "note": ""}
#: Details that only a visit without success has.
_OF_MISSED: Final = ("reason", "revisit_on")


def find_other_details(bench: Bench, nth: int, known: Row) -> Row:
    """Return the details that a row says otherwise than the visit it repeats; a blank says nothing."""
    found: Row = {}
    for name in _DETAILS:
        value = bench.value(name, nth)
        said = value.isoformat() if hasattr(value, "isoformat") else value
        if (
            said
            and said != (known[name] or "").strip()
            and not (name in _OF_MISSED and known["outcome"] == "effective")
        ):
            found[name] = said
    return found


def propose_details(bench: Bench, nth: int, known: Row, changes: Mapping[str, Any]) -> bool:
    """Propose a correction of a visit's details; say whether it is carried out."""
    unit = bench.value("village", nth).name
    comma = text("list.comma")
    return bench.propose_correction(
        Proposal(
            "correction", nth + 1, bench.value("code", nth), unit,
            comma.join(_say(name, known[name]) or "-" for name in changes),
            comma.join(_say(name, said) for name, said in changes.items()),
            field=comma.join(FIELDS[name].header for name in changes),
        ),
        known,
    )  # fmt: skip


def _say(name: str, value: object) -> str:
    word = f"{_DETAILS[name]}.{value}"
    return text(word) if has_text(word) else str(value or "")


def list_other_issue(bench: Bench, nth: int, key: tuple[str, str, str]) -> None:
    """List a description or a due day that a row says otherwise than the issue it repeats."""
    known = bench.register.issue_texts.get(key)
    if known is None or len(bench.value("issues", nth)) != 1:
        return
    title, detail, due = known
    said, day = bench.value("issue_title", nth), bench.value("issue_due", nth)
    if said and said not in (title, detail):
        bench.warn("W_ISSUE_DIFFERS", nth, "issue_title", f"{detail or title} → {said}"[:_SHOWN])
    if day and due and day.isoformat() != due:
        bench.warn("W_ISSUE_DIFFERS", nth, "issue_due", f"{due} → {day.isoformat()}")


_SHOWN: Final = 200
