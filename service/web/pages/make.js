// Makes elements. Text is only ever set as text.

export const byId = (id) => document.getElementById(id);

export function make(tag, text = "", attributes = {}) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

// Scrolls sideways where it is too wide, and can then be reached with the keyboard.
export function code(text, label) {
  return make("pre", text, { tabindex: "0", role: "group", "aria-label": label });
}

export function titled(title, ...parts) {
  const found = document.createDocumentFragment();
  found.append(make("h4", title), ...parts);
  return found;
}

// Paragraphs of a text in which `words` are code.
export function paragraphs(text) {
  return text.trim().split(/\n\s*\n/).map((part) => {
    const made = make("p");
    made.append(...part.split("`").map((each, at) => (at % 2 ? make("code", each) : each)));
    return made;
  });
}

// Cells are texts or elements; the first of each line is code.
export function rows(headings, lines) {
  const table = make("table");
  const head = table.appendChild(make("thead")).appendChild(make("tr"));
  for (const each of headings) head.append(make("th", each, { scope: "col" }));
  const body = table.appendChild(make("tbody"));
  for (const line of lines) {
    const row = body.appendChild(make("tr"));
    for (const [at, cell] of line.entries()) row.appendChild(make("td")).append(at ? cell : make("code", cell));
  }
  return table;
}
