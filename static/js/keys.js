// The keyboard: "/" searches, "g" and a letter goes, "j" and "k" walk through rows, arrows go from the search to what it
// found and about in it, "?" shows the list.

const PLACES = { h: "/", g: "/gallery/", a: "/applications/", s: "/hosts/", t: "/activity/" };
const PATIENCE = 1200;
let leading = 0; // when "g" was pressed

function writing(target) {
  return target.closest?.("input, textarea, select, [contenteditable], dialog[open], .terminal") !== null;
}

function search() {
  const field = [...document.querySelectorAll("[data-search]")].find((input) => input.offsetParent);
  field?.focus();
  field?.select();
  return Boolean(field);
}

function links() {
  return [...document.querySelectorAll(".row-link, .card-link")].filter((link) => link.offsetParent);
}

function walk(step) {
  const rows = links();
  if (!rows.length) return false;
  const at = rows.indexOf(document.activeElement);
  const next = at === -1 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1);
  rows[next].focus();
  return true;
}

// The link of the next row of cards (or lines) up or down, in the column nearest to this one.
function across(from, down) {
  const place = (link) => (link.closest(".card") ?? link).getBoundingClientRect();
  const here = place(from);
  const beyond = links().filter((link) => (down ? place(link).top >= here.bottom : place(link).bottom <= here.top));
  const near = (link) => Math.abs(down ? place(link).top - here.bottom : here.top - place(link).bottom);
  const row = Math.min(...beyond.map(near));
  const aside = (link) => Math.abs(place(link).left - here.left);
  return beyond.filter((link) => near(link) - row < 4).sort((one, other) => aside(one) - aside(other))[0];
}

function arrow(key, target) {
  if (target.matches?.("[data-search]")) return key === "ArrowDown" && walk(1);
  if (!target.matches?.(".row-link, .card-link")) return false;
  if (key === "ArrowRight") return walk(1);
  if (key === "ArrowLeft") return walk(-1);
  const next = across(target, key === "ArrowDown");
  if (next) next.focus();
  return next ? true : key === "ArrowUp" && search();
}

// Results that are brought again under the focus of a link: it stays on the same one.
let held = "";

function hold() {
  const link = document.activeElement;
  held = link?.matches?.(".row-link, .card-link") ? link.getAttribute("href") : "";
}

function holdOn() {
  if (held && document.activeElement === document.body) links().find((link) => link.getAttribute("href") === held)?.focus();
}

export function showKeys() {
  const dialog = document.getElementById("keys");
  if (dialog && !dialog.open) dialog.showModal();
  return Boolean(dialog);
}

function act(key) {
  if (Date.now() - leading < PATIENCE && PLACES[key]) {
    location.assign(PLACES[key]);
    return true;
  }
  leading = key === "g" ? Date.now() : 0;
  if (key === "/") return search();
  if (key === "j") return walk(1);
  if (key === "k") return walk(-1);
  return key === "?" && showKeys();
}

export function start() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const arrowed = event.key.startsWith("Arrow") && !event.shiftKey && arrow(event.key, event.target);
    if (arrowed || (!writing(event.target) && act(event.key))) event.preventDefault();
  });
  document.addEventListener("htmx:beforeSwap", hold);
  document.addEventListener("htmx:afterSettle", holdOn);
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-keys]")) showKeys();
    else if (event.target.id === "keys") event.target.close();
  });
}
