// Measures what docs/page.md states: from Enter to the first citation on the screen, and the frames of scrolling a law of
// 1,000 articles. Run it by hand on a quiet machine; no test depends on it.
//
//     YIJU=…/yiju node measure.mjs

import { SEED, closeBrowser, open, serve } from "./support.mjs";

const QUESTIONS = [
  "超大特大城市应该怎样发展？",
  "城市更新有什么要求？",
  "怎样推进好房子建设？",
  "县城承载能力怎么提高？",
  "大学生应征入伍有哪些优待？",
  "民营企业500强营收门槛是多少？",
  "城市治理怎么智慧化？",
  "第（十九）条讲的是什么？",
  "怎么防范内涝？",
  "城市对外开放怎么提升？",
];

/** @param {number[]} values @param {number} share */
function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

const place = await serve([SEED]);
const { page, close } = await open(place);

await page.goto("/");
await page.waitForSelector(".beginnings button");
/** @type {number[]} */
const times = [];
for (const question of [...QUESTIONS, ...QUESTIONS]) {
  await page.fill("#question", question);
  const time = page.evaluate(
    () =>
      new Promise((/** @type {(ms: number) => void} */ done) => {
        const before = document.querySelectorAll(".turn").length;
        let began = 0;
        window.addEventListener("keydown", () => (began = performance.now()), { capture: true, once: true });
        const watcher = new MutationObserver(() => {
          const turns = document.querySelectorAll(".turn");
          if (turns.length === before || !turns[turns.length - 1].querySelector(".citation")) return;
          watcher.disconnect();
          // It is on the screen after the next frame.
          requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
        });
        watcher.observe(document.body, { childList: true, subtree: true });
      }),
  );
  await page.press("#question", "Enter");
  times.push(await time);
  await page.waitForSelector('.turn[aria-busy="true"]', { state: "detached" });
}
console.log(
  `first citation, ms: median ${quantile(times, 0.5).toFixed(0)}, largest ${Math.max(...times).toFixed(0)} of ${times.length}`,
);

const articles = Array.from({ length: 1000 }, (_, at) => {
  const chapter = at % 50 ? "" : `第${at / 50 + 1}章 第${at / 50 + 1}类设施\n`;
  return `${chapter}第${at + 1}条 第${at + 1}类市政设施由所在区的主管部门负责养护，每${(at % 12) + 1}个月检查一次，检查记录保存${(at % 9) + 1}年；发现损坏的，应当在${(at % 48) + 1}小时内设置警示标志，并在${(at % 20) + 1}日内修复。\n`;
});
const added = await fetch(`${place.url}/v1/documents`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ title: "海州市市政设施管理总规", text: `海州市市政设施管理总规\n${articles.join("")}` }),
});
const [{ id, clauses }] = (await added.json()).documents;
await page.goto(`/documents/${id}/clauses/700`);
await page.waitForSelector(".marked");
await page.waitForTimeout(1000);
const session = await page.context().newCDPSession(page);
/** @type {any[]} */
const events = [];
session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
await session.send("Tracing.start", {
  transferMode: "ReportEvents",
  traceConfig: {
    includedCategories: ["devtools.timeline", "disabled-by-default-devtools.timeline.frame", "devtools.timeline.frame"],
  },
});
await page.mouse.move(1000, 500);
const gaps = page.evaluate(
  () =>
    new Promise((/** @type {(gaps: number[]) => void} */ done) => {
      /** @type {number[]} */
      const found = [];
      let last = performance.now();
      const end = last + 5000;
      const frame = (/** @type {number} */ now) => {
        found.push(now - last);
        last = now;
        if (now < end) requestAnimationFrame(frame);
        else done(found.slice(1));
      };
      requestAnimationFrame(frame);
    }),
);
for (let turn = 0; turn < 80; turn++) {
  await page.mouse.wheel(0, turn < 40 ? 600 : -600);
  await page.waitForTimeout(50);
}
const frames = await gaps;
const ended = new Promise((done) => session.once("Tracing.tracingComplete", done));
await session.send("Tracing.end");
await ended;
const count = (/** @type {string} */ name) => events.filter((one) => one.name === name).length;
console.log(
  `scrolling ${clauses} clauses: ${((1000 * frames.length) / frames.reduce((sum, gap) => sum + gap, 0)).toFixed(1)} frames a second, ` +
    `median ${quantile(frames, 0.5).toFixed(1)} ms, p99 ${quantile(frames, 0.99).toFixed(1)} ms; ` +
    `${count("DrawFrame")} drawn, ${count("DroppedFrame")} dropped`,
);
await close();
await closeBrowser();
await place.end();
