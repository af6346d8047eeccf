// Dialogs: questions before an act, <details data-dialog> that open as a dialog, and elements with [data-focus].

import { part, word } from "./words.js";

function show(dialog) {
  const before = document.activeElement;
  document.body.append(dialog);
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.showModal();
}

/** Ask in a dialog; resolves to true when the answer is yes. */
export function ask({ text, title = "", yes = "", danger = false }) {
  const dialog = part("confirm");
  dialog.querySelector("[data-text]").textContent = text;
  if (title) dialog.querySelector("[data-title]").textContent = title;
  const button = dialog.querySelector("[data-yes]");
  if (yes) button.textContent = yes;
  button.classList.toggle("danger", danger);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"));
    show(dialog);
  });
}

/** <details data-dialog>: what would unfold is shown as a dialog instead; its form is sent as it stands. */
function openDetails(details) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-label", details.querySelector("h2")?.textContent ?? word("confirm"));
  const box = details.querySelector("[data-dialog-box]").cloneNode(true);
  dialog.append(...box.childNodes);
  dialog.querySelector("[data-dialog-close]")?.addEventListener("click", () => dialog.close());
  window.htmx?.process(dialog);
  show(dialog);
}

export function start() {
  document.addEventListener("click", (event) => {
    const summary = event.target.closest?.("details[data-dialog] > summary");
    if (!summary) return;
    event.preventDefault();
    openDetails(summary.parentElement);
  });
  document.querySelector("[data-focus]")?.focus();
}
