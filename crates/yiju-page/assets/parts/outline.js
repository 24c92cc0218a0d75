// The outline beside a document: headings and numbers, with a mark on what is in view.

import { html, useEffect, useRef } from "../lib/h.js";
import { words } from "../lib/store.js";
import { short } from "../lib/text.js";

/** @typedef {{index: number, level: number, text: string}} Entry the block it leads to, how deep it is, what it says */

/** The entries of a document. @param {any} value @returns {Entry[]} */
export function outline(value) {
  /** @type {Entry[]} */
  const entries = [];
  value.blocks.forEach((/** @type {any} */ block, /** @type {number} */ index) => {
    if (block.kind === "heading") {
      const { from, to } = block.lines[0];
      entries.push({
        index,
        level: block.level,
        text: short(value.text.slice(from, to).trim(), 40),
      });
    } else if (block.clause?.label && !block.clause.continues) {
      const { label, heading, path } = block.clause;
      const own = heading ? path.at(-1) : label;
      entries.push({
        index,
        level: Math.max(0, path.length - (heading ? 1 : 0)),
        text: short(own ?? label, 40),
      });
    }
  });
  return entries;
}

/**
 * The mark is moved without drawing anything anew: a law has thousands of entries, and they are scrolled by.
 * @param {{entries: Entry[], paper: {current: HTMLElement | null}, target: number, onPick: (index: number) => void}} props
 */
export function Outline({ entries, paper, target, onPick }) {
  const w = words();
  const list = useRef(/** @type {HTMLElement | null} */ (null));

  useEffect(() => {
    const [root, nav] = [paper.current, list.current];
    if (!root || !nav) return;
    const buttons = new Map([...nav.querySelectorAll("button")].map((button, at) => [entries[at].index, button]));
    /** @type {Set<number>} */
    const visible = new Set();
    /** @type {HTMLElement | undefined} */
    let marked;
    const watcher = new IntersectionObserver(
      (changes) => {
        for (const change of changes) {
          const index = Number(/** @type {HTMLElement} */ (change.target).dataset.at);
          if (change.isIntersecting) visible.add(index);
          else visible.delete(index);
        }
        const button = buttons.get(visible.has(target) ? target : Math.min(...visible));
        if (!button || button === marked) return;
        marked?.removeAttribute("aria-current");
        button.setAttribute("aria-current", "location");
        marked = button;
        const [outer, inner] = [nav.getBoundingClientRect(), button.getBoundingClientRect()];
        if (inner.top < outer.top || inner.bottom > outer.bottom)
          nav.scrollTop += inner.top - outer.top - outer.height / 3;
      },
      { root, rootMargin: "0px 0px -60% 0px" },
    );
    for (const node of root.querySelectorAll("[data-at]")) watcher.observe(node);
    return () => {
      watcher.disconnect();
      marked?.removeAttribute("aria-current");
    };
  }, [entries, target]);

  return html`<nav class="outline" aria-label=${w.source.outline} ref=${list} tabindex="0">
    <ol>
      ${entries.map(
        ({ index, level, text }) =>
          html`<li key=${index} data-level=${Math.min(level, 3)}>
            <button type="button" onClick=${() => onPick(index)}>${text}</button>
          </li>`,
      )}
    </ol>
  </nav>`;
}
