// What every module draws with: preact's elements written as htm templates. Values only ever become text or attributes.

import htm from "../vendor/htm.js";
import { Fragment, h, render } from "../vendor/preact.js";
export { useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/hooks.js";
export { Fragment, render };

/**
 * A template as elements: html`<p class=${name}>${text}</p>`.
 * @type {(strings: TemplateStringsArray, ...values: any[]) => any}
 */
export const html = htm.bind(
  /** @this {any} */ function (/** @type {[any, any, ...any[]]} */ ...parts) {
    // No element is used twice: preact keeps its state in them.
    this[0] = 3;
    return h(...parts);
  },
);
