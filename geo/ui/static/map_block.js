// Household points as geo/tiles/block.py packs them: a header of 24 bytes, then the arrays one after the other.
(() => {
  "use strict";
  const HEADER = 24;
  const BYTES_EACH = 10;
  const GRID = 2 ** 30;

  // Returns {count, x, y, id, state, issue, dwelling, order}: x and y are shares of the Web-Mercator square (0 … 1,
  // y south), `order` lists the rows from the first drawn to the last: worse states, and rings within one, on top.
  function decodeBlock(buffer) {
    const view = new DataView(buffer);
    const magic = buffer.byteLength >= HEADER ? view.getUint32(0, false) : 0;
    const count = magic === 0x47454f54 ? view.getUint32(8, true) : -1;
    if (count < 0 || view.getUint8(4) !== 1 || buffer.byteLength !== HEADER + BYTES_EACH * count) {
      throw new Error("not a block of household points");
    }
    const step = 2 ** view.getUint8(5);
    const originX = view.getUint32(12, true);
    const originY = view.getUint32(16, true);
    const offsetX = new Uint16Array(buffer, HEADER, count);
    const offsetY = new Uint16Array(buffer, HEADER + 2 * count, count);
    const packed = new Uint8Array(buffer, HEADER + 8 * count, count);
    const block = {
      count,
      x: Float64Array.from(offsetX, (offset) => (originX + (offset + 0.5) * step) / GRID),
      y: Float64Array.from(offsetY, (offset) => (originY + (offset + 0.5) * step) / GRID),
      id: new Uint32Array(buffer, HEADER + 4 * count, count),
      state: packed.map((byte) => byte & 15),
      issue: packed.map((byte) => byte >> 4),
      dwelling: new Uint8Array(buffer, HEADER + 9 * count, count),
    };
    block.order = Uint32Array.from({ length: count }, (_, row) => row).sort(
      (a, b) => block.state[b] - block.state[a] || block.issue[a] - block.issue[b] || block.id[a] - block.id[b],
    );
    return block;
  }

  window.GeoMap = window.GeoMap || {};
  window.GeoMap.decodeBlock = decodeBlock;
})();
