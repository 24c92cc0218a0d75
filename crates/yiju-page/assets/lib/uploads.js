// Files on their way into the library: one after the other, since the server writes one at a time.

import { at, forget, stream } from "./api.js";
import { useEffect, useState } from "./h.js";

/**
 * @typedef {object} Upload
 * @property {number} id
 * @property {string} name
 * @property {File} file
 * @property {string} path where it is sent
 * @property {string} method
 * @property {"waiting" | "adding" | "done" | "failed"} state
 * @property {number} share how much of it is done, 0 to 1
 * @property {number} left seconds
 * @property {any} [error]
 * @property {string} [status]
 * @property {any[]} [documents]
 * @property {string[]} [unread]
 */

/** @type {Upload[]} */
let all = [];
let running = false;
let made = 0;
const changed = new EventTarget();

function set(/** @type {number} */ id, /** @type {Partial<Upload>} */ more) {
  all = all.map((one) => (one.id === id ? { ...one, ...more } : one));
  changed.dispatchEvent(new Event("change"));
}

/** The uploads; what uses them is drawn anew when one changes. */
export function useUploads() {
  const [, turn] = useState(0);
  useEffect(() => {
    const listener = () => turn((count) => count + 1);
    changed.addEventListener("change", listener);
    return () => changed.removeEventListener("change", listener);
  }, []);
  return all;
}

/** @param {{file: File, name: string}[]} files */
export function upload(files) {
  put(
    files.map(({ file, name }) => ({
      file,
      name,
      path: at("/documents"),
      method: "POST",
    })),
  );
}

/** @param {{file: File, name: string, path: string, method: string}[]} more */
function put(more) {
  all = [
    ...all,
    ...more.map((one) => ({
      ...one,
      id: made++,
      state: /** @type {const} */ ("waiting"),
      share: 0,
      left: 0,
    })),
  ];
  changed.dispatchEvent(new Event("change"));
  run();
}

export const uploads = {
  again(/** @type {number} */ id) {
    set(id, { state: "waiting", error: undefined, share: 0 });
    run();
  },
  clear() {
    all = [];
    changed.dispatchEvent(new Event("change"));
  },
  replace(/** @type {string} */ id, /** @type {File} */ file) {
    put([{ file, name: file.name, path: at(`/documents/${id}`), method: "PUT" }]);
  },
};

async function run() {
  if (running) return;
  running = true;
  for (let next; (next = all.find((one) => one.state === "waiting"));) await add(next);
  running = false;
}

/** @param {Upload} one */
async function add(one) {
  set(one.id, { state: "adding" });
  const form = new FormData();
  form.append("file", one.file, one.name);
  // A path in the file's name would be dropped on the way.
  if (one.method === "POST") form.append("source", one.name);
  const began = performance.now();
  try {
    await stream(one.path, { method: one.method, body: form }, (event, data) => {
      if (event === "progress") {
        const took = (performance.now() - began) / 1000;
        const left = data.share > 0.02 ? Math.ceil((took / data.share) * (1 - data.share)) : 0;
        set(one.id, { share: data.share, left });
      } else if (event === "done" || event === "whole") {
        set(one.id, {
          state: "done",
          status: data.status,
          documents: data.documents,
          unread: data.unread,
        });
      }
    });
    if (all.some((other) => other.id === one.id && other.state === "adding"))
      set(one.id, { state: "failed", error: { code: "offline", message: "" } });
    forget();
  } catch (error) {
    set(one.id, { state: "failed", error });
  }
}

/** The files that were dropped, those in folders with their paths. @param {DataTransfer} transfer */
export async function dropped(transfer) {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry?.() ?? []);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, name: file.name }));
  /** @type {{file: File, name: string}[]} */
  const files = [];
  for (const entry of entries) await walk(entry, files);
  return files;
}

/** @param {any} entry @param {{file: File, name: string}[]} files */
async function walk(entry, files) {
  if (entry.isFile) {
    const file = await new Promise((done, failed) => entry.file(done, failed));
    // Files that systems put into folders are no documents.
    if (!file.name.startsWith(".") && file.name !== "Thumbs.db")
      files.push({ file, name: entry.fullPath.replace(/^\//, "") });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const more = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!more.length) return;
    for (const inner of more) await walk(inner, files);
  }
}
