// The other pages: search, look-up, checked texts, documents, collections, figures, the API's description.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  QUESTION,
  SCAN,
  SEED,
  clipboard,
  closeBrowser,
  download,
  file,
  inView,
  open,
  root,
  serve,
  state,
} from "./support.mjs";

/** @type {import("./support.mjs").Place} */
let place;

before(async () => {
  place = await serve([SEED, SCAN]);
});
after(async () => {
  await closeBrowser();
  await place.end();
});

test("search has filters, lit words and neighbours", async () => {
  const { page, close } = await open(place);
  await page.goto("/search");
  await page.fill("#query", "城市更新");
  await page.press("#query", "Enter");
  await page.waitForSelector("li.hit");
  assert.ok((await page.locator("li.hit mark.hit").count()) > 0);
  await page.locator("li.hit").first().locator(".hit-open").click();
  await page.waitForSelector(".source mark.hit");
  assert.ok(await inView(page.locator(".source mark.hit").first()));
  await page.click('button:has-text("前后条款")');
  await page.waitForSelector(".neighbours dd");
  await state(page, "search");
  // Another document only.
  await page.fill("#filter-document", "电动");
  await page.click('[role="option"]:has-text("禾阳市")');
  await page.waitForFunction(() =>
    [...document.querySelectorAll("li.hit .hit-title")].every((node) => node.textContent?.includes("禾阳市")),
  );
  assert.ok((await page.locator("li.hit").count()) > 0);
  await page.click(".chips button");
  await page.fill("#filter-from", "2025-08-01");
  await page.waitForFunction(
    () =>
      [...document.querySelectorAll("li.hit .hit-line")].length > 0 &&
      [...document.querySelectorAll("li.hit .hit-line")].every((node) => node.textContent?.includes("2025-08-15")),
  );
  await page.fill("#filter-section", "营造高品质城市生活空间");
  await page.waitForFunction(() =>
    [...document.querySelectorAll("li.hit .hit-line")].every((node) => node.textContent?.includes("营造高品质")),
  );
  await page.fill("#filter-issuer", "没有这个机关");
  await page.waitForSelector(':text("没有符合的条款")');
  await close();
});

test("look-up offers documents and their clauses while one types", async () => {
  const { page, close } = await open(place);
  await page.goto("/lookup");
  await page.fill("#lookup", "城市高质量");
  await page.waitForSelector('[role="option"]');
  await state(page, "lookup-suggestions");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".labels button");
  await page.fill("#lookup", `${await page.inputValue("#lookup")}（十九）`);
  await page.click('[role="option"]:has-text("（十九）")');
  await page.waitForSelector(".source .marked");
  assert.match((await page.textContent(".source .marked")) ?? "", /\(十九\)/);
  assert.ok(await inView(page.locator(".source .marked p").first()));
  await state(page, "lookup");
  await page.fill("#lookup", "《禾阳市电动自行车停放充电管理规定》第九十九条");
  await page.press("#lookup", "Enter");
  await page.waitForSelector(':text("没有这一条")');
  await close();
});

test("a checked text shows what stands, what was altered, and what is not there", async () => {
  const { page, close } = await open(place);
  await page.goto("/check");
  await page.fill(
    "#draft",
    [
      "意见提出“控制超大城市的规模，合理有序疏解非核心功能”，",
      "又提出“推动超大特大城市按照国家批准明确的功能定位做强做精非核心功能”，",
      "还提出“到2030年全国地铁里程翻一番达到两万公里”。",
      "《禾阳市电动自行车停放充电管理规定》第二条规定，居民可以在楼梯间停放电动自行车。",
      "《禾阳市电动自行车停放充电管理规定》第九十九条另有规定。",
    ].join(""),
  );
  await page.click('button:has-text("开始核对")');
  await page.waitForSelector(':text("共 5 处，其中 4 处需要看一看")');
  const statuses = await page
    .locator(".finding")
    .evaluateAll((nodes) => nodes.map((node) => node.className.replace("finding ", "")));
  assert.deepEqual(statuses, ["exists", "altered", "absent", "differs", "absent"]);
  assert.equal(await page.textContent(".finding.altered del"), "非", "word by word");
  assert.match((await page.textContent(".finding.differs")) ?? "", /原文“禁止”，文稿“可以”/);
  await page.click(".in-draft.altered");
  await page.waitForSelector(".source mark.quote");
  await state(page, "check");
  await page.click('button:has-text("复制核对后的文稿")');
  await page.waitForSelector(".notice:not(:empty)");
  const copied = await clipboard(page);
  assert.match(copied, /非核心功能”\[2\]/);
  assert.match(copied, /^\[2\] 与原文有出入：/m);
  assert.match(copied, /^\[3\] 文件中没有/m);
  await page.click('button:has-text("修改文稿")');
  await page.fill("#draft", "没有引文的一段话。");
  await page.click('button:has-text("开始核对")');
  await page.waitForSelector(':text("文稿里没有引文")');
  await close();
});

test("each kind of file is added, and a bad one is named with what to do", async () => {
  const { page, close } = await open(place);
  await page.goto("/documents");
  const folder = join(root, "fuzz/seeds/format");
  const kinds = readdirSync(folder).sort();
  const bad = file(
    place,
    "bad.pdf",
    new Uint8Array(2000).map((_, index) => (index * 7919) % 251),
  );
  await page.setInputFiles("[data-files]", [...kinds.map((name) => join(folder, name)), bad]);
  await page.waitForSelector(`.queue :text("完成 ${kinds.length} 个，1 个没有添加")`, { timeout: 90_000 });
  assert.equal(await page.locator(".queue li.failed").count(), 1);
  const said = await page.textContent(".queue li.failed");
  assert.match(said ?? "", /bad\.pdf/);
  assert.match(said ?? "", /请存为 PDF、Word 或纯文本/);
  await state(page, "documents-added");
  await page.fill(".list-head input", "travel.pdf");
  await page.waitForFunction(() => document.querySelectorAll(".documents tbody tr").length === 1);
  await page.click(".documents tbody a");
  await page.waitForSelector(".reader .clause");
  await page.click('.tabs button:has-text("原页")');
  await page.waitForSelector(".page-picture");
  const kept = await download(page, () => page.click('.source-tools button:has-text("下载")'), place.directory);
  execFileSync("cmp", [kept, join(folder, "travel.pdf")]);
  await close();
});

test("a folder dropped anywhere is added, replaced and removed after a question", async () => {
  const { page, close } = await open(place);
  await page.goto("/");
  await page.waitForSelector("#question");
  const drop = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(
      new File(["图书馆借阅规则\n第一条 图书借阅期限为三十天。\n"], "library.txt", { type: "text/plain" }),
    );
    return transfer;
  });
  await page.dispatchEvent("body", "dragover", { dataTransfer: drop });
  await page.waitForSelector(".drop-anywhere");
  await page.dispatchEvent("body", "drop", { dataTransfer: drop });
  await page.waitForSelector(".queue li.done");
  await page.fill("#question", "图书可以借几天？");
  await page.press("#question", "Enter");
  await page.waitForSelector(".answer");
  assert.match((await page.textContent(".answer")) ?? "", /三十天/);

  await page.goto("/documents");
  const row = page.locator(".documents tr", { hasText: "图书馆借阅规则" });
  const other = file(place, "other.txt", "图书馆借阅规则\n第一条 图书借阅期限为六十天。\n");
  await row.locator('input[type="file"]').setInputFiles(other);
  await page.waitForSelector('.queue :text("已更新")');
  await row.locator('button:has-text("删除")').click();
  await page.waitForSelector("dialog[open]");
  assert.match((await page.textContent("dialog")) ?? "", /《图书馆借阅规则》及其 1 个条款/);
  await state(page, "documents-remove");
  await page.click('dialog button:has-text("取消")');
  assert.equal(await row.count(), 1, "nothing is removed unasked");
  await row.locator('button:has-text("删除")').click();
  await page.click("dialog .danger");
  await row.waitFor({ state: "detached" });
  await close();
});

test("a folder is taken in with all that is in it, but not what systems put there", async () => {
  const { page, close } = await open(place);
  await page.goto("/documents");
  const names = ["通知/一.txt", "通知/附件/二.md", "通知/附件/.DS_Store", "通知/Thumbs.db"];
  for (const name of names) file(place, name, `图书馆第${name.length}号通知\n一、图书借阅期限为三十天。\n`);
  const session = await page.context().newCDPSession(page);
  // What the system's file manager does: a real folder, not a list of files.
  const data = { items: [], files: [join(place.directory, "通知")], dragOperationsMask: 1 };
  for (const type of /** @type {const} */ (["dragEnter", "dragOver", "drop"]))
    await session.send("Input.dispatchDragEvent", { type, x: 400, y: 400, data });
  await page.waitForSelector('.queue :text("完成 2 个")', { timeout: 60_000 });
  const taken = await page.locator(".queue .queue-name").allTextContents();
  assert.deepEqual(taken.sort(), ["通知/一.txt", "通知/附件/二.md"]);
  await close();
});

test("collections are made, limited, kept to and removed", async () => {
  const { page, close } = await open(place);
  await page.goto("/documents");
  await page.click('button:has-text("新建文件集")');
  await page.fill("#collection-name", "Bad Name");
  await page.waitForSelector(':text("名称由小写字母")');
  assert.ok(await page.isDisabled("dialog .primary"));
  await page.fill("#collection-name", "cities");
  await page.fill("#collection-documents", "1");
  await page.click("dialog .primary");
  await page.click('.collections a:has-text("cities")');
  await page.waitForURL("**/collections/cities/documents");
  const [one, two] = ["一", "二"].map((name) =>
    file(place, `${name}.txt`, `图书馆借阅规则${name}\n第一条 图书借阅期限为三十天。\n`),
  );
  await page.setInputFiles("[data-files]", [one, two]);
  await page.waitForSelector('.queue li.failed :text("文件集已到限额")');
  await page.goto("/collections/cities/");
  await page.fill("#question", "图书可以借几天？");
  await page.press("#question", "Enter");
  await page.waitForSelector(".answer");
  await page.click(".citation-open");
  await page.click(".source-title a");
  await page.waitForURL("**/collections/cities/documents/*");
  await page.goto("/documents");
  await page.locator(".collections li", { hasText: "cities" }).locator('button:has-text("删除")').click();
  await page.fill("#typed", "cities");
  await page.click("dialog .danger");
  await page.locator(".collections li", { hasText: "cities" }).waitFor({ state: "detached" });
  await close();
});

test("figures are drawn from the server's counters", async () => {
  const { page, close } = await open(place);
  await page.goto("/figures");
  await page.waitForSelector(".tiles strong");
  await page.waitForSelector(".plot rect.middle");
  assert.notEqual((await page.locator(".tiles strong").allTextContents())[0], "0");
  await state(page, "figures");
  await close();
});

test("speed and quality are measured by the server, followed, stopped and kept", async () => {
  const { page, close } = await open(place);
  await page.goto("/figures");
  await page.click('button:has-text("测量速度")');
  await page.waitForSelector(".measuring progress[value]");
  await page.click('.measuring button:has-text("停止")');
  await page.waitForSelector(".measuring progress", { state: "detached" });
  // The server has stopped too: it measures again at once.
  await page.click('button:has-text("测量速度")');
  await page.waitForSelector("#loads", { timeout: 90_000 });
  assert.match((await page.textContent("#loads ~ .scroll tbody")) ?? "", /1 人连续提问.*每秒到来/);
  const kept = await download(page, () => page.click('button:has-text("存为 JSON")'), place.directory);
  place.yiju("bench", "--compare", kept, kept);

  await page.click('button:has-text("用条款标题试问")');
  await page.waitForSelector('.quality :text("共问 20 次")', {
    timeout: 60_000,
  });
  const first = (await page.textContent('.quality tr:has-text("排在第一的就是")')) ?? "";
  assert.ok(Number(/(\d+) %/.exec(first)?.[1]) >= 75, first);
  const own = file(
    place,
    "own.jsonl",
    [
      { q: QUESTION, evidence: ["控制超大城市的规模"] },
      { q: "火星上有几座城市？" },
      { q: "公园绿地怎样建设？", evidence: ["这句话文件里没有"] },
    ]
      .map((one) => JSON.stringify(one))
      .join("\n"),
  );
  await page.setInputFiles(".quality input[type=file]", own);
  await page.waitForSelector('.quality :text("共问 3 次，1 次不对")');
  await page.click('.quality summary:has-text("不对的 1 个")');
  assert.match((await page.textContent(".quality li")) ?? "", /公园绿地/);
  await state(page, "figures-measured");
  const bad = file(place, "bad.jsonl", '{"q": "一"}\n{"q": \n');
  await page.setInputFiles(".quality input[type=file]", bad);
  await page.waitForSelector('.failure :text("bad.jsonl:2")');
  await close();
});

test("the API can be read and tried, and its examples run", async () => {
  const { page, close } = await open(place);
  await page.goto("/docs");
  const route = page.locator("details.route", { hasText: "/v1/ask" }).first();
  await route.locator("summary").click();
  await state(page, "docs");
  await route.locator('.try button:has-text("发送")').click();
  await page.waitForSelector(':text("状态 200")');
  assert.match((await route.locator(".try pre").textContent()) ?? "", /"answered": true/);
  const [curl, python] = await route.locator(".example pre").allTextContents();
  for (const [command, args] of /** @type {[string, string[]][]} */ ([
    ["bash", ["-c", curl]],
    ["python3", ["-c", python]],
  ])) {
    assert.match(execFileSync(command, args, { encoding: "utf8" }), /"answered"/, command);
  }
  // In the order of use, and each with words in Chinese.
  const routes = await page.locator(".route summary").allTextContents();
  const lacking = routes.filter((words) => !/\p{Script=Han}/u.test(words));
  assert.deepEqual(lacking, [], "routes without a line in words/zh.js (docs.does)");
  assert.match((await page.locator(".route code").first().textContent()) ?? "", /^\/v1\/documents$/);
  await close();
});

test("a long document shows how far it is and how long it still takes", async () => {
  const { page, close } = await open(place);
  await page.goto("/documents");
  const articles = Array.from(
    { length: 3000 },
    (_, index) =>
      `第${index + 1}条 第${index + 1}类市政设施由所在区的主管部门负责养护，每${(index % 12) + 1}个月检查一次；发现损坏的，应当在${(index % 48) + 1}小时内设置警示标志。`,
  );
  const law = file(place, "law.txt", `海州市市政设施管理总规\n${articles.join("\n")}\n`);
  await page.setInputFiles("[data-files]", law);
  await page.waitForSelector(".queue progress[value]");
  await page.waitForSelector('.queue-said:has-text("约剩")');
  await page.waitForSelector(".queue li.done", { timeout: 90_000 });
  await close();
});
