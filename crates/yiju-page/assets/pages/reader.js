// One document with its outline, text and pages, at an address of its own.

import { html } from "../lib/h.js";
import { Source } from "../parts/source.js";

/** @param {{place: import("../lib/router.js").Place}} props */
export function Reader({ place }) {
  const id = /** @type {string} */ (place.id);
  const clause = place.clause === undefined ? undefined : `${id}.${place.clause}`;
  return html`<main id="main" class="reader">
    <${Source} key=${clause ?? ""} standing shown=${{ document: id, clause }} />
  </main>`;
}
