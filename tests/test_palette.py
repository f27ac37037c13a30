"""One set of colours: what the screen's files hold is what the palette says."""

from __future__ import annotations

import json
import re
import tomllib

import numpy as np
import pytest

from benchmarks.colours import GOAL, list_pairs, measure, see
from geo import codes, palette
from tests.conftest import ROOT

STATIC = ROOT / "geo" / "ui" / "static"


def test_every_state_has_its_own_look() -> None:
    """Each visit state and ring of the codes has a symbol, in the order of the tile codes, and no two look alike."""
    assert tuple(palette.VISIT_SYMBOLS) == codes.VISIT_STATES
    assert tuple(palette.ISSUE_SYMBOLS) == codes.ISSUE_RINGS
    assert [symbol.order for symbol in palette.VISIT_SYMBOLS.values()] == list(range(7))
    shapes = [symbol.shape for symbol in palette.VISIT_SYMBOLS.values()]
    assert len(set(shapes)) == len(shapes)
    fills = {symbol.fill for symbol in palette.VISIT_SYMBOLS.values()}
    assert len(fills) == 5
    assert tuple(palette.COMPARED_SYMBOLS) == codes.COMPARED_STATES
    assert codes.COMPARED_STATES.index("excluded") == codes.VISIT_STATES.index("excluded")
    assert len({symbol.shape for symbol in palette.COMPARED_SYMBOLS.values()}) == len(codes.COMPARED_STATES)
    assert {symbol.fill for symbol in palette.COMPARED_SYMBOLS.values()} == fills


def test_colours_stay_apart_for_every_eye() -> None:
    """States, classes of areas, and signs and what lies around them are at least 14 (OKLab × 100) apart for eyes that see colours."""
    found = measure()
    assert set(found) == {"normal", "protan", "deutan", "tritan", "grey"}
    assert {heading: min(row[heading][0] for eye, row in found.items() if eye != "grey") >= GOAL
            for heading in list_pairs()} == dict.fromkeys(list_pairs(), True)  # fmt: skip
    white, black = see("#FFFFFF", "deutan"), see("#000000", "deutan")
    assert abs(100 * float(np.linalg.norm(white - black)) - 100) < 0.1


def test_the_map_script_holds_the_palette() -> None:
    """The script that draws the map has exactly the palette's values."""
    source = (STATIC / "map_palette.js").read_text(encoding="utf-8")
    held = json.loads(source.split("window.GeoMap.palette = ", 1)[1].rstrip().rstrip(";"))
    assert held == palette.map_tokens()


@pytest.mark.parametrize(
    "name", ["household_tiles.css", "map_symbols.js", "map_cells.js", "map_areas.js", "map_furniture.js"]
)
def test_no_colour_is_made_up_in_the_map_files(name: str) -> None:
    """Every colour written in the map's own files is one of the palette."""
    known = {value for value in vars(palette).values() if isinstance(value, str) and value.startswith("#")}
    known |= set(re.findall(r"#[0-9A-F]{6}", json.dumps(palette.map_tokens())))
    written = set(re.findall(r"#[0-9A-Fa-f]{6}\b", (STATIC / name).read_text(encoding="utf-8")))
    assert written <= known


def test_the_theme_holds_the_palette() -> None:
    """Streamlit's theme uses the palette's ink, accent, lines and grounds."""
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]
    assert theme["textColor"] == palette.INK
    assert theme["primaryColor"] == theme["linkColor"] == palette.ACCENT
    assert theme["borderColor"] == palette.LINE
    assert theme["backgroundColor"] == palette.PAPER
    assert theme["secondaryBackgroundColor"] == theme["dataframeHeaderBackgroundColor"] == palette.WASH
    assert theme["dataframeBorderColor"] == palette.LINE2
    assert theme["redColor"] == palette.BAD


def test_the_style_sheet_holds_the_palette() -> None:
    """The variables of the page's style sheet have the palette's values."""
    source = (STATIC / "style.css").read_text(encoding="utf-8")
    held = dict(re.findall(r"--([a-z0-9-]+):\s*(#[0-9A-Fa-f]{6})", source))
    wanted = {
        "ink": palette.INK,
        "ink2": palette.INK2,
        "ink3": palette.INK3,
        "line": palette.LINE,
        "line2": palette.LINE2,
        "wash": palette.WASH,
        "accent": palette.ACCENT,
        "accent2": palette.ACCENT2,
        "warn-ink": palette.WARN_INK,
        "warn-bg": palette.WARN_GROUND,
        "bad": palette.BAD,
        "outline": palette.OUTLINE,
        **{state: symbol.fill for state, symbol in palette.VISIT_SYMBOLS.items()},
    }
    assert {name: held.get(name) for name in wanted} == wanted


@pytest.mark.parametrize(
    ("done", "due", "code"),
    [
        (0, 0, "none"),
        (0, 7, "low"),
        (599, 1000, "low"),
        (600, 1000, "mid"),
        (799, 1000, "mid"),
        (800, 1000, "near"),
        (949, 1000, "near"),
        (950, 1000, "met"),
        (999, 1000, "met"),
        (1000, 1000, "full"),
    ],
)
def test_classes_hinge_at_the_target(done: int, due: int, code: str) -> None:
    """Areas change class at 60 %, 80 % and the target; only all of them is full, and nothing due is no class."""
    assert palette.area_class(done, due, target_bp=9500) == code


def test_a_low_target_keeps_the_classes_in_order() -> None:
    """With a target below 80 % the lower breaks move down, so that no class swallows another."""
    low, mid, target = palette.class_breaks(7000)
    assert 0 < low < mid < target == 7000
    assert palette.area_class(70, 100, target_bp=7000) == "met"
    assert palette.area_class(69, 100, target_bp=7000) == "near"
