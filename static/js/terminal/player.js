// Plays what a terminal showed: an asciicast (version 2) on xterm.js, with its own clock.

import { colours, onChange } from "./colours.js";
import { styleByScript } from "./sheets.js";

const LONGEST_WAIT = 2; // seconds in which nothing happens that are played, not skipped
const TICK = 40; // milliseconds

styleByScript();
const root = document.getElementById("player");
const field = (name) => root.querySelector(`[data-${name}]`);
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
let term = null;
let events = []; // [second on our clock, kind, text]
let length = 0;
let at = 0; // the next event
let now = 0; // seconds
let ticking = 0;
let seen = 0;

/** The events on a clock without long waits. */
function shortened(lines) {
  let last = 0;
  let left = 0;
  return lines.map((line) => {
    const [second, kind, text] = JSON.parse(line);
    left += Math.max(0, second - last - LONGEST_WAIT);
    last = second;
    return [second - left, kind, text];
  });
}

function apply([, kind, text]) {
  if (kind === "o") term.write(text);
  else if (kind === "r") term.resize(...text.split("x").map(Number));
}

/** Everything up to `second`; from the beginning when that lies behind. */
function move(second) {
  if (second < now) {
    term.reset();
    term.resize(root.head.width, root.head.height);
    at = 0;
  }
  now = Math.min(second, length);
  while (at < events.length && events[at][0] <= now) apply(events[at++]);
  field("seek").value = String(now);
  field("time").textContent = `${clock(now)} / ${clock(length)}`;
  if (now >= length) stop();
}

function tick() {
  const moment = performance.now();
  const passed = (moment - seen) / 1000;
  seen = moment;
  move(now + passed * Number(field("speed").value));
}

function stop() {
  clearInterval(ticking);
  ticking = 0;
  root.dataset.state = now >= length ? "ended" : "paused";
  field("play").hidden = false;
  field("pause").hidden = true;
}

function play() {
  if (now >= length) move(-1);
  seen = performance.now();
  clearInterval(ticking);
  ticking = setInterval(tick, TICK);
  root.dataset.state = "playing";
  field("play").hidden = true;
  field("pause").hidden = false;
}

function refused(text) {
  field("problem").textContent = text;
  field("problem").hidden = false;
}

async function begin() {
  const answer = await fetch(root.dataset.cast, { credentials: "same-origin" });
  if (!answer.ok) return refused(root.dataset.refused);
  const [head, ...lines] = (await answer.text()).split("\n").filter(Boolean);
  root.head = JSON.parse(head);
  events = shortened(lines);
  length = events.length ? events[events.length - 1][0] : 0;
  term = new window.Terminal({ theme: colours(), cols: root.head.width, rows: root.head.height, fontSize: 13, scrollback: 5000, disableStdin: true, fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mono") });
  term.open(field("screen"));
  onChange(() => (term.options.theme = colours()));
  field("seek").max = String(length);
  for (const name of ["seek", "play", "speed"]) field(name).disabled = false;
  root.terminal = term; // for whoever looks in the console, and for tests
  play();
}

field("play").addEventListener("click", play);
field("pause").addEventListener("click", stop);
field("seek").addEventListener("input", () => move(Number(field("seek").value)));
begin().catch(() => refused(root.dataset.refused));
