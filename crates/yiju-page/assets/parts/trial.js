// A trial on the server's own library: headings are asked as questions, and each should lead back to its clause.

import { at, json, once } from "../lib/api.js";
import { html, useEffect, useRef, useState } from "../lib/h.js";
import { duration } from "../lib/metrics.js";
import { words } from "../lib/store.js";
import { Failure, Waiting } from "./bits.js";

/** How many questions at most, and from how many documents. */
const QUESTIONS = 20;
const DOCUMENTS = 10;
/** Bounds of the plot in ms. */
const [FROM, TO] = [1, 10_000];

/** @typedef {{question: string, clause: string, answered: boolean, right: boolean, server: number, whole: number}} Asked */

/** Headings as questions, evenly from all documents that are looked at. @returns {Promise<{question: string, clause: string}[]>} */
async function questions() {
  const { documents } = await json(at("/documents?limit=100"));
  const fit = documents.filter((/** @type {any} */ one) => one.clauses > 3 && one.clauses < 300).slice(0, DOCUMENTS);
  /** @type {{question: string, clause: string}[]} */
  const pool = [];
  for (const one of fit) {
    const { clauses } = await once(at(`/documents/${one.id}/clauses`));
    for (const clause of clauses) {
      if (clause.heading && Array.from(clause.heading).length >= 6)
        pool.push({ question: words().ask.about(clause.heading), clause: clause.id });
    }
  }
  const step = Math.max(1, pool.length / QUESTIONS);
  return Array.from({ length: Math.min(QUESTIONS, pool.length) }, (_, index) => pool[Math.floor(index * step)]);
}

/** @param {number[]} values @param {number} share */
function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Where a time stands in the plot, 0 to 100. */
function position(/** @type {number} */ ms) {
  return Math.min(100, Math.max(0, (100 * Math.log(ms / FROM)) / Math.log(TO / FROM)));
}

export function Trial() {
  const w = words();
  const [asked, setAsked] = useState(/** @type {Asked[]} */ ([]));
  const [state, setState] = useState(/** @type {{of?: number, running?: boolean, error?: any}} */ ({}));
  const running = useRef(/** @type {AbortController | null} */ (null));
  useEffect(() => () => running.current?.abort(), []);

  const run = async () => {
    const stop = new AbortController();
    running.current = stop;
    setAsked([]);
    setState({ running: true });
    try {
      const all = await questions();
      setState({ of: all.length, running: true });
      for (const one of all) {
        const began = performance.now();
        const answer = await json(at("/ask"), { json: { question: one.question }, signal: stop.signal });
        const whole = performance.now() - began;
        const right = answer.citations[0]?.clause_id === one.clause;
        setAsked((done) => [
          ...done,
          { ...one, answered: answer.answered, right, server: answer.timings_ms.total, whole },
        ]);
      }
      setState({ of: all.length });
    } catch (error) {
      if (!stop.signal.aborted) setState({ error });
    }
  };
  const count = (/** @type {(one: Asked) => boolean} */ fits) => asked.filter(fits).length;
  const server = asked.map((one) => one.server);
  const whole = asked.map((one) => one.whole);
  return html`<section aria-labelledby="trial-title" class="trial">
    <h2 id="trial-title">${w.trial.title}</h2>
    <p class="note">${w.trial.lead}</p>
    <p><button type="button" onClick=${run} disabled=${state.running}>${w.trial.go}</button></p>
    ${state.error && html`<${Failure} error=${state.error} />`}
    <div aria-live="polite">
      ${state.running && html`<${Waiting}>${w.trial.running(asked.length, state.of ?? 0)}</${Waiting}>`}
      ${state.of === 0 && !state.running && html`<p class="note">${w.trial.none}</p>`}
      ${
        !state.running &&
        asked.length > 0 &&
        html`<p>
          ${w.trial.sum(
            asked.length,
            count((one) => one.answered),
            count((one) => one.right),
          )}
        </p>`
      }
    </div>
    ${
      asked.length > 0 &&
      html`<table class="plot">
        <tbody>
          ${[
            [w.trial.server, server],
            [w.trial.whole, whole],
          ].map(
            ([name, values]) =>
              html`<tr>
                <th scope="row">${name}</th>
                <td class="number">p50 ${duration(quantile(/** @type {number[]} */ (values), 0.5) / 1000)}</td>
                <td class="number">p95 ${duration(quantile(/** @type {number[]} */ (values), 0.95) / 1000)}</td>
                <td class="strip">
                  <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                    ${[1, 10, 100, 1000, 10_000].map((tick) => html`<line x1=${position(tick)} x2=${position(tick)} y1="0" y2="8" />`)}
                    ${/** @type {number[]} */ (values).map((ms) => html`<rect class="middle" x=${position(ms)} width="0.35" y="1" height="6" />`)}
                  </svg>
                </td>
              </tr>`,
          )}
        </tbody>
      </table>`
    }
    ${
      asked.some((one) => !one.right) &&
      html`<details>
        <summary>${w.trial.others}</summary>
        <ul>
          ${asked.filter((one) => !one.right).map((one) => html`<li>${one.question} ${one.answered ? "" : w.trial.refused}</li>`)}
        </ul>
      </details>`
    }
  </section>`;
}
