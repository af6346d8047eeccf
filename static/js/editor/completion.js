// The list of completions at the caret: attributes and values from the portal's own table, image names from the gallery.

import { pathAt, typingAt } from "./context.js";

const PATIENCE = 250;
const MOST = 60;

export class Completion {
  constructor(text, box, { words, images, label }) {
    Object.assign(this, { text, images });
    this.table = { names: {}, values: {} };
    this.list = document.createElement("ul");
    this.list.className = "editor-options";
    this.list.id = "editor-options";
    this.list.hidden = true;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", label);
    box.append(this.list);
    text.setAttribute("aria-autocomplete", "list");
    text.setAttribute("aria-controls", this.list.id);
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const item = event.target.closest("li");
      if (item) this.take(item.dataset.insert);
    });
    fetch(words, { headers: { Accept: "application/json" } })
      .then((answer) => (answer.ok ? answer.json() : this.table))
      .then((table) => (this.table = table))
      .catch(() => {});
  }

  get open() {
    return !this.list.hidden;
  }

  close() {
    this.list.hidden = true;
    this.text.removeAttribute("aria-activedescendant");
  }

  /** Offer what fits at the caret. asked: by a key, so that nothing typed yet is enough. */
  offer(asked) {
    const where = this.caret();
    const typing = typingAt(where.lines[where.line], where.column);
    if (!typing || (!asked && typing.word.length < (typing.key === "image" ? 2 : 1))) return this.close();
    const path = pathAt(where.lines, where.line);
    if (typing.kind === "value" && typing.key === "image" && path === "services.*") return this.ask(typing.word);
    const offers =
      typing.kind === "name"
        ? (this.table.names[path] ?? []).map((name) => ({ text: name, insert: `${name}: ` }))
        : (this.table.values[`${path}.${typing.key}`.replace(/^\./, "")] ?? []).map((text) => ({ text, insert: text }));
    const word = typing.word.toLowerCase();
    const fitting = offers.filter((offer) => offer.text.toLowerCase().includes(word) && offer.text !== typing.word);
    fitting.sort((a, b) => b.text.toLowerCase().startsWith(word) - a.text.toLowerCase().startsWith(word));
    this.show(fitting.slice(0, MOST), typing.word);
  }

  ask(word) {
    clearTimeout(this.timer);
    const serial = (this.serial = (this.serial ?? 0) + 1);
    this.timer = setTimeout(async () => {
      try {
        const answer = await fetch(`${this.images}?q=${encodeURIComponent(word)}`, { headers: { Accept: "application/json" } });
        const { images } = answer.ok ? await answer.json() : { images: [] };
        if (serial === this.serial) this.show(images.map((text) => ({ text, insert: text })), word);
      } catch {
        this.close();
      }
    }, PATIENCE);
  }

  show(offers, word) {
    if (!offers.length || document.activeElement !== this.text) return this.close();
    this.word = word;
    this.list.replaceChildren(
      ...offers.map((offer, index) => {
        const item = document.createElement("li");
        item.id = `editor-option-${index}`;
        item.setAttribute("role", "option");
        item.textContent = offer.text;
        item.dataset.insert = offer.insert;
        return item;
      }),
    );
    this.list.hidden = false;
    this.place();
    this.choose(0);
  }

  place() {
    const { line, column } = this.caret();
    const style = getComputedStyle(this.text);
    const height = parseFloat(style.lineHeight);
    const probe = document.createElement("canvas").getContext("2d");
    probe.font = `${style.fontSize} ${style.fontFamily}`;
    const width = probe.measureText("0").width;
    const top = this.text.offsetTop + parseFloat(style.paddingTop) + (line + 1) * height - this.text.scrollTop;
    const left = this.text.offsetLeft + parseFloat(style.paddingLeft) + column * width - this.text.scrollLeft;
    this.list.style.top = `${Math.max(0, top)}px`;
    this.list.style.left = `${Math.max(0, Math.min(left, this.text.offsetLeft + this.text.clientWidth - 240))}px`;
  }

  choose(index) {
    const items = [...this.list.children];
    this.chosen = (index + items.length) % items.length;
    items.forEach((item, number) => item.setAttribute("aria-selected", String(number === this.chosen)));
    this.text.setAttribute("aria-activedescendant", items[this.chosen].id);
    items[this.chosen].scrollIntoView({ block: "nearest" });
  }

  /** Whether the key was for the list. */
  key(event) {
    if (!this.open) return false;
    if (event.key === "ArrowDown") this.choose(this.chosen + 1);
    else if (event.key === "ArrowUp") this.choose(this.chosen - 1);
    else if (event.key === "Enter" || event.key === "Tab") this.take(this.list.children[this.chosen].dataset.insert);
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    return true;
  }

  take(insert) {
    const { text } = this;
    const end = text.selectionStart;
    text.setRangeText(insert, end - this.word.length, end, "end");
    this.close();
    text.dispatchEvent(new Event("input", { bubbles: true }));
    this.close();
  }

  caret() {
    const before = this.text.value.slice(0, this.text.selectionStart);
    const lines = this.text.value.split("\n");
    const line = before.split("\n").length - 1;
    return { lines, line, column: before.length - before.lastIndexOf("\n") - 1 };
  }
}
