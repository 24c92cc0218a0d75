// The frame of the page: what is at the top, which page is shown, keys, and what the server's state is.

import { look, lost } from "./lib/api.js";
import { html, render, useEffect, useRef, useState } from "./lib/h.js";
import { address, follow, go, usePlace } from "./lib/router.js";
import { dress, store, update, useStore, words } from "./lib/store.js";
import { Dialog } from "./parts/bits.js";
import { Collections } from "./parts/collections.js";
import { DropAnywhere } from "./parts/queue.js";
import { Ask } from "./pages/ask.js";
import { Check } from "./pages/check.js";
import { Docs } from "./pages/docs.js";
import { Documents } from "./pages/documents.js";
import { Figures } from "./pages/figures.js";
import { Lookup } from "./pages/lookup.js";
import { Reader } from "./pages/reader.js";
import { Search } from "./pages/search.js";

const PAGES = {
  ask: Ask,
  search: Search,
  lookup: Lookup,
  check: Check,
  documents: Documents,
  figures: Figures,
  docs: Docs,
};
const IN_ORDER = /** @type {const} */ (["ask", "search", "lookup", "check", "documents", "figures"]);
/** How often the server is looked at while the page is seen, in ms. */
const HEARTBEAT = 20_000;

function App() {
  const place = usePlace();
  const shared = useStore();
  const w = words();
  const [help, setHelp] = useState(false);
  const shownPage = useRef("");

  useEffect(() => {
    const onKey = (/** @type {KeyboardEvent} */ event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (target.closest("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open]"))
        return;
      if (event.key === "/") {
        event.preventDefault();
        const field = document.querySelector("[data-ask]");
        if (field) /** @type {HTMLElement} */ (field).focus();
        else go(address("/"));
        requestAnimationFrame(() => /** @type {HTMLElement | null} */ (document.querySelector("[data-ask]"))?.focus());
      } else if (event.key === "?") {
        event.preventDefault();
        setHelp(true);
      }
    };
    window.addEventListener("keydown", onKey);
    document.addEventListener("click", follow);
    return () => {
      window.removeEventListener("keydown", onKey);
      document.removeEventListener("click", follow);
    };
  }, []);

  // A page that is gone to begins at its top, and a screen reader at its heading.
  const key = `${place.collection} ${place.page} ${place.id ?? ""}`;
  useEffect(() => {
    if (place.page !== "ask")
      document.title = `${place.id ? w.nav.documents : w.nav[/** @type {keyof typeof PAGES} */ (place.page)]} · ${w.name}`;
    if (shownPage.current && shownPage.current !== key) window.scrollTo(0, 0);
    shownPage.current = key;
  }, [key, shared.language]);

  const Page = place.page === "documents" && place.id ? Reader : PAGES[/** @type {keyof typeof PAGES} */ (place.page)];
  return html`<a class="skip" href="#main">${w.skip}</a>
    <header class="top">
      <a class="brand" href=${address("/")}> <span class="seal"></span><span class="brand-name">${w.name}</span> </a>
      <nav aria-label=${w.nav.title}>
        <ul>
          ${IN_ORDER.map(
            (page) =>
              html`<li>
                <a
                  href=${address(page === "ask" ? "/" : `/${page}`)}
                  aria-current=${place.page === page ? "page" : undefined}
                  >${w.nav[page]}</a
                >
              </li>`,
          )}
        </ul>
      </nav>
      <div class="top-tools">
        <${Collections} place=${place} />
        ${shared.key && html`<button type="button" class="quiet" onClick=${() => update({ key: "", keyAsked: "" })}>${w.key.forget}</button>`}
        <button
          type="button"
          class="quiet"
          lang=${shared.language === "zh" ? "en" : "zh-CN"}
          onClick=${() => update({ language: shared.language === "zh" ? "en" : "zh" })}
        >
          ${shared.language === "zh" ? "English" : "中文"}
        </button>
        <button type="button" class="quiet" onClick=${turnTheme} title=${w.theme.title}>
          ${w.theme[/** @type {"auto"} */ (shared.theme)]}
        </button>
        <button
          type="button"
          class="quiet"
          onClick=${() => setHelp(true)}
          aria-label=${w.help.title}
          title=${w.help.title}
        >
          ?
        </button>
      </div>
    </header>
    <${State} />
    <${Page} key=${key} place=${place} />
    <footer class="foot">
      <p>${w.foot} <a href="/docs">${w.nav.docs}</a></p>
    </footer>
    ${help && html`<${Help} onClose=${() => setHelp(false)} />`} ${shared.keyAsked && html`<${AskForKey} />`}
    <${DropAnywhere} />
    <p class="notice" role="status" aria-live="polite">${shared.notice}</p>`;
}

function turnTheme() {
  const order = ["auto", "light", "dark"];
  update({ theme: order[(order.indexOf(store.theme) + 1) % order.length] });
}

/** What is to be said of the server: gone, loading, or that requests wait. */
function State() {
  const shared = useStore();
  const w = words();
  const [now, setNow] = useState(Date.now());
  const waiting = shared.waitUntil > now;
  useEffect(() => {
    if (!shared.waitUntil) return;
    const timer = setInterval(() => setNow(Date.now()), 500);
    setNow(Date.now());
    return () => clearInterval(timer);
  }, [shared.waitUntil]);
  const said = waiting
    ? w.state.waiting(Math.ceil((shared.waitUntil - now) / 1000))
    : shared.server === "ok"
      ? ""
      : w.state[shared.server];
  return html`<p class="state" role="status" hidden=${!said}>${said}</p>`;
}

/** Asks for an access key, and keeps it in the session. */
function AskForKey() {
  const shared = useStore();
  const w = words();
  const [key, setKey] = useState("");
  return html`<${Dialog}
    title=${w.key.title}
    yes=${w.key.use}
    ready=${key.trim().length > 0}
    onYes=${() => update({ key: key.trim(), keyAsked: "" })}
    onNo=${() => update({ keyAsked: "" })}
  >
    <p>${shared.keyAsked === "wrong" ? w.key.wrong : w.key.needed}</p>
    <div class="field">
      <label for="key">${w.key.label}</label>
      <input id="key" type="password" autocomplete="off" value=${key} onInput=${(/** @type {any} */ event) => setKey(event.target.value)} />
    </div>
    <p class="note">${w.key.kept}</p>
  </${Dialog}>`;
}

/** @param {{onClose: () => void}} props */
function Help({ onClose }) {
  const w = words();
  return html`<${Dialog} title=${w.help.title} yes=${w.close} onYes=${onClose} onNo=${onClose}>
    <dl class="keys">
      ${w.help.keys.map(
        ([key, meaning]) =>
          html`<dt><kbd>${key}</kbd></dt>
            <dd>${meaning}</dd>`,
      )}
    </dl>
    <p class="note">${w.help.more}</p>
  </${Dialog}>`;
}

dress();
const root = /** @type {HTMLElement} */ (document.getElementById("root"));
root.textContent = "";
render(html`<${App} />`, root);
/** Looks at the server, and goes on looking until it is there. */
async function watch() {
  await look();
  if (store.server !== "ok") lost(store.server === "loading" ? "loading" : "offline");
}
watch();
setInterval(() => document.visibilityState === "visible" && store.server === "ok" && watch(), HEARTBEAT);
window.addEventListener("offline", watch);
