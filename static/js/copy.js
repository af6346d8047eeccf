// <button data-copy="text">: copies, and says so.

import { toast } from "./toast.js";
import { part, word } from "./words.js";

const SHOWN = 1500;

/** Copy without the clipboard API, which browsers give to https and loopback addresses only. */
function copyByHand(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByHand(text);
  }
}

async function pressed(button) {
  if (!(await copy(button.dataset.copy))) {
    toast(word("no-copy"), "warn");
    return;
  }
  if (button.classList.contains("copied")) return;
  const icon = button.querySelector(".icon");
  const tick = part("icon-copied").firstElementChild;
  icon.replaceWith(tick);
  button.classList.add("copied");
  announce(word("copied"));
  setTimeout(() => {
    tick.replaceWith(icon);
    button.classList.remove("copied");
  }, SHOWN);
}

function announce(text) {
  const line = document.createElement("span");
  line.className = "visually-hidden";
  line.textContent = text;
  document.getElementById("toasts").append(line);
  setTimeout(() => line.remove(), SHOWN);
}

export function start() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (button) pressed(button);
  });
}
