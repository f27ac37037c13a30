// What stands on the map in fixed places: zoom, north, scale, legend, footnote, what the pointer is told.
// All text comes from view.json and is set as text, never as markup.
(() => {
  "use strict";
  const { UP, palette, symbolsOf, makeIcon, showsHouseholds } = window.GeoMap;

  // Narrower than this a map shows a small legend that can be opened, and none at all on a phone.
  const NARROW = 640;
  const PHONE = 420;

  function element(tag, kind, parent, words) {
    const made = document.createElement(tag);
    if (kind) made.className = kind;
    if (words !== undefined) made.textContent = words;
    if (parent) parent.appendChild(made);
    return made;
  }

  function fixed(map, kind) {
    const made = element("div", `geo-${kind}`, map.getContainer());
    L.DomEvent.disableClickPropagation(made);
    L.DomEvent.disableScrollPropagation(made);
    for (const name of ["mousemove", "keydown"]) made.addEventListener(name, (event) => event.stopPropagation());
    return made;
  }

  // A state and a ring may have the same code.
  function nameRow(button) {
    return button && button.dataset.code ? `${button.dataset.channel} ${button.dataset.code}` : "";
  }

  class Furniture {
    constructor(map, { toggle, isolate, whole, draw }) {
      this.map = map;
      this.act = { toggle, isolate };
      this.buttons = fixed(map, "zoom");
      this.zoomIn = element("button", "", this.buttons, "+");
      this.zoomOut = element("button", "", this.buttons, "\u2212");
      this.whole = element("button", "", this.buttons, "\u25a1");
      this.zoomIn.addEventListener("click", () => map.zoomIn());
      this.zoomOut.addEventListener("click", () => map.zoomOut());
      this.whole.addEventListener("click", whole);
      this.drawing = fixed(map, "drawing");
      this.box = element("button", "geo-draw", this.drawing);
      this.lasso = element("button", "geo-draw geo-lasso", this.drawing);
      this.polygon = element("button", "geo-draw geo-polygon", this.drawing);
      for (const [button, mode] of [[this.box, "box"], [this.lasso, "lasso"], [this.polygon, "polygon"]]) {
        button.addEventListener("click", ({ detail }) => draw(mode, detail === 0));
        map.on("drawing", (event) => button.setAttribute("aria-pressed", String(event.mode === mode)));
      }
      for (const button of [...this.buttons.children, ...this.drawing.children]) button.type = "button";
      this.legend = fixed(map, "legend");
      this.corner = fixed(map, "corner");
      this.note = element("div", "geo-footnote", map.getContainer());
      this.north = element("div", "geo-north", map.getContainer());
      element("i", "", this.north);
      this.northName = element("span", "", this.north);
      this.scale = element("div", "geo-scale", map.getContainer());
      this.scaleBar = element("i", "", this.scale);
      this.scaleName = element("span", "", this.scale);
      this.tip = element("div", "geo-tip", map.getContainer());
      this.tip.setAttribute("role", "status");
      this.message = element("div", "geo-message", map.getContainer());
      this.message.setAttribute("role", "alert");
      this.hideTip();
      this.say("");
      map.on("resize", () => this.redraw && this.redraw());
    }

    get onPhone() { return this.map.getSize().x < PHONE; }

    show(view, hidden) {
      const { words } = view;
      for (const [button, name] of [[this.zoomIn, words.zoom_in], [this.zoomOut, words.zoom_out], [this.whole, words.whole],
        [this.box, words.draw_box], [this.lasso, words.draw_lasso], [this.polygon, words.draw_polygon]]) {
        button.title = name;
        button.setAttribute("aria-label", name);
      }
      this.words = words;
      this.northName.textContent = words.north;
      this.drawLegend(view, hidden);
      this.drawScale();
    }

    drawLegend(view, hidden) {
      const { legend } = view;
      const drawn = showsHouseholds(this.map, view);
      this.note.textContent = [view.footnote, drawn ? "" : view.words.marks].filter(Boolean).join(view.words.semicolon);
      const focused = nameRow(document.activeElement);
      this.legend.replaceChildren();
      this.legend.classList.toggle("geo-dense", !drawn);
      this.redraw = () => this.drawLegend(view, hidden);
      const width = this.map.getSize().x;
      const small = width < NARROW && !this.opened;
      this.legend.classList.toggle("geo-folded", small && this.onPhone);
      if (width < NARROW) this.drawFold(small);
      if (!drawn && !small) this.drawClasses(legend.classes);
      let channels = view.view === "issues" ? ["issues", "visits"] : ["visits", "issues"];
      if (small) channels = this.onPhone ? [] : channels.slice(0, 1);
      channels.filter((channel) => legend[channel].title).forEach((channel, at) => {
        const head = this.heading(legend[channel].title, at ? "" : legend.hint);
        head.classList.toggle("geo-later", (!drawn && !small) || at > 0);
        for (const row of legend[channel].rows) this.drawRow(channel, row, hidden);
        if (legend[channel].escalated) this.drawEscalated(legend[channel].escalated);
        if (legend[channel].sum) element("div", "geo-sum", this.legend, legend[channel].sum);
      });
      const again = focused && [...this.legend.querySelectorAll("button")].find((one) => nameRow(one) === focused);
      if (again) again.focus();
    }

    drawFold(small) {
      const fold = element("button", "geo-fold", this.legend, small ? this.words.legend_open : this.words.legend_close);
      fold.type = "button";
      fold.setAttribute("aria-expanded", String(!small));
      fold.addEventListener("click", () => {
        this.opened = small;
        this.redraw();
        this.legend.querySelector(".geo-fold").focus();
      });
    }

    heading(title, hint) {
      const head = element("div", "geo-head", this.legend);
      element("b", "", head, title);
      if (hint) element("small", "", head, hint);
      return head;
    }

    drawClasses(classes) {
      this.heading(classes.title, "");
      for (const row of classes.rows.filter((one) => one.count || one.code !== "none")) {
        const line = element("div", "geo-row", this.legend);
        const swatch = element("i", "geo-swatch", line);
        const fill = palette.areas[row.code];
        if (fill === "hatch") swatch.classList.add("geo-hatched");
        else swatch.style.backgroundColor = fill;
        element("span", "", line, row.name);
        element("span", "geo-count", line, `${row.count} ${classes.unit}`);
      }
    }

    drawRow(channel, row, hidden) {
      const code = symbolsOf(channel).findIndex((one) => one.code === row.code);
      const line = element("button", "geo-row", this.legend);
      const ratio = window.devicePixelRatio || 1;
      line.appendChild(channel === "visits" ? makeIcon(code, null, ratio) : makeIcon(null, code, ratio));
      element("span", "", line, row.name);
      element("span", "geo-count", line, row.count.toLocaleString("en-US"));
      line.type = "button";
      Object.assign(line.dataset, { channel, code: row.code });
      line.setAttribute("aria-pressed", String(!hidden[channel].has(code)));
      line.addEventListener("click", () => this.act.toggle(channel, code));
      line.addEventListener("dblclick", () => this.act.isolate(channel, code));
    }

    // What the shape of a ring says; it hides with its ring.
    drawEscalated({ name, count }) {
      const line = element("div", "geo-row", this.legend);
      line.appendChild(makeIcon(null, palette.issues.findIndex(({ code }) => code === "open") | UP, window.devicePixelRatio || 1));
      element("span", "", line, name);
      element("span", "geo-count", line, count.toLocaleString("en-US"));
    }

    pressed(hidden) {
      for (const button of this.legend.querySelectorAll("button[data-channel]")) {
        const { channel } = button.dataset;
        const code = symbolsOf(channel).findIndex((one) => one.code === button.dataset.code);
        button.setAttribute("aria-pressed", String(!hidden[channel].has(code)));
      }
    }

    drawScale() {
      if (!this.words) return;
      const middle = this.map.getSize().divideBy(2);
      const metres = (pixels) => this.map.containerPointToLatLng(middle)
        .distanceTo(this.map.containerPointToLatLng(middle.add([pixels, 0])));
      const most = metres(100);
      const power = 10 ** Math.floor(Math.log10(most));
      const length = [5, 3, 2, 1].map((times) => times * power).find((one) => one <= most) || power;
      this.scaleBar.style.width = `${Math.round((100 * length) / most)}px`;
      this.scaleName.textContent = length >= 1000 ? `${length / 1000} ${this.words.kilometres}` : `${length} ${this.words.metres}`;
    }

    // Shows a heading and rows of (label, value) beside a point of the map.
    showTip(point, title, rows) {
      this.tip.replaceChildren();
      element("b", "", this.tip, title);
      for (const [label, value] of rows) {
        const line = element("div", "", this.tip);
        if (label) element("span", "", line, label);
        line.append(value);
      }
      this.tip.hidden = false;
      const size = this.map.getSize();
      const left = point.x + 14 + this.tip.offsetWidth > size.x ? point.x - 14 - this.tip.offsetWidth : point.x + 14;
      const top = Math.min(Math.max(4, point.y - 12), size.y - this.tip.offsetHeight - 4);
      this.tip.style.transform = `translate(${Math.round(Math.max(4, left))}px, ${Math.round(top)}px)`;
    }

    hideTip() { this.tip.hidden = true; }

    offerDrawing(offered) { this.drawing.hidden = !offered; }

    say(words) {
      this.message.textContent = words;
      this.message.hidden = !words;
    }

    remove() {
      for (const one of [this.buttons, this.drawing, this.legend, this.corner, this.note, this.north, this.scale, this.tip, this.message]) one.remove();
    }
  }

  Object.assign(window.GeoMap, { Furniture, element });
})();
