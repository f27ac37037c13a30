"""How far the map's colours stay apart for people who see colours otherwise: `python -m benchmarks.colours`.

Simulation: the matrices of Machado, Oliveira and Fernandes (2009), full severity, on linear sRGB; distance: Euclidean
in OKLab (Ottosson 2020), × 100. Goal: at least 14 for normal, protan, deutan and tritan eyes between

- any two fills of the legend's states;
- any two of the legend's classes of areas, and each of them and paper, as they are drawn below the zoom of households;
- a household's fill and what lies around it from that zoom on: an area under it, or paper;
- a symbol's fill and what lies around it below that zoom: the casing of paper (`palette.CELL_MARKS`), since no area
  touches it. `tests/browser/test_map_layer.py` looks for that casing on the screen.

In grey the fills may meet: there each state has its own shape, at every zoom.
"""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import numpy as np

from benchmarks.measure import show_table
from geo import palette
from geo.tiles import POINTS_FROM_ZOOM

GOAL = 14
GREY = np.outer(np.ones(3), (0.2126, 0.7152, 0.0722))
EYES = {
    "normal": np.eye(3),
    "protan": np.reshape(
        (0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998), (3, 3)
    ),
    "deutan": np.reshape(
        (0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881), (3, 3)
    ),
    "tritan": np.reshape(
        (1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900), (3, 3)
    ),
    "grey": GREY,
}
LMS = np.reshape(
    (0.4122214708, 0.5363325363, 0.0514459929, 0.2119034982, 0.6806995451, 0.1073969566, 0.0883024619, 0.2817188376,
     0.6299787005), (3, 3),
)  # fmt: skip
LAB = np.reshape(
    (0.2104542553, 0.7936177850, -0.0040720468, 1.9779984951, -2.4285922050, 0.4505937099, 0.0259040371, 0.7827717662,
     -0.8086757660), (3, 3),
)  # fmt: skip


def see(colour: str, eye: str) -> np.ndarray:
    """Return a colour (sRGB hex) in OKLab, as an eye sees it."""
    srgb = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(EYES[eye] @ linear, 0, 1)
    lab: np.ndarray = LAB @ np.cbrt(LMS @ seen)
    return lab


def over(top: str, ground: str, opacity: float) -> str:
    """Return a colour laid over another."""
    mixed = [
        round(opacity * int(top[at : at + 2], 16) + (1 - opacity) * int(ground[at : at + 2], 16)) for at in (1, 3, 5)
    ]
    return "#" + "".join(f"{value:02X}" for value in mixed)


def nearest(pairs: Any, eye: str) -> tuple[float, tuple[str, str]]:
    """Return the smallest distance × 100 of pairs of (name, colour), and the names."""
    found = [(100 * float(np.linalg.norm(see(a[1], eye) - see(b[1], eye))), (a[0], b[0])) for a, b in pairs]
    return min(found)


def list_pairs() -> dict[str, list[tuple[tuple[str, str], tuple[str, str]]]]:
    """Return, under a heading each, the pairs of (name, colour) that are seen beside one another."""
    fills = list({symbol.fill: (state, symbol.fill) for state, symbol in palette.VISIT_SYMBOLS.items()}.values())
    areas = [(f"{name} area", fill) for name, fill in palette.AREA_FILLS.items() if fill.startswith("#")]
    paper = ("paper", palette.PAPER)
    classes = [(name, over(fill, palette.PAPER, palette.AREA_OPACITY)) for name, fill in areas]
    under = [(name, over(fill, palette.PAPER, palette.AREA_OPACITY_UNDER)) for name, fill in areas]
    around = [paper] if palette.CELL_MARKS.casing else classes
    return {
        "states of the legend": list(combinations(fills, 2)),
        "classes of the legend": list(combinations([*classes, paper], 2)),
        f"on the map from zoom {POINTS_FROM_ZOOM}": list(product(fills, [*under, paper])),
        f"on the map below zoom {POINTS_FROM_ZOOM}": list(product(fills, around)),
    }


def measure() -> dict[str, dict[str, tuple[float, tuple[str, str]]]]:
    """Return by eye and heading (`list_pairs`) the smallest distance × 100 and the names of the two."""
    return {eye: {heading: nearest(pairs, eye) for heading, pairs in list_pairs().items()} for eye in EYES}


def show_eyes() -> str:
    """Return the table of the smallest distances, an eye a row."""
    heads = ["eye", *(part for heading in list_pairs() for part in (heading, "of"))]
    said = [(eye, *(part for number, names in row.values() for part in (f"{number:.1f}", " · ".join(names))))
            for eye, row in measure().items()]  # fmt: skip
    return show_table(heads, said)


def find_least() -> float:
    """Return the smallest distance × 100 of all, for eyes that see colours."""
    return min(number for eye, row in measure().items() if eye != "grey" for number, _ in row.values())


def main() -> None:
    """Print the table, the smallest of all, the shapes, and whether the goal is met."""
    print(show_eyes())
    least = find_least()
    print(
        f"smallest of protan, deutan, tritan and normal eyes: {least:.1f}; goal of at least {GOAL} met: {least >= GOAL}"
    )
    for name, symbols in (("visits", palette.VISIT_SYMBOLS), ("rounds compared", palette.COMPARED_SYMBOLS)):
        shapes = {state: symbol.shape for state, symbol in symbols.items()}
        print(f"grey, shapes of {name}: {', '.join(f'{state} {shape}' for state, shape in shapes.items())}; "
              f"every state its own: {len(set(shapes.values())) == len(shapes)}")  # fmt: skip


if __name__ == "__main__":
    main()
