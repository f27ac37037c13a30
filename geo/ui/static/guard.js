// The page belongs to a session: when that ends (logout in another tab, an admin, time), nothing of it stays on screen.
(() => {
  "use strict";
  const ENDED = 4401;
  let tries = 0;

  function leave() {
    document.documentElement.replaceChildren();
    location.replace("/login");
  }

  // After a restart of the server, or sleep: ask whether the session still lives before waiting again.
  async function ask() {
    try {
      const answer = await fetch("/session/state", { cache: "no-store" });
      if (answer.status === 401) {
        leave();
        return;
      }
    } catch {
      // Not reachable: try again.
    }
    listen();
  }

  function listen() {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/session/watch`);
    socket.addEventListener("open", () => { tries = 0; });
    socket.addEventListener("close", (event) => {
      if (event.code === ENDED) {
        leave();
        return;
      }
      tries += 1;
      setTimeout(ask, Math.min(500 * tries, 5000));
    });
  }

  // A page that the browser kept aside and brings back by the back button.
  addEventListener("pageshow", (event) => {
    if (event.persisted) {
      document.documentElement.style.visibility = "hidden";
      fetch("/session/state", { cache: "no-store" }).then((answer) => {
        if (answer.status === 401) {
          leave();
        } else {
          document.documentElement.style.visibility = "";
        }
      });
    }
  });

  listen();
})();
