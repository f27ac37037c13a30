// Choosing households on the map: a rectangle, a line drawn around them or corner by corner, by pointer, finger or
// keyboard. A polygon's corners are clicks; its first corner, a double click or Enter closes it.
(() => {
  "use strict";
  const { palette } = window.GeoMap;
  const LEAST_PX = 6;
  const EVERY_PX = 4;
  const MOST_CORNERS = 400;
  const CLOSE_PX = 9;
  const SWALLOW_MS = 30;

  class Selector {
    // chosen(corners) hears of a finished area as [lon, lat] pairs.
    constructor(map, chosen) {
      this.map = map;
      this.chosen = chosen;
      this.mode = null;
      const container = map.getContainer();
      container.addEventListener("pointerdown", (event) => this.begin(event), true);
      container.addEventListener("pointermove", (event) => this.move(event), true);
      for (const name of ["pointerup", "pointercancel"]) container.addEventListener(name, (event) => this.end(event), true);
      container.addEventListener("keydown", (event) => this.key(event), true);
    }

    // Starts or stops a way of choosing ("box", "lasso", "polygon"); by keyboard a box is what the screen shows.
    use(mode, byKeyboard) {
      this.points = null;
      if (byKeyboard && mode === "box") {
        const bounds = this.map.getBounds();
        return this.finish([bounds.getSouthWest(), bounds.getSouthEast(), bounds.getNorthEast(), bounds.getNorthWest()]);
      }
      this.mode = this.mode === mode ? null : mode;
      this.map.dragging[this.mode ? "disable" : "enable"]();
      this.map.getContainer().classList.toggle("geo-selecting", Boolean(this.mode));
      this.map.fire("drawing", { mode: this.mode });
      return undefined;
    }

    // Shows the area of a selection that stands, or none.
    show(corners) {
      if (this.outline) this.outline.remove();
      this.outline = null;
      if (!corners || !corners.length) return;
      this.outline = L.polygon(corners.map(([lon, lat]) => [lat, lon]), {
        pane: "geo-households", interactive: false, color: palette.accent, weight: 2, dashArray: "6 4", fillColor: palette.accent,
        fillOpacity: 0.06,
      }).addTo(this.map);
    }

    begin(event) {
      const onMap = !event.target.closest("button, .geo-legend, .geo-corner");
      if (!this.mode || !onMap || event.button > 0) return;
      event.preventDefault();
      event.stopPropagation();
      const point = this.map.mouseEventToContainerPoint(event);
      this.pointer = event.pointerId;
      if (this.mode === "polygon") this.addCorner(point);
      else this.points = [point];
    }

    // A corner of a polygon; on the first one, or twice in one place, it is closed.
    addCorner(point) {
      const { points } = this;
      const near = (corner) => corner.distanceTo(point) < CLOSE_PX;
      if (points && points.length > 2 && (near(points[0]) || near(points[points.length - 1]))) this.close();
      else this.points = [...(points || []), point];
      if (this.points) this.show(this.corners().map(({ lat, lng }) => [lng, lat]));
    }

    close() {
      const corners = this.corners();
      this.stop();
      this.finish(corners);
    }

    key(event) {
      if (this.mode !== "polygon" || !this.points) return;
      if (event.key === "Enter" && this.points.length > 2) this.close();
      else if (event.key === "Escape") {
        this.stop();
        this.show(null);
      } else return;
      event.preventDefault();
      event.stopImmediatePropagation();
    }

    // The click that follows belongs to the drawing, not to what lies under it.
    stop() {
      this.points = null;
      this.swallow();
      setTimeout(() => this.mode && this.use(this.mode));
    }

    swallow() {
      const container = this.map.getContainer();
      const swallow = (click) => click.stopPropagation();
      for (const name of ["click", "dblclick"]) container.addEventListener(name, swallow, true);
      setTimeout(() => ["click", "dblclick"].forEach((name) => container.removeEventListener(name, swallow, true)), SWALLOW_MS);
    }

    move(event) {
      if (!this.points || event.pointerId !== this.pointer || this.mode === "polygon") return;
      event.stopPropagation();
      const point = this.map.mouseEventToContainerPoint(event);
      if (point.distanceTo(this.points[this.points.length - 1]) < EVERY_PX) return;
      if (this.mode === "box") this.points.length = 1;
      this.points.push(point);
      this.show(this.corners().map(({ lat, lng }) => [lng, lat]));
    }

    end(event) {
      if (this.mode === "polygon") {
        event.stopPropagation();
        this.swallow();
        return;
      }
      if (!this.points || event.pointerId !== this.pointer) return;
      event.stopPropagation();
      const size = L.bounds(this.points).getSize();
      const corners = this.corners();
      this.stop();
      if (size.x < LEAST_PX || size.y < LEAST_PX || event.type === "pointercancel") this.show(null);
      else this.finish(corners);
    }

    corners() {
      const [first, last] = [this.points[0], this.points[this.points.length - 1]];
      const points = this.mode === "box" ? [first, L.point(last.x, first.y), last, L.point(first.x, last.y)] : this.points;
      const step = Math.ceil(points.length / MOST_CORNERS);
      return points.filter((_, at) => at % step === 0).map((point) => this.map.containerPointToLatLng(point));
    }

    finish(corners) {
      const pairs = corners.map(({ lat, lng }) => [lng, lat]);
      this.show(pairs);
      this.chosen(pairs);
    }
  }

  window.GeoMap.Selector = Selector;
})();
