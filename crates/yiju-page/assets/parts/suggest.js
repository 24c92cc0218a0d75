// Documents offered while a title or 文号 is typed.

import { at, json } from "../lib/api.js";
import { html, useEffect, useState } from "../lib/h.js";

/** How long to wait for the next letter, in ms. */
const PAUSE = 80;
/** Longest text that documents are found by. */
const LONGEST = 200;

/** Documents whose title, 文号, issuer or source holds a text. @param {string} text @param {number} limit */
export function useDocuments(text, limit = 8) {
  const [found, setFound] = useState(/** @type {any[]} */ ([]));
  useEffect(() => {
    const wanted = text.trim();
    if (!/[\p{L}\p{N}]/u.test(wanted) || Array.from(wanted).length > LONGEST) return setFound([]);
    const stop = new AbortController();
    const timer = setTimeout(() => {
      json(at(`/documents?limit=${limit}&matching=${encodeURIComponent(wanted)}`), { signal: stop.signal }).then(
        (page) => setFound(page.documents),
        () => {},
      );
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text]);
  return found;
}

/**
 * A field with a list of suggestions, as ARIA describes a combobox.
 * @param {{id: string, label: string, value: string, placeholder?: string, options: {key: string, text: string, more?: string}[],
 *   onInput: (value: string) => void, onPick: (index: number) => void, onSubmit?: () => void, class?: string}} props
 */
export function Combobox({ id, label, value, placeholder, options, onInput, onPick, onSubmit, class: name }) {
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  useEffect(() => setAt(-1), [value]);
  const shown = open && options.length > 0;
  const pick = (/** @type {number} */ index) => {
    setOpen(false);
    onPick(index);
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setOpen(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      setAt((at + step + options.length + (at < 0 && step < 0 ? 1 : 0)) % Math.max(1, options.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (shown && at >= 0) pick(at);
      else {
        setOpen(false);
        onSubmit?.();
      }
    } else if (event.key === "Escape") {
      setOpen(false);
    }
  };
  return html`<div class=${`combobox ${name ?? ""}`}>
    <label for=${id}>${label}</label>
    <input
      id=${id}
      type="text"
      role="combobox"
      autocomplete="off"
      aria-expanded=${shown ? "true" : "false"}
      aria-controls=${`${id}-list`}
      aria-autocomplete="list"
      aria-activedescendant=${shown && at >= 0 ? `${id}-${at}` : undefined}
      value=${value}
      placeholder=${placeholder}
      onInput=${(/** @type {any} */ event) => {
        setOpen(true);
        onInput(event.target.value);
      }}
      onKeyDown=${onKeyDown}
      onFocus=${() => setOpen(true)}
      onBlur=${() => setTimeout(() => setOpen(false), 150)}
    />
    <ul id=${`${id}-list`} role="listbox" aria-label=${label} hidden=${!shown}>
      ${options.map(
        (option, index) =>
          html`<li
            key=${option.key}
            id=${`${id}-${index}`}
            role="option"
            aria-selected=${index === at ? "true" : "false"}
            onMouseDown=${(/** @type {Event} */ event) => {
              event.preventDefault();
              pick(index);
            }}
          >
            <span>${option.text}</span>${option.more && html`<small>${option.more}</small>`}
          </li>`,
      )}
    </ul>
  </div>`;
}
