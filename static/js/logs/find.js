// What is searched for: a text or a regular expression, the least level, the streams.

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** {pattern, error}: pattern null when nothing is searched for. */
export function patternOf(text, isExpression, isCaseSensitive) {
  if (!text) return { pattern: null, error: "" };
  try {
    return { pattern: new RegExp(isExpression ? text : escaped(text), isCaseSensitive ? "g" : "gi"), error: "" };
  } catch (error) {
    return { pattern: null, error: error.message };
  }
}

export function found(pattern, text) {
  pattern.lastIndex = 0;
  return pattern.test(text);
}

/** [start, end] of each place in `text`, at most 50. */
export function places(pattern, text) {
  const list = [];
  pattern.lastIndex = 0;
  for (let match; list.length < 50 && (match = pattern.exec(text)); ) {
    if (match[0].length) list.push([match.index, match.index + match[0].length]);
    else pattern.lastIndex += 1;
  }
  return list;
}

/** Markers (dropped lines, states) are always shown. */
export function matcher({ pattern, only, level, hidden }) {
  return (line) =>
    line.mark ||
    (line.v >= level || (level <= 2 && line.v === 0)) && !hidden.has(line.s) && (!only || !pattern || found(pattern, line.p));
}
