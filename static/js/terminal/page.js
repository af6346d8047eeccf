// The page of a terminal: xterm.js on one side, the portal's socket on the other.

import { Socket } from "../logs/socket.js";
import { colours, onChange } from "./colours.js";
import { styleByScript } from "./sheets.js";

styleByScript();
const root = document.getElementById("terminal");
const field = (name) => root.querySelector(`[data-${name}]`);
const say = (name) => field(`say-${name}`).textContent;
const term = new window.Terminal({
  theme: colours(),
  fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mono"),
  fontSize: 13,
  scrollback: 5000,
  cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
  screenReaderMode: false,
});
const fit = new window.FitAddon.FitAddon();
const KEY = `terminal:${root.dataset.path}`;
let socket = null;
let session = root.dataset.session || sessionStorage.getItem(KEY) || "";
let offset = 0;
let state = {};
let opened = false;

term.loadAddon(fit);
term.open(field("screen"));
fit.fit();
onChange(() => (term.options.theme = colours()));

function status(text, tone = "") {
  field("status").textContent = text;
  root.dataset.tone = tone;
}

function running(on) {
  opened = on;
  root.classList.toggle("terminal-open", on);
  field("start").hidden = on;
  field("live").hidden = !on;
  if (on) term.focus();
}

function told(message) {
  if (state.session !== message.session) term.reset();
  if (!opened) running(true);
  state = message;
  session = message.session;
  offset = message.offset;
  sessionStorage.setItem(KEY, session);
  term.options.disableStdin = !message.control;
  if (!message.mine) term.resize(message.columns, message.rows);
  field("label").textContent = message.label;
  field("share").value = message.share;
  field("share").disabled = !message.mine;
  field("end").hidden = !message.control;
  const link = new URL(location.href);
  link.searchParams.set("session", session);
  field("link").value = link.href;
  const others = message.people.length > 1 ? `${say("people")} ${message.people.join(", ")}` : "";
  status([message.control ? say("live") : say("reading"), others].filter(Boolean).join(" · "), "ok");
}

function heard(message) {
  if (message instanceof ArrayBuffer) {
    const data = new Uint8Array(message);
    offset += data.length;
    term.write(data, () => socket?.took(data.length));
  } else if (message.session) told(message);
  else if (message.skipped) term.write(`\r\n\x1b[33m[${say("skipped")}]\x1b[0m\r\n`);
  else if (message.ended !== undefined) over(message.ended, message.code === 0 ? "" : "bad");
}

function over(text, tone) {
  sessionStorage.removeItem(KEY);
  session = "";
  offset = 0;
  status(text, tone);
  term.write(`\r\n\x1b[2m[${text}]\x1b[0m\r\n`);
  socket?.close();
  socket = null;
  running(false);
}

function connect(first) {
  status(say("connecting"));
  socket = new Socket(root.dataset.path, {
    open() {
      if (session) socket.send({ join: session, from: offset });
      else if (first) socket.send({ open: first });
    },
    message: heard,
    state(word, problem) {
      if (word === "lost") status(say("lost"), "warn");
      if (word !== "over") return;
      const again = problem?.code === "terminal-not-found" && first === null;
      over(problem ? problem.detail || problem.title : say("over"), again ? "" : "bad");
    },
  });
}

function wish(kind) {
  return {
    kind,
    shell: field("shell").value,
    command: field("shell").value === "other" ? field("command").value : "",
    user: field("user").value,
    columns: term.cols,
    rows: term.rows,
  };
}

function begin(kind) {
  session = "";
  offset = 0;
  term.reset();
  connect(wish(kind));
}

let sizing = 0;
function resized() {
  if (!state.mine && opened) return;
  fit.fit();
  clearTimeout(sizing);
  sizing = setTimeout(() => opened && socket?.send({ resize: [term.cols, term.rows] }), 120);
}

async function paste() {
  const text = await navigator.clipboard.readText().catch(() => "");
  if (text) term.paste(text);
  term.focus();
}

const bytes = new TextEncoder();
term.onData((text) => {
  const data = bytes.encode(text);
  for (let at = 0; at < data.length; at += 32_768) socket?.send(data.subarray(at, at + 32_768));
});
term.onBinary((text) => socket?.send(Uint8Array.from(text, (sign) => sign.charCodeAt(0))));
term.attachCustomKeyEventHandler((event) => {
  if (event.type !== "keydown" || !event.ctrlKey || !event.shiftKey) return true;
  if (event.code === "KeyC") navigator.clipboard.writeText(term.getSelection()).catch(() => undefined);
  else if (event.code === "KeyV") paste();
  else return true;
  event.preventDefault();
  return false;
});
new ResizeObserver(resized).observe(field("screen"));
field("shell").addEventListener("change", () => (field("command-field").hidden = field("shell").value !== "other"));
field("begin").addEventListener("submit", (event) => (event.preventDefault(), begin("exec")));
field("attach").addEventListener("click", () => begin("attach"));
field("end").addEventListener("click", () => socket?.send({ end: 1 }));
field("share").addEventListener("change", () => socket?.send({ share: field("share").value }));
field("copy").addEventListener("click", () => navigator.clipboard.writeText(term.getSelection()).catch(() => undefined));
field("paste").addEventListener("click", paste);
field("full").addEventListener("click", () => (root.requestFullscreen?.(), setTimeout(resized, 200)));
if (session) connect(null);
root.terminal = term; // for whoever looks in the console, and for tests
