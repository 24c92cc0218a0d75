//! Which version a question means: the one in force, or the one of a time that it names.
//!
//! 2015年的办法, 修订前的水价, 原《…》, 2015年6月1日, 新旧对比. Only where the library has versions: elsewhere a year is
//! what the answer must be about (`constraints`), and nothing else.

use std::ops::Range;

use jiff::civil::{Date, date};
use yiju_document::title_of_versions;
use yiju_text::dates::date_spans;
use yiju_text::normalize;
use yiju_text::words::WordList;

use crate::ask::constraints::year_of;
use crate::keep::today::today;
use crate::keep::versions::{Selection, Versions};

const SOURCE: &str = include_str!("../../data/when.txt");
static NO_TIME_BEHIND: WordList = WordList::section(SOURCE, "no time behind");
static NO_TIME_BEFORE: WordList = WordList::section(SOURCE, "no time before");
static OF_A_YEAR: WordList = WordList::section(SOURCE, "of a year");
static BEFORE: WordList = WordList::section(SOURCE, "before");
static BEFORE_IN_ITSELF: WordList = WordList::section(SOURCE, "before in itself");
static BOTH: WordList = WordList::section(SOURCE, "both");
static COMPARING: WordList = WordList::section(SOURCE, "comparing");
static VALIDITY: WordList = WordList::section(SOURCE, "validity");
static CURRENT: WordList = WordList::section(SOURCE, "current");

/// Fewest characters of a title's end that name it.
const SHORTEST_END: usize = 4;

/// What a question says of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// The versions of this selection.
    Meant(Selection),
    /// The versions of this selection, which the question names; `bare` is the question without these words. `firm` where
    /// they belong to a title, so that they can say nothing else.
    Named {
        /// Which versions.
        selection: Selection,
        /// The question without the time.
        bare: String,
        /// Whether the time belongs to a title.
        firm: bool,
    },
    /// The versions in force and those before them, compared.
    Both {
        /// The question without the words that compare.
        bare: String,
    },
}

impl When {
    /// The versions that answer; of two that are compared, those in force.
    pub(crate) fn selection(&self) -> Selection {
        match self {
            Self::Meant(selection) | Self::Named { selection, .. } => *selection,
            Self::Both { .. } => in_force(None),
        }
    }
}

/// The versions in force on a day that was asked for, or else today.
pub(crate) fn in_force(as_of: Option<Date>) -> Selection {
    match as_of {
        Some(day) => Selection::On { day, strict: true },
        None => Selection::On { day: today(), strict: false },
    }
}

/// Which versions a question means.
pub(crate) fn meant(question: &str, as_of: Option<Date>, versions: &Versions) -> When {
    let plain = When::Meant(in_force(as_of));
    if as_of.is_some() || !versions.has_families() {
        return plain;
    }
    let words = Words::of(question, versions);
    if words.compares() {
        return When::Both { bare: words.without_comparing() };
    }
    let named = words.day().or_else(|| words.year()).or_else(|| words.before());
    match named.or_else(|| words.current()) {
        Some((selection, at, firm)) => {
            let bare = words.without(&at);
            let asks = bare.chars().filter(|c| c.is_alphanumeric()).count() > 2;
            if asks { When::Named { selection, bare, firm } } else { When::Meant(selection) }
        }
        None => plain,
    }
}

/// Whether a question asks whether a document is in force.
pub(crate) fn asks_validity(question: &str) -> bool {
    VALIDITY.is_in(&normalize(question))
}

/// The longest end of a title that a question, in normal form, names it by: 供水管理办法 of 青河市城市供水管理办法. In
/// characters; `None` where it names less than four, or less than the whole of a shorter title.
pub(crate) fn named_by(question: &str, title: &str) -> Option<usize> {
    let title = title_of_versions(title);
    let length = title.chars().count();
    let mut ends = title.char_indices().map(|(at, _)| &title[at..]).enumerate();
    let (left_out, _) = ends.find(|(_, end)| question.contains(*end))?;
    let named = length - left_out;
    (named >= SHORTEST_END.min(length)).then_some(named)
}

/// A question with the titles of the versions that there are.
struct Words<'a> {
    text: &'a str,
    titles: Vec<String>,
}

type Found = (Selection, Range<usize>, bool);

impl<'a> Words<'a> {
    fn of(text: &'a str, versions: &Versions) -> Self {
        let families = versions.members().iter().filter(|member| versions.has_family(member));
        let mut titles: Vec<String> =
            families.map(|member| title_of_versions(&member.record.title)).collect();
        titles.sort_unstable();
        titles.dedup();
        Self { text, titles }
    }

    fn compares(&self) -> bool {
        BOTH.is_in(self.text)
    }

    fn without_comparing(&self) -> String {
        let mut bare = self.text.to_owned();
        for word in COMPARING.iter() {
            bare = bare.replace(word, "");
        }
        bare
    }

    fn without(&self, at: &Range<usize>) -> String {
        let (before, after) = (&self.text[..at.start], &self.text[at.end..]);
        // 在2016年，… and 2016年时, …
        let before = before.trim_end_matches(['在', '于']);
        let after = after.trim_start_matches(['时', '，', ',', '的', ' ']);
        format!("{before}{after}")
    }

    /// 2015年6月1日, 2015-06-01; 2015年6月 is its last day.
    fn day(&self) -> Option<Found> {
        if let Some((at, day)) = date_spans(self.text).into_iter().next() {
            return self.is_time(&at).then_some((Selection::On { day, strict: false }, at, false));
        }
        let (at, year) = self.years().next()?;
        let rest = &self.text[at.end..];
        let (month, length) = yiju_text::numerals::leading_number(rest)?;
        let end = rest[length..].starts_with('月').then_some(at.end + length + '月'.len_utf8())?;
        let at = at.start..end;
        let month = i8::try_from(month).ok().filter(|month| (1..=12).contains(month))?;
        let day = date(year, month, 1).last_of_month();
        self.is_time(&at).then_some((Selection::On { day, strict: false }, at, false))
    }

    /// 2015年, where it is a time and not what is asked about.
    fn year(&self) -> Option<Found> {
        let (at, year) = self.years().find(|(at, _)| self.is_time(at))?;
        let mut end = at.end;
        while let Some(word) = OF_A_YEAR.prefix_of(&self.text[end..]) {
            end += word.len();
        }
        let of_title = self.title_at(end);
        if of_title {
            return Some((Selection::MadeIn(year), at.start..end, true));
        }
        // 公司法（2018年修正）
        let named_before = self.text[..at.start].ends_with(['（', '(']) && end > at.end;
        if named_before {
            let open = self.text[..at.start].chars().next_back();
            let close = self.text[end..].chars().next().filter(|c| matches!(c, '）' | ')'));
            let bytes = |bracket: Option<char>| bracket.map_or(0, char::len_utf8);
            let whole = at.start - bytes(open)..end + bytes(close);
            return Some((Selection::MadeIn(year), whole, true));
        }
        Some((Selection::Year(year), at, false))
    }

    /// The years, written with four digits or four Chinese numerals.
    fn years(&self) -> impl Iterator<Item = (Range<usize>, i16)> + '_ {
        self.text.match_indices('年').filter_map(|(at, sign)| {
            let four: Vec<(usize, char)> = self.text[..at].char_indices().rev().take(4).collect();
            let start = four.last().filter(|_| four.len() == 4)?.0;
            let before = self.text[..start].chars().next_back();
            if before.is_some_and(|c| c.is_ascii_digit()) {
                return None;
            }
            let year = year_of(&normalize(&self.text[start..at]))?;
            Some((start..at + sign.len(), i16::try_from(year).ok()?))
        })
    }

    /// Whether a time in the question says when, and not from when, until when or before when something is.
    fn is_time(&self, at: &Range<usize>) -> bool {
        let (before, after) = (&self.text[..at.start], &self.text[at.end..]);
        let after = after.trim_start_matches(['年', '度']);
        NO_TIME_BEFORE.suffix_of(before).is_none() && NO_TIME_BEHIND.prefix_of(after).is_none()
    }

    /// Whether a title of a document that has versions, or its kind, begins at `at`.
    fn title_at(&self, at: usize) -> bool {
        let rest = self.text[at..].trim_start_matches(['《', '〈', ' ', '“']);
        let rest: String = normalize(rest).chars().take(40).collect();
        self.titles.iter().any(|title| {
            let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8());
            let begins = ends.skip(1).map(|end| &rest[..end]);
            begins
                .take_while(|begin| title.contains(*begin))
                .any(|begin| title.ends_with(begin) || yiju_document::is_kept_in_versions(begin))
        })
    }

    /// 修订前的…, 原《…》, 旧公司法.
    fn before(&self) -> Option<Found> {
        let selection = Selection::Before(today());
        for word in BEFORE_IN_ITSELF.iter() {
            if let Some(at) = self.text.find(word) {
                return Some((selection, at..at + word.len(), true));
            }
        }
        for word in BEFORE.iter() {
            for (at, _) in self.text.match_indices(word) {
                let end = at + word.len();
                let rest = &self.text[end..];
                let alone = word.chars().count() > 2 && rest.starts_with(['，', ',', '：']);
                if alone || self.title_at(end) {
                    return Some((selection, at..end, true));
                }
                // 修订前居民水价是多少
                if word.chars().count() > 2 {
                    return Some((selection, at..end, false));
                }
            }
        }
        None
    }

    /// 现行公司法: the version in force, without these words.
    fn current(&self) -> Option<Found> {
        let word = CURRENT.iter().find(|word| self.text.contains(**word))?;
        let at = self.text.find(word)?;
        Some((Selection::On { day: today(), strict: false }, at..at + word.len(), false))
    }
}
