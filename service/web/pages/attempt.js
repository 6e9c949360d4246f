// A form for each operation: fills in the request, sends it to this node, shows the answer.

import { byId, code, make } from "./make.js";

const TOLD = ["etag", "retry-after", "idempotent-replayed", "location"];

export function attempt(path, method, operation) {
  const details = make("details", "", { class: "attempt" });
  details.append(make("summary", "Try it"));
  details.addEventListener("toggle", () => {
    if (details.childElementCount === 1) details.append(...form(path, method, operation));
  });
  return details;
}

function form(path, method, operation) {
  const made = make("form");
  if (method !== "get") {
    made.append(make("p", "This goes to the node that serves this page, and may change it.", { class: "warning" }));
  }
  const inputs = (operation.parameters ?? []).map((each) => [each, made.appendChild(field(operation, each)).querySelector("input")]);
  const content = operation.requestBody?.content["application/json"];
  const body = content && made.appendChild(bodyField(operation, content)).querySelector("textarea");
  const send = made.appendChild(make("button", "Send", { type: "submit" }));
  const stop = made.appendChild(make("button", "Stop", { type: "button", hidden: "" }));
  const answer = make("div", "", { class: "answer", role: "status" });
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    const ends = new AbortController();
    stop.onclick = () => ends.abort();
    [send.disabled, stop.hidden] = [true, false];
    await exchange(request(path, method, inputs, body), answer, ends.signal);
    [send.disabled, stop.hidden] = [false, true];
  });
  return [made, answer];
}

function field(operation, parameter) {
  const id = `${operation.operationId}-${parameter.in}-${parameter.name}`;
  const line = make("p");
  const { schema } = parameter;
  const hint = parameter.name === "If-Match" ? "the ETag of its GET, or *" : "default" in schema ? String(schema.default ?? "") : "";
  const input = make("input", "", { id, placeholder: hint, autocomplete: "off" });
  input.required = parameter.required === true;
  line.append(make("label", `${parameter.name} (${parameter.in}${parameter.required ? ", required" : ""})`, { for: id }), input);
  return line;
}

function bodyField(operation, content) {
  const id = `${operation.operationId}-body`;
  const line = make("p");
  const text = make("textarea", JSON.stringify(content.example ?? {}, null, 2), { id, rows: "8", spellcheck: "false" });
  line.append(make("label", "Body, in JSON", { for: id }), text);
  return line;
}

function request(path, method, inputs, body) {
  const query = new URLSearchParams();
  const headers = {};
  for (const [{ name, in: place }, { value }] of inputs) {
    if (place === "path") path = path.replace(`{${name}}`, encodeURIComponent(value));
    else if (value && place === "query") query.set(name, value);
    else if (value) headers[name] = value;
  }
  if (body?.value.trim()) headers["Content-Type"] = "application/json";
  const url = new URL(path + (query.size ? `?${query}` : ""), location.origin);
  return { url, method: method.toUpperCase(), headers, body: body?.value.trim() || undefined };
}

async function exchange({ url, ...rest }, answer, signal) {
  answer.replaceChildren(code(curl(url, rest), "The same with curl"));
  const token = byId("token").value.trim();
  const headers = token ? { ...rest.headers, Authorization: `Token ${token}` } : rest.headers;
  const began = performance.now();
  try {
    const given = await fetch(url, { ...rest, headers, signal, credentials: "omit", cache: "no-store" });
    const took = Math.round(performance.now() - began);
    answer.append(make("p", `${given.status} ${given.statusText}, ${took} ms`, { class: given.ok ? "good" : "bad" }));
    const told = TOLD.filter((name) => given.headers.has(name)).map((name) => `${name}: ${given.headers.get(name)}`);
    if (told.length) answer.append(code(told.join("\n"), "Headers of the answer"));
    if (given.status === 401) answer.append(make("p", "Give a token at the top of this page."));
    await read(given, answer);
  } catch (error) {
    answer.append(make("p", signal.aborted ? "Stopped." : `There was no answer: ${error.message}`));
  }
}

async function read(given, answer) {
  if (given.headers.get("content-type")?.startsWith("text/event-stream")) {
    const shown = answer.appendChild(code("", "Events, as they come"));
    const reader = given.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) shown.textContent += part.value;
    return;
  }
  const text = await given.text();
  if (text) answer.append(code(pretty(text), "The answer"));
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

// For a shell; the token stays out of it.
function curl(url, { method, headers, body }) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const parts = [`curl -X ${method} ${quoted(url.href)}`, '-H "Authorization: Token $TIDEGATE_TOKEN"'];
  for (const [name, value] of Object.entries(headers)) parts.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (body) parts.push(`-d ${quoted(body)}`);
  return parts.join(" \\\n  ");
}
