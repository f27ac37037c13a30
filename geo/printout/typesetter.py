"""The program that `geo.printout` runs for one document: SOURCE.typ TARGET, with the source's folder as its world.

Nothing of the product is imported here: it starts in a tenth of a second, and typst sees the folder alone: no fonts
of the system, no packages, no file above it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import typst
from noto_cjk_sans_otc import FONT_PATH

#: Dots an inch of a picture: A4 is 2339 × 1654.
_PPI = 200


def set_document(source: Path, target: Path) -> int:
    """Write a typst file as PDF or PNG (by the target's name); return how many pages it has, by its label `pages`."""
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(Path(str(FONT_PATH)).parent)]
    )
    world = typst.Compiler(
        str(source),
        root=str(source.parent),
        font_paths=fonts,
        ignore_system_fonts=True,
        package_path=str(source.parent),
        package_cache_path=str(source.parent),
    )
    if target.suffix == ".png":
        world.compile(output=str(target), format="png", ppi=_PPI)
    else:
        # Without tags: they are nineteen twentieths of a table's file and half of the time.
        world.compile(output=str(target), format="pdf", pdf_tags=False)
    return int(world.query("<pages>", field="value", one=True))


if __name__ == "__main__":
    sys.stdout.write(str(set_document(Path(sys.argv[1]), Path(sys.argv[2]))))
