"""What one run of a page looks at and as whom: role, area, place, round and day, kept in the address.

The role is not in the address (a link carries a view, not a right); it stays with the browser while the process runs.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from time import monotonic
from typing import TYPE_CHECKING, Final

import streamlit as st

from geo import codes
from geo.access import GRANTED, may
from geo.accounts import find_session, has_accounts
from geo.errors import GeoError, NotAllowed
from geo.i18n import text
from geo.model import Place, Round, Scope
from geo.store.places import get_place, list_below, root_place
from geo.store.reads import read_children
from geo.store.rounds import current_round, get_round
from geo.store.rules import load_rules
from geo.ui import datasource
from geo.ui.browser import owner
from geo.web import grants

if TYPE_CHECKING:
    from geo.accounts import Entered
    from geo.rules import Rules
    from geo.store.database import Database

#: Parameters of the address that every page with a context bar shares.
PLACE: Final = "place"
ROUND: Final = "round"
AS_OF: Final = "asof"
#: Where the map stands: lat, lon, zoom. The browser writes it.
AT: Final = "at"
#: In the session's state: the place whose heads are shown, and until when.
NAMES_SHOWN: Final = "_names_shown"
_KEPT: Final = "_view"
_WRITTEN: Final = "_written"
_ROLE: Final = "_role"
_FIRST_ROLE: Final = "planner"


@dataclass(frozen=True, slots=True)
class Session:
    """One run of a page: the data, who asks, and the view (`round` is None before the first round is made)."""

    db: Database
    scope: Scope
    today: date
    place: Place
    round: Round | None
    as_of: date

    @property
    def is_past(self) -> bool:
        """Whether the view is of another day than today."""
        return self.as_of != self.today

    def rules(self) -> Rules:
        """Return 口径 of the round, without one that in force."""
        return load_rules(self.db, self.scope, round_id=self.round.id if self.round is not None else "")


def read_role(db: Database) -> str:
    """Return the role of this browser: the one switched to in demo data, its account's, else the local planner's."""
    if not db.is_demo:
        entered = read_entered(db)
        return entered.role if entered else _FIRST_ROLE
    role = _roles_of_browsers().get(owner()) or st.session_state.get(_ROLE, _FIRST_ROLE)
    return role if role in codes.ROLES else _FIRST_ROLE


def read_entered(db: Database) -> Entered | None:
    """Return who came in; None where there are no accounts. Raises `NotAllowed` when the session has ended."""
    found = find_session(db, owner())
    if found is not None and found.stage == "full":
        return found
    if has_accounts(db):
        raise NotAllowed("web.no_session")
    return None


def write_role(role: str) -> None:
    """Switch this browser to another role (demo data only asks for it); links offered to the old one are gone."""
    st.session_state[_ROLE] = role
    _roles_of_browsers()[owner()] = role
    grants.withdraw_all(owner())


def read_scope(db: Database) -> Scope:
    """Return who asks: the role, with the whole district as its area, or a village for a recorder."""
    if not db.is_demo and (entered := read_entered(db)):
        return entered.scope(owner())
    role = read_role(db)
    root = root_place(db).id
    if not db.is_demo:
        # One person alone on this machine, who has the file.
        return Scope(text("who.local"), role, root, owner(), granted=GRANTED)
    own = (_own_village(str(db.path), db) if role == "recorder" else None) or root
    return Scope(text("who.demo", role=text(f"role.{role}")), role, own, owner())


def read_session() -> Session:
    """Return the view the address names, completed by what this session looked at last, then by the defaults.

    What the address names and cannot be (an unknown place, one outside the area, a day to come) is replaced.
    A role that sees no data has no view: the district, without a round.
    """
    db = datasource.database()
    scope = read_scope(db)
    today = db.today()
    if not may(scope, "view"):
        return Session(db, scope, today, root_place(db), None, today)
    round_ = _read_round(db, scope)
    place = _read_place(db, scope)
    scope = replace(scope, sees_names=names_left(place.id) > 0)
    session = Session(db, scope, today, place, round_, _read_day(today))
    _keep(view_params(session))
    return session


def names_left(place_id: str) -> float:
    """Return how many seconds the heads of a place stay shown; 0 when they are not, or the time is over."""
    shown, until = st.session_state.get(NAMES_SHOWN, ("", 0.0))
    return max(0.0, until - monotonic()) if shown == place_id else 0.0


def view_params(session: Session, **other: str) -> dict[str, str]:
    """Return the address parameters of the session's view, with some of them replaced; an empty one is left out."""
    params = {PLACE: session.place.id, **other}
    if session.round is not None:
        params.setdefault(ROUND, str(session.round.number))
    if session.is_past:
        params.setdefault(AS_OF, session.as_of.isoformat())
    return {name: value for name, value in params.items() if value}


def show(**params: str) -> None:
    """Look at something else from now on: change parameters of the address (for callbacks); an empty one goes."""
    for name, value in params.items():
        if value:
            st.query_params[name] = value
        elif name in st.query_params:
            del st.query_params[name]
        if name in (PLACE, ROUND, AS_OF):
            st.session_state.setdefault(_KEPT, {})[name] = value


def write_address() -> None:
    """Complete the address with the shared parameters of the view, so that it is a link to just this."""
    params = st.query_params.to_dict() | st.session_state.get(_KEPT, {})
    complete = {name: value for name, value in params.items() if value}
    # The map writes where it stands by itself.
    known = {name: value for name, value in complete.items() if name != AT}
    if complete != st.query_params.to_dict() or st.session_state.get(_WRITTEN, known) != known:
        # A link to the page that is open changes the parameters here, but not the address in the browser.
        st.query_params.from_dict(complete)
    st.session_state[_WRITTEN] = known


def _asked(name: str) -> str:
    if name in st.query_params:
        return str(st.query_params[name])
    return str(st.session_state.get(_KEPT, {}).get(name, ""))


def _keep(params: dict[str, str]) -> None:
    st.session_state[_KEPT] = {name: params.get(name, "") for name in (PLACE, ROUND, AS_OF)}


def _read_place(db: Database, scope: Scope) -> Place:
    asked = _asked(PLACE)
    if asked:
        with suppress(GeoError):
            return get_place(db, scope, place_id=asked)
    return get_place(db, scope, place_id=scope.area)


def _read_round(db: Database, scope: Scope) -> Round | None:
    asked = _asked(ROUND)
    if asked:
        with suppress(GeoError):
            return get_round(db, scope, round_id=asked)
    return current_round(db, scope)


def _read_day(today: date) -> date:
    try:
        day = date.fromisoformat(_asked(AS_OF))
    except ValueError:
        return today
    return min(day, today)


@st.cache_resource
def _roles_of_browsers() -> dict[str, str]:
    """Browser → role it switched to: so a reload and a second window stay who they were."""
    return {}


@st.cache_resource
def _own_village(path: str, _db: Database) -> str | None:  # noqa: ARG001 - the path is the key of the cache
    """The first village with a household in the current round: the recorder's area in demo data."""
    root = root_place(_db).id
    scope = Scope(actor="", role=_FIRST_ROLE, area=root)
    round_ = current_round(_db, scope)
    if round_ is None:
        villages = list_below(_db, scope, place_id=root, level="village")
        return villages[0].id if villages else None
    found = read_children(_db, scope, round_id=round_.id, place_id=root, level="village")
    return next((one.place.id for one in found if one.counts.roster), None)
