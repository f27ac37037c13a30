"""Which issues stand behind a figure: the rows of the ledger that a number of the 清零 board counts.

Each pick is the condition of one count of `geo.issues.ISSUE_COUNTS`, or a level of the funnel, on the columns of
`store.ledger.read_ledger`; a test compares the lengths with the counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from geo import codes

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    Pick = Callable[[pd.DataFrame, date], pd.Series]


def pick_issues(frame: pd.DataFrame, name: str, as_of: date) -> pd.DataFrame:
    """Return the rows behind a figure (`PICKS`), in their order. Raises `KeyError` for another name."""
    if frame.empty:
        return frame
    return frame[PICKS[name](frame, as_of).astype(bool)].reset_index(drop=True)


def _valid(frame: pd.DataFrame) -> pd.Series:
    return frame["valid"] == 1


def _open_in(bucket: str) -> Pick:
    return lambda frame, _: _valid(frame) & (frame["bucket"] == bucket)


def _open_state(state: str) -> Pick:
    return lambda frame, _: (frame["open"] == 1) & (frame["state"] == state)


def _closed_by(kind: str) -> Pick:
    return lambda frame, _: (frame["closed"] == 1) & (frame["close_kind"] == kind)


def _judged(due: str) -> Pick:
    def judge(frame: pd.DataFrame, as_of: date) -> pd.Series:
        late = frame[due].map(lambda day: day is not None and day < as_of)
        return _valid(frame) & frame[due].notna() & (frame["resolved_on"].notna() | late)

    return judge


def _on_time(due: str) -> Pick:
    def judge(frame: pd.DataFrame, as_of: date) -> pd.Series:
        pairs = zip(frame["resolved_on"], frame[due], strict=True)
        in_time = pd.Series([bool(done and by and done <= by) for done, by in pairs], index=frame.index)
        return _judged(due)(frame, as_of) & in_time

    return judge


def _level(rank: int, *, exactly: bool = False) -> Pick:
    return lambda frame, _: _valid(frame) & (frame["level"] == rank if exactly else frame["level"] >= rank)


PICKS: Final[dict[str, Pick]] = {
    "all": lambda frame, _: frame["valid"] >= 0,
    "valid": lambda frame, _: _valid(frame),
    "closed": lambda frame, _: frame["closed"] == 1,
    "open": lambda frame, _: frame["open"] == 1,
    **{name: _open_in(name) for name in ("overdue", "undated", "in_time")},
    "deferred": _open_state("deferred"),
    "unverified": _open_state("resolved"),
    **{kind: _closed_by(kind) for kind in codes.CLOSE_KINDS},
    "judged": _judged("due_on"),
    "on_time": _on_time("due_on"),
    "judged_original": _judged("original_due_on"),
    "on_time_original": _on_time("original_due_on"),
    "reworked": lambda frame, _: _valid(frame) & (frame["reworked"] == 1),
    "answered": lambda frame, _: (frame["closed"] == 1) & frame["satisfaction"].notna(),
    "satisfied": lambda frame, _: (frame["closed"] == 1) & (frame["satisfaction"] == 1),
    **{f"reached_{level}": _level(rank) for rank, level in enumerate(codes.ISSUE_LEVELS)},
    **{f"stopped_{level}": _level(rank, exactly=True) for rank, level in enumerate(codes.ISSUE_LEVELS)},
    "checked": lambda frame, _: _valid(frame) & frame["state"].isin(codes.DONE_STATES),
}
#: What opens households instead (the funnel by households): name → rank of the level, and whether just that level.
HOME_PICKS: Final = {
    **{f"homes_{level}": (rank, False) for rank, level in enumerate(codes.ISSUE_LEVELS)},
    **{f"homes_at_{level}": (rank, True) for rank, level in enumerate(codes.ISSUE_LEVELS)},
}
