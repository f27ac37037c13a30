// MapLibre GL on the same households as vector tiles.
import * as maplibre from "/bench/npm/maplibre-gl/dist/maplibre-gl.mjs";

const asked = new URLSearchParams(window.location.search);
const [lon, lat, zoom] = asked.get("view").split(",").map(Number);
if (maplibre.setWorkerUrl) maplibre.setWorkerUrl("/bench/npm/maplibre-gl/dist/maplibre-gl-worker.mjs");
const tiles = `${window.location.origin}/bench/mvt/${asked.get("size")}/${asked.get("only")}/{z}/{x}/{y}.pbf`;
const map = new maplibre.Map({
  container: "map",
  // MapLibre counts zoom levels in tiles of 512 px.
  center: [lon, lat], zoom: zoom - 1, attributionControl: false, fadeDuration: 0,
  style: {
    version: 8,
    sources: { homes: { type: "vector", tiles: [tiles], minzoom: 10, maxzoom: 16 } },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": "#F3F4F1" } },
      { id: "homes", type: "circle", source: "homes", "source-layer": "homes",
        paint: { "circle-radius": 3.5, "circle-color": ["match", ["get", "state"], 0, "#A50F15", 1, "#F5A300", "#5AB4D6"] } },
    ],
  },
});
const idle = () => new Promise((done) => map.once("idle", () => requestAnimationFrame(() => requestAnimationFrame(done))));
window.bench = {
  async zoom() { map.jumpTo({ zoom: 13 }); await idle(); },
  async pan() { map.panBy([400, 0], { animate: false }); await idle(); },
  async toggle() { map.setFilter("homes", ["!=", ["get", "state"], 1]); await idle(); },
};
