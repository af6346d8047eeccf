// The page of logs: reads what the server rendered, and joins socket, lines and view.

import { plain } from "./ansi.js";
import { Lines } from "./buffer.js";
import { matcher, patternOf } from "./find.js";
import { levelOf } from "./levels.js";
import { Socket } from "./socket.js";
import { View } from "./view.js";

const root = document.getElementById("logs");
const field = (name) => root.querySelector(`[data-${name}]`);
const say = (name, value = "") => (field(`say-${name}`)?.textContent ?? name).replace("%(amount)s", value);
const sources = JSON.parse(document.getElementById("log-sources").textContent);
const lines = new Lines();
const hidden = new Set();
const wanted = /^#t=(\d+)-(\d+)$/.exec(location.hash);
const newest = sources.map(() => 0);
let serial = 0;
let missed = 0;

const view = new View(field("box"), lines, sources.map((one) => one.name), {
  follow(on) {
    missed = 0;
    field("follow").setAttribute("aria-pressed", String(on));
    field("newest").hidden = on;
  },
  pick(line) {
    if (!line || line.mark) return;
    history.replaceState(null, "", `#t=${line.t}-${line.s}`);
    view.picked = line;
    view.again();
    navigator.clipboard?.writeText(location.href).catch(() => undefined);
  },
});

function add(source, stream, micros, text, mark = false) {
  const stripped = plain(text);
  lines.add({ n: (serial += 1), s: source, k: stream, t: micros, x: text, p: stripped, v: mark ? 3 : levelOf(stripped), mark });
}

function rows(source, list) {
  for (const [stream, micros, text] of list) add(source, stream, micros, text);
  newest[source] = list[list.length - 1][1];
  field("count").textContent = lines.all.length.toLocaleString();
  if (!view.following) {
    missed += list.length;
    field("missed").textContent = missed.toLocaleString();
  }
  view.plan();
  if (wanted && !view.picked) find();
}

/** The line that the address names. */
function find() {
  const line = lines.all.find((one) => one.t === Number(wanted[1]) && one.s === Number(wanted[2]));
  if (line) view.show(line);
}

function heard(message, size) {
  const state = message.state;
  if (message.l) {
    rows(message.s, message.l);
    socket.took(size);
  } else if (message.dropped) {
    add(message.s, 0, message.to, say("dropped", message.dropped.toLocaleString()), true);
    view.plan();
  } else if (state) {
    const chip = root.querySelector(`[data-source="${message.s}"]`);
    if (chip) Object.assign(chip.dataset, { state });
    if (chip) chip.title = message.text || say(state);
    if (state !== "live") add(message.s, 0, newest[message.s] || Date.now() * 1000, `${say(state)} ${message.text ?? ""}`, true);
    view.plan();
  }
}

const socket = new Socket("/ws/logs/", {
  open() {
    const since = wanted && !serial ? Number(wanted[1]) - 30_000_000 : 0;
    socket.send({
      open: sources.map((one, at) => ({ host: one.host, container: one.container, since: newest[at] || since })),
      tail: since ? 10_000 : newest.some(Boolean) ? 10_000 : Number(root.dataset.tail),
    });
  },
  message: heard,
  state(word, problem) {
    root.dataset.state = word;
    field("status").textContent = problem ? `${problem.title}. ${problem.detail}` : say(word);
  },
});

function search() {
  const { pattern, error } = patternOf(field("find").value, field("regex").checked, field("case").checked);
  field("find").setAttribute("aria-invalid", String(Boolean(error)));
  field("find-error").textContent = error;
  view.pattern = pattern;
  lines.filter(matcher({ pattern, only: field("only").checked, level: Number(field("level").value), hidden }));
  field("shown").textContent = pattern ? lines.shown.length.toLocaleString() : "";
  view.again();
}

/** The next line that matches, from the one that was shown last. */
function jump(step) {
  if (!view.pattern) return;
  const list = lines.shown;
  let at = view.picked ? list.indexOf(view.picked) : step > 0 ? -1 : list.length;
  for (at += step; at >= 0 && at < list.length; at += step) {
    view.pattern.lastIndex = 0;
    if (view.pattern.test(list[at].p)) return view.show(list[at]);
  }
}

function save() {
  const text = lines.shown.filter((line) => !line.mark).map((line) => `${new Date(line.t / 1000).toISOString()} ${sources[line.s].name} ${line.p}\n`);
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(new Blob(text, { type: "text/plain" })), download: "log.txt" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

for (const name of ["find", "regex", "case", "only", "level"]) field(name).addEventListener("input", search);
field("find").addEventListener("keydown", (event) => event.key === "Enter" && (event.preventDefault(), jump(event.shiftKey ? -1 : 1)));
field("wrap").addEventListener("input", () => {
  view.wrap = field("wrap").checked;
  root.classList.toggle("logs-wrap", view.wrap);
  view.measure();
  view.again();
});
field("follow").addEventListener("click", () => view.follow(!view.following));
field("newest").addEventListener("click", () => view.follow(true));
field("clear").addEventListener("click", () => (lines.clear(), view.again()));
field("save").addEventListener("click", save);
for (const chip of root.querySelectorAll("button[data-source]")) {
  chip.addEventListener("click", () => {
    const number = Number(chip.dataset.source);
    if (!hidden.delete(number)) hidden.add(number);
    chip.setAttribute("aria-pressed", String(!hidden.has(number)));
    search();
  });
}
root.logs = { lines, view }; // for whoever looks in the console, and for tests
