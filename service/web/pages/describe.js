// Tells what a schema of the document takes or gives; names of types lead to what they hold.

import { make, rows } from "./make.js";

const LIMITS = {
  minimum: "at least", maximum: "at most", minLength: "characters at least",
  maxLength: "characters at most", maxItems: "items at most", pattern: "as",
};

export function resolved(whole, part) {
  return part.$ref
    ? part.$ref.slice(2).split("/").reduce((found, name) => found[name], whole)
    : part;
}

const nameOf = (reference) => reference.split("/").pop();

// Words and links, to be appended one after the other.
function typeParts(schema) {
  if (schema.$ref) {
    const name = nameOf(schema.$ref);
    return [make("a", name, { href: `#type-${name}` })];
  }
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return options.flatMap((each, at) => (at ? [" or ", ...typeParts(each)] : typeParts(each)));
  if (schema.enum) return [schema.enum.map((each) => JSON.stringify(each)).join(" | ")];
  if ("const" in schema) return [JSON.stringify(schema.const)];
  if (schema.type === "array") return ["list of ", ...(schema.items ? typeParts(schema.items) : ["anything"])];
  if (schema.type === "object" && schema.additionalProperties?.type) {
    return ["object of ", ...typeParts(schema.additionalProperties)];
  }
  return [[schema.type ?? "anything"].flat().join(" or ")];
}

export function typeOf(schema) {
  const made = make("span");
  made.append(...typeParts(schema));
  return made;
}

export function limits(schema) {
  return Object.entries(LIMITS).filter(([key]) => key in schema)
    .map(([key, say]) => `${say} ${schema[key]}`).join(", ");
}

export function schemaTable(whole, schema) {
  const found = resolved(whole, schema);
  const properties = Object.entries(found.properties ?? {});
  if (!properties.length) return make("p", "", { class: "quiet" }).appendChild(typeOf(found));
  const required = new Set(found.required ?? []);
  return rows(["field", "type", "notes"], properties.map(([name, each]) => [
    name,
    typeOf(each),
    [required.has(name) ? "required" : "default" in each ? `default ${JSON.stringify(each.default)}` : "",
      limits(each), each.description ?? ""].filter(Boolean).join("; "),
  ]));
}

export function types(whole) {
  const made = document.createDocumentFragment();
  made.append(make("h2", "Types", { id: "all-types" }));
  for (const [name, schema] of Object.entries(whole.components.schemas).sort()) {
    const section = made.appendChild(make("section", "", { id: `type-${name}` }));
    section.append(make("h3", name));
    const body = section.appendChild(make("div"));
    if (schema.description) body.append(make("p", schema.description));
    body.append(schemaTable(whole, schema));
  }
  return made;
}
