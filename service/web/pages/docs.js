// Shows the node's own OpenAPI document to people. Text is only ever set as text.

const METHODS = ["get", "post", "put", "patch", "delete"];
const byId = (id) => document.getElementById(id);

function make(tag, text = "", attributes = {}) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function resolved(whole, part) {
  return part.$ref
    ? part.$ref.slice(2).split("/").reduce((found, name) => found[name], whole)
    : part;
}

function typeOf(whole, schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return [...new Set(options.map((each) => typeOf(whole, each)))].join(" or ");
  if (schema.enum) return schema.enum.map((each) => JSON.stringify(each)).join(" | ");
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.type === "array") return `list of ${schema.items ? typeOf(whole, schema.items) : "anything"}`;
  return [schema.type ?? "anything"].flat().join(" or ");
}

function limits(schema) {
  const words = { minimum: "at least", maximum: "at most", maxLength: "characters at most", maxItems: "items at most" };
  return Object.entries(words).filter(([key]) => key in schema).map(([key, say]) => `${say} ${schema[key]}`).join(", ");
}

function rows(headings, lines) {
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

function schemaTable(whole, schema) {
  const found = resolved(whole, schema);
  const properties = Object.entries(found.properties ?? {});
  if (!properties.length) return make("p", typeOf(whole, schema), { class: "quiet" });
  const required = new Set(found.required ?? []);
  return rows(["field", "type", ""], properties.map(([name, each]) => [
    name,
    typeOf(whole, each),
    [required.has(name) ? "required" : "default" in each ? `default ${JSON.stringify(each.default)}` : "", limits(each)]
      .filter(Boolean).join("; "),
  ]));
}

function titled(title, ...parts) {
  const found = document.createDocumentFragment();
  found.append(make("h4", title), ...parts);
  return found;
}

function section(whole, path, method, operation) {
  const made = make("section", "", { id: operation.operationId });
  const head = made.appendChild(make("h3"));
  head.append(make("span", method.toUpperCase(), { class: `method ${method}` }), make("code", path));
  head.append(make("span", [operation["x-role"], operation["x-permission"]].filter(Boolean).join(" + "), { class: "role" }));
  const body = made.appendChild(make("div"));
  body.append(make("p", `${operation.summary}.`));
  const parameters = (operation.parameters ?? []).map((each) => [
    each.name, each.in, typeOf(whole, each.schema), each.required ? "required" : "",
  ]);
  if (parameters.length) body.append(titled("Parameters", rows(["name", "in", "type", ""], parameters)));
  const content = operation.requestBody?.content["application/json"];
  if (content) {
    body.append(titled("Body", schemaTable(whole, content.schema)));
    if (content.example) body.append(make("pre", JSON.stringify(content.example, null, 2)));
  }
  body.append(titled("Answers", answers(whole, operation.responses)));
  return made;
}

function answers(whole, responses) {
  const list = document.createDocumentFragment();
  for (const [status, given] of Object.entries(responses)) {
    const answer = resolved(whole, given);
    const schema = Object.values(answer.content ?? {})[0]?.schema;
    const line = `${status}: ${answer.description}`;
    if (!schema || status >= 400) {
      list.append(make("div", line, { class: "quiet" }));
      continue;
    }
    const details = make("details");
    details.append(make("summary", `${line} (${typeOf(whole, schema)})`), schemaTable(whole, schema));
    list.append(details);
  }
  return list;
}

function filter(shown) {
  const words = byId("find").value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const each of shown) {
    const hidden = !words.every((word) => each.text.includes(word));
    each.section.hidden = each.link.hidden = hidden;
  }
  for (const heading of byId("index").querySelectorAll("div")) {
    heading.hidden = !heading.querySelector("a:not([hidden])");
  }
}

function show(whole) {
  byId("version").textContent = whole.info.version;
  byId("about").textContent = whole.info.description;
  const groups = new Map(whole.tags.map((tag) => [tag.name, make("div")]));
  const operations = byId("operations");
  operations.replaceChildren();
  const shown = [];
  for (const [path, item] of Object.entries(whole.paths)) {
    for (const method of METHODS.filter((each) => each in item)) {
      const operation = item[method];
      const made = operations.appendChild(section(whole, path, method, operation));
      const link = make("a", operation.summary, { href: `#${operation.operationId}` });
      groups.get(operation.tags[0]).append(link);
      const text = `${method} ${path} ${operation.summary} ${operation["x-role"]} ${operation.operationId}`;
      shown.push({ section: made, link, text: text.toLowerCase() });
    }
  }
  for (const [name, group] of groups) {
    group.prepend(make("h2", name));
    byId("index").append(group);
  }
  byId("find").addEventListener("input", () => filter(shown));
  if (location.hash) byId(location.hash.slice(1))?.scrollIntoView();
}

try {
  const answer = await fetch("/api/v2/openapi.json");
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  show(await answer.json());
} catch (error) {
  byId("operations").textContent = `The document could not be loaded: ${error.message}`;
}
