// Check a text: every quotation and every 《…》第X条 of a draft, held against the documents.

import { clausePlace, link, titled } from "../lib/cite.js";
import { items, verify } from "../lib/draft.js";
import { html, useEffect, useRef, useState } from "../lib/h.js";
import { words } from "../lib/store.js";
import { short } from "../lib/text.js";
import { CopyButton, Failure, Waiting } from "../parts/bits.js";
import { Source, ofCitation } from "../parts/source.js";

/** Longest draft, in characters. */
const LONGEST = 50_000;

/** @typedef {import("../lib/draft.js").Item} Item */

/** The mark of each finding in the draft: not by colour alone. */
const SIGNS = {
  exists: "✓",
  altered: "≠",
  absent: "✗",
  differs: "!",
  elsewhere: "↷",
};

export function Check() {
  const w = words();
  const [draft, setDraft] = useState("");
  const [checked, setChecked] = useState(/** @type {{draft: string, items: Item[], done: boolean} | null} */ (null));
  const [error, setError] = useState(/** @type {any} */ (null));
  const [shown, setShown] = useState(/** @type {any} */ (null));
  const running = useRef(/** @type {AbortController | null} */ (null));
  useEffect(() => () => running.current?.abort(), []);
  const length = Array.from(draft).length;

  const start = async () => {
    running.current?.abort();
    const stop = new AbortController();
    running.current = stop;
    const list = items(draft);
    setError(null);
    setShown(null);
    setChecked({ draft, items: list, done: !list.length });
    try {
      await verify(list, stop.signal, (index, item) =>
        setChecked(
          (now) =>
            now && {
              ...now,
              items: now.items.map((one, at) => (at === index ? item : one)),
            },
        ),
      );
      setChecked((now) => now && { ...now, done: true });
    } catch (problem) {
      if (!stop.signal.aborted) setError(problem);
    }
  };
  const show = (/** @type {Item} */ item) => {
    const { place } = item;
    if (!place) return;
    if (place.quote) setShown(ofCitation(place));
    else
      setShown({
        document: place.document.id,
        clause: place.clause_id,
        lit: [
          {
            from: place.span.char_start,
            to: place.span.char_end,
            kind: "quote",
          },
        ],
        spans: [place.span],
      });
  };
  const wrong = checked?.items.filter((one) => one.status && one.status !== "exists").length ?? 0;
  return html`<main id="main" class=${`split${shown ? " with-source" : ""}`}>
    <section class="talk">
      <h1>${w.check.title}</h1>
      ${
        checked
          ? html`<div class="checked" aria-live="polite">
                <p class="check-sum">
                  ${
                    !checked.done && !error
                      ? html`<${Waiting}>${w.check.running(checked.items.filter((one) => one.status).length, checked.items.length)}</${Waiting}>`
                      : checked.items.length
                        ? w.check.sum(checked.items.length, wrong)
                        : w.check.nothing
                  }
                </p>
                ${error && html`<${Failure} error=${error} />`}
                <div class="draft">
                  ${draftParts(checked).map((part) => (part.item ? html`<${InDraft} part=${part} onShow=${show} />` : part.text))}
                </div>
                <p class="answer-tools">
                  <button type="button" onClick=${() => setChecked(null)}>${w.check.edit}</button>
                  ${checked.done && checked.items.length > 0 && html`<${CopyButton} text=${() => report(checked)}>${w.check.copy}</${CopyButton}>`}
                </p>
              </div>
              <ol class="findings">
                ${checked.items.map((item, index) => html`<${Finding} key=${index} item=${item} onShow=${show} />`)}
              </ol>`
          : html`<p class="lead">${w.check.lead}</p>
              <form
                onSubmit=${(/** @type {Event} */ event) => {
                  event.preventDefault();
                  start();
                }}
              >
                <label for="draft">${w.check.label}</label>
                <textarea
                  id="draft"
                  class="draft-field"
                  rows="14"
                  value=${draft}
                  placeholder=${w.check.placeholder}
                  onInput=${(/** @type {any} */ event) => setDraft(event.target.value)}
                ></textarea>
                <p class="answer-tools">
                  <button type="submit" class="primary" disabled=${!draft.trim() || length > LONGEST}>
                    ${w.check.go}
                  </button>
                  ${length > LONGEST && html`<span class="over" role="status">${w.check.tooLong(length, LONGEST)}</span>`}
                </p>
              </form>`
      }
    </section>
    ${shown ? html`<${Source} shown=${shown} onClose=${() => setShown(null)} />` : html`<aside class="source empty"><p>${w.check.none}</p></aside>`}
  </main>`;
}

/** The draft, cut where items begin and end. @param {{draft: string, items: Item[]}} checked */
function draftParts({ draft, items: list }) {
  /** @type {{text: string, item?: Item}[]} */
  const parts = [];
  let at = 0;
  for (const item of list) {
    parts.push({ text: draft.slice(at, item.from) }, { text: draft.slice(item.from, item.to), item });
    at = item.to;
  }
  return [...parts, { text: draft.slice(at) }];
}

/** @param {{part: {text: string, item: Item}, onShow: (item: Item) => void}} props */
function InDraft({ part, onShow }) {
  const w = words();
  const { item } = part;
  const status = item.status ?? "waiting";
  // No button element: those do not break into lines.
  return html`<span
    role="button"
    tabindex="0"
    class=${`in-draft ${status}`}
    onClick=${() => onShow(item)}
    onKeyDown=${(/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      onShow(item);
    }}
    >${part.text}<sup
      ><span aria-hidden="true">${SIGNS[/** @type {"exists"} */ (status)] ?? "…"}</span
      ><span class="out-of-sight">${w.check.status[status]}</span></sup
    ></span
  >`;
}

/** @param {{item: Item, onShow: (item: Item) => void}} props */
function Finding({ item, onShow }) {
  const w = words();
  const { status = "waiting", found, place } = item;
  const support = found?.support;
  return html`<li class=${`finding ${status}`}>
    <p class="finding-head"><strong>${w.check.status[status]}</strong> ${short(item.text, 80)}</p>
    ${
      status === "altered" &&
      html`<p class="note">${w.check.stands}</p>
        <p class="diff"><${Diff} parts=${found.differences} /></p>`
    }
    ${(found?.contradictions ?? []).map((/** @type {any} */ one) => html`<p class="note">${w.check.contradicts(w.check.kinds[one.kind] ?? one.kind, one.document, one.quote)}</p>`)}
    ${
      status === "differs" &&
      support.mismatches.map(
        (/** @type {any} */ one) =>
          html`<p class="note">
            ${w.check.contradicts(w.check.kinds[one.kind] ?? one.kind, one.quote || w.check.noneThere, one.statement)}
          </p>`,
      )
    }
    ${status === "absent" && found?.refusal?.message && html`<p class="note">${found.refusal.message}</p>`}
    ${
      place &&
      html`<p>
        <button type="button" class="linkish" onClick=${() => onShow(item)}>
          ${titled(place.document.title)}${clausePlace(place)}${place.document.date ? ` · ${place.document.date}` : ""}
        </button>
      </p>`
    }
    ${place?.paragraph && status === "differs" && html`<blockquote>${short(place.paragraph, 260)}</blockquote>`}
  </li>`;
}

/** Word by word: what the document says and what the draft made of it. @param {{parts: any[]}} props */
function Diff({ parts }) {
  return parts.map((part) =>
    part.op === "equal"
      ? part.quote
      : html`${part.document && html`<ins>${part.document}</ins>`}${part.quote && html`<del>${part.quote}</del>`}`,
  );
}

/** The checked draft with a note for each finding. @param {{draft: string, items: Item[]}} checked */
function report(checked) {
  const w = words();
  let number = 0;
  /** @type {string[]} */
  const notes = [];
  const body = draftParts(checked).map((part) => {
    if (!part.item) return part.text;
    const { item } = part;
    number += 1;
    const place = item.place
      ? `${titled(item.place.document.title)}${clausePlace(item.place)} ${item.place.clause_id ? link(item.place) : ""}`
      : "";
    const differences = (item.found?.differences ?? [])
      .filter((/** @type {any} */ one) => one.op !== "equal")
      .map((/** @type {any} */ one) => w.check.instead(one.document, one.quote));
    notes.push(
      `[${number}] ${w.check.status[item.status ?? "waiting"]}${w.colon}${[place, ...differences].filter(Boolean).join(w.semicolon)}`,
    );
    return `${part.text}[${number}]`;
  });
  return `${body.join("")}\n\n${notes.join("\n")}`;
}
