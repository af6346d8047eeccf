// The editor's page: line numbers and marks beside the text, what is wrong below it, completion at the caret.
// Without a script the text is a plain field, and the portal checks it when it is sent.

import { Completion } from "./completion.js";

const form = document.getElementById("editor-form");
const text = document.getElementById("compose");
const gutter = form.querySelector("[data-gutter]");
const problems = form.querySelector("[data-problems]");
const verdict = form.querySelector("[data-verdict]");
const missing = form.querySelector("[data-missing]");
const store = document.getElementById("editor-words").content;
const word = (name) => store.querySelector(`[data-word="${name}"]`).textContent;
const part = (name) => store.querySelector(`[data-part="${name}"]`).firstElementChild.cloneNode(true);

const PATIENCE = 350;
let timer = 0;
let serial = 0;
let leaving = false;

const completion = new Completion(text, form.querySelector("[data-editor]"), {
  words: form.dataset.words,
  images: form.dataset.images,
  label: word("listbox"),
});

/** One number for each line, marked where something is. */
function number(marks = new Map()) {
  const count = text.value.split("\n").length;
  gutter.replaceChildren(
    ...Array.from({ length: count }, (_, index) => {
      const line = document.createElement("span");
      const mark = marks.get(index + 1);
      line.textContent = index + 1;
      if (mark) {
        line.className = mark.kind;
        line.title = mark.text;
      }
      return line;
    }),
  );
  follow();
}

function follow() {
  gutter.style.height = `${text.clientHeight}px`;
  gutter.scrollTop = text.scrollTop;
}

function entry(kind, one) {
  const item = document.createElement("li");
  item.className = `editor-problem ${kind}`;
  const words = document.createElement("span");
  if (one.line) {
    const link = document.createElement("a");
    link.href = "#compose";
    link.dataset.line = one.line;
    link.dataset.column = one.column;
    if (one.file) link.dataset.file = one.file;
    const place = word("place").replace("%(line)s", one.line).replace("%(column)s", one.column);
    link.textContent = one.file ? `${one.file} ${place}` : place;
    words.append(link, " ");
  }
  if (one.path) {
    const path = document.createElement("code");
    path.textContent = one.path;
    words.append(path, " ");
  }
  words.append([one.message, one.remedy].filter(Boolean).join(" "));
  item.append(part(kind), words);
  return item;
}

function say(kind, words) {
  verdict.className = `panel-note editor-verdict ${kind}`;
  verdict.replaceChildren(part(kind), words);
}

function show(found) {
  const marks = new Map();
  for (const one of found.notes) if (!one.file && one.line) marks.set(one.line, { kind: "note", text: one.message });
  for (const one of found.errors) if (!one.file && one.line) marks.set(one.line, { kind: "bad", text: one.message });
  number(marks);
  problems.replaceChildren(
    ...found.errors.map((one) => entry("bad", one)),
    ...found.notes.map((one) => entry("note", one)),
  );
  if (found.valid) say("fine", word("fine"));
  else say("bad", word("bad").replace("%(count)s", found.errors.length));
  const unknown = found.errors.map((one) => /^([A-Za-z_]\w*) has no value/.exec(one.message)?.[1]).filter(Boolean);
  missing.textContent = unknown.length ? `${word("missing")} ${[...new Set(unknown)].join(", ")}` : "";
}

/** What is sent for a check: everything but uploads and the values of secrets. */
function draft() {
  const data = new FormData(form);
  data.delete("uploads");
  data.delete("paste");
  data.delete("secret_value");
  return data;
}

async function check() {
  const mine = (serial += 1);
  try {
    const answer = await fetch(form.dataset.validate, { method: "POST", body: draft(), headers: { Accept: "application/json" } });
    if (mine !== serial) return;
    if (!answer.ok) return say("bad", word("away"));
    show(await answer.json());
  } catch {
    if (mine === serial) say("bad", word("away"));
  }
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(check, PATIENCE);
}

/** Tab indents; after Escape it leaves the text, as everywhere else. */
function keys(event) {
  if (completion.key(event)) return;
  if (event.key === " " && event.ctrlKey) {
    event.preventDefault();
    completion.offer(true);
  } else if (event.key === "Escape") {
    leaving = true;
  } else if (event.key === "Tab" && !event.shiftKey && !leaving) {
    event.preventDefault();
    text.setRangeText("  ", text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  } else if (event.key === "Enter") {
    newline(event);
  }
  if (event.key !== "Escape" && event.key !== "Shift") leaving = false;
}

/** A new line begins as deep as the one above it, deeper behind a colon. */
function newline(event) {
  const before = text.value.slice(0, text.selectionStart);
  const line = before.slice(before.lastIndexOf("\n") + 1);
  const indent = /^ */.exec(line)[0] + (/:\s*$/.test(line) ? "  " : "");
  if (!indent) return;
  event.preventDefault();
  text.setRangeText(`\n${indent}`, text.selectionStart, text.selectionEnd, "end");
  text.dispatchEvent(new Event("input", { bubbles: true }));
}

function jump(event) {
  const link = event.target.closest("a[data-line]");
  if (!link) return;
  event.preventDefault();
  if (link.dataset.file) return;
  const lines = text.value.split("\n").slice(0, Number(link.dataset.line) - 1);
  const at = lines.reduce((sum, line) => sum + line.length + 1, 0) + Number(link.dataset.column) - 1;
  text.focus();
  text.setSelectionRange(at, at);
  text.scrollTop = Math.max(0, (Number(link.dataset.line) - 6) * parseFloat(getComputedStyle(text).lineHeight));
}

text.addEventListener("keydown", keys);
text.addEventListener("scroll", () => {
  follow();
  completion.close();
});
text.addEventListener("blur", () => completion.close());
text.addEventListener("input", () => {
  number();
  completion.offer(false);
});
problems.addEventListener("click", jump);
form.addEventListener("input", soon);
new ResizeObserver(follow).observe(text);
number();
check();
