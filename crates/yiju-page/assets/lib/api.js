// The way to the server: one function for JSON, one for streams; keys, waiting and lost connections are dealt with here.

import { collection } from "./router.js";
import { store, update } from "./store.js";

/** How often a lost server is looked for, in ms. */
const LOOK_EVERY = 1500;
/** How often a request is sent again where the server says to wait. */
const TRIES = 4;

/** An answer that is an error, or none at all (`offline`). */
export class ApiError extends Error {
  /**
   * @param {string} code @param {string} message
   * @param {{status?: number, hint?: string, requestId?: string, wait?: number}} more
   */
  constructor(code, message, more = {}) {
    super(message);
    this.code = code;
    this.status = more.status ?? 0;
    this.hint = more.hint ?? "";
    this.requestId = more.requestId ?? "";
    this.wait = more.wait ?? 0;
  }
}

/** The path of a route of the collection that is open. */
export function at(/** @type {string} */ rest) {
  const name = collection();
  return name === "default" ? `/v1${rest}` : `/v1/collections/${name}${rest}`;
}

/**
 * @typedef {object} Call
 * @property {string} [method]
 * @property {any} [json] a body
 * @property {BodyInit} [body] a body as it is
 * @property {string} [accept]
 * @property {AbortSignal} [signal]
 * @property {boolean} [quiet] a look at the server's state: no key is asked for, nothing is waited for
 */

/**
 * Sends a request; waits where the server says so.
 * @param {string} path @param {Call} call
 * @returns {Promise<Response>}
 */
export async function send(path, call = {}) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (store.key) headers.authorization = `Bearer ${store.key}`;
  if (call.json !== undefined) headers["content-type"] = "application/json";
  if (call.accept) headers.accept = call.accept;
  const body = call.json === undefined ? call.body : JSON.stringify(call.json);
  const method = call.method ?? (body === undefined ? "GET" : "POST");
  for (let tries = 1; ; tries++) {
    let response;
    try {
      response = await fetch(path, {
        method,
        headers,
        body,
        signal: call.signal,
        cache: "no-cache",
      });
    } catch (error) {
      if (call.signal?.aborted) throw error;
      if (!call.quiet) lost("offline");
      throw new ApiError("offline", String(error));
    }
    if (response.ok) {
      if (!call.quiet && store.server === "offline") update({ server: "ok" });
      return response;
    }
    const error = await read(response);
    if (call.quiet) throw error;
    if (error.status === 401) update({ keyAsked: store.key ? "wrong" : "needed" });
    if (error.code === "unavailable") await unavailable();
    if (error.status !== 429 || tries === TRIES || !(await wait(error.wait || 1, call.signal))) throw error;
  }
}

/** @param {Response} response */
async function read(response) {
  const wait = Number(response.headers.get("retry-after")) || 0;
  const status = response.status;
  try {
    const { error } = await response.json();
    return new ApiError(error.code, error.message, {
      status,
      hint: error.hint,
      requestId: error.request_id,
      wait,
    });
  } catch {
    return new ApiError(`http_${status}`, response.statusText || String(status), { status, wait });
  }
}

/** Waits as the server asked, and says so meanwhile; false where the request is given up. */
async function wait(/** @type {number} */ seconds, /** @type {AbortSignal | undefined} */ signal) {
  update({ waitUntil: Date.now() + seconds * 1000 });
  await new Promise((done) => setTimeout(done, seconds * 1000));
  update({ waitUntil: 0 });
  return !signal?.aborted;
}

/**
 * Sends a request and reads its JSON.
 * @param {string} path @param {Call} call
 * @returns {Promise<any>}
 */
export async function json(path, call = {}) {
  const response = await send(path, call);
  return response.status === 204 ? null : response.json();
}

/**
 * Sends a request and hands on each server-sent event as it comes.
 * @param {string} path @param {Call} call
 * @param {(event: string, data: any) => void} each
 */
export async function stream(path, call, each) {
  const response = await send(path, { ...call, accept: "text/event-stream" });
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
    each("whole", await response.json());
    return;
  }
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    let part;
    try {
      part = await reader.read();
    } catch (error) {
      if (call.signal?.aborted) throw error;
      lost("offline");
      throw new ApiError("offline", String(error));
    }
    rest += part.done ? "\n\n" : decoder.decode(part.value, { stream: true });
    const events = rest.split(/\r?\n\r?\n/);
    rest = events.pop() ?? "";
    for (const text of events) hand(text, each);
    if (part.done) return;
  }
}

/** @param {string} text @param {(event: string, data: any) => void} each */
function hand(text, each) {
  let event = "message";
  let data = "";
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("event:")) event = line.slice(6).trim();
    else if (line.startsWith("data:")) data += line.slice(5).trim();
  }
  if (!data) return;
  const value = JSON.parse(data);
  if (event !== "error") return each(event, value);
  const error = value.error;
  throw new ApiError(error.code, error.message, {
    hint: error.hint,
    requestId: error.request_id,
  });
}

/** Something cannot be answered: the whole server, which is then looked for, or only what was asked of it. */
async function unavailable() {
  await look();
  if (store.server !== "ok") lost(store.server === "loading" ? "loading" : "offline");
}

let looking = false;

/** Notes that the server is gone or not ready, and looks for it until it is back. */
export async function lost(/** @type {"offline" | "loading"} */ state) {
  update({ server: state });
  if (looking) return;
  looking = true;
  while (store.server !== "ok") {
    await new Promise((done) => setTimeout(done, LOOK_EVERY));
    await look();
  }
  looking = false;
  if (await changed()) update({ server: "updated" });
  window.dispatchEvent(new Event("yiju:back"));
}

/** Whether the server now shows another version of this page. */
async function changed() {
  const version = new URL("..", import.meta.url).pathname;
  try {
    return !(await (await fetch("/", { cache: "no-cache" })).text()).includes(version);
  } catch {
    return false;
  }
}

/** Asks once how the server is. */
export async function look() {
  try {
    await send("/readyz", { quiet: true });
    update({ server: "ok" });
  } catch (error) {
    update({
      server: error instanceof ApiError && error.status ? "loading" : "offline",
    });
  }
}

/** What was asked for is kept for the life of the page; errors are not. @type {Map<string, Promise<any>>} */
const known = new Map();

/** As `json`, asked for once. @param {string} path @returns {Promise<any>} */
export function once(path) {
  let found = known.get(path);
  if (!found) {
    found = json(path);
    known.set(path, found);
    found.catch(() => known.delete(path));
  }
  return found;
}

/** Forgets what is known of documents, after one changed. */
export function forget() {
  known.clear();
  window.dispatchEvent(new Event("yiju:changed"));
}
