// The layer of households: one canvas a tile, drawn from the tile's own rows, sharp at every zoom and on dense screens.
(() => {
  "use strict";
  const { palette, symbolsOf, makePictures, sizeAt, touches, Raster, POINTS, SQUARES, gatherMarks, sizeOfMark, placeMark } = window.GeoMap;
  const TILE = 256;
  const STEPS = 4096;
  // What does not matter in a view is drawn smaller, in its full colour.
  const [SMALLER, LEAST_PX] = [0.6, 2];
  const REACH_PX = 10;
  const AFTER_SCREEN_MS = 60;
  // A number is written from this zoom on, and before only where it covers few symbols.
  const COUNTS_FROM = 16;
  const ROOMY = 0.8;

  const HouseholdGrid = L.GridLayer.extend({
    options: {
      pane: "geo-tiles", tileSize: TILE, minNativeZoom: 6, maxNativeZoom: 20, maxZoom: 20, noWrap: true,
      keepBuffer: 1, updateWhenIdle: false, updateWhenZooming: false, updateInterval: 80,
    },

    // `look`: shows(code), small(code) say how a household of a packed state and ring is drawn; failed() hears of errors.
    initialize(look, options) {
      L.setOptions(this, options);
      this.look = look;
      this.raster = new Raster();
      this.pictures = new Map();
    },

    onAdd(map) {
      L.GridLayer.prototype.onAdd.call(this, map);
      map.on("zoomend", this.sharpen, this);
      this.on("tileunload", ({ tile }) => tile.loading && tile.loading.abort());
    },

    onRemove(map) {
      map.off("zoomend", this.sharpen, this);
      L.GridLayer.prototype.onRemove.call(this, map);
    },

    // Shows another source; what is on the screen stays until its tile of the new source is there.
    setSource(source) {
      this.source = source;
      for (const { el } of this.current()) this.fill(el);
    },

    // Fetches the tiles in which grid cells (null: anything) became different.
    renew(cells) {
      for (const { el } of this.current()) if (touches(el.key, cells)) this.fill(el);
    },

    clear() {
      this.source = null;
      for (const { el } of this.current()) {
        if (el.loading) el.loading.abort();
        el.rows = null;
        this.paint(el);
      }
    },

    // Other symbols stand for the states from now on.
    forgetPictures() { this.pictures.clear(); },

    current() { return Object.values(this._tiles || {}); },

    createTile(coords, done) {
      const tile = document.createElement("canvas");
      tile.setAttribute("aria-hidden", "true");
      tile.key = `${coords.z}/${coords.x}/${coords.y}`;
      tile.coords = coords;
      if (this.source) this.fill(tile, done);
      else setTimeout(() => done(null, tile));
      return tile;
    },

    // An answer that a newer request of the same tile has overtaken is dropped.
    async fill(tile, done) {
      if (tile.loading) tile.loading.abort();
      const loading = new AbortController();
      tile.loading = loading;
      try {
        const rows = await this.source.load(tile.key, loading.signal);
        if (tile.loading !== loading) return;
        tile.rows = rows;
        this.paint(tile);
        if (done) done(null, tile);
        this.fire("painted");
      } catch (error) {
        if (tile.loading !== loading || error.name === "AbortError") return;
        this.look.failed(error);
        if (done) done(error, tile);
      } finally {
        if (tile.loading === loading) tile.loading = null;
      }
    },

    get waiting() { return this.current().some(({ el }) => el.loading); },

    // Draws all tiles anew: those on the screen at once, those kept around it after the screen has been shown.
    repaint() {
      const screen = this._map.getPixelBounds();
      const around = [];
      for (const { el } of this.current()) {
        const side = TILE * this.scaleOf(el);
        const corner = L.point(el.coords.x, el.coords.y).multiplyBy(side);
        if (screen.intersects(L.bounds(corner, corner.add([side, side])))) this.paint(el);
        else around.push(el);
      }
      clearTimeout(this.later);
      this.later = setTimeout(() => around.forEach((el) => this._map && this.paint(el)), AFTER_SCREEN_MS);
    },

    // Tiles made for another fraction of a zoom level are drawn anew, so that nothing is stretched.
    sharpen() { for (const { el } of this.current()) if (el.scale !== this.scaleOf(el)) this.paint(el); },

    scaleOf(tile) { return this._map ? this._map.getZoomScale(this._map.getZoom(), tile.coords.z) : 1; },

    paint(tile) {
      if (tile.coords.z !== this._tileZoom && tile.scale) return;
      const ratio = window.devicePixelRatio || 1;
      const frame = this.frameOf(tile, ratio);
      const draw = tile.getContext("2d");
      if (tile.width !== frame.width || tile.height !== frame.height) Object.assign(tile, { width: frame.width, height: frame.height });
      if (!tile.rows || !tile.rows.count) {
        draw.clearRect(0, 0, frame.width, frame.height);
        return;
      }
      if (tile.rows.kind === POINTS) this.paintPoints(draw, tile.rows, frame, ratio);
      else this.paintCells(draw, tile, frame, ratio);
    },

    // Puts a tile on whole device pixels of the screen, also at a fraction of a zoom level, where Leaflet would place it
    // between them and every symbol would be a blur. Returns {width, height, side, left, top}: its size, and how wide
    // and where the tile proper lies in it, in device pixels.
    frameOf(tile, ratio) {
      tile.scale = this.scaleOf(tile);
      const unit = tile.scale * ratio;
      const origin = this._levels[tile.coords.z] ? this._getTilePos(tile.coords) : L.point(0, 0);
      const from = origin.multiplyBy(unit);
      const to = origin.add([TILE, TILE]).multiplyBy(unit).round();
      const start = from.round();
      const size = to.subtract(start);
      L.DomUtil.setPosition(tile, start.divideBy(unit));
      tile.style.width = `${size.x / unit}px`;
      tile.style.height = `${size.y / unit}px`;
      return { width: size.x, height: size.y, side: TILE * unit, left: from.x - start.x, top: from.y - start.y };
    },

    picturesFor(r, ratio, casing = 0) {
      const key = `${r}:${ratio}:${casing}`;
      if (!this.pictures.has(key)) {
        if (this.pictures.size > 16) this.pictures.clear();
        this.pictures.set(key, makePictures(r, ratio, casing));
      }
      return this.pictures.get(key);
    },

    paintPoints(draw, rows, frame, ratio) {
      const { raster, look } = this;
      const r = sizeAt(this._map.getZoom());
      const [full, small] = [this.picturesFor(r, ratio), this.picturesFor(Math.max(LEAST_PX, SMALLER * r), ratio)];
      const { x, y, code, order } = rows;
      const { side, left, top } = frame;
      const step = side / STEPS;
      raster.begin(frame.width, frame.height, full.reach);
      let [last, shown] = [-1, null];
      for (let at = order.length - 1; at >= 0; at -= 1) {
        const row = order[at];
        const kind = code[row] & 0xbf;
        if (kind !== last) {
          last = kind;
          shown = look.shows(kind) ? (look.small(kind) ? small : full).picture(kind & 15, kind >> 4) : null;
        }
        if (shown) raster.stamp(shown, Math.round(x[row] * step + left), Math.round(y[row] * step + top));
      }
      const counts = this.placeCounts(rows, frame, r * ratio, ratio);
      raster.finish(draw);
      this.paintCounts(draw, counts, ratio);
    },

    // Several households of one dwelling stand at one place; how many of the shown ones is written beside it. Seen from
    // afar it is written only where it does not cover the neighbours. Returns {text, x, y} of each.
    placeCounts(rows, { side, left, top }, r, ratio) {
      const [step, always] = [side / STEPS, this._map.getZoom() >= COUNTS_FROM];
      const [wide, high] = [6 * ratio, 10 * ratio].map(Math.ceil);
      const placed = [];
      for (const group of rows.groups) {
        const text = String(group.filter((row) => this.look.shows(rows.code[row] & 0x3f)).length);
        const [x, y] = [rows.x[group[0]] * step + left + r + ratio, rows.y[group[0]] * step + top + r + ratio];
        const corner = [Math.round(x), Math.round(y - high / 2)];
        if (text > "1" && (always || this.raster.freeOf(...corner, wide * text.length, high) >= ROOMY)) placed.push({ text, x, y });
      }
      return placed;
    },

    paintCounts(draw, counts, ratio) {
      if (!counts.length) return;
      draw.font = `600 ${10 * ratio}px sans-serif`;
      draw.textBaseline = "middle";
      draw.lineWidth = 3 * ratio;
      draw.strokeStyle = palette.paper;
      draw.fillStyle = palette.ink;
      for (const { text, x, y } of counts) {
        draw.strokeText(text, x, y);
        draw.fillText(text, x, y);
      }
    },

    // Below the zoom of households: a symbol a square (map_cells.js). None lies over another.
    paintCells(draw, tile, frame, ratio) {
      const shown = Uint8Array.from({ length: 256 }, (_, kind) => this.look.shows(kind) && !this.look.small(kind));
      const side = frame.side / SQUARES;
      tile.marks = gatherMarks(tile.rows, shown, symbolsOf("visits")).map((mark) => {
        const r = sizeOfMark(mark.amount, side / ratio);
        const [x, y] = placeMark(mark, r * ratio, side);
        return { ...mark, r, x: Math.round(x + frame.left), y: Math.round(y + frame.top) };
      });
      const { raster } = this;
      raster.begin(frame.width, frame.height, this.picturesFor(palette.marks.most, ratio, palette.marks.casing).reach);
      for (const { state, r, x, y } of tile.marks) {
        raster.stamp(this.picturesFor(r, ratio, palette.marks.casing).picture(state, 0), x, y);
      }
      raster.finish(draw);
    },

    // Returns {id, code, latlng} of the shown household nearest to a point of the container within reach, the upper one
    // of two; null for none. A tile's margin holds those of its neighbours that reach in.
    pick(containerPoint) {
      const map = this._map;
      if (!this.source || !map) return null;
      const world = map.containerPointToLayerPoint(containerPoint).add(map.getPixelOrigin());
      for (const { el, current } of this.current()) {
        if (!current || !el.rows || el.rows.kind !== POINTS) continue;
        const side = TILE * this.scaleOf(el);
        const [x, y] = [world.x - el.coords.x * side, world.y - el.coords.y * side];
        if (x < 0 || y < 0 || x >= side || y >= side) continue;
        const row = this.nearest(el.rows, x, y, side / STEPS);
        return row < 0 ? null : this.tell(el, row);
      }
      return null;
    },

    nearest(rows, x, y, step) {
      let [found, least] = [-1, REACH_PX * REACH_PX];
      for (const row of rows.order) {
        const [dx, dy] = [rows.x[row] * step - x, rows.y[row] * step - y];
        const distance = dx * dx + dy * dy;
        if (distance <= least && this.look.shows(rows.code[row] & 0x3f)) [found, least] = [row, distance];
      }
      return found;
    },

    tell(tile, row) {
      const { rows, coords } = tile;
      const at = L.point(coords.x + rows.x[row] / STEPS, coords.y + rows.y[row] / STEPS).multiplyBy(TILE);
      return { id: rows.id[row], code: rows.code[row] & 0x3f, latlng: this._map.unproject(at, coords.z) };
    },

    // Returns the households on the screen by number (each once), for selections and for tests.
    listed() {
      const found = new Map();
      for (const { el, current } of this.current()) {
        if (!current || !el.rows || el.rows.kind !== POINTS) continue;
        for (let row = 0; row < el.rows.count; row += 1) if (!found.has(el.rows.id[row])) found.set(el.rows.id[row], this.tell(el, row));
      }
      return found;
    },
  });

  window.GeoMap.HouseholdGrid = HouseholdGrid;
})();
