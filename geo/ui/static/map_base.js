// The base map under everything else, and the way between its system and the one of addresses (WGS84).
//
// Its pictures come from this server alone: /tiles/{token}/{layer}/{z}/{x}/{y}. On a base map drawn in GCJ-02 the server
// sends households and areas already shifted; only what the browser itself reads and writes is carried here.
(() => {
  "use strict";
  const PANE = "geo-base";
  const KEPT_OFF = "geo-base-off";
  const DEG = Math.PI / 180;
  // The published formula: metres on the Krasovsky ellipsoid, inside a rectangle only.
  const [HALF_AXIS, ECCENTRICITY] = [6378245, 0.00669342162296594323];
  const [WEST, EAST, SOUTH, NORTH] = [72.004, 137.8347, 0.8293, 55.8271];
  const MOST_STEPS = 12;
  const CLOSE = 1e-12;

  function gcj02({ lat, lng }) {
    if (lng < WEST || lng > EAST || lat < SOUTH || lat > NORTH) return L.latLng(lat, lng);
    const [x, y] = [lng - 105, lat - 35];
    const wave = (size, turn) => size * Math.sin(turn * Math.PI);
    const root = Math.sqrt(Math.abs(x));
    const both = wave(20, 6 * x) + wave(20, 2 * x);
    let east = both + wave(20, x) + wave(40, x / 3) + wave(150, x / 12) + wave(300, x / 30);
    east = (east * 2) / 3 + 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root;
    let north = both + wave(20, y) + wave(40, y / 3) + wave(160, y / 12) + wave(320, y / 30);
    north = (north * 2) / 3 - 100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root;
    const bulge = 1 - ECCENTRICITY * Math.sin(lat * DEG) ** 2;
    const metresEast = (HALF_AXIS / Math.sqrt(bulge)) * Math.cos(lat * DEG) * DEG;
    const metresNorth = ((HALF_AXIS * (1 - ECCENTRICITY)) / (bulge * Math.sqrt(bulge))) * DEG;
    return L.latLng(lat + north / metresNorth, lng + east / metresEast);
  }

  // What gcj02 moves here: the remaining error is taken off until there is none.
  function wgs84(shown) {
    let [lat, lng] = [shown.lat, shown.lng];
    for (let step = 0; step < MOST_STEPS; step += 1) {
      const moved = gcj02({ lat, lng });
      const [offLat, offLng] = [moved.lat - shown.lat, moved.lng - shown.lng];
      lat -= offLat;
      lng -= offLng;
      if (Math.max(Math.abs(offLat), Math.abs(offLng)) < CLOSE) break;
    }
    return L.latLng(lat, lng);
  }

  class BaseMap {
    // changed() hears that there is another ground under the areas.
    constructor(map, changed) {
      Object.assign(this, { map, changed });
      this.layers = [];
      map.createPane(PANE).style.zIndex = 150;
      map.getPane(PANE).style.pointerEvents = "none";
      this.credit = document.createElement("div");
      this.credit.className = "geo-credit";
      map.getContainer().appendChild(this.credit);
      this.button = document.createElement("button");
      Object.assign(this.button, { type: "button", className: "geo-base", hidden: true });
      L.DomEvent.disableClickPropagation(this.button);
      this.button.addEventListener("click", () => this.toggle());
      map.getContainer().appendChild(this.button);
    }

    // Shows what a view says of the base map (null: there is none); a view with the same one changes nothing.
    show(base) {
      const said = JSON.stringify(base || null);
      if (said === this.said) return;
      this.said = said;
      this.base = base || null;
      this.shifted = Boolean(base) && base.system === "gcj02";
      this.lay();
    }

    lay() {
      for (const layer of this.layers) layer.remove();
      this.layers = [];
      this.credit.textContent = this.shown ? this.base.credit : "";
      this.button.hidden = !this.base;
      this.map.getContainer().classList.toggle("geo-based", this.shown);
      this.button.textContent = this.base ? this.base.name : "";
      this.button.setAttribute("aria-pressed", String(!this.off));
      if (!this.shown) return;
      const [lowest, highest] = this.base.zooms;
      const options = {
        pane: PANE, tileSize: 256, noWrap: true, minZoom: lowest, maxZoom: 20, maxNativeZoom: Math.min(20, highest),
        keepBuffer: 1, updateWhenZooming: false,
      };
      for (let layer = 0; layer < this.base.layers; layer += 1) {
        const address = `/tiles/${encodeURIComponent(this.base.token)}/${layer}/{z}/{x}/{y}`;
        this.layers.push(L.tileLayer(address, options).addTo(this.map));
      }
    }

    get shown() { return Boolean(this.base) && !this.off; }

    get off() {
      try {
        return window.localStorage.getItem(KEPT_OFF) === "1";
      } catch {
        return Boolean(this.offHere);
      }
    }

    toggle() {
      const off = !this.off;
      try {
        window.localStorage.setItem(KEPT_OFF, off ? "1" : "0");
      } catch {
        this.offHere = off;
      }
      this.lay();
      this.changed();
    }

    // Where the map shows a position, and what position it shows there (both WGS84 without a shifted base map).
    place(latlng) { return this.shifted ? gcj02(latlng) : L.latLng(latlng); }

    position(latlng) { return this.shifted ? wgs84(latlng) : L.latLng(latlng); }
  }

  Object.assign(window.GeoMap, { BaseMap });
})();
