"""Links that one browser may follow: what a session offered, kept in memory until it is taken or too old.

A session (which knows who asks and what they may see) offers a way to make an answer; a route, which knows only the
browser's cookie, takes it. So nothing is served that a session of the same browser did not offer, and the scope is
the one the session closed over. Nothing is written to disk: a restart ends every link.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from geo.errors import NotAllowed, NotFound

Kind = Literal["export", "tiles", "photos"]

#: Offers one browser can hold; the oldest goes first, so that a page left open for days stays small.
MAX_OFFERS: Final = 200


@dataclass(frozen=True, slots=True)
class Payload:
    """An answer to send: its bytes, their media type and, for a download, the file's name.

    `lasts`: what stands under this name will always be these bytes, so the browser may keep them.
    """

    body: bytes
    media_type: str
    filename: str | None = None
    lasts: bool = False


#: Makes the answer when the link is followed: no argument for an export, the name asked for (`view.json`) else.
MakePayload = Callable[..., Payload]


@dataclass(frozen=True, slots=True)
class _Offer:
    owner: str
    kind: Kind
    make: MakePayload
    expires: float
    single_use: bool


class Grants:
    """A thread-safe registry of offers; the app has one (`geo.web.grants.offer`, `take`)."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Start empty; `clock` gives seconds that only rise."""
        self._clock = clock
        self._lock = threading.Lock()
        self._offers: dict[str, _Offer] = {}

    def offer(
        self, owner: str, kind: Kind, payload: MakePayload, *, minutes: float = 10, single_use: bool = True
    ) -> str:
        """Return a new token by which `owner` can take what `payload` makes.

        `payload` runs when the link is followed, in a thread of the server: it opens its own database connection and
        must not touch the session. Raises `NotAllowed` for an empty owner.
        """
        if not owner:
            raise NotAllowed("web.no_owner")
        token = secrets.token_urlsafe(24)
        now = self._clock()
        with self._lock:
            self._drop_old(owner, now=now)
            self._offers[token] = _Offer(owner, kind, payload, now + minutes * 60, single_use)
        return token

    def take(self, token: str, owner: str, *, kind: Kind = "export", name: str = "") -> Payload:
        """Return the answer offered under the token; a single-use offer is gone afterwards, even if making it fails.

        Raises `NotFound` for a token that is unknown, used, too old or of another kind, `NotAllowed` for another
        owner's (which stays valid for its owner), and whatever making the answer raises.
        """
        make = self._claim(token, owner, kind=kind)
        return make() if kind == "export" else make(name)

    def withdraw(self, token: str) -> None:
        """Forget an offer; an unknown token is no error."""
        with self._lock:
            self._offers.pop(token, None)

    def holds(self, token: str) -> bool:
        """Say whether an offer can still be taken: it was neither used nor withdrawn, and is not too old."""
        with self._lock:
            found = self._offers.get(token)
            return found is not None and found.expires > self._clock()

    def withdraw_all(self, owner: str) -> None:
        """Forget everything that was offered to a browser: it is somebody else's from now on."""
        with self._lock:
            for token in [token for token, found in self._offers.items() if found.owner == owner]:
                del self._offers[token]

    def _claim(self, token: str, owner: str, *, kind: Kind) -> MakePayload:
        with self._lock:
            found = self._offers.get(token)
            if found is None or found.kind != kind or found.expires <= self._clock():
                raise NotFound("web.link_gone")
            if not owner or not secrets.compare_digest(found.owner.encode(), owner.encode()):
                raise NotAllowed("web.link_other")
            if found.single_use:
                del self._offers[token]
            return found.make

    def _drop_old(self, owner: str, *, now: float) -> None:
        for token in [token for token, offer in self._offers.items() if offer.expires <= now]:
            del self._offers[token]
        held = [token for token, offer in self._offers.items() if offer.owner == owner]
        for token in held[: max(0, len(held) - MAX_OFFERS + 1)]:
            del self._offers[token]


_GRANTS: Final = Grants()
offer = _GRANTS.offer
take = _GRANTS.take
withdraw = _GRANTS.withdraw
withdraw_all = _GRANTS.withdraw_all
holds = _GRANTS.holds
