//! The words by which a question asks for a particular of a document.

use std::sync::LazyLock;

use yiju_document::Particular;
use yiju_store::DocumentRecord;
use yiju_text::normalize;
use yiju_text::questions::Expected;
use yiju_text::words::WordList;

use crate::ask::named::Named;
use crate::ask::question::{Language, Question};

const SOURCE: &str = include_str!("../../../data/about.txt");

/// A list of `data/about.txt`.
const fn list(section: &'static str) -> WordList {
    WordList::section(SOURCE, section)
}

static ACTS: WordList = list("acts");
static ENGLISH_ACTS: WordList = list("english acts");
static DATE: WordList = list("date");
static ISSUER: WordList = list("issuer");
static NUMBER: WordList = list("number");
static TITLE: WordList = list("title");
static BODIES: WordList = list("bodies");
static GENERAL: WordList = list("general");
static ENGLISH_GENERAL: WordList = list("english general");
static NEWS: WordList = list("news");
static ENGLISH_NEWS: WordList = list("english news");
static IDLE: WordList = list("idle");
static DUTY: WordList = list("duty");
static ENGLISH_WHEN: WordList = list("english when");
static ENGLISH_WHO: WordList = list("english who");
static ENGLISH_DATE: WordList = list("english date");
static ENGLISH_ISSUER: WordList = list("english issuer");
static ENGLISH_NUMBER: WordList = list("english number");
static ENGLISH_TITLE: WordList = list("english title");
static WHAT: WordList = list("what");
static ADOPTED: WordList = list("adopted");
static REVISED: WordList = list("revised");
static PROCLAIMED: WordList = list("proclaimed");
static IN_FORCE: WordList = list("in force");
static IN_FORCE_DATE: WordList = list("in force date");
static REVISED_DATE: WordList = list("revised date");
static ADOPTED_DATE: WordList = list("adopted date");
static ENGLISH_ADOPTED: WordList = list("english adopted");
static ENGLISH_REVISED: WordList = list("english revised");
static ENGLISH_PROCLAIMED: WordList = list("english proclaimed");
static ENGLISH_IN_FORCE: WordList = list("english in force");

/// A kind of document.
pub(crate) struct Kind {
    /// How a question calls it.
    chinese: Vec<&'static str>,
    english: Vec<&'static str>,
    /// How titles of it end, or in English which words they hold.
    ends: Vec<&'static str>,
}

/// Counts documents, and points at one.
const POINTING: &str = "这份";

static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    static ROWS: WordList = list("kinds");
    let words = |column: &'static str| column.split_whitespace().collect();
    ROWS.rows()
        .map(|[chinese, english, ends]| Kind {
            chinese: words(chinese),
            english: words(english),
            ends: words(ends),
        })
        .collect()
});

/// How a question names documents.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Naming {
    No,
    Title,
    Number,
}

/// What a question asks of a document, and how it calls the document.
pub(super) struct Asked {
    pub what: Particular,
    pub language: Language,
    /// The words that name the document, with their weights.
    pub matter: Vec<(String, f32)>,
    /// The question without the words that ask: the document's name in it.
    pub name: String,
    /// Index of the kind it names; `None` for a document in general.
    kind: Option<usize>,
    news: bool,
    /// Whether the names in the question, and no other words, say which documents are meant.
    pub by_name: bool,
}

/// The particular that a question asks for, if it is about a document.
pub(super) fn may_ask(question: &Question) -> Option<Particular> {
    let text = normalize(&question.text);
    match question.language {
        Language::Chinese => chinese(&text, question.expected, Naming::Title),
        Language::English => english(&text, Naming::Title),
    }
    .map(|(what, ..)| what)
}

impl Asked {
    /// `None` where the question is about no document.
    pub(super) fn of(question: &Question, names: &Named) -> Option<Self> {
        let text = normalize(&question.text);
        let mut others = question
            .words
            .iter()
            .filter(|word| !idle(&word.text, question.language) && !names.holds(&word.range));
        let by_name = !names.mentions.is_empty() && others.next().is_none();
        let naming = match &names.number {
            _ if !by_name => Naming::No,
            Some(number) if number.known => Naming::Number,
            _ => Naming::Title,
        };
        let (what, kind, news) = match question.language {
            Language::Chinese => chinese(&text, question.expected, naming)?,
            Language::English => english(&text, naming)?,
        };
        let matter: Vec<(String, f32)> = question
            .words
            .iter()
            .filter(|word| !idle(&word.text, question.language))
            .map(|word| (word.text.clone(), word.weight))
            .collect();
        let name: Vec<&str> = english_words(&text)
            .filter(|word| !IDLE.contains(word) && !ENGLISH_ACTS.contains(word))
            .collect();
        let name = name.join(" ");
        Some(Self { what, language: question.language, matter, name, kind, news, by_name })
    }

    /// What answers the question, the best first.
    pub(super) fn what_counts(&self) -> Vec<Particular> {
        match (self.what, self.language) {
            // A law in English seldom gives more than one date.
            (Particular::Adopted, Language::English) => vec![Particular::Adopted, Particular::Date],
            (Particular::Adopter, _) => vec![Particular::Adopter, Particular::Issuer],
            (what, _) => vec![what],
        }
    }

    /// Whether what was done with a document is asked for and `text` has no word for it anywhere.
    pub(super) fn is_unsaid(&self, text: &str) -> bool {
        let verbs = match self.what {
            Particular::InForce => &IN_FORCE,
            Particular::Revised => &REVISED,
            Particular::Adopted | Particular::Adopter => &ADOPTED,
            _ => return false,
        };
        self.language == Language::Chinese && !verbs.is_in(&normalize(text))
    }

    /// Whether the question says what kind of document it means.
    pub(super) fn names_kind(&self) -> bool {
        self.kind.is_some() || self.news
    }

    /// Whether a document is of that kind.
    pub(super) fn is_kind_of(&self, record: &DocumentRecord) -> bool {
        if self.news {
            return record.issuer.is_none() && record.number.is_none();
        }
        let title = normalize(&record.title);
        self.kind.and_then(|kind| KINDS.get(kind)).is_some_and(|kind| kind.has(&title))
    }
}

impl Kind {
    /// Whether a document with this title, in normal form, is of the kind.
    pub(crate) fn has(&self, title: &str) -> bool {
        let title = title.trim_end_matches([')', '）', '》', '”', '"', ' ']);
        // …条例(试行), …办法(2024年修订)
        let bare = title.rsplit_once(['(', '（']).map_or(title, |(bare, _)| bare);
        self.ends.iter().any(|end| {
            title.ends_with(end)
                || bare.trim_end().ends_with(end)
                || (end.is_ascii() && english_words(title).any(|word| word == *end))
        })
    }

    /// The kind of document that a question, in normal form, points at: 这份意见. Other demonstratives (这个规定, 该计划)
    /// point at what was said before as often.
    pub(crate) fn pointed_at(question: &str) -> Option<&'static Self> {
        let rest = &question[question.find(POINTING)? + POINTING.len()..];
        KINDS.iter().find(|kind| kind.chinese.iter().any(|word| rest.starts_with(word)))
    }
}

/// Whether a word of a question does not say which document is meant.
fn idle(word: &str, language: Language) -> bool {
    match language {
        Language::Chinese => {
            let lists = [
                &IDLE, &ACTS, &GENERAL, &NEWS, &TITLE, &NUMBER, &DATE, &ISSUER, &ADOPTED, &REVISED,
                &IN_FORCE,
            ];
            lists.iter().any(|list| list.contains(word))
                || KINDS.iter().any(|kind| kind.chinese.contains(&word))
        }
        // Words are stems in the index: opinion for opinions.
        Language::English => {
            let begins =
                |list: &[&str]| list.iter().any(|known| known.starts_with(word) && word.len() >= 3);
            [&IDLE, &ENGLISH_ACTS, &ENGLISH_GENERAL, &ENGLISH_NEWS]
                .into_iter()
                .any(|list| begins(list))
                || KINDS.iter().any(|kind| begins(&kind.english))
        }
    }
}

/// What is asked, the kind of document that is named, and whether it is news.
type Told = (Particular, Option<usize>, bool);

fn chinese(text: &str, expected: Expected, naming: Naming) -> Option<Told> {
    let kind = KINDS.iter().position(|kind| kind.chinese.iter().any(|word| text.contains(word)));
    let news = kind.is_none() && NEWS.is_in(text);
    let pointed = ["这部", "该法", "本法", "此法"].iter().any(|word| text.contains(word));
    let document = kind.is_some() || news || GENERAL.is_in(text) || pointed || naming != Naming::No;
    let act = ACTS.is_in(text);
    let asks_body =
        text.match_indices(['哪', '什']).any(|(at, _)| BODIES.is_in(first_characters(&text[at..])));
    let agent = expected == Expected::Agent || asks_body;
    let what = if NUMBER.is_in(text) {
        Particular::Number
    } else if let Some(deed) = deed(text, expected, agent).filter(|_| document) {
        deed
    } else if DATE.is_in(text) || (expected == Expected::Time && act) {
        Particular::Date
    } else if ISSUER.is_in(text) || (agent && act) {
        Particular::Issuer
    } else if document && TITLE.is_in(text)
        || naming == Naming::Title && WHAT.is_in(text)
        // Nothing but a 文号: which document that is.
        || naming == Naming::Number
    {
        Particular::Title
    } else {
        return None;
    };
    (!DUTY.is_in(text)).then_some((what, kind, news))
}

/// What was done with the document that is asked for, by the last word that says so: 修订后何时施行.
fn deed(text: &str, expected: Expected, agent: bool) -> Option<Particular> {
    let time = expected == Expected::Time;
    let last = |list: &WordList| list.iter().filter_map(|word| text.rfind(word)).max();
    let when = |verbs: &WordList, nouns: Option<&WordList>| {
        nouns.and_then(last).max(last(verbs).filter(|_| time))
    };
    // 通过 is a preposition, too: 通过什么渠道.
    let passed = ADOPTED.iter().filter_map(|word| {
        let at = text.rfind(word)?;
        let after = text[at + word.len()..].chars().next();
        after.is_none_or(|c| "的了吗呢?,。".contains(c)).then_some(at)
    });
    let passed = passed.max();
    let changed = when(&REVISED, Some(&REVISED_DATE));
    let adopted = last(&ADOPTED_DATE).max(passed.filter(|_| time));
    let deeds = [
        (when(&IN_FORCE, Some(&IN_FORCE_DATE)), Particular::InForce),
        // 修订通过 is a change.
        (changed, Particular::Revised),
        (adopted.filter(|_| changed.is_none()), Particular::Adopted),
        (when(&PROCLAIMED, None), Particular::Proclaimed),
        (passed.filter(|_| agent && !time), Particular::Adopter),
    ];
    let said = deeds.into_iter().filter_map(|(at, what)| Some((at?, what)));
    said.max_by_key(|(at, _)| *at).map(|(_, what)| what)
}

/// The first eight characters of `text`: how far 哪 reaches, as in 哪两个单位.
fn first_characters(text: &str) -> &str {
    let end = text.char_indices().nth(8).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

fn english(text: &str, naming: Naming) -> Option<Told> {
    let words: Vec<&str> = english_words(text).collect();
    let spaced = format!(" {} ", words.join(" "));
    let has = |list: &[&str]| list.iter().any(|words| spaced.contains(&format!(" {words} ")));
    let kind = KINDS.iter().position(|kind| has(&kind.english));
    let news = kind.is_none() && has(&ENGLISH_NEWS);
    if kind.is_none() && !news && !has(&ENGLISH_GENERAL) && naming == Naming::No {
        return None;
    }
    let act = has(&ENGLISH_ACTS);
    let when = has(&ENGLISH_WHEN);
    let what = if has(&["effective date"]) || when && has(&ENGLISH_IN_FORCE) {
        Particular::InForce
    } else if when && has(&ENGLISH_REVISED) {
        Particular::Revised
    } else if when && has(&ENGLISH_ADOPTED) {
        Particular::Adopted
    } else if when && has(&ENGLISH_PROCLAIMED) {
        Particular::Proclaimed
    } else if when && act || has(&ENGLISH_DATE) {
        Particular::Date
    } else if has(&ENGLISH_WHO) && act || has(&ENGLISH_ISSUER) {
        Particular::Issuer
    } else if has(&ENGLISH_NUMBER) {
        Particular::Number
    } else if has(&ENGLISH_TITLE) || has(&["called"]) && has(&["this"]) || naming == Naming::Number
    {
        Particular::Title
    } else {
        return None;
    };
    Some((what, kind, news))
}

fn english_words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '\'')
        .filter(|word| word.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use yiju_text::questions::expected;

    #[test]
    fn a_question_points_at_a_kind_of_document() {
        let has =
            |question: &str, title: &str| Kind::pointed_at(question).map(|kind| kind.has(title));
        assert_eq!(has("这份意见对税率作了什么调整?", "关于推动城市高质量发展的意见"), Some(true));
        assert_eq!(has("这份意见对税率作了什么调整?", "500强发布"), Some(false));
        assert_eq!(has("这份办法什么时候生效?", "停车管理办法(试行)"), Some(true));
        assert_eq!(has("这份报告说了什么?", "年度报告"), None);
        assert_eq!(has("这个规定合理吗?", "考勤规定"), None);
    }

    #[test]
    fn what_is_asked_of_a_document_is_told_from_what_is_asked_of_its_matter() {
        let asked = |text: &str| {
            let text = normalize(text);
            chinese(&text, expected(&text), Naming::No).map(|(what, _, _)| what)
        };
        for (question, what) in [
            ("这个文件是什么时候发布的？", Some(Particular::Proclaimed)),
            ("发布日期是哪天？", Some(Particular::Date)),
            ("谁印发的？", Some(Particular::Issuer)),
            ("这部法律是什么时候通过的？", Some(Particular::Adopted)),
            ("该法最近一次修订通过是什么时候？", Some(Particular::Revised)),
            ("修订后的条例何时施行？", Some(Particular::InForce)),
            ("本法的施行日期是哪天？", Some(Particular::InForce)),
            ("这部法律由谁通过的？", Some(Particular::Adopter)),
            ("意见通过什么部门落实？", None),
            ("供水管道什么时候修改？", None),
            ("这份意见是由哪两个单位联合发布的？", Some(Particular::Issuer)),
            ("本通知由哪个部门印发？", Some(Particular::Issuer)),
            ("這份文件的發文機關是什麼？", Some(Particular::Issuer)),
            ("文号是多少？", Some(Particular::Number)),
            ("这份文件的标题是什么？", Some(Particular::Title)),
            ("名单应当由谁公布？", None),
            ("全民国防教育月什么时候开展？", None),
            ("由谁负责？", None),
            ("标题党怎么治理？", None),
        ] {
            assert_eq!(asked(question), what, "{question}");
        }
        for (question, what) in [
            ("When was this document issued?", Some(Particular::Date)),
            ("When did this policy come into effect?", Some(Particular::InForce)),
            ("When was the law last amended?", Some(Particular::Revised)),
            ("When was the act passed?", Some(Particular::Adopted)),
            ("Who issued the opinions on cities?", Some(Particular::Issuer)),
            ("What is the document number?", Some(Particular::Number)),
            ("What is the title of this notice?", Some(Particular::Title)),
            ("Who coordinates the implementation of these opinions?", None),
            ("When was the power station released from duty?", None),
            ("What does the policy say about old-age care?", None),
        ] {
            assert_eq!(
                english(&normalize(question), Naming::No).map(|told| told.0),
                what,
                "{question}"
            );
        }
    }
}
