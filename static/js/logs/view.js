// The lines on the screen: only those that can be seen are elements, however many there are.

import { pieces } from "./ansi.js";
import { places } from "./find.js";

const MORE = 12; // rows beyond the edges
const BY_HAND = 800; // milliseconds after a wheel, key or touch in which a scroll is the reader's
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/g;
const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hour12: false });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });

export class View {
  /** box: the scrolling element; lines: Lines; names: source -> text; on: {follow(bool), pick(line)}. */
  constructor(box, lines, names, on) {
    Object.assign(this, { box, lines, names, on, following: true, wrap: false, pattern: null, picked: null, planned: 0, pool: [] });
    this.sizer = box.querySelector("[data-sizer]");
    this.measure();
    box.addEventListener("scroll", () => this.scrolled(), { passive: true });
    for (const act of ["wheel", "touchmove", "pointerdown", "keydown"]) {
      box.addEventListener(act, () => (this.byHand = performance.now()), { passive: true });
    }
    new ResizeObserver(() => this.measure() || this.plan()).observe(box);
  }

  measure() {
    const probe = document.createElement("div");
    probe.className = "logs-row";
    probe.append(Object.assign(document.createElement("span"), { className: "logs-text", textContent: "M".repeat(100) }));
    this.sizer.append(probe);
    this.rowHeight = probe.getBoundingClientRect().height || 20;
    this.charWidth = probe.firstChild.getBoundingClientRect().width / 100 || 8;
    probe.remove();
    const style = getComputedStyle(this.box);
    this.lead = parseFloat(style.getPropertyValue("--logs-lead")) * this.charWidth || 0;
    this.columns = Math.max(20, Math.floor((this.box.clientWidth - this.lead - 24) / this.charWidth));
  }

  heightOf(line) {
    if (!this.wrap) return this.rowHeight;
    const wide = line.wide ?? (line.wide = line.p.length + (line.p.match(WIDE)?.length ?? 0));
    return Math.max(1, Math.ceil(wide / this.columns)) * this.rowHeight;
  }

  plan() {
    if (!this.planned) this.planned = requestAnimationFrame(() => this.draw());
  }

  scrolled() {
    const atEnd = this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < this.rowHeight * 2;
    const byHand = performance.now() - (this.byHand ?? -BY_HAND) < BY_HAND; // the box also scrolls when lines go
    if (byHand && atEnd !== this.following) this.follow(atEnd);
    this.plan();
  }

  follow(on) {
    this.following = on;
    this.on.follow(on);
    if (on) this.plan();
  }

  /** tops[i] is where row i begins; the last is the whole height. */
  layout() {
    const shown = this.lines.shown;
    if (!this.wrap) return { top: (at) => at * this.rowHeight, at: (y) => Math.floor(y / this.rowHeight), height: shown.length * this.rowHeight };
    const tops = new Float64Array(shown.length + 1);
    for (let at = 0; at < shown.length; at += 1) tops[at + 1] = tops[at] + this.heightOf(shown[at]);
    const at = (y) => {
      let low = 0;
      let high = shown.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (tops[middle + 1] <= y) low = middle + 1;
        else high = middle;
      }
      return low;
    };
    return { top: (index) => tops[index], at, height: tops[shown.length] };
  }

  draw() {
    this.planned = 0;
    const shown = this.lines.shown;
    const layout = this.layout();
    this.keepPlace(layout);
    this.sizer.style.height = `${layout.height}px`;
    if (this.following) this.moveTo(layout.height);
    const first = Math.max(0, layout.at(this.box.scrollTop) - MORE);
    const last = Math.min(shown.length, layout.at(this.box.scrollTop + this.box.clientHeight) + MORE);
    for (let at = first; at < last; at += 1) this.row(at - first, shown[at], layout.top(at));
    for (let at = Math.max(0, last - first); at < this.pool.length; at += 1) this.pool[at].hidden = true;
    this.anchor = shown[layout.at(this.box.scrollTop)];
    this.anchorOff = this.anchor ? this.box.scrollTop - layout.top(layout.at(this.box.scrollTop)) : 0;
  }

  /** The reader looks at older lines: they stay where they are while others come and go. */
  keepPlace(layout) {
    if (this.following || !this.anchor || this.lines.removed === this.seenRemoved) {
      this.seenRemoved = this.lines.removed;
      return;
    }
    this.seenRemoved = this.lines.removed;
    const at = this.lines.shown.indexOf(this.anchor);
    this.moveTo(at < 0 ? 0 : layout.top(at) + this.anchorOff);
  }

  moveTo(y) {
    this.box.scrollTop = y;
  }

  show(line) {
    const at = this.lines.shown.indexOf(line);
    if (at < 0) return;
    this.follow(false);
    this.picked = line;
    this.sizer.style.height = `${this.layout().height}px`;
    this.moveTo(Math.max(0, this.layout().top(at) - this.box.clientHeight / 3));
    this.pool.forEach((row) => (row.line = null));
    this.plan();
  }

  row(index, line, top) {
    const row = this.pool[index] ?? this.make();
    row.hidden = false;
    row.style.transform = `translateY(${top}px)`;
    if (row.line === line && row.drawn === this.version) return;
    row.line = line;
    row.drawn = this.version;
    row.className = `logs-row logs-level-${line.v}${line.k === 2 ? " logs-stderr" : ""}${line.mark ? " logs-mark" : ""}${line === this.picked ? " logs-picked" : ""}`;
    const [stamp, who, text] = row.children;
    stamp.textContent = line.t ? time.format(line.t / 1000) : "";
    stamp.title = line.t ? `${day.format(line.t / 1000)} · ${new Date(line.t / 1000).toISOString()}` : "";
    who.textContent = this.names.length > 1 ? (this.names[line.s] ?? "") : "";
    who.className = `logs-who logs-who-${line.s % 8}`;
    text.replaceChildren(...this.spans(line));
  }

  make() {
    const row = document.createElement("div");
    const stamp = Object.assign(document.createElement("button"), { className: "logs-time", type: "button", tabIndex: -1 });
    stamp.addEventListener("click", () => this.on.pick(row.line));
    row.append(stamp, document.createElement("span"), Object.assign(document.createElement("span"), { className: "logs-text" }));
    this.sizer.append(row);
    this.pool.push(row);
    return row;
  }

  /** Pieces by colour, cut where a place that was searched for begins or ends. */
  spans(line) {
    const marks = this.pattern && !line.mark ? places(this.pattern, line.p) : [];
    const made = [];
    let at = 0;
    for (const piece of pieces(line.x)) {
      const end = at + piece.text.length;
      const cuts = [at, ...marks.flat().filter((cut) => cut > at && cut < end), end];
      for (let cut = 0; cut + 1 < cuts.length; cut += 1) {
        const inside = marks.some(([from, to]) => cuts[cut] >= from && cuts[cut] < to);
        const span = document.createElement(inside ? "mark" : "span");
        span.textContent = piece.text.slice(cuts[cut] - at, cuts[cut + 1] - at);
        if (piece.classes.length) span.className = piece.classes.join(" ");
        if (piece.color) span.style.color = piece.color;
        if (piece.background) span.style.backgroundColor = piece.background;
        made.push(span);
      }
      at = end;
    }
    return made;
  }

  /** Draw every row anew: what is marked, or how it is wrapped, has changed. */
  again() {
    this.version = (this.version ?? 0) + 1;
    this.plan();
  }
}
