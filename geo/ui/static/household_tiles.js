// The map of one unit: fetches /tiles/{token}/view.json and points.bin, draws them, and says what was clicked.
//
// L.householdTiles({token, selected, mode}) is a light layer that the server replaces whenever something changes. What
// is on the map belongs to its Stage, which stays: the drawing, the toggled legend and the zoom survive a replacement.
// A click fires `click` on the layer with `layer.toGeoJSON()`: properties {kind, id, seq} (household, place, unlocated,
// issues, clear) or {kind: "point"} with the position (lon, lat) as geometry.
(() => {
  "use strict";
  const { palette, decodeBlock, makeSprites, sizeAt, Furniture, Areas } = window.GeoMap;
  const REACH_PX = 10;
  const FACTS_AFTER_MS = 90;
  const PALE = 0.35;
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");

  // A canvas over the whole map that follows pans and zooms as Leaflet's own renderers do.
  const Sheet = L.Renderer.extend({
    options: { padding: 0.2, pane: "geo-households" },
    _initContainer() {
      this._container = document.createElement("canvas");
      this._container.className = "geo-sheet";
      this._container.setAttribute("aria-hidden", "true");
    },
    _destroyContainer() { this._container.remove(); },
    _update() {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      this.redraw();
    },
    _updatePaths() {},
    redraw() {
      if (!this._map || !this._bounds || this._map._animatingZoom) return;
      const ratio = window.devicePixelRatio || 1;
      const size = this._bounds.getSize();
      const canvas = this._container;
      L.DomUtil.setPosition(canvas, this._bounds.min);
      canvas.width = Math.round(size.x * ratio);
      canvas.height = Math.round(size.y * ratio);
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
      const draw = canvas.getContext("2d");
      draw.scale(ratio, ratio);
      draw.translate(-this._bounds.min.x, -this._bounds.min.y);
      this.options.paint(draw, ratio, this._bounds);
    },
  });

  class Stage {
    static of(map) {
      if (!map._geoStage) map._geoStage = new Stage(map);
      return map._geoStage;
    }

    constructor(map) {
      this.map = map;
      this.hidden = { visits: new Set(), issues: new Set() };
      this.facts = new Map();
      map.createPane("geo-households").style.zIndex = 450;
      map.getPane("geo-households").style.pointerEvents = "none";
      this.areas = new Areas(map, (kind, id) => this.choose(kind, id));
      this.sheet = new Sheet({ paint: (draw, ratio, bounds) => this.paint(draw, ratio, bounds) }).addTo(map);
      this.furniture = new Furniture(map, {
        toggle: (channel, code) => this.toggle(channel, code),
        isolate: (channel, code) => this.isolate(channel, code),
        whole: () => this.fit(),
      });
      map.on("click", (event) => this.click(event));
      map.on("mousemove", (event) => this.point(event));
      map.on("mouseout movestart zoomstart", () => this.forgetPointer());
      map.on("zoomend", () => this.rezoom());
      map.on("moveend", () => this.furniture.drawScale());
      map.getContainer().addEventListener("keydown", (event) => this.key(event), true);
      map.options.inertia = !still.matches;
    }

    attach(layer) {
      const { token, selected, mode } = layer.options;
      this.layer = layer;
      this.selected = selected || null;
      this.mode = mode;
      this.chosen = null;
      this.map.getContainer().classList.toggle("geo-picking", mode === "point");
      if (token !== this.token) this.load(token);
      else this.refresh();
    }

    detach(layer) {
      if (this.layer !== layer) return;
      this.layer = null;
      setTimeout(() => { if (!this.layer) this.clear(); });
    }

    clear() {
      if (this.loading) this.loading.abort();
      this.token = this.view = this.block = null;
      this.areas.clear();
      this.sheet.redraw();
    }

    // Fetches a view and its points; an answer that comes after a newer request is dropped.
    async load(token) {
      if (this.loading) this.loading.abort();
      const loading = new AbortController();
      this.loading = loading;
      this.token = token;
      this.map.getContainer().setAttribute("aria-busy", "true");
      try {
        const view = await (await this.get("view.json", loading)).json();
        const block = view.points ? decodeBlock(await (await this.get("points.bin", loading)).arrayBuffer()) : null;
        if (this.loading !== loading) return;
        this.facts.clear();
        this.show(view, block);
      } catch (error) {
        if (this.loading !== loading || error.name === "AbortError") return;
        this.token = null;
        if (!error.said) console.error(error);
        this.furniture.say(error.said || (this.view ? this.view.words.failed : "!"));
      } finally {
        if (this.loading === loading) this.map.getContainer().setAttribute("aria-busy", "false");
      }
    }

    async get(name, { signal }) {
      const answer = await fetch(`/tiles/${encodeURIComponent(this.token)}/${name}`, { signal, credentials: "same-origin" });
      if (answer.ok) return answer;
      const error = new Error(String(answer.status));
      error.said = await answer.text();
      throw error;
    }

    show(view, block) {
      const moved = !this.view || this.view.place !== view.place;
      const first = !this.view;
      Object.assign(this, { view, block, shownToken: this.token });
      if (moved) for (const set of Object.values(this.hidden)) set.clear();
      document.documentElement.lang = view.lang;
      this.map.getContainer().setAttribute("role", "application");
      this.map.getContainer().setAttribute("aria-label", view.words.map);
      if (moved) this.fit(first);
      this.areas.show(view, this.furniture.corner);
      this.wasUnder = this.areas.under;
      // While the map flies there, badges would stand in the wrong places; the landing shows them.
      if (moved && !first && !still.matches) this.map.getPane("geo-badges").hidden = true;
      this.furniture.show(view, this.hidden);
      this.refresh();
    }

    refresh() {
      if (!this.view) return;
      this.furniture.say(this.mode === "point" ? this.view.words.pick_point : "");
      this.sheet.redraw();
    }

    fit(first = false) {
      const { bounds } = this.view || {};
      if (!bounds) return;
      const [west, south, east, north] = bounds;
      const beside = this.map.getSize().x > 640 ? 216 : 12;
      const options = { paddingTopLeft: [beside, 16], paddingBottomRight: [28, 36], maxZoom: 17 };
      const box = [[south, west], [north, east]];
      if (first || still.matches) this.map.fitBounds(box, { ...options, animate: false });
      else this.map.flyToBounds(box, { ...options, duration: 0.3 });
    }

    rezoom() {
      if (!this.areas.view) return;
      const { under } = this.areas;
      this.areas.restyle();
      if (under !== this.wasUnder) this.furniture.drawLegend(this.view, this.hidden);
      this.wasUnder = under;
    }

    get drawsHouseholds() { return Boolean(this.block) && this.map.getZoom() >= this.view.points_from_zoom; }

    shows(row) {
      return !this.hidden.visits.has(this.block.state[row]) && !this.hidden.issues.has(this.block.issue[row]);
    }

    // The position of a row on the map's layers, in px.
    place(row) {
      const scale = this.map.options.crs.scale(this.map.getZoom());
      const origin = this.map.getPixelOrigin();
      return L.point(this.block.x[row] * scale - origin.x, this.block.y[row] * scale - origin.y);
    }

    paint(draw, ratio, bounds) {
      if (!this.view) return;
      if (this.drawsHouseholds) this.paintHouseholds(draw, ratio, bounds);
      this.areas.drawLabels(draw);
      if (this.drawsHouseholds) this.paintSelected(draw);
      if (this.chosen) this.paintChosen(draw);
    }

    paintHouseholds(draw, ratio, bounds) {
      const r = sizeAt(this.map.getZoom());
      const sprite = makeSprites(r, ratio);
      const pale = this.view.view === "issues";
      for (const row of this.block.order) {
        if (!this.shows(row)) continue;
        const { x, y } = this.place(row);
        if (!bounds.contains([x, y])) continue;
        const { canvas, half } = sprite(this.block.state[row], this.block.issue[row]);
        draw.globalAlpha = pale && !this.block.issue[row] ? PALE : 1;
        draw.drawImage(canvas, x - half, y - half, 2 * half, 2 * half);
        if (this.block.dwelling[row] > 1) paintCount(draw, x + r + 1, y + r + 1, this.block.dwelling[row]);
      }
      draw.globalAlpha = 1;
    }

    paintSelected(draw) {
      const row = this.block.id.indexOf(this.selected);
      if (row < 0) return;
      const { x, y } = this.place(row);
      for (const [colour, width] of [[palette.paper, 6], [palette.accent, 2.6]]) {
        draw.beginPath();
        draw.arc(x, y, 15, 0, 2 * Math.PI);
        draw.strokeStyle = colour;
        draw.lineWidth = width;
        draw.stroke();
      }
    }

    paintChosen(draw) {
      const { x, y } = this.map.latLngToLayerPoint(this.chosen);
      for (const [colour, width] of [[palette.paper, 5], [palette.accent, 2]]) {
        draw.beginPath();
        draw.moveTo(x - 12, y);
        draw.lineTo(x + 12, y);
        draw.moveTo(x, y - 12);
        draw.lineTo(x, y + 12);
        draw.strokeStyle = colour;
        draw.lineWidth = width;
        draw.stroke();
      }
    }

    // Returns the shown row nearest to a point of the container within reach, the upper one of two; −1 for none.
    pick(containerPoint) {
      if (!this.view || !this.drawsHouseholds) return -1;
      const point = this.map.containerPointToLayerPoint(containerPoint);
      let [found, nearest] = [-1, REACH_PX];
      for (const row of this.block.order) {
        const distance = this.shows(row) ? this.place(row).distanceTo(point) : Infinity;
        if (distance <= nearest) [found, nearest] = [row, distance];
      }
      return found;
    }

    click({ containerPoint, latlng }) {
      if (!this.view || !this.layer) return;
      if (this.mode === "point") {
        this.chosen = latlng;
        this.sheet.redraw();
        this.choose("point", null, latlng);
        return;
      }
      const row = this.pick(containerPoint);
      const area = row < 0 ? this.areas.at(latlng) : null;
      if (row >= 0) this.select(row);
      else if (area) this.choose("place", area.id, latlng);
    }

    select(row) {
      this.selected = this.block.id[row];
      this.sheet.redraw();
      this.choose("household", this.selected);
    }

    choose(kind, id, latlng) {
      if (!this.layer) return;
      const properties = { kind, seq: Date.now() };
      if (id) properties.id = id;
      const geometry = latlng ? { type: "Point", coordinates: [latlng.lng, latlng.lat] } : null;
      this.layer.fire("click", { latlng, layer: { toGeoJSON: () => ({ type: "Feature", properties, geometry }) } });
    }

    point({ containerPoint, latlng }) {
      if (!this.view || this.mode === "point") return;
      const row = this.pick(containerPoint);
      const area = row < 0 ? this.areas.at(latlng) : null;
      this.map.getContainer().classList.toggle("geo-over", row >= 0 || Boolean(area));
      this.areas.hover(area);
      if (row >= 0) this.tellHousehold(this.block.id[row], containerPoint);
      else if (area) this.tell(`area ${area.id}`, containerPoint, area.properties.name, [["", area.properties.hint]]);
      else this.forgetPointer();
    }

    tell(subject, point, title, rows) {
      clearTimeout(this.waiting);
      this.told = subject;
      this.furniture.showTip(point, title, rows);
    }

    tellHousehold(id, point) {
      const subject = `household ${id}`;
      if (this.told === subject) return;
      clearTimeout(this.waiting);
      this.furniture.hideTip();
      this.told = subject;
      this.waiting = setTimeout(async () => {
        const facts = await this.factsOf(id);
        if (facts && this.told === subject) this.furniture.showTip(point, facts.title, facts.rows);
      }, FACTS_AFTER_MS);
    }

    async factsOf(id) {
      const { facts, loading } = this;
      try {
        if (!facts.has(id)) facts.set(id, await (await this.get(`facts/${id}.json`, loading)).json());
      } catch {
        return null;
      }
      return loading === this.loading ? facts.get(id) : null;
    }

    forgetPointer() {
      clearTimeout(this.waiting);
      this.told = null;
      this.areas.hover(null);
      this.furniture.hideTip();
    }

    toggle(channel, code) {
      const set = this.hidden[channel];
      if (!set.delete(code)) set.add(code);
      this.rehide();
    }

    isolate(channel, code) {
      const set = this.hidden[channel];
      const others = palette[channel].map((_, index) => index).filter((index) => index !== code);
      const alone = !set.has(code) && others.every((index) => set.has(index));
      set.clear();
      if (!alone) others.forEach((index) => set.add(index));
      this.rehide();
    }

    rehide() {
      this.furniture.pressed(this.hidden);
      this.forgetPointer();
      this.sheet.redraw();
    }

    // Esc takes back what is selected or hidden; with a household selected, the arrows go along the register.
    key(event) {
      if (event.key === "Escape") this.escape();
      else if (this.selected && event.target === this.map.getContainer() && this.step(event.key)) event.stopPropagation();
      else return;
      event.preventDefault();
    }

    escape() {
      this.forgetPointer();
      if (this.selected || this.mode === "point") {
        this.selected = this.chosen = null;
        this.choose("clear");
      } else for (const set of Object.values(this.hidden)) set.clear();
      if (this.view) this.rehide();
    }

    step(key) {
      const way = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (!way || !this.block) return false;
      const rows = [...this.block.order].filter((row) => this.shows(row)).sort((a, b) => this.block.id[a] - this.block.id[b]);
      const at = rows.findIndex((row) => this.block.id[row] === this.selected);
      const row = rows[(at + way + rows.length) % rows.length];
      if (row === undefined) return false;
      const spot = this.map.layerPointToLatLng(this.place(row));
      if (!this.map.getBounds().pad(-0.05).contains(spot)) this.map.panTo(spot, { animate: !still.matches });
      this.select(row);
      return true;
    }

    // For tests and tools: where a household is drawn in the container, in px.
    locate(id) {
      const row = this.block ? this.block.id.indexOf(id) : -1;
      return row < 0 ? null : this.map.layerPointToContainerPoint(this.place(row));
    }
  }

  function paintCount(draw, x, y, count) {
    draw.font = "600 10px sans-serif";
    draw.textAlign = "left";
    draw.textBaseline = "middle";
    draw.lineWidth = 3;
    draw.strokeStyle = palette.paper;
    draw.fillStyle = palette.ink;
    draw.strokeText(String(count), x, y);
    draw.fillText(String(count), x, y);
  }

  L.HouseholdTiles = L.Layer.extend({
    options: { token: "", selected: 0, mode: "look" },
    initialize(options) { L.setOptions(this, options); },
    onAdd(map) { Stage.of(map).attach(this); },
    onRemove(map) { Stage.of(map).detach(this); },
  });
  L.householdTiles = (options) => new L.HouseholdTiles(options);
})();
