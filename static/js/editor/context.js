// Where the caret stands in a compose text: the names above it by their indentation. Nothing is parsed.

const NAMED = new Set(["services", "networks", "volumes", "configs", "secrets", "models"]);
const NAMED_WITHIN = new Set(["networks", "depends_on", "ulimits"]);

/** Indentation of a line, with that of the item's own content behind "- ". */
function depth(line) {
  const plain = /^ */.exec(line)[0].length;
  const item = /^ *(- +)/.exec(line);
  return { plain, item: Boolean(item), inner: item ? item[0].length : plain };
}

const keyOf = (line) => /^ *(?:- +)?["']?([\w.-]+)["']?\s*:/.exec(line)?.[1];

/** The path of what is around line `at`, as services.*.ports[]; a star for a name of the author's own. */
export function pathAt(lines, at) {
  const found = [];
  let limit = depth(lines[at] ?? "");
  let { plain } = limit;
  if (limit.item) {
    found.unshift("[]");
    plain = limit.plain + 1; // an item may stand as deep as the key of its list
  } else if (!lines[at].trim()) {
    plain = lines[at].length;
  }
  for (let index = at - 1; index >= 0 && plain > 0; index -= 1) {
    const line = lines[index];
    if (!line.trim() || line.trim().startsWith("#")) continue;
    const here = depth(line);
    if (here.item && here.plain < plain && here.inner <= plain && found[0] !== "[]") {
      const key = keyOf(line);
      if (key && here.inner < plain) found.unshift(key);
      found.unshift("[]");
      plain = here.plain + 1;
      continue;
    }
    if (here.item || here.plain >= plain) continue;
    const key = keyOf(line);
    if (key === undefined) continue;
    found.unshift(key);
    plain = here.plain;
  }
  return starred(found);
}

function starred(parts) {
  let path = "";
  parts.forEach((part, index) => {
    if (part === "[]") {
      path += "[]";
      return;
    }
    const above = parts[index - 1];
    const own = (index === 1 && NAMED.has(parts[0])) || (index === 3 && parts[0] === "services" && NAMED_WITHIN.has(above));
    path += (path ? "." : "") + (own ? "*" : part);
  });
  return path;
}

/** What is being typed before the caret: {kind: "name" | "value", key, word}. */
export function typingAt(line, column) {
  const before = line.slice(0, column);
  const value = /^ *(?:- +)?["']?([\w.-]+)["']?:\s+["']?([^"'#]*)$/.exec(before);
  if (value) return { kind: "value", key: value[1], word: value[2] };
  const name = /^ *(?:- +)?([\w.-]*)$/.exec(before);
  return name ? { kind: "name", key: "", word: name[1] } : null;
}
