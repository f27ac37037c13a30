"""Which base map lies under the households: a choice for the whole file, none at first; its key never leaves here."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Final

from geo.access import require_right, require_whole
from geo.audit import log_change
from geo.crs import GCJ02, WGS84
from geo.errors import Invalid
from geo.store.database import write_setting

if TYPE_CHECKING:
    from geo.crs import System
    from geo.model import Scope
    from geo.store.database import Database

#: What can lie under the map; `file` is an MBTiles or PMTiles file on this machine.
KINDS: Final = ("none", "tianditu", "amap", "osm", "file")
_SYSTEMS: Final = {one.name: one for one in (WGS84, GCJ02)}
#: The systems that the pictures of a kind are drawn in; those of a file as it is said.
_DRAWN_IN: Final = {"amap": GCJ02.name}
_SETTING: Final = "basemap"
_KEY_SETTING: Final = "basemap_key"


@dataclass(frozen=True, slots=True)
class BaseMap:
    """A base map: its kind, the system its pictures are drawn in, and where they come from.

    `url` stands for the service's own address (a server on the intranet): `{z}`, `{x}`, `{y}` and `{key}` in it are
    filled in. `file` is the path of an archive.
    """

    kind: str = "none"
    system: str = WGS84.name
    url: str = ""
    file: str = ""

    @property
    def crs(self) -> System:
        """Return the coordinate system of its pictures."""
        return _SYSTEMS[self.system]


NO_BASE: Final = BaseMap()


def read_basemap(db: Database) -> BaseMap:
    """Return the base map of a file; none where none was chosen."""
    said = db.setting(_SETTING)
    if not said:
        return NO_BASE
    known = {one.name for one in fields(BaseMap)}
    return BaseMap(**{name: value for name, value in json.loads(said).items() if name in known})


def read_basemap_key(db: Database) -> str:
    """Return the key of the service; it goes to that service alone, never into an answer."""
    return db.setting(_KEY_SETTING)


def set_basemap(db: Database, scope: Scope, *, base: BaseMap, key: str | None = None) -> None:
    """Choose the base map of a file; `key` None leaves the stored key as it is.

    Raises `Invalid` for a kind, system or address that is none, `NotAllowed` without the right.
    """
    require_right(scope, "operate")
    if base.kind not in KINDS:
        raise Invalid("basemap.kind", kind=base.kind, kinds=", ".join(KINDS))
    if base.system != _DRAWN_IN.get(base.kind, base.system) or base.system not in _SYSTEMS:
        raise Invalid("basemap.system", system=base.system)
    if base.url and not _is_template(base.url):
        raise Invalid("basemap.url", url=base.url)
    if (base.kind == "file") != bool(base.file):
        raise Invalid("basemap.file", file=base.file)
    with db.write() as connection:
        require_whole(connection, scope)
        write_setting(connection, _SETTING, json.dumps(asdict(base)))
        if key is not None:
            write_setting(connection, _KEY_SETTING, key)
        said: dict[str, Any] = {"kind": base.kind, "system": base.system, "key": key is not None}
        log_change(connection, scope, action="basemap.set", object_id=base.kind, diff=said)


def system_of(kind: str) -> str:
    """Return the name of the system that a kind's pictures are drawn in, where nobody says another."""
    return _DRAWN_IN.get(kind, WGS84.name)


def _is_template(url: str) -> bool:
    return url.startswith(("http://", "https://")) and all(name in url for name in ("{z}", "{x}", "{y}"))
