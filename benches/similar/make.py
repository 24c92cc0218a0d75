#!/usr/bin/env python3
"""make.py: write sets of similar documents, and questions about them, from families.txt.

    python3 make.py [DIR]      DIR (default: beside this file) gets dev/ kept/ dev.jsonl kept.jsonl

families.txt, one family after another; odd ones are `dev`, even ones `kept`:

    === NAME                   a family begins
    by: city year group        what tells its documents apart (the city is always named)
    city: 青河市 云泽市 ...      a slot: one value a document, or one value for all; cut at `|` if there is one
    drop: - ban - fee,ban      keys of the paragraphs that a document lacks
    nogroup: 高中               groups that no document of the family has
    alias: 小学=小学一年级,小一   other words for a group, in questions
    [key] text                 a paragraph; lines without a key belong to the paragraph above
    ? KIND KEY | wording / wording | must ; must
    ! WHY KIND | wording / wording      a question that no document answers, asked of each document

In a text, § is the next Chinese number, so that the numbers are right where a paragraph is left out.
{short} is the city without its last character, {lv} that character.
In a wording {w} names city and year (where the year tells), {c} the city, {y} the year, {g} the group.
"""
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CN = "〇一二三四五六七八九"
COUNT = "一二三四五六七八九"
KINDS = {"fact", "condition", "yesno", "list"}
# Places that no document has. Some are close to one that there is, in sound or in look.
NOWHERE = ["望川市", "清河市", "昭宁市", "金陂市", "洛溪市", "湖阴市", "云择市", "临皋市",
           "沙平县", "白岭县", "南陵县", "鹤坪县", "石坝县", "永圩县", "柳荫县",
           "东圃区", "芦湾区", "新坪区", "长泾区"]
# What 的 may stand before.
NOUN_NEXT = (r"\{w\}(\{g\}|图书馆|灵活就业|科技创新券|高龄津贴|出租车|公租房|采暖|公积金|夜市|公办|道路停车|秸秆|最低工资"
             r"|惠民殡葬|居民|流感疫苗|充电设施|农机|公共|养犬|公益性|垃圾费|生活垃圾|百岁|水环境|低保|第三阶梯|防汛预案)")
CITY_REFUSALS = 2       # a question of a family
YEAR_REFUSALS = 2
GROUP_REFUSALS = 2

faults = []


def fault(*what):
    faults.append(" ".join(str(x) for x in what))


class Family:
    """One kind of matter: slots, paragraphs, questions."""

    def __init__(self, name, number):
        self.name, self.number = name, number
        self.half = "dev" if number % 2 else "kept"
        self.by, self.slots, self.nogroup, self.alias = [], {}, [], {}
        self.paragraphs = []        # (key, [line])
        self.questions = []         # (kind, key, [wording], [must])
        self.refusals = []          # (why, kind, [wording])
        self.rows = []              # a dict of slot values a document


def read_families(path):
    """The families of the data file, with their rows filled in."""
    families = []
    for n, line in enumerate(open(path, encoding="utf-8"), 1):
        line = line.rstrip("\n")
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("=== "):
            families.append(Family(line[4:].strip(), len(families) + 1))
            continue
        fam = families[-1]
        slot = re.match(r"([a-z0-9]+): (.*)$", line)
        block = re.match(r"\[([a-z0-9]+)\] (.*)$", line)
        if line.startswith("? "):
            head, wordings, musts = (part.strip() for part in line[2:].split(" | "))
            kind, key = head.split()
            fam.questions.append((kind, key, wordings.split(" / "), musts.split(" ; ")))
        elif line.startswith("! "):
            head, wordings = (part.strip() for part in line[2:].split(" | "))
            why, kind = head.split()
            fam.refusals.append((why, kind, wordings.split(" / ")))
        elif block:
            fam.paragraphs.append((block.group(1), [block.group(2)]))
        elif slot and not fam.paragraphs:
            name, value = slot.groups()
            values = [v.strip() for v in value.split("|")] if "|" in value else value.split()
            if name == "by":
                fam.by = values
            elif name == "nogroup":
                fam.nogroup = values
            elif name == "alias":
                for pair in values:
                    group, _, words = pair.partition("=")
                    fam.alias[group] = words.split(",")
            else:
                fam.slots[name] = values
        elif fam.paragraphs:
            fam.paragraphs[-1][1].append(line)
        else:
            fault("line", n, "belongs to nothing:", line[:40])
    for fam in families:
        fill_rows(fam)
    return families


def fill_rows(fam):
    """A dict of values for each document; a slot with one value holds for all."""
    count = max(len(v) for v in fam.slots.values())
    for name, values in fam.slots.items():
        if len(values) not in (1, count):
            fault(fam.name, name, "has", len(values), "values, not", count)
    for i in range(count):
        row = {k: v[i % len(v)] for k, v in fam.slots.items()}
        row["short"], row["lv"] = row["city"][:-1], row["city"][-1]
        row["drop"] = set(row.get("drop", "-").split(",")) - {"-"}
        row["file"] = f"{fam.number:02d}_{fam.name}_{i + 1}.txt"
        fam.rows.append(row)
    if not 4 <= count <= 8:
        fault(fam.name, "has", count, "documents")
    tell = [tuple(r.get(b) for b in {"city", *fam.by}) for r in fam.rows]
    if len(set(tell)) != count:
        fault(fam.name, "has two documents that nothing tells apart")


def fill(template, row, **more):
    """The template with its slots filled."""
    try:
        return template.format(**{**row, **more})
    except (KeyError, IndexError, ValueError) as err:
        fault("slot", err, "in", template[:40])
        return template


def render(fam, row):
    """The text of one document."""
    lines, number = [], 0
    for key, block in fam.paragraphs:
        if key in row["drop"]:
            continue
        for line in block:
            while "§" in line:
                line = line.replace("§", COUNT[number], 1)
                number += 1
            lines.append(fill(line, row))
    return "\n".join(lines) + "\n"


# --- the words that name a document ---

def year_forms(year):
    """2021年, 二〇二一年, 21年, 2021年度."""
    return [f"{year}年", "".join(CN[int(d)] for d in year) + "年", f"{year[2:]}年", f"{year}年度"]


def where_forms(fam, city, year):
    """Ways to name the city, and the year where it tells the documents apart."""
    short = city[:-1]
    if "year" not in fam.by:
        return [city, short, city + "的"]
    full, chinese, two, annual = year_forms(year)
    return [city + full, short + two + "的", full + city, short + chinese, chinese + city,
            two + short, city + annual, short + full]


def ask(fam, wording, row, turn):
    """The wording with the document named, in a form that changes with the turn."""
    city, year, group = row["city"], row.get("year", ""), row.get("group", "")
    wheres = where_forms(fam, city, year)
    if not re.search(NOUN_NEXT, wording):       # “青河21年的哪些人” is no Chinese
        wheres = [w for w in wheres if not w.endswith("的")]
    years = year_forms(year) if year else [""]
    groups = [group, *fam.alias.get(group, [])]
    text = fill(wording, row, w=wheres[turn % len(wheres)], c=[city, city[:-1]][turn % 2],
                y=years[turn % len(years)], g=groups[(turn // 2) % len(groups)])
    if city[:-1] not in text or ("group" in fam.by and not any(g in text for g in groups)) \
            or ("year" in fam.by and not any(y in text for y in years)):
        fault(fam.name, "a question does not name its document:", text)
    return text


# --- the questions ---

class Writer:
    """Collects the questions of one half, with their ids."""

    def __init__(self):
        self.lines, self.seen = [], set()

    def add(self, fam, q, doc, kind, must, must_not, why=None):
        if q in self.seen:
            return
        self.seen.add(q)
        number = sum(1 for line in self.lines if line["id"].startswith(f"{fam.half}-{fam.number:02d}-")) + 1
        line = {"id": f"{fam.half}-{fam.number:02d}-{fam.name}-{number:03d}", "lang": "zh", "q": q, "doc": doc,
                "kind": kind, "answered": why is None, "must": must, "must_not": must_not}
        if why:
            line["why"] = why
        self.lines.append(line)


def unique(items):
    return list(dict.fromkeys(items))


def varying(fam, key, musts, rows):
    """What the answer is in these documents, as far as it differs between documents."""
    have = [r for r in fam.rows if key not in r["drop"]]
    return unique(fill(m, r) for r in rows if r in have for m in musts
                  if len({fill(m, o) for o in have}) > 1)


def answerable(fam, texts, out):
    """Each question of each document; a refusal where the document lacks the paragraph."""
    for qi, (kind, key, wordings, musts) in enumerate(fam.questions):
        for di, row in enumerate(fam.rows):
            others = [r for r in fam.rows if r is not row]
            turn = qi * 3 + di
            if key in row["drop"]:
                for extra in range(2):
                    q = ask(fam, wordings[(turn + extra) % len(wordings)], row, turn + extra * 2 + 1)
                    out.add(fam, q, row["file"], kind, [], varying(fam, key, musts, others), "paragraph")
                for m in musts:     # what is left must not answer after all
                    if any(fill(m, r) in texts[row["file"]] for r in fam.rows) and \
                            all(fill(x, row) in texts[row["file"]] for x in musts):
                        fault(row["file"], "lacks", key, "but holds its answer:", m)
                continue
            own = [fill(m, row) for m in musts]
            text = texts[row["file"]]
            wrong = [v for v in varying(fam, key, musts, others) if v not in text]
            out.add(fam, ask(fam, wordings[turn % len(wordings)], row, turn), row["file"], kind, own, wrong)


def elsewhere(fam, families):
    """Cities that the family has not: places of no document, then those of other families."""
    levels = {r["lv"] for r in fam.rows}
    mine = {r["city"] for r in fam.rows}
    nowhere = [c for c in NOWHERE if c[-1] in levels]
    others = unique(r["city"] for f in families if f.half == fam.half for r in f.rows
                    if r["lv"] in levels and r["city"] not in mine)
    shift = fam.number % len(nowhere)
    nowhere = nowhere[shift:] + nowhere[:shift]
    return nowhere, others


def refuse_city(fam, families, out):
    nowhere, others = elsewhere(fam, families)
    for qi, (kind, key, wordings, musts) in enumerate(fam.questions):
        for n in range(CITY_REFUSALS):
            pool = others if n % 3 == 1 and others else nowhere
            city = pool[(qi + n + fam.number) % len(pool)]
            row = dict(fam.rows[(qi + n) % len(fam.rows)], city=city, short=city[:-1], lv=city[-1])
            q = ask(fam, wordings[(qi + n) % len(wordings)], row, qi + n * 3 + fam.number)
            out.add(fam, q, "", kind, [], varying(fam, key, musts, fam.rows), "city")


def refuse_year(fam, out):
    """A year of which this city has no document, though perhaps another city has."""
    if "year" not in fam.by:
        return
    all_years = sorted({int(r["year"]) for r in fam.rows})
    all_years = [all_years[0] - 1, *all_years, all_years[-1] + 1]
    for qi, (kind, key, wordings, musts) in enumerate(fam.questions):
        for n in range(YEAR_REFUSALS):
            row = fam.rows[(qi + n * 2) % len(fam.rows)]
            taken = {int(r["year"]) for r in fam.rows if r["city"] == row["city"]}
            free = [y for y in all_years if y not in taken]
            row = dict(row, year=str(free[(qi + n) % len(free)]))
            q = ask(fam, wordings[(qi + n + 1) % len(wordings)], row, qi + n * 3)
            out.add(fam, q, "", kind, [], varying(fam, key, musts, fam.rows), "year")
            yield row


def refuse_group(fam, out):
    """A group of which this city has no document."""
    if "group" not in fam.by:
        return
    groups = unique(r["group"] for r in fam.rows)
    for qi, (kind, key, wordings, musts) in enumerate(fam.questions):
        for n in range(GROUP_REFUSALS):
            row = fam.rows[(qi + n * 2) % len(fam.rows)]
            taken = {r["group"] for r in fam.rows if r["city"] == row["city"]}
            free = [g for g in groups if g not in taken] if n else []
            pool = free or fam.nogroup
            row = dict(row, group=pool[(qi + n) % len(pool)])
            q = ask(fam, wordings[(qi + n + 1) % len(wordings)], row, qi + n * 3)
            out.add(fam, q, "", kind, [], varying(fam, key, musts, fam.rows), "group")
            yield row


def refuse_written(fam, out):
    """The refusals that the data file writes out, of every document."""
    for qi, (why, kind, wordings) in enumerate(fam.refusals):
        for di, row in enumerate(fam.rows):
            q = ask(fam, wordings[(qi + di) % len(wordings)], row, qi * 3 + di)
            out.add(fam, q, row["file"], kind, [], [], why)


# --- the checks ---

def check_family(fam, texts):
    if not 3 <= len(fam.questions) <= 6:
        fault(fam.name, "has", len(fam.questions), "questions")
    keys = {k for k, _ in fam.paragraphs}
    for kind, key, _, _ in fam.questions:
        if kind not in KINDS or key not in keys:
            fault(fam.name, "bad kind or key:", kind, key)
    for row in fam.rows:
        text = texts[row["file"]]
        size = len(re.sub(r"\s", "", text))
        if not 300 <= size <= 700:
            fault(row["file"], "has", size, "characters")
        if row["drop"] - keys:
            fault(row["file"], "drops what is not there:", row["drop"])
        blocks = sum(1 for k, _ in fam.paragraphs if k not in row["drop"] | {"title", "sig"})
        if not 5 <= blocks <= 9:
            fault(row["file"], "has", blocks, "paragraphs")
        for r in fam.rows:
            if r["short"] != row["short"] and r["short"] in text:
                fault(row["file"], "names", r["short"])


def check_answers(fam, texts, lines):
    """Musts are in their document, what they must not be is not, and they tell the siblings apart."""
    rows = {r["file"]: r for r in fam.rows}
    for line in lines:
        if not line["answered"]:
            if line["must"] or line["why"] not in ("city", "year", "paragraph", "group"):
                fault(line["id"], "is no refusal")
            continue
        text = texts[line["doc"]]
        for m in line["must"]:
            if m not in text:
                fault(line["id"], line["doc"], "must is not in the document:", m)
        for v in line["must_not"]:
            if v in text:
                fault(line["id"], line["doc"], "must_not is in the document:", v)
        musts = next(q[3] for q in fam.questions
                     if q[0] == line["kind"] and [fill(m, rows[line["doc"]]) for m in q[3]] == line["must"])
        for name, row in rows.items():
            for m, template in zip(line["must"], musts):
                theirs = fill(template, row)
                if theirs != m and theirs in line["must_not"] and m in texts[name]:
                    fault(line["id"], "must", m, "is in the sibling", name)


def check_refused(fam, texts, rows, what):
    """No document of the city speaks of the year or group that is refused."""
    for row in rows:
        for r in fam.rows:
            if r["city"] != row["city"]:
                continue
            forms = year_forms(row["year"])[:2] if what == "year" else [row["group"]]
            for form in forms:
                if form in texts[r["file"]]:
                    fault(r["file"], "speaks of the refused", form)


def main():
    target = sys.argv[1] if len(sys.argv) > 1 else HERE
    families = read_families(os.path.join(HERE, "families.txt"))
    writers = {"dev": Writer(), "kept": Writer()}
    documents = {"dev": {}, "kept": {}}
    for fam in families:
        texts = {r["file"]: render(fam, r) for r in fam.rows}
        documents[fam.half].update(texts)
        out = writers[fam.half]
        start = len(out.lines)
        answerable(fam, texts, out)
        refuse_city(fam, families, out)
        check_refused(fam, texts, list(refuse_year(fam, out)), "year")
        check_refused(fam, texts, list(refuse_group(fam, out)), "group")
        refuse_written(fam, out)
        check_family(fam, texts)
        check_answers(fam, texts, out.lines[start:])
    for half, texts in documents.items():
        for name, text in texts.items():
            for city in NOWHERE:
                if city[:-1] in text:
                    fault(name, "names", city)
    for half, texts in documents.items():
        folder = os.path.join(target, half)
        os.makedirs(folder, exist_ok=True)
        for name in os.listdir(folder):
            if name.endswith(".txt") and name not in texts:
                os.remove(os.path.join(folder, name))
        for name, text in texts.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                f.write(text)
        with open(os.path.join(target, half + ".jsonl"), "w", encoding="utf-8") as f:
            for line in writers[half].lines:
                f.write(json.dumps(as_query(line), ensure_ascii=False) + "\n")
    report(families, documents, writers)
    return 1 if faults else 0


def as_query(line):
    """A question as `yiju eval` reads it: without `quotes` it has no answer."""
    kind = line["kind"] if line["answered"] else "refuse " + line["why"]
    query = {"id": line["id"], "lang": line["lang"], "kind": kind, "q": line["q"], "document": line["doc"]}
    if line["answered"]:
        query.update(quotes=line["must"], not_quoted=line["must_not"])
    return query


def report(families, documents, writers):
    for half in documents:
        lines = writers[half].lines
        refused = [line for line in lines if not line["answered"]]
        whys = {w: sum(1 for line in refused if line["why"] == w) for w in ("city", "year", "paragraph", "group")}
        kinds = {k: sum(1 for line in lines if line["kind"] == k) for k in sorted(KINDS)}
        print(half, sum(1 for f in families if f.half == half), "families", len(documents[half]), "documents",
              len(lines), "questions", len(refused), f"refusals ({len(refused) / max(1, len(lines)):.1%})", whys, kinds)
    for f in faults:
        print("fault:", f)
    print(len(faults), "faults")


if __name__ == "__main__":
    sys.exit(main())
