// What all of the page shares: language, colours, key, collection, and what is known of the server.

import { useEffect, useState } from "./h.js";
import en from "../words/en.js";
import zh from "../words/zh.js";

/** @typedef {"ok" | "loading" | "offline" | "updated"} ServerState */

const WORDS = { zh, en };

/** Keeps a value for good, or for the session; without storage, for the life of the page. */
function kept(/** @type {Storage | null} */ storage, /** @type {string} */ name) {
  return {
    get: () => {
      try {
        return storage?.getItem(`yiju.${name}`) ?? "";
      } catch {
        return "";
      }
    },
    set: (/** @type {string} */ value) => {
      try {
        if (value) storage?.setItem(`yiju.${name}`, value);
        else storage?.removeItem(`yiju.${name}`);
      } catch {
        // A full or forbidden storage only means that it is not kept.
      }
    },
  };
}

/** @param {"localStorage" | "sessionStorage"} which */
function storage(which) {
  try {
    return window[which];
  } catch {
    return null;
  }
}

const local = storage("localStorage");
export const session = storage("sessionStorage");
const language = kept(local, "language");
const theme = kept(local, "theme");
// The key stays in this tab's session and is never written elsewhere.
const key = kept(session, "key");

function firstLanguage() {
  const asked = language.get();
  if (asked === "zh" || asked === "en") return asked;
  return navigator.languages.some((tag) => tag.toLowerCase().startsWith("zh")) ||
    !navigator.languages.some((tag) => tag.toLowerCase().startsWith("en"))
    ? "zh"
    : "en";
}

export const store = {
  language: /** @type {"zh" | "en"} */ (firstLanguage()),
  theme: theme.get() || "auto",
  key: key.get(),
  /** Whether the page asks for a key now, and why. @type {"" | "needed" | "wrong"} */
  keyAsked: /** @type {any} */ (""),
  server: /** @type {ServerState} */ ("ok"),
  /** Until when requests wait because the server asked for it, in ms since 1970. */
  waitUntil: 0,
  /** A short message for a moment. */
  notice: "",
};

/** @type {Set<() => void>} */
const listeners = new Set();

/** Changes what is shared, and draws anew what shows it. @param {Partial<typeof store>} change */
export function update(change) {
  Object.assign(store, change);
  if (change.language) language.set(store.language);
  if (change.theme !== undefined) theme.set(store.theme === "auto" ? "" : store.theme);
  if (change.key !== undefined) key.set(store.key);
  dress();
  for (const listener of listeners) listener();
}

/** Puts language and colours on the document. */
export function dress() {
  const root = document.documentElement;
  root.lang = store.language === "zh" ? "zh-CN" : "en";
  if (store.theme === "auto") root.removeAttribute("data-theme");
  else root.setAttribute("data-theme", store.theme);
}

/** The shared state; what uses it is drawn anew when it changes. */
export function useStore() {
  const [, turn] = useState(0);
  useEffect(() => {
    const listener = () => turn((count) => count + 1);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, []);
  return store;
}

/** The words of the chosen language. */
export function words() {
  return WORDS[store.language];
}

let clearing = 0;

/** Shows a message for a moment; screen readers say it. */
export function notify(/** @type {string} */ notice) {
  update({ notice });
  clearTimeout(clearing);
  clearing = window.setTimeout(() => update({ notice: "" }), 4000);
}
