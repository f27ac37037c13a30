// Runs before Streamlit's own scripts.
(() => {
  "use strict";

  // Browsers before Chrome 110 (Windows 7 stops at 109) lack the copying array methods that Streamlit calls.
  const copying = {
    toSorted(compare) { return Array.from(this).sort(compare); },
    toReversed() { return Array.from(this).reverse(); },
    toSpliced(...change) { const copy = Array.from(this); copy.splice(...change); return copy; },
    with(index, value) { const copy = Array.from(this); copy[index < 0 ? copy.length + index : index] = value; return copy; },
  };
  for (const [name, method] of Object.entries(copying)) {
    if (!Array.prototype[name]) {
      Object.defineProperty(Array.prototype, name, { value: method, writable: true, configurable: true });
    }
  }

  // "/" goes to the search field; Streamlit accepts no such shortcut.
  document.addEventListener("keydown", (event) => {
    const at = document.activeElement;
    const typing = at && (at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName));
    const field = document.querySelector(".st-key-find input");
    if (event.key === "/" && field && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      field.focus();
    }
  });
})();
