// The printed pages of a document, with the lines of a quote marked by the server.

import { at, send } from "../lib/api.js";
import { clausePlace } from "../lib/cite.js";
import { html, useEffect, useState } from "../lib/h.js";
import { words } from "../lib/store.js";
import { Failure, Waiting } from "./bits.js";

/** The printed pages. @param {{value: any, shown: import("./source.js").Shown}} props */
export function Pages({ value, shown }) {
  const w = words();
  const clause = value.clauses.find((/** @type {any} */ one) => one.id === shown.clause);
  const first = shown.page ?? clause?.page ?? 1;
  const [page, setPage] = useState(first);
  const [picture, setPicture] = useState(/** @type {{url?: string, undrawn?: number, error?: any}} */ ({}));
  useEffect(() => setPage(first), [shown]);
  useEffect(() => {
    const marks = shown.spans?.length
      ? shown.spans.map((span) => `span=${span.byte_start}-${span.byte_end}`)
      : shown.clause
        ? [`clause=${encodeURIComponent(shown.clause)}`]
        : [];
    const width = Math.min(2000, Math.round(900 * Math.min(2, window.devicePixelRatio || 1)));
    const stop = new AbortController();
    let url = "";
    setPicture({});
    send(at(`/documents/${shown.document}/pages/${page}.png?${[...marks, `width=${width}`].join("&")}`), {
      signal: stop.signal,
    })
      .then(async (response) => {
        const undrawn = Number(response.headers.get("x-yiju-undrawn")) || 0;
        url = URL.createObjectURL(await response.blob());
        setPicture({ url, undrawn });
      })
      .catch((error) => !stop.signal.aborted && setPicture({ error }));
    return () => {
      stop.abort();
      if (url) URL.revokeObjectURL(url);
    };
  }, [shown, page]);
  const turn = (/** @type {number} */ by) => setPage(Math.min(Math.max(1, page + by), value.pages));
  return html`<div class="pages">
    <p class="page-turn">
      <button type="button" onClick=${() => turn(-1)} disabled=${page <= 1}>${w.source.before}</button>
      <span role="status">${w.source.pageOf(page, value.pages)}</span>
      <button type="button" onClick=${() => turn(1)} disabled=${page >= value.pages}>${w.source.after}</button>
    </p>
    <div class="page-frame" tabindex="0" role="region" aria-label=${w.source.views.page}>
      ${picture.url && html`<img class="page-picture" src=${picture.url} alt=${w.source.pageAlt(value.about.title, page, clause ? clausePlace(clause) : "")} />`}
      ${picture.error && html`<${Failure} error=${picture.error} />`}
      ${!picture.url && !picture.error && html`<${Waiting} />`}
    </div>
    ${picture.undrawn ? html`<p class="note">${w.source.undrawn(picture.undrawn)}</p>` : null}
  </div>`;
}
