// Runs before Streamlit's own scripts.
(() => {
  "use strict";

  // Browsers before Chrome 110 (Windows 7 stops at 109) lack the copying array methods that Streamlit calls, and two more
  // that came later.
  const lacking = [
    [Array.prototype, {
      toSorted(compare) { return Array.from(this).sort(compare); },
      toReversed() { return Array.from(this).reverse(); },
      toSpliced(...change) { const copy = Array.from(this); copy.splice(...change); return copy; },
      with(index, value) { const copy = Array.from(this); copy[index < 0 ? copy.length + index : index] = value; return copy; },
    }],
    [URL, { canParse(url, base) { try { return Boolean(new URL(url, base)); } catch { return false; } } }],
    [Promise, {
      withResolvers() {
        const made = {};
        made.promise = new this((resolve, reject) => Object.assign(made, { resolve, reject }));
        return made;
      },
    }],
  ];
  for (const [owner, methods] of lacking) {
    for (const [name, value] of Object.entries(methods)) {
      if (!owner[name]) Object.defineProperty(owner, name, { value, writable: true, configurable: true });
    }
  }

  // One click, one step back: a bare address that the page completes (place, round) is the same step, and so is a
  // change of page for which Streamlit first writes the new page's parameters under the old page's address.
  // Where the map stands (`at`) only the browser knows: it stays in the address as long as page and place do.
  const push = history.pushState;
  let written = { at: 0, href: "" };
  history.pushState = function (state, unused, asked) {
    const url = asked == null ? asked : keepPlaceOfMap(new URL(asked, location.href));
    const next = url == null ? location : url;
    const stays = next.pathname === location.pathname;
    const completes = stays && location.search === "" && next.search !== "";
    const follows = !stays && next.search !== "" && next.search === location.search
      && written.href === location.href && Date.now() - written.at < 2000;
    const answer = (completes || follows ? history.replaceState : push).call(this, state, unused, url);
    written = { at: Date.now(), href: location.href };
    return answer;
  };

  function keepPlaceOfMap(next) {
    const now = new URLSearchParams(location.search);
    const same = next.pathname === location.pathname && next.searchParams.get("place") === now.get("place");
    if (!same || !now.has("at")) return next;
    next.searchParams.set("at", now.get("at"));
    next.search = next.search.split("%2C").join(",");
    return next;
  }

  // A link to this page and a picture of it are of the map as it stands: the map says so itself.
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest(".st-key-share button, .st-key-print button");
    const { geoMap } = window;
    if (!button || !geoMap || !geoMap.map.getContainer().ownerDocument.defaultView) return;
    event.preventDefault();
    event.stopPropagation();
    geoMap.tell(button.closest(".st-key-share") ? "share" : "print");
  }, true);

  // Where a key opens something to be filled in, the focus goes there: an outcome that asks why, a new issue. Not into
  // a field that says something already, and not when the person has gone elsewhere meanwhile.
  const leads = { n: ".st-key-sec_household [class*=st-key-new_issue_] input" };
  for (const digit of "0123456") leads[digit] = ".st-key-visit_why input";
  const isTyping = (at) => Boolean(at) && (at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName));

  let turn = 0;

  function lead(selector, before) {
    const until = Date.now() + 10000, mine = turn;
    const look = () => {
      if (turn !== mine || isTyping(document.activeElement) || Date.now() > until) return;
      const field = [...document.querySelectorAll(selector)].find((one) => one.offsetParent);
      const app = document.querySelector(".stApp");
      const drawn = app && app.dataset.testScriptState === "notRunning" && !document.querySelector("[data-stale=true]");
      if (field && drawn && !before.has(field)) {
        if (!field.value) field.focus();
        return;
      }
      setTimeout(look, 60);
    };
    setTimeout(look, 60);
  }

  // "b" goes to the note (备注) of a visit.
  document.addEventListener("keydown", (event) => {
    const note = document.querySelector(".st-key-sec_household textarea");
    if (event.key.toLowerCase() !== "b" || !note || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(document.activeElement) || document.querySelector("[role=dialog]")) return;
    event.preventDefault();
    note.focus();
  });

  // After saving from inside a field the next digit is for the next household, not for the field.
  document.addEventListener("keydown", (event) => {
    const field = document.activeElement;
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    turn += 1;
    if (isTyping(field) && field.closest(".st-key-sec_household")) setTimeout(() => field.blur(), 100);
  }, true);

  document.addEventListener("keydown", (event) => {
    const selector = leads[event.key.toLowerCase()];
    if (!selector || event.ctrlKey || event.metaKey || event.altKey || isTyping(document.activeElement)) return;
    turn += 1;
    if (document.querySelector(".st-key-outcomes")) lead(selector, new Set(document.querySelectorAll(selector)));
  }, true);

  // "/" goes to the search field; Streamlit accepts no such shortcut.
  document.addEventListener("keydown", (event) => {
    const field = document.querySelector(".st-key-find input");
    if (event.key === "/" && field && !isTyping(document.activeElement) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      field.focus();
    }
  });
})();
