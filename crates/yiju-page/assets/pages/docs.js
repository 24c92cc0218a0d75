// The API, to read and to try: its routes in the order of use, with examples that run.

import { at, once, send } from "../lib/api.js";
import { examples, inOrder, samplePath, schemaFields, typeName } from "../lib/description.js";
import { html, useState } from "../lib/h.js";
import { update, useStore, words } from "../lib/store.js";
import { CopyButton, Failure, Waiting, useLoaded } from "../parts/bits.js";

export function Docs() {
  const w = words();
  const shared = useStore();
  const { value: api, error } = useLoaded(() => once("/openapi.json"), []);
  // The examples are about a document that is there.
  const { value: page } = useLoaded(() => once(at("/documents?limit=1")), []);
  const id = page?.documents[0]?.id ?? "ID";
  const [key, setKey] = useState(shared.key);
  const groups = api ? inOrder(api) : [];
  return html`<main id="main" class="wide docs">
    <h1>${w.docs.title}</h1>
    <p class="lead">${w.docs.lead}</p>
    <p>${w.docs.about}</p>
    <form
      class="line"
      onSubmit=${(/** @type {Event} */ event) => {
        event.preventDefault();
        update({ key: key.trim(), keyAsked: "" });
      }}
    >
      <label for="docs-key">${w.key.label}</label>
      <input
        id="docs-key"
        type="password"
        autocomplete="off"
        value=${key}
        onInput=${(/** @type {any} */ event) => setKey(event.target.value)}
      />
      <button type="submit">${w.key.use}</button>
      <a href="/openapi.json" data-server>openapi.json</a>
    </form>
    ${error && html`<${Failure} error=${error} />`} ${!api && !error && html`<div class="room"><${Waiting} /></div>`}
    ${groups.map(
      ({ name, routes }) =>
        html`<section key=${name} aria-labelledby=${`docs-${name}`}>
          <h2 id=${`docs-${name}`}>${w.docs.groups[name] ?? name}</h2>
          ${routes.map((route) => html`<${Route} key=${`${route.method} ${route.path}`} api=${api} id=${id} route=${route} />`)}
        </section>`,
    )}
  </main>`;
}

/** @param {{api: any, id: string, route: import("../lib/description.js").Route}} props */
function Route({ api, id, route }) {
  const w = words();
  const [open, setOpen] = useState(false);
  const { method, path, does } = route;
  return html`<details class="route" onToggle=${(/** @type {any} */ event) => setOpen(event.target.open)}>
    <summary>
      <span class="method" data-method=${method}>${method}</span>
      <code>${path}</code>
      <span class="does">${w.docs.does[`${method} ${path}`] ?? does.summary ?? ""}</span>
    </summary>
    ${open && html`<${Inside} api=${api} id=${id} route=${route} />`}
  </details>`;
}

/** @param {{api: any, id: string, route: import("../lib/description.js").Route}} props */
function Inside({ api, id, route }) {
  const w = words();
  const { does } = route;
  const parameters = does.parameters ?? [];
  const kinds = Object.entries(does.requestBody?.content ?? {});
  const shown = examples(route, id, location.origin);
  return html`${does.description && html`<p lang="en" class="described">${does.description}</p>`}
    ${parameters.length > 0 && html`<${Fields} title=${w.docs.parameters} rows=${parameters.map((/** @type {any} */ one) => [one.name, typeName(one.schema), one.description ?? "", one.required])} />`}
    ${kinds.map(([kind, content]) => html`<${Fields} key=${kind} title=${w.docs.takes(kind)} rows=${schemaFields(api, /** @type {any} */ (content).schema)} />`)}
    <h3>${w.docs.gives}</h3>
    <ul class="gives">
      ${Object.entries(does.responses ?? {})
        .filter(([status]) => Number(status) < 400)
        .map(
          ([status, one]) =>
            html`<li>
              <strong>${status}</strong> ${/** @type {any} */ (one).description}
              ${Object.entries(/** @type {any} */ (one).content ?? {}).map(([kind, content]) => html`<code>${kind}${" "}${typeName(/** @type {any} */ (content).schema)}</code>`)}
            </li>`,
        )}
    </ul>
    ${shown.map(([name, text]) => html`<div class="example" key=${name}><p><strong>${name}</strong> <${CopyButton} text=${() => text}>${w.docs.copy}</${CopyButton}></p><pre tabindex="0" role="region" aria-label=${name}>${text}</pre></div>`)}
    <${Try} id=${id} route=${route} />`;
}

/** @param {{title: string, rows: any[][]}} props */
function Fields({ title, rows }) {
  const w = words();
  if (!rows.length) return html`<h3>${title}</h3>`;
  return html`<h3>${title}</h3>
    <div class="scroll" tabindex="0" role="region" aria-label=${title}>
      <table>
        <thead>
          <tr>
            <th scope="col">${w.docs.field}</th>
            <th scope="col">${w.docs.type}</th>
            <th scope="col">${w.docs.meaning}</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ([name, type, meaning, required]) =>
              html`<tr>
                <th scope="row"><code>${name}</code>${required ? "" : html` <small>${w.docs.optional}</small>`}</th>
                <td>${type}</td>
                <td lang="en">${meaning}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}

/** Sends the request as it stands and shows what comes back. @param {{id: string, route: import("../lib/description.js").Route}} props */
function Try({ id: document, route }) {
  const w = words();
  const [path, setPath] = useState(samplePath(route, document));
  const [body, setBody] = useState(route.sample ? JSON.stringify(route.sample, null, 2) : "");
  const [answer, setAnswer] = useState(/** @type {any} */ (null));
  const id = `try-${route.method}-${route.path}`.replace(/\W+/g, "-");
  const form = !route.sample && Boolean(route.does.requestBody);
  const run = async () => {
    const began = performance.now();
    const took = () => Math.round(performance.now() - began);
    setAnswer({ waiting: true });
    try {
      const response = await send(path, {
        method: route.method,
        body: body || undefined,
        quiet: true,
        json: body ? JSON.parse(body) : undefined,
      });
      const kind = response.headers.get("content-type") ?? "";
      const text =
        kind.startsWith("image/") || kind === "application/octet-stream"
          ? w.docs.bytes((await response.blob()).size, kind)
          : await response.text();
      setAnswer({ status: response.status, text: pretty(text), took: took() });
    } catch (error) {
      setAnswer({ error, took: took() });
    }
  };
  if (form) return html`<p class="note">${w.docs.useForm}</p>`;
  return html`<form
    class="try"
    onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      run();
    }}
  >
    <h3>${w.docs.tryIt}</h3>
    <div class="field">
      <label for=${`${id}-path`}>${route.method}</label>
      <input
        id=${`${id}-path`}
        value=${path}
        spellcheck="false"
        onInput=${(/** @type {any} */ event) => setPath(event.target.value)}
      />
    </div>
    ${route.sample && html`<div class="field"><label for=${`${id}-body`}>${w.docs.body}</label><textarea id=${`${id}-body`} rows="6" spellcheck="false" value=${body} onInput=${(/** @type {any} */ event) => setBody(event.target.value)}></textarea></div>`}
    ${["DELETE", "PUT"].includes(route.method) && html`<p class="over">${w.docs.changes}</p>`}
    <p><button type="submit" class="primary">${w.docs.send}</button></p>
    <div aria-live="polite">
      ${answer?.waiting && html`<${Waiting} />`} ${answer?.error && html`<${Failure} error=${answer.error} />`}
      ${
        answer?.status &&
        html`<p class="note">${w.docs.came(answer.status, answer.took)}</p>
          <pre tabindex="0" role="region" aria-label=${w.docs.gives}>${answer.text}</pre>`
      }
    </div>
  </form>`;
}

/** JSON set out in lines; other text as it is; not more than a reader can take in. */
function pretty(/** @type {string} */ text) {
  let shown = text;
  try {
    shown = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // No JSON.
  }
  return shown.length > 20_000 ? `${shown.slice(0, 20_000)}\n…` : shown;
}
