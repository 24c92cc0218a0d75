//! What of the styles changes the text: lists, outline levels, what is hidden (ODF part 3 §16).

use std::collections::HashMap;

use crate::FormatError;
use crate::lists::{LEVELS, Level, Piece};
use crate::numerals::Numerals;
use crate::symbols;
use crate::xml::{Event, Ns, Tag, Xml};

/// How many styles may be based on each other.
const CHAIN: usize = 32;

/// Lists have ten levels here (§16.30).
pub(super) const DEEPEST: usize = LEVELS + 1;

#[derive(Clone, Debug, Default)]
struct Style {
    parent: Option<String>,
    list: Option<String>,
    outline: Option<u8>,
    hidden: Option<bool>,
    font: Option<String>,
}

/// The styles of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Styles {
    /// By family and name.
    styles: HashMap<(String, String), Style>,
    lists: HashMap<String, Vec<Level>>,
    /// The numbers of headings.
    pub(super) outline: Vec<Level>,
}

impl Styles {
    /// Reads the styles of a part; of styles with one name the last counts.
    pub(super) fn read(&mut self, xml: &mut Xml<'_>) -> Result<(), FormatError> {
        loop {
            match xml.next()? {
                Event::Start(tag) if tag.is(Ns::Style, "style") => {
                    let style = style(&tag, xml)?;
                    let family = tag.get_in(Ns::Style, "family").unwrap_or_default().to_owned();
                    let name = tag.get_in(Ns::Style, "name").unwrap_or_default().to_owned();
                    self.styles.insert((family, name), style);
                }
                Event::Start(tag) if tag.is(Ns::Text, "list-style") => {
                    let levels = levels(xml)?;
                    self.lists.insert(
                        tag.get_in(Ns::Style, "name").unwrap_or_default().to_owned(),
                        levels,
                    );
                }
                Event::Start(tag) if tag.is(Ns::Text, "outline-style") => {
                    self.outline = levels(xml)?
                }
                Event::Start(tag) if tag.is(Ns::Office, "body") => xml.skip()?,
                Event::Done => return Ok(()),
                _ => {}
            }
        }
    }

    fn find<T>(&self, family: &str, name: &str, get: impl Fn(&Style) -> Option<T>) -> Option<T> {
        let mut next = name.to_owned();
        for _ in 0..CHAIN {
            let style = self.styles.get(&(family.to_owned(), next))?;
            if let Some(found) = get(style) {
                return Some(found);
            }
            next = style.parent.clone()?;
        }
        None
    }

    /// The list that a paragraph's style names; an empty name takes it out of any.
    pub(super) fn list_of(&self, style: &str) -> Option<String> {
        self.find("paragraph", style, |style| style.list.clone())
    }

    /// Whether text of a style is hidden.
    pub(super) fn hidden(&self, family: &str, style: &str) -> bool {
        self.find(family, style, |style| style.hidden) == Some(true)
    }

    /// The font that a style of characters names.
    pub(super) fn font(&self, style: &str) -> Option<String> {
        self.find("text", style, |style| style.font.clone())
    }

    /// The outline level, from 1, that paragraphs of a style have.
    pub(super) fn outline_of(&self, style: &str) -> Option<u8> {
        self.find("paragraph", style, |style| style.outline)
    }

    /// The levels of a list.
    pub(super) fn levels(&self, list: &str) -> &[Level] {
        self.lists.get(list).map_or(&[], Vec::as_slice)
    }
}

/// The name of the font of characters.
fn font(tag: &Tag) -> Option<String> {
    let name = tag.get_in(Ns::Fo, "font-family").or_else(|| tag.get_in(Ns::Style, "font-name"))?;
    Some(name.trim_matches(['\'', '"']).to_owned())
}

fn style(tag: &Tag, xml: &mut Xml<'_>) -> Result<Style, FormatError> {
    let mut style = Style {
        parent: tag.get_in(Ns::Style, "parent-style-name").map(str::to_owned),
        list: tag.get_in(Ns::Style, "list-style-name").map(str::to_owned),
        outline: tag.number("default-outline-level"),
        hidden: None,
        font: None,
    };
    while let Some(inner) = xml.child()? {
        let hidden = match (inner.ns, inner.name.as_str()) {
            (Ns::Style, "text-properties") => {
                inner.get_in(Ns::Text, "display").map(|shown| shown == "none")
            }
            (Ns::Style, "table-properties") => {
                inner.get_in(Ns::Table, "display").map(|shown| shown == "false")
            }
            (Ns::Style, "section-properties") => {
                inner.get_in(Ns::Text, "display").map(|shown| shown == "none")
            }
            _ => None,
        };
        style.hidden = hidden.or(style.hidden);
        if inner.is(Ns::Style, "text-properties") {
            style.font = font(&inner).or(style.font);
        }
        xml.skip()?;
    }
    Ok(style)
}

fn levels(xml: &mut Xml<'_>) -> Result<Vec<Level>, FormatError> {
    let mut levels: Vec<Level> = Vec::new();
    while let Some(tag) = xml.child()? {
        let at = tag
            .get_in(Ns::Text, "level")
            .and_then(|level| level.parse::<usize>().ok())
            .unwrap_or(0);
        let level = level(&tag, xml)?;
        if (1..=DEEPEST).contains(&at) {
            if levels.len() < at {
                levels.resize(at, Level { numerals: Numerals::None, ..Level::default() });
            }
            if let Some(place) = levels.get_mut(at - 1) {
                *place = level;
            }
        }
    }
    Ok(levels)
}

fn level(tag: &Tag, xml: &mut Xml<'_>) -> Result<Level, FormatError> {
    let mut level = Level::default();
    let mut font = None;
    while let Some(inner) = xml.child()? {
        if inner.is(Ns::Style, "text-properties") {
            let name = inner
                .get_in(Ns::Fo, "font-family")
                .or_else(|| inner.get_in(Ns::Style, "font-name"));
            font = name.map(|name| name.trim_matches(['\'', '"']).to_owned());
            level.hidden = inner.get_in(Ns::Text, "display") == Some("none");
        }
        while let Some(deeper) = xml.child()? {
            if let Some(after) = deeper.get_in(Ns::Text, "label-followed-by") {
                level.close = after == "nothing";
            }
            xml.skip()?;
        }
    }
    if let Some(bullet) = tag.get_in(Ns::Text, "bullet-char") {
        level.numerals = Numerals::Bullet;
        let mapped = symbols::mapped(font.as_deref().unwrap_or_default(), bullet);
        let mapped = mapped.chars().map(|sign| symbols::guessed(sign).unwrap_or(sign)).collect();
        level.text = vec![Piece::Literal(mapped)];
        return Ok(level);
    }
    let format = tag.get_in(Ns::Style, "num-format").unwrap_or_default();
    level.numerals = numerals(format);
    level.start =
        tag.get_in(Ns::Text, "start-value").and_then(|start| start.parse().ok()).unwrap_or(1);
    let own =
        tag.get_in(Ns::Text, "level").and_then(|level| level.parse::<usize>().ok()).unwrap_or(1);
    level.text = match tag.get_in(Ns::LibreOffice, "num-list-format") {
        Some(format) => pieces(format),
        None => {
            let shown = tag
                .get_in(Ns::Text, "display-levels")
                .and_then(|count| count.parse().ok())
                .unwrap_or(1);
            between(tag, own, shown, level.numerals)
        }
    };
    Ok(level)
}

/// A label by prefix, suffix and the number of levels that are shown (§19.500 to §19.502, §19.797).
fn between(tag: &Tag, own: usize, shown: usize, numerals: Numerals) -> Vec<Piece> {
    let literal = |name| tag.get_in(Ns::Style, name).map(|text| Piece::Literal(text.to_owned()));
    let mut pieces: Vec<Piece> = literal("num-prefix").into_iter().collect();
    if numerals != Numerals::None {
        let first = own.saturating_sub(shown.clamp(1, DEEPEST));
        for level in first..own.min(DEEPEST) {
            if level > first {
                pieces.push(Piece::Literal(".".to_owned()));
            }
            pieces.push(Piece::Number(level));
        }
    }
    pieces.extend(literal("num-suffix"));
    pieces
}

/// LibreOffice's own form of a label, `第%1%章`.
fn pieces(format: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        literal.push_str(before);
        let level = after
            .split_once('%')
            .and_then(|(level, after)| Some((level.parse::<usize>().ok()?, after)));
        match level {
            Some((level @ 1..=DEEPEST, after)) => {
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                }
                pieces.push(Piece::Number(level - 1));
                rest = after;
            }
            _ => {
                literal.push('%');
                rest = after;
            }
        }
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    pieces
}

/// The kind of numbers that `style:num-format` names (§19.500): one of XSLT's, or, as office suites write it, the first
/// numbers of the row.
pub(super) fn numerals(format: &str) -> Numerals {
    match format {
        "" => Numerals::None,
        "1" => Numerals::Decimal,
        "i" => Numerals::LowerRoman,
        "I" => Numerals::UpperRoman,
        // Without synchronous letters it goes on with aa, ab; lists are too short for a difference to show.
        "a" => Numerals::LowerLetter,
        "A" => Numerals::UpperLetter,
        row => {
            let mut row = row.split(',').map(str::trim);
            match (row.next().unwrap_or_default(), row.next().unwrap_or_default()) {
                ("一", _) => Numerals::named("chineseCountingThousand"),
                ("壹", "贰") => Numerals::named("chineseLegalSimplified"),
                ("壹", _) => Numerals::named("ideographLegalTraditional"),
                ("壱", _) => Numerals::named("japaneseLegal"),
                ("甲", _) => Numerals::named("ideographTraditional"),
                ("子", _) => Numerals::named("ideographZodiac"),
                ("①", _) => Numerals::named("decimalEnclosedCircle"),
                ("１", _) => Numerals::named("decimalFullWidth"),
                ("01", _) => Numerals::DecimalZero,
                ("ア", _) => Numerals::named("aiueo"),
                ("イ", _) => Numerals::named("iroha"),
                ("가", _) => Numerals::named("ganada"),
                ("ㄱ", _) => Numerals::named("chosung"),
                _ => Numerals::Decimal,
            }
        }
    }
}
