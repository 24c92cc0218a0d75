//! Words that turn what a text says (`data/claims.txt`): 可以, 不得, 以上, 全部, unless. A text is cut into characters, words
//! and these operators, so that what an operator is about can be compared.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use yiju_text::chars::is_han;
use yiju_text::words::WordList;

/// Characters or words that a denial is about.
pub(crate) const MATTER: usize = 2;
/// How many atoms may stand between a denial and its matter: 不得擅自停止.
const BETWEEN: usize = 2;

const WORDS: &str = include_str!("../data/claims.txt");
static MODALITY: WordList = WordList::section(WORDS, "modality");
static BOUNDS: WordList = WordList::section(WORDS, "bounds");
static EXTENT: WordList = WordList::section(WORDS, "extent");
static ORDER: WordList = WordList::section(WORDS, "order");
static CONDITION: WordList = WordList::section(WORDS, "condition");
static PERIOD: WordList = WordList::section(WORDS, "period");
static DIRECTION: WordList = WordList::section(WORDS, "direction");
static CHARGE: WordList = WordList::section(WORDS, "charge");
static DENYING: WordList = WordList::section(WORDS, "denying");
static OTHER: WordList = WordList::section(WORDS, "other");

/// What the words of a list turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// 可以, 应当, 不得, 无需.
    Modality,
    /// 以上, 以下.
    Bound,
    /// 收取, 不收取; 免费, 收费.
    Negation,
    /// 全部, 部分.
    Extent,
    /// 之前, 之后.
    Order,
    /// if, unless.
    Condition,
    /// 每月, 每年.
    Period,
    /// 提高, 降低.
    Direction,
}

/// A word of a list.
#[derive(Clone, Copy, Debug)]
struct Entry {
    word: &'static str,
    /// Its kind and class; `None` for a word that only denies or hides others.
    operator: Option<(Family, &'static str)>,
    /// Whether it is about what stands before it.
    left: bool,
    denies: bool,
}

/// All words by their first character, longer ones first.
static ENTRIES: LazyLock<HashMap<char, Vec<Entry>>> = LazyLock::new(|| {
    let mut all: HashMap<&'static str, Entry> = HashMap::new();
    let blank = |word| Entry { word, operator: None, left: false, denies: false };
    for (kind, list) in [
        (Family::Modality, &MODALITY),
        (Family::Bound, &BOUNDS),
        (Family::Extent, &EXTENT),
        (Family::Order, &ORDER),
        (Family::Condition, &CONDITION),
        (Family::Period, &PERIOD),
        (Family::Direction, &DIRECTION),
        (Family::Negation, &CHARGE),
    ] {
        for [word, class, side] in list.rows() {
            let entry = all.entry(word).or_insert_with(|| blank(word));
            entry.operator = Some((kind, class));
            entry.left = side == "left";
        }
    }
    for &word in DENYING.iter() {
        all.entry(word).or_insert_with(|| blank(word)).denies = true;
    }
    for &word in OTHER.iter() {
        all.entry(word).or_insert_with(|| blank(word));
    }
    let mut by_first: HashMap<char, Vec<Entry>> = HashMap::new();
    for entry in all.into_values() {
        if let Some(first) = entry.word.chars().next() {
            by_first.entry(first).or_default().push(entry);
        }
    }
    for entries in by_first.values_mut() {
        entries.sort_by_key(|entry| (std::cmp::Reverse(entry.word.len()), entry.word));
    }
    by_first
});

/// The longest word of the lists at byte `at` of `text`; one in Latin letters only whole.
fn entry_at(text: &str, at: usize) -> Option<Entry> {
    let rest = text.get(at..)?;
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let candidates = ENTRIES.get(&rest.chars().next()?)?;
    candidates.iter().copied().find(|entry| {
        let Some(after) = rest.strip_prefix(entry.word) else { return false };
        let latin = entry.word.is_ascii();
        !latin || !(letter(text[..at].chars().next_back()) || letter(after.chars().next()))
    })
}

/// What an atom is compared by.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// A character of Chinese, or a word or number of letters and digits without the ending of its form.
    Text(String),
    /// A word of the lists: its kind and class.
    Operator(Family, &'static str),
    /// The end of a sentence.
    End,
}

/// A character, word or operator of a text.
#[derive(Clone, Debug)]
pub(crate) struct Atom {
    pub kind: Kind,
    /// Its bytes.
    pub range: Range<usize>,
    left: bool,
    /// Whether it denies what follows it.
    pub denies: bool,
}

/// A text (in normal form) in atoms.
pub(crate) struct Atoms<'t> {
    text: &'t str,
    pub atoms: Vec<Atom>,
}

impl<'t> Atoms<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        let mut atoms: Vec<Atom> = Vec::new();
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            if let Some(entry) = entry_at(text, at) {
                let range = at..at + entry.word.len();
                let kind = match entry.operator {
                    Some((kind, class)) => Kind::Operator(kind, class),
                    None => Kind::Text(entry.word.to_owned()),
                };
                at = range.end;
                atoms.push(Atom { kind, range, left: entry.left, denies: entry.denies });
                continue;
            }
            let letters = |c: char| c.is_ascii_alphanumeric() || c == '\'';
            let end = match c {
                'a'..='z' | '0'..='9' => {
                    at + text[at..].find(|c| !letters(c)).unwrap_or(text.len() - at)
                }
                c => at + c.len_utf8(),
            };
            let after = text[end..].chars().next();
            let kind = match c {
                '。' | ';' | '!' | '?' | '\n' => Some(Kind::End),
                '.' if after.is_none_or(|c| c == ' ') => Some(Kind::End),
                '的' | '了' => None,
                c if c.is_alphanumeric() => Some(Kind::Text(stem(&text[at..end]))),
                _ => None,
            };
            if let Some(kind) = kind.filter(|kind| !is_filler(kind)) {
                atoms.push(Atom { kind, range: at..end, left: false, denies: false });
            }
            at = end;
        }
        Self { text, atoms }
    }

    /// The kinds of the atoms before or after an operator, in the order of the text: those of its sentence up to the
    /// next operator of its kind, at most `most`.
    pub(crate) fn beside(&self, of: &Operator, before: bool, most: usize) -> Vec<&Kind> {
        let stretch = &of.stretch;
        let next = |kind: &Kind| matches!(kind, Kind::Operator(family, _) if *family == of.family);
        let within = |atom: &&Atom| atom.kind != Kind::End && !next(&atom.kind);
        if before {
            let atoms = self.atoms[..stretch.start].iter().rev();
            let mut kinds: Vec<&Kind> =
                atoms.take_while(within).map(|atom| &atom.kind).take(most).collect();
            kinds.reverse();
            kinds
        } else {
            let atoms = self.atoms[stretch.end..].iter();
            atoms.take_while(within).map(|atom| &atom.kind).take(most).collect()
        }
    }

    pub(crate) fn words(&self, stretch: &Range<usize>) -> &'t str {
        match (self.atoms.get(stretch.start), self.atoms.get(stretch.end.saturating_sub(1))) {
            (Some(first), Some(last)) => &self.text[first.range.start..last.range.end],
            _ => "",
        }
    }

    /// The number of the sentence in which an atom stands.
    pub(crate) fn sentence(&self, at: usize) -> usize {
        self.atoms[..at].iter().filter(|atom| atom.kind == Kind::End).count()
    }

    /// The operators of the lists.
    pub(crate) fn operators(&self) -> Vec<Operator> {
        let found = self.atoms.iter().enumerate();
        found
            .filter_map(|(at, atom)| match atom.kind {
                Kind::Operator(family, class) => {
                    Some(Operator { family, class, stretch: at..at + 1, left: atom.left })
                }
                _ => None,
            })
            .collect()
    }

    /// What the denials of this text are about, each once: two characters, or a word.
    pub(crate) fn denied(&self) -> Vec<Vec<Kind>> {
        let mut found: Vec<Vec<Kind>> = Vec::new();
        for (at, _) in self.atoms.iter().enumerate().filter(|(_, atom)| atom.denies) {
            let matter = self.matter(at + 1);
            if let Some(matter) = matter.filter(|matter| !found.contains(matter)) {
                found.push(matter);
            }
        }
        found
    }

    /// The matter that begins at an atom.
    fn matter(&self, at: usize) -> Option<Vec<Kind>> {
        let Kind::Text(first) = &self.atoms.get(at)?.kind else { return None };
        let length = if first.chars().any(is_han) { MATTER } else { 1 };
        let matter: Vec<Kind> =
            self.atoms.get(at..at + length)?.iter().map(|atom| atom.kind.clone()).collect();
        let texts = matter.iter().all(|kind| match kind {
            Kind::Text(text) if length == 1 => text.chars().all(char::is_alphabetic),
            Kind::Text(text) => text.chars().all(is_han),
            _ => false,
        });
        texts.then_some(matter)
    }

    /// The places of a matter as operators of three classes: affirmed, denied, and banned, which is neither: what is not
    /// to be done may still be done.
    pub(crate) fn stands(&self, matter: &[Kind]) -> Vec<Operator> {
        let mut found = Vec::new();
        for at in 0..(self.atoms.len() + 1).saturating_sub(matter.len()) {
            let here = self.atoms[at..at + matter.len()].iter().map(|atom| &atom.kind);
            if !here.eq(matter.iter()) {
                continue;
            }
            let near = at.saturating_sub(BETWEEN + 1)..at;
            let denial = near.rev().take_while(|&at| self.atoms[at].kind != Kind::End);
            let denial = denial.into_iter().find(|&at| self.atoms[at].denies);
            let stretch = denial.unwrap_or(at)..at + matter.len();
            let class = match denial.map(|at| &self.atoms[at].kind) {
                None => "affirmed",
                Some(Kind::Operator(Family::Modality, _)) => "banned",
                Some(_) => "denied",
            };
            found.push(Operator { family: Family::Negation, class, stretch, left: false });
        }
        found
    }
}

/// An operator and the atoms that it takes up.
#[derive(Clone, Debug)]
pub(crate) struct Operator {
    pub family: Family,
    pub class: &'static str,
    pub stretch: Range<usize>,
    pub left: bool,
}

/// A word of English without the endings of its forms, so that applies is apply.
fn stem(word: &str) -> String {
    let letters = word.chars().all(|c| c.is_ascii_alphabetic()) && word.len() > 3;
    if !letters {
        return word.to_owned();
    }
    for (ending, instead) in
        [("ies", "y"), ("ied", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", "")]
    {
        if let Some(rest) = word.strip_suffix(ending).filter(|rest| rest.len() >= 3) {
            return format!("{rest}{instead}").trim_end_matches('e').to_owned();
        }
    }
    word.trim_end_matches('e').to_owned()
}

/// Words of English that say nothing of what a text is about.
fn is_filler(kind: &Kind) -> bool {
    matches!(kind, Kind::Text(word) if word.is_ascii() && yiju_text::is_stop_term(word) && !word.starts_with(|c: char| c.is_ascii_digit()))
}
