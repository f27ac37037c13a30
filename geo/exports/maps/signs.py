"""Symbols, rings and hatches of the map as SVG: the shapes of the screen, which tell states apart in grey too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geo.palette import (
    AREA_FILLS,
    COMPARED_SYMBOLS,
    HATCH,
    INK,
    ISSUE_SYMBOLS,
    OUTLINE,
    PAPER,
    VISIT_SYMBOLS,
    Symbol,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

SYMBOLS: Final = {"visits": tuple(VISIT_SYMBOLS.values()), "compared": tuple(COMPARED_SYMBOLS.values())}
RINGS: Final = tuple(ISSUE_SYMBOLS.values())
_OUTLINE_PX, _CROSS_PX = 0.9, 1.7
#: Shape → its corners in units of half its size.
_CORNERS: Final = {
    "diamond": ((0, -1.36), (1.36, 0), (0, 1.36), (-1.36, 0)),
    "square": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    "triangle_up": ((0, -1.3), (1.2, 0.9), (-1.2, 0.9)),
    "triangle_down": ((0, 1.3), (1.2, -0.9), (-1.2, -0.9)),
    "plus": (
        (-0.5, -1.3), (0.5, -1.3), (0.5, -0.5), (1.3, -0.5), (1.3, 0.5), (0.5, 0.5), (0.5, 1.3), (-0.5, 1.3),
        (-0.5, 0.5), (-1.3, 0.5), (-1.3, -0.5), (-0.5, -0.5),
    ),
}  # fmt: skip
#: Class of an area → lines over its colour (px apart, angle, width), so that a grey copy tells the classes apart.
_LINES: Final = {"low": (3.2, 45, 1.0), "mid": (6.0, 45, 0.9), "near": (8.0, 135, 0.6), "full": (6.0, 0, 0.6)}
_NONE: Final = (6.0, 135, 1.6)


def draw_symbols(symbol: Symbol, points: Iterable[tuple[float, float]], r: float, *, casing: float = 0) -> str:
    """Return one symbol at many points (px), as few paths: SVG. `casing`: how much paper lies around it, in px."""
    at = list(points)
    if not at:
        return ""
    if symbol.shape == "cross":
        arm = 0.8 * r
        arms = [(x + side * arm, y, -2 * side * arm) for x, y in at for side in (-1, 1)]
        trace = "".join(f"M{x:.1f} {y - arm:.1f}l{across:.1f} {2 * arm:.1f}" for x, y, across in arms)
        return "".join(
            f'<path d="{trace}" fill="none" stroke="{colour}" stroke-width="{width}"></path>'
            for colour, width in ((PAPER, _CROSS_PX + 2 * max(_CROSS_PX / 2, casing)), (symbol.fill, _CROSS_PX))
        )
    trace = _trace(symbol.shape, at, r)
    line = f'stroke="{OUTLINE}" stroke-width="{_OUTLINE_PX}"'
    around = f'stroke="{PAPER}" stroke-width="{_OUTLINE_PX + 2 * casing:g}" stroke-linejoin="round"'
    cased = f'<path d="{trace}" fill="none" {around}></path>' if casing else ""
    if symbol.shape != "half_circle":
        return f'{cased}<path d="{trace}" fill="{symbol.fill}" {line}></path>'
    halves = "".join(f"M{x:.1f} {y - r:.1f}a{r:.2f} {r:.2f} 0 0 0 0 {2 * r:.2f}Z" for x, y in at)
    return f'{cased}<path d="{trace}" fill="{PAPER}" {line}></path><path d="{halves}" fill="{symbol.fill}"></path>'


def draw_rings(nth: int, points: Iterable[tuple[float, float]], r: float, *, square: bool = False) -> str:
    """Return the ring of an issue state (a number of `codes.ISSUE_RINGS`) around many points (px): SVG.

    It is a square where an issue went up.
    """
    ring, at = RINGS[nth], list(points)
    if ring is None or not at:
        return ""
    radius = 1.5 * r + 1.6
    trace = _trace("square" if square else "circle", at, radius)
    dash = f' stroke-dasharray="{" ".join(map(str, ring.dash))}"' if ring.dash else ""
    drawn = (
        f'<path d="{trace}" fill="none" stroke="{PAPER}" stroke-width="{ring.width + 2.2}"></path>'
        f'<path d="{trace}" fill="none" stroke="{ring.stroke}" stroke-width="{ring.width}"{dash}></path>'
    )
    if not ring.mark:
        return drawn
    corners = [(x + 0.86 * radius, y - 0.86 * radius) for x, y in at]
    stems = "".join(f"M{x:.1f} {y - 2.6:.1f}v3.4m0 1.1v0.9" for x, y in corners)
    return (
        f'{drawn}<path d="{_trace("circle", corners, 4.6)}" fill="{ring.stroke}"></path>'
        f'<path d="{stems}" stroke="{PAPER}" stroke-width="1.3"></path>'
    )


def draw_hatches() -> str:
    """Return the definitions of the lines over areas, by class (`#area-low`): SVG."""
    made = []
    for name, (step, angle, width) in {**_LINES, "none": _NONE}.items():
        colour = HATCH if name == "none" else INK
        made.append(
            f'<pattern id="area-{name}" width="{step}" height="{step}" patternUnits="userSpaceOnUse" '
            f'patternTransform="rotate({angle})"><path d="M0 0H{step}" stroke="{colour}" '
            f'stroke-width="{width}" stroke-opacity="0.55"></path></pattern>'
        )
    return f"<defs>{''.join(made)}</defs>"


def fill_area(name: str, trace: str, opacity: float) -> str:
    """Return an area in the colour of its class with the lines of a grey copy over it: SVG."""
    colour = AREA_FILLS[name]
    fill = PAPER if colour == "hatch" else colour
    shown = f'<path d="{trace}" fill="{fill}" fill-opacity="{opacity}" fill-rule="evenodd"></path>'
    if name in _LINES or name == "none":
        shown += f'<path d="{trace}" fill="url(#area-{name})" fill-rule="evenodd"></path>'
    return shown


def draw_icon(inner: str, *, width: int = 22, height: int = 20) -> bytes:
    """Return a small drawing of its own for a legend: SVG."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f"{inner}</svg>"
    ).encode()


def _trace(shape: str, points: Iterable[tuple[float, float]], r: float) -> str:
    corners = _CORNERS.get(shape)
    if corners is None:
        return "".join(
            f"M{x - r:.2f} {y:.2f}a{r:.2f} {r:.2f} 0 1 0 {2 * r:.2f} 0a{r:.2f} {r:.2f} 0 1 0 {-2 * r:.2f} 0Z"
            for x, y in points
        )
    return "".join("M" + "L".join(f"{x + a * r:.1f} {y + b * r:.1f}" for a, b in corners) + "Z" for x, y in points)
