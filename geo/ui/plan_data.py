"""计划: what is planned and with whom; drafts of units are kept in the store, by browser, until they are published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo.errors import GeoError
from geo.plan.stops import Mode
from geo.planning import Draft, Order, Setup, from_content, list_tasks, make_setup, to_content
from geo.store import drafts
from geo.store.places import list_below

if TYPE_CHECKING:
    from geo.model import Round
    from geo.ui.session import Session

_SHOWN: Final = "_plan_shown"
_ONLY: Final = "_plan_only"
#: How much of a whole search a village on the page gets: a second or two.
EFFORT: Final = 0.5


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a plan: `said` in the keys of a file of teams, plain JSON values; the mode.

    `only`: the households that are wanted, where not the whole gap list.
    """

    said: Mapping[str, Any]
    mode: Mode = "balanced"
    only: tuple[str, ...] | None = None

    def setup(self) -> Setup:
        """Return it as the setting of every village. Raises `Invalid`."""
        return make_setup(self.said)


def choose_homes(session: Session, households: Iterable[str]) -> None:
    """Hand households to the page: only those are planned there, until it is asked for the whole list."""
    st.session_state[_ONLY] = (str(session.db.path), tuple(households))


def chosen_homes(session: Session) -> tuple[str, ...] | None:
    """Return the households that were handed to the page, None for the whole list."""
    kept = st.session_state.get(_ONLY)
    return kept[1] if kept is not None and kept[0] == str(session.db.path) else None


def choose_all() -> None:
    """Plan the whole gap list again."""
    st.session_state.pop(_ONLY, None)


def keep_content(session: Session, round_: Round, wanted: Wanted, content: dict[str, Any]) -> None:
    """Keep the draft of a unit as plain values."""
    drafts.keep_draft(
        session.db, session.scope, about=_about(round_) + str(content["place"]),
        content={"wanted": asdict(wanted), "draft": content},
    )  # fmt: skip


def keep_draft(session: Session, round_: Round, wanted: Wanted, draft: Draft) -> None:
    """Keep a draft that was changed."""
    content = to_content(draft)
    keep_content(session, round_, wanted, content)
    _remember(session, round_, draft.task.place, draft)


def list_kept(session: Session, round_: Round) -> dict[str, Any]:
    """Return what is kept of the units in view, by unit id, in the order of their codes."""
    kept = drafts.list_drafts(session.db, session.scope, about=_about(round_))
    if not kept:
        return {}
    below = {one.id for level in ("township", "village")
             for one in list_below(session.db, session.scope, place_id=session.place.id, level=level)}  # fmt: skip
    # What an older program kept, without its mark, cannot be shown.
    seen = {unit: one for unit, one in kept.items() if unit in below | {session.place.id} and "mark" in one["draft"]}
    return dict(sorted(seen.items(), key=lambda one: str(one[1]["draft"]["code"])))


def find_draft(session: Session, round_: Round, unit: str, kept: Mapping[str, Any]) -> Draft | None:
    """Return the draft of a unit as it is kept, on the gap list as it is now; None where nobody is left on it."""
    known = st.session_state.get(_SHOWN)
    if known is not None and known[0] == _stamp(session, round_, unit):
        found: Draft = known[1]
        return found
    wanted = read_wanted(kept)
    try:
        tasks = list_tasks(
            session.db, session.scope, round_=round_, place_id=unit, setup=wanted.setup(), only=wanted.only
        )
    except GeoError:
        return None
    if not tasks:
        return None
    said = kept["draft"]
    draft = from_content(tasks[0], Order(said["mode"], said["seed"], EFFORT), said)
    _remember(session, round_, unit, draft)
    return draft


def read_wanted(kept: Mapping[str, Any]) -> Wanted:
    """Return what was asked of a plan that is kept."""
    said = dict(kept["wanted"])
    return Wanted(**{**said, "only": None if said["only"] is None else tuple(said["only"])})


def drop_draft(session: Session, round_: Round, unit: str) -> None:
    """Forget the draft of a unit."""
    drafts.drop_draft(session.db, session.scope, about=_about(round_) + unit)
    forget_shown()


def forget_shown() -> None:
    """Read the draft in view anew from what is kept."""
    st.session_state.pop(_SHOWN, None)


def _remember(session: Session, round_: Round, unit: str, draft: Draft) -> None:
    st.session_state[_SHOWN] = (_stamp(session, round_, unit), draft)


def _about(round_: Round) -> str:
    return f"plan:{round_.id}:"


def _stamp(session: Session, round_: Round, unit: str) -> tuple[str, str, str, int]:
    return str(session.db.path), round_.id, unit, session.db.revision()
