//! Where a document says what it is: its title, who issued it, its 文号 and its date.

use std::ops::Range;

use crate::spans::Offsets;
use crate::{Document, Span, deeds, news, signs};
use yiju_text::dates::{dates, news_day};

/// Something a document says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Particular {
    /// Its title.
    Title,
    /// Who issued it.
    Issuer,
    /// Its 文号.
    Number,
    /// Its date; in news without a full one, the day of the dateline.
    Date,
    /// When it was adopted.
    Adopted,
    /// Who adopted it.
    Adopter,
    /// When it was last changed.
    Revised,
    /// When it was made public: by the order that proclaims it, or as its head says.
    Proclaimed,
    /// Since when it is in force.
    InForce,
}

/// The place of a particular in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParticularPlace {
    /// The line, or the lines of a title.
    pub line: Span,
    /// The part of it that is the particular, where it stands there in one piece.
    pub part: Option<Span>,
    /// The clause that holds the line; `None` for a line of the head.
    pub clause: Option<usize>,
}

/// A line: its bytes, and the clause that holds it.
pub(crate) struct Line<'a> {
    pub(crate) range: Range<usize>,
    pub(crate) text: &'a str,
    pub(crate) clause: Option<usize>,
}

impl Line<'_> {
    /// The line with a part of it, in its own bytes.
    pub(crate) fn with(&self, part: Range<usize>) -> Found {
        let part = self.range.start + part.start..self.range.start + part.end;
        (self.range.clone(), Some(part), self.clause)
    }
}

impl Document {
    /// Where the document says `what` of itself; `None` where it does not.
    ///
    /// The head comes before the signature at the end, and both before the body.
    pub fn particular(&self, what: Particular) -> Option<ParticularPlace> {
        let lines = self.lines();
        let found = match what {
            Particular::Title => title(&lines, &self.title),
            Particular::Number => {
                let number = self.number.as_deref()?;
                let printed = head_and_end(&lines).find_map(|line| {
                    holding(line, &[number]).or_else(|| {
                        // Printed with other brackets or numerals than its normal form.
                        let same = signs::document_number(line.text).as_deref() == Some(number);
                        same.then(|| (line.range.clone(), Some(line.range.clone()), line.clause))
                    })
                });
                // 中华人民共和国国务院令 and 第706号 are two lines.
                printed.or_else(|| title(&lines, number))
            }
            Particular::Issuer => {
                let organs: Vec<&str> = self.issuer.as_deref()?.split('、').collect();
                head_and_end(&lines).find_map(|line| holding(line, &organs))
            }
            Particular::Date => self.dated(&lines),
            Particular::Adopted => deeds::adopted(&lines).map(|(line, deed)| line.with(deed.date)),
            Particular::Adopter => {
                deeds::adopted(&lines).and_then(|(line, deed)| Some(line.with(deed.by?)))
            }
            Particular::Revised => deeds::revised(&lines),
            Particular::Proclaimed => {
                deeds::proclaimed(&lines, self.date).or_else(|| self.dated(&lines))
            }
            Particular::InForce => deeds::in_force(&lines),
        };
        let (line, part, clause) = found?;
        let offsets = Offsets::new(&self.text);
        Some(ParticularPlace {
            line: offsets.span(line),
            part: part.map(|part| offsets.span(part)),
            clause,
        })
    }

    /// The line that gives the document's date.
    fn dated(&self, lines: &[Line]) -> Option<Found> {
        match self.date {
            Some(date) => head_and_end(lines)
                .find(|line| dates(line.text).contains(&date))
                .map(|line| (line.range.clone(), dated(line), line.clause)),
            None => dateline(lines),
        }
    }

    pub(crate) fn lines(&self) -> Vec<Line<'_>> {
        let mut at = 0;
        self.text
            .split('\n')
            .map(|text| {
                let range = at..at + text.len();
                at = range.end + 1;
                let clause = self.clauses.iter().position(|clause| {
                    clause.span.byte_start <= range.start && range.end <= clause.span.byte_end
                });
                Line { range, text, clause }
            })
            .collect()
    }
}

pub(crate) type Found = (Range<usize>, Option<Range<usize>>, Option<usize>);

/// How many lines at the start may be the head.
pub(crate) const HEAD: usize = 40;

/// Lines above the first clause, from the top, then lines of the end, from the bottom.
fn head_and_end<'l, 'a>(lines: &'l [Line<'a>]) -> impl Iterator<Item = &'l Line<'a>> {
    const END: usize = 6;
    let outside = |line: &&Line| line.clause.is_none() && !line.text.is_empty();
    let short = |line: &&Line| line.text.chars().count() <= 120;
    lines
        .iter()
        .take(HEAD)
        .filter(outside)
        .chain(lines.iter().rev().take(END).filter(short))
        .chain(lines.iter().take(HEAD).filter(short))
}

/// The lines of the head that together are a title or a 文号, white space apart.
fn title(lines: &[Line], title: &str) -> Option<Found> {
    const MOST_LINES: usize = 4;
    let letters = |text: &str| -> String {
        text.trim_matches(['#', '*', ' ']).chars().filter(|c| !c.is_whitespace()).collect()
    };
    let wanted = letters(title);
    if wanted.is_empty() {
        return None;
    }
    (0..lines.len().min(12)).find_map(|start| {
        let mut seen = String::new();
        lines[start..].iter().take(MOST_LINES).find_map(|line| {
            seen.push_str(&letters(line.text));
            let whole = lines[start].range.start..line.range.end;
            (seen == wanted).then(|| (whole.clone(), Some(whole), lines[start].clause))
        })
    })
}

/// A line that holds all of `parts`, white space apart, and the part from the first to the last.
fn holding(line: &Line, parts: &[&str]) -> Option<Found> {
    let squeezed: Vec<(usize, char)> =
        line.text.char_indices().filter(|(_, c)| !c.is_whitespace()).collect();
    let text: String = squeezed.iter().map(|(_, c)| c).collect();
    let mut whole: Option<Range<usize>> = None;
    for part in parts {
        let part: String = part.chars().filter(|c| !c.is_whitespace()).collect();
        let at = text.find(&part).filter(|_| !part.is_empty())?;
        let first = text[..at].chars().count();
        let last = first + part.chars().count() - 1;
        let start = squeezed.get(first)?.0;
        let end = squeezed.get(last).map(|(at, c)| at + c.len_utf8())?;
        whole = Some(match whole {
            Some(range) => range.start.min(start)..range.end.max(end),
            None => start..end,
        });
    }
    let part = whole.map(|part| line.range.start + part.start..line.range.start + part.end);
    Some((line.range.clone(), part, line.clause))
}

/// A date line without its brackets.
fn dated(line: &Line) -> Option<Range<usize>> {
    let bracket = |c: char| "()（）[]【】".contains(c) || c.is_whitespace();
    let front = line.text.len() - line.text.trim_start_matches(bracket).len();
    let back = line.text.len() - line.text.trim_end_matches(bracket).len();
    let short = line.text.chars().count() <= 24 && front + back < line.text.len();
    short.then(|| line.range.start + front..line.range.end - back)
}

/// The day in the dateline or the sign-off of news: 新华社北京8月28日电.
fn dateline(lines: &[Line]) -> Option<Found> {
    lines
        .iter()
        .find(|line| news::starts_with_dateline(line.text))
        .or_else(|| lines.last().filter(|line| news::is_sign_off(line.text)))
        .and_then(|line| {
            let day = news_day(line.text)?;
            let part = line.range.start + day.start..line.range.start + day.end;
            Some((line.range.clone(), Some(part), line.clause))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(source: &str, what: Particular) -> Option<(String, Option<String>, bool)> {
        let documents = crate::parse(source.as_bytes()).unwrap();
        let document = &documents[0];
        let place = document.particular(what)?;
        let part = place.part.map(|part| document.slice(part).to_owned());
        Some((document.slice(place.line).to_owned(), part, place.clause.is_some()))
    }

    #[test]
    fn an_official_text_says_all_four_in_its_head() {
        let source = "国办发〔2024〕7号\n\n国务院办公厅关于加强排水防涝工作的通知\n\n\
            (2024年3月5日)\n\n各地要做好排水防涝工作，现通知如下。\n\n一、总体要求\n\n坚持预防为主。\n";
        let whole = |text: &str| Some((text.to_owned(), Some(text.to_owned()), false));
        assert_eq!(
            said(source, Particular::Title),
            whole("国务院办公厅关于加强排水防涝工作的通知")
        );
        assert_eq!(said(source, Particular::Number), whole("国办发〔2024〕7号"));
        assert_eq!(
            said(source, Particular::Issuer),
            Some((
                "国务院办公厅关于加强排水防涝工作的通知".into(),
                Some("国务院办公厅".into()),
                false
            ))
        );
        assert_eq!(
            said(source, Particular::Date),
            Some(("(2024年3月5日)".into(), Some("2024年3月5日".into()), false))
        );
    }

    #[test]
    fn news_says_its_day_in_the_dateline_and_nothing_else() {
        let source = "某市完成排水管网改造\n\n新华社北京8月28日电 记者获悉，某市完成了排水管网改造。\n\n改造历时三年。\n";
        let (line, part, in_clause) = said(source, Particular::Date).unwrap();
        assert!(line.starts_with("新华社北京8月28日电") && in_clause);
        assert_eq!(part.as_deref(), Some("8月28日"));
        assert_eq!(said(source, Particular::Number), None);
        assert_eq!(said(source, Particular::Issuer), None);
    }
}
