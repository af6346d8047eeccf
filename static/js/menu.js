// Menus are <details>: one is open at a time, a click outside or Escape closes it, arrows walk through it.

const OPEN = "details.menu[open]";

function closeOthers(except = null) {
  for (const menu of document.querySelectorAll(OPEN)) {
    if (menu !== except && !menu.contains(except)) menu.open = false;
  }
}

function walk(event, menu) {
  const items = [...menu.querySelectorAll(".menu-list :is(a, button):not([hidden])")].filter((item) => item.offsetParent);
  if (!items.length) return;
  event.preventDefault();
  const at = items.indexOf(document.activeElement);
  const step = event.key === "ArrowDown" ? 1 : -1;
  items[(at + step + items.length) % items.length].focus();
}

export function start() {
  document.addEventListener("click", (event) => closeOthers(event.target.closest?.("details.menu")));
  document.addEventListener("keydown", (event) => {
    const menu = document.activeElement?.closest(OPEN) ?? document.querySelector(OPEN);
    if (!menu) return;
    if (event.key === "Escape") {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      walk(event, menu);
    }
  });
}
