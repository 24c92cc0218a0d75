// Draws the pictures of docs/page.md: a new user's way from an empty library to a cited answer.
//
//     YIJU=… node pictures.mjs

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { SEED, ask, closeBrowser, open, root, serve } from "./support.mjs";

const folder = join(root, "docs/page");
mkdirSync(folder, { recursive: true });
const size = { viewport: { width: 1200, height: 720 } };
const PDF = join(root, "tests/data/scan.pdf");

const place = await serve();
const { page, close } = await open(place, size);
const shot = (/** @type {string} */ name) => page.screenshot({ path: join(folder, `${name}.png`) });

await page.goto("/");
await page.waitForSelector(".empty-library");
await page.goto("/documents");
await page.setInputFiles("[data-files]", PDF);
await page.waitForSelector(".queue li.done");
await page.click('.queue a:has-text("现在提问")');
await page.waitForSelector(".beginnings button");
await shot("start");
await ask(page, "电动自行车可以停在楼道里吗？");
await page.click(".citation-open");
await page.waitForSelector(".source mark.answer");
await page.hover(".marker");
await page.waitForSelector(".card");
await shot("answer");
await page.mouse.move(0, 0);
await page.click('.tabs button:has-text("原页")');
await page.waitForSelector(".page-picture");
await page.waitForTimeout(300);
await shot("printed");
await page.goto("/check");
await page.fill(
  "#draft",
  "《禾阳市电动自行车停放充电管理规定》第三条规定，物业服务人“每月检查一次充电设施，并保存记录三年”。按照《禾阳市电动自行车停放充电管理规定》第二条，居民可以在楼梯间停放电动自行车。拒不改正的，“对个人处五百元罚款”。",
);
await page.click('button:has-text("开始核对")');
await page.waitForSelector(".check-sum:has-text('共')");
await page.click(".in-draft.altered");
await page.waitForSelector(".source mark.quote");
await shot("check");
await close();
await place.end();

const seeded = await serve([SEED, PDF]);
const english = await open(seeded, { ...size, locale: "en-GB", colorScheme: "dark" });
await english.page.goto("/");
await ask(english.page, "Which city clusters are to become world-class?");
await english.page.click(".marker");
await english.page.waitForSelector(".source mark.quote");
await english.page.mouse.move(0, 0);
await english.page.waitForTimeout(200);
await english.page.screenshot({ path: join(folder, "english.png") });
await english.close();
await closeBrowser();
await seeded.end();
