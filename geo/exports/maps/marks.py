"""Below the zoom of households, one symbol for each small square of a picture, as on the screen (`map_cells.js`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geo.exports.maps.signs import draw_symbols
from geo.palette import CELL_MARKS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geo.palette import Symbol


def draw_marks(at: NDArray[np.float64], state: NDArray[Any], symbols: Sequence[Symbol]) -> str:
    """Return the symbols of households at places (px) with states (numbers of `symbols`): SVG.

    A square says what is left there: the state that most of those have who are still to be reached (of two, the worse),
    larger for more of them; where nobody is, what most are.
    """
    marks, side = CELL_MARKS, CELL_MARKS.side
    squares, which = np.unique(np.floor(at / side), axis=0, return_inverse=True)
    which = which.ravel()
    amounts = np.zeros((len(squares), len(symbols)), dtype=np.int64)
    np.add.at(amounts, (which, state), 1)
    sums = [np.bincount(which, weights=axis, minlength=len(squares)) for axis in at.T]
    middle = np.column_stack(sums) / amounts.sum(axis=1)[:, None]
    left = amounts * [symbol.left for symbol in symbols]
    told = np.where(left.any(axis=1, keepdims=True), left, amounts)
    number, most = told.sum(axis=1), told.argmax(axis=1)
    size = np.minimum(marks.sizes - 1, np.floor(marks.sizes * np.log2(number) / np.log2(marks.full)))
    drawn = []
    for nth in range(marks.sizes):
        r = marks.least + (marks.most - marks.least) * nth / (marks.sizes - 1)
        reach = min(side / 2, marks.corner * r + marks.edge + marks.casing)
        places = np.clip(middle, squares * side + reach, (squares + 1) * side - reach)
        for code, symbol in enumerate(symbols):
            chosen = places[(size == nth) & (most == code)].tolist()
            drawn.append(draw_symbols(symbol, chosen, r, casing=marks.casing))
    return "".join(drawn)
