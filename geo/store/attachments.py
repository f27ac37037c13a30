"""Photos of evidence on visits, issues, measures and matters: who added what, and the way to see it."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from sqlalchemy import and_, func, select

from geo import config
from geo.access import may, require_area, require_right
from geo.audit import log_change
from geo.errors import Conflict, Invalid, NotFound
from geo.idnumbers import hide_id_numbers
from geo.photos import MEDIA_TYPE, make_photo
from geo.schema import EVIDENT, attachment, household, issue, matter, measure, visit
from geo.store.database import now
from geo.store.files import keep_file, read_file

if TYPE_CHECKING:
    from sqlalchemy import Connection, RowMapping, Select

    from geo.model import Scope
    from geo.store.database import Database

#: What a photo may belong to.
Evident: TypeAlias = Literal["issue", "visit", "measure", "matter"]
_RIGHTS: Final = {"visit": "record_visit"}
_LONGEST: Final = 80
#: Where each lies.
_PLACES: Final[dict[str, Any]] = {
    "issue": lambda key: select(issue.c.place).where(issue.c.id == key),
    "visit": lambda key: (
        select(household.c.place).join(visit, visit.c.household == household.c.id).where(visit.c.id == key)
    ),
    "measure": lambda key: (
        select(issue.c.place).join(measure, measure.c.issue == issue.c.id).where(measure.c.id == key)
    ),
    "matter": lambda key: select(matter.c.place).where(matter.c.id == key),
}


def add_photo(
    db: Database, scope: Scope, *, about: Evident, about_id: str, content: bytes, name: str, photo_id: str
) -> str:
    """Store a photo of something, made anew without what the camera wrote into it; the same id again changes nothing.

    At most `config.PHOTOS_MOST` each. Returns the id. Raises `Invalid` (no photo, too large, too many), `NotFound`,
    `NotAllowed`, `Conflict` when the id belongs to another one.
    """
    require_right(scope, _RIGHTS.get(about, "act_on_issue"))
    with db.read() as connection:
        _require_evident(connection, scope, about, about_id)
    photo = make_photo(content)
    # The file first: a row never names a file that is not there.
    digest = keep_file(db.path, photo.content)
    with db.write() as connection:
        _require_evident(connection, scope, about, about_id)
        known = connection.execute(select(attachment).where(attachment.c.id == photo_id)).mappings().first()
        if known is not None:
            if known[about] != about_id:
                raise Conflict("err.id_taken", id=photo_id)
            return photo_id
        if _count(connection, about, about_id) >= config.PHOTOS_MOST:
            raise Invalid("photo.too_many", n=config.PHOTOS_MOST)
        connection.execute(
            attachment.insert().values(
                {"id": photo_id, about: about_id, "name": _tidy(name), "media_type": MEDIA_TYPE, "sha256": digest,
                 "bytes": len(photo.content), "width": photo.width, "height": photo.height, "created_at": now(),
                 "created_by": scope.actor}
            )
        )  # fmt: skip
        log_change(connection, scope, action="photo.add", object_id=photo_id, diff={about: about_id, "sha256": digest})
    return photo_id


def list_photos(db: Database, scope: Scope, *, about: Evident, about_id: str) -> list[dict[str, Any]]:
    """Return the photos of something in the order they were added; none to a leader: faces are names."""
    require_right(scope, "view")
    with db.read() as connection:
        _require_evident(connection, scope, about, about_id)
        if not may(scope, "see_details"):
            return []
        mine = and_(attachment.c[about] == about_id, attachment.c.removed_at.is_(None))
        rows = connection.execute(select(attachment).where(mine).order_by(attachment.c.created_at, attachment.c.id))
        return [dict(row) for row in rows.mappings()]


def read_photo(db: Database, scope: Scope, *, photo_id: str) -> bytes:
    """Return the JPEG of a photo. Raises `NotFound` (removed ones too), `NotAllowed` elsewhere or for a leader."""
    require_right(scope, "see_details")
    with db.read() as connection:
        row = _find(connection, scope, photo_id)
    return read_file(db.path, row["sha256"])


def remove_photo(db: Database, scope: Scope, *, photo_id: str, reason: str) -> None:
    """Take a photo out of sight for a reason; row and file stay for the record. Raises `Invalid`, `NotFound`."""
    require_right(scope, "act_on_issue")
    if not reason.strip():
        raise Invalid("err.reason_empty")
    with db.write() as connection:
        _find(connection, scope, photo_id)
        gone = {"removed_at": now(), "removed_by": scope.actor, "rev": attachment.c.rev + 1}
        connection.execute(attachment.update().where(attachment.c.id == photo_id).values(**gone))
        log_change(connection, scope, action="photo.remove", object_id=photo_id, diff={"reason": reason.strip()[:200]})


def list_hashes(connection: Connection) -> list[str]:
    """Return the hash of every file that a row names, each once."""
    return list(connection.execute(select(attachment.c.sha256).distinct()).scalars())


def _find(connection: Connection, scope: Scope, photo_id: str) -> RowMapping:
    wanted = select(attachment).where(attachment.c.id == photo_id, attachment.c.removed_at.is_(None))
    row = connection.execute(wanted).mappings().first()
    if row is None:
        raise NotFound("photo.none", id=photo_id)
    about = next(name for name in EVIDENT if row[name] is not None)
    _require_evident(connection, scope, about, row[about])
    return row


def _require_evident(connection: Connection, scope: Scope, about: str, about_id: str) -> None:
    """Refuse what is not there, or lies outside the scope's area. Raises `NotFound`, `NotAllowed`."""
    wanted: Select[Any] = _PLACES[about](about_id)
    place_id = connection.execute(wanted).scalar()
    if place_id is None:
        raise NotFound("photo.nothing", id=about_id)
    require_area(connection, scope, place_id)


def _count(connection: Connection, about: str, about_id: str) -> int:
    mine = and_(attachment.c[about] == about_id, attachment.c.removed_at.is_(None))
    return int(connection.execute(select(func.count()).where(mine)).scalar_one())


def _tidy(name: str) -> str:
    """Return the file's own name without folders, ending and anything that is no letter of a name."""
    stem = PurePath(name.replace("\\", "/")).stem
    return hide_id_numbers("".join(sign for sign in stem if sign.isprintable()))[:_LONGEST]
