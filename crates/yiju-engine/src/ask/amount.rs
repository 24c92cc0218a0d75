//! The part of a quote that answers a question for an amount or a time.

use std::ops::Range;

use crate::ask::expect::{Expected, fits};
use crate::ask::numbers::quantities;
use crate::ask::question::Question;

/// Words before a number that belong to it.
const BEFORE: &[&str] = &[
    "大约",
    "将近",
    "接近",
    "超过",
    "不超过",
    "不低于",
    "不少于",
    "至少",
    "最多",
    "约",
    "近",
    "超",
    "逾",
    "每年",
    "第",
];
/// What makes a number larger.
const MAGNITUDE: &[char] = &['十', '百', '千', '万', '亿', '兆', '多', '余', '几', '来'];
/// Units, longer ones before those they begin with.
const UNITS: &[&str] = &[
    "平方公里",
    "平方千米",
    "平方米",
    "立方米",
    "千瓦时",
    "个百分点",
    "个工作日",
    "个月",
    "个小时",
    "小时",
    "分钟",
    "公里",
    "千米",
    "厘米",
    "毫米",
    "公顷",
    "公斤",
    "千克",
    "兆瓦",
    "千瓦",
    "瓦",
    "美元",
    "欧元",
    "英镑",
    "日元",
    "港元",
    "世纪",
    "年代",
    "万元",
    "亿元",
    "元",
    "人次",
    "人",
    "名",
    "位",
    "户",
    "个",
    "件",
    "家",
    "项",
    "条",
    "种",
    "座",
    "所",
    "次",
    "倍",
    "吨",
    "米",
    "克",
    "升",
    "岁",
    "年",
    "月",
    "日",
    "号",
    "天",
    "周",
    "时",
    "点",
    "分",
    "秒",
    "度",
    "级",
    "层",
    "亩",
    "台",
    "辆",
    "艘",
    "架",
    "支",
    "枚",
    "张",
    "部",
    "篇",
    "届",
    "场",
    "轮",
    "成",
    "%",
    "％",
    "‰",
];
/// Words after an amount that belong to it.
const AFTER: &[&str] = &["以上", "以下", "以内", "左右", "之间", "多"];

/// The byte range in `text` of the amount or time that a question asks for: of those with the right
/// kind of unit, one with the very unit where the question names it (多少分), and of these the one
/// nearest to a word of the question. `None` where the question asks for something else or the text
/// has none.
pub(crate) fn answering(question: &Question, text: &str) -> Option<Range<usize>> {
    if !matches!(question.expected, Expected::Quantity(_) | Expected::Time) {
        return None;
    }
    let words: Vec<Range<usize>> = question
        .words
        .iter()
        .flat_map(|word| {
            text.match_indices(word.text.as_str())
                .map(|(at, found)| at..at + found.len())
        })
        .collect();
    let unit = asked_unit(&question.text);
    let distance = |part: &Range<usize>| {
        let gap = |word: &Range<usize>| {
            if word.end <= part.start {
                part.start - word.end
            } else {
                word.start.saturating_sub(part.end)
            }
        };
        let other_unit = unit.is_some_and(|unit| !text[part.clone()].contains(unit));
        // A number that the question itself names is not what it asks for; a unit that it names is.
        let named = words.iter().any(|word| {
            word.start < part.end
                && part.start < word.end
                && quantities(&text[word.clone()]).next().is_some()
        });
        (named, other_unit, words.iter().map(gap).min().unwrap_or(0))
    };
    amounts(text)
        .into_iter()
        .filter(|part| fits(question.expected, &text[part.clone()]) >= 1.0)
        .min_by_key(distance)
}

/// The unit that a question names behind the word that asks for a number.
fn asked_unit(question: &str) -> Option<&'static str> {
    ["多少", "几"].iter().find_map(|word| {
        let (_, rest) = question.split_once(word)?;
        UNITS.iter().copied().find(|unit| rest.starts_with(*unit))
    })
}

/// The amounts and times of a text, each with its unit; a date's parts are one.
fn amounts(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for number in quantities(text) {
        let mut end = number.end;
        // 亿 makes the number larger, 千 of 千瓦时 is the unit's.
        while let Some(c) = text[end..].chars().next()
            && MAGNITUDE.contains(&c)
            && !UNITS.iter().any(|unit| text[end..].starts_with(*unit))
        {
            end += c.len_utf8();
        }
        let space = text[end..].len() - text[end..].trim_start_matches(' ').len();
        if let Some(unit) = UNITS
            .iter()
            .find(|unit| text[end + space..].starts_with(**unit))
        {
            end += space + unit.len();
        }
        if let Some(after) = AFTER.iter().find(|after| text[end..].starts_with(**after)) {
            end += after.len();
        }
        let start = match BEFORE
            .iter()
            .find(|before| text[..number.start].ends_with(**before))
        {
            Some(before) => number.start - before.len(),
            None if text[..number.start].ends_with("百分之") => number.start - "百分之".len(),
            None => number.start,
        };
        match found.last_mut() {
            // 2025年8月15日, 三至五年, 10-20人
            Some(last) if text.get(last.end..start).is_some_and(joins) => last.end = end,
            _ => found.push(start..end),
        }
    }
    found
}

fn joins(between: &str) -> bool {
    matches!(between, "" | " " | "至" | "到" | "-" | "—" | "～" | "~")
}

#[cfg(test)]
mod tests {
    use yiju_index::LexicalIndex;

    use super::*;

    fn answer<'t>(question: &str, text: &'t str) -> Option<&'t str> {
        let question = Question::new(question, &LexicalIndex::in_memory().unwrap()).unwrap();
        answering(&question, text).map(|range| &text[range])
    }

    #[test]
    fn amounts_come_with_their_units() {
        let found = |text: &str| {
            amounts(text)
                .into_iter()
                .map(|r| text[r].to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            found("总额1.13万亿元，增长8.23%。"),
            ["1.13万亿元", "8.23%"]
        );
        assert_eq!(found("预计每年可发电约2亿千瓦时"), ["约2亿千瓦时"]);
        assert_eq!(found("(2025年8月15日)施行"), ["2025年8月15日"]);
        assert_eq!(found("处三年以上五年以下有期徒刑"), ["三年以上五年以下"]);
        assert_eq!(found("新建2000个以上公共充电桩"), ["2000个以上"]);
        assert_eq!(found("减少百分之五"), ["百分之五"]);
    }

    #[test]
    fn the_nearest_amount_of_the_right_unit_answers() {
        let text = "研发费用总额1.13万亿元，研发人员总数115.17万人";
        assert_eq!(answer("研发费用总额是多少？", text), Some("1.13万亿元"));
        assert_eq!(answer("研发人员有多少人？", text), Some("115.17万人"));
        assert_eq!(answer("怎样研发？", text), None);
        assert_eq!(answer("有多少人？", "完善制度"), None);
        assert_eq!(
            answer("什么时候开展？", "要求在9月集中组织开展活动"),
            Some("9月")
        );
        assert_eq!(
            answer("民营企业500强纳税多少？", "民营企业500强纳税1.27万亿元"),
            Some("1.27万亿元")
        );
        let text = "防守只丢了 308分，拦截24次，列第6名";
        assert_eq!(answer("防守丢了多少分？", text), Some("308分"));
        assert_eq!(answer("防守拦截了几次？", text), Some("24次"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_cut_at_characters(text in "[0-9一二三十百万亿年月日个元约第 至%，。a-c]{0,40}") {
            for part in amounts(&text) {
                proptest::prop_assert!(text.get(part.clone()).is_some_and(|part| !part.is_empty()));
            }
        }
    }
}
