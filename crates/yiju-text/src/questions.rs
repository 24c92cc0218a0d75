//! What kind of answer a question asks for, and whether a text holds one of that kind.
//!
//! The rules are word lists (`data/questions.txt`) and number shapes of Chinese and English; nothing here knows a
//! document. They decide two things: whether evidence can answer at all (a question for an amount is not answered
//! by a text without numbers), and which part of a sentence is the answer.

mod counted;

use std::ops::Range;

use crate::amounts::{Kind, kind_of, numbers};
use crate::words::WordList;

const SOURCE: &str = include_str!("../data/questions.txt");

/// A list of `data/questions.txt`.
const fn list(section: &'static str) -> WordList {
    WordList::section(SOURCE, section)
}

static LOCATION: WordList = list("location");
static TIME: WordList = list("time");
static AMOUNT: WordList = list("amount");
static SEVERAL: WordList = list("list");
static AGENT: WordList = list("agent");
static PLACE: WordList = list("place");
/// Words that ask for a reason: 为什么, why.
pub static WHY: WordList = list("why");
/// Words that ask for a way: 怎样, how.
pub static HOW: WordList = list("how");
static COUNTED_BY_JI: WordList = list("counted by 几");
static FIGURES: WordList = list("figures");
static ASKED_OF_A_FIGURE: WordList = list("asked of a figure");
static ENGLISH_FIGURES: WordList = list("english figures");
static AFTER_A_FIGURE: WordList = list("after a figure");
static TIME_UNITS: WordList = list("time units");
static FREQUENCIES: WordList = list("frequencies");
static NO_TIMES: WordList = list("no times");
static NAMES_OF_TIMES: WordList = list("names of times");
static ASKING_WORDS: WordList = list("asking words");
/// Terms of a question about any document: they say that something is asked, not what.
pub static IDLE: WordList = list("idle");
/// Terms of a question for a numbered unit as a whole: 包含, 条款, summary.
pub static OF_A_UNIT: WordList = list("of a unit");

/// What a question asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// An amount: 多少, 几个, how many. The kind narrows what counts.
    Quantity(Kind),
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

/// What `question` asks for. `question` is in normal form (see [`crate::normalize`]).
///
/// ```
/// use yiju_text::{amounts::Kind, questions::{Expected, expected}};
/// assert_eq!(expected("会判几年?"), Expected::Quantity(Kind::Duration));
/// assert_eq!(expected("who coordinates it?"), Expected::Agent);
/// ```
pub fn expected(question: &str) -> Expected {
    let question = &Words::of(question);
    let asks = |words: &WordList| question.hold(words);
    if asks(&LOCATION) {
        Expected::Location
    } else if asks(&TIME) {
        Expected::Time
    } else if asks(&AMOUNT)
        || asks_with_ji(question.text)
        || asks_for_figure(&question.english)
        || names_figure(question.text)
    {
        Expected::Quantity(counted::kind(question))
    } else if asks(&SEVERAL) {
        Expected::List
    } else if asks(&AGENT) {
        Expected::Agent
    } else if asks(&PLACE) {
        Expected::Place
    } else if asks(&WHY) || asks(&HOW) {
        Expected::Explanation
    } else {
        Expected::Open
    }
}

/// A question with its words in Latin letters and digits.
struct Words<'q> {
    text: &'q str,
    english: Vec<&'q str>,
    /// The same with a space before and after each.
    spaced: String,
}

impl<'q> Words<'q> {
    fn of(text: &'q str) -> Self {
        let english: Vec<&str> = text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        Self { text, spaced: format!(" {} ", english.join(" ")), english }
    }

    /// Whether one of `words` stands in the question: whole words of English, Chinese ones anywhere.
    fn hold(&self, words: &WordList) -> bool {
        words.iter().any(|word| {
            if word.is_ascii() {
                self.spaced.contains(&format!(" {word} "))
            } else {
                self.text.contains(word)
            }
        })
    }
}

/// `what is the minimum wage`: a figure, though no word says how many.
fn asks_for_figure(english: &[&str]) -> bool {
    let asks =
        english.windows(2).any(|pair| pair[0] == "what" && ["is", "was", "are"].contains(&pair[1]));
    // The noun asked for comes before its first attribute: the tax rate set by …, not the policy on rates.
    let mut head = english.iter().skip(2);
    let head = head.by_ref().take_while(|word| !AFTER_A_FIGURE.contains(word));
    asks && head.last().is_some_and(|noun| ENGLISH_FIGURES.contains(noun))
}

/// 上限是什么, 年限是怎么规定的: a figure, though no word says how many.
fn names_figure(question: &str) -> bool {
    FIGURES.iter().any(|figure| {
        question.match_indices(figure).any(|(at, _)| {
            let rest = &question[at + figure.len()..];
            ASKED_OF_A_FIGURE.prefix_of(rest).is_some()
        })
    })
}

/// 几 as a question for a number: 几个, 几年, 判几年, but not 几乎 or 十几.
fn asks_with_ji(question: &str) -> bool {
    question.match_indices('几').any(|(at, ji)| {
        let before = question[..at].chars().next_back();
        COUNTED_BY_JI.prefix_of(&question[at + ji.len()..]).is_some()
            && before.is_none_or(|b| !"十百千万数好这那哪第".contains(b))
    })
}

/// How well a text holds a time that it names without a number.
const NAMED_TIME: f32 = 0.75;

/// How well `text` (in normal form) holds what is expected: 1 where it does, 0 where it cannot, 0.75 for a time without a number,
/// 0.5 where it holds a number of another kind, and 1 where nothing particular is expected.
pub fn fits(expected: Expected, text: &str) -> f32 {
    match expected {
        // 每周备份 says how often.
        Expected::Quantity(Kind::Duration) if FREQUENCIES.is_in(text) => 1.0,
        Expected::Quantity(kind) => numbers(text).fold(0.0, |best: f32, number| {
            let of_kind = kind == Kind::Any || kind_of(text, &number) == kind;
            best.max(if of_kind { 1.0 } else { 0.5 })
        }),
        Expected::Time => {
            if numbers(text).any(|number| is_time(text, &number)) {
                1.0
            } else if names_time(text) {
                NAMED_TIME
            } else {
                0.0
            }
        }
        _ => 1.0,
    }
}

/// Whether a text says when without a number: 届满, 春季; 时段 and 及时 say nothing.
fn names_time(text: &str) -> bool {
    NAMES_OF_TIMES.iter().any(|name| {
        text.match_indices(name).any(|(at, name)| {
            let inside = |word: &str| {
                word.match_indices(name).any(|(offset, _)| {
                    at.checked_sub(offset).and_then(|from| text.get(from..from + word.len()))
                        == Some(word)
                })
            };
            !NO_TIMES.iter().any(|word| inside(word))
        })
    })
}

/// Whether the number at `number` is a time: with a unit of time after it, or a year in four digits.
fn is_time(text: &str, number: &Range<usize>) -> bool {
    let digits = &text[number.clone()];
    let year = || {
        digits.len() == 4
            && digits.starts_with(['1', '2'])
            && digits.bytes().all(|b| b.is_ascii_digit())
    };
    TIME_UNITS.prefix_of(text[number.end..].trim_start()).is_some() || year()
}

/// Byte ranges of the words in `text` that ask: 谁, 多少, who. English ones are whole words in any case.
pub fn asking_words(text: &str) -> Vec<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let found = ASKING_WORDS.iter().flat_map(|word| {
        lower.match_indices(word).filter(|(at, word)| {
            !word.is_ascii()
                || !letter(lower[..*at].chars().next_back())
                    && !letter(lower[at + word.len()..].chars().next())
        })
    });
    found.map(|(at, word)| at..at + word.len()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_ask_for_their_kind() {
        for (question, kind) in [
            ("容积率上限是多少?", Expected::Quantity(Kind::Any)),
            ("有多少名员工?", Expected::Quantity(Kind::Persons)),
            ("罚款金额是多少?", Expected::Quantity(Kind::Money)),
            ("会判几年?", Expected::Quantity(Kind::Duration)),
            ("企业有多少员工?", Expected::Quantity(Kind::Persons)),
            ("参加的消费者一共有多少?", Expected::Quantity(Kind::Persons)),
            ("能领多少一次性退役金?", Expected::Quantity(Kind::Money)),
            ("年龄上限是多少?", Expected::Quantity(Kind::Age)),
            ("各年龄段有多少人?", Expected::Quantity(Kind::Persons)),
            ("用了多少机器人?", Expected::Quantity(Kind::Any)),
            ("满多少岁可以申请?", Expected::Quantity(Kind::Age)),
            ("how old must they be?", Expected::Quantity(Kind::Age)),
            ("how many employees does it have?", Expected::Quantity(Kind::Persons)),
            ("黄金有多少吨?", Expected::Quantity(Kind::Any)),
            ("什么时候开展?", Expected::Time),
            ("由谁负责?", Expected::Agent),
            ("包括哪些城市?", Expected::List),
            ("在哪一条提到?", Expected::Location),
            ("怎样治理黑臭水体?", Expected::Explanation),
            ("how are flood risks reduced?", Expected::Explanation),
            ("what does the show say?", Expected::Open),
            ("几乎没有变化的是什么?", Expected::Open),
            ("how many people work there?", Expected::Quantity(Kind::Persons)),
            ("when will it be done?", Expected::Time),
            ("who coordinates it?", Expected::Agent),
            ("what is the minimum wage set by this policy?", Expected::Quantity(Kind::Any)),
            ("what is the policy on rates?", Expected::Open),
            ("户口迁移年限是怎么规定的?", Expected::Quantity(Kind::Any)),
        ] {
            assert_eq!(expected(question), kind, "{question}");
        }
    }

    #[test]
    fn a_text_without_numbers_cannot_answer_how_many() {
        assert_eq!(fits(Expected::Quantity(Kind::Any), "优化产权归集、整合、置换和登记政策"), 0.0);
        assert_eq!(fits(Expected::Quantity(Kind::Money), "总额1.13万亿元"), 1.0);
        assert_eq!(fits(Expected::Quantity(Kind::Persons), "每年可发电约2亿千瓦时"), 0.5);
        assert_eq!(fits(Expected::Quantity(Kind::Age), "年满18周岁的公民"), 1.0);
        assert_eq!(fits(Expected::Quantity(Kind::Age), "服役满2年"), 0.5);
        assert_eq!(fits(Expected::Quantity(Kind::Duration), "重要数据每周备份"), 1.0);
        assert_eq!(fits(Expected::Quantity(Kind::Duration), "备份介质异地存放"), 0.0);
        assert_eq!(fits(Expected::Time, "今年4月底全部并网"), 1.0);
        assert_eq!(fits(Expected::Time, "完善应急体系"), 0.0);
        assert_eq!(fits(Expected::Time, "合同期满之日"), 0.75);
        assert_eq!(fits(Expected::Time, "青河将分时段及时推进"), 0.0);
    }

    #[test]
    fn words_that_ask_are_found() {
        let found = |text: &str| {
            let mut words: Vec<String> =
                asking_words(text).into_iter().map(|range| text[range].to_owned()).collect();
            words.sort();
            words
        };
        assert_eq!(found("由谁负责，罚多少？"), ["多少", "谁"]);
        assert_eq!(found("How many? Somewhat."), ["How", "many"]);
        assert!(found("城市更新").is_empty());
    }
}
