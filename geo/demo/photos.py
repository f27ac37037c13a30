"""Pictures of evidence for the demo: drawn by this module, clearly no photographs, each says that it is invented.

A picture is drawn once a scene and shared by all that show it, as files are kept by the hash of their content.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from noto_cjk_sans_otc import FONT_PATH
from PIL import Image, ImageDraw, ImageFont
from sqlalchemy import and_, func, select

from geo.demo.parameters import ACTOR, stamp
from geo.i18n import text
from geo.photos import MEDIA_TYPE
from geo.schema import attachment, issue, measure
from geo.store.files import keep_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    from sqlalchemy import Connection

#: One issue in so many of the categories that can be pictured has a picture of its beginning.
_EVERY: Final = 5
_SIZE: Final = (960, 640)
_GROUND: Final = 430
_QUALITY: Final = 80
_SKY, _GRASS, _SOIL, _STONE, _DARK, _PAPER = "#CFE0EA", "#8FA97B", "#8A6B4C", "#9A9FA3", "#3B4148", "#F7F4EC"
_WATER, _WALL, _ROOF = "#3F7FB0", "#E4DAC8", "#6D4A3B"


def hang_photos(connection: Connection, database: Path) -> None:
    """Give some issues a picture of how they were found, and their first measure done one of how it is now.

    `database` is where the file will stand: the pictures lie beside it.
    """
    first = func.min(measure.c.id).filter(measure.c.done_on.is_not(None))
    wanted = (
        select(issue.c.id, issue.c.category, issue.c.raised_on, first.label("measure"))
        .outerjoin(measure, measure.c.issue == issue.c.id)
        .where(and_(issue.c.category.in_(list(_SCENES)), issue.c.scope == "household"))
        .group_by(issue.c.id)
        .order_by(issue.c.number)
    )
    shown = connection.execute(wanted).all()[::_EVERY]
    done = {row.id: row.done_on for row in connection.execute(select(measure.c.id, measure.c.done_on))}
    kept: dict[tuple[str, bool], dict[str, Any]] = {}
    rows = []
    for one in shown:
        rows.append(_row(kept, database, one.category, one.id, on=one.raised_on))
        if one.measure is not None:
            rows.append(_row(kept, database, one.category, one.measure, on=done[one.measure], mended=True))
    if rows:
        connection.execute(attachment.insert(), rows)


def _row(
    kept: dict[tuple[str, bool], dict[str, Any]], database: Path, category: str, about: str, *, on: date,
    mended: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Return the row of a picture of an issue, or of the measure that mended it."""
    if (category, mended) not in kept:
        content = draw_scene(category, mended=mended)
        kept[category, mended] = {
            "sha256": keep_file(database, content), "bytes": len(content), "width": _SIZE[0], "height": _SIZE[1],
        }  # fmt: skip
    return {
        "id": f"p-{about}", "issue": None if mended else about, "measure": about if mended else None,
        "name": text("demo.photo.after" if mended else "demo.photo.before"), "media_type": MEDIA_TYPE,
        "created_at": stamp(on.toordinal()), "created_by": ACTOR, **kept[category, mended],
    }  # fmt: skip


def draw_scene(category: str, *, mended: bool) -> bytes:
    """Return the JPEG of a scene that fits a category, before or after something was done about it."""
    image = Image.new("RGB", _SIZE, _SKY)
    pen = ImageDraw.Draw(image)
    pen.polygon([(0, 300), (220, 180), (430, 290), (640, 150), (960, 310), (960, _GROUND), (0, _GROUND)], "#A9BDB0")
    pen.rectangle((0, _GROUND, *_SIZE), _GRASS)
    _SCENES[category](pen, mended=mended)
    pen.rectangle((0, 560, *_SIZE), _DARK)
    font = ImageFont.truetype(FONT_PATH, 34)
    pen.text((24, 580), text("demo.photo.label"), _PAPER, font)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _draw_road(pen: ImageDraw.ImageDraw, *, mended: bool) -> None:
    pen.polygon([(380, _GROUND), (580, _GROUND), (880, 560), (80, 560)], _STONE if mended else _SOIL)
    if mended:
        pen.line((480, _GROUND, 480, 560), _PAPER, 6)
    else:
        for x, y in ((420, 470), (560, 500), (300, 520), (640, 540)):
            pen.ellipse((x - 60, y - 14, x + 60, y + 14), _WATER)


def _draw_water(pen: ImageDraw.ImageDraw, *, mended: bool) -> None:
    pen.rectangle((180, 250, 420, 440), _STONE)
    pen.rectangle((420, 400, 820, 420), _DARK)
    pen.rectangle((800, 360, 820, 420), _DARK)
    if mended:
        pen.rectangle((190, 290, 410, 430), _WATER)
        pen.line((830, 380, 830, 540), _WATER, 10)
    else:
        pen.line((600, 420, 560, 520), _WATER, 8)
        pen.ellipse((470, 505, 680, 545), _WATER)


def _draw_house(pen: ImageDraw.ImageDraw, *, mended: bool) -> None:
    pen.rectangle((280, 290, 680, 510), _WALL)
    roof = [(240, 300), (480, 190), (720, 300)]
    pen.polygon(roof if mended else [(240, 300), (430, 215), (460, 260), (520, 250), (560, 232), (720, 300)], _ROOF)
    pen.rectangle((440, 390, 520, 510), _ROOF)
    if not mended:
        pen.line((330, 300, 360, 380, 340, 440, 370, 505), _DARK, 5)


def _draw_wires(pen: ImageDraw.ImageDraw, *, mended: bool) -> None:
    for nth, x in enumerate((200, 480, 760)):
        lean = 0 if mended or nth != 1 else 90
        pen.line((x, 530, x + lean, 230), _ROOF, 16)
        pen.line((x - 60 + lean, 260, x + 60 + lean, 260), _ROOF, 10)
    if mended:
        pen.line((200, 260, 480, 260, 760, 260), _DARK, 4)
    else:
        pen.line((200, 260, 400, 470, 570, 262), _DARK, 4)
        pen.line((570, 262, 690, 480), _DARK, 4)


_SCENES: Final[dict[str, Callable[..., None]]] = {
    "INF_R": _draw_road, "WATER": _draw_water, "INF_W": _draw_water, "HOUSE": _draw_house, "INF_H": _draw_house,
    "INF_E": _draw_wires, "INF_T": _draw_wires,
}  # fmt: skip
