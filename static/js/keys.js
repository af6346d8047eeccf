// The keyboard: "/" searches, "g" and a letter goes, "j" and "k" walk through rows, "?" shows the list.

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

function walk(step) {
  const rows = [...document.querySelectorAll(".row-link, .card-link")].filter((link) => link.offsetParent);
  if (!rows.length) return false;
  const at = rows.indexOf(document.activeElement);
  const next = at === -1 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1);
  rows[next].focus();
  return true;
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
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
    if (act(event.key)) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-keys]")) showKeys();
    else if (event.target.id === "keys") event.target.close();
  });
}
