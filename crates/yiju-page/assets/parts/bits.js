// Small parts that several pages draw.

import { html, useEffect, useRef, useState } from "../lib/h.js";
import { notify, useStore, words } from "../lib/store.js";

/** Copies a text, and says whether it went well. @param {string | Promise<string>} text */
export async function copy(text) {
  const w = words();
  try {
    await navigator.clipboard.writeText(await text);
    notify(w.copied);
  } catch {
    notify(w.notCopied);
  }
}

/** A button that copies what `text` gives. @param {{text: () => string | Promise<string>, children: any}} props */
export function CopyButton({ text, children }) {
  return html`<button type="button" class="quiet" onClick=${() => copy(text())}>${children}</button>`;
}

/** Hands a file to the browser's downloads. @param {string} name @param {Blob} blob */
export function save(name, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name.replace(/[\\/:*?"<>|\u0000-\u001f]/g, " ").trim() || "yiju";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** An error in words: what it was and what to do, and for the curious what the server said. @param {{error: any}} props */
export function Failure({ error }) {
  const w = words();
  const known = w.errors[error.code];
  const said = error.code === "offline" ? "" : [error.message, error.hint].filter(Boolean).join(" — ");
  return html`<div class="failure" role="alert">
    <p>${known ?? w.errors.other}</p>
    ${said && html`<p class="said" lang="en">${said}</p>`}
    ${error.requestId && html`<p class="said">${w.requestId} <code>${error.requestId}</code></p>`}
  </div>`;
}

/** How sure an answer is: a word and a bar, no number. @param {{value: number}} props */
export function Confidence({ value }) {
  const w = words();
  const level = value >= 0.9 ? 3 : value >= 0.7 ? 2 : value >= 0.5 ? 1 : 0;
  return html`<span class="confidence" data-level=${level}>
    <span class="bar" aria-hidden="true"><i style=${`inline-size:${Math.round(Math.min(1, value) * 100)}%`}></i></span>
    <span>${w.confidence[level]}</span>
  </span>`;
}

/** Waiting, said once and shown quietly. @param {{children?: any}} props */
export function Waiting({ children }) {
  return html`<p class="waiting" role="status">
    <span class="dots" aria-hidden="true"></span>${children ?? words().loading}
  </p>`;
}

/**
 * A question that needs an answer before something is done.
 * @param {{title: string, children: any, yes: string, danger?: boolean, ready?: boolean, onYes: () => void, onNo: () => void}} props
 */
export function Dialog({ title, children, yes, danger = false, ready = true, onYes, onNo }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const w = words();
  return html`<dialog ref=${dialog} aria-label=${title} onCancel=${onNo} onClose=${onNo}>
    <form
      method="dialog"
      onSubmit=${(/** @type {Event} */ event) => {
        event.preventDefault();
        if (ready) onYes();
      }}
    >
      <h2>${title}</h2>
      ${children}
      <p class="buttons">
        <button type="button" onClick=${onNo}>${w.cancel}</button>
        <button type="submit" class=${danger ? "danger" : "primary"} disabled=${!ready}>${yes}</button>
      </p>
    </form>
  </dialog>`;
}

/** Something loaded: `load` is called anew when `keys` change or the server is back. @param {() => Promise<any>} load @param {any[]} keys */
export function useLoaded(load, keys) {
  const [state, set] = useState(/** @type {{value?: any, error?: any}} */ ({}));
  const [again, turn] = useState(0);
  const shared = useStore();
  useEffect(() => {
    let current = true;
    load().then(
      (value) => current && set({ value }),
      (error) => current && set({ error }),
    );
    return () => {
      current = false;
    };
  }, [...keys, again, shared.key]);
  useEffect(() => {
    const anew = () => turn((count) => count + 1);
    window.addEventListener("yiju:back", anew);
    window.addEventListener("yiju:changed", anew);
    return () => {
      window.removeEventListener("yiju:back", anew);
      window.removeEventListener("yiju:changed", anew);
    };
  }, []);
  return state;
}
