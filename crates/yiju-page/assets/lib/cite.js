// How a citation is written: 《…》（文号）第十九条, and as a quotation with its address.

import { at, once } from "./api.js";
import { clauseAddress } from "./router.js";

const HAN = /\p{Script=Han}/u;

/** A title in its brackets, or in quotation marks where it is not Chinese. */
export function titled(/** @type {string} */ title) {
  if (/^《.*》$/u.test(title)) return title;
  return HAN.test(title) ? `《${title}》` : `“${title}”`;
}

/** The number that a heading begins with: 二 of 二、优化…, （二） of （二）增强…. */
function numeral(/** @type {string} */ heading) {
  const found = heading.match(
    /^\s*(第[^条章节编部分\s]{1,9}[编章节条]|第.{1,4}部分|[一二三四五六七八九十百]+(?=[、．.])|[（(][^）)]{1,4}[）)]|\d+(?:\.\d+)*(?=[.．、\s]))/u,
  );
  return found ? found[1].replace("(", "（").replace(")", "）") : "";
}

/** The place of a clause in its document: 第十九条, 二（二）, or the innermost heading. */
export function clausePlace(/** @type {{label: string, path: string[]}} */ clause) {
  const label = clause.label.trim();
  if (!label) return clause.path.at(-1) ?? "";
  if (/^第.*条/u.test(label) || /^(Article|Section|Sec\.|§)/u.test(label)) return label;
  const numbers = clause.path.map(numeral);
  const own = numeral(`${label} `) || label;
  if (own && numbers.at(-1) !== own) numbers.push(own);
  // From the last article on: 第三条（二）.
  const article = numbers.findLastIndex((number) => /^第.*条$/u.test(number));
  const written = numbers.slice(Math.max(article, 0)).join("");
  return written || clause.path.at(-1) || "";
}

/** What is known of a document beside its citation. @param {string} id @returns {Promise<any>} */
export function summary(id) {
  return once(at(`/documents/${encodeURIComponent(id)}`));
}

/** 《…》（文号）第十九条. @param {any} cited a citation, a hit or a clause @returns {Promise<string>} */
export async function citation(cited) {
  let number = "";
  try {
    number = (await summary(cited.document.id)).number ?? "";
  } catch {
    // The citation is right without the number.
  }
  return `${titled(cited.document.title)}${number ? `（${number}）` : ""}${clausePlace(cited)}`;
}

/** The whole address of a clause. @param {any} cited */
export function link(cited) {
  return location.origin + clauseAddress(cited.clause_id ?? cited.id);
}

/** “…”（《…》（文号）第十九条，https://…）. @param {any} cited @param {string} quote */
export async function quotation(cited, quote) {
  return `“${quote}”（${await citation(cited)}，${link(cited)}）`;
}
