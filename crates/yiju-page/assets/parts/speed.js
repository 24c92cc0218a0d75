// `yiju bench` from inside the server: how fast this collection answers.

import { html } from "../lib/h.js";
import { duration } from "../lib/metrics.js";
import { words } from "../lib/store.js";
import { save } from "./bits.js";
import { Progress, useMeasuring } from "./measuring.js";
import { Plot } from "./plot.js";

/** Seconds for each measurement, and how many ask at once. */
const BODY = { seconds: 2, callers: [1, 2, 4] };

export function Speed() {
  const w = words();
  const measuring = useMeasuring("/bench");
  const report = measuring.found;
  return html`<section aria-labelledby="speed-title">
    <h2 id="speed-title">${w.measure.speed}</h2>
    <p class="note">${w.measure.speedLead}</p>
    <p class="measuring">
      <button type="button" onClick=${() => measuring.start(BODY)} disabled=${measuring.running}>
        ${w.measure.speedGo}
      </button>
      ${
        report &&
        html` <button
          type="button"
          class="quiet"
          onClick=${() => save("yiju-bench.json", new Blob([JSON.stringify(report, null, 2)], { type: "application/json" }))}
        >
          ${w.measure.save}
        </button>`
      }
    </p>
    <${Progress} of=${measuring} />
    ${report?.library && html`<${Found} library=${report.library} debug=${report.debug_build} />`}
  </section>`;
}

/** @param {{library: any, debug: boolean}} props */
function Found({ library, debug }) {
  const w = words();
  /** @param {string} name @param {any} of */
  const row = (name, of) => ({
    name,
    count: of.count,
    middle: of.p50 / 1000,
    late: (of.p99 ?? of.max) / 1000,
  });
  const loads = [
    ...library.closed.map((/** @type {any} */ one) => row(w.measure.callers(one.callers, one.per_second), one.total)),
    ...library.open.map((/** @type {any} */ one) => row(w.measure.rate(one.rate), one.total)),
  ];
  const steps = library.closed[0].steps
    .filter((/** @type {any} */ one) => one.latency.count)
    .map((/** @type {any} */ one) => row(w.figures.stepNames[one.step ?? "rest"] ?? one.step, one.latency));
  const missed = library.open.reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + one.unserved, 0);
  return html`<p role="status">
      ${w.measure.speedFound(library.questions, library.answered, duration(library.closed[0].total.p50 / 1000))}
    </p>
    ${debug && html`<p class="note">${w.measure.debug}</p>`}
    ${missed > 0 && html`<p class="note">${w.measure.missed(missed)}</p>`}
    <${Plot} id="loads" level="h3" title=${w.measure.loads} note=${w.measure.loadsNote} rows=${loads} />
    <${Plot} id="bench-steps" level="h3" title=${w.measure.steps} note=${w.figures.stepsNote} rows=${steps} />`;
}
