// <time data-age datetime>: keeps "12 s ago" true, marks facts stale, and shows the reader's own time on hover.

import { word } from "./words.js";

const UNITS = [
  [60, 1, "s"],
  [3600, 60, "min"],
  [86400, 3600, "h"],
  [Infinity, 86400, "d"],
];
let ahead = 0; // the portal's clock minus this machine's, in milliseconds; known once the live socket has said hello

/** Tell the portal's clock, so that ages are right on machines whose clock is not. */
export function setServerTime(milliseconds) {
  ahead = milliseconds - Date.now();
}

/** The same words as portal/templatetags/wording.py age_text. */
export function ageText(seconds) {
  const span = Math.abs(seconds);
  if (span < 2) return word("now");
  const [, size, unit] = UNITS.find(([limit]) => span < limit);
  const amount = word(unit, String(Math.floor(span / size)));
  return word(seconds < -2 ? "ahead" : "ago", amount);
}

function refresh(time) {
  const seconds = (Date.now() + ahead - Date.parse(time.dateTime)) / 1000;
  if (Number.isNaN(seconds)) return;
  const text = ageText(seconds);
  if (time.textContent !== text) time.textContent = text;
  const limit = Number(time.dataset.age);
  if (limit) time.classList.toggle("stale", seconds > limit);
}

export function refreshAges(root = document) {
  for (const time of root.querySelectorAll("time[data-age]")) refresh(time);
}

function ownTime(event) {
  const time = event.target.closest?.("time[data-age]");
  if (!time) return;
  const moment = new Date(time.dateTime);
  time.title = moment.toLocaleString(document.documentElement.lang, { dateStyle: "full", timeStyle: "long" });
}

export function start() {
  refreshAges();
  setInterval(() => document.hidden || refreshAges(), 1000);
  document.addEventListener("visibilitychange", () => document.hidden || refreshAges());
  document.addEventListener("mouseover", ownTime, { passive: true });
}
