// Markers in an answer, and the card that says where each leads.

import { clausePlace, summary, titled } from "../lib/cite.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib/h.js";
import { words } from "../lib/store.js";
import { short } from "../lib/text.js";

/** An answer with its markers as buttons. @param {{text: string, citations: any[], current: number, onPick: (marker: number) => void}} props */
export function Marked({ text, citations, current, onPick }) {
  const known = new Map(citations.map((citation) => [citation.marker, citation]));
  return text.split("\n").map((line) => {
    const parts = line.split(/(\[\d{1,2}\])/);
    return html`<p>
      ${parts.map((part, index) => {
        const citation = index % 2 ? known.get(Number(part.slice(1, -1))) : null;
        if (!citation) return part;
        return html`<${Marker} citation=${citation} current=${citation.marker === current} onPick=${onPick} />`;
      })}
    </p>`;
  });
}

/** @param {{citation: any, current: boolean, onPick: (marker: number) => void}} props */
export function Marker({ citation, current, onPick }) {
  const w = words();
  const button = useRef(/** @type {HTMLButtonElement | null} */ (null));
  const [open, setOpen] = useState(false);
  const place = clausePlace(citation);
  const id = `card-${citation.marker}`;
  return html`<span class="marker-place">
    <button
      type="button"
      class="marker"
      ref=${button}
      data-marker=${citation.marker}
      aria-current=${current ? "true" : undefined}
      aria-describedby=${open ? id : undefined}
      aria-label=${w.marker(citation.marker, citation.document.title, place)}
      onMouseEnter=${() => setOpen(true)}
      onMouseLeave=${() => setOpen(false)}
      onFocus=${() => setOpen(true)}
      onBlur=${() => setOpen(false)}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === "Escape" && setOpen(false)}
      onClick=${() => {
        setOpen(false);
        onPick(citation.marker);
      }}
    >
      ${citation.marker}
    </button>
    ${open && html`<${Card} id=${id} citation=${citation} place=${place} beside=${button} />`}
  </span>`;
}

/** @param {{id: string, citation: any, place: string, beside: {current: HTMLElement | null}}} props */
function Card({ id, citation, place, beside }) {
  const w = words();
  const card = useRef(/** @type {HTMLElement | null} */ (null));
  const [number, setNumber] = useState("");
  useEffect(() => {
    summary(citation.document.id).then(
      (about) => setNumber(about.number ?? ""),
      () => {},
    );
  }, [citation.document.id]);
  useLayoutEffect(() => {
    const [node, anchor] = [card.current, beside.current?.getBoundingClientRect()];
    if (!node || !anchor) return;
    const box = node.getBoundingClientRect();
    const below = anchor.bottom + box.height + 12 < window.innerHeight;
    node.style.left = `${Math.max(8, Math.min(anchor.left - 16, window.innerWidth - box.width - 8))}px`;
    node.style.top = `${below ? anchor.bottom + 6 : Math.max(8, anchor.top - box.height - 6)}px`;
  });
  const also = citation.also_in ?? [];
  const path = citation.path.join(" › ");
  return html`<span class="card" role="tooltip" id=${id} ref=${card}>
    <strong>${titled(citation.document.title)}</strong>
    <span class="card-line"
      >${[number, citation.document.date, place, citation.page && w.page(citation.page)].filter(Boolean).join(" · ")}</span
    >
    ${path && path !== place && html`<span class="card-path">${path}</span>`}
    <span class="card-quote">${short(citation.quote, 120)}</span>
    ${citation.recognised && html`<span class="card-line">${w.recognised}</span>`}
    ${
      also.length > 0 &&
      html`<span class="card-also"
        >${w.alsoIn}
        ${also.map((/** @type {any} */ one) => html`<span>${titled(one.document.title)}${clausePlace(one)}${one.document.date ? ` · ${one.document.date}` : ""}</span>`)}
      </span>`
    }
  </span>`;
}
