// A canvas over the whole map for what is written on it, and the marks around what is chosen.
(() => {
  "use strict";
  const { palette } = window.GeoMap;

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

  // Draws a mark (a function of canvas, x, y that makes a path) in the accent, with paper around it.
  function paintMark(draw, { x, y }, shape) {
    for (const [colour, width] of [[palette.paper, 5.5], [palette.accent, 2.4]]) {
      draw.beginPath();
      shape(draw, x, y);
      draw.strokeStyle = colour;
      draw.lineWidth = width;
      draw.stroke();
    }
  }

  function paintCircle(draw, x, y) { draw.arc(x, y, 15, 0, 2 * Math.PI); }

  function paintCross(draw, x, y) {
    draw.moveTo(x - 12, y);
    draw.lineTo(x + 12, y);
    draw.moveTo(x, y - 12);
    draw.lineTo(x, y + 12);
  }

  Object.assign(window.GeoMap, { Sheet, paintMark, paintCircle, paintCross });
})();
