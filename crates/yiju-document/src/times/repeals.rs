//! What a document repeals: 《…》（…令第18号）同时废止.

use std::ops::Range;

use super::Repeal;
use crate::cited_number::find_numbers;
use crate::spans::Offsets;
use crate::{Document, Span, words};
use yiju_text::dates::date_spans;

/// What goes on from one title to the next, or ends a list of them.
const GLUE: [char; 14] =
    ['、', '，', '；', '。', '和', '与', '及', '以', ',', ';', '\n', '（', '《', '：'];

/// Most characters between the last title and the verb, what is in brackets apart.
const NEAR: usize = 24;

/// The documents that `document` repeals, in the order of the text.
pub(super) fn read(document: &Document, offsets: &Offsets) -> Vec<Repeal> {
    let mut found: Vec<Repeal> = Vec::new();
    let only_repeals = document.title.contains("废止") || document.title.contains("廢止");
    for (at, clause) in document.clauses.iter().enumerate() {
        let text = document.slice(clause.span);
        if !words::REPEALS.is_in(text) && !words::REPEALS_DATED.is_in(text) {
            continue;
        }
        let base = clause.span.byte_start;
        for (verb, dated) in verbs(text) {
            let Some(said) = Said::read(text, verb, dated) else { continue };
            let place = base + said.verb.start..base + said.verb.end;
            let span = sentence_of(document, &place, offsets);
            let mut objects = said.objects(text);
            if said.behind && objects.is_empty() {
                objects = listed_behind(document, at, &said);
            }
            for mut repeal in objects {
                repeal.span = span;
                repeal.replaced = said.together && !only_repeals;
                let known = found
                    .iter()
                    .any(|one| one.title == repeal.title && one.number == repeal.number);
                if !known {
                    found.push(repeal);
                }
            }
        }
    }
    found
}

/// What the numbered clauses behind one that ends with 决定废止下列文件： name, each a title or a 文号.
fn listed_behind(document: &Document, clause: usize, said: &Said) -> Vec<Repeal> {
    let members = document.clauses.iter().skip(clause + 1).take_while(|member| {
        let text = document.slice(member.span);
        !member.label.is_empty() && (text.contains('《') || !find_numbers(text).is_empty())
    });
    members.flat_map(|member| said.named_in(document.slice(member.span))).collect()
}

/// The sentence that holds `place`.
fn sentence_of(document: &Document, place: &Range<usize>, offsets: &Offsets) -> Span {
    let sentences = document.clauses.iter().flat_map(|clause| &clause.sentences);
    let mut over =
        sentences.filter(|span| span.byte_start < place.end && place.start < span.byte_end);
    over.next_back().copied().unwrap_or_else(|| offsets.span(place.clone()))
}

/// The verbs of a clause that are in no title, each with whether it needs a day.
fn verbs(text: &str) -> Vec<(Range<usize>, bool)> {
    let mut verbs: Vec<(Range<usize>, bool)> = Vec::new();
    for (list, dated) in [(&words::REPEALS, false), (&words::REPEALS_DATED, true)] {
        for word in list.iter() {
            verbs.extend(text.match_indices(word).map(|(at, _)| (at..at + word.len(), dated)));
        }
    }
    let marks = titles(text);
    verbs.retain(|(verb, _)| {
        !marks.iter().any(|title| title.start < verb.start && verb.end <= title.end)
    });
    verbs.sort_by_key(|(verb, _)| verb.start);
    verbs
}

/// The titles in a text with their marks, the outermost ones.
fn titles(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut depth, mut start) = (0usize, 0);
    for (at, c) in text.char_indices() {
        match c {
            '《' => {
                if depth == 0 {
                    start = at;
                }
                depth += 1;
            }
            '》' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    found.push(start..at + c.len_utf8());
                }
            }
            // A mark that is never closed opens no title.
            '\n' | '。' => depth = 0,
            _ => {}
        }
    }
    found
}

/// A sentence that repeals.
struct Said {
    sentence: Range<usize>,
    verb: Range<usize>,
    /// Whether the objects stand behind the verb: 下列文件同时废止：…
    behind: bool,
    /// Whether it happens as the document itself comes into force.
    together: bool,
    /// From which day, where the sentence gives one.
    day: Option<jiff::civil::Date>,
}

impl Said {
    fn read(text: &str, verb: Range<usize>, dated: bool) -> Option<Self> {
        let start = text[..verb.start].rfind('。').map_or(0, |at| at + '。'.len_utf8());
        let end =
            text[verb.end..].find('。').map_or(text.len(), |at| verb.end + at + '。'.len_utf8());
        let before = &text[start..verb.start];
        let outside = without_titles(before);
        // 被废止, 可以废止: the verb's own part of the sentence.
        let part = outside.rsplit(['，', '；', '：', '\n']).next().unwrap_or("");
        if words::NO_REPEAL.is_in(part) {
            return None;
        }
        let after = text[verb.end..].trim_start();
        let listed =
            before.contains("下列") || before.contains("以下") || after.starts_with("下列");
        let behind = listed && !before.contains('》')
            || after.starts_with('《')
            || after.starts_with("以下");
        let own = [
            "同时",
            "同時",
            "一并",
            "一併",
            "施行之日",
            "实施之日",
            "生效之日",
            "施行后",
            "实施后",
        ];
        let together = own.iter().any(|word| outside.contains(word));
        let since = together || words::REPEALED_SINCE.is_in(part);
        if dated && !since && !behind {
            return None;
        }
        // 废止的 …, 废止程序, 废止后: no act of this sentence. After the verb it ends or goes on to the list.
        let ends = after.is_empty()
            || after.starts_with([
                '。', '；', '，', '：', ';', ',', ':', '）', ')', '、', '\n', '及', '，',
            ]);
        if !ends && !behind {
            return None;
        }
        let day = date_spans(part).into_iter().rev().find_map(|(at, day)| {
            let rest = part.get(at.end..)?.trim_start();
            rest.starts_with('起').then_some(day)
        });
        let end = if behind { text.len() } else { end };
        Some(Self { sentence: start..end, verb, behind, together, day })
    }

    /// What is repealed.
    fn objects(&self, text: &str) -> Vec<Repeal> {
        let range = if self.behind {
            self.verb.end..self.sentence.end
        } else {
            self.sentence.start..self.verb.start
        };
        let Some(part) = text.get(range) else { return Vec::new() };
        let mut named = titles(part);
        if self.behind {
            // 不再执行《…》中关于…的规定 is of a part of it.
            named.retain(|title| {
                let end = bracket_behind(part, title.end).map_or(title.end, |at| at.end);
                let rest = part.get(end..).unwrap_or("").trim_start_matches(' ');
                rest.is_empty() || rest.starts_with(GLUE)
            });
        } else {
            self.keep_objects(part, &mut named);
        }
        self.of_titles(part, &named)
    }

    /// What a member of a list names.
    fn named_in(&self, part: &str) -> Vec<Repeal> {
        self.of_titles(part, &titles(part))
    }

    fn of_titles(&self, part: &str, named: &[Range<usize>]) -> Vec<Repeal> {
        let mut found: Vec<Repeal> = Vec::new();
        for title in named {
            let name =
                part.get(title.start + '《'.len_utf8()..title.end - '》'.len_utf8()).unwrap_or("");
            let bracket = bracket_behind(part, title.end);
            let number = bracket
                .and_then(|at| find_numbers(part.get(at.clone())?).into_iter().next())
                .map(|number| printed(&number));
            let ends = words::TITLE_ENDS.suffix_of(bare_end(name)).is_some();
            if !ends && number.is_none() {
                continue;
            }
            found.push(self.repeal(Some(name.to_owned()), number, issued(part, title.start)));
        }
        if found.is_empty() && named.is_empty() {
            // 国办发〔2019〕4号同时废止
            let numbers = find_numbers(part).into_iter().filter(|number| number.is_full());
            found.extend(numbers.map(|number| self.repeal(None, Some(printed(&number)), None)));
        }
        found
    }

    fn repeal(
        &self,
        title: Option<String>,
        number: Option<String>,
        issued: Option<jiff::civil::Date>,
    ) -> Repeal {
        let span = Span { char_start: 0, char_end: 0, byte_start: 0, byte_end: 0 };
        Repeal { title, number, issued, day: self.day, replaced: false, span }
    }

    /// Leaves the titles that the verb is about: the last, and those that are listed with it.
    fn keep_objects(&self, part: &str, named: &mut Vec<Range<usize>>) {
        let mut kept: Vec<Range<usize>> = Vec::new();
        let mut end = part.len();
        for title in named.iter().rev() {
            let behind = bracket_behind(part, title.end).map_or(title.end, |bracket| bracket.end);
            let between = without_brackets(part.get(behind..end).unwrap_or(""));
            let before = part.get(..title.start).unwrap_or("");
            let near = between.chars().count() <= if kept.is_empty() { NEAR } else { 80 };
            // Of a part of a law, 《…》第三条同时废止, nothing is said here.
            let of_part = between.contains('第')
                && (between.contains('条') || between.contains('款') || between.contains('项'));
            let glue = kept.is_empty() || between.is_empty() || between.starts_with(GLUE);
            let tells = words::APART.is_in(&between);
            if !near
                || of_part
                || !glue
                || tells
                || words::BY_TITLE.suffix_of(before.trim_end()).is_some()
            {
                // 根据《甲》第二次修正的《乙》同时废止: what stands before the last title tells of it.
                break;
            }
            end = title.start;
            kept.push(title.clone());
        }
        kept.reverse();
        *named = kept;
    }
}

/// A 文号 in its normal form.
fn printed(number: &crate::CitedNumber) -> String {
    match number.year {
        Some(year) => format!("{}〔{year}〕{}号", number.name, number.serial),
        None => format!("{}第{}号", number.name, number.serial),
    }
}

/// The brackets right behind `at`, with what is in them.
fn bracket_behind(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = text.get(at..)?;
    let open = rest.chars().next().filter(|c| matches!(c, '（' | '('))?;
    let close = rest.find(['）', ')'])?;
    let end = at + close + rest[close..].chars().next().map_or(1, char::len_utf8);
    (end > at + open.len_utf8()).then_some(at..end)
}

/// The day right before a title: 2015年6月1日公布的《…》.
fn issued(text: &str, title: usize) -> Option<jiff::civil::Date> {
    let before = text.get(..title)?;
    let from = before
        .rfind(['》', '；', '。', '，', '、'])
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let near = before.get(from..)?;
    date_spans(near).into_iter().next().map(|(_, day)| day)
}

/// The title without an edition in brackets: …办法（试行）.
fn bare_end(title: &str) -> &str {
    let title = title.trim_end();
    match title.strip_suffix(['）', ')']).and_then(|rest| rest.rfind(['（', '(', '〈'])) {
        Some(open) => title[..open].trim_end(),
        None => title,
    }
}

fn without_titles(text: &str) -> String {
    let mut bare = String::new();
    let mut at = 0;
    for title in titles(text) {
        bare.push_str(text.get(at..title.start).unwrap_or(""));
        at = title.end;
    }
    bare.push_str(text.get(at..).unwrap_or(""));
    bare
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0;
    text.chars()
        .filter(|&c| {
            match c {
                '（' | '(' => depth += 1,
                '）' | ')' => {
                    depth -= 1;
                    return false;
                }
                _ => {}
            }
            depth <= 0
        })
        .collect()
}
