// What of a draft can be verified: its quotations, and the clauses that it names.

import { at, json } from "./api.js";

/** Most quotes in one request, and most characters of one. */
const BATCH = 20;
const LONGEST = 5000;
/** Least letters of a quotation: shorter ones are only names in quotation marks. */
const LEAST = 5;

const QUOTES = [/“([^“”]+)”/gu, /「([^「」]+)」/gu, /"([^"\n]{8,})"/gu];
const N = "[\\d〇零一二三四五六七八九十百千]{1,8}";
const ONE = `第\\s*${N}\\s*条(?:\\s*之${N})?(?:第${N}款)?(?:第?[（(]?${N}[）)]?项)?`;
const REFERENCE = new RegExp(
  `《([^《》]{2,100})》\\s*(?:[（(][^（）()]{2,40}[）)])?\\s*(${ONE}(?:\\s*(?:、|和|及|与|，|,)\\s*${ONE})*)`,
  "gu",
);

/**
 * @typedef {object} Item something in the draft that is verified
 * @property {"quote" | "reference"} kind
 * @property {number} from where it stands in the draft, in UTF-16 units
 * @property {number} to
 * @property {string} text the quotation, or the reference as written
 * @property {string} sentence the sentence around it, without quotations and references
 * @property {number} begins where the sentence begins
 * @property {"exists" | "altered" | "absent" | "differs" | "elsewhere"} [status]
 * @property {any} [found] what the server says of it
 * @property {any} [place] the clause or place that it leads to
 */

/** The quotations and references of a draft, in its order. @param {string} draft @returns {Item[]} */
export function items(draft) {
  /** @type {Item[]} */
  const found = [];
  for (const pattern of QUOTES) {
    for (const match of draft.matchAll(pattern)) {
      const text = match[1].trim();
      if ((text.match(/[\p{L}\p{N}]/gu) ?? []).length < LEAST || Array.from(text).length > LONGEST) continue;
      found.push({
        kind: "quote",
        from: match.index,
        to: match.index + match[0].length,
        text,
        sentence: "",
        begins: 0,
      });
    }
  }
  for (const match of draft.matchAll(REFERENCE)) {
    found.push({
      kind: "reference",
      from: match.index,
      to: match.index + match[0].length,
      text: `《${match[1]}》${match[2]}`,
      sentence: "",
      begins: 0,
    });
  }
  found.sort((a, b) => a.from - b.from || b.to - a.to);
  // One inside another is part of it.
  const outer = found.filter((one, index) => !found.slice(0, index).some((before) => before.to >= one.to));
  for (const one of outer) Object.assign(one, sentence(draft, one, outer));
  return outer;
}

/** The sentence around an item, without quotations and references. @param {string} draft @param {Item} item @param {Item[]} all */
function sentence(draft, item, all) {
  let [from, to] = [item.from, item.to];
  while (from > 0 && !/[。！？；!?;\n]/u.test(draft[from - 1])) from--;
  while (to < draft.length && !/[。！？；!?;\n]/u.test(draft[to])) to++;
  let text = "";
  for (let at = from; at < to;) {
    const inside = all.find((one) => one.from <= at && at < one.to);
    if (inside) at = inside.to;
    else text += draft[at++];
  }
  const bare = text
    .trim()
    .replace(/^[，,、：:]+|^(根据|依据|按照|依照)\s*/u, "")
    .replace(/^(的)?(规定|明确|要求|指出|提出)?[，,：:]*/u, "")
    .trim();
  return { sentence: bare, begins: from };
}

/**
 * Verifies the items; each is handed on as soon as it is known.
 * @param {Item[]} list @param {AbortSignal} signal @param {(index: number, item: Item) => void} each
 */
export async function verify(list, signal, each) {
  const done = [...list];
  const tell = (/** @type {number} */ index, /** @type {Partial<Item>} */ more) => {
    done[index] = { ...done[index], ...more };
    each(index, done[index]);
  };
  for (const [index, item] of list.entries()) {
    if (item.kind === "reference") tell(index, await reference(item, signal));
  }
  const quotes = done.flatMap((item, index) => (item.kind === "quote" ? [index] : []));
  for (let from = 0; from < quotes.length; from += BATCH) {
    const batch = quotes.slice(from, from + BATCH);
    const citations = batch.map((index) => {
      const cited = beside(done, index);
      return cited ? { quote: done[index].text, clause_id: cited.clause_id } : { quote: done[index].text };
    });
    const answer = await json(at("/verify"), { json: { citations }, signal });
    for (const [order, found] of answer.citations.entries()) {
      const elsewhere = found.status === "exists" && found.as_cited === false;
      tell(batch[order], {
        status: elsewhere ? "elsewhere" : found.status,
        found,
        place: placed(found.places[0]),
      });
    }
  }
}

/** The clause that a reference in the same sentence, before a quotation, leads to. @param {Item[]} list @param {number} index */
function beside(list, index) {
  const quote = list[index];
  const before = list.findLast(
    (one, at) => at < index && one.kind === "reference" && one.begins === quote.begins && one.place,
  );
  return before?.place;
}

/** @param {any} place */
function placed(place) {
  if (!place) return undefined;
  return { ...place, clause_id: place.clause_ids[0] ?? "" };
}

/** @param {Item} item @param {AbortSignal} signal @returns {Promise<Partial<Item>>} */
async function reference(item, signal) {
  const answer = await json(at("/ask"), {
    json: { question: item.text, limit: BATCH },
    signal,
  });
  const place = answer.citations[0];
  if (!answer.answered || !place)
    return {
      status: "absent",
      found: { refusal: answer.refusal, nearest: answer.nearest },
    };
  const statement = item.sentence;
  if (Array.from(statement).length < 8) return { status: "exists", place };
  const quote = Array.from(answer.citations.map((/** @type {any} */ one) => one.paragraph).join("\n"))
    .slice(0, LONGEST)
    .join("");
  const citations =
    answer.citations.length === 1
      ? [{ quote, clause_id: place.clause_id }]
      : [{ quote: place.paragraph, clause_id: place.clause_id }];
  const verified = await json(at("/verify"), {
    json: {
      statement: Array.from(statement).slice(0, 2000).join(""),
      citations,
    },
    signal,
  });
  const support = verified.citations[0].support;
  const differs = support && support.mismatches.length > 0;
  return { status: differs ? "differs" : "exists", place, found: { support } };
}
