// Spans count Unicode scalar values; strings here count UTF-16 units. This is the one place that knows.

/** Whether some characters take two units. */
const ASTRAL = /[\ud800-\udfff]/;

/** A text that is cut by Unicode scalar values. */
export class Text {
  constructor(/** @type {string} */ text) {
    this.text = text;
    this.points = ASTRAL.test(text) ? Array.from(text) : null;
    this.length = this.points ? this.points.length : text.length;
  }

  /** @param {number} from @param {number} to */
  slice(from, to) {
    return this.points ? this.points.slice(from, to).join("") : this.text.slice(from, to);
  }

  /** The lines of a part that are not blank, each with its span. @param {number} from @param {number} to */
  lines(from, to) {
    const lines = [];
    let at = from;
    for (const line of this.slice(from, to).split("\n")) {
      const length = ASTRAL.test(line) ? Array.from(line).length : line.length;
      if (line.trim()) lines.push({ from: at, to: at + length });
      at += length + 1;
    }
    return lines;
  }
}

/**
 * @typedef {object} Lit a lit part of the text
 * @property {number} from @property {number} to
 * @property {"quote" | "answer" | "context" | "hit"} kind
 */

/**
 * Cuts a span where lit parts begin and end.
 * @param {Text} text @param {number} from @param {number} to @param {Lit[]} lit
 * @returns {{text: string, kinds: string[]}[]}
 */
export function pieces(text, from, to, lit) {
  const within = lit.filter((part) => part.from < to && part.to > from);
  if (!within.length) return [{ text: text.slice(from, to), kinds: [] }];
  const cuts = new Set([from, to]);
  for (const part of within) {
    cuts.add(Math.max(part.from, from));
    cuts.add(Math.min(part.to, to));
  }
  const sorted = [...cuts].sort((a, b) => a - b);
  return sorted.slice(1).map((end, index) => {
    const start = sorted[index];
    const kinds = within.filter((part) => part.from <= start && part.to >= end).map((part) => part.kind);
    return { text: text.slice(start, end), kinds: [...new Set(kinds)] };
  });
}

/**
 * @typedef {object} Block a part of a document: a clause, or lines between clauses
 * @property {"title" | "heading" | "line" | "clause"} kind
 * @property {number} level of a heading, from 0
 * @property {any} [clause]
 * @property {{from: number, to: number}[]} lines
 */

/**
 * A document as blocks in the order of its text; nothing of the text is left out.
 * @param {string} title @param {Text} text @param {any[]} clauses
 * @returns {Block[]}
 */
export function blocks(title, text, clauses) {
  /** @type {Block[]} */
  const made = [];
  let at = 0;
  const bare = (/** @type {string} */ line) => line.replace(/\s/g, "");
  const between = (/** @type {number} */ to, /** @type {any} */ next) => {
    for (const line of text.lines(at, to)) {
      const words = bare(text.slice(line.from, line.to));
      const level = next ? next.path.findIndex((/** @type {string} */ part) => bare(part) === words) : -1;
      const isTitle = made.every((block) => block.kind === "title") && bare(title).includes(words);
      const kind = level >= 0 ? "heading" : isTitle ? "title" : "line";
      made.push({ kind, level, lines: [line] });
    }
  };
  for (const clause of clauses) {
    const { char_start: from, char_end: to } = clause.span;
    between(from, clause);
    made.push({
      kind: "clause",
      level: clause.path.length,
      clause,
      lines: text.lines(from, to),
    });
    at = Math.max(at, to);
  }
  between(text.length, null);
  return made;
}

/** Cuts a string to a length, with … where something is left out. */
export function short(/** @type {string} */ text, /** @type {number} */ length) {
  const points = Array.from(text);
  return points.length > length ? `${points.slice(0, length - 1).join("")}…` : text;
}
