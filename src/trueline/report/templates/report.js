(function () {
  "use strict";
  const root = document.documentElement;
  const find = (selector) => Array.from(document.querySelectorAll(selector));
  const rows = find(".finding");
  const groups = find(".group");
  const stateButtons = find("button[data-state]");
  const fields = find("[data-filter]");
  const shown = document.getElementById("shown");
  const chosen = new Set();
  const texts = new Map();
  root.classList.add("js");
  stateButtons.forEach((button) => { button.disabled = false; });

  function text(row) {
    if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
    return texts.get(row);
  }

  function wanted() {
    const values = {};
    fields.forEach((field) => { values[field.dataset.filter] = field.value; });
    values.words = (values.q || "").toLowerCase().split(/\s+/).filter(Boolean);
    return values;
  }

  function matches(row, want) {
    return (!chosen.size || chosen.has(row.dataset.state)) &&
      ["target", "level", "severity"].every((name) => !want[name] || want[name] === row.dataset[name]) &&
      want.words.every((word) => text(row).includes(word));
  }

  function apply() {
    const want = wanted();
    let count = 0;
    rows.forEach((row) => {
      row.hidden = !matches(row, want);
      if (!row.hidden) count += 1;
    });
    groups.forEach((group) => { group.hidden = !group.querySelector(".finding:not([hidden])"); });
    stateButtons.forEach((button) => {
      button.setAttribute("aria-pressed", String(chosen.has(button.dataset.state)));
    });
    const all = count === rows.length;
    shown.textContent = all ? "All " + count + " findings shown" : count + " of " + rows.length + " findings shown";
    document.getElementById("nothing").hidden = count > 0 || !rows.length;
  }

  // The address keeps the filters, so that a link to "#state=FAIL&target=node" shows just these.
  function remember() {
    const parts = new URLSearchParams();
    if (chosen.size) parts.set("state", Array.from(chosen).join(","));
    fields.forEach((field) => { if (field.value) parts.set(field.dataset.filter, field.value); });
    const hash = parts.toString();
    try {
      history.replaceState(null, "", hash ? "#" + hash : location.pathname + location.search);
    } catch { /* a page in a frame without an origin has no address to change */ }
  }

  function update() {
    apply();
    remember();
  }

  function clear() {
    chosen.clear();
    fields.forEach((field) => { field.value = ""; });
  }

  function readAddress() {
    const hash = location.hash.slice(1);
    const target = hash && !hash.includes("=") ? document.getElementById(hash) : null;
    if (target) {
      if (target.closest("[hidden]")) clear();
      apply();
      if (target.matches("details")) target.open = true;
      target.scrollIntoView();
      return;
    }
    const parts = new URLSearchParams(hash);
    clear();
    (parts.get("state") || "").toUpperCase().split(",").forEach((state) => {
      if (stateButtons.some((button) => button.dataset.state === state)) chosen.add(state);
    });
    fields.forEach((field) => { field.value = parts.get(field.dataset.filter) || ""; });
    apply();
  }

  function toggleState(button) {
    const state = button.dataset.state;
    const alone = button.classList.contains("tile");
    const had = chosen.has(state);
    if (alone) chosen.clear();
    if (had) chosen.delete(state); else chosen.add(state);
    update();
    if (alone && !had) document.getElementById("findings").scrollIntoView();
  }

  function openAll(open) {
    rows.forEach((row) => { if (!row.hidden) row.open = open; });
  }

  function selectText(node) {
    const range = document.createRange();
    range.selectNodeContents(node);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  }

  function copy(button) {
    const block = button.parentElement.querySelector("pre");
    const say = (word) => {
      button.textContent = word;
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    };
    const byHand = () => { selectText(block); say("Selected"); };
    if (!navigator.clipboard) byHand();
    else navigator.clipboard.writeText(block.textContent).then(() => say("Copied"), byHand);
  }

  const theme = document.getElementById("theme");
  const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  function showTheme() { theme.setAttribute("aria-pressed", String(dark())); }
  theme.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; showTheme(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showTheme);
  showTheme();

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.state) toggleState(button);
    else if (button.id === "clear") { clear(); update(); }
    else if (button.id === "open") openAll(true);
    else if (button.id === "close") openAll(false);
    else if (button.classList.contains("copy")) copy(button);
  });

  let waiting = 0;
  document.getElementById("filters").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(update, 80);
  });
  document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", readAddress);

  // Paper can't be clicked: all is open while printing, then as it was.
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = rows.filter((row) => !row.open);
    closed.forEach((row) => { row.open = true; });
  });
  window.addEventListener("afterprint", () => closed.forEach((row) => { row.open = false; }));
  readAddress();
})();
