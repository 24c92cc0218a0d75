// The clauses beside one, which the reader may ask for.

import { at, once } from "../lib/api.js";
import { clausePlace } from "../lib/cite.js";
import { html } from "../lib/h.js";
import { words } from "../lib/store.js";
import { short } from "../lib/text.js";
import { Waiting, useLoaded } from "./bits.js";
import { ofHit } from "./source.js";

/** The clauses before and after one, which the reader may ask for. @param {{hit: any, onShow: (shown: import("./source.js").Shown) => void}} props */
export function Neighbours({ hit, onShow }) {
  const w = words();
  const { value } = useLoaded(async () => {
    const clause = await once(at(`/clauses/${hit.clause_id}`));
    const beside = async (/** @type {string | null} */ id) => (id ? once(at(`/clauses/${id}`)) : null);
    return Promise.all([beside(clause.previous), beside(clause.next)]);
  }, [hit.clause_id]);
  if (!value) return html`<${Waiting} />`;
  return html`<dl class="neighbours">
    ${value.map(
      (/** @type {any} */ clause, /** @type {number} */ index) =>
        clause &&
        html`<dt>${index ? w.search.next : w.search.previous}</dt>
          <dd>
            <button type="button" class="linkish" onClick=${() => onShow(ofHit(clause))}>
              ${clausePlace(clause) || w.source.paragraph}
            </button>
            ${" "}${short(clause.paragraph, 140)}
          </dd>`,
    )}
  </dl>`;
}
