// Figures: what the server holds and how fast it answers, drawn from its own metrics; and measurements on request.

import { send } from "../lib/api.js";
import { html, useEffect, useState } from "../lib/h.js";
import { histograms, quantile, samples } from "../lib/metrics.js";
import { words } from "../lib/store.js";
import { Failure, Waiting, useLoaded } from "../parts/bits.js";
import { size } from "../parts/collection-list.js";
import { Plot } from "../parts/plot.js";
import { Quality } from "../parts/quality.js";
import { Speed } from "../parts/speed.js";

/** How often the figures are read anew, in ms. */
const EVERY = 5000;

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
    <${Speed} />
    <${Quality} />
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
      rows=${steps.map((one) => row(one, w.figures.stepNames[one.of] ?? one.of))}
    />
    <${Plot}
      id="routes"
      title=${w.figures.routes}
      note=${w.figures.routesNote}
      rows=${routes.map((one) => row(one, one.of))}
    />`;
}

/** A histogram as a row of a plot. @param {import("../lib/metrics.js").Histogram} of @param {string} name */
function row(of, name) {
  return { name, count: of.count, middle: quantile(of, 0.5), late: quantile(of, 0.99) };
}
