// Rows that repeat: <div data-rows> with .rows-item children, a <template data-row>, an "add" and "remove" buttons.
// Without this script the same buttons submit the form, and the server answers with one row more or less.

let fresh = 1000; // numbers for the ids of new rows, above any the server gives

function changed(rows) {
  rows.dispatchEvent(new Event("change", { bubbles: true }));
}

function add(rows, button) {
  const template = rows.querySelector("template[data-row]");
  if (!template || rows.querySelectorAll(".rows-item").length >= Number(rows.dataset.rowsMax ?? 100)) return false;
  fresh += 1;
  const holder = document.createElement("template");
  holder.innerHTML = template.innerHTML.replaceAll("__n__", String(fresh));
  const item = holder.content.firstElementChild;
  const last = [...rows.querySelectorAll(".rows-item")].pop();
  if (last) last.after(item);
  else (rows.querySelector(".rows-empty") ?? template).before(item);
  window.htmx?.process(item);
  item.querySelector("input, select, textarea")?.focus();
  changed(rows);
  return true;
}

function remove(rows, item) {
  const next = item.nextElementSibling?.matches(".rows-item") ? item.nextElementSibling : item.previousElementSibling;
  item.remove();
  const target = next?.matches(".rows-item") ? next.querySelector("input, select") : rows.querySelector("[name=add]");
  target?.focus();
  changed(rows);
}

export function start() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-rows] button");
    const rows = button?.closest("[data-rows]");
    if (!rows) return;
    if (button.matches(".rows-remove")) {
      event.preventDefault();
      remove(rows, button.closest(".rows-item"));
    } else if (button.name === "add" && add(rows, button)) {
      event.preventDefault();
    }
  });
}
