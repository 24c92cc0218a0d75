// What stands under an answer: its citations, or with a refusal the nearest clauses.

import { citation, clausePlace, quotation, titled } from "../lib/cite.js";
import { html } from "../lib/h.js";
import { address } from "../lib/router.js";
import { words } from "../lib/store.js";
import { short } from "../lib/text.js";
import { CopyButton } from "./bits.js";

/** @param {{answer: any, onNear: (near: any) => void}} props */
export function Refusal({ answer, onNear }) {
  const w = words();
  return html`<div class="refusal">
    <p class="refusal-said">${answer.refusal?.message || w.ask.refused}</p>
    ${
      answer.nearest.length > 0 &&
      html`<h3>${w.ask.nearest}</h3>
        <ul class="nearest">
          ${answer.nearest.map(
            (/** @type {any} */ near) =>
              html`<li>
                <button type="button" class="hit-open" onClick=${() => onNear(near)}>
                  <span class="hit-title">${titled(near.document.title)} ${clausePlace(near)}</span>
                  ${near.path.length > 0 && html`<span class="hit-line">${near.path.join(" › ")}</span>`}
                  <span class="hit-text">${short(near.paragraph, 110)}</span>
                </button>
              </li>`,
          )}
        </ul>`
    }
  </div>`;
}

/** @param {{citation: any, current: boolean, onPick: (marker: number) => void}} props */
export function CitationView({ citation: one, current, onPick }) {
  const w = words();
  const also = one.also_in ?? [];
  return html`<li class=${`citation${current ? " current" : ""}`}>
    <button type="button" class="citation-open" onClick=${() => onPick(one.marker)} aria-current=${current ? "true" : undefined}>
      <span class="citation-number" aria-hidden="true">${one.marker}</span>
      <span class="citation-title">${titled(one.document.title)}</span>
      <span class="citation-line">
        ${[clausePlace(one), one.document.date, one.page && w.page(one.page)].filter(Boolean).join(" · ")}
        ${one.inferred && html` <span class="tag">${w.inferred}</span>`} ${one.recognised && html` <span class="tag">${w.recognised}</span>`}
      </span>
    </button>
    <blockquote>${short(one.quote, 300)}</blockquote>
    ${
      also.length > 0 &&
      html`<details class="also">
        <summary>${w.alsoInCount(also.length)}</summary>
        <ul>
          ${also.map((/** @type {any} */ other) => html`<li><a href=${address(`/documents/${other.document.id}/clauses/${other.clause_id.split(".").pop()}`)}>${titled(other.document.title)}${clausePlace(other)}</a> ${other.document.date ?? ""}</li>`)}
        </ul>
      </details>`
    }
    <p class="citation-tools">
      <${CopyButton} text=${() => citation(one)}>${w.source.copyCitation}</${CopyButton}>
      <${CopyButton} text=${() => quotation(one, one.quote)}>${w.source.copyQuote}</${CopyButton}>
    </p>
  </li>`;
}
