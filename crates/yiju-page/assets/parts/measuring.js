// A measurement that the server makes: started, followed, stopped.

import { at, stream } from "../lib/api.js";
import { html, useEffect, useRef, useState } from "../lib/h.js";
import { words } from "../lib/store.js";
import { Failure } from "./bits.js";

/**
 * @typedef {object} Measuring
 * @property {{done: number, total: number, left?: number} | null} running how far it is; `left` in seconds
 * @property {any} [found] what it found
 * @property {any} [error]
 * @property {(body: any) => void} start
 * @property {() => void} stop
 */

/** A measurement at a route of the collection that is open. @param {string} route @returns {Measuring} */
export function useMeasuring(route) {
  const [state, set] = useState(/** @type {{running: any, found?: any, error?: any}} */ ({ running: null }));
  const running = useRef(/** @type {AbortController | null} */ (null));
  useEffect(() => () => running.current?.abort(), []);
  const start = async (/** @type {any} */ body) => {
    const stop = new AbortController();
    running.current = stop;
    const began = performance.now();
    set({ running: { done: 0, total: 0 } });
    try {
      await stream(at(route), { json: body, signal: stop.signal }, (event, data) => {
        if (event !== "progress") return set({ running: null, found: data });
        const passed = (performance.now() - began) / 1000;
        const left = data.done > 0 ? (passed * (data.total - data.done)) / data.done : undefined;
        set({ running: { ...data, left } });
      });
    } catch (error) {
      set({ running: null, error: stop.signal.aborted ? undefined : error });
    }
  };
  return {
    ...state,
    start,
    stop: () => running.current?.abort(),
  };
}

/** How far a measurement is, with a button that stops it, and what went wrong. @param {{of: Measuring}} props */
export function Progress({ of }) {
  const w = words();
  const { running, error } = of;
  return html`<div aria-live="polite">
    ${
      running &&
      html`<p class="measuring">
        <progress
          max=${running.total || 1}
          value=${running.total ? running.done : undefined}
          aria-label=${w.measure.running}
        ></progress>
        <span>${running.left === undefined ? w.measure.running : w.measure.left(Math.ceil(running.left))}</span>
        <button type="button" class="quiet" onClick=${of.stop}>${w.measure.stop}</button>
      </p>`
    }
    ${error && html`<${Failure} error=${error} />`}
  </div>`;
}
