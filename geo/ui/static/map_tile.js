// Tiles as geo/tiles/tile.py packs them, and where they come from: fetched once, kept until a save changes them.
(() => {
  "use strict";
  const HEADER = 24;
  const VERSION = 3;
  const [POINTS, CELLS] = [1, 2];
  const GRID_BITS = 30;
  const CELLS_A_SIDE = 128;
  // Households that a map keeps in memory besides those on the screen.
  const KEPT_ROWS = 1500000;
  // Tiles of one request: few requests, but the first tiles need not wait for the last.
  const TOGETHER = 8;
  const NOTHING = new Uint32Array(0);

  function decodeTile(buffer) {
    const view = new DataView(buffer);
    const whole = buffer.byteLength >= HEADER && view.getUint32(0, false) === 0x47454f54 && view.getUint8(4) === VERSION;
    if (!whole) throw new Error("not a tile of this version");
    const count = view.getUint32(8, true);
    return view.getUint8(5) === CELLS ? decodeCells(buffer, count, view.getUint8(7)) : decodePoints(buffer, count);
  }

  // Returns {kind, count, x, y, id, code, order, groups}: x and y from the tile's corner in 1/16 px of it; `order` lists
  // the rows from the first drawn to the last (worse states, and rings within one, on top); `groups` the rows of each
  // dwelling that several households share.
  function decodePoints(buffer, count) {
    const x = new Int16Array(buffer, HEADER, count);
    const y = new Int16Array(buffer, HEADER + 2 * count, count);
    const id = new Uint32Array(buffer, HEADER + 4 * count, count);
    const code = new Uint8Array(buffer, HEADER + 8 * count, count);
    return { kind: POINTS, count, x, y, id, code, order: sortRows(code), groups: groupRows(x, y, code) };
  }

  // Returns {kind, count, amount, place, code}: `place` is row × 128 + column of a cell; its rows stand together.
  function decodeCells(buffer, count, wide) {
    const Amounts = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array }[wide];
    const amount = new Amounts(buffer, HEADER, count);
    const [lower, upper, code] = [0, 1, 2].map((nth) => new Uint8Array(buffer, HEADER + (wide + nth) * count, count));
    const place = new Uint16Array(count);
    for (let row = 0, along = 0; row < count; row += 1) {
      along += lower[row] | (upper[row] << 8);
      place[row] = evenBits(along >> 1) * CELLS_A_SIDE + evenBits(along);
    }
    return { kind: CELLS, count, amount, place, code };
  }

  // The way back from the Morton curve: the bits at the even places as one number.
  function evenBits(number) {
    let bits = number & 0x5555;
    bits = (bits | (bits >> 1)) & 0x3333;
    bits = (bits | (bits >> 2)) & 0x0f0f;
    return (bits | (bits >> 4)) & 0xff;
  }

  // Returns the tiles of one answer, each of which stands behind its length.
  function split(buffer, count) {
    const view = new DataView(buffer);
    const parts = [];
    for (let from = 0; parts.length < count;) {
      const length = view.getUint32(from, true);
      parts.push(buffer.slice(from + 4, from + 4 + length));
      from += 4 + length;
    }
    return parts;
  }

  // Counting sort by state from good to bad, then by ring.
  function sortRows(code) {
    const rank = (one) => (15 - (one & 15)) * 4 + ((one >> 4) & 3);
    const starts = new Uint32Array(65);
    for (let row = 0; row < code.length; row += 1) starts[rank(code[row]) + 1] += 1;
    for (let at = 1; at < 65; at += 1) starts[at] += starts[at - 1];
    const order = new Uint32Array(code.length);
    for (let row = 0; row < code.length; row += 1) order[starts[rank(code[row])]++] = row;
    return order;
  }

  function groupRows(x, y, code) {
    const found = new Map();
    for (let row = 0; row < code.length; row += 1) {
      if (!(code[row] & 0x40)) continue;
      const key = x[row] * 65536 + y[row];
      if (found.has(key)) found.get(key).push(row);
      else found.set(key, [row]);
    }
    return [...found.values()].filter((rows) => rows.length > 1);
  }

  // The tiles of one view. A save makes it forget those that it changed; the rest stay true.
  class TileSource {
    constructor(token, version) {
      this.token = token;
      this.version = version;
      this.kept = new Map();
      this.rows = 0;
      this.asked = [];
    }

    // Returns a tile; what is asked for in one go comes in a few requests. Raises AbortError when `signal` says so.
    load(key, signal) {
      const known = this.kept.get(key);
      if (known) return Promise.resolve(known);
      return new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
        this.asked.push({ key, signal, resolve, reject });
        if (this.asked.length === 1) Promise.resolve().then(() => this.fetchAsked());
      });
    }

    // Asks for all that was asked for, by zoom and in the order given, so that the middle of the screen comes first.
    fetchAsked() {
      const zooms = new Map();
      for (const one of this.asked.splice(0)) {
        const zoom = one.key.split("/", 1)[0];
        if (one.signal.aborted) continue;
        if (!zooms.has(zoom)) zooms.set(zoom, []);
        zooms.get(zoom).push(one);
      }
      for (const [zoom, all] of zooms) {
        for (let at = 0; at < all.length; at += TOGETHER) this.fetchSome(zoom, all.slice(at, at + TOGETHER));
      }
    }

    async fetchSome(zoom, some) {
      const { version } = this;
      const fetching = new AbortController();
      for (const { signal } of some) {
        signal.addEventListener("abort", () => { if (some.every((one) => one.signal.aborted)) fetching.abort(); });
      }
      const at = some.map(({ key }) => key.split("/").slice(1).join("-")).join("_");
      const address = `/tiles/${encodeURIComponent(this.token)}/ts/${version}/${zoom}/${at}`;
      try {
        const answer = await fetch(address, { signal: fetching.signal, credentials: "same-origin" });
        if (!answer.ok) throw new Error(String(answer.status));
        const parts = split(await answer.arrayBuffer(), some.length);
        some.forEach(({ key, resolve }, nth) => {
          const tile = decodeTile(parts[nth]);
          if (version === this.version) this.keep(key, tile);
          resolve(tile);
        });
      } catch (error) {
        for (const { reject } of some) reject(error);
      }
    }

    keep(key, tile) {
      this.forgetKey(key);
      this.kept.set(key, tile);
      this.rows += tile.count;
      for (const oldest of this.kept.keys()) {
        if (this.rows <= KEPT_ROWS || oldest === key) break;
        this.forgetKey(oldest);
      }
    }

    forgetKey(key) {
      const known = this.kept.get(key);
      if (!known) return;
      this.rows -= known.count;
      this.kept.delete(key);
    }

    // Goes on to another version, in which the given grid cells (null: anything) became different.
    advance(version, cells) {
      this.version = version;
      for (const key of [...this.kept.keys()]) if (touches(key, cells)) this.forgetKey(key);
    }
  }

  // Says whether one of some grid cells lies in a tile or in the margin it holds.
  function touches(key, cells) {
    if (!cells) return true;
    const [zoom, x, y] = key.split("/").map(Number);
    const side = 2 ** (GRID_BITS - zoom);
    const margin = side / 8;
    const within = (value, from) => value >= from * side - margin && value < (from + 1) * side + margin;
    return cells.some(([cellX, cellY]) => within(cellX, x) && within(cellY, y));
  }

  // Says whether a map at this zoom shows households or counts: the zoom of its tiles decides, for all of it alike.
  function showsHouseholds(map, view) { return Math.round(map.getZoom()) >= view.points_from_zoom; }

  window.GeoMap = window.GeoMap || {};
  Object.assign(window.GeoMap, { decodeTile, showsHouseholds, TileSource, touches, POINTS, CELLS, NOTHING });
})();
