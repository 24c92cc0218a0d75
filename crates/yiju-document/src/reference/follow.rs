//! Whether what follows 第三条 makes it a reference or a count: 第三条规定 against 第三条地铁.

use super::list;
use yiju_text::numerals::leading_number;
use yiju_text::words::WordList;

/// The word lists of this file.
const WORDS: &str = include_str!("../../data/references.txt");

/// What else is known of the place.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The question before 第.
    pub before: &'a str,
    /// A reference ends right before: 第十七条第一款.
    pub after_unit: bool,
}

/// Words that the unit character begins, by what follows it there, and what may follow all the same:
/// 条例 is a word, but 例外 after 第三条 is one too.
fn compounds(unit: &str) -> &'static [(&'static str, &'static [&'static str])] {
    match unit {
        "条" => &[
            ("件", &[]),
            ("例", &["例外"]),
            ("约", &["约定", "约束"]),
            ("約", &["約定", "約束"]),
            ("幅", &["幅度"]),
            ("形码", &[]),
        ],
        "款" => &[("式", &[]), ("待", &["待遇"]), ("项目", &[]), ("項目", &[])],
        "项" | "大项" => &[("目", &["目标是", "目的是"]), ("链", &[]), ("鏈", &[])],
        "节" => &[
            ("点", &["点明", "点评"]),
            ("點", &["點明", "點評"]),
            ("日", &["日常", "日间", "日期"]),
            ("目", &["目标", "目的", "目录", "目標", "目錄"]),
            ("气", &["气候", "气象", "气体"]),
            ("奏", &[]),
            ("拍", &["拍卖"]),
            ("假日", &[]),
        ],
        "章" => &[("节奏", &[]), ("節奏", &[]), ("程", &["程序"]), ("鱼", &[])],
        "编" => &[
            ("辑", &[]),
            ("輯", &[]),
            ("队", &[]),
            ("隊", &[]),
            ("制", &["制定", "制度"]),
            ("剧", &[]),
            ("者", &[]),
            ("译", &[]),
            ("程", &["程序"]),
            ("组", &["组织"]),
            ("号", &[]),
            ("码", &[]),
        ],
        "目" => &[("标", &[]), ("標", &[]), ("的地", &[]), ("击", &[]), ("录", &[])],
        "点" => &[("球", &[]), ("钟", &[]), ("击", &[]), ("心", &[])],
        "方面" => &[("军", &[]), ("軍", &[])],
        "部分" => &[
            ("析", &[]),
            ("类", &["类型", "类别"]),
            ("级", &["级别"]),
            ("布", &["布局", "布置"]),
            ("享", &[]),
            ("红", &[]),
            ("人", &["人员", "人才", "人口", "人民"]),
        ],
        _ => &[],
    }
}

/// Things that the unit counts as a measure word. Those that a text also numbers as its own parts
/// (第三条建议, 第二项任务) are left out.
fn counted(unit: &str) -> &'static [&'static str] {
    static UNIT_0: WordList = WordList::section(WORDS, "counted by 条");
    static UNIT_1: WordList = WordList::section(WORDS, "counted by 款");
    static UNIT_2: WordList = WordList::section(WORDS, "counted by 项");
    static UNIT_3: WordList = WordList::section(WORDS, "counted by 节");
    static UNIT_4: WordList = WordList::section(WORDS, "counted by 篇");
    match unit {
        "条" => &UNIT_0,
        "款" => &UNIT_1,
        "项" => &UNIT_2,
        "节" => &UNIT_3,
        "篇" => &UNIT_4,
        _ => &[],
    }
}

/// What may stand between the measure word and the thing: 第一条跨海高速公路.
static MODIFIERS: WordList = WordList::section(WORDS, "modifiers");

/// What goes on after a reference.
static GOES_ON: WordList = WordList::section(WORDS, "goes on");

/// What is said before the first of its kind: 我国第一条…….
static FIRST_OF: WordList = WordList::section(WORDS, "first of its kind");

/// What a reference may belong to: 公路法第三条.
const LAWS: [&str; 8] = ["》", "法", "法典", "条例", "條例", "细则", "办法", "章程"];

/// Whether a law's name ends `before`.
pub(super) fn names_law(before: &str) -> bool {
    LAWS.iter().any(|law| before.ends_with(law))
}

/// Whether `before`, which begins a question, leads to a reference: 请问39条.
pub(super) fn leads(before: &str) -> bool {
    static LEADS: WordList = WordList::section(WORDS, "begins a question");
    LEADS.contains(before)
}

/// Whether `after` asks for the unit before it: 39条讲什么.
pub(super) fn asks(after: &str) -> bool {
    static ASKS: WordList = WordList::section(WORDS, "asks for a unit");
    ASKS.prefix_of(after).is_some()
        || after.starts_with(|c: char| yiju_text::numerals::decimal(c).is_some())
}

/// Whether 第X and `unit`, before `after`, refer to a unit of a text.
pub(super) fn refers(unit: &str, after: &str, place: Place<'_>) -> bool {
    let unit = match unit {
        "條" => "条",
        "項" => "项",
        "節" => "节",
        "編" | "分编" => "编",
        "點" | "大点" => "点",
        "大部分" => "部分",
        other => other,
    };
    // 第八条和第九条高速公路: what follows the last of a list decides.
    let mut after = after;
    for _ in 0..8 {
        let Some(next) = next_of_list(unit, after) else {
            break;
        };
        after = next;
    }
    let begins = |words: &[&str]| words.iter().any(|word| after.starts_with(word));
    if compounds(unit).iter().any(|(word, unless)| after.starts_with(word) && !begins(unless)) {
        return false;
    }
    let before = place.before.trim_end();
    // 第一句 is of a unit named before.
    if unit.starts_with('句') {
        return place.after_unit;
    }
    if place.after_unit || names_law(before) {
        return true;
    }
    if counts(unit, after) {
        return false;
    }
    let unclear = after.starts_with(|c: char| {
        c.is_alphanumeric() || matches!(c, '“' | '‘' | '「' | '『' | '《' | '"')
    });
    if !unclear || GOES_ON.prefix_of(after).is_some() {
        return true;
    }
    let before = before.strip_suffix('的').unwrap_or(before);
    let first_of = FIRST_OF.suffix_of(before).is_some();
    // 款, 项 and 目 seldom stand alone.
    !first_of && !matches!(unit, "款" | "项" | "目")
}

/// What follows 和第九条 at the start of `after`.
fn next_of_list<'a>(unit: &str, after: &'a str) -> Option<&'a str> {
    let rest = &after[list::link(after)?.length..];
    let rest = rest.strip_prefix('第')?.trim_start();
    let (_, length) = leading_number(rest)?;
    let rest = rest[length..].trim_start();
    rest.strip_prefix(unit).or_else(|| {
        let traditional = match unit {
            "条" => '條',
            "项" => '項',
            "节" => '節',
            "编" => '編',
            _ => return None,
        };
        rest.strip_prefix(traditional)
    })
}

/// Whether `after` names a thing that `unit` counts.
fn counts(unit: &str, after: &str) -> bool {
    let things = counted(unit);
    if things.is_empty() {
        return false;
    }
    let is_thing = |text: &str| {
        let mut text = text;
        for _ in 0..4 {
            if things.iter().any(|thing| names(text, thing)) {
                return true;
            }
            let longest = MODIFIERS
                .iter()
                .filter(|word| text.starts_with(**word))
                .map(|word| word.len())
                .max();
            match longest {
                Some(length) => text = &text[length..],
                None => return false,
            }
        }
        false
    };
    if is_thing(after) {
        return true;
    }
    // 第一条横跨长江的隧道, but not 第八条规定的线路.
    if GOES_ON.prefix_of(after).is_some() {
        return false;
    }
    after
        .char_indices()
        .take(16)
        .take_while(|(_, c)| c.is_alphanumeric())
        .any(|(i, c)| c == '的' && is_thing(&after[i + c.len_utf8()..]))
}

/// Whether `text` begins with `thing` as a word: 船, but not the 船 of 船舶.
fn names(text: &str, thing: &str) -> bool {
    text.strip_prefix(thing).is_some_and(|rest| {
        thing.chars().nth(1).is_some()
            || !rest.starts_with(|c: char| {
                c.is_alphanumeric() && !"是有在叫的长通建被和与从由讲教上哪怎什".contains(c)
            })
    })
}

/// Whether `rest`, after `一、`, goes on counting: 一、二线城市, 一、二、三产业.
pub(super) fn is_enumeration(number: u32, rest: &str) -> bool {
    let Some((next, length)) = leading_number(rest).filter(|&(next, _)| next > number && next < 10)
    else {
        return false;
    };
    let after = &rest[length..];
    let counted = [
        "、", "，", "和", "线", "線", "产业", "產業", "季度", "类", "级", "期", "批", "班", "楼",
        "号", "年级", "手", "审",
    ];
    next == number + 1 && after.is_empty() || counted.iter().any(|word| after.starts_with(word))
}
