// Shows the node's own OpenAPI document to people, and lets them try it.

import { attempt } from "./attempt.js";
import { resolved, schemaTable, typeOf, types, limits } from "./describe.js";
import { byId, code, make, paragraphs, rows, titled } from "./make.js";

const METHODS = ["get", "post", "put", "patch", "delete"];
const WIDE = matchMedia("(min-width: 52rem)");

function section(whole, path, method, operation) {
  const id = `operation-${operation.operationId}`;
  const title = `${id}-title`;
  const made = make("section", "", { id, "aria-labelledby": title });
  const head = made.appendChild(make("h3", "", { id: title }));
  head.append(make("span", method.toUpperCase(), { class: `method ${method}` }), " ", make("code", path), " ");
  head.append(make("span", [operation["x-role"], operation["x-permission"]].filter(Boolean).join(" + "), { class: "role" }));
  const body = made.appendChild(make("div"));
  body.append(make("p", `${operation.summary}.`));
  const parameters = (operation.parameters ?? []).map((each) => [
    each.name, each.in, typeOf(each.schema), [each.required ? "required" : "", limits(each.schema)].filter(Boolean).join("; "),
  ]);
  if (parameters.length) body.append(titled("Parameters", rows(["name", "in", "type", "notes"], parameters)));
  const content = operation.requestBody?.content["application/json"];
  if (content) {
    body.append(titled("Body", schemaTable(whole, content.schema)));
    if (content.example) body.append(code(JSON.stringify(content.example, null, 2), "An example of the body"));
  }
  body.append(titled("Answers", answers(whole, operation.responses)), attempt(path, method, operation));
  return made;
}

function answers(whole, responses) {
  const list = document.createDocumentFragment();
  const refusals = [];
  for (const [status, given] of Object.entries(responses)) {
    const answer = resolved(whole, given);
    const schema = Object.values(answer.content ?? {})[0]?.schema;
    if (status >= 400) refusals.push([status, answer.description]);
    else {
      const line = list.appendChild(make("p", `${status}: ${answer.description}`));
      if (schema) line.append(", ", typeOf(schema));
    }
  }
  const details = make("details");
  details.append(make("summary", `Refusals: ${refusals.map(([status]) => status).join(", ")}`), rows(["status", "when"], refusals));
  list.append(details);
  return list;
}

function filter(shown) {
  const words = byId("find").value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const each of shown) {
    const fits = words.every((word) => each.text.includes(word));
    each.section.hidden = each.listed.hidden = !fits;
    found += fits;
  }
  for (const group of document.querySelectorAll(".group")) {
    group.hidden = !group.querySelector("section:not([hidden]), li:not([hidden])");
  }
  byId("types").hidden = words.length > 0;
  byId("found").textContent = words.length ? `${found} of ${shown.length} operations` : `${shown.length} operations`;
}

function groupOf(name) {
  const [here, listed] = [make("div", "", { class: "group" }), make("div", "", { class: "group" })];
  here.append(make("h2", name));
  listed.append(make("h2", name));
  byId("operations").append(here);
  byId("index").append(listed);
  return [here, listed.appendChild(make("ul"))];
}

function show(whole) {
  byId("version").textContent = whole.info.version;
  byId("about").append(...paragraphs(whole.info.description));
  const groups = new Map(whole.tags.map((tag) => [tag.name, groupOf(tag.name)]));
  const shown = [];
  for (const [path, item] of Object.entries(whole.paths)) {
    for (const method of METHODS.filter((each) => each in item)) {
      const operation = item[method];
      const [here, listed] = groups.get(operation.tags[0]);
      const line = listed.appendChild(make("li"));
      line.append(make("a", operation.summary, { href: `#operation-${operation.operationId}` }));
      const made = here.appendChild(section(whole, path, method, operation));
      const text = `${method} ${path} ${operation.summary} ${operation["x-role"]} ${operation.operationId}`;
      shown.push({ section: made, listed: line, text: text.toLowerCase() });
    }
  }
  byId("types").append(types(whole));
  byId("find").addEventListener("input", () => filter(shown));
  filter(shown);
  if (location.hash) byId(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
}

function keys(event) {
  const writing = event.target.closest("input, textarea");
  if (event.key === "/" && !writing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    byId("find").focus();
  }
}

const unfold = () => byId("index").toggleAttribute("open", WIDE.matches);

WIDE.addEventListener("change", unfold);
unfold();
document.addEventListener("keydown", keys);
byId("access").addEventListener("submit", (event) => event.preventDefault());
try {
  const answer = await fetch("/api/v2/openapi.json");
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  show(await answer.json());
} catch (error) {
  byId("found").textContent = `The document could not be loaded: ${error.message}`;
}
