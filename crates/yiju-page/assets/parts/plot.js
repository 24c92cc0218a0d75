// Times as bars on a logarithmic scale.

import { html } from "../lib/h.js";
import { duration } from "../lib/metrics.js";
import { words } from "../lib/store.js";

/** Bounds of the plots in seconds: all are drawn over the same decades. */
const [FROM, TO] = [1e-5, 10];
const TICKS = [1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10];

/** Where a time stands in a plot, 0 to 100. */
function position(/** @type {number} */ seconds) {
  const share = (Math.log(Math.max(seconds, FROM)) - Math.log(FROM)) / (Math.log(TO) - Math.log(FROM));
  return Math.min(100, 100 * share);
}

/** @typedef {{name: string, count: number, middle: number, late: number}} Row middle and late in seconds */

/** Times as bars from the median to the 99th of a hundred. @param {{id: string, title: string, note: string, rows: Row[], level?: string}} props */
export function Plot({ id, title, note, rows, level = "h2" }) {
  const w = words();
  return html`<section aria-labelledby=${id}>
    <${level} id=${id}>${title}</${level}>
    <p class="note">${rows.length ? note : w.figures.nothingYet}</p>
    ${
      rows.length > 0 &&
      html`<div class="scroll" tabindex="0" role="region" aria-label=${`${title}${w.colon}${w.figures.plot}`}>
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
                  >${TICKS.map((tick) => html`<i style=${`inset-inline-start:${position(tick)}%`}>${duration(tick)}</i>`)}</span
                >
              </th>
            </tr>
          </thead>
          <tbody>
            ${rows.map(
              ({ name, count, middle, late }) =>
                html`<tr key=${name}>
                  <th scope="row">${name}</th>
                  <td class="number">${count.toLocaleString()}</td>
                  <td class="number">${duration(middle)}</td>
                  <td class="number">${duration(late)}</td>
                  <td>
                    <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                      ${TICKS.map((tick) => html`<line x1=${position(tick)} x2=${position(tick)} y1="0" y2="8" />`)}
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
                </tr>`,
            )}
          </tbody>
        </table>
      </div>`
    }
  </section>`;
}
