"""Makes the sentences that the check of written texts is measured on: dev.jsonl, kept.jsonl, sources.jsonl.

Usage: python3 benches/ground/make.py STARD STATE_COUNCIL XQUAD SEED

STARD is a folder with corpus-small.jsonl.gz, STATE_COUNCIL a file state-council.jsonl.gz, XQUAD a folder with
corpus.jsonl, SEED the seed document. clauses.txt names the clauses that the written sentences are of.

Faithful sentences: those written by hand (faithful-*.tsv: clause, sentence), merges of two of one document, and
shortenings: one sentence of an article in other words of the same sense. Corrupted ones: those written by hand
(corrupted-written.tsv: clause, kind, sentence), and faithful ones with one change that makes them false. The halves are by
document, so that no clause of one is in the other.
"""
import gzip
import hashlib
import json
import os
import random
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
stard, council, xquad, seed = sys.argv[1:5]
rng = random.Random(20)


def lines(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        return [line.rstrip("\n").split("\t") for line in file if line.strip()]


# --- clauses -----------------------------------------------------------------------------------------------------
articles = [json.loads(line) for line in gzip.open(os.path.join(stard, "corpus-small.jsonl.gz"), "rt", encoding="utf-8")]
clauses = {}  # id -> (document, title, text)
for entry in articles:
    clauses[entry["id"]] = (entry["law"], entry["law"], f"{entry['article']}　{entry['text']}")
of_law = {}
for entry in articles:
    of_law.setdefault(entry["law"], []).append(entry["id"])
starts = dict(lines("clauses.tsv"))
for notice in (json.loads(line) for line in gzip.open(council, "rt", encoding="utf-8")):
    paragraphs = [p.strip() for p in notice["text"].split("\n") if len(p.strip()) >= 40]
    for at, paragraph in enumerate(paragraphs):
        known = [id for id, start in starts.items() if id.startswith("S") and paragraph.startswith(start)]
        id = known[0] if known else f"S-{hashlib.sha1(paragraph.encode()).hexdigest()[:8]}"
        clauses[id] = (notice["title"], notice["title"], paragraph)
        of_law.setdefault(notice["title"], []).append(id)
for entry in map(json.loads, open(os.path.join(xquad, "corpus.jsonl"), encoding="utf-8")):
    document = "xquad " + entry["title"]
    clauses[entry["id"]] = (document, entry["title"].replace("_", " "), re.sub(r"\s+", " ", entry["text"]).strip("\ufeff "))
    of_law.setdefault(document, []).append(entry["id"])
number = 0
for paragraph in open(seed, encoding="utf-8").read().split("\n"):
    if len(paragraph.strip()) < 50:
        continue
    known = [id for id, start in starts.items() if id.startswith("D") and paragraph.strip().startswith(start)]
    id = known[0] if known else f"D-{number}"
    number += 1
    # Paragraphs of one newspaper page are several documents; each is its own here.
    clauses[id] = (f"seed {id[:2]}{int(id[1:3] or 0) // 6 if id[1:3].isdigit() else id}", "人民日报 2025年8月29日", paragraph.strip())
    of_law.setdefault(clauses[id][0], []).append(id)


def half(id):
    return "kept" if hashlib.sha1(clauses[id][0].encode()).digest()[0] % 2 else "dev"


def beside(id, most=2):
    """Clauses of the same document, nearest first."""
    same = of_law[clauses[id][0]]
    at = same.index(id)
    near = sorted((other for other in same if other != id), key=lambda other: (abs(same.index(other) - at), other))
    return near[:most]


def lang(claim):
    return "zh" if re.search("[一-鿿]", claim) else "en"


items, seen = [], set()


def add(kind, claim, cites, how="", wrong=None):
    claim = claim.strip()
    if (kind, claim, tuple(cites)) in seen:
        return False
    seen.add((kind, claim, tuple(cites)))
    others = [id for id in beside(cites[0]) if id not in cites] if wrong is None else wrong
    items.append({"kind": kind, "how": how, "lang": lang(claim), "half": half(cites[0]), "claim": claim,
                  "cites": cites, "beside": others})
    return True


# --- faithful ----------------------------------------------------------------------------------------------------
written = [(id, claim) for name in ("faithful-laws.tsv", "faithful-policies.tsv", "faithful-english.tsv") for id, claim in lines(name)]
for id, claim in written:
    assert id in clauses, id
    add("faithful", claim, [id], "paraphrase")

chinese = [(id, claim) for id, claim in written if lang(claim) == "zh"]
by_document = {}
for id, claim in chinese:
    by_document.setdefault(clauses[id][0], []).append((id, claim))
merges = []
for group in by_document.values():
    for at, (a, first) in enumerate(group):
        for b, second in group[at + 1: at + 4]:
            merges.append((a, b, first, second))
rng.shuffle(merges)
JOIN = ["；", "；同时，", "；此外，", "，"]
english = {}
for id, claim in written:
    if lang(claim) == "en":
        english.setdefault(clauses[id][0], []).append((id, claim))
for group in english.values():
    for (a, first), (b, second) in zip(group, group[1:]):
        add("faithful", f"{first[:-1]}; {second[0].lower() + second[1:]}", [a] if a == b else [a, b], "merge")
for at, (a, b, first, second) in enumerate(merges[:215]):
    add("faithful", first.rstrip("。") + JOIN[at % len(JOIN)] + second, [a] if a == b else [a, b], "merge")

# One sentence of an article in other words of the same sense.
WORDS = [("应当", ["应", "要", "必须", "应当"]), ("不得", ["不能", "不可以", "不得", "禁止"]), ("可以", ["可", "可以", "能够"]),
         ("人民法院", ["法院", "人民法院"]), ("中华人民共和国", ["我国", "中国"]), ("以及", ["和", "以及"]), ("或者", ["或", "或者"]),
         ("必须", ["应当", "必须", "要"]), ("按照", ["依照", "按"]), ("依照", ["按照", "按"]), ("县级以上地方", ["县以上地方", "县级以上地方"]),
         ("有权", ["可以", "有权"]), ("未经", ["没有经过", "未经"]), ("之日起", ["之日起", "那天起"]), ("予以", ["给予", "予以"])]
NOT_ALONE = re.compile("其|该|前款|前项|前条|上述|本条|此|第.{1,6}款|下列|以下|但|如下|：")
LEADS = ["", "", "", "根据《{law}》，", "《{law}》规定，", "{article}规定，"]


def chinese_number(text):
    digits = {c: i for i, c in enumerate("零一二三四五六七八九")}
    if not re.fullmatch("[一二三四五六七八九十]{1,3}", text):
        return None
    if "十" not in text:
        return digits[text] if len(text) == 1 else None
    tens, _, ones = text.partition("十")
    return (digits[tens] if tens else 1) * 10 + (digits[ones] if ones else 0)


def reworded(text):
    # Titles stay as they are.
    titles = re.findall("《[^》]*》", text)
    for at, title in enumerate(titles):
        text = text.replace(title, f"《{at}》", 1)
    text = in_other_words(text)
    for at, title in enumerate(titles):
        text = text.replace(f"《{at}》", title, 1)
    return text


def in_other_words(text):
    for old, new in WORDS:
        if old == "不得" and "不得不" in text:
            continue
        chosen = rng.choice(new)
        # 禁止 stands before a verb only where nothing else modifies it.
        if chosen == "禁止" and not re.search("[，。]不得", text):
            chosen = "不能"
        text = text.replace(old, chosen)
    if rng.random() < 0.5:
        def digits(match):
            value = chinese_number(match[1])
            return match[0] if value is None else f"{value}{match[2]}"
        text = re.sub("([一二三四五六七八九十]{1,3})(日|天|年|个月|万元|人|名|小时)", digits, text)
    return text


used = {id for id, _ in written}
pool = [entry for entry in articles if entry["id"] not in used and 40 <= len(entry["text"]) <= 400 and "\n" not in entry["text"]]
rng.shuffle(pool)
short, per_law = [], {}
for entry in pool:
    if per_law.get(entry["law"], 0) >= 4:
        continue
    sentences = [s for s in re.findall("[^。]+。", entry["text"]) if 22 <= len(s) <= 110 and not NOT_ALONE.search(s)]
    if not sentences:
        continue
    # The first sentence is the rule; later ones may lean on it.
    sentence = sentences[0] if entry["text"].startswith(sentences[0]) else None
    if sentence is None:
        continue
    claim = reworded(re.sub("^(为了|为)[^，]{4,40}，(?=[^制])", "", sentence))
    if "制定本" in claim or "本法" in claim or "本条例" in claim or "本规定" in claim or "本办法" in claim:
        claim = re.sub("违反(本法|本条例|本办法|本规定)(第.{1,12}条)?(的)?规定，", "", claim)
        if re.search("本法|本条例|本规定|本办法", claim):
            continue
    if claim == sentence or len(claim) < 18:
        continue
    lead = rng.choice(LEADS).format(law=entry["law"].removeprefix("中华人民共和国"), article=entry["article"])
    if "最高人民法院" in lead or "〔" in lead or len(lead) > 24:
        lead = ""
    per_law[entry["law"]] = per_law.get(entry["law"], 0) + 1
    short.append((entry["id"], lead + claim, sentence))
    if len(short) >= 470:
        break
faithful = sum(item["kind"] == "faithful" for item in items)
for id, claim, _ in short[: 1000 - faithful]:
    add("faithful", claim, [id], "shortening")
short = short[: 1000 - faithful]

# --- corrupted ---------------------------------------------------------------------------------------------------
for id, kind, claim in lines("corrupted-written.tsv"):
    assert id in clauses, id
    add(kind, claim, [id], "written")

base = written + [(id, claim) for id, claim, _ in short]
rng.shuffle(base)
DIGITS = "一二三四五六七八九"
MONTHS = "January February March April May June July August September October November December".split()
TARGET = 243


def count(kind):
    return sum(item["kind"] == kind for item in items)


def change(kind, how):
    """Adds up to TARGET of `kind`: `how` gives a false sentence, or None."""
    for id, claim in base:
        if count(kind) >= TARGET:
            return
        made = how(claim, clauses[id][2] + clauses[id][1])
        if made and made != claim:
            add(kind, made, [id], "changed")
    # A second change of the same sentences, where the first round was too few.
    for id, claim in base:
        if count(kind) >= TARGET:
            return
        made = how(claim, clauses[id][2] + clauses[id][1])
        if made and made != claim:
            add(kind, made, [id], "changed")


def another(value, low=1):
    return rng.choice([v for v in (value + 1, value + 2, value * 2, value * 3, value - 1, value - 2, value * 10) if v >= low and v != value])


def new_number(claim, text):
    units = "(个工作日|个月|小时|万元|亿元|万千瓦|万吨|平方公里|公里|元|人|名|家|户|个|次|日内|天|倍|%|岁|届|组|款|条|克|吨|级|英镑|英里|频道| days| per cent| months| yuan| households| events|,000)"
    found = [m for m in re.finditer(r"(?<![\d.年月〔第])(\d{1,5}(?:\.\d+)?)" + units, claim)]
    found += [m for m in re.finditer("(?<![第一二三四五六七八九十百千万年月])([一二三四五六七八九十两]{1,3})" + units, claim)]
    rng.shuffle(found)
    for match in found:
        old = match[1]
        if "." in old:
            new = str(round(float(old) + rng.choice([1, 2, 0.3]), 2))
        elif old.isdigit():
            new = str(another(int(old)))
        else:
            value = chinese_number(old.replace("两", "二"))
            if value is None or value == 1 and match[2] in ("个", "次", "人", "级"):
                continue
            new_value = another(value)
            if new_value > 99:
                continue
            tens, ones = divmod(new_value, 10)
            new = ((DIGITS[tens - 1] if tens > 1 else "") + "十" if tens else "") + (DIGITS[ones - 1] if ones else "")
        spelled = chinese_number(new) if not re.match(r"\d", new) else None
        if new + match[2] in text or (spelled and f"{spelled}{match[2]}" in text):
            continue
        if new.isdigit() and int(new) < 100:
            tens, ones = divmod(int(new), 10)
            spelled = ((DIGITS[tens - 1] if tens > 1 else "") + "十" if tens else "") + (DIGITS[ones - 1] if ones else "")
            if spelled + match[2] in text:
                continue
        return claim[: match.start(1)] + new + claim[match.end(1):]
    share = re.search("百分之([一二三四五六七八九十]+)", claim)
    if share:
        return claim.replace(share[0], "百分之" + rng.choice([d for d in ("十五", "三十", "五", "二十五") if d != share[1]]))
    return None


def new_date(claim, text):
    found = list(re.finditer(r"(\d{4})年|(\d{1,2})月|(?<=月)(\d{1,2})日|\b((?:19|20)\d\d)\b", claim))
    rng.shuffle(found)
    for match in found:
        group = next(g for g in (1, 2, 3, 4) if match[g])
        old = int(match[group])
        new = {1: old + rng.choice([-3, -2, -1, 1, 2, 5]), 2: (old + rng.choice([1, 2, 3, 5]) - 1) % 12 + 1,
               3: (old + rng.choice([1, 3, 5, 9]) - 1) % 28 + 1, 4: old + rng.choice([-3, -1, 2, 5])}[group]
        if str(new) in text:
            continue
        return claim[: match.start(group)] + str(new) + claim[match.end(group):]
    for name in MONTHS:
        if name in claim:
            other = rng.choice([m for m in MONTHS if f"{MONTHS.index(m) + 1}月" not in text and m != name])
            return claim.replace(name, other, 1)
    # Periods in days, months and years are dates to the reader too.
    match = re.search(r"(\d{1,3}|[一二三四五六七八九十]{1,3})(日内|日前|天内|天之内|个月内|年内|日之内)", claim)
    if match:
        value = int(match[1]) if match[1].isdigit() else chinese_number(match[1])
        new = another(value)
        if f"{new}{match[2][:1]}" not in text:
            return claim[: match.start(1)] + str(new) + claim[match.end(1):]
    return None


BODIES = ["公安机关", "税务机关", "人民检察院", "财政部门", "民政部门", "审计机关", "生态环境主管部门", "交通运输主管部门",
          "卫生健康主管部门", "农业农村主管部门", "教育行政部门", "市场监督管理部门", "司法行政部门", "海关总署", "人民法院", "中国证监会"]
SWAPS = [("出租人", "承租人"), ("债务人", "债权人"), ("原告", "被告"), ("用人单位", "劳动者"), ("投保人", "保险人"), ("消费者", "经营者"),
         ("申请人", "被申请人"), ("父母", "子女"), ("发包人", "承包人"), ("学生", "教师"), ("建设单位", "施工单位"), ("董事", "监事"),
         ("教育部", "财政部"), ("生态环境部", "水利部"), ("司法部", "民政部"), ("湖北", "四川"), ("山西", "陕西"), ("新疆", "西藏"),
         ("北京", "上海"), ("苏格兰", "威尔士"), ("科技部", "商务部"), ("民航总局", "铁道部"), ("最高人民检察院", "公安部"), ("晋城", "大同")]
ENGLISH_BODIES = [("the court", "the police"), ("the State Council", "the Supreme Court"), ("customs", "tax"), ("Customs", "Taxation"),
                  ("drug administration", "education bureau"), ("environment authority", "tax authority"), ("public security organ", "procuratorate"),
                  ("justice administration", "tax administration"), ("Scottish", "Welsh"), ("Jincheng", "Datong"), ("Luther", "Calvin"),
                  ("tax officers", "customs officers"), ("labour and health", "finance and trade")]
BODY = re.compile("国务院[一-鿿]{0,8}?(?:主管部门|行政部门|部门|机构)|(?:(?<=[，、由向经报被对和与])|^)(?!拒绝|阻碍|违反|建立)(?:县级以上|省级|市级|上一级)?[一-鿿]{2,8}?(?:主管部门|行政部门|管理部门|管理机构)|公安机关|税务机关|(?:最高|高级|中级)?人民(?:检察院|法院)|检察院|法院|国务院|公安部门|财政部门|主管机关|人民政府|登记机关|仲裁委员会|海关|工会|居民委员会|教育部|司法部|海关总署|监察机关|审计机关")


def new_body(claim, text):
    if lang(claim) == "en":
        for old, new in ENGLISH_BODIES:
            if old in claim:
                return claim.replace(old, new, 1)
        return None
    for a, b in rng.sample(SWAPS, len(SWAPS)):
        for old, new in ((a, b), (b, a)):
            if old in claim and new not in claim and new not in text:
                return claim.replace(old, new, 1)
    found = list(BODY.finditer(claim))
    rng.shuffle(found)
    for match in found:
        old = match[0]
        if "可以" in old or "应当" in old or "由" in old or "向" in old or "经" in old:
            old = re.split("可以|应当|由|向|经", old)[-1]
        if len(old) < 2:
            continue
        fits = [b for b in BODIES if b not in text and b[:2] not in text and b != old]
        if fits:
            return claim.replace(old, rng.choice(fits), 1)
    return None


def negated(claim, text):
    if lang(claim) == "en":
        pairs = [(" may not ", " may "), (" must not ", " may "), (" not allowed", " allowed"), ("forbidden", "allowed"), ("cannot ", "can "),
                 (" must ", " must not "), (" should ", " should not "), (" may ", " may not "), (" is to be ", " is not to be "), (" are to be ", " are not to be "),
                 (" has ", " does not have "), (" is ", " is not "), (" are ", " are not "), (" were ", " were not "), (" will ", " will not ")]
        for old, new in pairs:
            if old in claim:
                return claim.replace(old, new, 1)
        return None
    pairs = [("不得", "可以"), ("不能", "可以"), ("禁止", "允许"), ("严禁", "允许"), ("不予", "予以"), ("不可以", "可以"), ("不承担", "承担"), ("不属于", "属于"),
             ("不适用", "适用"), ("没有权", "有权"), ("有权", "无权"), ("不需要", "需要"), ("不再", "继续"), ("不受", "受"), ("适用", "不适用"), ("属于", "不属于"),
             ("应当", "不应当"), ("必须", "不必"), ("可以", "不可以"), ("有效", "无效"), ("承担", "不承担"), ("受理", "不受理"), ("支持", "不支持"),
             ("依法给予", "不给予"), ("应", "不应"), ("要", "不用"), ("由", "不由")]
    for old, new in pairs:
        at = claim.find(old)
        if at < 0:
            continue
        if old in ("应", "要", "由") and (at == 0 or not re.match("[一-鿿]", claim[at - 1]) or claim[at - 1] in "不需主重还只相对供反适想理事自是" or claim[at + 1: at + 2] in "求件点素急用是素约由"):
            continue
        if claim[max(0, at - 1): at] in ("不", "未", "非") or claim[max(0, at - 2): at] in ("或者", "是否"):
            continue
        return claim[:at] + new + claim[at + len(old):]
    return None


def other_duty(claim, text):
    if lang(claim) == "en":
        pairs = [(" may not ", " need not "), (" must not ", " need not "), (" must ", " may "), (" should ", " may "), (" has to ", " may "), (" may ", " must "),
                 (" is to be ", " may be "), (" requires ", " does not require "), (" can be ", " must be ")]
        for old, new in pairs:
            if old in claim:
                return claim.replace(old, new, 1)
        return None
    pairs = [("不得", "无需"), ("可以", "应当"), ("应当", "可以"), ("必须", "可以"), ("能够", "必须"), ("有权", "有义务"), ("鼓励", "要求"), ("不能", "可以不"),
             ("可", "应当"), ("应", "可以"), ("要", "可以"), ("须", "可以")]
    for old, new in pairs:
        at = claim.find(old)
        if at < 0:
            continue
        if old in ("可", "应", "要", "须") and (at == 0 or not re.match("[一-鿿，]", claim[at - 1]) or claim[at - 1] in "不需主重还只相对供反适想理事自许认必无务是" or claim[at + 1: at + 2] in "求件点素急用能行靠持以当该约是"):
            continue
        if claim[max(0, at - 1): at] in ("不", "未", "非"):
            continue
        return claim[:at] + new + claim[at + len(old):]
    return None


def wider(claim, text):
    if lang(claim) == "en":
        pairs = [(" up to ", " at least "), ("at most ", "at least "), (" more than ", " less than "), ("no more than ", "at least "), ("Some ", "All "),
                 (" in principle ", " always "), ("within ", "after "), ("Before ", "After "), (" can ", " can only "), (" must ", " must always, in every case, ")]
        for old, new in pairs:
            if old in claim:
                return claim.replace(old, new, 1)
        return None
    pairs = [("县级以上", "县级以下"), ("以上", "以下"), ("以下", "以上"), ("最高", "最低"), ("最长", "最短"), ("最多", "最少"), ("超过", "不到"), ("不足", "超过"),
             ("部分", "全部"), ("原则上", "一律"), ("有条件的", "所有"), ("主要", "全部"), ("一般", "一律"), ("以前", "以后"), ("之前", "之后"), ("以内", "以外"), ("经营者", "所有经营者"),
             ("鼓励", "一律要求"), ("支持", "全部负担并支持"), ("至少", "至多"), ("少于", "多于"), ("低于", "高于")]
    for old, new in pairs:
        at = claim.find(old)
        if at >= 0 and (claim[max(0, at - 1): at] != "不" or old in ("以上", "以下")):
            if old == "不足" or not (old == "超过" and claim[max(0, at - 1): at] in "不得"):
                if new in ("全部", "一律", "所有") and re.search("所有|全部|一切|任何|各|每|均|都|一律", text):
                    continue
                return claim[:at] + new + claim[at + len(old):]
    # 只 and 一律 before the duty.
    if not re.search("仅|只|唯一|才|方可|限于|除外|除", text) and rng.random() < 0.5:
        for old in ("由", "可以"):
            at = claim.find(old)
            if at > 0 and re.match("[一-鿿，]", claim[at - 1]) and claim[at - 1] not in "自理事不":
                return claim[:at] + "只" + ("能" if old == "由" else "") + claim[at:]
    return None


def dropped(claim, text):
    """A rule without its condition: the part that ends with 的, or begins with 经, 除 or the like."""
    if lang(claim) == "en" or "；" in claim:
        return None
    body = claim.rstrip("。")
    lead = re.match("(根据《[^》]+》，|《[^》]+》规定，|第[^，]{1,8}条规定，)?", body)[0]
    parts = body[len(lead):].split("，")
    if len(parts) < 2:
        return None
    is_condition = lambda p: not re.match("或|以及|和|并", p) and (p.endswith("的") and len(p) >= 8) or re.match("(经.{2,14}(批准|同意|许可|认定|审查|备案)|除.{2,30}(外|以外)$|如果|未经|因.{4,}|在.{4,}(情况下|条件下|时|期间))", p) and len(p) >= 6
    first = next((i for i, p in enumerate(parts[:-1]) if is_condition(p)), None)
    if first is None:
        return None
    rest = parts[:first] + parts[first + 1:]
    # What is left must still say who does what.
    left = "，".join(rest)
    if len(left) < 10 or any(is_condition(p) for p in rest) or re.match("的|并|其|且|而", left):
        return None
    return lead + left + "。"


TAILS = ["，费用由当事人自行承担", "，并在当地报纸上公告", "，有效期为五年", "，每年检查一次", "，并由公证机构公证", "，逾期的按日加收滞纳金", "，结果在网上公开",
         "，并可以优先获得贷款", "，具体标准由行业协会制定", "，有关材料保存十年", "，情节严重的吊销执照", "，并接受社会监督员检查", "，需要两名以上证人在场",
         "，并须缴纳保证金", "，不服的可以申请仲裁", "，由第三方机构评估"]
ENGLISH_TAILS = [", and the costs are borne by the applicant", ", and the result is published online", ", which is checked every year",
                 ", and the records are kept for ten years", ", with two witnesses present", ", subject to a deposit"]


def longer(claim, text):
    if lang(claim) == "en":
        return claim.rstrip(".") + rng.choice(ENGLISH_TAILS) + "."
    fits = [tail for tail in TAILS if not any(word in text for word in re.findall("[一-鿿]{2}", tail[1:])[-2:])]
    return claim.rstrip("。") + rng.choice(fits) + "。" if fits else None


change("number", new_number)
change("date", new_date)
# More of both: sentences of further articles that have a number.
for kind, how in (("number", new_number), ("date", new_date)):
    for entry in pool:
        if count(kind) >= TARGET:
            break
        if entry["id"] in {id for id, _ in base}:
            continue
        for sentence in re.findall("[^。；]+。", entry["text"]):
            plain = 24 <= len(sentence) <= 120 and not NOT_ALONE.search(sentence.replace("以下罚款", ""))
            made = plain and how(reworded(sentence), entry["text"])
            if made and not re.search("本法|本条例|本规定|本办法|本解释", made):
                add(kind, made, [entry["id"]], "changed")
                break
change("body", new_body)
change("negation", negated)
change("modality", other_duty)
change("scope", wider)
change("condition", dropped)
# More of the conditions: sentences of further articles that have one.
for entry in pool:
    if count("condition") >= TARGET:
        break
    for sentence in re.findall("[^。；]+。", entry["text"]):
        if 30 <= len(sentence) <= 120 and not re.search("其|该|前款|前项|本条|第.{1,6}款|下列|本法|本条例|本规定|本办法", sentence):
            made = dropped(reworded(sentence), "")
            if made:
                add("condition", made, [entry["id"]], "changed")
                break
change("invented", longer)
# Another clause of the same document is cited; half have the right one beside it.
for at, (id, claim) in enumerate(base):
    if count("wrong clause") >= TARGET:
        break
    near = beside(id, 4)
    if len(near) >= 2:
        cited = near[0]
        add("wrong clause", claim, [cited], "changed", [id] if at % 2 else [other for other in near[1:3]])

# --- files -------------------------------------------------------------------------------------------------------
rank = {}
for item in items:
    rank[item["kind"]] = rank.get(item["kind"], 0) + 1
    item["id"] = f"{item['kind'].replace(' ', '-')}-{rank[item['kind']]}"
wanted = {id for item in items for id in item["cites"] + item["beside"]}
with open(os.path.join(HERE, "sources.jsonl"), "w", encoding="utf-8") as file:
    for id in sorted(wanted):
        document, title, text = clauses[id]
        file.write(json.dumps({"id": id, "document": document, "title": title, "text": text}, ensure_ascii=False) + "\n")
for name in ("dev", "kept"):
    with open(os.path.join(HERE, f"{name}.jsonl"), "w", encoding="utf-8") as file:
        for item in items:
            if item["half"] == name:
                row = {key: item[key] for key in ("id", "kind", "how", "lang", "claim", "cites", "beside")}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
for name in ("dev", "kept"):
    kinds = {}
    for item in items:
        if item["half"] == name:
            key = item["kind"] + ("/" + item["how"] if item["kind"] == "faithful" else "")
            kinds[key] = kinds.get(key, 0) + 1
    print(name, sum(kinds.values()), kinds)
