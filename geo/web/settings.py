"""How the app stands on a network, as it was started: names, proxies, TLS; and what in that is not safe.

Nothing is read later than at the start. Without any of it the app serves this machine only.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geo import config

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
#: Streamlit option → the values that are safe on a network.
_SAFE: Final[Mapping[str, tuple[Any, ...]]] = {
    "client.showErrorDetails": ("none",),
    "client.toolbarMode": ("minimal", "viewer"),
    "client.allowedOrigins": ([], ()),
    "browser.gatherUsageStats": (False,),
    "runner.magicEnabled": (False,),
    "server.enableXsrfProtection": (True,),
    "server.enableStaticServing": (False,),
    "server.fileWatcherType": ("none",),
    "server.trustedUserHeaders": ({}, None, ""),
    "global.developmentMode": (False,),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Names people open the app by besides this machine's, addresses of declared proxies, and whether we speak TLS."""

    hosts: frozenset[str] = frozenset()
    proxies: frozenset[str] = frozenset()
    tls: bool = False

    @property
    def is_public(self) -> bool:
        """Whether anybody but this machine may ask."""
        return bool(self.hosts)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Return what `GEO_HOSTS`, `GEO_PROXY` (both with commas) and `GEO_TLS` say."""
    return Settings(
        hosts=frozenset(_split(environment.get("GEO_HOSTS", ""))),
        proxies=frozenset(_split(environment.get("GEO_PROXY", ""))),
        tls=environment.get("GEO_TLS", "") == "1",
    )


def find_unsafe(
    settings: Settings, *, option: Callable[[str], Any], has_accounts: bool, is_demo: bool
) -> list[tuple[str, str]]:
    """Return what must not be so on a network: pairs of a setting's name and the reason's key; none on this machine.

    `option` gives the value of a Streamlit option.
    """
    address = option("server.address")
    if not settings.is_public and is_this_machine(address):
        return []
    found = []
    if is_demo:
        found.append(("GEO_DB", "unsafe.demo"))
    elif not has_accounts:
        found.append(("GEO_DB", "unsafe.no_accounts"))
    if not settings.tls and not settings.proxies:
        found.append(("GEO_TLS, GEO_PROXY", "unsafe.plain"))
    if not settings.hosts or any("*" in host for host in settings.hosts):
        found.append(("GEO_HOSTS", "unsafe.hosts"))
    if "*" in settings.proxies:
        found.append(("GEO_PROXY", "unsafe.proxies"))
    if any(now < least for now, least in zip(config.argon2_cost(), config.ARGON2_COST, strict=True)):
        found.append(("GEO_ARGON2", "unsafe.argon2"))
    found += [(name, "unsafe.option") for name, safe in _SAFE.items() if option(name) not in safe]
    return found


def is_this_machine(address: str | None) -> bool:
    """Say whether an address to listen at, or of who asks, is a loopback one; none at all means every address."""
    if not address:
        return False
    if address in LOOPBACK:
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _split(listed: str) -> list[str]:
    return [part.strip().lower() for part in listed.split(",") if part.strip()]
