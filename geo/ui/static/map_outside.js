// What the map shares with the world around it: news of saves, and its place in the address of the page.
(() => {
  "use strict";
  const AGAIN_MS = 3000;
  const GONE = 1008;
  const PARAMETER = "at";

  // Listens to /tiles/{token}/changes and calls hear({version, cells}); comes back after a break in the line.
  class Listener {
    constructor(hear) { this.hear = hear; }

    open(token, version) {
      this.close();
      this.version = version;
      const scheme = window.location.protocol === "https:" ? "wss" : "ws";
      const address = `${scheme}://${window.location.host}/tiles/${encodeURIComponent(token)}/changes?since=${version}`;
      const socket = new WebSocket(address);
      this.socket = socket;
      socket.onmessage = ({ data }) => {
        if (this.socket !== socket) return;
        const told = JSON.parse(data);
        this.version = told.version;
        this.hear(told);
      };
      socket.onclose = ({ code }) => {
        if (this.socket !== socket || code === GONE) return;
        this.again = setTimeout(() => this.open(token, this.version), AGAIN_MS);
      };
    }

    close() {
      clearTimeout(this.again);
      const { socket } = this;
      this.socket = null;
      if (socket) socket.close();
    }
  }

  // Keeps centre and zoom in the address of the page (?at=lat,lon,zoom, WGS84), so that a link and a reload show the same.
  class Address {
    constructor(map, base) {
      Object.assign(this, { map, base });
      map.on("moveend", () => this.write());
    }

    // The page around the frame; nothing where that is another site's.
    get page() {
      try {
        return window.parent.location.search !== undefined ? window.parent : null;
      } catch {
        return null;
      }
    }

    // Goes where the address says; returns false where it says nothing.
    restore() {
      this.ready = true;
      const said = this.page && new URLSearchParams(this.page.location.search).get(PARAMETER);
      const numbers = (said || "").split(",").map(Number);
      if (!said || numbers.length !== 3 || !numbers.every(Number.isFinite)) return false;
      const [lat, lon, zoom] = numbers;
      if (Math.abs(lat) > 85 || Math.abs(lon) > 180) return false;
      this.map.setView(this.base.place({ lat, lng: lon }), zoom, { animate: false });
      return true;
    }

    write() {
      const { page } = this;
      if (!page || !this.ready) return;
      const { lat, lng } = this.base.position(this.map.getCenter());
      const url = new URL(page.location.href);
      const said = `${lat.toFixed(5)},${lng.toFixed(5)},${this.map.getZoom()}`;
      if (url.searchParams.get(PARAMETER) === said) return;
      url.searchParams.set(PARAMETER, said);
      page.history.replaceState(page.history.state, "", url.href.replaceAll("%2C", ","));
    }
  }

  // Keeps the maps of one page at the same place: each tells the others when it moves.
  class Link {
    constructor(map) {
      this.map = map;
      map.on("move", () => this.tell());
    }

    // Joins or leaves the linked maps of the page.
    use(linked) {
      this.linked = Boolean(linked) && window.parent !== window;
      if (this.linked) this.peers.add(this);
      else if (window.parent.geoLinked) this.peers.delete(this);
    }

    get peers() {
      if (!window.parent.geoLinked) window.parent.geoLinked = new Set();
      return window.parent.geoLinked;
    }

    // The other maps of the page; those that were taken away are forgotten.
    get others() {
      if (!this.linked) return [];
      for (const peer of [...this.peers]) if (!peer.map.getContainer().ownerDocument.defaultView) this.peers.delete(peer);
      return [...this.peers].filter((peer) => peer !== this);
    }

    tell() {
      if (this.following) return;
      for (const peer of this.others) peer.follow(this.map.getCenter(), this.map.getZoom());
    }

    follow({ lat, lng }, zoom) {
      this.following = true;
      this.map.setView([lat, lng], zoom, { animate: false });
      this.following = false;
    }
  }

  Object.assign(window.GeoMap, { Listener, Address, Link });
})();
