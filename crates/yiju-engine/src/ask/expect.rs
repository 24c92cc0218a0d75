//! What kind of answer a question asks for, and whether a text holds one of that kind.
//!
//! The rules are word lists and number shapes of Chinese and English; nothing here knows a
//! document. They decide two things: whether evidence can answer at all (a question for an amount
//! is not answered by a text without numbers), and which part of a sentence is the answer.

mod unit;

use std::ops::Range;

use crate::ask::numbers::quantities;
pub(crate) use unit::Unit;

/// What a question asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// An amount: 多少, 几个, how many. The unit narrows what counts.
    Quantity(Unit),
    /// A point in time or a period: 什么时候, 哪年, when.
    Time,
    /// A person or body: 谁, 哪个部门, who.
    Agent,
    /// A place: 哪里, where.
    Place,
    /// Several things: 哪些, 分别, which … are.
    List,
    /// The clause itself: 在哪一条.
    Location,
    /// Why or how: 为什么, 怎样, how is.
    Explanation,
    /// Anything else: what, whether.
    Open,
}

const TIME_ZH: &[&str] = &[
    "什么时候",
    "何时",
    "几时",
    "哪年",
    "哪一年",
    "哪天",
    "哪一天",
    "哪月",
    "哪个月",
    "几月",
    "几号",
    "几点",
    "什么时间",
    "什么日期",
    "哪个年代",
    "何年",
    "何月",
    "哪一日",
    "多会儿",
];
const PLACE_ZH: &[&str] = &[
    "哪里",
    "哪儿",
    "何处",
    "什么地方",
    "哪个国家",
    "哪个城市",
    "哪个省",
    "哪座城市",
];
const LOCATION_ZH: &[&str] = &[
    "哪一条",
    "哪条",
    "哪一款",
    "哪一章",
    "哪一节",
    "哪个部分",
    "哪部分",
    "第几条",
    "第几章",
];
const AGENT_ZH: &[&str] = &[
    "谁",
    "哪个部门",
    "哪个机关",
    "哪个单位",
    "什么部门",
    "什么机关",
    "哪家",
    "何人",
    "哪位",
    "什么人",
    "哪个机构",
];
const LIST_ZH: &[&str] = &["哪些", "哪几", "分别", "有什么样的", "都有什么", "列举"];
/// Words that ask for a reason, and for a way.
pub(crate) const WHY_ZH: &[&str] = &["为什么", "为何", "原因"];
pub(crate) const HOW_ZH: &[&str] = &["怎么", "怎样", "如何"];
/// What `question` asks for. `question` is in normal form (see `yiju_text::normalize`).
pub(crate) fn expected(question: &str) -> Expected {
    let has = |words: &[&str]| words.iter().any(|word| question.contains(word));
    let english = english_words(question);
    let phrase = |words: &[&str]| english.windows(words.len()).any(|window| window == words);
    if has(LOCATION_ZH) {
        return Expected::Location;
    }
    if has(TIME_ZH) || phrase(&["when"]) || phrase(&["what", "year"]) || phrase(&["which", "year"])
    {
        return Expected::Time;
    }
    if question.contains("多少")
        || asks_with_ji(question)
        || phrase(&["how", "many"])
        || phrase(&["how", "much"])
        || phrase(&["what", "percentage"])
        || phrase(&["how", "long"])
        || phrase(&["how", "old"])
        || phrase(&["how", "large"])
        || asks_for_figure(&english)
        || names_figure(question)
        || question.contains("多久")
        || question.contains("百分之几")
        || question.contains("多大")
        || question.contains("多长")
        || question.contains("多高")
    {
        return Expected::Quantity(unit::asked(question, &english));
    }
    if has(LIST_ZH) {
        return Expected::List;
    }
    if has(AGENT_ZH) || phrase(&["who"]) || phrase(&["whom"]) || phrase(&["which", "department"]) {
        return Expected::Agent;
    }
    if has(PLACE_ZH) || phrase(&["where"]) {
        return Expected::Place;
    }
    if has(WHY_ZH) || has(HOW_ZH) || phrase(&["why"]) || phrase(&["how"]) {
        return Expected::Explanation;
    }
    Expected::Open
}

/// `what is the minimum wage`: a figure, though no word says how many.
fn asks_for_figure(english: &[&str]) -> bool {
    const FIGURES: &[&str] = &[
        "wage",
        "wages",
        "rate",
        "price",
        "cost",
        "fee",
        "fine",
        "salary",
        "population",
        "percentage",
        "budget",
        "limit",
        "amount",
        "number",
        "age",
        "deadline",
        "threshold",
        "quota",
        "ratio",
    ];
    let asks = english
        .windows(2)
        .any(|pair| pair == ["what", "is"] || pair == ["what", "was"] || pair == ["what", "are"]);
    // The noun asked for comes before its first attribute: the tax rate set by …, not the policy on rates.
    let head = english
        .iter()
        .skip(2)
        .take_while(|word| !["of", "for", "in", "on", "by", "set", "to", "that"].contains(word));
    asks && head.last().is_some_and(|noun| FIGURES.contains(noun))
}

/// 上限是什么, 年限是怎么规定的: a figure, though no word says how many.
fn names_figure(question: &str) -> bool {
    const FIGURES: &[&str] = &[
        "上限", "下限", "税率", "额度", "金额", "年限", "比例", "限额", "价格", "单价",
    ];
    const ASKED: &[&str] = &["是什么", "是怎么规定", "怎么规定", "如何规定", "为何"];
    FIGURES.iter().any(|figure| {
        question.match_indices(figure).any(|(at, _)| {
            ASKED
                .iter()
                .any(|asked| question[at + figure.len()..].starts_with(asked))
        })
    })
}

fn english_words(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect()
}

/// 几 as a question for a number: 几个, 几年, 判几年, but not 几乎 or 十几.
fn asks_with_ji(question: &str) -> bool {
    question.char_indices().any(|(at, c)| {
        c == '几' && {
            let next = question[at + c.len_utf8()..].chars().next();
            let before = question[..at].chars().next_back();
            next.is_some_and(|n| "个名人位年月天日次种项条家所座岁倍层级元件亩台辆小".contains(n))
                && before.is_none_or(|b| !"十百千万数好这那哪第".contains(b))
        }
    })
}

/// How well `text` (in normal form) holds what is expected: 1 where it does, 0 where it cannot,
/// 0.5 where it holds a number of another unit, and 1 where nothing particular is expected.
pub(crate) fn fits(expected: Expected, text: &str) -> f32 {
    match expected {
        Expected::Quantity(unit) => quantities(text).fold(0.0, |best: f32, found| {
            let of_unit = unit == Unit::Any || unit::at(text, &found) == unit;
            best.max(if of_unit { 1.0 } else { 0.5 })
        }),
        Expected::Time => {
            if quantities(text).any(|found| is_time(text, &found)) || names_time(text) {
                1.0
            } else {
                0.0
            }
        }
        _ => 1.0,
    }
}

fn is_time(text: &str, found: &Range<usize>) -> bool {
    let rest = text[found.end..].trim_start();
    if [
        "年", "月", "日", "号", "世纪", "时", "点", "天", "周", "小时", "分",
    ]
    .iter()
    .any(|word| rest.starts_with(word))
    {
        return true;
    }
    let digits = &text[found.clone()];
    digits.len() == 4
        && digits.starts_with(['1', '2'])
        && digits.bytes().all(|b| b.is_ascii_digit())
}

fn names_time(text: &str) -> bool {
    const NAMES: &[&str] = &[
        "今年",
        "明年",
        "去年",
        "当年",
        "同年",
        "次年",
        "年底",
        "年初",
        "月底",
        "当天",
        "当日",
        "次日",
        "今天",
        "明天",
        "昨天",
        "上午",
        "下午",
        "星期",
        "周一",
        "周二",
        "周三",
        "周四",
        "周五",
        "周六",
        "周日",
        "时期",
        "年间",
        "期间",
        "朝",
        "春",
        "夏",
        "秋",
        "冬",
        "届满",
        "之日",
        "以来",
        "以后",
        "之前",
        "之后",
        "时候",
        "时",
        "january",
        "february",
        "march",
        "april",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "century",
    ];
    NAMES.iter().any(|name| text.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_ask_for_their_kind() {
        for (question, kind) in [
            ("容积率上限是多少?", Expected::Quantity(Unit::Any)),
            ("有多少名员工?", Expected::Quantity(Unit::Persons)),
            ("罚款金额是多少?", Expected::Quantity(Unit::Money)),
            ("会判几年?", Expected::Quantity(Unit::Duration)),
            ("企业有多少员工?", Expected::Quantity(Unit::Persons)),
            ("参加的消费者一共有多少?", Expected::Quantity(Unit::Persons)),
            ("能领多少一次性退役金?", Expected::Quantity(Unit::Money)),
            ("年龄上限是多少?", Expected::Quantity(Unit::Age)),
            ("各年龄段有多少人?", Expected::Quantity(Unit::Persons)),
            ("用了多少机器人?", Expected::Quantity(Unit::Any)),
            ("满多少岁可以申请?", Expected::Quantity(Unit::Age)),
            ("how old must they be?", Expected::Quantity(Unit::Age)),
            (
                "how many employees does it have?",
                Expected::Quantity(Unit::Persons),
            ),
            ("黄金有多少吨?", Expected::Quantity(Unit::Any)),
            ("什么时候开展?", Expected::Time),
            ("由谁负责?", Expected::Agent),
            ("包括哪些城市?", Expected::List),
            ("在哪一条提到?", Expected::Location),
            ("怎样治理黑臭水体?", Expected::Explanation),
            ("how are flood risks reduced?", Expected::Explanation),
            ("what does the show say?", Expected::Open),
            ("几乎没有变化的是什么?", Expected::Open),
            (
                "how many people work there?",
                Expected::Quantity(Unit::Persons),
            ),
            ("when will it be done?", Expected::Time),
            ("who coordinates it?", Expected::Agent),
            (
                "what is the minimum wage set by this policy?",
                Expected::Quantity(Unit::Any),
            ),
            ("what is the policy on rates?", Expected::Open),
            ("户口迁移年限是怎么规定的?", Expected::Quantity(Unit::Any)),
        ] {
            assert_eq!(expected(question), kind, "{question}");
        }
    }

    #[test]
    fn a_text_without_numbers_cannot_answer_how_many() {
        assert_eq!(
            fits(
                Expected::Quantity(Unit::Any),
                "优化产权归集、整合、置换和登记政策"
            ),
            0.0
        );
        assert_eq!(fits(Expected::Quantity(Unit::Money), "总额1.13万亿元"), 1.0);
        assert_eq!(
            fits(Expected::Quantity(Unit::Persons), "每年可发电约2亿千瓦时"),
            0.5
        );
        assert_eq!(fits(Expected::Quantity(Unit::Age), "年满18周岁的公民"), 1.0);
        assert_eq!(fits(Expected::Quantity(Unit::Age), "服役满2年"), 0.5);
        assert_eq!(fits(Expected::Time, "今年4月底全部并网"), 1.0);
        assert_eq!(fits(Expected::Time, "完善应急体系"), 0.0);
    }
}
