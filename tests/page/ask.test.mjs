// Asking: the answer as it streams, its markers, the lit passage, refusals, conversations, addresses, export.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import {
  QUESTION,
  SCAN,
  SEED,
  UNANSWERED,
  ask,
  clipboard,
  closeBrowser,
  download,
  inView,
  open,
  serve,
  state,
} from "./support.mjs";

/** @type {import("./support.mjs").Place} */
let place;

/** Titles and texts that would do harm as markup, and that turn the direction of writing. */
const HOSTILE = '<img src=x onerror="document.title=1">\u202e办法<script>document.title=2</script>';

before(async () => {
  place = await serve([SEED, SCAN]);
  const api = async (/** @type {any} */ body) => {
    const response = await fetch(`${place.url}/v1/documents`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    assert.equal(response.status, 201, await response.text());
  };
  await api({
    title: HOSTILE,
    text: `第一条 养蜂场<b>应当</b>距离道路五十米以上，<img src=x onerror="document.title=3">并设置警示标志[1]。\n第二条 养蜂人每年登记一次。`,
  });
  await api({ title: "青石县河道采砂管理办法", text: "第一条 采砂船只应当安装定位设备，并保持正常运行。" });
  await api({ title: "白石县河道采砂管理办法", text: "第一条 采砂船只应当安装定位设备，并保持正常运行。" });
});
after(async () => {
  await closeBrowser();
  await place.end();
});

test("a marker leads to the quote, lit up where it stands", async () => {
  const { page, close } = await open(place);
  await page.goto("/");
  await page.waitForSelector(".beginnings button");
  await state(page, "ask-first");
  await ask(page, QUESTION);
  const answer = await page.textContent(".answer");
  assert.match(answer ?? "", /控制超大城市的规模/);
  const citations = await (
    await fetch(`${place.url}/v1/ask`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ question: QUESTION }),
    })
  ).json();
  await page.click(".marker");
  await page.waitForSelector(".source mark.quote");
  const lit = await page.locator(".source mark.quote").allTextContents();
  assert.equal(lit.join(""), citations.citations[0].quote, "what is lit is the quote");
  assert.ok(await inView(page.locator(".source mark").first()), "and it is in view");
  assert.equal(await page.getAttribute('.outline [aria-current="location"]', "aria-current"), "location");
  assert.match((await page.textContent(".confidence")) ?? "", /把握/);
  assert.doesNotMatch((await page.textContent(".confidence")) ?? "", /\d/, "words, no number");
  await state(page, "ask-answered");
  await close();
});

test("the card of a marker comes on pointing and on focus, and goes with Escape", async () => {
  const { page, close } = await open(place);
  await page.goto(`/ask?q=${encodeURIComponent(QUESTION)}`);
  await page.hover(".marker");
  const card = page.locator(".card");
  await card.waitFor();
  for (const part of [
    "《中共中央 国务院关于推动城市高质量发展的意见》",
    "2025-08-15",
    "二（二）",
    "优化现代化城市体系",
  ]) {
    assert.ok((await card.textContent())?.includes(part), part);
  }
  await state(page, "ask-card");
  await page.mouse.move(5, 5);
  await card.waitFor({ state: "detached" });
  await page.focus(".marker");
  await card.waitFor();
  await page.keyboard.press("Escape");
  await card.waitFor({ state: "detached" });
  await close();
});

test("the same quote of two documents is one card", async () => {
  const { page, close } = await open(place);
  await page.goto(`/ask?q=${encodeURIComponent("采砂船只应当安装什么？")}`);
  await page.hover(".marker");
  const card = await page.locator(".card").textContent();
  assert.match(card ?? "", /青石县河道采砂管理办法/);
  assert.match(card ?? "", /另见于.*白石县河道采砂管理办法|白石县河道采砂管理办法/);
  assert.equal(await page.locator(".citations > li").count(), 1);
  await close();
});

test("a page picture has the quoted lines marked", async () => {
  const { page, close } = await open(place);
  await page.goto(`/ask?q=${encodeURIComponent("电动自行车可以停在楼道里吗？")}`);
  await page.click(".citation-open");
  await page.click('.tabs button:has-text("原页")');
  await page.waitForSelector(".page-picture");
  const yellow = await page.locator(".page-picture").evaluate(async (node) => {
    const image = /** @type {HTMLImageElement} */ (node);
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), {
      width: image.naturalWidth,
      height: image.naturalHeight,
    });
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) if (data[at] > 220 && data[at + 1] > 200 && data[at + 2] < 170) count++;
    return count;
  });
  assert.ok(yellow > 5000, `${yellow} yellow pixels`);
  assert.match((await page.getAttribute(".page-picture", "alt")) ?? "", /第 1 页的图像，标出了第二条/);
  await state(page, "ask-page");
  await page.click('button:has-text("下一页")');
  await page.waitForSelector('.page-turn :text("第 2 页，共 2 页")');
  await page.waitForSelector(".page-picture");
  await close();
});

test("a refusal says so and shows what is nearest", async () => {
  const { page, close } = await open(place);
  await page.goto("/");
  await ask(page, UNANSWERED);
  assert.match((await page.textContent(".refusal-said")) ?? "", /没有/);
  assert.equal(await page.locator(".answer").count(), 0);
  assert.ok((await page.locator(".nearest li").count()) > 0);
  await state(page, "ask-refused");
  await page.click(".nearest button");
  await page.waitForSelector(".source .marked");
  await close();
});

test("follow-up questions stay in one conversation, which a reload keeps", async () => {
  const { page, close } = await open(place);
  await page.goto("/");
  await ask(page, "电动自行车可以停在楼道里吗？");
  await ask(page, "那违反的怎么处罚？");
  assert.equal(await page.locator(".turn").count(), 2);
  const last = page.locator(".turn").last();
  assert.match((await last.textContent()) ?? "", /接着上文，理解为/);
  assert.match((await last.locator(".answer").textContent()) ?? "", /五百元/);
  await page.keyboard.press("Escape");
  await state(page, "ask-conversation");
  await page.reload();
  await page.waitForSelector(".turn");
  assert.equal(await page.locator(".turn").count(), 2);
  await page.click('button:has-text("新的提问")');
  await page.waitForSelector(".ask-first");
  await close();
});

test("markup and marks of direction in documents are only text", async () => {
  const { page, close } = await open(place);
  await page.goto("/");
  await ask(page, "养蜂场应当距离道路多远？");
  await page.click(".citation-open");
  await page.waitForSelector(".source mark.quote");
  const title = await page.title();
  assert.doesNotMatch(title, /^[123]$/, "nothing of it ran");
  assert.equal(await page.locator("main img, main script, main b").count(), 0);
  assert.match((await page.textContent(".source .clause")) ?? "", /<b>应当<\/b>/);
  assert.match((await page.textContent(".citation-title")) ?? "", /<img src=x/);
  await page.goto("/documents");
  await page.waitForSelector(".documents tbody tr");
  assert.equal(await page.locator("main img").count(), 0);
  await state(page, "hostile-titles");
  await close();
});

test("citations are copied with their source, and answers taken along", async () => {
  const { page, close } = await open(place);
  await page.goto("/");
  await ask(page, QUESTION);
  await page.click('.citation button:has-text("复制出处")');
  await page.waitForSelector(".notice:not(:empty)");
  assert.equal(await clipboard(page), "《中共中央 国务院关于推动城市高质量发展的意见》二（二）");
  await page.click('.citation button:has-text("复制引文")');
  await page.waitForFunction(async () => (await navigator.clipboard.readText()).startsWith("“"));
  const quotation = await clipboard(page);
  const [, address] = quotation.match(/，(http[^）]+)）$/) ?? [];
  assert.match(quotation, /^“推动超大特大城市.*”（《中共中央 国务院/u);
  const markdown = readFileSync(
    await download(page, () => page.click('.answer-tools button:has-text("Markdown")'), place.directory),
    "utf8",
  );
  assert.match(markdown, /^## 超大特大城市应该怎样发展？/u);
  assert.match(markdown, /主引擎。\[\^1\]/u);
  assert.match(markdown, /^\[\^1\]: 《中共中央 国务院关于推动城市高质量发展的意见》二（二）：“推动/mu);
  const word = await download(page, () => page.click('.answer-tools button:has-text("Word")'), place.directory);
  // Read back by a reader that is not ours to please: the footnote is where Word would put it.
  const read = place.yiju("text", word);
  assert.match(read, /超大特大城市应该怎样发展/u);
  assert.match(read, /打造高质量发展主引擎/u);
  assert.match(read, /二（二）：“推动/u, "the footnote");

  await page.goto(address);
  await page.waitForSelector(".reader .marked");
  assert.match((await page.textContent(".reader .marked")) ?? "", /增强超大特大城市综合竞争力/);
  assert.ok(await inView(page.locator(".reader .marked p").first()));
  await state(page, "document");
  await page.emulateMedia({ media: "print" });
  assert.ok(!(await page.locator(".top").isVisible()));
  assert.ok(await page.locator(".paper").isVisible());
  await close();
});

test("a long question is told its limit before it is sent", async () => {
  const { page, close } = await open(place);
  await page.goto("/");
  await page.fill("#question", "问".repeat(2001));
  assert.match((await page.textContent(".composer .over")) ?? "", /超出 1 字/);
  assert.ok(await page.isDisabled('.composer button[type="submit"]'));
  await page.fill("#question", "…");
  await page.press("#question", "Enter");
  await page.waitForSelector(".failure");
  assert.match((await page.textContent(".failure")) ?? "", /不接受这个请求/);
  await close();
});
