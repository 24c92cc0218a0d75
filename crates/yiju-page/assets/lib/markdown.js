// An answer or a conversation as Markdown with footnotes.

import { citation, link } from "./cite.js";
import { words } from "./store.js";

/** Text that stays text in Markdown. */
export function escaped(/** @type {string} */ text) {
  return text.replace(/[\\`*_{}[\]<>#|~]/g, "\\$&").replace(/^(\s*)([-+]|\d+\.)(\s)/gm, "$1\\$2$3");
}

/** @param {import("./talk.js").Turn[]} turns @returns {Promise<string>} */
export async function markdown(turns) {
  const w = words();
  const parts = [];
  const notes = [];
  let number = 0;
  for (const turn of turns) {
    parts.push(`## ${escaped(turn.question)}`);
    if (!turn.answer?.answered) {
      parts.push(escaped(w.ask.refused));
      continue;
    }
    const first = number;
    const known = new Set(turn.citations.map((one) => one.marker));
    const body = turn.answer.answer
      .split(/(\[\d{1,2}\])/)
      .map((/** @type {string} */ part, /** @type {number} */ index) => {
        const marker = Number(part.slice(1, -1));
        return index % 2 && known.has(marker) ? `[^${first + marker}]` : escaped(part);
      });
    parts.push(body.join("").replace(/\n/g, "\n\n"));
    for (const one of turn.citations) {
      notes.push(
        `[^${first + one.marker}]: ${escaped(await citation(one))}：“${escaped(one.quote.replace(/\s+/g, " "))}” <${link(one)}>`,
      );
      number = Math.max(number, first + one.marker);
    }
  }
  parts.push(`${w.exported} ${new Date().toISOString().slice(0, 10)}`);
  return `${[...parts, ...notes].join("\n\n")}\n`;
}
