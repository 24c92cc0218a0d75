// Which collection is open.

import { json } from "../lib/api.js";
import { html } from "../lib/h.js";
import { address, go } from "../lib/router.js";
import { words } from "../lib/store.js";
import { useLoaded } from "./bits.js";

/** A choice of the collections, where there is more than the default one. @param {{place: import("../lib/router.js").Place}} props */
export function Collections({ place }) {
  const w = words();
  const { value } = useLoaded(() => json("/v1/collections"), []);
  const names = value?.collections.map((/** @type {any} */ one) => one.name) ?? [];
  if (names.length < 2 && place.collection === "default") return null;
  if (!names.includes(place.collection)) names.push(place.collection);
  return html`<label class="collection">
    <span class="out-of-sight">${w.collections.one}</span>
    <select
      value=${place.collection}
      onChange=${(/** @type {any} */ event) => {
        const page = place.id ? "documents" : place.page;
        go(address(page === "ask" ? "/" : `/${page}`, event.target.value));
      }}
    >
      ${names.map((/** @type {string} */ name) => html`<option key=${name} value=${name}>${name === "default" ? w.collections.default : name}</option>`)}
    </select>
  </label>`;
}
