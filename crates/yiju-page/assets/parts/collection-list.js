// The collections and their limits: make, change, remove.

import { forget, json } from "../lib/api.js";
import { html, useState } from "../lib/h.js";
import { address } from "../lib/router.js";
import { notify, words } from "../lib/store.js";
import { Dialog, Failure, useLoaded } from "./bits.js";

const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

export function CollectionList() {
  const w = words();
  const { value, error } = useLoaded(() => json("/v1/collections"), []);
  const [asked, setAsked] = useState(/** @type {any} */ (null));
  return html`<section aria-labelledby="collections-title">
    <h2 id="collections-title">${w.collections.title}</h2>
    <p class="note">${w.collections.lead}</p>
    ${error && html`<${Failure} error=${error} />`}
    ${
      value &&
      html`<ul class="collections">
        ${value.collections.map(
          (/** @type {any} */ one) =>
            html`<li key=${one.name}>
              <a href=${address("/documents", one.name)}
                >${one.name === "default" ? w.collections.default : one.name}</a
              >
              <span>${w.collections.holds(one.documents, size(one.database_bytes))}</span>
              <span>${limits(one)}</span>
              <button type="button" class="quiet" onClick=${() => setAsked({ change: one })}>
                ${w.collections.limits}
              </button>
              ${one.name !== "default" && html`<button type="button" class="quiet" onClick=${() => setAsked({ remove: one })}>${w.documents.remove}</button>`}
            </li>`,
        )}
      </ul>`
    }
    <p>
      <button type="button" onClick=${() => setAsked({ change: null })}>${w.collections.make}</button>
    </p>
    ${asked && "change" in asked && html`<${Change} one=${asked.change} onDone=${() => setAsked(null)} />`}
    ${asked?.remove && html`<${Remove} one=${asked.remove} onDone=${() => setAsked(null)} />`}
  </section>`;
}

/** Bytes in words. */
export function size(/** @type {number} */ bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let step = 0;
  let value = bytes;
  while (value >= 1000 && step < units.length - 1) {
    value /= 1000;
    step += 1;
  }
  return `${value >= 100 || step === 0 ? Math.round(value) : value.toFixed(1)} ${units[step]}`;
}

/** @param {any} one */
function limits(one) {
  const w = words();
  const parts = [
    one.max_documents && w.collections.mostDocuments(one.max_documents),
    one.max_bytes && w.collections.mostBytes(size(one.max_bytes)),
  ];
  return parts.filter(Boolean).join(w.semicolon) || w.collections.noLimits;
}

/** @param {{one: any, onDone: () => void}} props */
function Change({ one, onDone }) {
  const w = words();
  const [name, setName] = useState(one?.name ?? "");
  const [documents, setDocuments] = useState(String(one?.max_documents ?? ""));
  const [megabytes, setMegabytes] = useState(one?.max_bytes ? String(Math.ceil(one.max_bytes / 1e6)) : "");
  const [error, setError] = useState(/** @type {any} */ (null));
  const count = (/** @type {string} */ text) =>
    /^\d{1,12}$/.test(text.trim()) && Number(text) > 0 ? Number(text) : null;
  const fits = (/** @type {string} */ text) => !text.trim() || count(text) !== null;
  const ready = NAME.test(name) && fits(documents) && fits(megabytes);
  const put = async () => {
    const most = count(megabytes);
    try {
      await json(`/v1/collections/${name}`, {
        method: "PUT",
        json: {
          max_documents: count(documents),
          max_bytes: most && most * 1e6,
        },
      });
      forget();
      notify(w.collections.kept(name));
      onDone();
    } catch (problem) {
      setError(problem);
    }
  };
  const field = (
    /** @type {string} */ id,
    /** @type {string} */ label,
    /** @type {string} */ value,
    /** @type {(value: string) => void} */ set,
    disabled = false,
  ) =>
    html`<div class="field">
      <label for=${id}>${label}</label>
      <input
        id=${id}
        value=${value}
        disabled=${disabled}
        autocomplete="off"
        onInput=${(/** @type {any} */ event) => set(event.target.value)}
      />
    </div>`;
  return html`<${Dialog} title=${one ? w.collections.limitsOf(one.name) : w.collections.make} yes=${w.collections.keep} ready=${ready} onYes=${put} onNo=${onDone}>
    ${field("collection-name", w.collections.name, name, setName, Boolean(one))}
    ${!one && name && !NAME.test(name) && html`<p class="over">${w.collections.nameRule}</p>`}
    ${field("collection-documents", w.collections.documentLimit, documents, setDocuments)}
    ${field("collection-bytes", w.collections.byteLimit, megabytes, setMegabytes)}
    ${error && html`<${Failure} error=${error} />`}
  </${Dialog}>`;
}

/** @param {{one: any, onDone: () => void}} props */
function Remove({ one, onDone }) {
  const w = words();
  const [typed, setTyped] = useState("");
  const [error, setError] = useState(/** @type {any} */ (null));
  const remove = async () => {
    try {
      await json(`/v1/collections/${one.name}`, { method: "DELETE" });
      forget();
      onDone();
    } catch (problem) {
      setError(problem);
    }
  };
  return html`<${Dialog} title=${w.collections.removeTitle} yes=${w.documents.removeYes} danger ready=${typed === one.name} onYes=${remove} onNo=${onDone}>
    <p>${w.collections.removeAsk(one.name, one.documents)}</p>
    <div class="field">
      <label for="typed">${w.collections.typeName(one.name)}</label>
      <input id="typed" autocomplete="off" value=${typed} onInput=${(/** @type {any} */ event) => setTyped(event.target.value)} />
    </div>
    ${error && html`<${Failure} error=${error} />`}
  </${Dialog}>`;
}
