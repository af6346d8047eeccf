// How serious a line says it is: 0 unknown, 1 debug, 2 info, 3 warning, 4 error.

const NAMES = { trace: 1, debug: 1, dbg: 1, info: 2, notice: 2, warn: 3, warning: 3, error: 4, err: 4, fatal: 4, panic: 4, crit: 4, critical: 4, alert: 4, emerg: 4, severe: 4 };
const KEYED = /(?:"?(?:level|lvl|severity|levelname)"?\s*[=:]\s*"?)([a-z]+)/i;
const WORD = /(?:^|[\s[<(|:])(TRACE|DEBUG|DBG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|FATAL|PANIC|CRIT|CRITICAL|ALERT|EMERG|SEVERE)(?=[\s\]>)|:,]|$)/;
const LOWER = /\[(trace|debug|info|notice|warn|warning|error|fatal|crit|alert|emerg)\]|^(debug|info|warn|warning|error|fatal|panic):/i;
const KLOG = /^([IWEF])\d{4} \d\d:/;
const LETTERS = { I: 2, W: 3, E: 4, F: 4 };
const LOOKED_AT = 300; // characters: levels stand at the beginning

export function levelOf(text) {
  const head = text.length > LOOKED_AT ? text.slice(0, LOOKED_AT) : text;
  const keyed = KEYED.exec(head);
  if (keyed && NAMES[keyed[1].toLowerCase()]) return NAMES[keyed[1].toLowerCase()];
  const found = WORD.exec(head) || LOWER.exec(head);
  if (found) return NAMES[(found[1] || found[2]).toLowerCase()] || 0;
  const letter = KLOG.exec(head);
  return letter ? LETTERS[letter[1]] : 0;
}
