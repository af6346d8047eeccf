// Colours and styles that programs write for terminals (SGR), as pieces of text with classes. Everything else is left out.

const CONTROL = /\x1b\[([0-9;:]*)m|\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]|[\x00-\x08\x0b-\x1f\x7f]/g;
const FLAGS = { 1: "bold", 2: "dim", 3: "italic", 4: "underline", 9: "strike" };
const STEPS = [0, 95, 135, 175, 215, 255];

/** The text alone, tabs as spaces, for searching and measuring. */
export function plain(text) {
  return /[\x00-\x1f\x7f]/.test(text) ? text.replaceAll("\t", "    ").replace(CONTROL, "") : text;
}

function indexed(number) {
  if (number < 16) return { cls: number };
  const value = number < 232 ? [36, 6, 1].map((by) => STEPS[Math.floor((number - 16) / by) % 6]) : Array(3).fill(8 + (number - 232) * 10);
  return { rgb: `rgb(${value.join(" ")})` };
}

/** One code may take others with it: 38;5;N and 38;2;R;G;B. */
function apply(style, codes) {
  const rest = codes.split(/[;:]/).map((code) => Number(code) || 0);
  while (rest.length) {
    const code = rest.shift();
    if (code === 0) Object.assign(style, { fg: null, bg: null, flags: new Set() });
    else if (FLAGS[code]) style.flags.add(FLAGS[code]);
    else if (code === 22) ["bold", "dim"].forEach((flag) => style.flags.delete(flag));
    else if (FLAGS[code - 20]) style.flags.delete(FLAGS[code - 20]);
    else if (code === 7) style.flags.add("inverse");
    else if (code === 27) style.flags.delete("inverse");
    else if (code >= 30 && code <= 37) style.fg = { cls: code - 30 };
    else if (code >= 90 && code <= 97) style.fg = { cls: code - 82 };
    else if (code >= 40 && code <= 47) style.bg = { cls: code - 40 };
    else if (code >= 100 && code <= 107) style.bg = { cls: code - 92 };
    else if (code === 39) style.fg = null;
    else if (code === 49) style.bg = null;
    else if (code === 38 || code === 48) {
      const kind = rest.shift();
      const value = kind === 5 ? indexed(Math.min(255, rest.shift() ?? 0)) : kind === 2 ? { rgb: `rgb(${rest.splice(0, 3).map((v) => Math.min(255, v)).join(" ")})` } : null;
      style[code === 38 ? "fg" : "bg"] = value;
    }
  }
}

function piece(text, style) {
  const classes = [...style.flags].map((flag) => `ansi-${flag}`);
  if (style.fg?.cls !== undefined) classes.push(`ansi-fg-${style.fg.cls}`);
  if (style.bg?.cls !== undefined) classes.push(`ansi-bg-${style.bg.cls}`);
  return { text, classes, color: style.fg?.rgb, background: style.bg?.rgb };
}

/** [{text, classes, color, background}] of one line; their texts together are plain(text). */
export function pieces(text) {
  const style = { fg: null, bg: null, flags: new Set() };
  const found = [];
  const whole = text.replaceAll("\t", "    ");
  let at = 0;
  for (const match of whole.matchAll(CONTROL)) {
    if (match.index > at) found.push(piece(whole.slice(at, match.index), style));
    if (match[1] !== undefined) apply(style, match[1]);
    at = match.index + match[0].length;
  }
  if (at < whole.length) found.push(piece(whole.slice(at), style));
  return found;
}
