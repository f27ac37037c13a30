"""The page of restoring: all there is while the database is damaged; it takes the code of the terminal."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from starlette.responses import RedirectResponse, Response

from geo import config
from geo.backup import restore_backup
from geo.errors import GeoError, Invalid, NotAllowed
from geo.i18n import text
from geo.model import Scope
from geo.web.entry_pages import Field, draw_entry

if TYPE_CHECKING:
    from pathlib import Path

    from geo.web.entry import Visit

#: Where copies are looked for, beside the database.
BACKUPS: Final = "backups"
_SHOWN: Final = 20
_SEE_OTHER: Final = 303


def show_restore(visit: Visit) -> Response:
    """Say what is wrong with the file and offer its backups, newest first."""
    if visit.kind != "restore":
        return RedirectResponse("/", status_code=_SEE_OTHER)
    path, error = visit.door.path(), ""
    copies = list_copies(path)
    if visit.posted:
        try:
            _restore(visit, path, copies)
            return RedirectResponse("/", status_code=_SEE_OTHER)
        except GeoError as refusal:
            error = text(refusal.key, **refusal.params)
    visit.door.print_code()
    why = text(f"health.{visit.door.health().fatal or 'damaged'}")
    if not copies:
        lines = (why, text("restore.none", folder=BACKUPS))
        return draw_entry(text("restore.title"), lines=lines, error=error, status=503)
    fields = (
        Field("copy", text("restore.which"), options=tuple((one.name, _describe(one)) for one in copies)),
        Field("code", text("setup.code"), complete="one-time-code"),
    )
    return draw_entry(
        text("restore.title"), lines=(why, text("restore.how"), text("setup.where")), error=error, action="/restore",
        fields=fields, button=text("restore.do"), status=503,
    )  # fmt: skip


def list_copies(path: Path) -> list[Path]:
    """Return the backups beside a database, the newest first."""
    found = [one for one in (path.parent / BACKUPS).glob("*.sqlite") if one.is_file()]
    return sorted(found, key=lambda one: one.stat().st_mtime, reverse=True)[:_SHOWN]


def _restore(visit: Visit, path: Path, copies: list[Path]) -> None:
    chosen = next((one for one in copies if one.name == visit.form.get("copy")), None)
    if chosen is None:
        raise Invalid("restore.gone")
    if not visit.door.takes_code(visit.form.get("code", "")):
        raise NotAllowed("setup.code_wrong")
    restore_backup(Scope("terminal", "system_admin", ""), chosen, target=path)
    visit.door.forget()


def _describe(copy: Path) -> str:
    known = copy.stat()
    at = datetime.fromtimestamp(known.st_mtime, ZoneInfo(config.ZONE))
    return text("restore.copy", name=copy.name, at=f"{at:%Y-%m-%d %H:%M}", mb=f"{known.st_size / 1e6:.1f}")
