// Look-up by title or 文号 and number: what is typed is offered as documents, then as their clauses.

import { at, json, once } from "../lib/api.js";
import { clausePlace, titled } from "../lib/cite.js";
import { html, useEffect, useState } from "../lib/h.js";
import { address, go } from "../lib/router.js";
import { words } from "../lib/store.js";
import { short } from "../lib/text.js";
import { Failure, useLoaded } from "../parts/bits.js";
import { Source, ofCitation, ofHit } from "../parts/source.js";
import { Combobox, useDocuments } from "../parts/suggest.js";

/** Where a number begins in what is typed: 第…, （二）, Article 3. */
const NUMBER =
  /\s*(第\s*[\d〇零一二三四五六七八九十百千（(]|[（(][一二三四五六七八九十\d]{1,3}[）)]|\b(?:article|section|sec\.?)\s*\d)/iu;

/** @param {string} text @returns {{title: string, number: string}} */
export function taken(text) {
  // A year in brackets belongs to a 文号: 国发〔2025〕3号.
  const found = NUMBER.exec(text);
  return found
    ? {
        title: text.slice(0, found.index).trim(),
        number: text.slice(found.index).trim(),
      }
    : { title: text.trim(), number: "" };
}

const bare = (/** @type {string} */ text) => text.replace(/[《》\s]/g, "");

/** @param {{place: import("../lib/router.js").Place}} props */
export function Lookup({ place }) {
  const w = words();
  const [text, setText] = useState(place.query.get("q") ?? "");
  const [chosen, setChosen] = useState(/** @type {any} */ (null));
  const [shown, setShown] = useState(/** @type {any} */ (null));
  const [answer, setAnswer] = useState(/** @type {{value?: any, error?: any}} */ ({}));
  const { title, number } = taken(text);
  const documents = useDocuments(chosen && bare(title) === bare(titled(chosen.title)) ? "" : bare(title));
  const inside = chosen && bare(title) === bare(chosen.title);
  const { value: clauses } = useLoaded(
    async () => (inside ? (await once(at(`/documents/${chosen.id}/clauses`))).clauses : []),
    [inside ? chosen.id : ""],
  );
  const wanted = bare(number).replace("(", "（").replace(")", "）");
  const fits = (clauses ?? []).filter(
    (/** @type {any} */ one) =>
      one.label && !one.continues && (!wanted || one.label.includes(wanted) || clausePlace(one).includes(wanted)),
  );

  const look = async (/** @type {string} */ question) => {
    if (!question.trim()) return;
    go(address(`/lookup?q=${encodeURIComponent(question.trim())}`), {
      replace: true,
    });
    try {
      const value = await json(at("/ask"), {
        json: { question: question.trim(), limit: 20 },
      });
      setAnswer({ value });
      if (value.citations.length) setShown(ofCitation(value.citations[0]));
    } catch (error) {
      setAnswer({ error });
    }
  };
  useEffect(() => {
    if (place.query.get("q")) look(place.query.get("q") ?? "");
  }, []);

  const options = inside
    ? fits.slice(0, 12).map((/** @type {any} */ one) => ({
        key: one.id,
        text: clausePlace(one),
        more: short(one.heading ?? one.paragraph, 40),
        clause: one,
      }))
    : documents.map((one) => ({
        key: one.id,
        text: one.title,
        more: [one.number, one.issuer, one.date].filter(Boolean).join(" · "),
        document: one,
      }));
  const pick = (/** @type {number} */ index) => {
    const option = options[index];
    if (option.document) {
      setChosen(option.document);
      setText(`${titled(option.document.title)}${number}`);
      setShown({ document: option.document.id });
      setAnswer({});
    } else {
      setText(`${titled(chosen.title)}${option.text}`);
      setShown(ofHit(option.clause));
      setAnswer({});
    }
  };
  const { value } = answer;
  return html`<main id="main" class=${`split${shown ? " with-source" : ""}`}>
    <section class="talk">
      <h1>${w.lookup.title}</h1>
      <p class="lead">${w.lookup.lead}</p>
      <${Combobox}
        id="lookup"
        class="field"
        label=${w.lookup.label}
        value=${text}
        placeholder=${w.lookup.placeholder}
        options=${options}
        onInput=${setText}
        onPick=${pick}
        onSubmit=${() => look(text)}
      />
      <p>
        <button type="button" class="primary" onClick=${() => look(text)}>${w.lookup.go}</button>
      </p>
      <div aria-live="polite">
        ${answer.error && html`<${Failure} error=${answer.error} />`}
        ${
          value &&
          !value.answered &&
          html`<p class="refusal-said">${w.lookup.nothing}</p>
            <p class="note">${value.refusal?.message}</p>`
        }
      </div>
      ${
        value &&
        html`<ol class="hits">
          ${[...value.citations, ...value.nearest].map(
            (/** @type {any} */ one) =>
              html`<li class="hit" key=${one.clause_id}>
                <button
                  type="button"
                  class="hit-open"
                  onClick=${() => setShown(one.span ? ofCitation(one) : ofHit(one))}
                >
                  <span class="hit-title">${titled(one.document.title)} ${clausePlace(one)}</span>
                  <span class="hit-line">${[one.document.date, one.path.join(" › ")].filter(Boolean).join(" · ")}</span>
                  <span class="hit-text">${short(one.quote ?? one.paragraph, 300)}</span>
                </button>
              </li>`,
          )}
        </ol>`
      }
      ${
        inside &&
        !value &&
        html`<ol class="labels" aria-label=${w.lookup.clauses}>
          ${fits.slice(0, 400).map(
            (/** @type {any} */ one) =>
              html`<li key=${one.id}>
                <button
                  type="button"
                  aria-current=${shown?.clause === one.id ? "true" : undefined}
                  onClick=${() => setShown(ofHit(one))}
                >
                  ${clausePlace(one)}
                </button>
              </li>`,
          )}
        </ol>`
      }
    </section>
    ${shown ? html`<${Source} shown=${shown} onClose=${() => setShown(null)} />` : html`<aside class="source empty"><p>${w.lookup.none}</p></aside>`}
  </main>`;
}
