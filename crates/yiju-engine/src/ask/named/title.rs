//! Titles in questions: whole, without what people leave out, in short, or as what people call a law.
//!
//! A name in short is made of the title's characters in their order, each run of them from the start of a
//! word, up to the kind of document at the end: 处罚法 of 治安管理处罚法, 道交法 of 道路交通安全法.

use std::ops::Range;

use yiju_store::DocumentRecord;
use yiju_text::chars::is_han;
use yiju_text::words::WordList;
use yiju_text::{Folded, fold, normalize, parse_number, terms};

const NAMES: &str = include_str!("../../../data/names.txt");
static ENDS: WordList = WordList::section(NAMES, "ends");
static GOES_ON: WordList = WordList::section(NAMES, "goes on");
static NO_NAMES: WordList = WordList::section(NAMES, "no names");
static LEADS: WordList = WordList::section(NAMES, "leads");
const LAWS: &str = include_str!("../../../data/laws.txt");
static CALLED: WordList = WordList::section(LAWS, "called");
static OWN: WordList = WordList::section(LAWS, "own");

const COUNTRY: &str = "中华人民共和国";

/// A name in a question and the documents it may mean.
pub(crate) struct Mention {
    /// Bytes of the question.
    pub range: Range<usize>,
    pub documents: Vec<DocumentRecord>,
}

pub(super) fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// A question, folded, without white space.
pub(super) struct Asked {
    chars: Vec<char>,
    /// Bytes of each character in the question.
    sources: Vec<Range<usize>>,
}

impl Asked {
    pub(super) fn new(question: &str) -> Self {
        let folded: Vec<Folded> = fold(question).into_iter().filter(|f| f.char != ' ').collect();
        Self {
            chars: folded.iter().map(|f| f.char).collect(),
            sources: folded.into_iter().map(|f| f.source).collect(),
        }
    }

    fn text(&self, range: Range<usize>) -> String {
        self.chars[range].iter().collect()
    }

    fn source(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let first = self.sources.get(range.start)?;
        let last = self.sources.get(range.end.checked_sub(1)?)?;
        Some(first.start..last.end)
    }

    /// The places where `word` stands.
    fn places<'a>(&'a self, word: &'a [char]) -> impl Iterator<Item = usize> + 'a {
        self.chars
            .windows(word.len().max(1))
            .zip(0..)
            .filter(move |(window, _)| *window == word)
            .map(|(_, at)| at)
    }

    fn begins(&self, at: usize, words: &[&str]) -> bool {
        let rest = &self.chars[at..];
        words.iter().any(|word| {
            word.chars().count() <= rest.len() && word.chars().zip(rest).all(|(a, &b)| a == b)
        })
    }

    /// The bytes of a title that the question gives as one: 《…》, …修正案（十二）, a law's own name.
    pub(super) fn written(&self) -> Option<Range<usize>> {
        let find = |from: usize, c: char| (from..self.chars.len()).find(|&at| self.chars[at] == c);
        if let Some(open) = find(0, '<')
            && let Some(close) = find(open, '>')
            && ENDS.suffix_of(&self.text(open..close)).is_some()
        {
            return self.source(&(open..close + 1));
        }
        let amendment: Vec<char> = "修正案".chars().collect();
        if let Some(at) = self.places(&amendment).next() {
            let start = (0..at).rev().take_while(|&i| is_han(self.chars[i])).last().unwrap_or(at);
            let start = (start..at).find(|&i| self.is_free(i)).unwrap_or(start);
            let end = at + amendment.len();
            let close = find(end, ')').filter(|_| self.chars.get(end) == Some(&'('));
            return self.source(&(start..close.map_or(end, |close| close + 1)));
        }
        let called = CALLED.rows().map(|[name, _]| name);
        OWN.iter().copied().chain(called).find_map(|name| {
            let chars: Vec<char> = name.chars().collect();
            let at = self.places(&chars).find(|&at| {
                let end = at + chars.len();
                self.is_free(at) && !self.begins(end, &GOES_ON)
            })?;
            self.source(&(at..at + chars.len()))
        })
    }

    /// Whether a name may begin at `at`: no other word runs into it.
    fn is_free(&self, at: usize) -> bool {
        let from = at.saturating_sub(8);
        let before = self.text(from..at);
        before.is_empty()
            || !before.ends_with(|c: char| is_han(c) || c.is_alphanumeric())
            || LEADS.suffix_of(&before).is_some()
    }
}

/// A title as people may say it.
struct Form {
    /// In normal form, without the country, white space and what stands in brackets at its end.
    stem: Vec<char>,
    /// How many characters its kind has at the end.
    kind: usize,
    /// （十二） at its end.
    number: Option<u32>,
    /// （2023年修订） at its end.
    remark: Vec<char>,
}

impl Form {
    fn of(title: &str) -> Option<Self> {
        let normal: String = normalize(title)
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '<' | '>' | '"'))
            .collect();
        let mut stem = normal.strip_prefix(COUNTRY).unwrap_or(&normal);
        let (mut number, mut remark) = (None, "");
        while let Some((before, inner)) =
            stem.strip_suffix(')').and_then(|open| open.rsplit_once('('))
        {
            // (2024) is a year.
            number = parse_number(inner).filter(|number| *number < 1000);
            if number.is_none() {
                remark = &stem[before.len()..];
            }
            stem = before;
            if number.is_some() {
                break;
            }
        }
        let kind = ENDS.suffix_of(stem)?.chars().count();
        let (stem, remark): (Vec<char>, Vec<char>) =
            (stem.chars().collect(), remark.chars().collect());
        (stem.len() > kind).then_some(Self { stem, kind, number, remark })
    }

    fn text(&self) -> String {
        self.stem.iter().collect()
    }

    /// Where words of the title begin.
    fn starts(&self) -> Vec<bool> {
        let text = self.text();
        let mut starts = vec![false; self.stem.len() + 1];
        for term in terms(&text) {
            let at = text[..term.range.start].chars().count();
            starts[at] = true;
        }
        starts[0] = true;
        starts[self.stem.len() - self.kind] = true;
        starts
    }
}

/// A name found.
struct Found {
    /// Characters of the folded question.
    range: Range<usize>,
    source: Range<usize>,
    /// Characters of the title that the question leaves out.
    left_out: usize,
    record: DocumentRecord,
}

/// The names of documents in a question.
#[derive(Default)]
pub(super) struct Titles {
    found: Vec<Found>,
}

impl Titles {
    pub(super) fn look_for(&mut self, asked: &Asked, record: DocumentRecord) {
        let mut found: Vec<(Range<usize>, usize)> = printed(asked, &record.title);
        if let Some(form) = Form::of(&record.title) {
            found.extend(in_short(asked, &form));
            found.extend(called(asked, &form));
        }
        // The longest at each place.
        found.sort_by_key(|(range, left_out)| {
            (range.start, std::cmp::Reverse(range.end), *left_out)
        });
        let mut end = 0;
        for (range, left_out) in found {
            if range.start < end {
                continue;
            }
            end = range.end;
            if let Some(source) = asked.source(&range) {
                self.found.push(Found { range, source, left_out, record: record.clone() });
            }
        }
    }

    /// The names, in order: of those that overlap the longest, and of the titles it may stand for those
    /// that it leaves least out of.
    pub(super) fn mentions(self) -> Vec<Mention> {
        let mut found = self.found;
        found
            .sort_by_key(|one| (std::cmp::Reverse(one.range.len()), one.range.start, one.left_out));
        let mut kept: Vec<Found> = Vec::new();
        for one in found {
            let other = kept.iter().find(|other| overlap(&other.range, &one.range));
            let free = other
                .is_none_or(|other| other.range == one.range && other.left_out == one.left_out);
            if free {
                kept.push(one);
            }
        }
        let mut mentions: Vec<Mention> = Vec::new();
        for one in kept {
            match mentions.iter_mut().find(|mention| mention.range == one.source) {
                Some(mention) => mention.documents.push(one.record),
                None => mentions.push(Mention { range: one.source, documents: vec![one.record] }),
            }
        }
        mentions.sort_by_key(|mention| mention.range.start);
        mentions
    }
}

/// Where the question holds the title, or the part of it that people say.
fn printed(asked: &Asked, title: &str) -> Vec<(Range<usize>, usize)> {
    let title: String = normalize(title).chars().filter(|c| !c.is_whitespace()).collect();
    let short = title.strip_prefix(COUNTRY).unwrap_or(&title);
    let subject = short.split_once("关于").map_or(short, |(_, subject)| subject);
    let bare = subject.strip_suffix("的意见").or(subject.strip_suffix("的通知")).unwrap_or(subject);
    let mut found = Vec::new();
    for name in [&title, short, subject, bare] {
        let chars: Vec<char> = name.chars().collect();
        let law = ENDS.suffix_of(name).is_some();
        if chars.len() < 2 || NO_NAMES.contains(name) {
            continue;
        }
        for at in asked.places(&chars) {
            let end = at + chars.len();
            let whole = !law || asked.is_free(at) && !asked.begins(end, &GOES_ON);
            if whole {
                found.push((at..end, title.chars().count() - chars.len()));
            }
        }
    }
    found
}

/// What people call the law.
fn called(asked: &Asked, form: &Form) -> Vec<(Range<usize>, usize)> {
    let own = form.text();
    let names = CALLED.rows().filter(|[_, law]| *law == own).map(|[name, _]| name);
    let mut found = Vec::new();
    for name in names {
        let chars: Vec<char> = name.chars().collect();
        for at in asked.places(&chars) {
            let end = at + chars.len();
            if asked.is_free(at) && !asked.begins(end, &GOES_ON) {
                found.push((at..end, 0));
            }
        }
    }
    found
}

/// Where the question gives the title in short.
fn in_short(asked: &Asked, form: &Form) -> Vec<(Range<usize>, usize)> {
    let kind = &form.stem[form.stem.len() - form.kind..];
    let mut starts = None;
    let mut found = Vec::new();
    for at in asked.places(kind) {
        let Some(end) = end_of(asked, form, at + form.kind) else {
            continue;
        };
        let starts = starts.get_or_insert_with(|| form.starts());
        let Some((start, held)) = back(asked, form, starts, at) else {
            continue;
        };
        let left_out = form.stem.len() - held;
        let name = asked.text(start..at + form.kind);
        if is_other(&name, form, left_out, held) {
            continue;
        }
        let country = COUNTRY.chars().count();
        let full = start.checked_sub(country).filter(|&from| asked.text(from..start) == COUNTRY);
        let start = full.unwrap_or(start);
        if asked.is_free(start) {
            found.push((start..end, left_out));
        }
    }
    found
}

/// The end of a name whose kind ends at `at`, with the number or remark of the title; `None` where it
/// goes on as another's.
fn end_of(asked: &Asked, form: &Form, at: usize) -> Option<usize> {
    let rest = &asked.chars[at..];
    let bracketed = rest.first() == Some(&'(');
    let inner: String =
        rest.iter().skip(usize::from(bracketed)).take_while(|&&c| c != ')').take(8).collect();
    let Some(number) = form.number else {
        let amendment = form.text().ends_with("修正案");
        if asked.begins(at, &GOES_ON) || amendment && bracketed && parse_number(&inner).is_some() {
            return None;
        }
        let remark = !form.remark.is_empty() && rest.starts_with(&form.remark);
        return Some(at + if remark { form.remark.len() } else { 0 });
    };
    let digits = if bracketed {
        inner.clone()
    } else {
        let numeral = |c: &char| c.is_ascii_digit() || yiju_text::numerals::is_chinese_numeral(*c);
        inner.chars().take_while(numeral).collect()
    };
    (parse_number(&digits) == Some(number))
        .then(|| at + digits.chars().count() + 2 * usize::from(bracketed))
}

/// Reads the question backwards from the kind at `at`, as far as it goes on in the title: where the name
/// begins, and how many characters of the title it holds.
fn back(asked: &Asked, form: &Form, starts: &[bool], at: usize) -> Option<(usize, usize)> {
    let mut question = at;
    let mut title = form.stem.len() - form.kind;
    let mut best = None;
    while question > 0 && title > 0 {
        let c = asked.chars[question - 1];
        let next = if form.stem[title - 1] == c {
            title - 1
        } else if starts[title] {
            // The run so far begins with a word; the next one ends before it.
            match form.stem[..title - 1].iter().rposition(|&other| other == c) {
                Some(next) => next,
                None => break,
            }
        } else {
            break;
        };
        question -= 1;
        title = next;
        if starts[title] {
            best = Some((question, at - question + form.kind));
        }
    }
    best
}

/// Whether a name in short is that of another: a common word, a law's own name, what another is called.
fn is_other(name: &str, form: &Form, left_out: usize, held: usize) -> bool {
    if left_out == 0 {
        return false;
    }
    if NO_NAMES.contains(name) || OWN.contains(name) {
        return true;
    }
    let own = form.text();
    let known = CALLED.rows().find(|[called, _]| *called == name);
    let ends = form.stem.len() == held + left_out && own.ends_with(name);
    known.is_some_and(|[_, law]| law != own && !ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the question names the title, and the part of the question that does.
    fn named<'q>(question: &'q str, title: &str) -> Option<&'q str> {
        let asked = Asked::new(question);
        let mut found = printed(&asked, title);
        if let Some(form) = Form::of(title) {
            found.extend(in_short(&asked, &form));
            found.extend(called(&asked, &form));
        }
        let longest = found.into_iter().max_by_key(|(range, _)| range.len())?;
        question.get(asked.source(&longest.0)?)
    }

    #[test]
    fn names_in_short_are_recognised() {
        for (question, title, name) in [
            ("道交法第九十一条", "中华人民共和国道路交通安全法", "道交法"),
            ("请问消法第五十五条", "中华人民共和国消费者权益保护法", "消法"),
            ("根据处罚法第三条", "中华人民共和国治安管理处罚法", "处罚法"),
            ("中华人民共和国劳动法第三条", "劳动法", "中华人民共和国劳动法"),
            ("勞動法第三條", "中华人民共和国劳动法", "勞動法"),
            (
                "青河市房屋租赁条例第十三条",
                "青河市房屋租赁条例（2023年修订）",
                "青河市房屋租赁条例",
            ),
            (
                "房屋租赁条例（2023年修订）第十三条",
                "青河市房屋租赁条例（2023年修订）",
                "房屋租赁条例（2023年修订）",
            ),
            ("《租赁条例》第十三条", "青河市房屋租赁条例（2023年修订）", "租赁条例"),
            (
                "测试法修正案（十二）何时施行",
                "中华人民共和国测试法修正案（十二）",
                "测试法修正案（十二）",
            ),
            (
                "测试法修正案 (12) 何时施行",
                "中华人民共和国测试法修正案（十二）",
                "测试法修正案 (12)",
            ),
            (
                "推动城市高质量发展的意见第八条",
                "中共中央 国务院关于推动城市高质量发展的意见",
                "推动城市高质量发展的意见",
            ),
            ("供水条例实施细则第三条", "城市供水条例实施细则", "供水条例实施细则"),
        ] {
            assert_eq!(named(question, title), Some(name), "{question}");
        }
    }

    #[test]
    fn other_names_are_not_taken_for_a_title() {
        for (question, title) in [
            ("劳动法第三条", "中华人民共和国劳动合同法"),
            ("刑法第三条", "中华人民共和国刑事诉讼法"),
            ("消法第三条", "中华人民共和国消防法"),
            ("保险法第三条", "中华人民共和国社会保险法"),
            ("丙市物业条例第二条", "甲市物业条例"),
            ("高等教育法第二条", "中华人民共和国教育法"),
            ("劳动合同法实施条例第三条", "中华人民共和国劳动合同法"),
            ("测试法修正案（十一）何时施行", "中华人民共和国测试法修正案（十二）"),
            ("测试法修正案（十二）何时施行", "中华人民共和国测试法"),
            ("有什么办法处理", "城市办理法"),
            ("本法第三条", "中华人民共和国测试法"),
            ("民法典第十七条", "中华人民共和国刑法"),
        ] {
            assert_eq!(named(question, title), None, "{question}: {title}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_question_is_safe(
            question in "(?s)([中华人民共和国测试法修正案（十二）条例第三条 ]|.){0,24}",
            title in "(?s)([中华人民共和国测试法修正案（十二）条例 ]|.){0,12}",
        ) {
            named(&question, &title);
        }
    }
}
