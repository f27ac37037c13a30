"""Below the zoom of households, one symbol for each small square of a picture, as on the screen (`map_cells.js`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geo.exports.maps.signs import draw_symbols
from geo.palette import CELL_MARKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geo.palette import Symbol

#: A square of so many households, and of more, has the largest symbol, in so many sizes.
_FULL, _SIZES = 64, 4
#: How far the widest symbol reaches, in units of half its size, and what its outline adds, in px.
_CORNER: Final = 1.36
_EDGE: Final = 0.5


def draw_marks(at: NDArray[np.float64], state: NDArray[Any], symbols: Sequence[Symbol]) -> str:
    """Return the symbols of households at places (px) with states (numbers of `symbols`): SVG.

    A square says what is left there: the state that most of those have who are still to be reached (of two, the worse),
    larger for more of them; where nobody is, what most are.
    """
    side = CELL_MARKS.side
    squares, which = np.unique(np.floor(at / side), axis=0, return_inverse=True)
    which = which.ravel()
    amounts = np.zeros((len(squares), len(symbols)), dtype=np.int64)
    np.add.at(amounts, (which, state), 1)
    sums = [np.bincount(which, weights=axis, minlength=len(squares)) for axis in at.T]
    middle = np.column_stack(sums) / amounts.sum(axis=1)[:, None]
    left = amounts * [symbol.left for symbol in symbols]
    told = np.where(left.any(axis=1, keepdims=True), left, amounts)
    number, most = told.sum(axis=1), told.argmax(axis=1)
    size = np.minimum(_SIZES - 1, np.floor(_SIZES * np.log2(number) / np.log2(_FULL)))
    drawn = []
    for nth in range(_SIZES):
        r = CELL_MARKS.least + (CELL_MARKS.most - CELL_MARKS.least) * nth / (_SIZES - 1)
        reach = min(side / 2, _CORNER * r + _EDGE + CELL_MARKS.casing)
        places = np.clip(middle, squares * side + reach, (squares + 1) * side - reach)
        for code, symbol in enumerate(symbols):
            chosen = places[(size == nth) & (most == code)].tolist()
            drawn.append(draw_symbols(symbol, chosen, r, casing=CELL_MARKS.casing))
    return "".join(drawn)
