//! The words by which a question asks for a particular of a document.

use yiju_document::Particular;
use yiju_store::DocumentRecord;
use yiju_text::normalize;

use crate::ask::expect::Expected;
use crate::ask::question::{Language, Question};

/// What is done with a document: 发布, issued.
const ACTS_ZH: &[&str] = &[
    "发布",
    "印发",
    "公布",
    "颁布",
    "出台",
    "下发",
    "发出",
    "签发",
    "成文",
    "制定",
    "发文",
    "刊发",
    "播发",
    "颁发",
    "下达",
    "作出",
    "发表",
    "发的",
    "写的",
    "报道的",
    "联合发",
    "制订",
];
const ACTS_EN: &[&str] = &[
    "issued",
    "issue",
    "issues",
    "published",
    "publish",
    "released",
    "release",
    "promulgated",
    "announced",
    "adopted",
    "enacted",
    "dated",
    "written",
    "wrote",
    "signed",
    "issuing",
    "publishing",
    "drafted",
    "drew",
    "authored",
];
/// Nouns that ask for the date, the issuer or the number by themselves.
const DATE_ZH: &[&str] = &[
    "发布日期",
    "印发日期",
    "成文日期",
    "发文日期",
    "公布日期",
    "颁布日期",
    "发布时间",
    "印发时间",
    "公布时间",
    "发文时间",
    "成文时间",
    "落款日期",
    "签发日期",
    "出台时间",
];
const ISSUER_ZH: &[&str] = &[
    "发文机关",
    "发文单位",
    "发布机关",
    "印发机关",
    "制定机关",
    "颁布机关",
    "发布单位",
    "印发单位",
    "发文部门",
    "发布部门",
    "发布者",
    "制定单位",
    "发布主体",
];
const NUMBER_ZH: &[&str] = &[
    "文号",
    "发文字号",
    "发文号",
    "文件号",
    "几号文",
    "多少号文",
    "文件编号",
];
const TITLE_ZH: &[&str] = &["标题", "题目", "全称", "全名", "名称", "叫什么"];
/// Bodies: asked for with 哪 or 什么 before them, 哪两个单位.
const BODIES_ZH: &[&str] = &["部门", "单位", "机关", "机构", "组织", "几家", "一级"];

/// A kind of document.
struct Kind {
    /// How a question calls it.
    chinese: &'static [&'static str],
    english: &'static [&'static str],
    /// How titles of it end, or in English which words they hold.
    ends: &'static [&'static str],
}

const KINDS: &[Kind] = &[
    Kind {
        chinese: &["意见"],
        english: &["opinion", "opinions", "guideline", "guidelines"],
        ends: &["意见", "opinions", "opinion", "guidelines"],
    },
    Kind {
        chinese: &["通知"],
        english: &["notice", "circular"],
        ends: &["通知", "notice", "circular"],
    },
    Kind {
        chinese: &["条例"],
        english: &["regulation", "regulations"],
        ends: &["条例", "规定", "regulations", "regulation"],
    },
    Kind {
        chinese: &["办法"],
        english: &["measures"],
        ends: &["办法", "measures"],
    },
    Kind {
        chinese: &["规定"],
        english: &["provisions", "rules"],
        ends: &["规定", "规则", "provisions", "rules"],
    },
    Kind {
        chinese: &["决定"],
        english: &["decision"],
        ends: &["决定", "decision"],
    },
    Kind {
        chinese: &["规划", "方案", "计划"],
        english: &["plan", "scheme", "program"],
        ends: &["规划", "方案", "计划", "plan"],
    },
    Kind {
        chinese: &["公告", "通告"],
        english: &["announcement"],
        ends: &["公告", "通告", "announcement"],
    },
    Kind {
        chinese: &["批复"],
        english: &["reply"],
        ends: &["批复", "reply"],
    },
    Kind {
        chinese: &["法律", "法典"],
        english: &["law", "act", "code"],
        ends: &["法", "法典", "law", "act", "code"],
    },
];
/// Documents in general, and news.
const GENERAL_ZH: &[&str] = &["文件", "政策", "文", "公文", "原文", "法规", "材料"];
const GENERAL_EN: &[&str] = &["document", "policy", "paper", "file", "text", "publication"];
const NEWS_ZH: &[&str] = &[
    "报道",
    "新闻",
    "消息",
    "文章",
    "稿子",
    "稿件",
    "通讯",
    "新闻稿",
];
const NEWS_EN: &[&str] = &["report", "article", "news", "story"];
/// Words that say nothing about which document is meant.
const IDLE: &[&str] = &[
    "日期",
    "时间",
    "机关",
    "单位",
    "部门",
    "机构",
    "组织",
    "字号",
    "号",
    "由",
    "谁",
    "哪天",
    "一天",
    "哪年",
    "日",
    "月",
    "年",
    "几月",
    "几号",
    "天",
    "这个",
    "这",
    "该",
    "此",
    "那",
    "篇",
    "份",
    "部",
    "件",
    "项",
    "上述",
    "发",
    "写",
    "时",
    "叫",
    "正式",
    "联合",
    "共同",
    "一级",
    "家",
    "记者",
    "发文",
    "成文",
    "落款",
    "的",
    "是",
    "date",
    "day",
    "year",
    "number",
    "title",
    "name",
    "called",
    "body",
    "authority",
    "department",
    "agency",
    "government",
    "organization",
    "organisation",
    "issuer",
    "publication",
    "reference",
    "serial",
    "full",
    "official",
    "when",
    "who",
    "what",
    "which",
    "whom",
    "was",
    "were",
    "is",
    "are",
    "did",
    "does",
    "do",
    "been",
    "the",
    "this",
    "that",
    "these",
    "those",
    "by",
    "it",
];

/// What a question asks of a document, and how it calls the document.
pub(super) struct Asked {
    pub what: Particular,
    pub language: Language,
    /// The words that are left to name the document, with their weights.
    pub matter: Vec<(String, f32)>,
    /// The question without what asks: what it calls the document.
    pub name: String,
    /// Index of the kind it names; `None` for a document in general.
    kind: Option<usize>,
    news: bool,
}

impl Asked {
    /// `None` where the question is about no document.
    pub(super) fn of(question: &Question) -> Option<Self> {
        let text = normalize(&question.text);
        let (what, kind, news) = match question.language {
            Language::Chinese => chinese(&text, question.expected)?,
            Language::English => english(&text)?,
        };
        let matter: Vec<(String, f32)> = question
            .words
            .iter()
            .filter(|word| !idle(&word.text, question.language))
            .map(|word| (word.text.clone(), word.weight))
            .collect();
        let name: Vec<&str> = english_words(&text)
            .filter(|word| !IDLE.contains(word) && !ACTS_EN.contains(word))
            .collect();
        Some(Self {
            what,
            language: question.language,
            matter,
            name: name.join(" "),
            kind,
            news,
        })
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
        let title = title.trim_end_matches([')', '）', '》', '”', '"', ' ']);
        // …条例(试行), …办法(2024年修订)
        let bare = title
            .rsplit_once(['(', '（'])
            .map_or(title, |(bare, _)| bare);
        self.kind
            .and_then(|kind| KINDS.get(kind))
            .is_some_and(|kind| {
                kind.ends.iter().any(|end| {
                    title.ends_with(end)
                        || bare.trim_end().ends_with(end)
                        || (end.is_ascii() && english_words(title).any(|word| word == *end))
                })
            })
    }
}

/// Whether a word of a question says nothing about which document is meant.
fn idle(word: &str, language: Language) -> bool {
    match language {
        Language::Chinese => {
            [
                IDLE, ACTS_ZH, GENERAL_ZH, NEWS_ZH, TITLE_ZH, NUMBER_ZH, DATE_ZH, ISSUER_ZH,
            ]
            .iter()
            .any(|list| list.contains(&word))
                || KINDS.iter().any(|kind| kind.chinese.contains(&word))
        }
        // Words are stems in the index: opinion for opinions.
        Language::English => {
            let begins = |list: &[&str]| {
                list.iter()
                    .any(|known| known.starts_with(word) && word.len() >= 3)
            };
            [IDLE, ACTS_EN, GENERAL_EN, NEWS_EN].into_iter().any(begins)
                || KINDS.iter().any(|kind| begins(kind.english))
        }
    }
}

type Told = (Particular, Option<usize>, bool);

fn chinese(text: &str, expected: Expected) -> Option<Told> {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let kind = KINDS.iter().position(|kind| has(kind.chinese));
    let news = kind.is_none() && has(NEWS_ZH);
    let document =
        kind.is_some() || news || has(GENERAL_ZH) || has(&["这部", "该法", "本法", "此法"]);
    let act = has(ACTS_ZH);
    let asks_body = text
        .match_indices(['哪', '什'])
        .any(|(at, _)| BODIES_ZH.iter().any(|body| near(&text[at..], body)));
    let agent = expected == Expected::Agent || asks_body;
    let what = if has(NUMBER_ZH) {
        Particular::Number
    } else if has(DATE_ZH) || (expected == Expected::Time && act) {
        Particular::Date
    } else if has(ISSUER_ZH) || (agent && act) {
        Particular::Issuer
    } else if document && has(TITLE_ZH) {
        Particular::Title
    } else {
        return None;
    };
    // What an organ must publish is a matter of the text: 谁来公布名单.
    let duty = has(&[
        "应当",
        "应该",
        "必须",
        "负责",
        "多久",
        "之前",
        "以内",
        "内公布",
    ]);
    (!duty).then_some((what, kind, news))
}

/// Whether `word` stands within the first characters of `text`.
fn near(text: &str, word: &str) -> bool {
    const REACH: usize = 8;
    let end = text
        .char_indices()
        .nth(REACH)
        .map_or(text.len(), |(at, _)| at);
    text[..end].contains(word)
}

fn english(text: &str) -> Option<Told> {
    let words: Vec<&str> = english_words(text).collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(word));
    let phrase = |phrase: &[&str]| words.windows(phrase.len()).any(|window| window == phrase);
    let kind = KINDS.iter().position(|kind| has(kind.english));
    let news = kind.is_none() && has(NEWS_EN);
    if kind.is_none() && !news && !has(GENERAL_EN) {
        return None;
    }
    let act = has(ACTS_EN);
    let when = has(&["when"])
        || phrase(&["what", "date"])
        || phrase(&["which", "date"])
        || phrase(&["what", "day"])
        || phrase(&["which", "day"])
        || phrase(&["what", "year"]);
    let who = has(&["who", "whom"])
        || phrase(&["which", "body"])
        || phrase(&["which", "department"])
        || phrase(&["which", "departments"])
        || phrase(&["which", "authority"])
        || phrase(&["what", "body"])
        || phrase(&["which", "agency"])
        || phrase(&["which", "bodies"])
        || phrase(&["which", "authorities"]);
    let of_it =
        phrase(&["date", "of"]) || phrase(&["publication", "date"]) || phrase(&["issue", "date"]);
    if (when && act) || of_it {
        Some((Particular::Date, kind, news))
    } else if (who && act)
        || has(&["issuer"])
        || phrase(&["issuing", "authority"])
        || phrase(&["issuing", "body"])
    {
        Some((Particular::Issuer, kind, news))
    } else if phrase(&["document", "number"])
        || phrase(&["reference", "number"])
        || phrase(&["serial", "number"])
        || phrase(&["number", "of", "this"])
        || phrase(&["number", "of", "the"])
    {
        Some((Particular::Number, kind, news))
    } else if has(&["title"]) || phrase(&["full", "name"]) || (has(&["called"]) && has(&["this"])) {
        Some((Particular::Title, kind, news))
    } else {
        None
    }
}

fn english_words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '\'')
        .filter(|word| word.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::expect::expected;

    #[test]
    fn what_is_asked_of_a_document_is_told_from_what_is_asked_of_its_matter() {
        let asked = |text: &str| {
            let text = normalize(text);
            chinese(&text, expected(&text)).map(|(what, _, _)| what)
        };
        for (question, what) in [
            ("这个文件是什么时候发布的？", Some(Particular::Date)),
            ("发布日期是哪天？", Some(Particular::Date)),
            ("谁印发的？", Some(Particular::Issuer)),
            (
                "这份意见是由哪两个单位联合发布的？",
                Some(Particular::Issuer),
            ),
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
            (
                "Who issued the opinions on cities?",
                Some(Particular::Issuer),
            ),
            ("What is the document number?", Some(Particular::Number)),
            ("What is the title of this notice?", Some(Particular::Title)),
            (
                "Who coordinates the implementation of these opinions?",
                None,
            ),
            ("When was the power station released from duty?", None),
            ("What does the policy say about old-age care?", None),
        ] {
            assert_eq!(
                english(&normalize(question)).map(|told| told.0),
                what,
                "{question}"
            );
        }
    }
}
