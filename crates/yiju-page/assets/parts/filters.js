// Where to look: documents, dates, issuer, section. The same fields for questions and searches.

import { html, useState } from "../lib/h.js";
import { words } from "../lib/store.js";
import { short } from "../lib/text.js";
import { Combobox, useDocuments } from "./suggest.js";

/** @typedef {{documents?: {id: string, title: string}[], issuer?: string, from?: string, to?: string, section?: string}} Filters */

/** The filter as the API takes it. @param {Filters} filters */
export function filterOf(filters) {
  /** @type {Record<string, any>} */
  const filter = {};
  if (filters.documents?.length) filter.document_ids = filters.documents.map((one) => one.id);
  if (filters.issuer?.trim()) filter.issuer = filters.issuer.trim();
  if (filters.from) filter.date_from = filters.from;
  if (filters.to) filter.date_to = filters.to;
  if (filters.section?.trim()) filter.section = filters.section.trim();
  return filter;
}

/** How many things are filtered by. @param {Filters} filters */
export function filterCount(filters) {
  return Object.keys(filterOf(filters)).length;
}

/** @param {{filters: Filters, onChange: (filters: Filters) => void}} props */
export function FilterFields({ filters, onChange }) {
  const w = words();
  const [typed, setTyped] = useState("");
  const found = useDocuments(typed);
  const chosen = filters.documents ?? [];
  const options = found.filter((one) => chosen.every((other) => other.id !== one.id));
  const field = (/** @type {"issuer" | "section" | "from" | "to"} */ name, type = "text") =>
    html`<div class="field">
      <label for=${`filter-${name}`}>${w.filters[name]}</label>
      <input
        id=${`filter-${name}`}
        type=${type}
        value=${filters[name] ?? ""}
        onInput=${(/** @type {any} */ event) => onChange({ ...filters, [name]: event.target.value })}
      />
    </div>`;
  return html`<div class="filters" role="group" aria-label=${w.filters.title}>
    <${Combobox}
      id="filter-document"
      class="field"
      label=${w.filters.document}
      value=${typed}
      placeholder=${w.filters.documentHint}
      options=${options.map((one) => ({ key: one.id, text: one.title, more: [one.number, one.date].filter(Boolean).join(" · ") }))}
      onInput=${setTyped}
      onPick=${(/** @type {number} */ index) => {
        setTyped("");
        onChange({
          ...filters,
          documents: [...chosen, { id: options[index].id, title: options[index].title }],
        });
      }}
    />
    ${field("issuer")} ${field("section")} ${field("from", "date")} ${field("to", "date")}
    ${
      chosen.length > 0 &&
      html`<ul class="chips" aria-label=${w.filters.chosen}>
        ${chosen.map(
          (one) =>
            html`<li key=${one.id}>
              ${short(one.title, 24)}
              <button
                type="button"
                aria-label=${w.filters.drop(one.title)}
                onClick=${() => onChange({ ...filters, documents: chosen.filter((other) => other.id !== one.id) })}
              >
                <span aria-hidden="true">✕</span>
              </button>
            </li>`,
        )}
      </ul>`
    }
  </div>`;
}
