// The files on their way into the library, wherever on the page they were dropped.

import { html, useEffect, useState } from "../lib/h.js";
import { address } from "../lib/router.js";
import { words } from "../lib/store.js";
import { dropped, upload, uploads, useUploads } from "../lib/uploads.js";
import { Failure } from "./bits.js";

/**
 * The list, with what came of each file.
 * @param {{asking?: boolean, brief?: boolean}} props asking where one can ask already, brief to show it only while there is something to do
 */
export function Queue({ asking = false, brief = false }) {
  const w = words();
  const all = useUploads();
  if (!all.length || (brief && all.every((one) => one.state === "done"))) return null;
  const running = all.filter((one) => one.state === "waiting" || one.state === "adding").length;
  const failed = all.filter((one) => one.state === "failed").length;
  return html`<section class="queue" aria-label=${w.documents.progress}>
    <p role="status">
      ${running ? w.documents.adding(all.length - running, all.length) : w.documents.added(all.length - failed, failed)}
    </p>
    <ul>
      ${all.map(
        (one) =>
          html`<li key=${one.id} class=${one.state}>
            <span class="queue-name">${one.name}</span>
            ${one.state === "adding" && html`<progress max="1" value=${one.share || undefined} aria-label=${w.documents.progressOf(one.name)}></progress>`}
            <span class="queue-said">${queueSaid(one)}</span>
            ${one.state === "failed" && html`<${Failure} error=${one.error} /><button type="button" class="quiet" onClick=${() => uploads.again(one.id)}>${w.tryAgain}</button>`}
            ${(one.unread ?? []).map((/** @type {string} */ line) => html`<span class="note" lang="en">${line}</span>`)}
            ${one.documents?.length === 1 && html`<a href=${address(`/documents/${one.documents[0].id}`)}>${w.documents.open}</a>`}
          </li>`,
      )}
    </ul>
    ${!running && html`<p>${asking ? "" : html`<a href=${address("/")}>${w.documents.askNow}</a>`} <button type="button" class="quiet" onClick=${() => uploads.clear()}>${w.documents.clear}</button></p>`}
  </section>`;
}

/** @param {any} one */
function queueSaid(one) {
  const w = words();
  if (one.state === "adding") return one.left ? w.documents.left(one.left) : w.documents.reading;
  if (one.state === "done") return w.documents.states[one.status]?.(one.documents.length);
  return one.state === "failed" ? w.documents.failed : w.documents.waiting;
}

/** Takes files that are dropped anywhere on the page. */
export function DropAnywhere() {
  const w = words();
  const [over, setOver] = useState(false);
  useEffect(() => {
    const holdsFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files");
    const onOver = (/** @type {DragEvent} */ event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const onLeave = (/** @type {DragEvent} */ event) => !event.relatedTarget && setOver(false);
    const onDrop = async (/** @type {DragEvent} */ event) => {
      if (!event.dataTransfer || !holdsFiles(event)) return;
      event.preventDefault();
      setOver(false);
      upload(await dropped(event.dataTransfer));
    };
    window.addEventListener("dragover", onOver);
    window.addEventListener("dragleave", onLeave);
    window.addEventListener("drop", onDrop);
    return () => {
      window.removeEventListener("dragover", onOver);
      window.removeEventListener("dragleave", onLeave);
      window.removeEventListener("drop", onDrop);
    };
  }, []);
  return over ? html`<p class="drop-anywhere" aria-hidden="true">${w.documents.letGo}</p>` : null;
}
