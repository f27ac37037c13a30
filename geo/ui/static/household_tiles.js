// The map of a view: fetches /tiles/{token}/view.json, its shapes and its tiles, draws them, and says what was clicked.
//
// L.householdTiles({token, selected, at, mode, drawn, linked}) is a light layer that the server replaces whenever something changes.
// What is on the map belongs to its Stage, which stays: the drawing, the toggled legend and the zoom survive a
// replacement. A save anywhere is heard of through /tiles/{token}/changes.
// A click fires `click` on the layer with `layer.toGeoJSON()`: properties {kind, id, seq} (household, place, unlocated,
// issues, clear, next, previous), {kind: "point"} with the position (lon, lat) as geometry, {kind: "drawn"} with an area,
// {kind: "share" or "print", zoom, size, hidden, beside, based} with the centre.
(() => {
  "use strict";
  const { symbolsOf, useSymbols, Furniture, Areas, HouseholdGrid, TileSource, Selector, Sheet } = window.GeoMap;
  const { Listener, Address, Link, BaseMap, paintMark, paintCircle, paintCross } = window.GeoMap;
  const FACTS_AFTER_MS = 90;
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");

  class Stage {
    static of(map) {
      if (!map._geoStage) map._geoStage = new Stage(map);
      return map._geoStage;
    }

    constructor(map) {
      this.map = map;
      this.hidden = { visits: new Set(), issues: new Set() };
      this.facts = new Map();
      for (const [name, order] of [["geo-tiles", 440], ["geo-households", 450]]) {
        map.createPane(name).style.zIndex = order;
        map.getPane(name).style.pointerEvents = "none";
      }
      this.areas = new Areas(map, (kind, id) => this.choose(kind, id));
      this.grid = new HouseholdGrid({
        shows: (code) => !this.hidden.visits.has(code & 15) && !this.hidden.issues.has((code >> 4) & 3),
        small: (code) => this.view.view === "issues" && code < 16,
        failed: (error) => this.fail(error),
      });
      this.sheet = new Sheet({ paint: (draw, ratio, bounds) => this.paint(draw, ratio, bounds) }).addTo(map);
      this.furniture = new Furniture(map, {
        toggle: (channel, code) => this.toggle(channel, code),
        isolate: (channel, code) => this.isolate(channel, code),
        whole: () => this.fit(),
        draw: (mode, byKeyboard) => this.selector.use(mode, byKeyboard),
      });
      this.selector = new Selector(map, (corners) => this.choose("drawn", null, null, corners));
      this.listener = new Listener((told) => this.hear(told));
      this.base = new BaseMap(map, () => this.areas.restyle());
      this.address = new Address(map, this.base);
      this.link = new Link(map);
      // The page's own buttons (分享, 打印) ask the map where it stands.
      window.parent.geoMap = { map, tell: (kind) => this.tellView(kind) };
      map.on("click", (event) => this.click(event));
      map.on("mousemove", (event) => this.point(event));
      map.on("mouseout movestart zoomstart", () => this.forgetPointer());
      map.on("zoomend", () => this.rezoom());
      map.on("moveend", () => {
        this.furniture.drawScale();
        if (this.areas.thinOut()) this.sheet.redraw();
      });
      this.grid.on("loading load painted", () => this.setBusy());
      map.getContainer().addEventListener("keydown", (event) => this.key(event), true);
      map.options.inertia = !still.matches;
    }

    attach(layer) {
      const { token, selected, at, mode, drawn, linked } = layer.options;
      this.link.use(linked);
      this.selector.show(drawn);
      this.layer = layer;
      const moved = Boolean(selected) && selected !== this.selected;
      this.selected = selected || null;
      this.selectedAt = at ? L.latLng(at[1], at[0]) : this.selected && !moved ? this.selectedAt : null;
      this.mode = mode;
      this.chosen = null;
      this.map.getContainer().classList.toggle("geo-picking", mode === "point");
      if (token !== this.token) this.load(token);
      else this.refresh();
      if (moved && this.view) this.bringIn();
    }

    detach(layer) {
      if (this.layer !== layer) return;
      this.layer = null;
      setTimeout(() => { if (!this.layer) this.clear(); });
    }

    clear() {
      if (this.loading) this.loading.abort();
      this.listener.close();
      this.token = this.view = null;
      this.areas.clear();
      this.grid.clear();
      this.sheet.redraw();
    }

    // Fetches a view; an answer that comes after a newer request is dropped.
    async load(token, told = null) {
      if (this.loading) this.loading.abort();
      const loading = new AbortController();
      this.loading = loading;
      this.token = token;
      this.setBusy();
      try {
        const view = await (await this.get("view.json", loading)).json();
        if (this.loading !== loading) return;
        this.facts.clear();
        if (view.shapes && view.shapes !== this.shapesName) {
          const shapes = await (await this.get(`shapes/${view.shapes}.json`, loading)).json();
          if (this.loading !== loading) return;
          Object.assign(this, { shapes, shapesName: view.shapes });
        }
        this.show(view, told);
      } catch (error) {
        if (this.loading !== loading || error.name === "AbortError") return;
        this.token = null;
        this.fail(error);
      } finally {
        if (this.loading === loading) this.loading = null;
        this.setBusy();
      }
    }

    fail(error) {
      if (!error.said) console.error(error);
      this.furniture.say(error.said || (this.view ? this.view.words.failed : "!"));
    }

    setBusy() {
      const busy = Boolean(this.loading) || this.grid.waiting;
      this.map.getContainer().setAttribute("aria-busy", String(busy));
    }

    async get(name, { signal }) {
      const answer = await fetch(`/tiles/${encodeURIComponent(this.token)}/${name}`, { signal, credentials: "same-origin" });
      if (answer.ok) return answer;
      const error = new Error(String(answer.status));
      error.said = await answer.text();
      throw error;
    }

    // Shows a view; `told` is the save that made it new, else everything may be another.
    show(view, told) {
      const moved = !this.view || this.view.place !== view.place;
      const first = !this.view;
      const again = !moved && this.shownToken === this.token;
      Object.assign(this, { view, shownToken: this.token });
      const others = useSymbols(view.symbols);
      if (others) this.grid.forgetPictures();
      if (moved || others) for (const set of Object.values(this.hidden)) set.clear();
      document.documentElement.lang = view.lang;
      this.map.getContainer().setAttribute("role", "application");
      this.map.getContainer().setAttribute("aria-label", view.words.map);
      this.base.show(view.base);
      if (moved && !(first && this.address.restore())) this.fit(first);
      this.areas.show(view, view.shapes ? this.shapes : {}, this.furniture.corner);
      // While the map flies there, badges would stand in the wrong places; the landing shows them.
      if (moved && !first && !still.matches) this.map.getPane("geo-badges").hidden = true;
      this.furniture.show(view, this.hidden);
      if (!again) this.showTiles(view.version);
      else if (told) this.catchUp(told);
      this.refresh();
    }

    showTiles(version) {
      this.source = new TileSource(this.token, version);
      this.grid.setSource(this.source);
      if (!this.map.hasLayer(this.grid)) this.grid.addTo(this.map);
      this.listener.open(this.token, version);
      this.address.write();
    }

    // A save: the figures are fetched again, and the tiles in which something changed.
    hear(told) { this.load(this.token, told); }

    catchUp({ version, cells }) {
      this.source.advance(version, cells);
      this.grid.renew(cells);
    }

    refresh() {
      if (!this.view) return;
      this.furniture.say(this.mode === "point" ? this.view.words.pick_point : "");
      this.furniture.offerDrawing(this.mode === "look" && this.view.place !== "import");
      this.sheet.redraw();
    }

    fit(first = false) {
      const { bounds } = this.view || {};
      if (!bounds) return;
      const [west, south, east, north] = bounds;
      const box = L.latLngBounds([south, west], [north, east]);
      const options = { ...this.roomFor(box), maxZoom: 17 };
      if (first || still.matches) this.map.fitBounds(box, { ...options, animate: false });
      else this.map.flyToBounds(box, { ...options, duration: 0.3 });
    }

    // Returns the paddings that keep an area clear of the legend: beside it or above it, where there is more room.
    roomFor(box) {
      const rooms = this.furniture.onPhone ? [[12, 36]] : [[216, 36], [12, 232]];
      const zoomOf = ([left, bottom]) => this.map.getBoundsZoom(box, false, L.point(left + 28, bottom + 16));
      const [beside, below] = rooms.sort((a, b) => zoomOf(b) - zoomOf(a))[0];
      return { paddingTopLeft: [beside, 16], paddingBottomRight: [28, below] };
    }

    // Brings the selected household to where it can be seen: on a phone its card lies over the lower half.
    bringIn() {
      if (!this.selectedAt) return;
      const size = this.map.getSize();
      const room = L.point(size.x, this.furniture.onPhone ? size.y * 0.4 : size.y);
      const at = this.map.latLngToContainerPoint(this.selectedAt);
      if (L.bounds(room.multiplyBy(0.05), room.multiplyBy(0.95)).contains(at)) return;
      this.map.panBy(at.subtract(room.divideBy(2)), { animate: !still.matches });
    }

    rezoom() {
      if (!this.areas.view) return;
      this.areas.restyle();
      this.furniture.drawLegend(this.view, this.hidden);
    }

    paint(draw) {
      if (!this.view) return;
      this.areas.drawLabels(draw);
      const place = (latlng) => this.map.latLngToLayerPoint(latlng);
      if (this.selectedAt) paintMark(draw, place(this.selectedAt), paintCircle);
      if (this.chosen) paintMark(draw, place(this.chosen), paintCross);
    }

    click({ containerPoint, latlng }) {
      if (!this.view || !this.layer) return;
      if (this.mode === "point") {
        this.chosen = latlng;
        this.sheet.redraw();
        this.choose("point", null, latlng);
        return;
      }
      const home = this.grid.pick(containerPoint);
      const area = home ? null : this.areas.at(latlng);
      if (home) this.select(home);
      else if (area) this.choose("place", area.id, latlng);
    }

    select({ id, latlng }) {
      this.selected = id;
      this.selectedAt = latlng;
      this.sheet.redraw();
      this.bringIn();
      this.choose("household", id);
    }

    choose(kind, id, latlng, corners, more) {
      if (!this.layer) return;
      const properties = { kind, seq: Date.now(), ...more };
      if (id) properties.id = id;
      let geometry = latlng ? { type: "Point", coordinates: [latlng.lng, latlng.lat] } : null;
      if (corners) geometry = { type: "Polygon", coordinates: [corners] };
      this.layer.fire("click", { latlng, layer: { toGeoJSON: () => ({ type: "Feature", properties, geometry }) } });
    }

    // Says where the map stands, how large it is, what its legend and that of the map beside it hide, and whether the base
    // map is on, for a link or a picture of just this.
    tellView(kind) {
      const { x, y } = this.map.getSize();
      const bits = (set) => [...set].reduce((sum, code) => sum + 2 ** code, 0);
      const hides = ({ hidden }) => [bits(hidden.visits), bits(hidden.issues)];
      const beside = this.link.others.map(({ map }) => hides(map._geoStage))[0] || [0, 0];
      const view = { zoom: this.map.getZoom(), size: [x, y], hidden: hides(this), beside, based: this.base.shown };
      this.choose(kind, null, this.map.getCenter(), null, view);
    }

    point({ containerPoint, latlng }) {
      if (!this.view || this.mode === "point") return;
      const home = this.grid.pick(containerPoint);
      const area = home ? null : this.areas.at(latlng);
      this.map.getContainer().classList.toggle("geo-over", Boolean(home || area));
      this.areas.hover(area);
      if (home) this.tellHousehold(home.id, containerPoint);
      else if (area) this.tell(`area ${area.id}`, containerPoint, area.name, [["", area.hint]]);
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
      const { facts, source } = this;
      try {
        if (!facts.has(id)) facts.set(id, await (await this.get(`facts/${id}.json`, {})).json());
      } catch {
        return null;
      }
      return source === this.source ? facts.get(id) : null;
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
      const others = symbolsOf(channel).map((_, index) => index).filter((index) => index !== code);
      const alone = !set.has(code) && others.every((index) => set.has(index));
      set.clear();
      if (!alone) others.forEach((index) => set.add(index));
      this.rehide();
    }

    rehide() {
      this.furniture.pressed(this.hidden);
      this.forgetPointer();
      this.grid.repaint();
    }

    // Esc takes back what is selected or hidden; with a household selected, the arrows go along its group.
    key(event) {
      const way = { ArrowRight: "next", ArrowLeft: "previous" }[event.key];
      if (event.key === "Escape") this.escape();
      else if (way && this.selected && event.target === this.map.getContainer()) {
        event.stopPropagation();
        this.choose(way);
      } else return;
      event.preventDefault();
    }

    escape() {
      this.forgetPointer();
      if (this.selected || this.mode === "point" || this.selector.outline) {
        this.selector.show(null);
        this.selected = this.selectedAt = this.chosen = null;
        this.choose("clear");
      } else for (const set of Object.values(this.hidden)) set.clear();
      if (this.view) this.rehide();
      this.sheet.redraw();
    }

    // For tests and tools: where a household is drawn in the container, in px.
    locate(id) {
      const home = this.grid.listed().get(id);
      return home ? this.map.latLngToContainerPoint(home.latlng) : null;
    }
  }

  L.HouseholdTiles = L.Layer.extend({
    options: { token: "", selected: 0, at: null, mode: "look", drawn: null, linked: false },
    initialize(options) { L.setOptions(this, options); },
    onAdd(map) { Stage.of(map).attach(this); },
    onRemove(map) { Stage.of(map).detach(this); },
  });
  L.householdTiles = (options) => new L.HouseholdTiles(options);
})();
