// The page of stats: moments from the portal's socket into charts, rows and a timeline of events.

import { Socket } from "../logs/socket.js";
import { amount, Chart } from "./charts.js";

const MAX_EVENTS = 200;
const root = document.getElementById("stats");
const field = (name) => root.querySelector(`[data-${name}]`);
const say = (name) => field(`say-${name}`).textContent;
const names = { cpu: [say("cpu")], memory: [say("memory")], network: [say("received"), say("sent")], disk: [say("read"), say("written")] };
const charts = Object.fromEntries(Object.entries(names).map(([name, lines]) => [name, new Chart(root.querySelector(`[data-chart="${name}"] [data-plot]`), lines)]));
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

function moment(time, [cpu, memory, , received, sent, read, written]) {
  charts.cpu.add(time, [cpu]);
  charts.memory.add(time, [memory]);
  charts.network.add(time, [received, sent]);
  charts.disk.add(time, [read, written]);
}

function draw() {
  for (const chart of Object.values(charts)) chart.draw();
}

function cell(text, isNumber = true) {
  const made = document.createElement("td");
  made.textContent = text;
  if (isNumber) made.className = "num";
  return made;
}

function rows(list) {
  const body = field("rows");
  if (!body) return;
  const sorted = [...list].sort((a, b) => (b[2] ?? 0) - (a[2] ?? 0));
  body.replaceChildren(
    ...sorted.map(([cid, name, cpu, memory, , received, sent, read, written, processes]) => {
      const row = document.createElement("tr");
      const first = document.createElement("td");
      first.append(Object.assign(document.createElement("a"), { href: `${root.dataset.base}${cid}/stats/`, textContent: name }));
      const rates = [received, sent, read, written].map((value) => cell(amount(value, "/s")));
      row.append(first, cell(amount(cpu, "%")), cell(amount(memory, "")), ...rates, cell(processes || "—"));
      return row;
    }),
  );
}

function event({ t, type, action, name, code }) {
  const list = field("events");
  if (!list) return;
  const item = field("event").content.firstElementChild.cloneNode(true);
  item.querySelector("time").textContent = clock.format(t * 1000);
  item.querySelector("time").title = new Date(t * 1000).toISOString();
  item.querySelector("[data-what]").textContent = `${type} ${action}${code ? ` (${code})` : ""}`;
  item.querySelector("[data-name]").textContent = name;
  item.classList.toggle("stats-bad", action === "oom" || (action === "die" && code !== "0") || action.startsWith("health_status: unhealthy"));
  list.prepend(item);
  while (list.children.length > MAX_EVENTS) list.lastElementChild.remove();
  field("no-events").hidden = true;
}

const socket = new Socket("/ws/stats/", {
  open() {
    field("events")?.replaceChildren();
    socket.send({ host: root.dataset.host, container: root.dataset.container });
  },
  message(message) {
    if (message.history) {
      for (const [time, ...values] of message.history) moment(time, values);
      if (message.history.length) draw();
    } else if (message.p) {
      moment(message.t, message.p);
      if (message.rows) rows(message.rows);
      field("status").textContent = say("live");
      root.dataset.tone = "ok";
      draw();
    } else if (message.event) event(message.event);
    else if (message.away) {
      field("status").textContent = message.away;
      root.dataset.tone = "warn";
    }
  },
  state(word, problem) {
    if (word === "lost") field("status").textContent = say("lost");
    if (problem) field("status").textContent = `${problem.title}. ${problem.detail}`;
    if (problem) root.dataset.tone = "bad";
  },
});
