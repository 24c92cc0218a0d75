// The document beside an answer: its outline, its text with the quote lit up, and its printed page.

import { at, once, send } from "../lib/api.js";
import { citation, summary, titled } from "../lib/cite.js";
import { html, useLayoutEffect, useMemo, useRef, useState } from "../lib/h.js";
import { address } from "../lib/router.js";
import { notify, words } from "../lib/store.js";
import { Text, blocks, pieces } from "../lib/text.js";
import { Outline, outline } from "./outline.js";
import { Pages } from "./pages.js";
import { CopyButton, Failure, Waiting, copy, save, useLoaded } from "./bits.js";

/**
 * @typedef {object} Shown what the pane shows
 * @property {string} document its id
 * @property {string} [clause] the id of the clause that is marked
 * @property {import("../lib/text.js").Lit[]} [lit] parts of the text that are lit
 * @property {number | null} [page] the page that the quote is on
 * @property {{byte_start: number, byte_end: number}[]} [spans] what is marked on the page
 */

/** What is shown of a citation. @param {any} cited @returns {Shown} */
export function ofCitation(cited) {
  /** @type {import("../lib/text.js").Lit[]} */
  const lit = [{ from: cited.span.char_start, to: cited.span.char_end, kind: "quote" }];
  if (cited.answer_span)
    lit.push({
      from: cited.answer_span.char_start,
      to: cited.answer_span.char_end,
      kind: "answer",
    });
  for (const part of cited.context ?? [])
    lit.push({
      from: part.span.char_start,
      to: part.span.char_end,
      kind: "context",
    });
  return {
    document: cited.document.id,
    clause: cited.clause_id,
    lit,
    page: cited.page,
    spans: [cited.span],
  };
}

/** What is shown of a search hit or a near clause. @param {any} hit @returns {Shown} */
export function ofHit(hit) {
  const lit = (hit.highlights ?? []).map((/** @type {any} */ span) => ({
    from: span.char_start,
    to: span.char_end,
    kind: "hit",
  }));
  return {
    document: hit.document.id,
    clause: hit.clause_id ?? hit.id,
    lit,
    spans: hit.highlights ?? [],
  };
}

async function load(/** @type {string} */ id) {
  const path = at(`/documents/${encodeURIComponent(id)}`);
  const [about, text, list] = await Promise.all([
    summary(id),
    send(`${path}/text`).then((response) => response.text()),
    once(`${path}/clauses`),
  ]);
  const cut = new Text(text);
  const clauses = list.clauses;
  const pages = Math.max(
    0,
    ...clauses.flatMap((/** @type {any} */ c) => c.boxes.map((/** @type {any} */ b) => b.page)),
  );
  return {
    about,
    text: cut,
    clauses,
    pages,
    blocks: blocks(about.title, cut, clauses),
  };
}

/** The pane. @param {{shown: Shown, onClose?: () => void, standing?: boolean}} props */
export function Source({ shown, onClose, standing = false }) {
  const w = words();
  const { value, error } = useLoaded(() => load(shown.document), [shown.document]);
  const [view, setView] = useState("text");
  const ready = value && value.about.id === shown.document;
  return html`<section class="source" aria-label=${w.source.title}>
    <header class="source-head">
      <div>
        ${
          ready
            ? html`<${Heading} about=${value.about} standing=${standing} />`
            : html`<p class="source-title">${w.source.title}</p>`
        }
      </div>
      <div class="source-tools">
        ${
          ready &&
          value.pages > 0 &&
          html`<div class="tabs" role="group" aria-label=${w.source.view}>
            ${["text", "page"].map(
              (name) =>
                html`<button type="button" aria-pressed=${view === name} onClick=${() => setView(name)}>
                  ${w.source.views[name]}
                </button>`,
            )}
          </div>`
        }
        ${ready && html`<${Tools} value=${value} shown=${shown} />`}
        ${
          onClose &&
          html`<button type="button" class="quiet close" onClick=${onClose} aria-label=${w.close} title=${w.close}>
            <span aria-hidden="true">✕</span>
          </button>`
        }
      </div>
    </header>
    ${error && html`<${Failure} error=${error} />`} ${!ready && !error && html`<${Waiting} />`}
    ${
      ready &&
      (view === "page" && value.pages > 0
        ? html`<${Pages} value=${value} shown=${shown} />`
        : html`<${Reading} value=${value} shown=${shown} />`)
    }
  </section>`;
}

/** @param {{about: any, standing: boolean}} props */
function Heading({ about, standing }) {
  const line = [about.number, about.issuer, about.date].filter(Boolean).join(" · ");
  const title = html`<a href=${address(`/documents/${about.id}`)}>${about.title}</a>`;
  return html`${standing ? html`<h1 class="source-title">${title}</h1>` : html`<h2 class="source-title">${title}</h2>`}
  ${line && html`<p class="source-line">${line}</p>`}`;
}

/** @param {{value: any, shown: Shown}} props */
function Tools({ value, shown }) {
  const w = words();
  const clause = value.clauses.find((/** @type {any} */ one) => one.id === shown.clause);
  const cite = () =>
    clause ? citation(clause) : titled(value.about.title) + (value.about.number ? `（${value.about.number}）` : "");
  const download = async () => {
    try {
      const response = await send(at(`/documents/${value.about.id}/original`));
      save(value.about.source.split("/").pop(), await response.blob());
    } catch {
      notify(w.source.textOnly);
      save(`${value.about.title}.txt`, new Blob([value.text.text], { type: "text/plain" }));
    }
  };
  const link = () =>
    location.origin + address(`/documents/${value.about.id}${clause ? `/clauses/${clause.id.split(".").pop()}` : ""}`);
  return html`<${CopyButton} text=${cite}>${w.source.copyCitation}</${CopyButton}>
    <button type="button" class="quiet" onClick=${() => copy(link())}>${w.source.copyLink}</button>
    <button type="button" class="quiet" onClick=${download}>${w.source.download}</button>`;
}

/** @param {{value: any, shown: Shown}} props */
function Reading({ value, shown }) {
  const w = words();
  const scroller = useRef(/** @type {HTMLDivElement | null} */ (null));
  const entries = useMemo(() => outline(value), [value]);
  const lit = shown.lit ?? [];
  const target = useMemo(() => targetOf(value, shown), [value, shown]);

  useLayoutEffect(() => {
    if (scroller.current && target >= 0) reveal(scroller.current, target);
  }, [target, shown]);

  return html`<div class="reading">
    ${entries.length > 1 && html`<${Outline} entries=${entries} paper=${scroller} target=${target} onPick=${(/** @type {number} */ index) => scroller.current && reveal(scroller.current, index, "start")} />`}
    <div
      class="paper"
      ref=${scroller}
      tabindex="0"
      role="region"
      aria-label=${w.source.text}
      lang=${value.about.language}
    >
      ${value.blocks.map((/** @type {any} */ block, /** @type {number} */ index) => html`<${Block} key=${index} index=${index} block=${block} text=${value.text} lit=${litIn(block, lit)} marked=${block.clause && block.clause.id === shown.clause} />`)}
    </div>
  </div>`;
}

const NONE = /** @type {import("../lib/text.js").Lit[]} */ ([]);

/** The lit parts of a block; one and the same empty list for all without. @param {any} block @param {any[]} lit */
function litIn(block, lit) {
  if (!block.lines.length) return NONE;
  const [from, to] = [block.lines[0].from, block.lines.at(-1).to];
  const within = lit.filter((part) => part.from < to && part.to > from);
  return within.length ? within : NONE;
}

/** The block to scroll to. @param {any} value @param {Shown} shown */
function targetOf(value, shown) {
  const first = shown.lit?.find((part) => part.kind === "quote") ?? shown.lit?.[0];
  if (first) {
    const found = value.blocks.findIndex(
      (/** @type {any} */ block) => block.lines.length && block.lines.at(-1).to > first.from,
    );
    if (found >= 0) return found;
  }
  return value.blocks.findIndex((/** @type {any} */ block) => block.clause && block.clause.id === shown.clause);
}

/**
 * Scrolls a block into view. Twice, since blocks that were never drawn have a guessed height.
 * @param {HTMLElement} root @param {number} index @param {"center" | "start"} place
 */
function reveal(root, index, place = "center") {
  const to = () => {
    const block = root.querySelector(`[data-block="${index}"]`);
    const target = block?.querySelector("mark.answer, mark.quote, mark.hit") ?? block;
    if (!target) return;
    const [outer, inner] = [root.getBoundingClientRect(), target.getBoundingClientRect()];
    const room = place === "start" ? 12 : Math.max(24, (outer.height - inner.height) / 2.6);
    root.scrollTop += inner.top - outer.top - room;
  };
  to();
  requestAnimationFrame(() => {
    to();
    requestAnimationFrame(to);
  });
}

/** One block, drawn anew only when what is lit in it changes. @param {any} props */
function Block({ block, index, text, lit, marked }) {
  return useMemo(() => {
    const lines = block.lines.map((/** @type {any} */ line) => {
      const cut = pieces(text, line.from, line.to, lit);
      return cut.map(({ text: part, kinds }) =>
        kinds.length ? html`<mark class=${kinds.join(" ")}>${part}</mark>` : part,
      );
    });
    const entry = block.kind === "heading" || (block.clause && block.clause.label) ? index : undefined;
    if (block.kind === "clause") {
      return html`<div class=${`clause${marked ? " marked" : ""}`} data-block=${index} data-at=${entry}>
        ${lines.map((/** @type {any} */ line) => html`<p>${line}</p>`)}
      </div>`;
    }
    const level = Math.min(block.level, 3);
    return html`<p
      class=${block.kind === "heading" ? `heading h${level}` : block.kind}
      data-block=${index}
      data-at=${entry}
    >
      ${lines[0]}
    </p>`;
  }, [block, lit, marked]);
}
