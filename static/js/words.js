// Words and small pieces of markup that scripts show: templates/ui/_script_words.html, so that they are translated.

const store = () => document.getElementById("words").content;

/** The text named `name`, with %(amount)s or %(count)s filled in. */
export function word(name, value = "") {
  const found = store().querySelector(`[data-word="${name}"]`);
  return found ? found.textContent.replace(/%\((amount|count)\)s/, value) : name;
}

/** A fresh copy of the piece of markup named `name`. */
export function part(name) {
  return store().querySelector(`[data-part="${name}"]`).cloneNode(true);
}
