// The conversation: its turns, kept in this tab's session, and how each question is put to the server.

import { at, stream } from "./api.js";
import { collection } from "./router.js";
import { session } from "./store.js";

/**
 * @typedef {object} Turn
 * @property {string} id
 * @property {string} question
 * @property {import("../parts/filters.js").Filters} filters
 * @property {string[]} history earlier questions, oldest first: what this one leaves out is taken from them
 * @property {"asking" | "done" | "failed"} state
 * @property {any[]} citations
 * @property {any} [answer] the answer without its citations
 * @property {any} [error]
 * @property {number} [firstMs] from sending to the first citation
 */

/** Most turns kept in the session. */
const KEPT = 30;
/** Most earlier questions that are sent. */
const HISTORY = 20;

const name = () => `yiju.talk.${collection()}`;

/** @returns {Turn[]} */
export function kept() {
  try {
    const turns = JSON.parse(session?.getItem(name()) ?? "[]");
    return turns.filter((/** @type {Turn} */ turn) => turn.state === "done");
  } catch {
    return [];
  }
}

export function keep(/** @type {Turn[]} */ turns) {
  try {
    session?.setItem(name(), JSON.stringify(turns.filter((turn) => turn.state === "done").slice(-KEPT)));
  } catch {
    // Too long for the storage: the conversation lives as long as the page.
  }
}

/** The questions before a new one, oldest first. @param {Turn[]} turns @returns {string[]} */
export function before(turns) {
  return turns
    .filter((turn) => turn.state === "done")
    .map((turn) => turn.question)
    .slice(-HISTORY);
}

/**
 * Asks, and hands on the turn each time more of it is known.
 * @param {Turn} turn @param {Record<string, any>} filter @param {AbortSignal} signal @param {(turn: Turn) => void} each
 */
export async function ask(turn, filter, signal, each) {
  const sent = performance.now();
  let now = { ...turn };
  const change = (/** @type {Partial<Turn>} */ more) => each((now = { ...now, ...more }));
  const onEvent = (/** @type {string} */ event, /** @type {any} */ data) => {
    if (event === "citation") {
      change({
        citations: [...now.citations, data],
        firstMs: now.firstMs ?? performance.now() - sent,
      });
    } else if (event === "answer") change({ answer: data });
    else if (event === "done") change({ answer: { ...now.answer, ...data }, state: "done" });
    else if (event === "whole") change({ citations: data.citations, answer: data, state: "done" });
  };
  try {
    const body = { question: turn.question, history: turn.history, stream: true, filter };
    await stream(at("/ask"), { json: body, signal }, onEvent);
    if (now.state !== "done") change({ state: "failed", error: { code: "offline", message: "" } });
  } catch (error) {
    if (signal.aborted) return;
    const { code, message, hint, requestId } = /** @type {any} */ (error);
    change({
      state: "failed",
      error: { code: code ?? "other", message, hint, requestId },
    });
  }
}
