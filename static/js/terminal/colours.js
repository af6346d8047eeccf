// The terminal's colours, from the page's own, for light and dark.

const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
const LIGHT = ["#2b3342", "#b3231f", "#13703f", "#8a5300", "#2550c6", "#8a2d8f", "#0f6a7d", "#6b7585"];
const DARK = ["#5b6576", "#ff8b84", "#57c98a", "#e5ae4b", "#93b1ff", "#dc92e0", "#63c6d8", "#e6eaf0"];

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

export function colours() {
  const dark = isDark();
  const values = dark ? DARK : LIGHT;
  const theme = dark
    ? { background: "#0f1319", foreground: "#d8dee8", cursor: "#d8dee8", selectionBackground: "#34456f" }
    : { background: "#f3f5f8", foreground: "#1f2937", cursor: "#1f2937", selectionBackground: "#c4d3f7" };
  NAMES.forEach((name, at) => {
    theme[name] = values[at];
    theme[`bright${name[0].toUpperCase()}${name.slice(1)}`] = values[at];
  });
  return theme;
}

export function onChange(act) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", act);
  new MutationObserver(act).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
}
