//! The fixed phrases of answers, in Chinese and English.

use jiff::civil::Date;
use yiju_document::Particular;
use yiju_text::parse_number;
use yiju_text::words::WordList;

use crate::ask::question::Language;
use crate::response::{ForceStatus, InForce, Verdict};

/// Why there is no answer: the documents do not hold one.
pub(crate) fn no_match(language: Language) -> String {
    match language {
        Language::Chinese => "库中文件没有回答这个问题；以下是最接近的条款。".into(),
        Language::English => {
            "The documents do not answer this question; the nearest clauses follow.".into()
        }
    }
}

/// Why there is no answer: the library is empty, or the filter leaves nothing.
pub(crate) fn nothing_there(language: Language) -> String {
    match language {
        Language::Chinese => "没有可查的文件。".into(),
        Language::English => "There are no documents to look in.".into(),
    }
}

/// What the question fixes and no clause near it is about.
pub(crate) fn nothing_about(language: Language, unmet: &[String]) -> String {
    match language {
        Language::Chinese => {
            format!("库中文件没有关于“{}”的内容；以下是最接近的条款。", unmet.join("”“"))
        }
        Language::English => {
            format!(
                "The documents say nothing about “{}”; the nearest clauses follow.",
                unmet.join("”, “")
            )
        }
    }
}

/// The unit that was cited does not exist.
pub(crate) fn no_such_unit(language: Language, cited: &str) -> String {
    match language {
        Language::Chinese => format!("库中文件没有“{cited}”。"),
        Language::English => format!("The documents have no “{cited}”."),
    }
}

/// A document that does not say `what` of itself.
pub(crate) fn does_not_say(language: Language, title: &str, what: Particular) -> String {
    let (chinese, english) = match what {
        Particular::Number => ("文号", "its number"),
        Particular::Title => ("标题", "its title"),
        Particular::Issuer => ("发布机关", "who issued it"),
        Particular::Adopter => ("通过机关", "who adopted it"),
        Particular::Adopted => ("通过日期", "when it was adopted"),
        Particular::Revised => ("修订日期", "when it was amended"),
        Particular::InForce => ("施行日期", "since when it is in force"),
        Particular::Date | Particular::Proclaimed => ("发布日期", "its date"),
    };
    match language {
        Language::Chinese => format!("《{title}》没有写{chinese}。"),
        Language::English => format!("“{title}” does not say {english}."),
    }
}

/// A list that is too long to give whole.
pub(crate) fn first_of(language: Language, given: usize, total: usize) -> String {
    match language {
        Language::Chinese => format!("共{total}处，以上是前{given}处。"),
        Language::English => format!("These are the first {given} of {total}."),
    }
}

/// The word that a yes-or-no question is answered with.
pub(crate) fn verdict(language: Language, verdict: Verdict) -> &'static str {
    match (language, verdict) {
        (Language::Chinese, Verdict::Permitted) => "可以。",
        (Language::Chinese, Verdict::Prohibited) => "不得。",
        (Language::Chinese, Verdict::Required) => "应当。",
        (Language::Chinese, Verdict::NotRequired) => "不需要。",
        (Language::English, Verdict::Permitted) => "Allowed. ",
        (Language::English, Verdict::Prohibited) => "Not allowed. ",
        (Language::English, Verdict::Required) => "Required. ",
        (Language::English, Verdict::NotRequired) => "Not required. ",
    }
}

/// A quoted list that goes on in the document.
pub(crate) fn goes_on(language: Language) -> String {
    match language {
        Language::Chinese => "（列举未完，全文见所引条款。）".into(),
        Language::English => "(The list goes on in the clause cited.)".into(),
    }
}

/// That a document is in force, and since when.
pub(crate) fn in_force(language: Language, title: &str, force: &InForce) -> String {
    let from = force.from;
    match language {
        Language::Chinese => match from {
            Some(from) => format!("《{title}》现行有效，自{}起施行。", chinese_date(from)),
            None => format!("《{title}》现行有效。"),
        },
        Language::English => match from {
            Some(from) => format!("“{title}” is in force, since {from}."),
            None => format!("“{title}” is in force."),
        },
    }
}

/// That a document is not in force, since when, and what took its place.
pub(crate) fn not_in_force(
    language: Language,
    title: &str,
    force: &InForce,
    by: Option<&str>,
) -> String {
    let day = |day: Option<Date>| match language {
        Language::Chinese => day.map(chinese_date).unwrap_or_default(),
        Language::English => day.map(|day| day.to_string()).unwrap_or_default(),
    };
    let until = day(force.until);
    let from = day(force.from);
    match language {
        Language::Chinese => match force.status {
            ForceStatus::NotYet => format!("（《{title}》自{from}起施行，尚未生效。）"),
            ForceStatus::Expired => format!("（《{title}》有效期已于{until}届满。）"),
            ForceStatus::Superseded => format!(
                "（《{title}》{}已于{until}被{}取代。）",
                if from.is_empty() { String::new() } else { format!("自{from}起施行，") },
                by.filter(|by| *by != title)
                    .map_or("新的版本".to_owned(), |by| format!("《{by}》")),
            ),
            ForceStatus::Repealed => format!(
                "（《{title}》已于{until}废止{}。）",
                match by {
                    None => String::new(),
                    Some(by) if by == title => "，现行的是新的版本".to_owned(),
                    Some(by) => format!("，现行的是《{by}》"),
                }
            ),
            ForceStatus::InForce => String::new(),
        },
        Language::English => match force.status {
            ForceStatus::NotYet => format!("(“{title}” comes into force on {from}.)"),
            ForceStatus::Expired => format!("(“{title}” was in force until {until}.)"),
            ForceStatus::Superseded => {
                format!("(“{title}” was in force until {until}; a later version took its place.)")
            }
            ForceStatus::Repealed => format!("(“{title}” was repealed on {until}.)"),
            ForceStatus::InForce => String::new(),
        },
    }
}

/// Which of two versions an answer is from.
pub(crate) fn of_version(language: Language, current: bool) -> &'static str {
    match (language, current) {
        (Language::Chinese, true) => "现行规定：",
        (Language::Chinese, false) => "原规定：",
        (Language::English, true) => "In force: ",
        (Language::English, false) => "Before: ",
    }
}

fn chinese_date(day: Date) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// Where a quote in another language is found: the title and headings as printed, their numbers in the
/// question's language.
pub(crate) fn stands_in(language: Language, title: &str, path: &[String]) -> String {
    match language {
        Language::Chinese => format!("《{title}》{}：", path.join(" > ")),
        Language::English => {
            let mut place = format!("In “{title}”");
            for heading in path {
                place.push_str(", ");
                place.push_str(&heading_in_english(heading));
            }
            place + ": "
        }
    }
}

/// A heading with its number in English: 第二章 供水管理 is Chapter 2 “供水管理”, （二） is (2).
fn heading_in_english(heading: &str) -> String {
    let heading = heading.trim();
    let (number, rest) = numbered(heading).unwrap_or((String::new(), heading));
    let rest = rest.trim_start_matches([' ', '\u{3000}']);
    match (number.is_empty(), rest.is_empty()) {
        (true, _) => format!("“{rest}”"),
        (false, true) => number,
        (false, false) => format!("{number} “{rest}”"),
    }
}

/// Units of law as headings print them after 第 and a number, and in English.
static UNITS: WordList = WordList::new(include_str!("../../data/units-of-law.txt"));

/// The number at the start of a heading in English, and the rest of the heading.
fn numbered(heading: &str) -> Option<(String, &str)> {
    let split = |text: &'static [char], from: &str| -> Option<(u32, usize)> {
        let end = from.find(text)?;
        Some((parse_number(from.get(..end)?)?, end))
    };
    if let Some(after) = heading.strip_prefix('第') {
        return UNITS.rows().find_map(|[unit, name]| {
            let end = after.find(unit)?;
            let number = parse_number(after.get(..end)?)?;
            Some((format!("{name} {number}"), after.get(end + unit.len()..)?))
        });
    }
    if let Some(after) = heading.strip_prefix(['（', '(']) {
        let (number, end) = split(&['）', ')'], after)?;
        let rest = after.get(end..)?.trim_start_matches(['）', ')']);
        return Some((format!("({number})"), rest));
    }
    let (number, end) = split(&['、', '.', '．'], heading)?;
    let rest = heading.get(end..)?.trim_start_matches(['、', '.', '．']);
    Some((format!("Part {number}"), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_says_where_a_quote_stands_in_english() {
        for (heading, english) in [
            ("第二章　供水管理", "Chapter 2 “供水管理”"),
            ("第十七条", "Article 17"),
            ("第三部分 附则", "Part 3 “附则”"),
            ("二、优化现代化城市体系", "Part 2 “优化现代化城市体系”"),
            ("（十九）增强综合竞争力", "(19) “增强综合竞争力”"),
            ("(2)城市", "(2) “城市”"),
            ("3. 城市", "Part 3 “城市”"),
            ("总体要求", "“总体要求”"),
            ("第一百", "“第一百”"),
        ] {
            assert_eq!(heading_in_english(heading), english);
        }
        let path = ["二、体系".to_owned(), "（二）竞争力".to_owned()];
        assert_eq!(
            stands_in(Language::English, "意见", &path),
            "In “意见”, Part 2 “体系”, (2) “竞争力”: "
        );
        assert_eq!(stands_in(Language::English, "意见", &[]), "In “意见”: ");
        assert_eq!(
            stands_in(Language::Chinese, "意见", &path),
            "《意见》二、体系 > （二）竞争力："
        );
        assert_eq!(stands_in(Language::Chinese, "意见", &[]), "《意见》：");
    }

    proptest::proptest! {
        #[test]
        fn any_heading_is_worded(heading in "[第（(一二三0-9章条、.）) 城]{0,8}|\\PC{0,12}") {
            heading_in_english(&heading);
        }
    }
}
