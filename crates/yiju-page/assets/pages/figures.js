// Figures: what the server holds and how fast it answers, drawn from its own metrics.

import { send } from "../lib/api.js";
import { html, useEffect, useState } from "../lib/h.js";
import { duration, histograms, quantile, samples } from "../lib/metrics.js";
import { words } from "../lib/store.js";
import { Failure, Waiting, useLoaded } from "../parts/bits.js";
import { size } from "../parts/collection-list.js";
import { Trial } from "../parts/trial.js";

/** How often the figures are read anew, in ms. */
const EVERY = 5000;
/** Bounds of the plots in seconds: each route and step is drawn over the same decades. */
const [FROM, TO] = [1e-5, 10];

export function Figures() {
  const w = words();
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && setTurn((count) => count + 1), EVERY);
    return () => clearInterval(timer);
  }, []);
  const { value, error } = useLoaded(async () => samples(await (await send("/metrics")).text()), [turn]);
  return html`<main id="main" class="wide">
    <h1>${w.figures.title}</h1>
    <p class="lead">${w.figures.lead}</p>
    ${error && html`<${Failure} error=${error} />`} ${!value && !error && html`<div class="room"><${Waiting} /></div>`}
    ${value && html`<${All} all=${value} />`}
    <${Trial} />
  </main>`;
}

/** @param {{all: import("../lib/metrics.js").Sample[]}} props */
function All({ all }) {
  const w = words();
  const sum = (/** @type {string} */ name) =>
    all.filter((one) => one.name === name).reduce((total, one) => total + one.value, 0);
  const tiles = [
    [w.figures.documents, sum("yiju_documents").toLocaleString()],
    [w.figures.passages, sum("yiju_passages").toLocaleString()],
    [w.figures.disk, size(sum("yiju_database_bytes") + sum("yiju_index_bytes"))],
    [w.figures.memory, size(sum("yiju_resident_memory_bytes"))],
    [w.figures.queue, String(sum("yiju_queue_depth"))],
    [w.figures.running, String(sum("yiju_running"))],
  ];
  const routes = histograms(all, "yiju_request_duration_seconds", "route")
    .filter((one) => one.count && one.of.startsWith("/v1"))
    .sort((a, b) => b.count - a.count);
  const order = Object.keys(w.figures.stepNames);
  const steps = histograms(all, "yiju_step_duration_seconds", "step")
    .filter((one) => one.count)
    .sort((a, b) => order.indexOf(a.of) - order.indexOf(b.of));
  const [answered, refused] = [sum("yiju_answers_total"), sum("yiju_refusals_total")];
  return html`<ul class="tiles">
      ${tiles.map(([name, value]) => html`<li><span>${name}</span><strong>${value}</strong></li>`)}
    </ul>
    <section aria-labelledby="answers-title">
      <h2 id="answers-title">${w.figures.answers}</h2>
      ${
        answered + refused
          ? html`<p class="note">${w.figures.answered(answered, refused)}</p>
              <svg
                class="share"
                viewBox="0 0 100 4"
                preserveAspectRatio="none"
                role="img"
                aria-label=${w.figures.answered(answered, refused)}
              >
                <rect class="rest" width="100" height="4" />
                <rect class="part" width=${(100 * answered) / (answered + refused)} height="4" />
              </svg>`
          : html`<p class="note">${w.figures.noAnswers}</p>`
      }
    </section>
    <${Plot}
      id="steps"
      title=${w.figures.steps}
      note=${w.figures.stepsNote}
      rows=${steps}
      name=${(/** @type {string} */ step) => w.figures.stepNames[step] ?? step}
    />
    <${Plot}
      id="routes"
      title=${w.figures.routes}
      note=${w.figures.routesNote}
      rows=${routes}
      name=${(/** @type {string} */ route) => route}
    />`;
}

/** Where a time stands in a plot, 0 to 100. */
function position(/** @type {number} */ seconds) {
  const share = (Math.log(Math.max(seconds, FROM)) - Math.log(FROM)) / (Math.log(TO) - Math.log(FROM));
  return Math.min(100, 100 * share);
}

/** Times as bars from the median to the 99th of a hundred, on a logarithmic scale. @param {any} props */
function Plot({ id, title, note, rows, name }) {
  const w = words();
  if (!rows.length)
    return html`<section aria-labelledby=${id}>
      <h2 id=${id}>${title}</h2>
      <p class="note">${w.figures.nothingYet}</p>
    </section>`;
  const ticks = [1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10];
  return html`<section aria-labelledby=${id}>
    <h2 id=${id}>${title}</h2>
    <p class="note">${note}</p>
    <div class="scroll" tabindex="0" role="region" aria-label=${`${title}${w.colon}${w.figures.plot}`}>
      <table class="plot">
        <thead>
          <tr>
            <th scope="col">${w.figures.what}</th>
            <th scope="col" class="number">${w.figures.count}</th>
            <th scope="col" class="number">p50</th>
            <th scope="col" class="number">p99</th>
            <th scope="col" class="axis">
              <span class="out-of-sight">${w.figures.plot}</span>
              <span aria-hidden="true"
                >${ticks.map((tick) => html`<i style=${`inset-inline-start:${position(tick)}%`}>${duration(tick)}</i>`)}</span
              >
            </th>
          </tr>
        </thead>
        <tbody>
          ${rows.map((/** @type {import("../lib/metrics.js").Histogram} */ row) => {
            const [middle, late] = [quantile(row, 0.5), quantile(row, 0.99)];
            return html`<tr key=${row.of}>
              <th scope="row">${name(row.of)}</th>
              <td class="number">${row.count.toLocaleString()}</td>
              <td class="number">${duration(middle)}</td>
              <td class="number">${duration(late)}</td>
              <td>
                <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                  ${ticks.map((tick) => html`<line x1=${position(tick)} x2=${position(tick)} y1="0" y2="8" />`)}
                  <rect
                    class="late"
                    x=${position(middle)}
                    width=${Math.max(0.6, position(late) - position(middle))}
                    y="3"
                    height="2"
                  />
                  <rect class="middle" x=${position(middle) - 0.5} width="1" y="1" height="6" />
                </svg>
              </td>
            </tr>`;
          })}
        </tbody>
      </table>
    </div>
  </section>`;
}
