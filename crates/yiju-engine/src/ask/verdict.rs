//! The word with which a yes-or-no question is answered, where the sentence quoted decides exactly what is asked.
//!
//! A question gives a side (may, must) and a matter (what follows 能不能, or stands before 行不行). A sentence decides it if
//! one of its operators (可以, 不得, 应当, 无需) governs that matter, if its conditions are the question's, and if nothing in
//! it leaves the matter open (除外, 但, 原则上, 方可). A wrong word is worse than none: every doubt is none.

mod rules;

use std::ops::Range;

use yiju_text::amounts::values;
use yiju_text::chars::is_han;
use yiju_text::normalize;
use yiju_text::words::WordList;

use crate::operators::Atoms;
use crate::response::{Citation, Verdict};
use rules::{Piece, Rule, denied, find, follows, holds, open_ended, pieces, rules, share, words};

const WORDS: &str = include_str!("../../data/verdict.txt");
static MAY: WordList = WordList::section(WORDS, "may");
static MAY_AFTER: WordList = WordList::section(WORDS, "may after");
static MUST: WordList = WordList::section(WORDS, "must");
static OPEN: WordList = WordList::section(WORDS, "open");
static ENDS: WordList = WordList::section(WORDS, "ends");
static FOLLOWING: WordList = WordList::section(WORDS, "the following");
static LIMITS: WordList = WordList::section(WORDS, "limits");
static ANYONE: WordList = WordList::section(WORDS, "anyone");

/// The least share of the matter's words that the sentence, its headings and title hold; each of them must at least
/// be held in part.
const LEAST_MATTER: f32 = 0.6;
const LEAST_WORD: f32 = 0.3;
/// The least share of the words that the headings do not say which the operator governs.
const LEAST_GOVERNED: f32 = 0.5;
/// The least share of what the operator governs that the question says: 带一部不具备上网功能的手机 is more than 带手机.
const LEAST_ASKED: f32 = 0.4;
/// The least share of all of the question's words that the sentence, its headings and title hold.
const LEAST_QUESTION: f32 = 0.5;
/// The least share of a condition's, and of a subject's, words that the question holds.
const LEAST_CONDITION: f32 = 0.5;
const LEAST_SUBJECT: f32 = 0.34;
/// The least share of the matter that one item of a list holds.
const LEAST_OF_ITEM: f32 = 0.3;

/// Whether something may or must be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    May,
    Must,
}

/// A question for a yes or a no.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Polar {
    side: Side,
    /// What may or must be done, in normal form.
    matter: String,
    /// The question in normal form.
    whole: String,
}

/// What a citation says, and where.
pub(crate) struct Said<'t> {
    /// The quote.
    pub quote: &'t str,
    /// What governs it: the lead-in of an item.
    pub context: &'t [&'t str],
    /// The clause that it is from.
    pub paragraph: &'t str,
    /// The document's title, and the headings above it.
    pub title: &'t str,
    pub path: &'t [String],
}

/// The word that a yes-or-no question is answered with: the first citation decides it, and no other otherwise.
pub(crate) fn of_citations(polar: Option<&Polar>, citations: &[Citation]) -> Option<Verdict> {
    let polar = polar?;
    let mut words = citations.iter().map(|citation| {
        let context: Vec<&str> = citation.context.iter().map(|part| part.quote.as_str()).collect();
        polar.decide(&Said {
            quote: &citation.quote,
            context: &context,
            paragraph: &citation.paragraph,
            title: &citation.document.title,
            path: &citation.path,
        })
    });
    let first = words.next()??;
    words.flatten().all(|other| other == first).then_some(first)
}

impl Polar {
    /// The question, if it asks for a yes or a no of the kind that 可以 or 应当 answers.
    pub(crate) fn of(question: &str) -> Option<Self> {
        let whole = normalize(question);
        let asked = whole.trim_end_matches(['?', '。', '.', '!', ' ']);
        let open = OPEN.iter().any(|word| find(asked, word).is_some());
        // What stands before the last mark is the case; the question is what follows.
        let last = asked.rfind([',', ';', '。', '?']).map_or(0, |at| at + 1);
        let last = if asked.is_char_boundary(last) { last } else { 0 };
        let end = ENDS.suffix_of(asked).map_or(asked.len(), |word| asked.len() - word.len());
        let ends = end < asked.len() || !asked.chars().any(is_han);
        if open {
            return None;
        }
        if let Some(word) = MAY_AFTER.suffix_of(asked) {
            let matter = asked[..asked.len() - word.len()].trim_end_matches([',', ' ']);
            let from = matter.rfind([',', '。', ';']).map_or(0, |at| at + 1);
            let from = if matter.is_char_boundary(from) { from } else { 0 };
            return Self::with(Side::May, &matter[from..], &whole);
        }
        let (side, range) = asking(asked, last).or_else(|| asking(asked, 0))?;
        let word = &asked[range.clone()];
        // 能不能, 是否 and "may I" ask by themselves; 可以 asks with 吗.
        if !(ends || word.contains('不') || word.contains("是否") || word.contains('否')) {
            return None;
        }
        let matter = asked.get(range.end..end.max(range.end))?;
        // 同事可以代打卡吗 has its matter after 可以, 发票可以吗 before it.
        if matter.trim().is_empty() {
            return Self::with(side, &asked[last.min(range.start)..range.start], &whole);
        }
        Self::with(side, matter, &whole)
    }

    fn with(side: Side, matter: &str, whole: &str) -> Option<Self> {
        let matter = matter.trim_matches([' ', ',']).to_owned();
        // 能不交吗 asks for the opposite.
        let denied = Atoms::of(&matter).atoms.iter().any(|atom| atom.denies);
        (!denied && !words(&matter).is_empty()).then(|| Self {
            side,
            matter,
            whole: whole.to_owned(),
        })
    }

    /// How well the text's best operator governs the matter, 0 to 1; `None` where it has none.
    pub(crate) fn governed_by(&self, text: &str) -> Option<f32> {
        let matter = words(&self.matter);
        let pieces = pieces(text);
        let rules = pieces.iter().flat_map(|piece| rules(&piece.text));
        rules.map(|rule| share(&matter, &rule.governed)).max_by(f32::total_cmp)
    }

    /// The word that answers the question, where what is said decides it.
    pub(crate) fn decide(&self, said: &Said<'_>) -> Option<Verdict> {
        let around = normalize(&format!("{} {}", said.title, said.path.join(" ")));
        let leads: Vec<String> = said
            .context
            .iter()
            .copied()
            .chain(said.path.iter().map(String::as_str))
            .map(normalize)
            .collect();
        let elsewhere = pieces(said.paragraph);
        let mut quoted = pieces(said.quote);
        for piece in &mut quoted {
            // What takes a sentence back may stand outside the quote.
            let same = |other: &&Piece| other.text.contains(&piece.text);
            piece.excepted |= elsewhere.iter().find(same).is_some_and(|other| other.excepted);
        }
        let own: Vec<Verdict> =
            quoted.iter().filter_map(|piece| self.by_piece(piece, &leads, &around)).collect();
        let &first = own.first()?;
        // The same clause must not say otherwise elsewhere.
        let others = elsewhere.iter().filter_map(|piece| self.by_piece(piece, &[], &around));
        own.iter().copied().chain(others).all(|other| other == first).then_some(first)
    }

    /// What one piece of a text decides, with what governs it.
    fn by_piece(&self, piece: &Piece, leads: &[String], around: &str) -> Option<Verdict> {
        let matter = words(&self.matter);
        // What the headings say is what the sentence is about already.
        let own: Vec<String> =
            matter.iter().filter(|word| holds(around, word) < 1.0).cloned().collect();
        let own = if own.is_empty() { matter.clone() } else { own };
        let said = |text: &str| {
            let here = format!("{text} {around}");
            matter.iter().all(|word| holds(&here, word) >= LEAST_WORD)
                && share(&matter, &here) >= LEAST_MATTER
                && share(&words(&self.whole), &here) >= LEAST_QUESTION
                && self.numbers_meet(&here)
        };
        let mut best: Option<(f32, Verdict)> = None;
        let mut take = |score: f32, rule: &Rule| {
            let word = self.word(rule.class).filter(|_| score >= LEAST_GOVERNED);
            if let Some(word) = word
                && !denied(&rule.governed)
                && best.is_none_or(|(most, _)| score > most)
            {
                best = Some((score, word));
            }
        };
        for rule in rules(&piece.text) {
            let met = !rule.open
                && !piece.excepted
                && rule.conditions.iter().all(|part| self.knows(part, LEAST_CONDITION))
                && self.knows(&rule.subject, LEAST_SUBJECT)
                && self.asks(&rule.governed);
            if met && said(&piece.text) {
                take(share(&own, &rule.governed), &rule);
            }
        }
        if open_ended(&piece.text) || piece.excepted {
            return best.map(|(_, verdict)| verdict);
        }
        for lead in piece.lead.iter().chain(leads) {
            for rule in rules(lead).iter().filter(|rule| !rule.open) {
                let both = format!("{} {}", rule.governed, piece.text);
                if !said(&format!("{lead} {}", piece.text)) {
                    continue;
                }
                let items_are_conditions =
                    follows(&rule.subject) || rule.conditions.iter().any(|part| follows(part));
                if items_are_conditions {
                    // 有下列情形之一的，不得…：(一)…
                    if self.knows(&piece.text, LEAST_CONDITION) && self.asks(&rule.governed) {
                        take(share(&own, &rule.governed), rule);
                    }
                } else if follows(&rule.governed) || rule.leads {
                    // 禁止下列行为：(一)… The item is what is governed.
                    let mut members = piece.text.split(['、', ',']);
                    let met = self.knows(&rule.subject, LEAST_SUBJECT)
                        && members.any(|member| {
                            share(&own, member) >= LEAST_OF_ITEM && self.asks(member)
                        });
                    if met {
                        take(share(&own, &both), rule);
                    }
                }
            }
        }
        best.map(|(_, verdict)| verdict)
    }

    /// Whether the question says enough of what an operator governs.
    fn asks(&self, governed: &str) -> bool {
        let mut said = words(governed);
        said.retain(|word| {
            let number = word.starts_with(|c: char| c.is_ascii_digit());
            !(number || FOLLOWING.contains(word.as_str()) || LIMITS.contains(word.as_str()))
        });
        said.is_empty() || share(&said, &self.whole) >= LEAST_ASKED
    }

    /// The word for an operator of this class.
    fn word(&self, class: &str) -> Option<Verdict> {
        match (self.side, class) {
            (Side::May, "permission") => Some(Verdict::Permitted),
            (_, "prohibition") => Some(Verdict::Prohibited),
            (_, "duty") => Some(Verdict::Required),
            (Side::Must, "no duty") => Some(Verdict::NotRequired),
            _ => None,
        }
    }

    /// Whether the question says this much of a condition or subject.
    fn knows(&self, part: &str, least: f32) -> bool {
        let mut said = words(part);
        said.retain(|word| !ANYONE.contains(word.as_str()) && !FOLLOWING.contains(word.as_str()));
        said.is_empty() || share(&said, &self.whole) >= least
    }

    /// Whether every number of the question stands in the text: 两个月 is not decided by 三个月.
    fn numbers_meet(&self, text: &str) -> bool {
        let there = values(text);
        values(&self.whole).iter().all(|asked| {
            there.iter().any(|other| other.value == asked.value && other.unit == asked.unit)
        })
    }
}

/// The words that ask, the last of those that stand at or after byte `from`; of those that overlap the longest.
fn asking(text: &str, from: usize) -> Option<(Side, Range<usize>)> {
    let sides = [(Side::Must, &MUST), (Side::May, &MAY)];
    let found = sides.into_iter().flat_map(|(side, list)| {
        list.iter().filter_map(move |word| {
            let at = from + find(text.get(from..)?, word)?;
            Some((side, at..at + word.len()))
        })
    });
    // 是不是必须 begins before 必须, and is the longer.
    found.max_by_key(|(_, range)| (range.len(), range.start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said<'t>(quote: &'t str, context: &'t [&'t str]) -> Said<'t> {
        Said { quote, context, paragraph: quote, title: "", path: &[] }
    }

    fn word(question: &str, quote: &str) -> Option<Verdict> {
        Polar::of(question)?.decide(&said(quote, &[]))
    }

    #[test]
    fn questions_for_a_yes_or_a_no_are_known() {
        for (question, side, matter) in [
            ("出租人能不能提高租金？", Side::May, "提高租金"),
            ("可以用补休抵加班费吗？", Side::May, "用补休抵加班费"),
            ("开店要做环评吗", Side::Must, "做环评"),
            ("在云泽区开小饭馆是不是必须做环评？", Side::Must, "做环评"),
            ("押金用不用退还？", Side::Must, "退还"),
            ("带狗坐出租车行不行？", Side::May, "带狗坐出租车"),
            ("May I change employers?", Side::May, "change employers"),
            ("Do I have to hand in receipts?", Side::Must, "hand in receipts"),
        ] {
            let polar = Polar::of(question).unwrap_or_else(|| panic!("{question}"));
            assert_eq!((polar.side, polar.matter.as_str()), (side, matter), "{question}");
        }
        for none in [
            "要带哪些材料？",
            "可以提取多少？",
            "多久可以提取一次？",
            "What can I bring?",
            "能不交吗？",
            "超大城市应该怎样发展？",
            "城市更新的目标",
            "可以申请的情形",
        ] {
            assert_eq!(Polar::of(none), None, "{none}");
        }
    }

    #[test]
    fn a_word_is_given_where_the_sentence_decides() {
        use Verdict::{NotRequired, Permitted, Prohibited, Required};
        for (question, quote, expected) in [
            ("厨房能出租给别人住吗？", "厨房、卫生间不得出租供人员居住。", Prohibited),
            (
                "法定节假日加班能用补休代替吗？",
                "法定节假日加班按工资的300%计发，不得以补休代替。",
                Prohibited,
            ),
            (
                "员工对考勤结果有异议可以提出复核吗？",
                "员工对考勤结果有异议的，可以在次月5日前提出复核。",
                Permitted,
            ),
            ("客房内可以安装摄录设备吗？", "客房内不得安装任何摄录设备。", Prohibited),
            ("加班要不要事前审批？", "加班应当事前审批。", Required),
            ("线上办理需要提供纸质材料吗？", "线上办理的，无需提供纸质材料。", NotRequired),
            ("May interns travel?", "Interns may travel.", Permitted),
            (
                "Can staff enter confidential information into public AI services?",
                "Staff must not enter confidential information into public AI services.",
                Prohibited,
            ),
        ] {
            assert_eq!(word(question, quote), Some(expected), "{question}");
        }
        let answer = Said {
            path: &["三问　开店要做环评吗？".to_owned()],
            ..said("不用做环评，也不用备案。", &[])
        };
        assert_eq!(Polar::of("开店要做环评吗？").unwrap().decide(&answer), Some(NotRequired));
        let lead = ["禁止在下列区域停放电动自行车或者为电动自行车充电："];
        let polar = Polar::of("电动自行车能停放在安全出口吗？").unwrap();
        let item = Said {
            title: "电动自行车管理条例",
            ..said("（二）安全出口、疏散通道和消防车通道；", &lead)
        };
        assert_eq!(polar.decide(&item), Some(Prohibited));
    }

    #[test]
    fn no_word_is_given_where_it_is_left_open() {
        for (question, quote) in [
            // An exception, a condition that is not the question's, another number, another matter, another subject.
            ("带狗能坐出租车吗？", "不得携犬乘坐公共交通工具，出租汽车经驾驶员同意的除外。"),
            ("走读生能带手机入校吗？", "走读生原则上不得将手机带入校园。"),
            ("补缴后可以享受待遇吗？", "补缴的，满三个月后方可享受待遇。"),
            ("员工可以提前下班吗？", "哺乳期女员工可以提前一小时下班。"),
            ("能一次收两个月的费用吗？", "不得一次性预收超过三个月的费用。"),
            ("可以申请退费吗？", "可以申请补贴。"),
            ("住校生可以带手机吗？", "走读生可以带手机。"),
            ("审计机构可以收费吗？", "审计机构可以聘请社会中介机构参加审计。"),
            ("押金可以退还吗？", "押金不予退还。"),
            ("Can interns travel?", "Interns may travel only with written approval."),
            (
                "Can Class B holders bring parents?",
                "The holder of a Class B permit may bring only a spouse.",
            ),
            ("城市更新要不要征求意见？", "城市更新应当坚持先体检、后更新。"),
        ] {
            assert_eq!(word(question, quote), None, "{question}");
        }
        // The next sentence takes it back, whatever it says besides.
        let quote = "外部人员不得开通财务系统的账号。审计人员因审计需要访问的，不在此限。";
        assert_eq!(word("外部人员可以开通财务系统的账号吗？", quote), None);
        let polar = Polar::of("摩托车能过桥吗？").unwrap();
        let quote = "摩托车不得过桥。";
        let paragraph = "摩托车不得过桥。但是执行任务的除外。";
        assert_eq!(polar.decide(&Said { paragraph, ..said(quote, &[]) }), None);
        assert_eq!(polar.decide(&said(quote, &[])), Some(Verdict::Prohibited));
    }

    proptest::proptest! {
        #[test]
        fn any_question_and_sentence_are_read(
            question in "[能不可以要吗，？。业主出租a-c ?]{0,20}",
            quote in "[应当可以不得，。：除外业主出租a-c ]{0,30}",
        ) {
            if let Some(polar) = Polar::of(&question) {
                polar.governed_by(&quote);
                polar.decide(&said(&quote, &["禁止下列行为："]));
            }
        }
    }
}
