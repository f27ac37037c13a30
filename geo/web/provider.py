"""Coming in through the office's identity provider (OpenID Connect), where one is named; it feeds the same sessions.

Authorisation code with PKCE, state and nonce; the answer's signature, issuer, audience and times are checked by Authlib
and joserfc. An account must exist: the provider says who somebody is, not that they may come in. The first time it is
found by its name (`preferred_username`), then by issuer and subject.
"""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from requests import RequestException

from geo.accounts import entering
from geo.errors import NotAllowed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.store.database import Database

_MINUTES: Final = 10
_MOST: Final = 1000
_TIMEOUT_S: Final = 10
_LEEWAY_S: Final = 60
_ALGORITHMS: Final = ["RS256", "PS256", "ES256"]


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider as configured: its issuer address, and what it calls this app."""

    issuer: str
    client: str
    secret: str


@dataclass(frozen=True, slots=True)
class _Begun:
    nonce: str
    verifier: str
    back: str
    next: str
    until: float


def read_provider(environment: Mapping[str, str] = os.environ) -> Provider | None:
    """Return the provider of `GEO_OIDC_ISSUER`, `GEO_OIDC_CLIENT`, `GEO_OIDC_SECRET`; None where none is named."""
    issuer, client = environment.get("GEO_OIDC_ISSUER", ""), environment.get("GEO_OIDC_CLIENT", "")
    if not issuer or not client:
        return None
    return Provider(issuer.rstrip("/"), client, environment.get("GEO_OIDC_SECRET", ""))


class Exchange:
    """Logins that were begun and not yet ended, by their state; in memory, for ten minutes."""

    def __init__(self) -> None:
        """Nothing was begun yet."""
        self._begun: dict[str, _Begun] = {}
        self._lock = Lock()

    def begin(self, provider: Provider, *, back: str, onward: str) -> tuple[str, str]:
        """Return the provider's address to go to, and the state that the browser keeps. Raises `NotAllowed`."""
        state, nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(32), generate_token(48)
        known = _fetch(f"{provider.issuer}/.well-known/openid-configuration")
        client = _client(provider, back)
        url, _ = client.create_authorization_url(
            known["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
        )
        with self._lock:
            moment = time.monotonic()
            self._begun = {key: one for key, one in self._begun.items() if one.until > moment}
            while len(self._begun) >= _MOST:
                del self._begun[next(iter(self._begun))]
            self._begun[state] = _Begun(nonce, verifier, back, onward, moment + 60 * _MINUTES)
        return url, state

    def end(self, provider: Provider, db: Database, *, state: str, code: str, address: str) -> tuple[str, str]:
        """Return the token of a session and where to go on to, for the code the provider sent along.

        Raises `NotAllowed`: nothing such was begun, the provider does not confirm it, or there is no account.
        """
        with self._lock:
            begun = self._begun.pop(state, None)
        if begun is None or begun.until <= time.monotonic():
            raise NotAllowed("oidc.stale")
        known = _fetch(f"{provider.issuer}/.well-known/openid-configuration")
        try:
            client = _client(provider, begun.back)
            answer = client.fetch_token(
                known["token_endpoint"], code=code, code_verifier=begun.verifier, timeout=_TIMEOUT_S
            )
        except (OAuthError, RequestException, ValueError) as error:
            raise NotAllowed("oidc.refused") from error
        said = _read_claims(provider, str(answer.get("id_token", "")), _fetch(known["jwks_uri"]), nonce=begun.nonce)
        subject = f"{said['iss']} {said['sub']}"
        name = str(said.get("preferred_username", ""))
        return entering.enter_by_subject(db, subject=subject, name=name, address=address), begun.next


def _client(provider: Provider, back: str) -> Any:
    return OAuth2Session(
        provider.client,
        provider.secret or None,
        scope="openid profile",
        redirect_uri=back,
        code_challenge_method="S256",
    )


def _fetch(url: str) -> dict[str, Any]:
    try:
        answer = requests.get(url, timeout=_TIMEOUT_S, allow_redirects=False)
        answer.raise_for_status()
        return dict(answer.json())
    except (RequestException, ValueError) as error:
        raise NotAllowed("oidc.unreachable") from error


def _read_claims(provider: Provider, token: str, keys: dict[str, Any], *, nonce: str) -> dict[str, Any]:
    """Return what a signed token says, once signature, issuer, audience, nonce and times are right."""
    rules = jwt.JWTClaimsRegistry(
        leeway=_LEEWAY_S,
        iss={"essential": True, "value": provider.issuer},
        aud={"essential": True, "value": provider.client},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        decoded = jwt.decode(token, KeySet.import_key_set(keys), algorithms=_ALGORITHMS)  # type: ignore[arg-type]
        rules.validate(decoded.claims)
    except (JoseError, ValueError, KeyError) as error:
        raise NotAllowed("oidc.refused") from error
    return dict(decoded.claims)
