// Areas of units: one GeoJSON layer, their names and figures, and the badges that belong to them.
(() => {
  "use strict";
  const { palette, element, showsHouseholds } = window.GeoMap;
  const SVG = "http://www.w3.org/2000/svg";
  const HATCH = "geo-hatch";
  const FONT = '13px "Microsoft YaHei UI","Microsoft YaHei","PingFang SC","Noto Sans CJK SC","Source Han Sans SC",'
    + '"WenQuanYi Micro Hei",sans-serif';
  // Badges of more units than this on the screen would cover each other and the households: they wait for a nearer look.
  const MANY = 24;
  // A name that fits beside others; the whole one is in the tip.
  const LONGEST = 14;

  class Areas {
    constructor(map, choose) {
      this.map = map;
      this.choose = choose;
      for (const [name, order] of [["geo-areas", 350], ["geo-badges", 620]]) map.createPane(name).style.zIndex = order;
      this.renderer = L.svg({ pane: "geo-areas", padding: 0.4 });
      this.badges = L.layerGroup().addTo(map);
      this.features = [];
    }

    // `shapes`: number → geometry, and that of the frame. The same shapes again only get their new figures.
    show(view, shapes, corner) {
      if (this.view && this.shapes === shapes) return this.update(view, corner);
      this.clear();
      this.view = view;
      this.shapes = shapes;
      this.features = join(view, shapes);
      const frame = view.frame ? [{ type: "Feature", geometry: shapes.frame, properties: { frame: view.frame } }] : [];
      this.layer = L.geoJSON([...frame, ...this.features, ...borders(this.features)], {
        renderer: this.renderer, pane: "geo-areas", interactive: false, smoothFactor: 0.4,
        style: (feature) => this.style(feature),
      }).addTo(this.map);
      this.addHatch();
      this.boxes = new Map(this.features.map((feature) => [feature.id, L.geoJSON(feature).getBounds()]));
      this.layer.eachLayer((one) => this.makeReachable(one));
      this.showBadges(corner);
      this.restyle();
    }

    update(view, corner) {
      this.view = view;
      this.features = join(view, this.shapes);
      const now = new Map(this.features.map((feature) => [feature.id, feature]));
      this.layer.eachLayer((one) => {
        if (!now.has(one.feature.id)) return;
        one.feature = now.get(one.feature.id);
        nameArea(one);
      });
      this.showBadges(corner);
      this.restyle();
    }

    // Areas stand back where household symbols are drawn on them.
    get under() { return Boolean(this.view) && showsHouseholds(this.map, this.view); }

    get based() { return this.map.getContainer().classList.contains("geo-based"); }

    style(feature) {
      const { frame, cls, border, computed } = feature.properties;
      if (frame) {
        const line = palette.lines[frame.level === "district" ? "district" : "frame"];
        return stroke(line, frame.computed, { fillColor: palette.paper, fillOpacity: this.based ? 0.25 : 1 });
      }
      if (border) return stroke(palette.lines.area, computed, { fill: false });
      const hatched = palette.areas[cls] === "hatch";
      return {
        stroke: false,
        fillColor: hatched ? `url(#${HATCH})` : palette.areas[cls],
        fillOpacity: hatched ? 1 : palette.opacity[this.under ? "under" : this.based ? "based" : "cells"],
      };
    }

    restyle() {
      if (!this.layer || !this.view) return;
      this.layer.setStyle((feature) => this.style(feature));
      this.thinOut();
    }

    // Hides the badges where they crowd; returns whether that changed.
    thinOut() {
      if (!this.view) return false;
      const pane = this.map.getPane("geo-badges");
      const bounds = this.map.getBounds();
      const shown = this.features.filter(({ properties: { at } }) => bounds.contains([at[1], at[0]])).length;
      const before = pane.hidden;
      pane.hidden = shown > MANY;
      return before !== pane.hidden;
    }

    addHatch() {
      const root = this.renderer._container;
      if (root.querySelector(`#${HATCH}`)) return;
      const pattern = document.createElementNS(SVG, "pattern");
      for (const [name, value] of [["id", HATCH], ["width", 6], ["height", 6], ["patternUnits", "userSpaceOnUse"],
        ["patternTransform", "rotate(45)"]]) pattern.setAttribute(name, value);
      for (const [d, colour, width] of [["M3 0V6", palette.paper, 6], ["M0 0V6", palette.hatch, 2.8]]) {
        const line = document.createElementNS(SVG, "path");
        line.setAttribute("d", d);
        line.setAttribute("stroke", colour);
        line.setAttribute("stroke-width", width);
        pattern.appendChild(line);
      }
      root.insertBefore(document.createElementNS(SVG, "defs"), root.firstChild).appendChild(pattern);
    }

    // One tab stop for all areas; the arrow keys go from one to the next, Enter opens it.
    makeReachable(one) {
      const path = one.getElement();
      if (!path || !one.feature.id) return;
      path.setAttribute("role", "button");
      nameArea(one);
      path.setAttribute("tabindex", path.parentNode.querySelector('[tabindex="0"]') ? "-1" : "0");
      path.addEventListener("focus", () => path.classList.add("geo-focus"));
      path.addEventListener("blur", () => path.classList.remove("geo-focus"));
      path.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (step) moveFocus(path, step);
        else if (event.key === "Enter" || event.key === " ") this.choose("place", one.feature.id);
        else return;
        event.preventDefault();
        event.stopPropagation();
      });
    }

    showBadges(corner) {
      this.badges.clearLayers();
      corner.replaceChildren();
      const all = [...this.view.badges.map((one) => ["unlocated", one]), ...this.view.notes.map((one) => ["issues", one])];
      for (const [kind, one] of all) {
        const button = element("button", `geo-${kind}`, null, one.drawn ? one.text : `${one.name} ${one.text}`);
        button.type = "button";
        L.DomEvent.disableClickPropagation(button);
        button.addEventListener("click", () => this.choose(kind, one.area));
        if (!one.drawn) corner.appendChild(button);
        else this.addBadge(button, this.features.find((feature) => feature.id === one.area));
      }
      corner.hidden = !corner.children.length;
    }

    addBadge(button, feature) {
      const [lon, lat] = feature.properties.at;
      const icon = L.divIcon({ html: button, className: "geo-badge", iconSize: [0, 0] });
      L.marker([lat, lon], { icon, interactive: false, keyboard: false, pane: "geo-badges" }).addTo(this.badges);
    }

    // Returns the area at a position, or null.
    at(latlng) {
      const inside = (feature) => this.boxes.get(feature.id).contains(latlng)
        && polygons(feature.geometry).some((rings) => rings.filter((ring) => crosses(ring, latlng)).length % 2 === 1);
      const found = this.features.find(inside);
      return found ? { id: found.id, ...found.properties } : null;
    }

    hover(feature) {
      const id = feature ? feature.id : null;
      if (this.hovered === id || !this.layer) return;
      this.hovered = id;
      this.layer.eachLayer((one) => {
        const path = one.getElement();
        if (path) path.classList.toggle("geo-hover", id !== null && one.feature.id === id);
      });
    }

    // Writes names and figures, those of most households first; one that would cover another is left out.
    drawLabels(draw) {
      const taken = this.takenByBadges();
      const byWeight = [...this.features].sort((a, b) => b.properties.N - a.properties.N || a.id - b.id);
      draw.textBaseline = "middle";
      draw.textAlign = "left";
      draw.lineJoin = "round";
      for (const { properties: { name: whole, figure, at } } of byWeight) {
        const name = whole.length > LONGEST ? `${whole.slice(0, LONGEST - 1)}…` : whole;
        const point = this.map.latLngToLayerPoint([at[1], at[0]]);
        draw.font = `600 ${FONT}`;
        const nameWidth = draw.measureText(`${name} `).width;
        draw.font = FONT;
        const width = nameWidth + draw.measureText(figure).width;
        const box = { left: point.x - width / 2 - 3, right: point.x + width / 2 + 3, top: point.y - 9, bottom: point.y + 9 };
        if (taken.some((other) => overlap(box, other))) continue;
        taken.push(box);
        write(draw, [[name, box.left + 3, `600 ${FONT}`], [figure, box.left + 3 + nameWidth, FONT]], point.y);
      }
    }

    takenByBadges() {
      if (this.map.getPane("geo-badges").hidden) return [];
      const boxes = [];
      this.badges.eachLayer((marker) => {
        const button = marker.getElement() && marker.getElement().firstChild;
        const point = this.map.latLngToLayerPoint(marker.getLatLng());
        const half = (button ? button.offsetWidth : 80) / 2;
        boxes.push({ left: point.x - half, right: point.x + half, top: point.y + 10, bottom: point.y + 32 });
      });
      return boxes;
    }

    clear() {
      if (this.layer) this.layer.remove();
      this.badges.clearLayers();
      this.features = [];
      this.layer = this.hovered = this.view = this.shapes = null;
    }
  }

  function join(view, shapes) {
    return view.areas.map(({ id, ...properties }) => ({ type: "Feature", id, geometry: shapes[id], properties }));
  }

  function nameArea(one) {
    const path = one.getElement();
    if (path) path.setAttribute("aria-label", `${one.feature.properties.name} ${one.feature.properties.hint}`);
  }

  // Returns the borders as lines: one that two areas share is drawn once, or its dashes would fill each other's gaps.
  function borders(features) {
    const seen = new Set();
    const lines = { true: [], false: [] };
    const key = ([a, b], [c, d]) => (a < c || (a === c && b < d) ? `${a} ${b} ${c} ${d}` : `${c} ${d} ${a} ${b}`);
    for (const { geometry, properties } of features) {
      for (const ring of polygons(geometry).flat()) {
        let line = null;
        for (let at = 1; at < ring.length; at += 1) {
          const edge = key(ring[at - 1], ring[at]);
          if (seen.has(edge)) line = null;
          else if (line) line.push(ring[at]);
          else lines[properties.computed].push((line = [ring[at - 1], ring[at]]));
          seen.add(edge);
        }
      }
    }
    return [true, false].map((computed) => ({
      type: "Feature", properties: { border: true, computed }, geometry: { type: "MultiLineString", coordinates: lines[computed] },
    }));
  }

  function stroke(line, computed, fill) {
    return { color: line.stroke, weight: line.width, dashArray: computed ? line.dash.join(" ") : null, ...fill };
  }

  function moveFocus(path, step) {
    const all = [...path.parentNode.querySelectorAll("[tabindex]")];
    const next = all[(all.indexOf(path) + step + all.length) % all.length];
    path.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  }

  function polygons(geometry) {
    return geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  }

  function crosses(ring, { lng, lat }) {
    let inside = false;
    for (let at = 0, before = ring.length - 1; at < ring.length; before = at, at += 1) {
      const [[x1, y1], [x2, y2]] = [ring[at], ring[before]];
      if (y1 > lat !== y2 > lat && lng < ((x2 - x1) * (lat - y1)) / (y2 - y1) + x1) inside = !inside;
    }
    return inside;
  }

  function overlap(a, b) {
    return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  }

  function write(draw, pieces, y) {
    for (const pass of ["strokeText", "fillText"]) {
      for (const [words, x, font] of pieces) {
        draw.font = font;
        draw.lineWidth = 3.5;
        draw.strokeStyle = palette.paper;
        draw.fillStyle = palette.ink;
        draw[pass](words, x, y);
      }
    }
  }

  window.GeoMap.Areas = Areas;
})();
