// Short answers in the corner. htmx: HX-Trigger: {"toast": {"tone": "ok", "text": "..."}}

import { part } from "./words.js";

const TONES = new Set(["ok", "info", "warn", "bad"]);
const QUIET_AFTER = 6000;

/** Show `text`; trouble stays until it is closed. */
export function toast(text, tone = "info") {
  const known = TONES.has(tone) ? tone : "info";
  const box = part("toast");
  box.classList.add(`toast-${known}`);
  box.querySelector("[data-icon]").replaceWith(part(`icon-${known}`).firstElementChild);
  box.querySelector("[data-text]").textContent = text;
  box.querySelector("[data-close]").addEventListener("click", () => box.remove());
  document.getElementById("toasts").append(box);
  if (known === "ok" || known === "info") leave(box);
  return box;
}

function leave(box) {
  const timer = setTimeout(() => box.remove(), QUIET_AFTER);
  box.addEventListener("mouseenter", () => clearTimeout(timer), { once: true });
}

export function start() {
  document.body.addEventListener("toast", (event) => {
    const { text = "", tone = "info" } = event.detail ?? {};
    if (text) toast(text, tone);
  });
}
