// Addresses: which page is shown, of which collection, and of what.

import { useEffect, useState } from "./h.js";

/**
 * @typedef {object} Place
 * @property {string} page
 * @property {string} collection
 * @property {string} [id] a document
 * @property {string} [clause] the number of a clause in it
 * @property {URLSearchParams} query
 */

const PAGES = new Set(["ask", "search", "lookup", "check", "documents", "figures", "docs"]);

/** @returns {Place} */
export function place() {
  const parts = location.pathname.split("/").filter(Boolean);
  let name = "default";
  if (parts[0] === "collections" && parts[1]) {
    name = decodeURIComponent(parts[1]);
    parts.splice(0, 2);
  }
  const query = new URLSearchParams(location.search);
  const [page = "ask", id, , clause] = parts;
  return {
    page: PAGES.has(page) ? page : "ask",
    collection: name,
    id,
    clause,
    query,
  };
}

/** The collection that is open. */
export function collection() {
  return place().collection;
}

/**
 * The address of a page in the open collection, or in another.
 * @param {string} rest `/documents/ID` @param {string} [name]
 */
export function address(rest, name = collection()) {
  return name === "default" ? rest : `/collections/${name}${rest}`;
}

/** The address of a clause, by its id `DOCUMENT.NUMBER`. */
export function clauseAddress(/** @type {string} */ id) {
  const dot = id.lastIndexOf(".");
  return address(`/documents/${id.slice(0, dot)}/clauses/${id.slice(dot + 1)}`);
}

/** Goes to an address of the page without loading it anew. */
export function go(/** @type {string} */ to, /** @type {{replace?: boolean}} */ { replace } = {}) {
  if (replace) history.replaceState(null, "", to);
  else history.pushState(null, "", to);
  window.dispatchEvent(new Event("yiju:moved"));
}

/** Lets links of the page change the address only. Others, and those opened in new tabs, go their way. */
export function follow(/** @type {MouseEvent} */ event) {
  const link = /** @type {HTMLElement} */ (event.target).closest?.("a");
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
  if (link.origin !== location.origin || link.hasAttribute("data-server")) return;
  event.preventDefault();
  if (link.hash && link.pathname === location.pathname) return;
  go(link.pathname + link.search);
}

/** The place; what uses it is drawn anew when it changes. */
export function usePlace() {
  const [now, set] = useState(place);
  useEffect(() => {
    const moved = () => set(place());
    window.addEventListener("popstate", moved);
    window.addEventListener("yiju:moved", moved);
    return () => {
      window.removeEventListener("popstate", moved);
      window.removeEventListener("yiju:moved", moved);
    };
  }, []);
  return now;
}
