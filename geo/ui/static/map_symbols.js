// The symbols of households: fill and shape for the visit, a ring of ink for the worst open issue.
(() => {
  "use strict";
  const { palette, takePicture } = window.GeoMap;
  // Which symbols stand for the state of a household: those of its visit, or of what became of it since another round.
  const shown = { visits: palette.visits };
  const TURN = 2 * Math.PI;
  const UP = 8;
  const [OUTLINE_PX, CROSS_PX] = [0.9, 1.7];
  // Half the width of a picture in units of the symbol's half size: room for ring, gap and mark.
  const ROOM = 3.4;

  const outlines = {
    diamond: (draw, r) => corners(draw, [[0, -1.36 * r], [1.36 * r, 0], [0, 1.36 * r], [-1.36 * r, 0]]),
    square: (draw, r) => corners(draw, [[-r, -r], [r, -r], [r, r], [-r, r]]),
    triangle_up: (draw, r) => corners(draw, [[0, -1.3 * r], [1.2 * r, 0.9 * r], [-1.2 * r, 0.9 * r]]),
    triangle_down: (draw, r) => corners(draw, [[0, 1.3 * r], [1.2 * r, -0.9 * r], [-1.2 * r, -0.9 * r]]),
    plus: (draw, r) => corners(draw, [
      [-0.5, -1.3], [0.5, -1.3], [0.5, -0.5], [1.3, -0.5], [1.3, 0.5], [0.5, 0.5], [0.5, 1.3], [-0.5, 1.3], [-0.5, 0.5],
      [-1.3, 0.5], [-1.3, -0.5], [-0.5, -0.5],
    ].map(([x, y]) => [x * r, y * r])),
    circle: (draw, r) => { draw.beginPath(); draw.arc(0, 0, r, 0, TURN); },
  };

  function corners(draw, points) {
    draw.beginPath();
    points.forEach(([x, y], at) => (at ? draw.lineTo(x, y) : draw.moveTo(x, y)));
    draw.closePath();
  }

  function drawCross(draw, r, fill, casing) {
    draw.beginPath();
    for (const side of [-1, 1]) {
      draw.moveTo(-0.8 * r, -0.8 * r * side);
      draw.lineTo(0.8 * r, 0.8 * r * side);
    }
    draw.lineWidth = CROSS_PX + 2 * Math.max(CROSS_PX / 2, casing);
    draw.strokeStyle = palette.paper;
    draw.stroke();
    draw.lineWidth = CROSS_PX;
    draw.strokeStyle = fill;
    draw.stroke();
  }

  // Draws one visit symbol around the origin; `r` is half its size in px, `casing` how much paper lies around it.
  function drawVisit(draw, state, r, casing = 0) {
    const { fill, shape } = shown.visits[state];
    if (shape === "cross") return drawCross(draw, r, fill, casing);
    const outline = outlines[shape] || outlines.circle;
    outline(draw, r);
    if (casing) {
      draw.lineWidth = OUTLINE_PX + 2 * casing;
      draw.lineJoin = "round";
      draw.strokeStyle = palette.paper;
      draw.stroke();
    }
    draw.fillStyle = shape === "half_circle" ? palette.paper : fill;
    draw.fill();
    if (shape === "half_circle") {
      draw.beginPath();
      draw.arc(0, 0, r, TURN / 4, -TURN / 4);
      draw.closePath();
      draw.fillStyle = fill;
      draw.fill();
      outline(draw, r);
    }
    draw.lineWidth = OUTLINE_PX;
    draw.lineJoin = "miter";
    draw.strokeStyle = palette.outline;
    return draw.stroke();
  }

  // `issue`: the number of a ring, and UP where an issue went up: then it is a square.
  function drawRing(draw, issue, r) {
    const { ring } = palette.issues[issue & ~UP];
    if (!ring) return;
    const radius = 1.5 * r + 1.6;
    draw.beginPath();
    if (issue & UP) draw.rect(-radius, -radius, 2 * radius, 2 * radius);
    else draw.arc(0, 0, radius, 0, TURN);
    draw.strokeStyle = palette.paper;
    draw.lineWidth = ring.width + 2.2;
    draw.stroke();
    draw.setLineDash(ring.dash);
    draw.strokeStyle = ring.stroke;
    draw.lineWidth = ring.width;
    draw.stroke();
    draw.setLineDash([]);
    if (!ring.mark) return;
    const [x, y] = [radius * 0.86, -radius * 0.86];
    draw.beginPath();
    draw.arc(x, y, 4.6, 0, TURN);
    draw.fillStyle = ring.stroke;
    draw.fill();
    draw.fillStyle = palette.paper;
    draw.font = "700 8px sans-serif";
    draw.textAlign = "center";
    draw.textBaseline = "middle";
    draw.fillText(ring.mark, x, y + 0.5);
  }

  // Draws a whole household around the origin: the ring goes under the symbol.
  function drawHousehold(draw, state, issue, r, casing) {
    drawRing(draw, issue, r);
    drawVisit(draw, state, r, casing);
  }

  // Returns {reach, picture(state, issue)}: pictures made once for each kind at one size, for `ratio` device
  // pixels a px, with a casing of paper or none; none reaches further than `reach`.
  function makePictures(r, ratio, casing) {
    const made = new Map();
    const half = Math.ceil(ROOM * r + 4);
    const picture = (state, issue) => {
      const key = `${state}:${issue}`;
      if (!made.has(key)) {
        const canvas = document.createElement("canvas");
        canvas.width = canvas.height = Math.round(2 * half * ratio);
        const draw = canvas.getContext("2d");
        draw.scale(ratio, ratio);
        draw.translate(half, half);
        drawHousehold(draw, state, issue, r, casing);
        made.set(key, takePicture(canvas));
      }
      return made.get(key);
    };
    return { reach: Math.ceil(half * ratio), picture };
  }

  // Returns a canvas element for the legend. `state` or `issue` may be null.
  function makeIcon(state, issue, ratio) {
    const canvas = document.createElement("canvas");
    const [width, height] = issue === null ? [16, 16] : [22, 20];
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    canvas.setAttribute("aria-hidden", "true");
    const draw = canvas.getContext("2d");
    draw.scale(ratio, ratio);
    draw.translate(issue === null ? 8 : 10, issue === null ? 8 : 11);
    if (issue !== null) drawRing(draw, issue, 3.4);
    if (state !== null) drawVisit(draw, state, 4.6);
    return canvas;
  }

  // Half the size of a symbol in px at a zoom: smaller where a village is small.
  function sizeAt(zoom) {
    return Math.min(5, Math.max(2.8, 2.9 + 0.6 * (zoom - 13)));
  }

  // Returns the symbols of a channel of the legend ("visits" or "issues"), by number.
  function symbolsOf(channel) { return channel === "visits" ? shown.visits : palette[channel]; }

  // Goes over to other symbols ("visits" or "compared"); returns whether they are others.
  function useSymbols(name) {
    const changed = shown.visits !== palette[name];
    shown.visits = palette[name];
    return changed;
  }

  Object.assign(window.GeoMap, { UP, symbolsOf, useSymbols, drawHousehold, makePictures, makeIcon, sizeAt });
})();
