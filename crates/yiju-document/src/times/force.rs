//! The days of the document itself.

use std::ops::Range;

use jiff::civil::Date;
use jiff::{Span as Length, ToSpan};

use super::{DateKind, Times};
use crate::particular::Line;
use crate::spans::Offsets;
use crate::{Document, Span, deeds, words};
use yiju_text::chars::is_han;
use yiju_text::dates::{date_line, date_spans, dates};
use yiju_text::numerals::leading_number;

/// Adds what the document says of itself.
pub(super) fn read(document: &Document, lines: &[Line], offsets: &Offsets, times: &mut Times) {
    let whole = |line: &Line| offsets.span(line.range.clone());
    for (line, deed) in deeds::of_head(lines) {
        for kind in kinds(&deed) {
            times.add(kind, deed.day(), whole(line));
        }
    }
    if times.day(DateKind::Promulgated).is_none() {
        proclaimed(document, lines, offsets, times);
    }
    if let Some(force) = Force::find(document, lines) {
        let place = force.sentence(document, offsets);
        match force.day(document, times) {
            Some(day) => {
                // What the last article says is the text's own; the head may tell of the day, too.
                times.facts.retain(|fact| fact.kind != DateKind::Effective);
                times.add(DateKind::Effective, day, place);
            }
            None if force.left_open() => times.effective_left_open = Some(place),
            None => {}
        }
        if let Some((last, at)) = force.expires(times) {
            times.add(DateKind::Expires, last, offsets.span(at));
        }
    }
}

/// What was done on the day of a line of the head.
fn kinds(deed: &deeds::Deed) -> Vec<DateKind> {
    let mut kinds = Vec::new();
    let acts = [
        (DateKind::Repealed, &words::REPEALED),
        (DateKind::Amended, &words::REVISED),
        (DateKind::Effective, &words::IN_FORCE),
        (DateKind::Promulgated, &words::PROCLAIMED),
        (DateKind::Adopted, &words::ADOPTED),
    ];
    for (kind, list) in acts {
        if deed.is_plainly(list) {
            kinds.push(kind);
        }
    }
    // 修订通过 is a change, 通过　自 … 起施行 an adoption; 施行日期 is told before its day.
    if kinds.contains(&DateKind::Amended) {
        kinds.retain(|kind| *kind != DateKind::Adopted);
    }
    if kinds.contains(&DateKind::Effective) {
        kinds.retain(|kind| *kind == DateKind::Effective || deed.also(*kind));
    }
    kinds
}

/// The day of the order that proclaims the text, or the day of an official notice.
fn proclaimed(document: &Document, lines: &[Line], offsets: &Offsets, times: &mut Times) {
    let Some(date) = document.date else { return };
    if let Some((line, Some(part), _)) = deeds::proclaimed(lines, document.date) {
        let text = document.text.get(part).unwrap_or("");
        if let Some(&day) = dates(text).first() {
            times.add(DateKind::Promulgated, day, offsets.span(line));
        }
        return;
    }
    // Under a head that tells of an adoption, the document's date is that of the adoption.
    let told = times.facts.iter().any(|fact| fact.day == date);
    let official = document.number.is_some() || document.issuer.is_some();
    if told || !official {
        return;
    }
    // A line that gives the date and nothing that was done: the dateline, or the signature.
    let line = lines.iter().find(|line| {
        let dated = date_spans(line.text).into_iter().find(|(_, day)| *day == date);
        line.text.chars().count() <= 60
            && dated.is_some_and(|(at, _)| {
                line.text[at.end..].trim().trim_end_matches(['）', ')', '】', ']']).is_empty()
            })
            && (line.clause.is_none() || date_line(line.text).is_some())
    });
    if let Some(line) = line {
        times.add(DateKind::Promulgated, date, offsets.span(line.range.clone()));
    }
}

/// The sentence by which a document comes into force.
struct Force {
    /// The bytes of the clause or line that holds it.
    within: Range<usize>,
    /// Its text, with line breaks as spaces.
    text: String,
    /// The part that gives the day, in bytes of `text`.
    part: Range<usize>,
}

impl Force {
    fn find(document: &Document, lines: &[Line]) -> Option<Self> {
        let of_line = lines.iter().rev().find_map(|line| {
            let part = deeds::in_force_since(line.text)?;
            Some(Self { within: line.range.clone(), text: line.text.to_owned(), part })
        });
        // 本法自⏎2006⏎年: the page broke the article.
        let of_clause = || {
            document.clauses.iter().rev().take(12).find_map(|clause| {
                let within = clause.span.byte_start..clause.span.byte_end;
                let text = document.slice(clause.span).replace('\n', " ");
                let part = deeds::in_force_since(&text)?;
                Some(Self { within, text, part })
            })
        };
        of_line.or_else(of_clause)
    }

    fn part(&self) -> &str {
        self.text.get(self.part.clone()).unwrap_or("")
    }

    /// Whether the day is left to others.
    fn left_open(&self) -> bool {
        dates(self.part()).is_empty()
            && !words::DAY_PUBLIC.is_in(self.part())
            && !words::DAY_ADOPTED.is_in(self.part())
            && (self.part().contains("日期") || self.part().contains("determined"))
    }

    /// The day, where the text gives it or names one that it gives.
    fn day(&self, document: &Document, times: &Times) -> Option<Date> {
        let part = self.part();
        if !self.text.chars().any(is_han) {
            return self.english_day(document, times);
        }
        if let Some(&day) = dates(part).first() {
            return Some(day);
        }
        let lower = part.to_lowercase();
        let from = if words::DAY_PUBLIC.is_in(&lower) {
            self.made_public(document, times)?
        } else if words::DAY_ADOPTED.is_in(&lower) {
            let kinds = [DateKind::Adopted, DateKind::Amended];
            kinds.into_iter().find_map(|kind| times.day(kind))?
        } else {
            return None;
        };
        match part.find('起').map(|at| &part[at + '起'.len_utf8()..]) {
            // 自公布之日起30日后施行
            Some(rest) if rest.contains('后') || rest.contains('後') => {
                from.checked_add(length(rest)?).ok()
            }
            _ => Some(from),
        }
    }

    /// The day behind the verb: a day before it is another's (amended on …, shall take effect on …). Where some articles are
    /// excepted, none is given.
    fn english_day(&self, document: &Document, times: &Times) -> Option<Date> {
        let start = self.text[..self.part.start].rfind(". ").map_or(0, |at| at + 2);
        let end =
            self.text[self.part.end..].find(". ").map_or(self.text.len(), |at| self.part.end + at);
        let sentence = self.text.get(start..end)?;
        let lower = sentence.to_ascii_lowercase();
        if lower.contains("except") {
            return None;
        }
        let verb = words::IN_FORCE_SINCE.iter().filter_map(|verb| lower.find(verb)).min()?;
        let behind = date_spans(sentence).into_iter().find(|(at, _)| at.start > verb);
        behind.map(|(_, day)| day).or_else(|| {
            let public = words::DAY_PUBLIC.is_in(&lower[verb..]);
            if public { self.made_public(document, times) } else { None }
        })
    }

    /// The day on which the text was made public. The laws of the national congress are proclaimed on the day on which
    /// they are adopted; others are not, and then it is not known.
    fn made_public(&self, document: &Document, times: &Times) -> Option<Date> {
        times.day(DateKind::Promulgated).or_else(|| {
            let national = document
                .issuer
                .as_deref()
                .is_some_and(|issuer| issuer.starts_with("全国人民代表大会"));
            times.day(DateKind::Adopted).filter(|_| national)
        })
    }

    /// The sentence around the part; all of the clause where the page broke the sentence.
    fn sentence(&self, document: &Document, offsets: &Offsets) -> Span {
        let (start, end) = (self.within.start + self.part.start, self.within.start + self.part.end);
        let held = document
            .clauses
            .iter()
            .flat_map(|clause| &clause.sentences)
            .find(|span| span.byte_start <= start && end <= span.byte_end);
        held.copied().unwrap_or_else(|| offsets.span(self.within.clone()))
    }

    /// The last day on which the document holds, and the bytes that say so: 有效期三年, 有效期至2025年12月31日, right
    /// behind its coming into force.
    fn expires(&self, times: &Times) -> Option<(Date, Range<usize>)> {
        let from = self.part.end;
        let rest = self.text.get(from..)?;
        // 自…施行至…止
        let only_verb = |before: &str| before.chars().all(|c| "起施行实實施执執 ".contains(c));
        if let Some(until) = rest.split_once('至').filter(|(before, _)| only_verb(before)) {
            let (day_at, day) = date_spans(until.1).into_iter().next()?;
            let ends = until.1[day_at.end..].starts_with('止');
            let start = self.within.start + from + until.0.len();
            let length = '至'.len_utf8() + day_at.end;
            return (ends && day_at.start <= "中華民國".len())
                .then_some((day, start..start + length));
        }
        let (at, word) = words::VALID_FOR
            .iter()
            .filter_map(|word| Some((rest.find(word)?, *word)))
            .min_by_key(|&(at, word)| (at, std::cmp::Reverse(word.len())))?;
        // 许可证有效期三年 is of something else.
        let between: String = rest.get(..at)?.chars().filter(|c| c.is_alphanumeric()).collect();
        let own = between.chars().count() <= 12
            && between
                .trim_start_matches(['起', '施', '行', '实', '执', '生', '效'])
                .chars()
                .all(|c| "本办法规定通知意见条例细则标准方案措施的，其".contains(c));
        if !own {
            return None;
        }
        let after = rest.get(at + word.len()..)?;
        let end = after.find(['。', '；', '，']).unwrap_or(after.len());
        let said = &after[..end];
        let start = self.within.start + from + at;
        let place = start..start + word.len() + end;
        if let Some((_, day)) = date_spans(said).into_iter().next() {
            return Some((day, place));
        }
        let effective = times.day(DateKind::Effective)?;
        let until = effective.checked_add(length(said)?).ok()?;
        Some((until.yesterday().ok()?, place))
    }
}

/// 三年, 为期30日, 6个月: a length of time.
fn length(text: &str) -> Option<Length> {
    let text = text.trim_start_matches(['为', '為', '期', '是', '：', ' ', '的', '自']);
    let (number, at) = leading_number(text)?;
    let number = i64::from(number);
    let unit = text.get(at..)?.trim_start().trim_start_matches('个').trim_start_matches('個');
    match unit.chars().next()? {
        '年' => Some(number.years()),
        '月' => Some(number.months()),
        '日' | '天' => Some(number.days()),
        _ => None,
    }
}
