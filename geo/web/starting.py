"""The start: what the app was told about the network, and the refusal to stand there with an unsafe setting."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from geo.accounts import has_accounts
from geo.errors import GeoError
from geo.health import is_open_to_others
from geo.i18n import text
from geo.web.settings import Settings, find_unsafe, read_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from geo.web.door import Door


def refuse_unsafe(door: Door, *, option: Callable[[str], Any]) -> Settings:
    """Return how the app stands; on a network with an unsafe setting it names them all and ends the process."""
    settings = read_settings(os.environ)
    accounts, demo = False, False
    try:
        _tell_health(door)
        db = door.database()
        accounts, demo = has_accounts(db), db.is_demo
    except (GeoError, SQLAlchemyError, OSError):
        # No file, or one that cannot be opened: the pages say so; on a network nobody could come in to read them.
        pass
    found = find_unsafe(settings, option=option, has_accounts=accounts, is_demo=demo)
    issuer = os.environ.get("GEO_OIDC_ISSUER", "")
    if settings.is_public and issuer and not issuer.startswith("https://"):
        found.append(("GEO_OIDC_ISSUER", "unsafe.issuer"))
    if found:
        lines = [text("unsafe.head"), *(f"- {name}: {text(key)}" for name, key in found), text("unsafe.foot")]
        print("\n".join(lines), file=sys.stderr, flush=True)  # noqa: T201
        # Not an exception: a server that imports the app would print a traceback and some would go on.
        os._exit(78)
    return settings


def _tell_health(door: Door) -> None:
    """Say in the terminal what the start found."""
    path = door.path()
    if not path.is_file():
        return
    health = door.health()
    if word := health.fatal or health.held:
        print(text(f"health.{word}"), file=sys.stderr, flush=True)  # noqa: T201
    elif not door.database().is_demo and is_open_to_others(path):
        print(text("health.open_to_others", path=path.name), file=sys.stderr, flush=True)  # noqa: T201
