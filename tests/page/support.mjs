// A server of its own for each file of tests, and a browser that must not leave it.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
export const root = resolve(here, "../..");
const artefacts = join(here, "artefacts");
const program = process.env.YIJU ?? join(root, "target/debug/yiju");
const browserProgram = process.env.CHROMIUM ?? "/usr/bin/chromium";
/** What axe-core runs in the page. */
const axeSource = readFileSync(join(here, "node_modules/axe-core/axe.min.js"), "utf8");

/** The question of most tests, and its document: the seed. */
export const QUESTION = "超大特大城市应该怎样发展？";
/** A question that the seed does not answer. */
export const UNANSWERED = "城市更新项目的容积率上限是多少？";
export const SEED = join(root, "seeds");
export const SCAN = join(root, "tests/data/scan.pdf");

/**
 * A place with a library, and a server over it.
 * @typedef {object} Place
 * @property {string} url
 * @property {string} directory
 * @property {(...args: string[]) => string} yiju runs the program on this library
 * @property {() => Promise<void>} start
 * @property {() => Promise<void>} stop
 * @property {() => Promise<void>} end stops, and removes the place
 */

/** @param {string[]} documents what is added before the server starts @param {string[]} flags of `yiju serve` @returns {Promise<Place>} */
export async function serve(documents = [], flags = []) {
  const directory = mkdtempSync(join(tmpdir(), "yiju-page-"));
  const env = {
    ...process.env,
    YIJU_LIBRARY: join(directory, "library"),
    YIJU_SERVER_DATA: join(directory, "server"),
    XDG_CONFIG_HOME: join(directory, "config"),
    XDG_DATA_HOME: join(directory, "data"),
  };
  const yiju = (/** @type {string[]} */ ...args) => execFileSync(program, args, { cwd: root, env, encoding: "utf8" });
  if (documents.length) yiju("--quiet", "add", ...documents);
  /** @type {import("node:child_process").ChildProcess | undefined} */
  let server;
  let listen = "127.0.0.1:0";
  /** @type {Place} */
  const place = {
    url: "",
    directory,
    yiju,
    async start() {
      const child = spawn(program, ["serve", "--listen", listen, ...flags], {
        cwd: root,
        env,
        stdio: ["ignore", "ignore", "pipe"],
      });
      server = child;
      place.url = await new Promise((done, failed) => {
        let said = "";
        child.stderr.on("data", (part) => {
          said += part;
          const url = /listening on (http:[^,\s]+)/.exec(said)?.[1];
          if (url && /^ready/m.test(said)) done(url);
        });
        child.on("exit", () => failed(new Error(`the server ended: ${said}`)));
      });
      // A server that starts again stands where it stood.
      listen = new URL(place.url).host;
    },
    async stop() {
      const child = server;
      if (!child || child.exitCode !== null) return;
      const ended = new Promise((done) => child.on("exit", done));
      child.kill("SIGTERM");
      await ended;
    },
    async end() {
      await place.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  await place.start();
  return place;
}

/** @type {import("playwright-core").Browser | undefined} */
let browser;

/** The browser of this process. */
export async function launched() {
  browser ??= await chromium.launch({ executablePath: browserProgram, args: ["--no-sandbox"] });
  return browser;
}

export async function closeBrowser() {
  await browser?.close();
  browser = undefined;
}

/**
 * A page in a context of its own. What it must never do fails the test at its end: leave the server, run into its own
 * policy, throw.
 * @param {Place} place
 * @param {import("playwright-core").BrowserContextOptions} options
 */
export async function open(place, options = {}) {
  const context = await (
    await launched()
  ).newContext({
    locale: "zh-CN",
    viewport: { width: 1440, height: 900 },
    permissions: ["clipboard-read", "clipboard-write"],
    baseURL: place.url,
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  /** @type {string[]} */
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(`threw: ${error.stack ?? error.message}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (!["blob:", "data:"].includes(url.protocol) && url.origin !== place.url) wrong.push(`left the server: ${url}`);
  });
  page.on("console", (message) => {
    if (/Content Security Policy|TrustedHTML/i.test(message.text())) wrong.push(message.text());
  });
  return {
    page,
    async close() {
      await context.close();
      assert.deepEqual(wrong, []);
    },
  };
}

/** Keeps a picture of a state among the artefacts, and holds that axe finds nothing. @param {import("playwright-core").Page} page @param {string} name */
export async function state(page, name) {
  mkdirSync(artefacts, { recursive: true });
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: join(artefacts, `${name}.png`) });
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => /** @type {any} */ (window).axe.run());
  const found = violations.map((/** @type {any} */ one) => ({
    rule: one.id,
    help: one.help,
    where: one.nodes.slice(0, 3).map((/** @type {any} */ node) => `${node.target} ${node.failureSummary}`),
  }));
  assert.deepEqual(found, [], name);
}

/** Asks in the field that is there. @param {import("playwright-core").Page} page @param {string} question */
export async function ask(page, question) {
  await page.fill("#question", question);
  await page.press("#question", "Enter");
  await page.waitForSelector(`.turn[aria-busy="false"] .question:text-is("${question}")`);
}

/** Whether an element is in its scroller's view. @param {import("playwright-core").Locator} locator */
export async function inView(locator) {
  return locator.evaluate((node) => {
    const box = node.getBoundingClientRect();
    const outer = (node.closest(".paper") ?? document.documentElement).getBoundingClientRect();
    return box.height > 0 && box.top >= outer.top - 1 && box.bottom <= Math.min(outer.bottom, window.innerHeight) + 1;
  });
}

/** What a click downloads. @param {import("playwright-core").Page} page @param {() => Promise<void>} click @param {string} directory */
export async function download(page, click, directory) {
  const [file] = await Promise.all([page.waitForEvent("download"), click()]);
  const path = join(directory, file.suggestedFilename());
  await file.saveAs(path);
  return path;
}

/** What the clipboard holds. @param {import("playwright-core").Page} page */
export function clipboard(page) {
  return page.evaluate(() => navigator.clipboard.readText());
}

/** Writes a file in a place. @param {Place} place @param {string} name @param {string | Uint8Array} content */
export function file(place, name, content) {
  const path = join(place.directory, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}
