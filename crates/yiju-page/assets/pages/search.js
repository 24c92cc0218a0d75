// Search: ranked clauses with what was found lit up, filters, and the clauses beside each.

import { at, json } from "../lib/api.js";
import { citation, clausePlace, quotation, titled } from "../lib/cite.js";
import { html, useEffect, useRef, useState } from "../lib/h.js";
import { address, go } from "../lib/router.js";
import { words } from "../lib/store.js";
import { Text, pieces } from "../lib/text.js";
import { CopyButton, Failure, Waiting } from "../parts/bits.js";
import { FilterFields, filterCount, filterOf } from "../parts/filters.js";
import { Neighbours } from "../parts/neighbours.js";
import { Source, ofHit } from "../parts/source.js";

/** How many hits at first, and how many more each time. */
const HITS = 10;
/** How many characters of a hit are shown. */
const EXCERPT = 420;

/** @param {{place: import("../lib/router.js").Place}} props */
export function Search({ place }) {
  const w = words();
  const asked = place.query.get("q") ?? "";
  const [text, setText] = useState(asked);
  const [filters, setFilters] = useState(/** @type {import("../parts/filters.js").Filters} */ ({}));
  const [limit, setLimit] = useState(HITS);
  const [state, setState] = useState(
    /** @type {{hits?: any[], query?: string, error?: any, waiting?: boolean}} */ ({}),
  );
  const [shown, setShown] = useState(/** @type {any} */ (null));
  const filter = JSON.stringify(filterOf(filters));
  const running = useRef(/** @type {AbortController | null} */ (null));

  useEffect(() => {
    const query = asked.trim();
    if (!query) return setState({});
    running.current?.abort();
    const stop = new AbortController();
    running.current = stop;
    setState((now) => ({ ...now, waiting: true, error: undefined }));
    const body = { query, limit, filter: JSON.parse(filter) };
    const timer = setTimeout(() => {
      json(at("/search"), { json: body, signal: stop.signal }).then(
        ({ hits }) => setState({ hits, query }),
        (error) => !stop.signal.aborted && setState({ error }),
      );
    }, 60);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [asked, filter, limit]);

  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    setLimit(HITS);
    go(address(`/search${text.trim() ? `?q=${encodeURIComponent(text.trim())}` : ""}`));
  };
  return html`<main id="main" class=${`split${shown ? " with-source" : ""}`}>
    <section class="talk">
      <h1>${w.search.title}</h1>
      <form class="line" role="search" onSubmit=${submit}>
        <label class="out-of-sight" for="query">${w.search.label}</label>
        <input
          id="query"
          type="search"
          value=${text}
          maxlength="2000"
          placeholder=${w.search.placeholder}
          data-ask
          onInput=${(/** @type {any} */ event) => setText(event.target.value)}
        />
        <button type="submit" class="primary">${w.search.go}</button>
      </form>
      <details class="filter-box" open=${matchMedia("(min-width: 56.01rem)").matches}>
        <summary>${filterCount(filters) ? w.filters.some(filterCount(filters)) : w.filters.all}</summary>
        <${FilterFields} filters=${filters} onChange=${setFilters} />
      </details>
      <div aria-live="polite">
        ${state.error && html`<${Failure} error=${state.error} />`}
        ${state.waiting && !state.hits && html`<${Waiting} />`}
        ${state.hits && html`<p class="note">${state.hits.length ? w.search.found(state.hits.length) : w.search.nothing}</p>`}
      </div>
      <ol class="hits">
        ${(state.hits ?? []).map((hit) => html`<${Hit} key=${hit.clause_id} hit=${hit} current=${shown?.clause === hit.clause_id} onShow=${setShown} />`)}
      </ol>
      ${state.hits && state.hits.length === limit && limit < 100 && html`<p><button type="button" onClick=${() => setLimit(Math.min(100, limit + HITS))}>${w.search.more}</button></p>`}
    </section>
    ${shown ? html`<${Source} shown=${shown} onClose=${() => setShown(null)} />` : html`<aside class="source empty"><p>${w.search.none}</p></aside>`}
  </main>`;
}

/** @param {{hit: any, current: boolean, onShow: (shown: any) => void}} props */
function Hit({ hit, current, onShow }) {
  const w = words();
  const [beside, setBeside] = useState(false);
  const start = hit.paragraph_span.char_start;
  const lit = hit.highlights.map((/** @type {any} */ span) => ({
    from: span.char_start - start,
    to: span.char_end - start,
    kind: "hit",
  }));
  const text = new Text(hit.paragraph);
  // A long clause from a little before what was found.
  const first = Math.min(...lit.map((/** @type {any} */ part) => part.from), text.length);
  const from = text.length > EXCERPT && first > EXCERPT / 2 ? first - 40 : 0;
  const to = Math.min(text.length, from + EXCERPT);
  const parts = pieces(text, from, to, lit);
  return html`<li class=${`hit${current ? " current" : ""}`}>
    <button type="button" class="hit-open" aria-current=${current ? "true" : undefined} onClick=${() => onShow(ofHit(hit))}>
      <span class="hit-title">${titled(hit.document.title)} ${clausePlace(hit)}</span>
      <span class="hit-line">${[hit.document.date, hit.path.join(" › ")].filter(Boolean).join(" · ")}${hit.recognised ? ` · ${w.recognised}` : ""}</span>
      <span class="hit-text">
        ${from > 0 ? "…" : ""}${parts.map(({ text: part, kinds }) => (kinds.length ? html`<mark class="hit">${part}</mark>` : part))}${to < text.length ? "…" : ""}
      </span>
    </button>
    <p class="citation-tools">
      <button type="button" class="quiet" aria-expanded=${beside ? "true" : "false"} onClick=${() => setBeside(!beside)}>${w.search.beside}</button>
      <${CopyButton} text=${() => citation(hit)}>${w.source.copyCitation}</${CopyButton}>
      <${CopyButton} text=${() => quotation(hit, hit.paragraph)}>${w.source.copyQuote}</${CopyButton}>
    </p>
    ${beside && html`<${Neighbours} hit=${hit} onShow=${onShow} />`}
  </li>`;
}
