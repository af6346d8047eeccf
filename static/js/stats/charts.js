// One chart over time, of one or two lines, in the page's colours.

const INKS = ["--chart-1", "--chart-2"];
const LEAST_SPAN = 60; // seconds
export const KEPT = 300;
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const probe = document.createElement("span");

/** A colour of the page as a canvas understands it: light-dark() and var() are resolved by an element. */
function css(name) {
  if (!probe.isConnected) document.body.append(probe);
  probe.hidden = true;
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}

export function amount(value, unit) {
  if (value === null || value === undefined) return "—";
  if (unit === "%") return `${value.toFixed(value < 10 ? 1 : 0)} %`;
  const steps = ["B", "KiB", "MiB", "GiB", "TiB"];
  let step = 0;
  while (value >= 1024 && step < steps.length - 1) {
    value /= 1024;
    step += 1;
  }
  return `${value.toFixed(value < 10 && step ? 1 : 0)} ${steps[step]}${unit}`;
}

export class Chart {
  /** box: an element with data-unit; names: of the lines. */
  constructor(box, names) {
    this.box = box;
    this.unit = box.dataset.unit;
    this.data = [[], ...names.map(() => [])];
    const axis = { stroke: () => css("--text-3"), grid: { stroke: () => css("--line-soft"), width: 1 }, ticks: { show: false }, font: `11px ${getComputedStyle(document.body).fontFamily}` };
    const series = names.map((label, at) => ({
      label,
      stroke: () => css(INKS[at]),
      fill: () => (at ? undefined : css("--chart-fill")),
      width: 1.5,
      points: { show: false },
      value: (_plot, value) => amount(value, this.unit),
    }));
    const options = {
      ...this.size(),
      series: [{ value: "{HH}:{mm}:{ss}" }, ...series],
      axes: [{ ...axis, space: 80, values: (_plot, ticks) => ticks.map((tick) => clock.format(tick * 1000)), incrs: [5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400] }, { ...axis, size: 70, values: (_plot, ticks) => ticks.map((tick) => amount(tick, this.unit)) }],
      scales: {
        x: { range: (_plot, low, high) => [Math.min(low ?? 0, (high ?? 0) - LEAST_SPAN), high ?? 0] },
        y: { range: (_plot, _low, high) => [0, Math.max(high || 0, this.unit === "%" ? 5 : 1024) * 1.1] },
      },
      legend: { show: names.length > 1, live: false },
      cursor: { points: { show: false } },
    };
    this.plot = new window.uPlot(options, this.data, box);
    new ResizeObserver(() => this.plot.setSize(this.size())).observe(box);
    const again = () => this.plot.redraw(false, true);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
    new MutationObserver(again).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  }

  size() {
    return { width: Math.max(200, this.box.clientWidth), height: 170 };
  }

  add(time, values) {
    this.data[0].push(time);
    values.forEach((value, at) => this.data[at + 1].push(value));
    if (this.data[0].length > KEPT) this.data.forEach((list) => list.shift());
  }

  draw() {
    this.plot.setData(this.data);
    const last = this.data.slice(1).map((list) => amount(list[list.length - 1], this.unit));
    const value = this.box.closest("[data-chart]").querySelector("[data-now]");
    value.textContent = last.join(" · ");
  }
}
