// Ask: the conversation on the left, the document with the lit quote on the right.

import { at, json } from "../lib/api.js";
import { citation, link, titled } from "../lib/cite.js";
import { docx } from "../lib/docx.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib/h.js";
import { markdown } from "../lib/markdown.js";
import { address, go } from "../lib/router.js";
import { words } from "../lib/store.js";
import * as talk from "../lib/talk.js";
import { short } from "../lib/text.js";
import { Confidence, CopyButton, Failure, Waiting, save, useLoaded } from "../parts/bits.js";
import { CitationView, Refusal } from "../parts/citation.js";
import { FilterFields, filterCount, filterOf } from "../parts/filters.js";
import { Marked } from "../parts/marker.js";
import { Queue } from "../parts/queue.js";
import { Source, ofCitation, ofHit } from "../parts/source.js";

/** @typedef {import("../lib/talk.js").Turn} Turn */

/** Whether question and source stand side by side: the width at which reading.css parts them. */
const TWO_PANES = window.matchMedia("(min-width: 56.01rem)");

/** @param {{place: import("../lib/router.js").Place}} props */
export function Ask({ place }) {
  const w = words();
  const [turns, setTurns] = useState(() => begin(place));
  const [filters, setFilters] = useState(/** @type {import("../parts/filters.js").Filters} */ ({}));
  const [filtering, setFiltering] = useState(false);
  const [shown, setShown] = useState(/** @type {{turn: string, marker: number, source: any} | null} */ (null));
  const running = useRef(/** @type {AbortController | null} */ (null));
  const end = useRef(/** @type {HTMLElement | null} */ (null));
  const latest = useRef(turns);
  latest.current = turns;

  const change = (/** @type {Turn} */ turn) => {
    setTurns((all) => all.map((one) => (one.id === turn.id ? turn : one)));
    // Where there is room for both, the first source opens by itself.
    if (turn.citations.length === 1 && !turn.answer && TWO_PANES.matches) pick(turn, turn.citations[0]);
    if (turn.state === "done" && !turn.citations.length) setShown(null);
  };
  const pick = (/** @type {Turn} */ turn, /** @type {any} */ citation) =>
    setShown({
      turn: turn.id,
      marker: citation.marker,
      source: ofCitation(citation),
    });

  const start = (/** @type {Turn} */ turn) => {
    running.current?.abort();
    running.current = new AbortController();
    const filter = filterOf(turn.filters);
    talk.ask(turn, filter, running.current.signal, change);
  };
  const submit = (/** @type {string} */ question, /** @type {boolean} */ alone = false) => {
    const turn = newTurn(question, filters, alone ? [] : talk.before(latest.current));
    setTurns([...latest.current.filter((one) => one.state !== "asking"), turn]);
    go(address(`/ask?q=${encodeURIComponent(question)}`), {
      replace: !latest.current.length && location.pathname.endsWith("/ask"),
    });
    start(turn);
  };
  const again = (/** @type {Turn} */ turn, /** @type {Partial<Turn>} */ more = {}) => {
    const fresh = {
      ...turn,
      ...more,
      state: /** @type {const} */ ("asking"),
      citations: [],
      answer: undefined,
      error: undefined,
    };
    setTurns((all) => all.map((one) => (one.id === turn.id ? fresh : one)));
    start(fresh);
  };

  // A question in the address that is not part of the conversation is asked.
  useEffect(() => {
    const first = latest.current[0];
    if (first?.state === "asking") start(first);
    return () => running.current?.abort();
  }, []);
  useEffect(() => {
    talk.keep(turns);
    document.title = turns.length ? `${short(turns.at(-1)?.question ?? "", 30)} · ${w.name}` : w.title;
  }, [turns]);
  const count = turns.length;
  const lastState = turns.at(-1)?.state;
  useLayoutEffect(() => {
    if (count > 1) end.current?.scrollIntoView({ block: "start" });
  }, [count, lastState]);

  // The arrow keys go from citation to citation.
  useEffect(() => {
    const onKey = (/** @type {KeyboardEvent} */ event) => {
      const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
      const target = /** @type {HTMLElement} */ (event.target);
      if (
        !by ||
        event.altKey ||
        event.ctrlKey ||
        event.metaKey ||
        target.closest("input, textarea, select, [role=tab]")
      )
        return;
      const turn = latest.current.find((one) => one.id === shown?.turn) ?? latest.current.at(-1);
      if (!turn?.citations.length) return;
      const now = turn.citations.findIndex((one) => one.marker === shown?.marker);
      const next = turn.citations[Math.min(Math.max(0, now + by), turn.citations.length - 1)];
      event.preventDefault();
      pick(turn, next);
      const marker = document.querySelector(`[data-turn="${turn.id}"] [data-marker="${next.marker}"]`);
      /** @type {HTMLElement | null} */ (marker)?.focus();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [shown]);

  const clear = () => {
    running.current?.abort();
    setTurns([]);
    setShown(null);
    go(address("/"));
  };
  const filterPanel = html`<${FilterFields} filters=${filters} onChange=${setFilters} />`;
  const composer = html`<${Composer}
    first=${!count}
    busy=${turns.at(-1)?.state === "asking"}
    filtering=${filtering}
    filters=${filterCount(filters)}
    onFilter=${() => setFiltering(!filtering)}
    onSubmit=${submit}
  />`;
  if (!count) {
    return html`<main id="main" class="ask-first">
      <h1>${w.ask.hello}</h1>
      <p class="lead">${w.ask.lead}</p>
      ${composer} ${filtering && filterPanel}
      <${Queue} asking />
      <${Beginnings} onPick=${submit} />
    </main>`;
  }
  return html`<main id="main" class=${`split${shown ? " with-source" : ""}`}>
    <section class="talk asking" aria-label=${w.ask.conversation}>
      <h1 class="out-of-sight">${w.ask.conversation}</h1>
      <div class="talk-tools">
        <button type="button" class="quiet" onClick=${clear}>${w.ask.anew}</button>
        ${count > 1 && html`<span class="note">${w.ask.all}</span><${ExportButtons} turns=${turns} name=${turns[0].question} />`}
      </div>
      <ol class="turns">
        ${turns.map(
          (turn, index) =>
            html`<li key=${turn.id} ref=${index === count - 1 ? end : undefined}>
              <${TurnView}
                turn=${turn}
                marker=${shown?.turn === turn.id ? shown.marker : 0}
                onPick=${(/** @type {number} */ marker) => {
                  const found = turn.citations.find((one) => one.marker === marker);
                  if (found) pick(turn, found);
                }}
                onNear=${(/** @type {any} */ near) => setShown({ turn: turn.id, marker: 0, source: ofHit(near) })}
                onAgain=${again}
              />
            </li>`,
        )}
      </ol>
      <div class="talk-end"><${Queue} asking brief />${filtering && filterPanel} ${composer}</div>
    </section>
    ${
      shown
        ? html`<${Source} shown=${shown.source} onClose=${() => setShown(null)} />`
        : html`<aside class="source empty"><p>${w.source.none}</p></aside>`
    }
  </main>`;
}

/** @param {import("../lib/router.js").Place} place @returns {Turn[]} */
function begin(place) {
  const question = place.query.get("q")?.trim();
  const kept = talk.kept();
  if (!question) return [];
  if (kept.some((turn) => turn.question === question)) return kept;
  const ids = place.query.getAll("document");
  return [newTurn(question, ids.length ? { documents: ids.map((id) => ({ id, title: id })) } : {}, [])];
}

let made = 0;

/** @param {string} question @param {any} filters @param {string[]} history @returns {Turn} */
function newTurn(question, filters, history) {
  return {
    id: `t${Date.now().toString(36)}${made++}`,
    question,
    filters,
    history,
    state: "asking",
    citations: [],
  };
}

/** @param {any} props */
function Composer({ first, busy, filtering, filters, onFilter, onSubmit }) {
  const w = words();
  const [text, setText] = useState("");
  const send = () => {
    const question = text.trim();
    if (!question) return;
    setText("");
    onSubmit(question);
  };
  const left = 2000 - Array.from(text).length;
  return html`<form
    class="composer"
    role="search"
    onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault();
      send();
    }}
  >
    <label class="out-of-sight" for="question">${w.ask.label}</label>
    <textarea
      id="question"
      rows=${first ? 2 : 1}
      value=${text}
      placeholder=${first ? w.ask.placeholder : w.ask.followUp}
      data-ask
      onInput=${(/** @type {any} */ event) => setText(event.target.value)}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => {
        if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
          event.preventDefault();
          send();
        }
      }}
    ></textarea>
    <div class="composer-tools">
      <button type="button" class="quiet" aria-expanded=${filtering ? "true" : "false"} onClick=${onFilter}>
        ${filters ? w.filters.some(filters) : w.filters.all}
      </button>
      ${left < 200 && html`<span class=${left < 0 ? "over" : ""} role="status">${w.ask.left(left)}</span>`}
      <button type="submit" class="primary" disabled=${left < 0}>${busy ? w.ask.asking : w.ask.send}</button>
    </div>
  </form>`;
}

/** What one could ask: from the headings of the documents that are there. @param {{onPick: (question: string) => void}} props */
function Beginnings({ onPick }) {
  const w = words();
  const { value: state = {} } = useLoaded(suggestions, []);
  if (state.documents === 0) {
    return html`<p class="lead empty-library">
      ${w.ask.empty} <a href=${address("/documents")}>${w.ask.addFirst}</a>
    </p>`;
  }
  if (!state.questions?.length) return html`<div class="beginnings" aria-hidden="true"></div>`;
  return html`<ul class="beginnings" aria-label=${w.ask.beginnings}>
    ${state.questions.map(
      (/** @type {string} */ question) =>
        html`<li>
          <button type="button" onClick=${() => onPick(question)}>${question}</button>
        </li>`,
    )}
  </ul>`;
}

async function suggestions() {
  const { documents } = await json(at("/documents?limit=20"));
  const w = words();
  const fit = documents.filter((/** @type {any} */ one) => one.clauses > 3 && one.language === "zh").slice(0, 2);
  /** @type {string[]} */
  const questions = [];
  for (const one of fit) {
    // A search gives a few headings, openings without one among them; all clauses of a law would be a megabyte.
    const body = { query: one.title, limit: 12, filter: { document_ids: [one.id] } };
    for (const hit of (await json(at("/search"), { json: body })).hits) {
      const heading = hit.label && hit.path.at(-1) !== hit.label ? hit.path.at(-1) : "";
      if (heading && Array.from(heading).length < 40) questions.push(w.ask.about(heading));
      else if (hit.label) questions.push(w.ask.says(titled(one.title), hit.label));
    }
  }
  return { documents: documents.length, questions: [...new Set(questions)].slice(0, 3) };
}

/** @param {{turn: Turn, marker: number, onPick: (marker: number) => void, onNear: (near: any) => void, onAgain: (turn: Turn, more?: any) => void}} props */
function TurnView({ turn, marker, onPick, onNear, onAgain }) {
  const w = words();
  const { answer, citations } = turn;
  const filtered = filterCount(turn.filters);
  return html`<article class="turn" data-turn=${turn.id} aria-busy=${turn.state === "asking" ? "true" : "false"}>
    <h2 class="question">${turn.question}</h2>
    ${filtered > 0 && html`<p class="note">${w.filters.some(filtered)}</p>`}
    ${
      turn.answer?.understood_as &&
      html`<p class="note">
        ${w.ask.understood(turn.answer.understood_as)}
        <button type="button" class="linkish" onClick=${() => onAgain(turn, { history: [] })}>
          ${w.ask.asWritten}
        </button>
      </p>`
    }
    <div class="said-of-it" aria-live="polite">
      ${turn.state === "asking" && !citations.length && html`<${Waiting}>${w.ask.looking}</${Waiting}>`}
      ${
        turn.state === "failed" &&
        html`<${Failure} error=${turn.error} />
          <p>
            <button type="button" onClick=${() => onAgain(turn)}>${w.tryAgain}</button>
          </p>`
      }
      ${
        answer?.answered &&
        html`<div class="answer">
            <${Marked} text=${answer.answer} citations=${citations} current=${marker} onPick=${onPick} />
          </div>
          <${Confidence} value=${answer.confidence} />`
      }
      ${answer && !answer.answered && html`<${Refusal} answer=${answer} onNear=${onNear} />`}
    </div>
    ${
      citations.length > 0 &&
      html`<ol class="citations" aria-label=${w.ask.citations}>
        ${citations.map((one) => html`<${CitationView} key=${one.marker} citation=${one} current=${one.marker === marker} onPick=${onPick} />`)}
      </ol>`
    }
    ${
      answer?.answered &&
      turn.state === "done" &&
      html`<p class="answer-tools">
      <${CopyButton} text=${() => answerText(turn)}>${w.ask.copy}</${CopyButton}>
      <${CopyButton} text=${() => answerLink(turn)}>${w.ask.copyLink}</${CopyButton}>
      <${ExportButtons} turns=${[turn]} name=${turn.question} />
    </p>`
    }
  </article>`;
}

/** @param {Turn} turn */
async function answerText(turn) {
  const lines = await Promise.all(
    turn.citations.map(async (one) => `[${one.marker}] ${await citation(one)} ${link(one)}`),
  );
  return `${turn.answer.answer}\n\n${lines.join("\n")}`;
}

/** @param {Turn} turn */
function answerLink(turn) {
  const query = new URLSearchParams({ q: turn.question });
  for (const id of filterOf(turn.filters).document_ids ?? []) query.append("document", id);
  return `${location.origin}${address(`/ask?${query}`)}`;
}

/** @param {{turns: Turn[], name: string}} props */
function ExportButtons({ turns, name }) {
  const w = words();
  const done = turns.filter((turn) => turn.state === "done");
  const title = short(name, 40);
  return html`<button
      type="button"
      class="quiet"
      disabled=${!done.length}
      onClick=${async () => save(`${title}.md`, new Blob([await markdown(done)], { type: "text/markdown" }))}
    >
      Markdown
    </button>
    <button
      type="button"
      class="quiet"
      disabled=${!done.length}
      onClick=${async () => save(`${title}.docx`, await docx(done))}
    >
      Word
    </button>
    <button type="button" class="quiet" disabled=${!done.length} onClick=${() => window.print()}>${w.print}</button>`;
}
