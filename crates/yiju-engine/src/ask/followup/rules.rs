//! The rules by which a question is written out, in the order in which they are tried. Their words are in
//! `data/followups.txt`.

use std::cell::OnceCell;

use yiju_document::{find_numbers, find_references};
use yiju_text::chars::is_han;
use yiju_text::words::WordList;
use yiju_text::{normalize, tagged};

use super::phrases::{bare, leading_name, slot, topic};
use crate::error::EngineError;

const SOURCE: &str = include_str!("../../../data/followups.txt");

/// A list of `data/followups.txt`.
const fn list(section: &'static str) -> WordList {
    WordList::section(SOURCE, section)
}

static OPENERS: WordList = list("openers");
static TURNS: WordList = list("turns");
static TURNS_BEFORE: WordList = list("turns before");
static CONDITIONS: WordList = list("conditions");
static POINTING: WordList = list("pointing");
static POINTERS: WordList = list("pointers");
static DOCUMENTS: WordList = list("documents");
static CLAUSES: WordList = list("clauses");
static DEEDS: WordList = list("deeds");
static NEXT: WordList = list("next");
static PREVIOUS: WordList = list("previous");
static BARE: WordList = list("bare");
static WHY: WordList = list("why");
static GENERIC: WordList = list("generic");

/// What the answer before cites first.
pub(super) struct Cited {
    pub document_id: String,
    /// The document's title in 《》.
    pub title: String,
    /// The clause's number; empty for a plain paragraph.
    pub label: String,
    /// The numbers of the clauses beside it.
    pub previous: Option<String>,
    pub next: Option<String>,
}

/// Finds what a question is answered with.
type Look<'a> = Box<dyn Fn(&str) -> Result<Option<Cited>, EngineError> + 'a>;

/// The question before, and what it was answered with, which is looked up where a rule needs it.
pub(super) struct Before<'a> {
    /// The question, written out.
    pub question: String,
    look: Look<'a>,
    cited: OnceCell<Option<Cited>>,
}

impl<'a> Before<'a> {
    pub(super) fn new(question: String, look: Look<'a>) -> Self {
        Self { question, look, cited: OnceCell::new() }
    }

    /// What it was answered with; `None` where it was refused.
    pub(super) fn cited(&self) -> Result<Option<&Cited>, EngineError> {
        if self.cited.get().is_none() {
            let found = (self.look)(&self.question)?;
            let _ = self.cited.set(found);
        }
        Ok(self.cited.get().and_then(Option::as_ref))
    }
}

/// A question that was written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub question: String,
    /// Whether it points back by a word of its own, so that it means nothing as it was asked.
    pub pointing: bool,
}

impl Written {
    fn pointing(question: String) -> Option<Self> {
        Some(Self { question, pointing: true })
    }
}

/// The question with what it leaves out; `None` where it leaves out nothing that a rule knows.
pub(super) fn write_out(
    question: &str,
    before: &Before<'_>,
) -> Result<Option<Written>, EngineError> {
    let asked = bare(without_opener(bare(question)));
    if asked.is_empty() {
        return Ok(None);
    }
    // One that names a document or a 文号 is about that.
    if asked.contains('《') || !find_numbers(asked).is_empty() {
        return Ok(None);
    }
    if let Some(written) = neighbour(asked, before)? {
        return Ok(Some(written));
    }
    if let Some(written) = unit(asked, before)? {
        return Ok(Some(written));
    }
    if let Some(written) = reason(asked, before) {
        return Ok(Some(written));
    }
    if let Some(written) = turned(asked, before) {
        return Ok(Some(written));
    }
    if let Some(written) = pointed(asked, before)? {
        return Ok(Some(written));
    }
    Ok(unsubjected(asked, before))
}

/// The question after what the one before was about, for one that no rule writes out.
pub(super) fn with_topic(question: &str, before: &str) -> Option<String> {
    let asked = bare(without_opener(bare(question)));
    after(asked, before)
}

/// 多长时间洗一次 after 要装净化设备吗: 要装净化设备，多长时间洗一次; else after the topic.
fn after(asked: &str, before: &str) -> Option<String> {
    if asked.is_empty() {
        return None;
    }
    if asked.chars().any(is_han)
        && let Some(stated) = statement(before)
    {
        return Some(format!("{stated}，{asked}？"));
    }
    let topic = topic(before)?;
    (!asked.contains(&topic)).then(|| joined(&topic, asked))
}

/// 那么, 请问, and: what a question does not need.
fn without_opener(mut question: &str) -> &str {
    while let Some(opener) = OPENERS.iter().find(|opener| begins(question, opener)) {
        let rest = question[opener.len()..].trim_start_matches(['，', ',', '、', ' ']);
        if rest.is_empty() {
            break;
        }
        question = rest;
    }
    question
}

/// Whether a text begins with a word of a list, in any case, as a whole word in Latin letters.
fn begins(text: &str, word: &str) -> bool {
    let Some(start) = text.get(..word.len()) else { return false };
    let whole = !word.is_ascii()
        || text[word.len()..].chars().next().is_none_or(|c| !c.is_ascii_alphanumeric());
    start.eq_ignore_ascii_case(word) && whole
}

fn is_one_of(words: &WordList, text: &str) -> bool {
    let text =
        text.trim_end_matches(['呢', '呀', '啊', '吗', '？', '?']).trim().to_ascii_lowercase();
    words.iter().any(|word| word.trim_end_matches('吗') == text)
}

/// The topic and what is asked of it as one question.
fn joined(topic: &str, asked: &str) -> String {
    if asked.chars().any(is_han) {
        format!("{topic}{asked}？")
    } else {
        format!("{asked}: {topic}?")
    }
}

/// 下一条呢: the clause beside the one cited.
fn neighbour(asked: &str, before: &Before<'_>) -> Result<Option<Written>, EngineError> {
    let find = |words: &WordList| words.iter().find(|word| begins(asked, word)).copied();
    let (word, next) = match (find(&NEXT), find(&PREVIOUS)) {
        (Some(word), _) => (word, true),
        (None, Some(word)) => (word, false),
        (None, None) => return Ok(None),
    };
    let Some(cited) = before.cited()? else { return Ok(None) };
    let Some(label) = (if next { &cited.next } else { &cited.previous }) else {
        return Ok(None);
    };
    let rest = asked[word.len()..].trim_end_matches(['呢', '吧', '？']);
    let rest = if rest.is_empty() || rest == "是" { "讲的是什么" } else { rest };
    Ok(Written::pointing(format!("{}{label}{rest}？", cited.title)))
}

/// 第四条呢: another unit of the document.
fn unit(asked: &str, before: &Before<'_>) -> Result<Option<Written>, EngineError> {
    let references = find_references(asked);
    let [reference] = references.as_slice() else { return Ok(None) };
    if reference.range.start > 0 {
        return Ok(None);
    }
    let rest = asked[reference.range.end..].trim_start_matches('的').trim_end_matches(['呢', '吧']);
    let said = &asked[reference.range.clone()];
    let of_before = find_references(&before.question);
    // What was asked of a unit is asked of the other.
    if let ([earlier], "") = (of_before.as_slice(), rest) {
        let mut question = before.question.clone();
        question.replace_range(earlier.range.clone(), said);
        return Ok(Written::pointing(question));
    }
    if before.question.contains('《') && of_before.is_empty() && rest.is_empty() {
        return Ok(None);
    }
    let Some(cited) = before.cited()? else { return Ok(None) };
    let rest = if rest.is_empty() { "讲的是什么" } else { rest };
    Ok(Written::pointing(format!("{}{said}{rest}？", cited.title)))
}

/// 为什么: the reason of what was asked.
fn reason(asked: &str, before: &Before<'_>) -> Option<Written> {
    if !is_one_of(&WHY, asked) {
        return None;
    }
    if !asked.chars().any(is_han) {
        return Written::pointing(format!("Why: {}?", bare(&before.question)));
    }
    let stated = statement(&before.question);
    match stated {
        Some(stated) => Written::pointing(format!("为什么{stated}？")),
        None => Written::pointing(format!("{}为什么这样规定？", topic(&before.question)?)),
    }
}

/// A yes-or-no question as a statement: 要不要控制 as 要控制.
fn statement(question: &str) -> Option<String> {
    let question = bare(question);
    let plain = question.trim_end_matches(['吗', '么', '呢']);
    let characters: Vec<char> = plain.chars().collect();
    for at in 1..characters.len().saturating_sub(1) {
        if characters[at] == '不' && characters[at - 1] == characters[at + 1] {
            // 可不可以 as 可以, 要不要 as 要.
            let kept: String = characters[..at - 1].iter().chain(&characters[at + 1..]).collect();
            return Some(kept);
        }
    }
    if plain.contains("是否") {
        return Some(plain.replacen("是否", "", 1));
    }
    if plain.contains("有没有") {
        return Some(plain.replacen("有没有", "有", 1));
    }
    (plain.len() < question.len()).then(|| plain.to_owned())
}

/// 那中小城市呢: the question before with another subject.
fn turned(asked: &str, before: &Before<'_>) -> Option<Written> {
    let name = turned_to(asked)?;
    let name = name.trim_matches(['“', '”', '"', '，', ',', ' ']);
    let earlier = bare(&before.question);
    if name.is_empty() || earlier.contains(name) && name.chars().count() > 6 {
        return None;
    }
    let latin = !name.chars().any(is_han);
    if latin && !earlier.chars().any(is_han) {
        return Some(english_turn(earlier, name));
    }
    if let Some(condition) = condition(name) {
        let topic = topic(earlier)?;
        return Some(Written {
            question: format!("{topic}{condition}怎么办？"), pointing: false
        });
    }
    let name = name.trim_end_matches('的');
    let range = slot(earlier, name)?;
    let mut question = earlier.to_owned();
    question.replace_range(range, name);
    Some(Written { question: format!("{question}？"), pointing: true })
}

/// What a question turns to, where it does nothing else.
fn turned_to(asked: &str) -> Option<&str> {
    if let Some(word) = TURNS_BEFORE.iter().find(|word| begins(asked, word)) {
        return Some(asked[word.len()..].trim());
    }
    let turn = TURNS.suffix_of(asked)?;
    let name = asked[..asked.len() - turn.len()].trim_end_matches(['，', ',', ' ']);
    // 怎么退呢 asks something itself.
    let asks = !yiju_text::questions::asking_words(name).is_empty();
    let points = POINTERS.iter().any(|word| begins(name, word));
    (!asks && !points && !name.is_empty()).then_some(name)
}

/// A condition, without 如果 and 的话.
fn condition(name: &str) -> Option<&str> {
    let word = CONDITIONS.iter().find(|word| begins(name, word))?;
    let bare = name.trim_end_matches("的话").trim_end_matches('的');
    let told = ["如果", "假如", "要是", "if"].contains(word);
    Some(if told { bare[word.len()..].trim_start() } else { bare })
}

fn english_turn(earlier: &str, name: &str) -> Written {
    let last = name.split_whitespace().next_back().unwrap_or(name).to_ascii_lowercase();
    let words: Vec<&str> = earlier.split(' ').collect();
    let at = words.iter().position(|word| word.to_ascii_lowercase() == last);
    let length = name.split_whitespace().count();
    let question = match at {
        Some(at) => {
            let first = (at + 1).saturating_sub(length);
            let kept = [&words[..first], &[name], &words[at + 1..]].concat();
            format!("{}?", kept.join(" "))
        }
        None => format!("{earlier}, for {name}?"),
    };
    Written { question, pointing: true }
}

/// 它什么时候实行, 这一条适用于谁: a word that stands for the document, the clause or the topic.
fn pointed(asked: &str, before: &Before<'_>) -> Result<Option<Written>, EngineError> {
    if let Some((word, range)) = found(&DOCUMENTS, asked) {
        let Some(cited) = before.cited()? else { return Ok(None) };
        return Ok(replaced(asked, word, range, &cited.title));
    }
    if let Some((word, range)) = found(&CLAUSES, asked) {
        let Some(cited) = before.cited()? else { return Ok(None) };
        let clause = format!("{}{}", cited.title, cited.label);
        return Ok(replaced(asked, word, range, &clause));
    }
    if let Some((word, range)) = found(&POINTING, asked)
        && let rest = leading_name(&asked[range.end..])
        && !rest.is_empty()
        && let Some(cited) = before.cited()?
        && let Some(name) = within_title(rest, &cited.title)
    {
        return Ok(replaced(asked, word, range.start..range.end + name.len(), &cited.title));
    }
    let Some((word, range)) = found(&POINTERS, asked) else { return Ok(None) };
    if DEEDS.is_in(&asked.to_ascii_lowercase())
        && let Some(cited) = before.cited()?
    {
        return Ok(replaced(asked, word, range, &cited.title));
    }
    let Some(topic) = topic(&before.question) else { return Ok(None) };
    // 这个收费标准 says something by itself, 它 does not.
    let pointing = POINTING
        .contains(word)
        .then(|| leading_name(&asked[range.end..]))
        .is_none_or(str::is_empty);
    Ok(replaced(asked, word, range, &topic).map(|written| Written { pointing, ..written }))
}

/// As much of what a text begins with as a title has, of at least two characters.
fn within_title<'t>(text: &'t str, title: &str) -> Option<&'t str> {
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    let mut ends: Vec<usize> = ends.collect();
    ends.reverse();
    ends.into_iter()
        .map(|end| &text[..end])
        .find(|name| name.chars().count() > 1 && title.contains(name))
}

/// The first word of a list in a text, and where; pronouns inside names (其他, 其中) are none.
fn found(words: &WordList, text: &str) -> Option<(&'static str, std::ops::Range<usize>)> {
    let whole = tagged(text);
    words.iter().copied().find_map(|word| {
        let lower = text.to_ascii_lowercase();
        let at = lower.match_indices(word).map(|(at, _)| at).find(|&at| {
            let range = at..at + word.len();
            if word.is_ascii() {
                let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
                return !letter(lower[..at].chars().next_back())
                    && !letter(lower[range.end..].chars().next());
            }
            // A word of its own, or several.
            whole.iter().any(|w| w.range.start == range.start)
                && whole.iter().any(|w| w.range.end == range.end)
        })?;
        Some((word, at..at + word.len()))
    })
}

fn replaced(asked: &str, word: &str, range: std::ops::Range<usize>, name: &str) -> Option<Written> {
    let mut question = asked.to_owned();
    let of = if word.ends_with('的') || word == "their" || word == "its" { "的" } else { "" };
    let of = if name.is_ascii() { "" } else { of };
    question.replace_range(range, &format!("{name}{of}"));
    let mark = if question.chars().any(is_han) { '？' } else { '?' };
    Written::pointing(format!("{question}{mark}"))
}

/// 什么时候, 需要什么材料: asked of the topic of the question before.
fn unsubjected(asked: &str, before: &Before<'_>) -> Option<Written> {
    let is_bare = is_one_of(&BARE, asked);
    if !is_bare && !lacks_subject(asked) {
        return None;
    }
    let question = after(asked.trim_end_matches('呢'), &before.question)?;
    Some(Written { question, pointing: is_bare })
}

/// Whether a question names nothing: each of its nouns says what is asked for (材料, 期限), and it does not begin with
/// a name.
fn lacks_subject(asked: &str) -> bool {
    if !asked.chars().any(is_han) || asked.chars().count() > 14 {
        return false;
    }
    let normal = normalize(asked);
    let words = tagged(&normal);
    words
        .iter()
        .filter(|word| {
            word.tag.starts_with('n')
                || ["vn", "l", "j", "i", "eng", "x", "nz"].contains(&word.tag.as_str())
        })
        .all(|word| {
            let text = &normal[word.range.clone()];
            GENERIC.contains(text) || !text.chars().any(char::is_alphanumeric)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before(question: &str) -> Before<'static> {
        let cited = || Cited {
            document_id: "d".into(),
            title: "《住房租赁管理办法》".into(),
            label: "第三条".into(),
            previous: Some("第二条".into()),
            next: Some("第四条".into()),
        };
        Before::new(question.into(), Box::new(move |_| Ok(Some(cited()))))
    }

    #[test]
    fn what_is_left_out_is_taken_from_the_question_before() {
        for (earlier, question, written) in [
            ("超大城市的规模要不要控制？", "那中小城市呢？", "中小城市的规模要不要控制？"),
            ("超大城市的规模要不要控制？", "为什么？", "为什么超大城市的规模要控制？"),
            (
                "押金最多可以收几个月的租金？",
                "它什么时候实行？",
                "《住房租赁管理办法》什么时候实行？",
            ),
            (
                "押金最多可以收几个月的租金？",
                "这个办法是谁发布的？",
                "《住房租赁管理办法》是谁发布的？",
            ),
            (
                "押金最多可以收几个月的租金？",
                "下一条呢？",
                "《住房租赁管理办法》第四条讲的是什么？",
            ),
            (
                "押金最多可以收几个月的租金？",
                "第二条呢？",
                "《住房租赁管理办法》第二条讲的是什么？",
            ),
            ("第三条讲的是什么？", "那第二条呢？", "第二条讲的是什么？"),
            ("押金最多可以收几个月的租金？", "那什么时候退？", "押金什么时候退？"),
            ("押金最多可以收几个月的租金？", "多久？", "押金多久？"),
            ("怎么申请低保？", "需要什么材料？", "申请低保需要什么材料？"),
            ("怎么申请低保？", "公租房呢？", "怎么申请公租房？"),
            ("开店要装净化设备吗？", "要多长时间？", "开店要装净化设备，要多长时间？"),
            (
                "押金最多可以收几个月的租金？",
                "该租赁管理办法管几年？",
                "《住房租赁管理办法》管几年？",
            ),
            (
                "How much is the deposit?",
                "What about the rent?",
                "How much is the deposit, for the rent?",
            ),
        ] {
            let found = write_out(question, &before(earlier)).unwrap();
            assert_eq!(found.map(|found| found.question).as_deref(), Some(written), "{question}");
        }
    }

    #[test]
    fn a_question_of_its_own_stays_as_it_is() {
        for question in [
            "租赁期内出租人可以涨租金吗？",
            "《城市房屋管理办法》第三条讲什么？",
            "地下储藏室能不能租给人住？",
            "其他城市有哪些做法值得借鉴学习？",
            "What is the penalty for late registration?",
        ] {
            let found = write_out(question, &before("押金最多收几个月？")).unwrap();
            assert_eq!(found, None, "{question}");
        }
    }
}
