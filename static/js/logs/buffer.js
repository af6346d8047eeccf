// The lines that are kept: the newest ones of all sources, in the order of time, never more than a fixed amount.

export const MAX_LINES = 20_000;
export const MAX_CHARS = 12_000_000;
const SLACK = 1_000; // removed at once, so that the array is not moved for each line

const before = (a, b) => a.t < b.t || (a.t === b.t && a.n < b.n);

/** Put `line` where it belongs; nearly always that is the end. */
function insert(lines, line) {
  let at = lines.length;
  if (at && before(line, lines[at - 1])) {
    let low = 0;
    while (low < at) {
      const middle = (low + at) >> 1;
      if (before(line, lines[middle])) at = middle;
      else low = middle + 1;
    }
  }
  if (at === lines.length) lines.push(line);
  else lines.splice(at, 0, line);
}

export class Lines {
  /** matches: whether a line is shown. */
  constructor(matches = () => true) {
    this.all = [];
    this.shown = [];
    this.matches = matches;
    this.chars = 0;
    this.removed = 0; // shown lines that were taken away at the front, ever
    this.left = 0; // lines that were taken away, ever
  }

  /** line: {n, t, s, x, ...}; n grows with every line, t is microseconds. */
  add(line) {
    insert(this.all, line);
    this.chars += line.x.length;
    if (this.matches(line)) insert(this.shown, line);
    if (this.all.length > MAX_LINES || this.chars > MAX_CHARS) this.trim();
  }

  trim() {
    let count = Math.min(SLACK, this.all.length - 1);
    while (count < this.all.length - 1 && this.all.length - count > MAX_LINES) count += 1;
    const gone = this.all.splice(0, count);
    const last = gone[gone.length - 1];
    for (const line of gone) this.chars -= line.x.length;
    let shown = 0;
    while (shown < this.shown.length && !before(last, this.shown[shown])) shown += 1;
    this.shown.splice(0, shown);
    this.removed += shown;
    this.left += count;
  }

  filter(matches) {
    this.matches = matches;
    this.shown = this.all.filter(matches);
    this.removed = 0;
  }

  clear() {
    this.all = [];
    this.shown = [];
    this.chars = 0;
    this.removed = 0;
  }
}
