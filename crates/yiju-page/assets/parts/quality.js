// `yiju eval` from inside the server: how well this collection answers a set of questions.

import { ApiError, at, json, once } from "../lib/api.js";
import { html, useState } from "../lib/h.js";
import { words } from "../lib/store.js";
import { Failure, save } from "./bits.js";
import { Progress, useMeasuring } from "./measuring.js";

/** How many headings are asked at most, and from how many documents. */
const QUESTIONS = 20;
const DOCUMENTS = 10;

/** Headings as questions, evenly from all documents that are looked at; the answer is the clause that each is of. */
async function headings() {
  const { documents } = await json(at("/documents?limit=100"));
  const fit = documents.filter((/** @type {any} */ one) => one.clauses > 3 && one.clauses < 300).slice(0, DOCUMENTS);
  /** @type {{q: string, gold: string[][]}[]} */
  const pool = [];
  for (const one of fit) {
    const { clauses } = await once(at(`/documents/${one.id}/clauses`));
    for (const clause of clauses) {
      if (clause.heading && Array.from(clause.heading).length >= 6)
        pool.push({
          q: words().ask.about(clause.heading),
          gold: [[clause.id]],
        });
    }
  }
  const step = Math.max(1, pool.length / QUESTIONS);
  return Array.from({ length: Math.min(QUESTIONS, pool.length) }, (_, index) => pool[Math.floor(index * step)]);
}

/** The questions of a file: a JSON object a line. @param {File} file */
async function fromFile(file) {
  const lines = (await file.text()).split(/\r?\n/);
  return lines.flatMap((line, index) => {
    if (!line.trim()) return [];
    try {
      return [JSON.parse(line)];
    } catch (error) {
      throw new ApiError(
        "no_questions",
        `${file.name}:${index + 1}: ${error instanceof Error ? error.message : error}`,
      );
    }
  });
}

/** What is shown of the figures, in this order; where `less`, less is better. @type {{name: string, of: (figures: any) => any, less?: boolean}[]} */
const FIGURES = [
  { name: "recall1", of: (figures) => figures.recall["1"] },
  { name: "recall10", of: (figures) => figures.recall["10"] },
  { name: "first", of: (figures) => figures.first_citation },
  { name: "quotes", of: (figures) => figures.quotes_right },
  { name: "holds", of: (figures) => figures.contains_answer },
  { name: "lists", of: (figures) => figures.list_complete },
  { name: "fixed", of: (figures) => figures.fixed_met },
  { name: "echoes", of: (figures) => figures.echoes, less: true },
  { name: "refused", of: (figures) => figures.refused_answerable, less: true },
  {
    name: "invented",
    of: (figures) => figures.answered_unanswerable,
    less: true,
  },
  {
    name: "without",
    of: (figures) => figures.answered_without_gold,
    less: true,
  },
];

export function Quality() {
  const w = words();
  const measuring = useMeasuring("/eval");
  const [error, setError] = useState(/** @type {any} */ (null));
  const [empty, setEmpty] = useState(false);
  const found = measuring.found;
  const run = async (/** @type {() => Promise<any[]>} */ questions, /** @type {string} */ name) => {
    setError(null);
    setEmpty(false);
    try {
      const asked = await questions();
      if (asked.length) measuring.start({ name, questions: asked });
      else setEmpty(true);
    } catch (failed) {
      setError(failed);
    }
  };
  return html`<section aria-labelledby="quality-title" class="quality">
    <h2 id="quality-title">${w.measure.quality}</h2>
    <p class="note">${w.measure.qualityLead}</p>
    <p class="measuring">
      <button type="button" onClick=${() => run(headings, w.measure.headings)} disabled=${measuring.running}>
        ${w.measure.headingsGo}
      </button>
      <label class="button">
        ${w.measure.file}
        <input
          type="file"
          class="out-of-sight"
          accept=".jsonl,.ndjson,.json"
          disabled=${measuring.running}
          onChange=${(/** @type {any} */ event) => {
            const [file] = event.target.files;
            event.target.value = "";
            if (file) run(() => fromFile(file), file.name.replace(/\.\w+$/, ""));
          }}
        />
      </label>
      ${
        found &&
        html` <button
          type="button"
          class="quiet"
          onClick=${() => save("yiju-eval.json", new Blob([JSON.stringify(found, null, 2)], { type: "application/json" }))}
        >
          ${w.measure.save}
        </button>`
      }
    </p>
    <details>
      <summary>${w.measure.shape}</summary>
      <p class="note">${w.measure.shapeNote}</p>
      <pre>{"q": "……", "evidence": ["……"], "answer": "……"}</pre>
    </details>
    ${error && html`<${Failure} error=${error} />`} ${empty && html`<p class="note">${w.measure.none}</p>`}
    <${Progress} of=${measuring} />
    ${found && html`<${Found} report=${found} />`}
  </section>`;
}

/** What went wrong with a question; nothing where all is right. @param {any} one @returns {string | undefined} */
function fault(one) {
  if (!one.answered) return one.answerable ? "refused" : undefined;
  if (!one.answerable) return "invented";
  if (one.echo) return "echo";
  return one.first_right ? undefined : "other";
}

/** @param {{report: any}} props */
function Found({ report }) {
  const w = words();
  const failures = report.each
    .map((/** @type {any} */ one) => ({
      question: one.question,
      fault: fault(one),
    }))
    .filter((/** @type {any} */ one) => one.fault);
  const figures = report.figures.all;
  const rows = FIGURES.map((figure) => ({
    ...figure,
    value: figure.of(figures),
  })).filter(({ value }) => value?.count);
  const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(0)} %`;
  return html`<p role="status">${w.measure.qualityFound(report.questions, failures.length)}</p>
    <div class="scroll" tabindex="0" role="region" aria-label=${`${w.measure.quality}${w.colon}${w.figures.plot}`}>
      <table class="plot">
        <thead>
          <tr>
            <th scope="col">${w.figures.what}</th>
            <th scope="col" class="number">${w.figures.count}</th>
            <th scope="col" class="number">${w.measure.share}</th>
            <th scope="col">${w.measure.interval}</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ name, value, less }) =>
              html`<tr key=${name}>
                <th scope="row">
                  ${w.measure.names[name]}${less ? html` <span class="note">${w.measure.less}</span>` : ""}
                </th>
                <td class="number">${value.count.toLocaleString()}</td>
                <td class="number">${percent(value.mean)}</td>
                <td>
                  <svg
                    viewBox="0 0 100 8"
                    preserveAspectRatio="none"
                    role="img"
                    aria-label=${w.measure.between(percent(value.low), percent(value.high))}
                  >
                    ${[0, 25, 50, 75, 100].map((tick) => html`<line x1=${tick} x2=${tick} y1="0" y2="8" />`)}
                    <rect
                      class="late"
                      x=${100 * value.low}
                      width=${Math.max(0.6, 100 * (value.high - value.low))}
                      y="3"
                      height="2"
                    />
                    <rect class="middle" x=${Math.min(99, 100 * value.mean)} width="1" y="1" height="6" />
                  </svg>
                </td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${
      failures.length > 0 &&
      html`<details>
        <summary>${w.measure.wrong(failures.length)}</summary>
        <ul>
          ${failures.map((/** @type {any} */ one) => html`<li>${one.question} <span class="note">${w.measure.faults[one.fault]}</span></li>`)}
        </ul>
      </details>`
    }`;
}
