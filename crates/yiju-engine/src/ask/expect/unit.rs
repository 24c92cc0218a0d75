//! The units of amounts: of those that questions ask for, and of those that texts hold.

use std::ops::Range;

/// The unit an amount is asked in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// 多少人, 多少名, how many people.
    Persons,
    /// 多少钱, 多少元, how much money.
    Money,
    /// A share: 比例, 率, percent.
    Share,
    /// 多少年, 几天, how long.
    Duration,
    /// 多少岁, 年龄, how old.
    Age,
    /// Any number will do.
    Any,
}

const MONEY_ZH: &[&str] = &[
    "钱", "元", "费", "价", "金额", "罚款", "补贴", "工资", "薪", "资金", "税额", "收入",
];
const SHARE_ZH: &[&str] = &[
    "比例",
    "百分之",
    "率是",
    "率为",
    "率多少",
    "占比",
    "几成",
    "百分之几",
];

/// What nouns that count persons end with, and those that are sums of money without a word of `MONEY_ZH`.
const PERSONS_ENDING: &[&str] = &[
    "人", "员", "员工", "职工", "民工", "者", "学生", "教师", "老师", "居民", "群众", "农民",
    "士兵", "人口", "干部",
];
const MONEY_ENDING: &[&str] = &["金", "款", "税", "债"];

/// The unit that `question` (in normal form; its words in Latin letters: `english`) asks for an amount in.
pub(super) fn asked(question: &str, english: &[&str]) -> Unit {
    let after = ["多少", "几"]
        .iter()
        .find_map(|word| question.find(word).map(|at| &question[at + word.len()..]))
        .unwrap_or("");
    let first = after.chars().next();
    let noun = counted_noun(question);
    let ends = |endings: &[&str]| endings.iter().any(|ending| noun.ends_with(ending));
    let persons = first.is_some_and(|c| "人名位".contains(c));
    if persons || counts_persons(english) {
        return Unit::Persons;
    }
    if question.contains("年龄")
        || first == Some('岁')
        || english.windows(2).any(|words| words == ["how", "old"])
    {
        return Unit::Age;
    }
    if ends(PERSONS_ENDING) && !noun.ends_with("机器人") {
        return Unit::Persons;
    }
    let long = question.contains("多久") || question.contains("多长时间");
    if long || first.is_some_and(|c| "年月天日".contains(c)) || english.contains(&"long") {
        return Unit::Duration;
    }
    if SHARE_ZH.iter().any(|word| question.contains(word))
        || english.contains(&"percentage")
        || english.contains(&"percent")
    {
        return Unit::Share;
    }
    // 多少钱, 多少元, 金额是多少; but 收费多少次 is a count.
    let counted = first.is_some_and(|c| "个件家条项次座所种台辆倍分".contains(c));
    let money = MONEY_ZH.iter().any(|word| question.contains(word)) || ends(MONEY_ENDING);
    if !counted && money {
        return Unit::Money;
    }
    Unit::Any
}

/// What is counted: 员工 in 有多少员工, or 员工有多少; empty where neither says it.
fn counted_noun(question: &str) -> &str {
    const LINKS: &[&str] = &[
        "一共", "总共", "大约", "有", "是", "为", "达", "到", "共", "总", "约", "大",
    ];
    let Some((before, after)) = question.split_once("多少") else {
        return "";
    };
    let signs = |c: char| !c.is_alphanumeric();
    let noun = after.split(signs).next().unwrap_or("");
    if !noun.is_empty() {
        return noun;
    }
    let mut noun = before.rsplit(signs).next().unwrap_or("");
    while let Some(shorter) = LINKS.iter().find_map(|link| noun.strip_suffix(link)) {
        noun = shorter;
    }
    noun
}

/// `how many employees`.
fn counts_persons(english: &[&str]) -> bool {
    const PERSONS: &[&str] = &[
        "persons",
        "employees",
        "workers",
        "staff",
        "students",
        "teachers",
        "residents",
        "members",
        "soldiers",
        "farmers",
        "officials",
    ];
    english
        .windows(3)
        .any(|words| words[..2] == ["how", "many"] && PERSONS.contains(&words[2]))
        || english.contains(&"people")
}

/// The unit of the number at `found` in `text`.
pub(super) fn at(text: &str, found: &Range<usize>) -> Unit {
    let rest = text[found.end..].trim_start();
    let rest = rest.trim_start_matches(['多', '余', '十', '百', '千', '万', '亿', '来', '几']);
    let starts = |words: &[&str]| words.iter().any(|word| rest.starts_with(word));
    if starts(&["岁", "周岁", "years old", "years of age"]) {
        Unit::Age
    } else if starts(&["%", "‰", "个百分点", "成"]) || text[..found.start].ends_with("分之")
    {
        Unit::Share
    } else if starts(&["人", "名", "位", "户", "people", "persons"]) {
        Unit::Persons
    } else if starts(&[
        "元",
        "美元",
        "块",
        "欧元",
        "英镑",
        "日元",
        "港元",
        "人民币",
        "角",
        "分钱",
        "yuan",
        "dollars",
        "rmb",
    ]) || text[..found.start]
        .trim_end()
        .ends_with(['$', '¥', '€', '£'])
    {
        Unit::Money
    } else if starts(&[
        "年", "个月", "月", "天", "日", "小时", "周", "分钟", "years", "months", "days", "hours",
    ]) {
        Unit::Duration
    } else {
        Unit::Any
    }
}
