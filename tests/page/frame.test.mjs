// What holds on every page: keys, lost servers, the keyboard, sizes of screens, colours, languages, weight.

import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { QUESTION, SCAN, SEED, ask, closeBrowser, open, serve, state } from "./support.mjs";

/** @type {import("./support.mjs").Place} */
let place;

before(async () => {
  place = await serve([SEED, SCAN]);
});
after(async () => {
  await closeBrowser();
  await place.end();
});

const ADDRESSES = [
  "/",
  `/ask?q=${encodeURIComponent(QUESTION)}`,
  "/search?q=%E5%9F%8E%E5%B8%82",
  "/lookup",
  "/check",
  "/documents",
  "/figures",
  "/docs",
];

test("all of it can be done with the keyboard", async () => {
  const { page, close } = await open(place);
  await page.goto("/");
  await page.waitForSelector("#question");
  await page.keyboard.press("/");
  await page.keyboard.type(QUESTION);
  await page.keyboard.press("Enter");
  await page.waitForSelector(".turn[aria-busy=false]");
  // Out of the field, and on to the citation.
  await page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement)?.blur());
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.evaluate(() => document.activeElement?.className), "marker");
  await page.waitForSelector(".source mark.quote");
  await page.keyboard.press("?");
  await page.waitForSelector("dialog[open]");
  await state(page, "help");
  await page.keyboard.press("Escape");
  await page.waitForSelector("dialog", { state: "detached" });
  // The focus is always seen, and reaches everything: through the page by Tab, back at its beginning.
  const seen = new Set();
  for (let step = 0; step < 80; step++) {
    await page.keyboard.press("Tab");
    const now = await page.evaluate(() => {
      const node = /** @type {HTMLElement} */ (document.activeElement);
      const style = getComputedStyle(node);
      const framed = node.closest(".composer, label") ?? node;
      return {
        name: `${node.tagName}.${node.className}#${node.id}`,
        outlined: style.outlineStyle !== "none" || framed !== node,
      };
    });
    if (!now.name.startsWith("BODY")) assert.ok(now.outlined, `${now.name} has no visible focus`);
    seen.add(now.name);
  }
  for (const part of ["TEXTAREA.#question", "BUTTON.citation-open#", "A.skip#"])
    assert.ok(seen.has(part), `${part} in ${[...seen]}`);
  await close();
});

test("no page is wider than its screen, from 390 to 2560 pixels", async () => {
  const { page, close } = await open(place);
  for (const width of [390, 768, 1024, 1440, 2560]) {
    await page.setViewportSize({ width, height: 900 });
    for (const address of ADDRESSES) {
      await page.goto(address);
      await page.waitForSelector("main h1");
      await page.waitForTimeout(150);
      const [content, screen] = await page.evaluate(() => [
        document.documentElement.scrollWidth,
        document.documentElement.clientWidth,
      ]);
      assert.ok(content <= screen, `${address} at ${width}: ${content}`);
    }
  }
  await close();
});

test("on a phone the source opens over the answer and goes again", async () => {
  const { page, close } = await open(place, {
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
    deviceScaleFactor: 2,
  });
  await page.goto("/");
  await ask(page, QUESTION);
  assert.ok(await page.locator(".answer").isVisible());
  await state(page, "phone-answered");
  await page.tap(".marker");
  await page.waitForSelector(".source mark.quote");
  await state(page, "phone-source");
  await page.tap(".source .close");
  assert.ok(await page.locator(".answer").isVisible());
  for (const address of ADDRESSES) {
    await page.goto(address);
    await page.waitForSelector("main h1");
    await page.waitForTimeout(200);
    await state(page, `phone-${address.split(/[/?]/)[1] || "first"}`);
  }
  await close();
});

test("in the dark and in English everything has contrast and words", async () => {
  const { page, close } = await open(place, { colorScheme: "dark", locale: "en-GB", reducedMotion: "reduce" });
  for (const address of ADDRESSES) {
    await page.goto(address);
    await page.waitForSelector("main h1");
    await page.waitForTimeout(200);
    assert.equal(await page.getAttribute("html", "lang"), "en");
    const text = await page.evaluate(
      () =>
        document.querySelector("header.top nav")?.textContent + (document.querySelector("main h1")?.textContent ?? ""),
    );
    assert.doesNotMatch(text ?? "", /\p{Script=Han}|undefined/u, address);
    await state(page, `dark-${address.split(/[/?]/)[1] || "first"}`);
  }
  await page.click('button:has-text("中文")');
  await page.waitForSelector('nav :text("提问")');
  await page.reload();
  await page.waitForSelector('nav :text("提问")');
  await page.click('button:has-text("随系统")');
  assert.equal(await page.getAttribute("html", "data-theme"), "light");
  await close();
});

test("all that a visitor fetches is under 200 kB, and is kept", async () => {
  const { page, close } = await open(place);
  let bytes = 0;
  /** @type {string[]} */
  const hosts = [];
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  session.on("Network.loadingFinished", (event) => (bytes += event.encodedDataLength));
  session.on("Network.requestWillBeSent", (event) => hosts.push(new URL(event.request.url).host));
  await page.goto("/");
  await page.waitForSelector(".beginnings button");
  assert.ok(bytes > 20_000 && bytes < 200_000, `${bytes} bytes`);
  assert.deepEqual([...new Set(hosts)], [new URL(place.url).host]);
  const first = bytes;
  bytes = 0;
  await page.reload();
  await page.waitForSelector(".beginnings button");
  assert.ok(bytes < first / 2, `${bytes} bytes of ${first} again`);
  await close();
});

test("a key is asked for, kept for the session only, and what it may not do is said", async () => {
  const guarded = await serve([SEED], []);
  const token = (/** @type {string[]} */ ...args) => guarded.yiju("key", "add", ...args).match(/yiju_\S+/)?.[0] ?? "";
  const { page, close } = await open(guarded);
  try {
    const reader = token("reader", "--scope", "read");
    const hasty = token("hasty", "--scope", "read", "--requests-per-minute", "6");
    await guarded.stop();
    await guarded.start();
    await page.goto("/");
    await page.waitForSelector("dialog[open]");
    await state(page, "key");
    await page.fill("#key", "yiju_wrong");
    await page.click("dialog .primary");
    await page.waitForSelector(':text("无效或已撤销")');
    await page.fill("#key", reader);
    await page.click("dialog .primary");
    await page.waitForSelector(".beginnings button");
    await ask(page, QUESTION);
    assert.equal(await page.evaluate(() => Object.values(localStorage).join()), "", "not kept beyond the session");
    assert.equal(await page.evaluate(() => document.cookie), "");
    await page.goto("/documents");
    await page.setInputFiles("[data-files]", {
      name: "a.txt",
      mimeType: "text/plain",
      buffer: Buffer.from("规则\n第一条 甲。"),
    });
    await page.waitForSelector('.queue li.failed :text("没有权限")');
    await page.click('button:has-text("忘记密钥")');
    await page.waitForSelector("dialog[open]");
    await page.fill("#key", hasty);
    await page.click("dialog .primary");
    await page.goto("/");
    // The key may do six requests a minute: the page waits, and says so.
    await page.fill("#question", QUESTION);
    for (let turn = 0; turn < 6 && !(await page.isVisible(".state")); turn++) {
      await page.reload();
      await page.waitForTimeout(400);
    }
    await page.waitForSelector('.state:has-text("秒后自动继续")');
    await state(page, "waiting");
  } finally {
    await close();
    await guarded.end();
  }
});

test("a server that stops and starts again is noticed and gone on with", async () => {
  const { page, close } = await open(place);
  await page.goto("/");
  await ask(page, QUESTION);
  await place.stop();
  await page.fill("#question", "中小城市怎么发展？");
  await page.press("#question", "Enter");
  await page.waitForSelector('.state:has-text("连不上服务器")');
  await page.waitForSelector(".turn .failure");
  assert.ok(await page.locator(".turn").first().locator(".answer").isVisible(), "what is there stays");
  await state(page, "offline");
  await place.start();
  await page.waitForSelector(".state", { state: "hidden" });
  await page.click('.turn button:has-text("再试一次")');
  await page.waitForSelector(".turn:last-child .answer, li:last-child .answer");
  await close();
});

test("a collection that is broken is said to be, while the others are used", async () => {
  const own = await serve([SEED]);
  const made = await fetch(`${own.url}/v1/collections/cities`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  assert.ok(made.ok, await made.text());
  await own.stop();
  const folder = join(own.directory, "server/collections/cities");
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }))
    if (/library\.db/.test(name)) writeFileSync(join(folder, name), "no library");
  await own.start();
  const { page, close } = await open(own);
  await page.goto("/collections/cities/");
  await page.fill("#question", QUESTION);
  await page.press("#question", "Enter");
  await page.waitForSelector('.failure :text("服务器暂时不能回答")');
  // The server itself is there: nothing says that it is loading, and nothing is asked again and again.
  let requests = 0;
  page.on("request", () => requests++);
  await page.waitForTimeout(4000);
  assert.ok(requests <= 3, String(requests));
  assert.equal(await page.locator(':text("正在载入模型")').count(), 0);
  await state(page, "unavailable");
  await page.goto("/");
  await ask(page, QUESTION);
  assert.ok(await page.locator(".answer").isVisible());
  await close();
  await own.end();
});
