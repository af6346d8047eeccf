// xterm.js writes style elements, which the content security policy forbids. A constructed style sheet may be changed by
// script, so the elements that it asks for hand their text to one.

export function styleByScript() {
  const make = document.createElement.bind(document);
  document.createElement = (name, options) => (String(name).toLowerCase() === "style" ? sheetElement(make) : make(name, options));
}

function sheetElement(make) {
  const element = make("span");
  const sheet = new CSSStyleSheet();
  element.hidden = true;
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  Object.defineProperty(element, "textContent", { get: () => "", set: (text) => sheet.replaceSync(text) });
  const remove = element.remove.bind(element);
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
    remove();
  };
  return element;
}
