"""The map on paper: the piece of the screen, what is hidden, figures and signs; the one-page 汇报页."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from PIL import Image

from geo.basemaps import draw_ground, open_source
from geo.codes import COMPARED_STATES, ISSUE_RINGS, VISIT_STATES
from geo.crs import gcj02_from_wgs84, parse_system
from geo.exports.maps import (
    Briefing,
    Figure,
    MapSheet,
    MapShown,
    Viewport,
    Worst,
    cut_homes,
    draw_picture,
    print_briefing,
    print_map,
)
from geo.exports.maps.marks import draw_marks
from geo.exports.maps.picture import say_notes
from geo.i18n import text
from geo.mapspec import Frame, MapSpec, Unit, build_spec
from geo.palette import PAPER, VISIT_SYMBOLS
from geo.store.basemap import BaseMap
from geo.tiles import TileIndex, Wanted, build_index, count_escalated, decode_tile, encode_tile, split_key, to_grid
from tests.test_basemaps import png, write_mbtiles

ATTACK = '<script>alert(1)</script> #panic("x") {{ 7 * 7 }} "&'


SHEET = MapSheet(ATTACK, "截至", "走访覆盖率", "演示", "某人")


def cover(viewport: Viewport, path: Path, *, colour: tuple[int, int, int]) -> Path:
    """Write an MBTiles file that covers a piece with one colour, two zooms above its own."""
    piece, zoom = viewport.piece, round(viewport.zoom) - 2
    side = 256 / 2**zoom
    columns = range(int(piece.left / side), int((piece.left + piece.width) / side) + 1)
    rows = range(int(piece.top / side), int((piece.top + piece.height) / side) + 1)
    return write_mbtiles(path, {(zoom, x, y): png(*colour) for x in columns for y in rows})


def make_homes() -> TileIndex:
    """Return seven households, one of each state, on a line; the fourth and fifth share a dwelling."""
    number = np.arange(7)
    homes = pd.DataFrame({
        "place": "g1", "tile_id": number + 1, "lon": 109.2 + 0.001 * number, "lat": 27.7, "state": number,
        "ring": number % len(ISSUE_RINGS), "dwelling": ["", "", "", "a", "a", "", ""],
    })  # fmt: skip
    return build_index(homes, 1)


def make_spec(view: str = "visits") -> MapSpec:
    """Return a view of two areas, one with a hostile name."""
    units = [
        Unit("g1", ATTACK, 3, 6, shapely.box(109.19, 27.69, 109.21, 27.71)),
        Unit("g2", "二组", 4, 4, shapely.box(109.21, 27.69, 109.22, 27.71), computed=False),
    ]
    frame = Frame("v", "甲测村", "village", shapely.box(109.18, 27.68, 109.23, 27.72))
    rings = dict.fromkeys(ISSUE_RINGS, 1)
    states = dict.fromkeys(COMPARED_STATES if view == "compare" else VISIT_STATES, 1)
    return build_spec(view, frame, units=units, states=states, rings=rings, target_bp=9500, levels="group")


def test_a_viewport_is_the_piece_of_the_screen() -> None:
    """Positions lie where Web-Mercator at that zoom has them, the middle in the middle; the bar is a round length."""
    viewport = Viewport(109.2, 27.7, 14.25, 800, 500)
    at = np.array([[109.2, 27.7], [109.21, 27.71]])
    (x, y) = to_grid(at[:, 0], at[:, 1])
    expected = np.column_stack([x - x[0], y - y[0]]) / 2**30 * 256 * 2**14.25 + (400, 250)
    assert np.allclose(viewport.place(at), expected, atol=0.01)
    length, metres = viewport.scale_bar()
    assert str(metres)[0] in "1235"
    east = np.array([[109.2 + metres / (111_319.49 * np.cos(np.radians(27.7))), 27.7]])
    assert viewport.place(east)[0][0] - 400 == pytest.approx(length, rel=1e-3)


def test_bounds_are_shown_whole() -> None:
    """Around bounds everything of them is on the picture, and one side reaches the margin."""
    viewport = Viewport.around((109.1, 27.5, 109.4, 27.9), (680, 440))
    corners = viewport.place(np.array([[109.1, 27.5], [109.4, 27.9]]))
    assert corners.min() == pytest.approx(24, abs=0.5)
    assert (corners.max(axis=0) <= (680 - 24 + 0.5, 440 - 24 + 0.5)).all()


def test_states_and_what_is_hidden() -> None:
    """Near by each state has its sign; what the legend hides is not drawn; a dwelling of two says so; names are text."""
    viewport = Viewport(109.203, 27.7, 15, 800, 500)
    spec, homes = make_spec(), cut_homes(make_homes(), Wanted())
    svg = draw_picture(viewport, spec, homes).decode()
    for symbol in VISIT_SYMBOLS.values():
        assert symbol.fill in svg
    assert ">2</text>" in svg
    assert "<script" not in svg
    assert "&lt;script&gt;" in svg
    hidden = draw_picture(viewport, spec, homes, hidden=(frozenset({0, 1}), frozenset())).decode()
    assert VISIT_SYMBOLS["overdue"].fill not in hidden
    assert VISIT_SYMBOLS["unvisited"].fill not in hidden
    assert VISIT_SYMBOLS["effective"].fill in hidden
    rings = draw_picture(viewport, spec, homes, hidden=(frozenset(), frozenset({1, 2, 3}))).decode()
    assert rings.count("<path") < svg.count("<path")


def test_far_away_cells_stand_for_households() -> None:
    """Below the zoom of households a square says what is left in it, cased in paper on its area, and the sheet says so."""
    svg = draw_picture(Viewport(109.203, 27.7, 10, 400, 300), make_spec(), cut_homes(make_homes(), Wanted())).decode()
    assert VISIT_SYMBOLS["overdue"].fill in svg
    assert 'stroke-dasharray="4 3"' in svg
    assert "url(#area-low)" in svg
    symbols = tuple(VISIT_SYMBOLS.values())
    missed, effective = (list(VISIT_SYMBOLS).index(one) for one in ("missed", "effective"))
    square = np.full((6, 2), 100.0)
    mixed = draw_marks(square, np.array([effective] * 4 + [missed] * 2), symbols)
    assert f'stroke="{PAPER}" stroke-width="3.7"' in mixed
    assert symbols[missed].fill in mixed
    assert symbols[effective].fill not in mixed
    assert symbols[effective].fill in draw_marks(square, np.full(6, effective), symbols)
    far, near = Viewport(109.203, 27.7, 10, 400, 300), Viewport(109.203, 27.7, 13, 400, 300)
    assert [text("map.marks") in say_notes(one, make_spec()) for one in (far, near)] == [True, False]


def test_a_sheet_as_pdf_and_picture() -> None:
    """The view comes as one PDF page and as a picture of A4; the picture has the colours of states and dark signs in grey."""
    shown = MapShown(
        Viewport(109.203, 27.7, 15, 800, 500),
        make_spec(),
        cut_homes(make_homes(), Wanted()),
        (frozenset({2}), frozenset()),
    )
    pdf = print_map(SHEET, [shown], form="pdf")
    assert pdf.startswith(b"%PDF")
    picture = Image.open(io.BytesIO(print_map(SHEET, [shown], form="png"))).convert("RGB")
    assert picture.size == (2339, 1654)
    colours = {colour for _, colour in picture.getcolors(1 << 24)}
    assert (0xA5, 0x0F, 0x15) in colours
    assert np.asarray(picture.convert("L")).min() < 40


def test_two_maps_of_one_piece_on_a_base_map(tmp_path: Path) -> None:
    """Side by side on one page, each with its caption and legend; both lie on the base map, whose pictures are seen."""
    viewport = Viewport(109.203, 27.7, 15, 488, 530)
    source = open_source(BaseMap("file", file=str(cover(viewport, tmp_path / "base.mbtiles", colour=(40, 160, 60)))))
    ground = draw_ground(source, viewport.piece)
    assert np.asarray(Image.open(io.BytesIO(ground))).reshape(-1, 3).mean(axis=0) == pytest.approx((40, 160, 60), abs=3)
    homes = cut_homes(make_homes(), Wanted())
    maps = [
        MapShown(
            viewport, make_spec(view), homes, caption=f"第 {nth} 轮 {ATTACK}", ground=ground, credit="底图：本机文件"
        )
        for nth, view in enumerate(("visits", "compare"), start=3)
    ]
    pdf = print_map(SHEET, maps, form="pdf")
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type/Page/") <= 1
    picture = np.asarray(Image.open(io.BytesIO(print_map(SHEET, maps, form="png"))).convert("RGB")).astype(int)
    assert picture.shape == (1654, 2339, 3)
    greenish = picture[..., 1] > picture[..., 2] + 10
    halves = greenish[:, :1169].sum(), greenish[:, 1169:].sum()
    assert min(halves) > 20_000
    assert draw_ground(source, Viewport(10, 10, 15, 488, 530).piece) == b""


def test_the_briefing_is_one_page() -> None:
    """With ten worst units and long sentences it is still one page."""
    page = Briefing(
        "碧江区第 4 轮走访情况", "某区：" + "第 4 轮已走到 24,066 户，占应访 29,755 户的 80.8%；" * 2,
        [Figure("走访覆盖率", "80.8%", "有效走访 24,066 ÷ 应访 29,755")] * 4, "最要赶的村",
        [Worst(1, f"{nth} 测村", "50.0%", "234/468", "还差 211 户") for nth in range(10)],
        ["5 个组一户都没走到（3 个村，最多的是测村 2）"] * 3, "某人 · 2019-11-20 打印", "走访覆盖率 = 有效走访 ÷ 应访" * 4,
    )  # fmt: skip
    printed = print_briefing(page, make_spec(), cut_homes(make_homes(), Wanted()))
    assert printed.pages == 1
    assert printed.content.startswith(b"%PDF")


def test_an_issue_that_went_up_has_a_square() -> None:
    """The household's byte says so, the tile carries it, cells do not; on paper its ring is a square, and the legend tells."""
    homes = pd.DataFrame({
        "place": "g1", "tile_id": [1, 2, 3], "lon": [109.2, 109.201, np.nan], "lat": [27.7, 27.7, np.nan],
        "state": 1, "ring": [2, 2, 3], "escalated": [1, 0, 1], "dwelling": "",
    })  # fmt: skip
    index = build_index(homes, 1)
    assert (index.code >> 7).tolist() == [1, 0]
    assert count_escalated(index, Wanted()) == 2
    x, y = (int(one[0]) >> 16 for one in split_key(index.key))
    assert sorted(decode_tile(encode_tile(index, 14, x, y)).columns[3].tolist()) == [0x21, 0xA1]
    x, y = (int(one[0]) >> 20 for one in split_key(index.key))
    assert decode_tile(encode_tile(index, 10, x, y)).columns[2].tolist() == [0x21]
    viewport = Viewport(109.2, 27.7, 15, 800, 500)
    round_only = cut_homes(build_index(homes.assign(escalated=0), 1), Wanted())
    ways = [draw_picture(viewport, make_spec(), one).decode() for one in (cut_homes(index, Wanted()), round_only)]
    assert ways[0].count(" 0 1 0 ") < ways[1].count(" 0 1 0 ")
    frame = Frame("v", "甲", "village")
    spec = build_spec(
        "visits",
        frame,
        units=[],
        states=dict.fromkeys(VISIT_STATES, 1),
        rings=dict.fromkeys(ISSUE_RINGS, 1),
        target_bp=9500,
        levels="group",
        escalated=2,
    )
    assert spec.data["legend"]["issues"]["escalated"]["count"] == 2


def test_a_picture_over_another_system_is_the_same() -> None:
    """Households of an index made for a GCJ-02 base map stand on paper where they are, or where that base map has them."""
    homes = pd.DataFrame(
        {"place": "g1", "tile_id": [1], "lon": [109.2], "lat": [27.7], "state": 0, "ring": 0, "dwelling": ""}
    )
    index, system = build_index(homes, 1, system=parse_system("gcj02")), parse_system("gcj02")
    assert cut_homes(index, Wanted()).at[0] == pytest.approx((109.2, 27.7), abs=1e-6)
    there = tuple(map(float, gcj02_from_wgs84(109.2, 27.7)))
    for one in (index, build_index(homes, 1)):
        assert cut_homes(one, Wanted(), system=system).at[0] == pytest.approx(there, abs=1e-6)
