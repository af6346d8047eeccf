// Pages that update by themselves. Every [data-live] element (it has an id) is a watch; one socket tells the portal
// which there are, and brings new markup for those that changed. See portal/live/ for the other end.

import { morph } from "./morph.js";
import { setServerTime } from "./time.js";
import { toast } from "./toast.js";
import { word } from "./words.js";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 20_000;
const PING_EVERY = 15_000;
const PONG_WITHIN = 8_000;
const HIDDEN_FOR = 5 * 60_000;
const OFFLINE_AFTER = 3; // failed attempts
const SIGNED_OUT = 4401;

let socket = null;
let told = ""; // the watch list that the portal knows, as text
let failures = 0;
let retry = 0;
let ping = 0;
let deadline = 0;
let hide = 0;
let over = false; // the session has ended: trying again is of no use

function say(state) {
  const line = document.getElementById("live");
  if (line && line.dataset.state !== state) line.dataset.state = state;
}

function watches() {
  return [...document.querySelectorAll("[data-live][id]")].map(({ id, dataset }) => ({ id, path: dataset.live }));
}

/** Tell the portal what this page watches, if it is not what it knows already. */
function tell() {
  const list = watches();
  if (!socket && list.length) connect();
  if (socket?.readyState !== WebSocket.OPEN) return;
  const text = JSON.stringify({ watch: list });
  if (text === told) return;
  told = text;
  socket.send(text);
}

function received(message) {
  clearTimeout(deadline);
  if (message.now) setServerTime(message.now);
  if (message.error) console.error(message.error);
  if (!message.id) return;
  const element = document.getElementById(message.id);
  if (!element?.dataset.live) return;
  if (message.html === undefined) {
    broken(element, message.gone ? "gone" : "not-updated");
    return;
  }
  delete element.dataset.liveBroken;
  morph(element, message.html);
  socket?.send(JSON.stringify({ seen: message.id }));
  element.dispatchEvent(new CustomEvent("live:updated", { bubbles: true }));
}

/** The part of the page can no longer be kept true: say so once, and leave what was last known. */
function broken(element, reason) {
  if (element.dataset.liveBroken !== reason) toast(word(reason), "warn");
  element.dataset.liveBroken = reason;
}

function beat() {
  if (socket?.readyState !== WebSocket.OPEN) return;
  socket.send('{"ping":1}');
  clearTimeout(deadline);
  deadline = setTimeout(() => lost(socket), PONG_WITHIN); // half-open: TCP alone would notice minutes later
}

function lost(which, code = 0) {
  if (which !== socket) return;
  clearTimeout(deadline);
  clearInterval(ping);
  socket = null;
  told = "";
  which.onclose = null;
  which.close();
  if (code === SIGNED_OUT) {
    over = true;
    say("offline");
    toast(word("signed-out"), "warn");
    return;
  }
  failures += 1;
  say(failures >= OFFLINE_AFTER || !navigator.onLine ? "offline" : "connecting");
  clearTimeout(retry);
  retry = setTimeout(connect, Math.random() * Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** failures)); // full jitter
}

function connect() {
  clearTimeout(retry);
  if (socket || over || !watches().length) return;
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const mine = new WebSocket(`${scheme}://${location.host}/ws/live/`);
  socket = mine;
  deadline = setTimeout(() => lost(mine), PONG_WITHIN);
  mine.onopen = () => {
    clearTimeout(deadline);
    failures = 0;
    say("live");
    ping = setInterval(beat, PING_EVERY);
    tell();
  };
  mine.onmessage = (event) => received(JSON.parse(event.data));
  mine.onclose = (event) => lost(mine, event.code);
}

/** Close without trying again: the page is hidden for long, or is leaving. */
function rest(state) {
  clearTimeout(retry);
  clearTimeout(deadline);
  clearInterval(ping);
  const mine = socket;
  socket = null;
  told = "";
  if (mine) {
    mine.onclose = null;
    mine.close();
  }
  if (watches().length) say(state);
}

function wake() {
  clearTimeout(hide);
  failures = 0;
  if (socket?.readyState === WebSocket.OPEN) beat();
  else connect();
}

function visibility() {
  clearTimeout(hide);
  if (document.hidden) hide = setTimeout(() => rest("paused"), HIDDEN_FOR);
  else wake();
}

export function start() {
  if (!document.getElementById("live")) return;
  document.addEventListener("visibilitychange", visibility);
  window.addEventListener("online", wake);
  window.addEventListener("offline", () => watches().length && say("offline"));
  window.addEventListener("pagehide", () => rest("paused"));
  window.addEventListener("pageshow", (event) => event.persisted && wake());
  let planned = 0;
  new MutationObserver(() => {
    cancelAnimationFrame(planned);
    planned = requestAnimationFrame(tell);
  }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-live"] });
  connect();
}
