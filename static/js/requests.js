// What happens around htmx requests: refusals become toasts, questions become dialogs, pressed buttons turn.

import { ask } from "./dialog.js";
import { toast } from "./toast.js";
import { word } from "./words.js";

const PATIENCE = 15_000;

/** The words of a refused answer: RFC 9457 problem details, or what was announced by the server itself. */
function reason(request) {
  if ((request.getResponseHeader("Content-Type") ?? "").includes("json")) {
    try {
      const problem = JSON.parse(request.responseText);
      return [problem.title, problem.detail].filter(Boolean).join(". ") || word("failed");
    } catch {
      return word("failed");
    }
  }
  return word("failed");
}

function refused(event) {
  const request = event.detail.xhr;
  if ((request.getResponseHeader("HX-Trigger") ?? "").includes("toast")) return;
  toast(reason(request), "bad");
}

async function question(event) {
  if (!event.detail.question) return;
  event.preventDefault();
  const { confirmTitle, confirmYes, confirmDanger } = event.detail.elt.dataset;
  const sure = await ask({
    text: event.detail.question,
    title: confirmTitle,
    yes: confirmYes,
    danger: confirmDanger !== undefined,
  });
  if (sure) event.detail.issueRequest(true);
}

/** An ordinary form that was sent: its button turns, and a second press does nothing for a while. */
function busy(event) {
  const form = event.target;
  const button = event.submitter;
  if (!button || form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  setTimeout(() => {
    if (event.defaultPrevented) return; // htmx sends it, and marks it by itself
    form.dataset.sent = "1";
    button.setAttribute("aria-busy", "true");
    setTimeout(() => rest(form), PATIENCE);
  });
}

function rest(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
}

/** A page that comes back by the Back button has nothing under way. */
function restAll() {
  document.querySelectorAll("form[data-sent]").forEach(rest);
}

export function start() {
  document.body.addEventListener("htmx:responseError", refused);
  document.body.addEventListener("htmx:sendError", () => toast(word("no-answer"), "bad"));
  document.body.addEventListener("htmx:timeout", () => toast(word("no-answer"), "bad"));
  document.body.addEventListener("htmx:confirm", question);
  document.addEventListener("submit", busy);
  window.addEventListener("pageshow", restAll);
}
