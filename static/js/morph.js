// Puts new markup into a fragment without disturbing its reader: focus, selection, open <details>, scroll and what is
// being typed stay; text that changed is marked for a moment.

import { refreshAges } from "./time.js";

const MARKED = 1700;
const QUIET = "time[data-age], .log, [data-quiet], template, script";

/** A control whose value is not what the server gave: somebody is at it. */
function touched(control) {
  if (control instanceof HTMLInputElement) {
    return ["checkbox", "radio"].includes(control.type)
      ? control.checked !== control.defaultChecked
      : control.value !== control.defaultValue;
  }
  if (control instanceof HTMLTextAreaElement) return control.value !== control.defaultValue;
  if (control instanceof HTMLSelectElement) {
    return [...control.options].some((option) => option.selected !== option.defaultSelected) && control === document.activeElement;
  }
  return false;
}

function keepNode(before, after) {
  if (!(before instanceof Element)) return false;
  return before.hasAttribute("data-live-keep") || touched(before) || before.isEqualNode(after);
}

function keepAttribute(name, element) {
  if (name === "open") return element.matches("details, dialog");
  if (name === "aria-busy" || name === "data-sent") return true;
  return name === "class" && element.matches(".htmx-request, .copied");
}

function note(before, after, marks) {
  if (before.nodeType !== Node.TEXT_NODE || before.nodeValue.trim() === after.nodeValue?.trim()) return;
  const holder = before.parentElement;
  if (holder && !holder.closest(QUIET)) marks.add(holder.closest(".badge, .tile-value") ?? holder);
}

function mark(marks) {
  for (const element of marks) {
    if (!element.isConnected) continue;
    element.classList.add("changed");
    setTimeout(() => element.classList.remove("changed"), MARKED);
  }
}

/** Make the inside of `element` what `html` says. */
export function morph(element, html) {
  const marks = new Set();
  window.Idiomorph.morph(element, html, {
    morphStyle: "innerHTML",
    ignoreActiveValue: true,
    callbacks: {
      beforeNodeMorphed(before, after) {
        if (keepNode(before, after)) return false;
        note(before, after, marks);
        return true;
      },
      beforeAttributeUpdated: (name, node) => !keepAttribute(name, node),
      afterNodeAdded(node) {
        if (node instanceof Element && node.matches("tr, li, .card") && !node.closest(QUIET)) marks.add(node);
      },
    },
  });
  window.htmx?.process(element);
  refreshAges(element);
  mark(marks);
}
