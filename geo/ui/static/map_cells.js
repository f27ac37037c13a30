// Below the zoom of households: one symbol for each small square of the map. It says what is left there: the state that
// most of those have who are still to be reached (of two, the worse), larger for more of them; where nobody is, what most
// are. With paper around it, it never touches an area's colour.
(() => {
  "use strict";
  const { palette } = window.GeoMap;
  const CELLS_A_SIDE = 128;
  const TILE = 256;
  const STATES = 16;
  const CELLS = (palette.marks.side * CELLS_A_SIDE) / TILE;
  const SQUARES = CELLS_A_SIDE / CELLS;

  // Returns {state, amount, x, y} of each square of a tile in which something is shown: x and y, in tiles, are the middle
  // of its households. `shown` says of each packed state and ring whether it is, `symbols` what a state is drawn as.
  function gatherMarks(rows, shown, symbols) {
    const amounts = new Uint32Array(SQUARES * SQUARES * STATES);
    const [sumX, sumY] = [new Float64Array(SQUARES * SQUARES), new Float64Array(SQUARES * SQUARES)];
    for (let at = 0; at < rows.count; at += 1) {
      const kind = rows.code[at];
      if (!shown[kind]) continue;
      const [amount, column, line] = [rows.amount[at], rows.place[at] % CELLS_A_SIDE, Math.floor(rows.place[at] / CELLS_A_SIDE)];
      const square = Math.floor(line / CELLS) * SQUARES + Math.floor(column / CELLS);
      amounts[square * STATES + (kind & 15)] += amount;
      sumX[square] += amount * (column + 0.5);
      sumY[square] += amount * (line + 0.5);
    }
    const marks = [];
    for (let square = 0; square < sumX.length; square += 1) {
      if (!sumX[square]) continue;
      const states = amounts.subarray(square * STATES, (square + 1) * STATES);
      const all = sum(states);
      const [x, y] = [sumX, sumY].map((sums) => sums[square] / all / CELLS_A_SIDE);
      marks.push({ ...choose(states, symbols), x, y });
    }
    return marks;
  }

  function sum(numbers) { return numbers.reduce((all, one) => all + one, 0); }

  function choose(states, symbols) {
    const left = states.map((number, state) => (symbols[state] && symbols[state].left ? number : 0));
    const told = sum(left) ? left : states;
    return { state: told.indexOf(Math.max(...told)), amount: sum(told) };
  }

  // Returns half the size of the symbol of so many households, in px, where squares are `side` px wide.
  function sizeOfMark(amount, side) {
    const { least, most, casing, sizes, full, corner, edge } = palette.marks;
    const room = Math.min(most, (side / 2 - casing - edge) / corner);
    const step = Math.min(sizes - 1, Math.floor((sizes * Math.log2(amount)) / Math.log2(full)));
    return least + (Math.max(0, room - least) * step) / (sizes - 1);
  }

  // Returns where a symbol of a size stands (px from the tile's corner): near its households, whole within their square.
  function placeMark({ x, y }, r, side) {
    const { casing, corner, edge } = palette.marks;
    const reach = Math.min(side / 2, corner * r + edge + casing);
    return [x, y].map((at) => {
      const from = Math.min(SQUARES - 1, Math.floor(at * SQUARES)) * side;
      return Math.min(from + side - reach, Math.max(from + reach, at * SQUARES * side));
    });
  }

  Object.assign(window.GeoMap, { gatherMarks, sizeOfMark, placeMark, SQUARES });
})();
