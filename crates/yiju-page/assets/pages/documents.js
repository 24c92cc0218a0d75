// Documents: add, list, open, replace, download, remove; collections and their limits.

import { at, forget, json } from "../lib/api.js";
import { titled } from "../lib/cite.js";
import { html, useEffect, useRef, useState } from "../lib/h.js";
import { address } from "../lib/router.js";
import { notify, words } from "../lib/store.js";
import { upload, uploads } from "../lib/uploads.js";
import { Dialog, Failure, Waiting, useLoaded } from "../parts/bits.js";
import { CollectionList } from "../parts/collection-list.js";
import { Queue } from "../parts/queue.js";

/** How many documents at once. */
const PAGE = 50;

export function Documents() {
  const w = words();
  return html`<main id="main" class="wide">
    <h1>${w.documents.title}</h1>
    <${Drop} />
    <${Queue} />
    <${List} />
    <${CollectionList} />
  </main>`;
}

function Drop() {
  const w = words();
  const files = useRef(/** @type {HTMLInputElement | null} */ (null));
  const folder = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => folder.current?.setAttribute("webkitdirectory", ""), []);
  const take = (/** @type {HTMLInputElement} */ input) => {
    upload(
      [...(input.files ?? [])].map((file) => ({
        file,
        name: file.webkitRelativePath || file.name,
      })),
    );
    input.value = "";
  };
  return html`<section class="drop" aria-label=${w.documents.add}>
    <p class="drop-lead">${w.documents.drop}</p>
    <p class="note">${w.documents.kinds}</p>
    <p class="buttons">
      <label class="button primary"
        >${w.documents.chooseFiles}<input
          type="file"
          multiple
          class="out-of-sight"
          ref=${files}
          onChange=${(/** @type {any} */ event) => take(event.target)}
          data-files
      /></label>
      <label class="button"
        >${w.documents.chooseFolder}<input
          type="file"
          multiple
          class="out-of-sight"
          ref=${folder}
          onChange=${(/** @type {any} */ event) => take(event.target)}
      /></label>
    </p>
  </section>`;
}

function List() {
  const w = words();
  const [matching, setMatching] = useState("");
  const [limit, setLimit] = useState(PAGE);
  const [asked, setAsked] = useState(/** @type {{remove?: any, replace?: any}} */ ({}));
  const { value, error } = useLoaded(
    () =>
      json(at(`/documents?limit=${limit}${matching.trim() ? `&matching=${encodeURIComponent(matching.trim())}` : ""}`)),
    [matching, limit],
  );
  return html`<section aria-labelledby="list-title">
    <div class="list-head">
      <h2 id="list-title">${w.documents.list}</h2>
      <label>
        <span class="out-of-sight">${w.documents.matching}</span>
        <input
          type="search"
          value=${matching}
          placeholder=${w.documents.matching}
          onInput=${(/** @type {any} */ event) => setMatching(event.target.value)}
        />
      </label>
    </div>
    ${error && html`<${Failure} error=${error} />`} ${!value && !error && html`<div class="room"><${Waiting} /></div>`}
    ${value && !value.documents.length && html`<p class="note">${matching ? w.documents.noneMatching : w.documents.none}</p>`}
    ${
      value?.documents.length > 0 &&
      html`<table class="documents">
        <thead>
          <tr>
            <th scope="col">${w.documents.columns.title}</th>
            <th scope="col">${w.documents.columns.date}</th>
            <th scope="col">${w.documents.columns.issuer}</th>
            <th scope="col">${w.documents.columns.number}</th>
            <th scope="col" class="number">${w.documents.columns.clauses}</th>
            <th scope="col">${w.documents.columns.source}</th>
            <th scope="col">
              <span class="out-of-sight">${w.documents.columns.actions}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          ${value.documents.map((/** @type {any} */ one) => html`<${Row} key=${one.id} one=${one} onAsk=${setAsked} />`)}
        </tbody>
      </table>`
    }
    ${value?.next_cursor && limit < 500 && html`<p><button type="button" onClick=${() => setLimit(Math.min(500, limit + 150))}>${w.documents.more}</button></p>`}
    ${asked.remove && html`<${Remove} one=${asked.remove} onDone=${() => setAsked({})} />`}
  </section>`;
}

/** @param {{one: any, onAsk: (asked: any) => void}} props */
function Row({ one, onAsk }) {
  const w = words();
  const replace = async (/** @type {HTMLInputElement} */ input) => {
    const file = input.files?.[0];
    input.value = "";
    if (file) uploads.replace(one.id, file);
  };
  return html`<tr>
    <td><a href=${address(`/documents/${one.id}`)}>${one.title}</a></td>
    <td data-label=${w.documents.columns.date}>${one.date ?? ""}</td>
    <td data-label=${w.documents.columns.issuer}>${one.issuer ?? ""}</td>
    <td data-label=${w.documents.columns.number}>${one.number ?? ""}</td>
    <td data-label=${w.documents.columns.clauses} class="number">${one.clauses}</td>
    <td data-label=${w.documents.columns.source} class="source-name">${one.source}</td>
    <td class="actions">
      <label class="button quiet"
        >${w.documents.replace}<input
          type="file"
          class="out-of-sight"
          aria-label=${w.documents.replaceOf(one.title)}
          onChange=${(/** @type {any} */ event) => replace(event.target)}
      /></label>
      <button
        type="button"
        class="quiet"
        aria-label=${w.documents.removeOf(one.title)}
        onClick=${() => onAsk({ remove: one })}
      >
        ${w.documents.remove}
      </button>
    </td>
  </tr>`;
}

/** @param {{one: any, onDone: () => void}} props */
function Remove({ one, onDone }) {
  const w = words();
  const [error, setError] = useState(/** @type {any} */ (null));
  const remove = async () => {
    try {
      await json(at(`/documents/${one.id}`), { method: "DELETE" });
      forget();
      notify(w.documents.removed(one.title));
      onDone();
    } catch (problem) {
      setError(problem);
    }
  };
  return html`<${Dialog} title=${w.documents.removeTitle} yes=${w.documents.removeYes} danger onYes=${remove} onNo=${onDone}>
    <p>${w.documents.removeAsk(titled(one.title), one.clauses)}</p>
    <p class="note">${w.documents.removeNote(one.source)}</p>
    ${error && html`<${Failure} error=${error} />`}
  </${Dialog}>`;
}
