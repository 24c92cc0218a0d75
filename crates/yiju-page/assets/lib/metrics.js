// The server's metrics (OpenMetrics text) as numbers.

/** @typedef {{name: string, labels: Record<string, string>, value: number}} Sample */

/** @param {string} text @returns {Sample[]} */
export function samples(text) {
  const found = [];
  for (const line of text.split("\n")) {
    const match = /^([a-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/.exec(line);
    if (!match || line.startsWith("#")) continue;
    /** @type {Record<string, string>} */
    const labels = {};
    for (const [, key, value] of (match[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) labels[key] = value;
    found.push({ name: match[1], labels, value: Number(match[3]) });
  }
  return found;
}

/**
 * @typedef {object} Histogram
 * @property {string} of
 * @property {number} count
 * @property {number} mean seconds
 * @property {[number, number][]} buckets upper bound in seconds, and how many are at most it
 */

/** The histograms of one name by one label. @param {Sample[]} all @param {string} name @param {string} label @returns {Histogram[]} */
export function histograms(all, name, label) {
  /** @type {Map<string, {count: number, sum: number, buckets: [number, number][]}>} */
  const found = new Map();
  for (const { name: full, labels, value } of all) {
    if (!full.startsWith(name)) continue;
    const of = labels[label] ?? "";
    const one = found.get(of) ?? { count: 0, sum: 0, buckets: [] };
    if (full === `${name}_count`) one.count = value;
    else if (full === `${name}_sum`) one.sum = value;
    else if (full === `${name}_bucket`) one.buckets.push([labels.le === "+Inf" ? Infinity : Number(labels.le), value]);
    found.set(of, one);
  }
  return [...found].map(([of, one]) => ({
    of,
    count: one.count,
    mean: one.count ? one.sum / one.count : 0,
    buckets: one.buckets.sort((a, b) => a[0] - b[0]),
  }));
}

/** A quantile, interpolated in its bucket; the largest bound where it lies beyond. @param {Histogram} histogram @param {number} share */
export function quantile(histogram, share) {
  const wanted = histogram.count * share;
  let [low, before] = [0, 0];
  for (const [bound, count] of histogram.buckets) {
    if (count >= wanted) {
      if (bound === Infinity) return low;
      return count === before ? bound : low + ((bound - low) * (wanted - before)) / (count - before);
    }
    [low, before] = [bound, count];
  }
  return low;
}

/** Seconds as people read them. @param {number} seconds */
export function duration(seconds) {
  if (seconds < 0.001) return `${Math.round(seconds * 1e6)} µs`;
  const short = (/** @type {number} */ value) => String(Number(value.toFixed(value < 10 ? 1 : 0)));
  return seconds < 1 ? `${short(seconds * 1e3)} ms` : `${short(seconds)} s`;
}
