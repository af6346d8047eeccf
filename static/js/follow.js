// <div data-follow>: a log stays at its end while the reader is there, and lets go when the reader scrolls up.

const NEAR = 24;
const atEnd = new WeakMap();

const near = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;

function toEnd(box) {
  if (atEnd.get(box) !== false) box.scrollTop = box.scrollHeight;
}

function follow(box) {
  if (atEnd.has(box)) return;
  atEnd.set(box, true);
  box.addEventListener("scroll", () => atEnd.set(box, near(box)), { passive: true });
  new MutationObserver(() => toEnd(box)).observe(box, { childList: true, subtree: true, characterData: true });
  toEnd(box);
}

function find() {
  document.querySelectorAll("[data-follow]").forEach(follow);
}

export function start() {
  find();
  new MutationObserver(find).observe(document.body, { childList: true, subtree: true });
}
