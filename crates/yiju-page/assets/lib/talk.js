// The conversation: its turns, kept in this tab's session, and how each question is put to the server.

import { at, stream } from "./api.js";
import { collection } from "./router.js";
import { session } from "./store.js";

/**
 * @typedef {object} Turn
 * @property {string} id
 * @property {string} question
 * @property {import("../parts/filters.js").Filters} filters
 * @property {string[]} within ids of the documents that a follow-up is asked of; empty for no follow-up
 * @property {"asking" | "done" | "failed"} state
 * @property {any[]} citations
 * @property {any} [answer] the answer without its citations
 * @property {any} [error]
 * @property {number} [firstMs] from sending to the first citation
 */

/** Most turns kept in the session. */
const KEPT = 30;

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

/** What points back to what was said before: 它什么时候实行, 那罚款呢, what about …. */
const BACK =
  /^(那|它|其|这|该|此|上述|前述|还有|另外|再|为什么|为何|哪一?条)|呢[？?]?$|^(and|but|why|it|its|they|this|that|these|those|what about|how about)\b/iu;

/** Whether a question points back to what was said before. */
export function pointsBack(/** @type {string} */ question) {
  return BACK.test(question.trim());
}

/** The documents that an answer cites. @param {Turn | undefined} turn @returns {string[]} */
export function cited(turn) {
  const citations = turn?.citations ?? [];
  return [...new Set(citations.map((citation) => citation.document.id))];
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
    await stream(at("/ask"), { json: { question: turn.question, stream: true, filter }, signal }, onEvent);
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
